//! What comes of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ordeal::fault::Fault;

/// What a run came to.
pub struct Outcome {
    pub(crate) seed: u64,
    /// How often each reply has arrived that a provider took, or was asked to.
    pub arrived: BTreeMap<String, usize>,
    /// What happened, to requests to whom.
    pub met: BTreeSet<(Fault, &'static str)>,
    /// Whether nothing is left to be done.
    pub(crate) at_rest: bool,
    /// What the product thinks of its attempts, and what became of the messages.
    pub(crate) story: Vec<String>,
}

impl Outcome {
    /// Whether every reply arrived at most once, and nobody waits for anything any more.
    pub fn is_sound(&self) -> bool {
        self.at_rest && self.arrived.values().all(|times| *times <= 1)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, arrived, at_rest, .. } = self;
        writeln!(formatter, "seed {seed}: arrived {arrived:?}, at rest: {at_rest}")?;
        self.story.iter().try_for_each(|line| writeln!(formatter, "  {line}"))
    }
}
