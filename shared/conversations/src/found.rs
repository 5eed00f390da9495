//! How a conversation is found: by the number in any form, by names, and by what was collected.
//!
//! No store can search in what it does not index, and Firestore has no index of words. So each
//! conversation has at most [`MOST`] tokens, each of them the keyed name of a number's end or of a word:
//! who reads the store without the key learns nothing from them.

use std::collections::BTreeSet;

use documents::{Document, Fields, Query, Unavailable, Write, at};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sms::Number;
use unicode_normalization::UnicodeNormalization;

use crate::collections::{found, said};
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::names::Names;
use crate::store::Store;

/// The most tokens of a conversation.
const MOST: usize = 40;

/// How many documents one word may find.
const FOUND: u32 = 200;

/// By how many last digits a number is found.
const ENDS: [usize; 2] = [4, 7];

/// By how many first letters a name is found.
const BEGINNINGS: [usize; 3] = [3, 4, 5];

impl Names {
    /// What a person with this number is found by, who has given this name, and of whom this was collected.
    pub fn tokens(
        &self,
        theirs: &Number,
        called: Option<&str>,
        brief: &Map<String, Value>,
    ) -> Vec<String> {
        let mut terms = numbers(theirs);
        let (names, others): (Vec<_>, Vec<_>) = brief.iter().partition(|(name, _)| is_name(name));
        let called = called.map(words).unwrap_or_default();
        for word in called.into_iter().chain(names.iter().flat_map(|(_, value)| words_of(value))) {
            let letters = word.chars().count();
            let beginnings = BEGINNINGS.into_iter().filter(|length| *length < letters);
            terms.extend(beginnings.map(|length| word.chars().take(length).collect()));
            terms.push(word);
        }
        terms.extend(others.iter().flat_map(|(_, value)| words_of(value)));
        let mut known = BTreeSet::new();
        terms.retain(|term| known.insert(term.clone()));
        terms.truncate(MOST);
        terms.iter().map(|term| self.token(term)).collect()
    }

    fn token(&self, term: &str) -> String {
        self.key.name(&["find", term])[..16].to_owned()
    }
}

/// The name of the person in what was collected, if there is one.
pub fn name_in(brief: &Map<String, Value>) -> Option<String> {
    let (_, name) = brief.iter().find(|(field, _)| is_name(field))?;
    Some(name.as_str()?.to_owned()).filter(|name| !name.trim().is_empty())
}

fn is_name(field: &str) -> bool {
    field.split('_').any(|part| part == "name")
}

/// The number as digits, with and without the country's code, and its ends.
fn numbers(theirs: &Number) -> Vec<String> {
    let (code, national) = theirs.split();
    let whole = format!("{code}{national}");
    let end = |length: usize| whole.get(whole.len().saturating_sub(length)..).map(str::to_owned);
    let ends: Vec<_> = ENDS.into_iter().filter_map(end).collect();
    [vec![national.to_owned()], ends, vec![whole]].concat()
}

/// The words of a value, without letter case and accents.
fn words_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => words(text),
        Value::Number(number) => vec![number.to_string()],
        _ => vec![],
    }
}

fn words(text: &str) -> Vec<String> {
    let folded: String = text
        .nfkd()
        .filter(|character| !matches!(character, '\u{300}'..='\u{36f}' | '\'' | '’'))
        .flat_map(char::to_lowercase)
        .collect();
    let words = folded.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Keeps what a conversation is found by.
pub(crate) fn keep(
    id: &ConversationId,
    tokens: &[String],
    now: Timestamp,
    lifetimes: &Lifetimes,
) -> Write {
    let kept = Fields::none().with("tokens", tokens).expiring(now, lifetimes.conversations());
    Write::keep(at("found", id.as_str()), kept)
}

/// Whom a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Their conversations, none of them twice, in no order.
    pub ids: BTreeSet<ConversationId>,
    /// Whether there may be more, which were not looked at.
    pub more: bool,
}

impl Store {
    /// Whom somebody finds who types this: part of a number, a name, or words. Looks at some hundreds of
    /// documents at most, however many there are.
    pub async fn search(&self, typed: &str) -> Result<Found, Unavailable> {
        let mut all = Found::default();
        for digits in dialled(typed) {
            let token = self.names.token(&digits);
            let (found, more) = self.look_for(found::TOKENS.contains(&token, FOUND)).await?;
            all.add(found.iter().map(|found| found.id.as_str()), more);
        }
        let mut words = words(typed);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let Some((longest, rest)) = words.split_first() else { return Ok(all) };
        let token = self.names.token(longest);
        let rest: Vec<_> = rest.iter().map(|word| self.names.token(word)).collect();
        let (found, more) = self.look_for(found::TOKENS.contains(&token, FOUND)).await?;
        let has_all = |found: &&Document| {
            let tokens: Vec<String> = found.fields.get("tokens").unwrap_or_default();
            rest.iter().all(|token| tokens.contains(token))
        };
        all.add(found.iter().filter(has_all).map(|found| found.id.as_str()), more);
        if self.documents.are_embedded() {
            let (found, more) = self.look_for(said::WORDS.all_of(typed, FOUND)).await?;
            let places = found.iter().filter_map(|found| found.fields.get::<String>("place"));
            let places: Vec<_> = places.collect();
            all.add(places.iter().filter_map(|place| place.split('/').next()), more);
        }
        Ok(all)
    }

    /// What a query finds, and whether there may be more.
    async fn look_for(&self, query: Query) -> Result<(Vec<Document>, bool), Unavailable> {
        let found = self.documents.find(query).await?;
        let more = found.len() >= FOUND as usize;
        Ok((found, more))
    }
}

impl Found {
    fn add<'a>(&mut self, ids: impl Iterator<Item = &'a str>, more: bool) {
        self.ids.extend(ids.filter_map(ConversationId::parse));
        self.more |= more;
    }
}

/// The digits of a number that somebody may have typed, in the forms in which tokens have them.
fn dialled(typed: &str) -> Vec<String> {
    let is_number = typed.chars().all(|it| it.is_ascii_digit() || " +-()./\u{a0}".contains(it));
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if !is_number || digits.len() < ENDS[0] {
        return vec![];
    }
    let without = |prefix| digits.strip_prefix(prefix).map(str::to_owned);
    let mut forms: Vec<_> =
        [Some(digits.clone()), without("00"), without("0")].into_iter().flatten().collect();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_and_accents() {
        assert_eq!(words("Zoë O’Brien, Straße 5"), ["zoe", "obrien", "straße", "5"]);
    }

    #[test]
    fn a_number_is_found_in_every_form_it_is_written_in() {
        let berlin = numbers(&Number::parse("+49 30 901820").unwrap());
        for typed in ["+49 30 901820", "0049 30 901820", "030 901820", "(030) 90-1820", "1820"] {
            assert!(dialled(typed).iter().any(|form| berlin.contains(form)), "{typed}: {berlin:?}");
        }
        assert!(dialled("12").is_empty() && dialled("12 Oak Road").is_empty());
    }
}
