//! A table of the file, read key by key. Keys that nobody reads are unknown.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::Problem;

/// How similar an unknown key must be to a known one to be suggested: 1 is equal.
const LIKE: f64 = 0.8;

/// A value as it is in the file.
pub(crate) struct Written<T> {
    pub(crate) value: T,
    pub(crate) line: usize,
    pub(crate) key: String,
}

/// A table whose keys are read one after the other.
pub(crate) struct Table<'a> {
    text: &'a str,
    /// The prefix under which its keys are reported: empty, or `address.`.
    prefix: String,
    /// Where it begins.
    line: usize,
    entries: BTreeMap<String, (Range<usize>, DeValue<'a>)>,
    known: Vec<&'static str>,
}

/// The problems of a file, collected while it is read.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn add<T>(&mut self, at: &Written<T>, problem: impl Into<String>) {
        self.0.push(Problem { line: at.line, key: at.key.clone(), problem: problem.into() });
    }
}

impl<T> Written<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Written<U> {
        Written { value: change(self.value), line: self.line, key: self.key }
    }
}

impl<'a> Table<'a> {
    /// The whole file, or what keeps it from being TOML.
    pub(crate) fn of_file(text: &'a str) -> Result<Self, Vec<Problem>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let problems = errors.iter().map(|error| Problem {
            line: line(text, error.span().map_or(0, |span| span.start)),
            key: String::new(),
            problem: error.message().to_owned(),
        });
        let problems: Vec<_> = problems.collect();
        match problems.is_empty() {
            true => Ok(Self::new(text, String::new(), 1, table.into_inner())),
            false => Err(problems),
        }
    }

    fn new(text: &'a str, prefix: String, line: usize, table: DeTable<'a>) -> Self {
        let entries = table.into_iter().map(|(key, value)| {
            let start = key.span().start;
            let name = key.into_inner().into_owned();
            (name, (start..value.span().end, value.into_inner()))
        });
        Self { text, prefix, line, entries: entries.collect(), known: Vec::new() }
    }

    /// The position of the table itself, for problems with it as a whole.
    pub(crate) fn written(&self) -> Written<()> {
        Written { value: (), line: self.line, key: self.prefix.trim_end_matches('.').to_owned() }
    }

    fn take(&mut self, key: &'static str) -> Option<Written<DeValue<'a>>> {
        self.known.push(key);
        let (span, value) = self.entries.remove(key)?;
        Some(Written { value, line: line(self.text, span.start), key: self.path(key) })
    }

    fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Reports a required key that is missing.
    pub(crate) fn missing(&self, key: &str, add: &str, problems: &mut Problems) {
        let problem = format!("is missing: add {key} = {add}");
        problems.0.push(Problem { line: self.line, key: self.path(key), problem });
    }

    /// A text, if there is one.
    pub(crate) fn words(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Written<String>> {
        let written = self.take(key)?;
        let text = match &written.value {
            DeValue::String(text) => text.trim().to_owned(),
            _ => {
                problems.add(&written, "write it in quotes");
                return None;
            }
        };
        if text.is_empty() {
            problems.add(&written, "is empty: write it, or leave the whole line out");
            return None;
        }
        Some(written.map(|_| text))
    }

    /// A required text. `like` is an example.
    pub(crate) fn required(
        &mut self,
        key: &'static str,
        like: &str,
        problems: &mut Problems,
    ) -> Option<Written<String>> {
        if !self.entries.contains_key(key) {
            self.known.push(key);
            self.missing(key, &format!("\"{like}\""), problems);
            return None;
        }
        self.words(key, problems)
    }

    /// A list of texts.
    pub(crate) fn list(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Written<Vec<Written<String>>>> {
        let written = self.take(key)?;
        let DeValue::Array(array) = &written.value else {
            problems.add(&written, "write it as a list: [\"…\", \"…\"]");
            return None;
        };
        let mut items = Vec::new();
        for item in array.iter() {
            let line = line(self.text, item.span().start);
            let item = item.get_ref().as_str().map(str::trim).unwrap_or_default().to_owned();
            let item = Written { value: item, line, key: written.key.clone() };
            match item.value.is_empty() {
                true => problems.add(&item, "write each of the list in quotes, and none empty"),
                false => items.push(item),
            }
        }
        Some(written.map(|_| items))
    }

    /// A whole number above zero.
    pub(crate) fn count(&mut self, key: &'static str, problems: &mut Problems) -> Option<u32> {
        let written = self.take(key)?;
        let count = written.value.as_integer().and_then(|number| {
            number.as_str().replace('_', "").parse().ok().filter(|count: &u32| *count > 0)
        });
        if count.is_none() {
            problems.add(&written, "write a whole number, as in 1000");
        }
        count
    }

    /// Yes or no.
    pub(crate) fn switch(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let written = self.take(key)?;
        let switch = written.value.as_bool();
        if switch.is_none() {
            problems.add(&written, "write true or false, without quotes");
        }
        switch
    }

    /// A table within this one.
    pub(crate) fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Self> {
        let written = self.take(key)?;
        match written.value {
            DeValue::Table(table) => {
                Some(Self::new(self.text, format!("{}.", written.key), written.line, table))
            }
            value => {
                let written = Written { value, line: written.line, key: written.key };
                problems.add(&written, format!("write it as a table: {key} = {{ … }}"));
                None
            }
        }
    }

    /// Reports the keys that nobody has read.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, (span, _)) in &self.entries {
            let near = self
                .known
                .iter()
                .map(|known| (strsim::jaro_winkler(key, known), known))
                .filter(|(likeness, _)| *likeness >= LIKE)
                .max_by(|(one, _), (other, _)| one.total_cmp(other));
            let problem = match near {
                Some((_, known)) => format!("is not known: did you mean {known}?"),
                None => format!("is not known: write one of {}", self.known.join(", ")),
            };
            let line = line(self.text, span.start);
            problems.0.push(Problem { line, key: self.path(key), problem });
        }
    }
}

fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
