//! What lists show of a conversation, written in the commit of what it shows.

use agent::Turn as Entry;
use conversations::{
    Change, Conversation, Ended, HandedOver, Loaded, Mark, Reported, Row, RowWrite, Said, Speaker,
    Standing, Store, Waiting, name_in,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sms::Status;
use telemetry::{Step, steps};

/// A text that waits for less than this is about to be dealt with.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);

/// Why somebody waits who was left to a person of the business: the reason that a turn stores with the texts.
const WITH_PERSON: &str = "with a person";

/// What was said last, by whom, and when.
struct Last {
    words: String,
    who: Speaker,
    at: Option<Timestamp>,
}

/// A conversation as it will be once a commit is stored.
pub struct Becomes<'a> {
    /// The conversation.
    pub next: &'a Conversation,
    /// The texts that wait then, as far as they are loaded.
    pub waiting: &'a [Waiting],
    /// What else is stored with it.
    pub changes: &'a [Change],
}

/// What is stored as well, so that lists show what a conversation becomes and it is found: nothing if they
/// show it already.
///
/// Costs no read: what was loaded shows what is in the row. A try that only asks the model changes nothing
/// that is shown.
pub fn show(store: &Store, loaded: &Loaded, becomes: &Becomes<'_>, now: Timestamp) -> Vec<Change> {
    let Becomes { next, waiting, changes } = *becomes;
    let mut shown = vec![];
    if next.theirs.is_for_tests() {
        return shown;
    }
    let before = row(&loaded.conversation, &loaded.waiting, &[], now);
    let after = row(next, waiting, changes, now);
    let (result, failed) = (result(changes, now), failed(becomes, now));
    let has_marks = result != Mark::Stays || failed != Mark::Stays;
    if after != before || has_marks || is_outdated(&loaded.conversation, &after) {
        if is_found_otherwise(loaded, becomes) {
            shown.push(Change::Found(found(store, next, changes)));
        }
        shown.push(Change::Row(Box::new(RowWrite { row: after, result, failed, now })));
    }
    if store.documents().are_embedded() {
        let said = said(loaded, becomes, now);
        if !said.is_empty() {
            shown.push(Change::Said(said));
        }
    }
    shown
}

/// Whether the row shows a time that was over, or was ended blindly, since it was written.
fn is_outdated(before: &Conversation, after: &Row) -> bool {
    let held = before.open.as_ref().filter(|reply| reply.sending.is_none());
    let was_quiet = held.is_some_and(|reply| reply.held_until.is_some());
    (before.handed_over.is_some() && after.state != Standing::Ours)
        || (was_quiet && after.state != Standing::Quiet)
}

/// Whether something else finds a person now; or a conversation begins, as long as which they are found.
fn is_found_otherwise(loaded: &Loaded, becomes: &Becomes<'_>) -> bool {
    let (before, next) = (&loaded.conversation, becomes.next);
    let ends = ended(becomes.changes).is_some();
    let begins = before.turns.is_empty() && (!next.turns.is_empty() || ends);
    let is_first = before.turns.is_empty() && before.number == 1;
    let brief = latest_brief(next, becomes.changes);
    begins || is_first || brief.is_some_and(|brief| *brief != before.brief)
}

/// What a conversation is found by, after these changes.
pub(crate) fn found(store: &Store, next: &Conversation, changes: &[Change]) -> Vec<String> {
    let nothing = Map::new();
    let (called, brief) = (next.called(), latest_brief(next, changes).unwrap_or(&nothing));
    store.names().tokens(&next.theirs, called.as_deref(), brief)
}

/// What lists show of a conversation in which these texts wait, after these changes.
pub(crate) fn row(
    next: &Conversation,
    waiting: &[Waiting],
    changes: &[Change],
    now: Timestamp,
) -> Row {
    let (state, until_at) = standing(next, waiting, now);
    let ended = ended(changes);
    let last = last(next, waiting, ended);
    let brief = latest_brief(next, changes);
    // The reason of a hand-over stays while that lasts.
    let forgotten = forgotten(next, waiting, now);
    let why = match state {
        Standing::Ours => handed_over_for(changes),
        Standing::Waiting if forgotten.is_some() => Some(WITH_PERSON.to_owned()),
        _ => why(changes).or(Some(String::new())),
    };
    Row {
        theirs: Some(next.theirs.clone()),
        ours: next.ours.clone(),
        number: next.number,
        name: brief.and_then(name_in).or_else(|| next.called()),
        last: last.as_ref().map_or(String::new(), |last| last.words.clone()),
        who: last.as_ref().map(|last| last.who),
        state,
        why,
        ending: ended.map(|ended| ended.ending.clone()),
        by: next.taken_by(now).map(|by| by.name.clone()),
        until_at,
        at: last.map(|last| last.at.unwrap_or(now)),
        unread: next.handed_over.as_ref().map_or(0, |it| it.unread),
        waits_at: waiting
            .first()
            .map(|text| text.at)
            .or(forgotten)
            .filter(|_| state == Standing::Waiting),
        ours_at: next.handed_over.as_ref().map(|it| it.at).filter(|_| state == Standing::Ours),
        result_at: None,
        failed_at: None,
        changed_at: None,
    }
}

/// Whose turn it is, and until when that is known to last.
fn standing(
    next: &Conversation,
    waiting: &[Waiting],
    now: Timestamp,
) -> (Standing, Option<Timestamp>) {
    if next.is_with_person(now) {
        return (
            Standing::Ours,
            next.handed_over.as_ref().map(|it| it.until).filter(|it| *it < HandedOver::NEVER),
        );
    }
    if let Some(until) = next.waits_until(now) {
        return (Standing::Quiet, Some(until));
    }
    if !waiting.is_empty() {
        let until = next.due_at.filter(|due| *due > now + AT_ONCE);
        let is_put_off = next.tries == 0 && until.is_some();
        if next.apologised || next.tries > 1 || is_put_off {
            return (Standing::Waiting, until);
        }
        return (Standing::Thinking, None);
    }
    if forgotten(next, waiting, now).is_some() {
        return (Standing::Waiting, None);
    }
    match next.answers {
        0 if next.number > 1 => (Standing::Over, None),
        _ => (Standing::Theirs, None),
    }
}

/// Since when somebody waits who was left to a person of the business, if nobody has taken the conversation or
/// answered what came since by the end of that time. The agent does once they text again.
fn forgotten(next: &Conversation, waiting: &[Waiting], now: Timestamp) -> Option<Timestamp> {
    let is_over = !next.is_with_person(now) && next.given_back_at.is_none() && waiting.is_empty();
    let handed_over = next.handed_over.as_ref().filter(|_| is_over)?;
    handed_over.unread_at.or_else(|| handed_over.by.is_none().then_some(handed_over.at))
}

fn ended(changes: &[Change]) -> Option<&Ended> {
    changes.iter().find_map(|change| match change {
        Change::Ended(ended) => Some(ended),
        _ => None,
    })
}

/// What was collected last: in the conversation under way, or in the one that has just ended.
fn latest_brief<'a>(
    next: &'a Conversation,
    changes: &'a [Change],
) -> Option<&'a Map<String, Value>> {
    let ended = ended(changes).map(|ended| &ended.brief);
    ended.or(Some(&next.brief)).filter(|brief| !brief.is_empty())
}

/// The entries, as far as this version can read them.
fn entries<'t>(turns: impl IntoIterator<Item = &'t Value>) -> impl Iterator<Item = Entry> {
    turns.into_iter().filter_map(|entry| serde_json::from_value(entry.clone()).ok())
}

fn last(next: &Conversation, waiting: &[Waiting], ended: Option<&Ended>) -> Option<Last> {
    if let Some(text) = waiting.last() {
        let words = text.body.clone();
        return Some(Last { words, who: Speaker::Person, at: Some(text.at) });
    }
    let spoken = |entry: Entry| {
        let (words, who, at) = match entry {
            Entry::Person { text, at } | Entry::Unanswered { text, at } => {
                (text, Speaker::Person, at)
            }
            Entry::Agent { text, at, .. } => (text?, Speaker::Agent, at),
            Entry::Fixed { text, at } => (text, Speaker::Product, at),
            Entry::ByHand { text, at, .. } => (text, Speaker::Business, at),
            Entry::Note { .. }
            | Entry::Tool { .. }
            | Entry::NotSent { .. }
            | Entry::Told { .. }
            | Entry::Corrected { .. } => return None,
        };
        Some(Last { words, who, at: Some(at) })
    };
    let of_ended = ended.map_or(&[][..], |ended| &ended.turns);
    // What was said when it ended is in the next one already, if it was said after that.
    entries(next.turns.iter().rev().chain(of_ended.iter().rev())).find_map(spoken)
}

/// Why it is handed over, if it is now.
fn handed_over_for(changes: &[Change]) -> Option<String> {
    changes.iter().find_map(|change| match change {
        Change::Notice(notice) => Some(notice.follow_up.as_ref()?.why.clone()),
        _ => None,
    })
}

/// Why they wait, or why nothing is answered.
fn why(changes: &[Change]) -> Option<String> {
    changes.iter().rev().find_map(|change| match change {
        Change::SetAside(_, why) => Some((*why).to_owned()),
        Change::Steps(_, all) => {
            let is_told = |step: &&Step| [steps::WAITS, steps::NOT_ANSWERED].contains(&&*step.what);
            Some(all.iter().rev().find(is_told)?.details.get("why")?.as_str()?.to_owned())
        }
        _ => None,
    })
}

/// Whether there is a result to look at.
fn result(changes: &[Change], now: Timestamp) -> Mark {
    match ended(changes) {
        Some(ended) if !ended.brief.is_empty() => Mark::At(now),
        _ => Mark::Stays,
    }
}

/// Whether a reply is seen not to arrive, or what is said about an earlier one is over.
fn failed(becomes: &Becomes<'_>, now: Timestamp) -> Mark {
    let is_lost = |change: &Change| match change {
        Change::Status(update) => match update.reported {
            Reported::Whole(status) | Reported::OfPart { status, .. } => {
                status.is_failure() || status == Status::Unknown
            }
        },
        Change::Settled(_) => true,
        _ => false,
    };
    let is_stop = |change: &Change| matches!(change, Change::Stopped { .. });
    let texts = |change: &Change| matches!(change, Change::TakenUp(_) | Change::Answered(..));
    let any = |is: &dyn Fn(&Change) -> bool| becomes.changes.iter().any(is);
    if any(&is_lost) && becomes.next.open.is_none() && !any(&is_stop) {
        Mark::At(now)
    } else if any(&texts) {
        Mark::Ends
    } else {
        Mark::Stays
    }
}

/// What is said in this commit, to search in.
fn said(loaded: &Loaded, becomes: &Becomes<'_>, now: Timestamp) -> Vec<Said> {
    let mut said = vec![];
    for change in becomes.changes {
        if let Change::TakenUp(texts) | Change::SetAside(texts, _) = change {
            said.extend(texts.iter().map(|text| Said {
                name: text.name.clone(),
                words: text.body.clone(),
                at: text.at,
            }));
        }
    }
    let before = loaded.conversation.open.as_ref().map(|reply| &reply.trace);
    let reply = becomes.next.open.as_ref().filter(|reply| Some(&reply.trace) != before);
    said.extend(reply.map(|reply| Said {
        name: format!("reply-{}", reply.trace),
        words: reply.body.clone(),
        at: now,
    }));
    said
}
