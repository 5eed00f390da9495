//! Picks the way for a reply.

use jiff::Timestamp;

use crate::{Health, Route};

/// The way that was picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which of the candidates.
    pub index: usize,
    /// Whether this text finds out whether a route works again.
    pub probe: bool,
    /// Why this one, as a sentence for the trace.
    pub why: String,
}

/// Picks the way for a reply.
///
/// The candidates stand in the configured order, without those that this reply has been refused by.
/// `None`: there is none.
pub fn choose(candidates: &[Route], health: &Health, _now: Timestamp) -> Option<Choice> {
    let rank = |index: &usize| (health.state(&candidates[*index]), *index);
    let index = (0..candidates.len()).min_by_key(rank)?;
    let why = format!("{} is the best there is.", candidates[index].provider);
    Some(Choice { index, probe: false, why })
}
