//! Recognises texts in a call that was not understood, well enough to find a stop in it.
//!
//! A text that cannot be read is kept for the operator, who may look at it in an hour. A stop
//! cannot wait that long, so a sender and words are searched under all likely names, at any depth,
//! whatever else is wrong with the call.

use std::borrow::Cow;

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use url::form_urlencoded;

use crate::number::NATIONAL;
use crate::{Handled, Number};

/// A text, as far as it was recognised. It has no `Debug`, since it contains a person's words.
#[derive(Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// Who texted.
    pub from: Number,
    /// The number that was texted, as the provider writes it. May be empty.
    pub to: String,
    /// What was said.
    pub words: String,
    /// The provider's id of the message, if there is one.
    pub id: Option<String>,
    /// The keyword that the provider recognised and answered, if it says so.
    pub handled: Option<Handled>,
}

/// How deep a body is searched, and JSON inside its values.
const DEPTH: usize = 12;

/// How many values of a call are searched: more than fit into the largest call that is accepted.
const MOST: usize = 50_000;

/// The shortest id that names one message and no other.
const SHORTEST_ID: usize = 5;

/// The likely names of a text's fields, most likely first, without case and punctuation.
const FROM: [&str; 15] = [
    "from",
    "fromnumber",
    "originationnumber",
    "msisdn",
    "sender",
    "sendernumber",
    "senderphone",
    "source",
    "sourceaddress",
    "originator",
    "mobilenumber",
    "mobile",
    "phonenumber",
    "phone",
    "cli",
];
const TO: [&str; 11] = [
    "to",
    "tonumber",
    "destinationnumber",
    "recipient",
    "destination",
    "destinationaddress",
    "receiver",
    "shortcode",
    "longcode",
    "did",
    "dnis",
];
const WORDS: [&str; 10] = [
    "text",
    "body",
    "messagebody",
    "message",
    "content",
    "caption",
    "buttontext",
    "messagetext",
    "msg",
    "sms",
];
const ID: [&str; 9] = [
    "messagesid",
    "smssid",
    "messageuuid",
    "inboundmessageid",
    "messageid",
    "msgid",
    "smsid",
    "id",
    "uuid",
];
const VERDICT: [&str; 2] = ["optouttype", "messageintent"];

/// Parts of other likely names of the sender, or of the recipient.
const LIKE_FROM: [&str; 9] =
    ["from", "sender", "origin", "source", "msisdn", "phone", "mobile", "subscriber", "author"];
const LIKE_TO: [&str; 4] = ["recipient", "destination", "receiver", "target"];

const NO_NUMBER: [&str; 6] = ["time", "date", "id", "amount", "price", "rate"];

/// Parts of other likely names of the words, and of names that never hold a person's words.
const LIKE_WORDS: [&str; 12] = [
    "text", "body", "message", "msg", "content", "caption", "words", "reply", "said", "title",
    "payload", "subject",
];
const NO_WORDS: [&str; 10] = [
    "status",
    "state",
    "type",
    "kind",
    "event",
    "action",
    "method",
    "direction",
    "keyword",
    "intent",
];

/// The texts recognised in a call whose words are `wanted` or which the provider took for a
/// keyword. `number` reads a number as the provider writes it, if it is complete.
pub(crate) fn texts(
    call: &Request<Bytes>,
    number: impl Fn(&str) -> Option<Number>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Glimpse> {
    let leaves = leaves(call);
    let senders = senders(&leaves, &number);
    if senders.is_empty() {
        return Vec::new();
    }
    let named = |names: &[&str]| {
        let found = leaves.iter().filter(|leaf| names.contains(&leaf.name()));
        found.collect::<Vec<_>>()
    };
    let (mut ids, tos, verdicts) = (named(&ID), named(&TO), named(&VERDICT));
    // A short value is shared by many texts, and a number by all texts of a person.
    ids.retain(|leaf| leaf.value.len() >= SHORTEST_ID && person(&leaf.value, &number).is_none());
    // If one field is certainly the text, words elsewhere are not.
    let has_text = leaves.iter().any(|leaf| WORDS.contains(&leaf.name()));
    let may_be_said = |leaf: &&Leaf| match has_text {
        true => leaf.is_like(&LIKE_WORDS),
        false => !leaf.is_like(&NO_WORDS),
    };
    let said = leaves.iter().filter(may_be_said).filter(|leaf| wanted(&leaf.value));
    let handled = verdicts.iter().filter(|leaf| Handled::parse(&leaf.value).is_some()).copied();
    let mut texts = Vec::new();
    for leaf in said.chain(handled) {
        let from = senders.iter().min_by_key(|(other, rank, _)| (far(leaf, other), *rank));
        let Some((_, _, from)) = from else { continue };
        let near = |leaves: &[&Leaf]| {
            let nearest = leaves.iter().min_by_key(|other| far(leaf, other));
            nearest.map(|leaf| leaf.value.clone().into_owned())
        };
        let text = Glimpse {
            from: from.clone(),
            to: near(&tos).unwrap_or_default(),
            words: leaf.value.clone().into_owned(),
            id: near(&ids),
            handled: near(&verdicts).as_deref().and_then(Handled::parse),
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// The possible senders, with their likelihood and position: under a name that says so, otherwise
/// the only number in the call.
fn senders<'c>(
    leaves: &'c [Leaf<'c>],
    number: impl Fn(&str) -> Option<Number>,
) -> Vec<(&'c Leaf<'c>, usize, Number)> {
    let of = |rank: &dyn Fn(&Leaf) -> Option<usize>| {
        let ranked = leaves.iter().filter_map(|leaf| Some((leaf, rank(leaf)?)));
        let people =
            ranked.filter_map(|(leaf, rank)| Some((leaf, rank, person(&leaf.value, &number)?)));
        people.collect::<Vec<_>>()
    };
    let named = of(&|leaf| leaf.rank_of_sender());
    if !named.is_empty() {
        return named;
    }
    let mut others = of(&|leaf| (!leaf.is_of_recipient()).then_some(0));
    // A value without a country code, or named like a time or an id, may be anything.
    others.retain(|(leaf, ..)| leaf.value.len() > NATIONAL && !leaf.is_like(&NO_NUMBER));
    let is_one = others.iter().all(|(_, _, number)| *number == others[0].2);
    if is_one { others } else { Vec::new() }
}

/// A value, and the names that lead to it. Indexes of a list count as names.
struct Leaf<'c> {
    path: Vec<String>,
    value: Cow<'c, str>,
}

impl Leaf<'_> {
    /// Its own name, or that of the list that contains it.
    fn name(&self) -> &str {
        let is_name = |name: &&String| !name.starts_with('#');
        self.path.iter().rfind(is_name).map_or("", String::as_str)
    }

    fn is_like(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.name().contains(part))
    }

    fn is_of_recipient(&self) -> bool {
        self.path.iter().any(|name| {
            TO.contains(&name.as_str()) || LIKE_TO.iter().any(|part| name.contains(part))
        })
    }

    /// How likely it is the sender's, if it can be: the lower, the likelier.
    fn rank_of_sender(&self) -> Option<usize> {
        if self.is_of_recipient() {
            return None;
        }
        let of_name = |name: &String| FROM.iter().position(|likely| likely == name);
        let exact = self.path.iter().rev().find_map(of_name);
        let like = |name: &String| LIKE_FROM.iter().any(|part| name.contains(part));
        exact.or_else(|| self.path.iter().any(like).then_some(FROM.len()))
    }
}

/// The distance of two values: the more names they share, the closer they are.
fn far(one: &Leaf, other: &Leaf) -> usize {
    let shared = one.path.iter().zip(&other.path).take_while(|(a, b)| a == b).count();
    usize::MAX - shared
}

/// The number of a person, with or without a channel in front of it.
fn person(written: &str, number: impl Fn(&str) -> Option<Number>) -> Option<Number> {
    let written = written.trim();
    match written.split_once(':') {
        // From another channel, only what is certainly a number.
        Some((_, rest)) => Number::parse(rest).ok(),
        None => number(written),
    }
}

fn leaves(call: &Request<Bytes>) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    match serde_json::from_slice::<Value>(call.body()) {
        Ok(value) => {
            gather(&value, &mut Vec::new(), DEPTH, &mut leaves);
            // If no field is named like a sender, the call is an envelope. In any other call, JSON
            // is a person's text, and its claims about a sender are not believed.
            if !leaves.iter().any(|leaf| leaf.rank_of_sender().is_some()) {
                leaves = opened(leaves);
            }
        }
        Err(_) => {
            let query = call.uri().query().unwrap_or_default();
            let form = form_urlencoded::parse(call.body());
            let form = form.chain(form_urlencoded::parse(query.as_bytes()));
            let said = form.take(MOST).filter(|(_, value)| !value.is_empty());
            leaves.extend(said.map(|(name, value)| Leaf { path: vec![plain(&name)], value }));
        }
    }
    leaves
}

/// The same, with the contents of those values that are JSON themselves.
fn opened(leaves: Vec<Leaf<'_>>) -> Vec<Leaf<'_>> {
    let mut all = Vec::with_capacity(leaves.len());
    for mut leaf in leaves {
        let is_json = leaf.value.trim_start().starts_with(['{', '[']);
        match is_json.then(|| serde_json::from_str(&leaf.value)) {
            Some(Ok(within)) => gather(&within, &mut leaf.path, DEPTH, &mut all),
            _ => all.push(leaf),
        }
    }
    all
}

fn gather(value: &Value, path: &mut Vec<String>, depth: usize, leaves: &mut Vec<Leaf<'_>>) {
    if depth == 0 || leaves.len() >= MOST {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                path.push(plain(name));
                gather(value, path, depth - 1, leaves);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                path.push(format!("#{place}"));
                gather(value, path, depth - 1, leaves);
                path.pop();
            }
        }
        Value::String(value) if value.is_empty() => {}
        Value::String(value) => {
            leaves.push(Leaf { path: path.clone(), value: value.clone().into() });
        }
        Value::Number(value) => {
            leaves.push(Leaf { path: path.clone(), value: value.to_string().into() });
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// A name without the differences between naming styles.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    plain.extend(name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase));
    plain
}
