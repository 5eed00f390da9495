//! Confidential words, and runs of them in a reply.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::text::{is_unspaced, spaced};

/// This many words in a row of our own rules are a quotation. "I know nothing about other customers and
/// other conversations" is eight of them, and an answer.
const OF_RULES: usize = 9;

/// The same for the owner's instructions. "For Handy Home, a handyman business: repairs, assembly,
/// painting, mounting, small plumbing and electrical work" is fifteen, and an answer.
const OF_INSTRUCTIONS: usize = 16;

/// How many characters count as a word in a script without spaces.
const CHARACTERS: usize = 2;

/// Runs of words that must not be revealed.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    /// Each length, with the hashes of all runs of that length.
    runs: Vec<(usize, HashSet<u64>)>,
}

impl Secrets {
    /// From our rules and the owner's instructions, without the words that the agent may say (`said`).
    pub(super) fn of<'t>(
        rules: impl Iterator<Item = &'t str>,
        instructions: &str,
        said: &[&str],
    ) -> Self {
        let mut ours = HashSet::new();
        rules.for_each(|rule| ours.extend(runs(rule, OF_RULES)));
        let length = match instructions.chars().filter(|c| is_unspaced(*c)).count() {
            few if few * 4 < instructions.chars().count() => OF_INSTRUCTIONS,
            _ => OF_INSTRUCTIONS * CHARACTERS,
        };
        let mut theirs = HashSet::new();
        outside_quotes(instructions, |text| theirs.extend(runs(text, length)));
        let mut all = vec![(OF_RULES, ours), (length, theirs)];
        for (length, secret) in &mut all {
            let said = said.iter().flat_map(|said| runs(said, *length));
            said.for_each(|run| _ = secret.remove(&run));
        }
        Self { runs: all }
    }

    pub(super) fn are_in(&self, reply: &str) -> bool {
        let reply = spaced(reply);
        let words: Vec<_> = reply.split_whitespace().collect();
        self.runs.iter().any(|(length, secret)| {
            words.windows(*length).any(|words| secret.contains(&hash(words)))
        })
    }
}

/// The hashes of all runs of this many words.
fn runs(text: &str, length: usize) -> Vec<u64> {
    let text = spaced(text);
    let words: Vec<_> = text.split_whitespace().collect();
    words.windows(length).map(hash).collect()
}

fn hash(words: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

/// The text outside quotation marks: words within them are for the agent to say. Marks that are not
/// closed in their paragraph do not count.
fn outside_quotes(text: &str, mut each: impl FnMut(&str)) {
    for paragraph in text.split("\n\n") {
        let pieces: Vec<_> = paragraph.split(['"', '“', '”', '„', '«', '»']).collect();
        match pieces.len() % 2 {
            1 => pieces.into_iter().step_by(2).for_each(&mut each),
            _ => each(paragraph),
        }
    }
}
