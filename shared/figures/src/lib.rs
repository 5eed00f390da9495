//! What is counted, under which names, and what the counters say.
//!
//! A counter holds no word and no number of anybody. Its name says what it counts, for which agent,
//! provider and country: `default__twilio__1__delivered`. Counters of the same name add up, from whichever
//! process and day they come, so that nothing has to be read before something is counted.
//!
//! Nothing here stores anything.

#![warn(missing_docs)]

mod counted;
mod histogram;
mod row;

pub use counted::{Over, Sent, model_cost, model_error, opt_out, person, took};
pub use histogram::{Histogram, bucket, middle};
pub use row::{Row, STATUSES};

use std::collections::{BTreeMap, BTreeSet};

/// Counters by name.
pub type Counts = BTreeMap<String, i64>;

/// The agent of an installation that has only one.
pub const DEFAULT: &str = "default";

/// Stands between the parts of a name.
const BETWEEN: &str = "__";

/// What a counter is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The agent.
    pub agent: String,
    /// The provider.
    pub provider: String,
    /// The calling code of the person's number.
    pub country: String,
}

impl Key {
    /// The name of a counter for it.
    pub fn name(&self, what: &str) -> String {
        let Self { agent, provider, country } = self;
        let parts = [agent, provider, country, what].map(plain);
        parts.join(BETWEEN)
    }

    /// What a name says: for what it counts, and what. `None`: it is no counter.
    pub fn parse(name: &str) -> Option<(Self, &str)> {
        let [agent, provider, country, what] = parts(name)?;
        let key = Self { agent: agent.into(), provider: provider.into(), country: country.into() };
        Some((key, what))
    }
}

/// What a name says: the agent, the provider, the country, and what it counts. `None`: it is no counter.
pub fn parts(name: &str) -> Option<[&str; 4]> {
    let mut parts = name.splitn(4, BETWEEN);
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?])
}

/// What of it is wanted. `None`: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The agent.
    pub agent: Option<String>,
    /// The provider.
    pub provider: Option<String>,
    /// The calling code, with or without a plus.
    pub country: Option<String>,
}

impl Filter {
    /// The same in the form in which names have it.
    fn plain(&self) -> [Option<String>; 3] {
        let all = [&self.agent, &self.provider, &self.country];
        all.map(|wanted| Some(plain(wanted.as_ref()?.trim_start_matches('+'))))
    }
}

/// What has to be added to counters, so that they hold `now` instead of `before`.
pub fn difference(before: &Counts, now: &Counts) -> Counts {
    let mut more = now.clone();
    for (name, count) in before {
        *more.entry(name.clone()).or_default() -= count;
    }
    more.retain(|_, count| *count != 0);
    more
}

/// Adds counters up that are not needed any more.
pub fn add_all(all: &mut Counts, more: Counts) {
    if all.is_empty() {
        *all = more;
    } else {
        add(all, &more);
    }
}

/// Adds counters up.
pub fn add(all: &mut Counts, more: &Counts) {
    for (name, count) in more {
        let sum = all.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
}

/// The most counters that one document holds: with the longest names that is far from the 1 MiB that
/// Firestore allows.
const MOST: usize = 8_000;

/// The country under which rare ones are put if there are too many counters.
const OTHER: &str = "other";

/// The same counters, or fewer: if there are too many for a document, those of the countries with the
/// least of them are put together.
pub fn folded(mut counts: Counts) -> Counts {
    while counts.len() > MOST {
        let mut countries = BTreeMap::<String, usize>::new();
        for key in counts.keys().filter_map(|name| Some(Key::parse(name)?.0)) {
            *countries.entry(key.country).or_default() += 1;
        }
        countries.remove(OTHER);
        let mut countries: Vec<_> = countries.into_iter().collect();
        countries.sort_by_key(|(_, count)| *count);
        let mut left = counts.len();
        let few = countries.into_iter().take_while(|(_, count)| {
            let is_needed = left > MOST;
            left -= count;
            is_needed
        });
        let few: BTreeSet<_> = few.map(|(country, _)| country).collect();
        if few.is_empty() {
            break;
        }
        let mut fewer = Counts::new();
        for (name, count) in counts {
            let folded = Key::parse(&name)
                .filter(|(key, _)| few.contains(&key.country))
                .map(|(key, what)| Key { country: OTHER.to_owned(), ..key }.name(what));
            *fewer.entry(folded.unwrap_or(name)).or_default() += count;
        }
        counts = fewer;
    }
    counts
}

/// A part of a name as both stores take it without quotes: small letters, digits, and never two underlines
/// in a row, which stand between the parts.
fn plain(part: impl AsRef<str>) -> String {
    let mut plain = String::new();
    for letter in part.as_ref().chars() {
        match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => plain.push(letter),
            _ if plain.ends_with('_') => {}
            _ => plain.push('_'),
        }
    }
    let plain = plain.trim_matches('_');
    // A name begins with the agent, and has to begin with a letter.
    if plain.is_empty() { "x".to_owned() } else { plain.to_owned() }
}
