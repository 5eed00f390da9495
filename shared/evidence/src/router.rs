//! Picks the route for a reply.

use jiff::Timestamp;

use crate::{Health, Route, State, Verdict};

/// The route that was picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The index of the candidate.
    pub index: usize,
    /// Whether this text probes if a route works again.
    pub probe: bool,
    /// Why this one, in sentences for the trace. Contains nothing personal.
    pub why: String,
}

/// Picks the route for a reply: the one from the number that was `texted`, unless it is suspect or
/// down; else a probe that is due; else the best state; else the configured order.
///
/// The candidates are in that order, without those that refused this reply. `None`: there are none. If
/// all are down, the one with the nearest probe is asked all the same: a refusal costs nothing, and
/// otherwise the reply is certainly lost.
pub fn choose(
    candidates: &[Route],
    texted: Option<usize>,
    health: &Health,
    now: Timestamp,
) -> Option<Choice> {
    let options: Vec<_> = candidates.iter().map(|route| (route, health.verdict(route))).collect();
    // An answer from another number comes from a stranger. So unless something speaks against the
    // route, it is kept, even if another is better or due for a probe, and however many texts are out.
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
        let why = format!("{} This text probes whether it works again.", described(options[index]));
        return Some(Choice { index, probe: true, why });
    }
    let index = (0..options.len()).min_by_key(|index| (rank(options[*index].1), *index))?;
    let down = state(options[index].1) == State::Down;
    let all_the_same = if down { " It is asked anyway, because no other is left." } else { "" };
    let passed: Vec<_> = options[..index].iter().map(|option| described(*option)).collect();
    let passed = match passed.is_empty() {
        true => String::new(),
        false => format!(" Passed over: {}", passed.join(" ")),
    };
    let why = format!("{}{all_the_same}{passed}", described(options[index]));
    Some(Choice { index, probe: down, why })
}

/// The least is the best: by state, then routes that may take more texts, then those that lose less,
/// then routes that are down by their next probe.
fn rank(verdict: Option<&Verdict>) -> (State, bool, u8, Option<Timestamp>) {
    let Some(verdict) = verdict else { return (State::Unproven, false, 0, None) };
    let probe_at = verdict.probe_at.filter(|_| verdict.state == State::Down);
    (verdict.state, verdict.full, verdict.lost, probe_at)
}

fn state(verdict: Option<&Verdict>) -> State {
    verdict.map_or(State::Unproven, |verdict| verdict.state)
}

fn described((route, verdict): (&Route, Option<&Verdict>)) -> String {
    let why = verdict.map_or("Nothing is known about it yet.", |verdict| &verdict.why);
    let full = verdict.is_some_and(|verdict| verdict.full);
    let full = if full { " No more take this route until one of them shows a signal." } else { "" };
    format!("{} is {}. {why}{full}", route.provider, state(verdict))
}
