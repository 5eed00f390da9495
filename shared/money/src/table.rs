//! Reads a file of prices: rows with amounts, and for each where it was found and when.

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::amount::Amount;
use crate::currency::Currency;

/// What a file says. Texts are by provider and country.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) currency: Currency,
    /// What a dollar costs in that currency, if it is another.
    pub(crate) per_usd: Amount,
    pub(crate) models: BTreeMap<String, Row>,
    pub(crate) segments: BTreeMap<(String, String), Row>,
    pub(crate) mms: BTreeMap<(String, String), Row>,
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    amounts: BTreeMap<&'static str, Amount>,
    pub(crate) source: String,
    pub(crate) date: Option<Date>,
}

/// The amounts of a kind of rows: those that each has, and those that some have.
struct Kind {
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const MODEL: Kind =
    Kind { required: &["input", "output"], optional: &["cached_input", "cache_write"] };
const SEGMENT: Kind = Kind { required: &["segment"], optional: &["carrier_fee"] };
const MMS: Kind = Kind { required: &["message"], optional: &["carrier_fee"] };

/// What the whole file may have.
const PARTS: &str = "currency, per_usd, models, segments, mms";

/// Reads a file. `source` is that of rows that name none; without it they must, and give a date.
pub(crate) fn read(text: &str, source: Option<&str>) -> Result<File, String> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, source, problems: Vec::new() };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.note(at, format!("is not TOML: {}", error.message()));
    }
    let file = reader.file(table.into_inner());
    match reader.problems.is_empty() {
        true => Ok(file),
        false => {
            reader.problems.sort();
            let lines =
                reader.problems.iter().map(|(line, problem)| format!("line {line} {problem}"));
            Err(lines.collect::<Vec<_>>().join("\n"))
        }
    }
}

impl Row {
    /// An amount that each row of its kind has.
    pub(crate) fn amount(&self, name: &str) -> Amount {
        self.given(name).unwrap_or_default()
    }

    /// An amount that it may have.
    pub(crate) fn given(&self, name: &str) -> Option<Amount> {
        self.amounts.get(name).copied()
    }
}

struct Reader<'a> {
    text: &'a str,
    source: Option<&'a str>,
    /// Each with its line.
    problems: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn file(&mut self, table: DeTable<'_>) -> File {
        let mut file = File {
            currency: Currency::USD,
            per_usd: Amount::ZERO,
            models: BTreeMap::new(),
            segments: BTreeMap::new(),
            mms: BTreeMap::new(),
        };
        for (key, value) in table {
            let (at, key) = (key.span().start, key.into_inner().into_owned());
            match key.as_str() {
                "currency" => file.currency = self.currency(&value).unwrap_or(file.currency),
                "per_usd" => {
                    file.per_usd = self.amount("per_usd", &value).unwrap_or_default();
                }
                "models" => file.models = self.rows(&key, &MODEL, value),
                "segments" => file.segments = self.texts(&key, &SEGMENT, value),
                "mms" => file.mms = self.texts(&key, &MMS, value),
                _ => self.note(at, format!("{key} is not known: write one of {PARTS}")),
            }
        }
        let is_usd = file.currency == Currency::USD;
        if is_usd != (file.per_usd == Amount::ZERO) {
            let problem = match is_usd {
                true => {
                    "per_usd is for prices in another currency: leave it out, or name the currency"
                }
                false => {
                    "per_usd is missing: add what a US dollar costs in that currency at most, such as \
                     per_usd = 1.10, by which the ceilings for what is not listed are converted"
                }
            };
            self.note(0, problem.into());
        }
        file
    }

    /// Tables of rows, by provider and country.
    fn texts(
        &mut self,
        path: &str,
        kind: &Kind,
        value: Spanned<DeValue<'_>>,
    ) -> BTreeMap<(String, String), Row> {
        let mut texts = BTreeMap::new();
        for (at, provider, value) in self.entries(path, value) {
            let path = format!("{path}.{provider}");
            if provider.chars().any(|it| !it.is_ascii_lowercase()) {
                self.note(at, format!("{path}: write the provider as in SMS_PROVIDERS, twilio"));
            }
            let at = value.span().start;
            for (country, row) in self.rows(&path, kind, value) {
                if country.len() != 2 || country.chars().any(|it| !it.is_ascii_uppercase()) {
                    self.note(
                        at,
                        format!("{path}.{country}: write the country in two letters, US"),
                    );
                }
                texts.insert((provider.clone(), country), row);
            }
        }
        texts
    }

    fn rows(
        &mut self,
        path: &str,
        kind: &Kind,
        value: Spanned<DeValue<'_>>,
    ) -> BTreeMap<String, Row> {
        let mut rows = BTreeMap::new();
        for (at, name, value) in self.entries(path, value) {
            let row = self.row(at, &format!("{path}.{name}"), kind, value);
            rows.insert(name, row);
        }
        rows
    }

    fn row(&mut self, at: usize, path: &str, kind: &Kind, value: Spanned<DeValue<'_>>) -> Row {
        let mut row = Row {
            amounts: BTreeMap::new(),
            source: self.source.unwrap_or_default().into(),
            date: None,
        };
        let known = || kind.required.iter().chain(kind.optional).copied();
        let (mut has_source, mut missing) = (self.source.is_some(), kind.required.to_vec());
        for (at, key, value) in self.entries(path, value) {
            let path = format!("{path}.{key}");
            if let Some(name) = known().find(|name| *name == key) {
                missing.retain(|it| *it != name);
                row.amounts.extend(self.amount(&path, &value).map(|amount| (name, amount)));
            } else if key == "source" {
                has_source = true;
                row.source = self.source(&path, &value);
            } else if key == "date" {
                row.date = self.date(&path, &value);
            } else {
                let known: Vec<_> = known().chain(["source", "date"]).collect();
                self.note(at, format!("{path} is not known: write one of {}", known.join(", ")));
            }
        }
        for name in missing {
            self.note(at, format!("{path} has no {name}: add {name} = 0.15"));
        }
        if !has_source {
            self.note(at, format!("{path} has no source: add source = \"https://…\""));
        }
        if self.source.is_none() && row.date.is_none() {
            self.note(at, format!("{path} has no date: add date = \"2026-11-30\""));
        }
        row
    }

    /// The entries of a table, each with its position.
    fn entries<'v>(
        &mut self,
        path: &str,
        value: Spanned<DeValue<'v>>,
    ) -> Vec<(usize, String, Spanned<DeValue<'v>>)> {
        let at = value.span().start;
        let DeValue::Table(table) = value.into_inner() else {
            self.note(at, format!("{path}: write it as a table: {{ … }}"));
            return Vec::new();
        };
        let entries = table.into_iter();
        entries
            .map(|(key, value)| (key.span().start, key.into_inner().into_owned(), value))
            .collect()
    }

    fn currency(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Currency> {
        let read = value.get_ref().as_str().unwrap_or_default().parse();
        read.map_err(|problem| self.note(value.span().start, format!("currency: {problem}"))).ok()
    }

    /// A number or a text, without a detour through floating point.
    fn amount(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<Amount> {
        let written = match value.get_ref() {
            DeValue::String(text) => text.trim(),
            DeValue::Float(number) => number.as_str(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            _ => "",
        };
        let problem = match written.replace('_', "").parse() {
            Ok(amount) if amount >= Amount::ZERO => return Some(amount),
            Ok(_) => "is below zero: write what it costs".to_owned(),
            Err(problem) => format!("cannot be read: {problem}"),
        };
        self.note(value.span().start, format!("{path} {problem}"));
        None
    }

    fn source(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> String {
        let source = value.get_ref().as_str().map(str::trim).unwrap_or_default();
        let is_address = source.starts_with("https://") || source.starts_with("http://");
        // The owner may have it from a contract.
        if source.is_empty() || (self.source.is_none() && !is_address) {
            self.note(
                value.span().start,
                format!("{path}: write the address of the page, in quotes"),
            );
        }
        source.to_owned()
    }

    /// A date, in quotes or without.
    fn date(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<Date> {
        let written = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let date = written.parse().ok().filter(|_| written.len() == "2026-11-30".len());
        if date.is_none() {
            self.note(value.span().start, format!("{path}: write the date as 2026-11-30"));
        }
        date
    }

    fn note(&mut self, at: usize, problem: String) {
        let line = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        self.problems.push((line, problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_in_row_without_a_page_and_a_date_is_refused() {
        let row = "[models]\ngpt-4o = { input = 1, output = 2, ";
        for (end, problem) in [
            (
                "}",
                "has no date: add date = \"2026-11-30\"\nline 2 models.gpt-4o has no source: add \
                   source = \"https://…\"",
            ),
            ("source = \"https://a.test\" }", "has no date: add date = \"2026-11-30\""),
            ("date = \"2026-11-30\" }", "has no source: add source = \"https://…\""),
        ] {
            let problems = read(&format!("{row}{end}"), None).unwrap_err();
            assert_eq!(problems, format!("line 2 models.gpt-4o {problem}"));
        }
        let said = format!("{row}source = \"by word of mouth\", date = \"2026-11-30\" }}");
        assert_eq!(
            read(&said, None).unwrap_err(),
            "line 2 models.gpt-4o.source: write the address of the page, in quotes"
        );
    }
}
