//! Picks the way for a reply.

use jiff::Timestamp;

use crate::{Health, Route, State, Verdict};

/// The way that was picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which of the candidates.
    pub index: usize,
    /// Whether this text finds out whether a route works again.
    pub probe: bool,
    /// Why this one, in sentences for the trace. Holds nothing personal.
    pub why: String,
}

/// Picks the way for a reply: that of the number which was `texted`, unless it is suspect or down; else
/// a probe that is due, else the best state, else the configured order.
///
/// The candidates stand in that order, without those that this reply was refused by. `None`: there
/// is none. Where all are down, the one whose next probe is nearest is asked all the same: a
/// refusal costs nothing, and without it the reply is lost for certain.
pub fn choose(
    candidates: &[Route],
    texted: Option<usize>,
    health: &Health,
    now: Timestamp,
) -> Option<Choice> {
    let options: Vec<_> = candidates.iter().map(|route| (route, health.verdict(route))).collect();
    // An answer from another number is one from a stranger. While nothing speaks against a way it is
    // not left for a better one either, nor to find out about another, however many texts are out.
    let stays =
        |index: &usize| matches!(state(options[*index].1), State::Healthy | State::Unproven);
    if let Some(index) = texted.filter(stays) {
        let why = format!("{} The person has texted its number.", described(options[index]));
        return Some(Choice { index, probe: false, why });
    }
    let due = |verdict: &Verdict| verdict.probe_at.filter(|at| *at <= now);
    let probe = (0..options.len())
        .filter_map(|index| Some((due(options[index].1?)?, index)))
        .min()
        .map(|(_, index)| index);
    if let Some(index) = probe {
        let why =
            format!("{} This text finds out whether it works again.", described(options[index]));
        return Some(Choice { index, probe: true, why });
    }
    let index = (0..options.len()).min_by_key(|index| (rank(options[*index].1), *index))?;
    let down = state(options[index].1) == State::Down;
    let all_the_same = if down { " It is asked all the same, since no other is left." } else { "" };
    let passed: Vec<_> = options[..index].iter().map(|option| described(*option)).collect();
    let passed = match passed.is_empty() {
        true => String::new(),
        false => format!(" Passed over: {}", passed.join(" ")),
    };
    let why = format!("{}{all_the_same}{passed}", described(options[index]));
    Some(Choice { index, probe: down, why })
}

/// The best is the least: by state, then those that may take more before those that may not, those
/// that lose less before those that lose more, and what is down as it is to be probed.
fn rank(verdict: Option<&Verdict>) -> (State, bool, u8, Option<Timestamp>) {
    let Some(verdict) = verdict else { return (State::Unproven, false, 0, None) };
    let probe_at = verdict.probe_at.filter(|_| verdict.state == State::Down);
    (verdict.state, verdict.full, verdict.lost, probe_at)
}

fn state(verdict: Option<&Verdict>) -> State {
    verdict.map_or(State::Unproven, |verdict| verdict.state)
}

fn described((route, verdict): (&Route, Option<&Verdict>)) -> String {
    let why = verdict.map_or("Nothing is known of it yet.", |verdict| &verdict.why);
    let full = verdict.is_some_and(|verdict| verdict.full);
    let full = if full { " No more go this way until one of them shows a signal." } else { "" };
    format!("{} is {}. {why}{full}", route.provider, state(verdict))
}
