//! The outcome of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use money::Amount;

use crate::ordeal::fault::Fault;

/// The outcome of a run.
pub struct Outcome {
    pub(crate) seed: u64,
    /// How often each reply arrived, of those that a provider accepted or was asked to send.
    pub arrived: BTreeMap<String, usize>,
    /// The faults, by provider.
    pub met: BTreeSet<(Fault, &'static str)>,
    /// The account: what was counted as spent, and what the attempts have cost.
    pub(crate) account: [Amount; 2],
    /// Whether nothing is left to do.
    pub(crate) at_rest: bool,
    /// The product's view of its attempts, and the real outcomes of the messages.
    pub(crate) story: Vec<String>,
}

impl Outcome {
    /// Whether every reply arrived at most once, nobody is waiting any more, and the money is counted to
    /// the last billionth.
    pub fn is_sound(&self) -> bool {
        let [counted, cost] = self.account;
        self.at_rest && counted == cost && self.arrived.values().all(|times| *times <= 1)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, arrived, at_rest, account: [counted, cost], .. } = self;
        let money = format!("counted {counted} of {cost}");
        writeln!(formatter, "seed {seed}: arrived {arrived:?}, {money}, at rest: {at_rest}")?;
        self.story.iter().try_for_each(|line| writeln!(formatter, "  {line}"))
    }
}
