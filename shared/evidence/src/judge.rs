//! From the record of a route to the verdict on it.

use jiff::Timestamp;

use crate::acceptance::{Row, Shut};
use crate::record::{Record, Tally, next_probe};
use crate::rules::{PROBE_AT_A_LOSS, PROBE_AT_A_REFUSAL, REFUSALS, UNPROVEN_TEXTS};
use crate::standing::{account, is_vouched_for};
use crate::trend::Suspicion;
use crate::{Route, Standing, State, Verdict};

impl Record {
    /// The verdict on the evidence so far and on the standings of the same provider's other routes: an
    /// account code concerns all of them, and a new route is vouched for by texts that arrive on
    /// another. The route itself may be among them.
    ///
    /// It depends only on the notes and the time: no verdict influences the next.
    pub fn judge(&self, provider: &[(Route, Standing)], now: Timestamp) -> Verdict {
        let tally = self.tally(now);
        let own = self.standing_by(&tally);
        let siblings = provider.iter().filter(|(route, _)| *route != self.route);
        let all = siblings.map(|(_, standing)| standing).chain([&own]);
        if let Some(shut) = account(all) {
            return down_with_account(shut);
        }
        if let Some(shut) = &tally.acceptance.sender {
            return down(shut, "because of the sender, or of the country for this sender");
        }
        if let Some(row) = tally.acceptance.row.as_ref().filter(|row| row.texts >= REFUSALS) {
            return not_handed_over(row, lost(&tally));
        }
        match self.proven() {
            Some(proven) => proven_once(&tally, proven),
            None => self.unproven(&tally, is_vouched_for(&self.route, provider), now),
        }
    }

    pub(crate) fn standing_by(&self, tally: &Tally) -> Standing {
        let proven = self.proven().is_some();
        Standing::new(&tally.acceptance, proven && tally.trend.suspicion.is_none(), proven)
    }

    fn unproven(&self, tally: &Tally, vouched: bool, now: Timestamp) -> Verdict {
        let out = &tally.out;
        let too_many = match vouched {
            true => out.too_many_for_a_country(),
            false => out.too_many(now),
        };
        if let Some(since) = too_many {
            let texts = texts(out.texts);
            let why =
                format!("It was handed {texts}, and nothing has ever shown that one arrived.");
            let probe_at = Some(next_probe(PROBE_AT_A_LOSS, since, out.last));
            return Verdict { probe_at, lost: 100, ..verdict(State::Suspect, why, since) };
        }
        let why = match (out.texts, vouched) {
            (0, false) => "Nothing is known about it yet.".into(),
            (0, true) => "It is new, and the same sender's texts arrive elsewhere.".into(),
            (count, _) => format!("It was handed {}, too few to tell.", texts(count)),
        };
        let full = !vouched && out.texts >= UNPROVEN_TEXTS;
        let since = self.first().unwrap_or(now);
        Verdict { full, ..verdict(State::Unproven, why, since) }
    }
}

fn proven_once(tally: &Tally, (first, answered): (Timestamp, bool)) -> Verdict {
    if let Some(suspicion) = &tally.trend.suspicion {
        return losing(suspicion, lost(tally));
    }
    let why = match (tally.trend.regained_at, answered) {
        (Some(_), _) => "Texts arrive again.",
        (None, true) => "A person has texted back.",
        (None, false) => "A receipt has confirmed that a text arrived.",
    };
    verdict(State::Healthy, why.into(), tally.trend.regained_at.unwrap_or(first))
}

fn losing(suspicion: &Suspicion, lost: u8) -> Verdict {
    let Suspicion { since, lost: silent, of, usual, last, last_arrived, .. } = suspicion;
    let why = format!(
        "{silent} of its last {of} texts show no signal of arrival; about {usual} in 100 is usual."
    );
    // A probe that arrived is soon followed by the next: the suspicion may be over.
    let probe_at = match last.filter(|_| *last_arrived) {
        Some(last) => last + PROBE_AT_A_LOSS[0],
        None => next_probe(PROBE_AT_A_LOSS, *since, *last),
    };
    Verdict { probe_at: Some(probe_at), lost, ..verdict(State::Suspect, why, *since) }
}

fn not_handed_over(row: &Row, lost: u8) -> Verdict {
    let Row { since, last, texts, code, doubtful } = row;
    let why = format!("The last {texts} texts could not be dispatched{}.", named(code));
    let waits = if *doubtful { PROBE_AT_A_LOSS } else { PROBE_AT_A_REFUSAL };
    let probe_at = Some(next_probe(waits, *since, Some(*last)));
    let verdict = verdict(State::Suspect, why, *since);
    Verdict { probe_at, code: code.clone(), lost, ..verdict }
}

/// The verdict on every route of a provider whose account is shut.
pub(crate) fn down_with_account(shut: &Shut) -> Verdict {
    down(shut, "because of the account")
}

fn down(shut: &Shut, because: &str) -> Verdict {
    let Shut { since, last, code, late } = shut;
    let does = if *late { "loses" } else { "refuses" };
    let why = format!("It {does} texts {because}{}.", named(code));
    let waits = if *late { PROBE_AT_A_LOSS } else { PROBE_AT_A_REFUSAL };
    let probe_at = Some(next_probe(waits, *since, Some(*last)));
    let verdict = verdict(State::Down, why, *since);
    Verdict { probe_at, code: code.clone(), lost: if *late { 100 } else { 0 }, ..verdict }
}

/// What percentage of its texts seems lost.
fn lost(tally: &Tally) -> u8 {
    let suspicion = tally.trend.suspicion.as_ref();
    let share = suspicion.map_or(0, |suspicion| suspicion.lost * 100 / suspicion.of.max(1));
    u8::try_from(share).unwrap_or(100)
}

fn verdict(state: State, why: String, since: Timestamp) -> Verdict {
    Verdict { state, why, code: None, since, probe_at: None, full: false, lost: 0 }
}

fn texts(count: usize) -> String {
    match count {
        1 => "one text".into(),
        count => format!("{count} texts"),
    }
}

fn named(code: &Option<String>) -> String {
    code.as_ref().map_or(String::new(), |code| format!(" (code {code})"))
}
