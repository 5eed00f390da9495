//! Parses Vonage's webhook calls.

use serde_json::{Map, Value};
use sms::code;
use sms::{Charge, Receipt, Status, Text, WebhookError};

use super::code_of;
use super::codes::CODES;
use crate::channel;
use crate::digits::plus_or_none;
use crate::fields;

/// What a message can contain besides its text, by the name of its member and of its kind.
pub(super) const KINDS: [&str; 10] = [
    "image", "audio", "video", "file", "vcard", "sticker", "location", "contact", "reply", "button",
];

/// The kinds that consist only of words, or repeat words from elsewhere.
pub(super) const WORDS: [&str; 4] = ["text", "reply", "button", "content"];

/// A webhook call: a person's text, or the status of a message. Only fields that are used are
/// required.
pub(super) struct Report<'a> {
    id: String,
    /// Its channel, if the call names one.
    pub(super) channel: Option<String>,
    whole: &'a Map<String, Value>,
}

impl<'a> Report<'a> {
    /// `None` if it names no message, or is a text of version 0.1, which names its sender
    /// differently.
    pub(super) fn of(whole: &'a Map<String, Value>) -> Option<Self> {
        let get = |name: &str| whole.get(name).and_then(fields::text);
        let is_older = get("status").is_none() && whole.get("from").is_some_and(Value::is_object);
        let id = get("message_uuid").filter(|_| !is_older)?;
        Some(Self { id, channel: get("channel"), whole })
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.whole.get(name).and_then(fields::text)
    }

    pub(super) fn text(self, sender: &str) -> Result<Text, WebhookError> {
        let kind = self.get("message_type");
        let contents = self.contents();
        let mut words: Vec<_> = self
            .get("text")
            .into_iter()
            .chain(contents.iter().filter_map(Content::words))
            .collect();
        // A caption may occur in both places.
        words.dedup();
        let media = contents.iter().filter(|content| content.is_media()).count();
        // An unknown kind counts as something that cannot be opened here.
        let unknown = kind.as_deref().is_some_and(|kind| !WORDS.contains(&kind));
        let media = if unknown { media.max(1) } else { media };
        if kind.is_none() && words.is_empty() && media == 0 && !self.whole.contains_key("text") {
            return Err(WebhookError::Unreadable("neither a text nor a status"));
        }
        let to = self.get("to").unwrap_or_default();
        // An RCS agent has a name, which nobody can send an SMS from.
        let by_rcs = self.channel.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("rcs"));
        let to = if by_rcs { format!("rcs:{to}") } else { to };
        Ok(Text {
            from: channel::person(self.get("from").as_deref(), plus_or_none)?,
            to: channel::ours(Some(&to), sender, plus_or_none),
            body: words.join("\n"),
            media: u32::try_from(media).unwrap_or(u32::MAX),
            sent_at: self.get("timestamp").and_then(|at| at.parse().ok()),
            handled: None,
            id: Some(self.id),
        })
    }

    /// The contents besides the text: under its kind, or several in a list.
    fn contents(&self) -> Vec<Content<'a>> {
        let alone = KINDS.iter().filter_map(|kind| Some((*kind, self.whole.get(*kind)?)));
        let listed = match self.whole.get("content") {
            Some(Value::Array(items)) => items.as_slice(),
            Some(content) => std::slice::from_ref(content),
            None => &[],
        };
        let listed = listed.iter().map(|item| {
            let kind = item["type"].as_str().unwrap_or_default();
            (kind, item)
        });
        let contents = alone.chain(listed).filter(|(_, value)| !value.is_null());
        contents.map(|(kind, value)| Content { kind, value }).collect()
    }

    /// What the message cost: <https://developer.vonage.com/en/api/messages#message-status>.
    fn charge(&self) -> Option<Charge> {
        let usage = self.whole.get("usage")?;
        let get = |name| usage.get(name).and_then(fields::text);
        Charge::parse(&get("price")?, &get("currency")?)
    }

    pub(super) fn receipt(self, word: String) -> Result<Receipt, WebhookError> {
        let code = self.whole.get("error").and_then(code_of);
        Ok(Receipt {
            attempt: self.get("client_ref"),
            part: None,
            status: meaning(&word).ok_or(WebhookError::Unreadable("an unknown status"))?,
            raw_status: word,
            opted_out: code.as_deref().is_some_and(|code| code::is_stop(CODES, code)),
            code,
            charge: self.charge(),
            message: self.id,
        })
    }
}

/// A part of a message: a picture, a file, words, or a tapped button.
pub(super) struct Content<'a> {
    kind: &'a str,
    value: &'a Value,
}

impl Content<'_> {
    /// Its member of this name, which may be inside the member named after its kind.
    fn get(&self, name: &str) -> Option<String> {
        let within = self.value.get(self.kind).and_then(|within| within.get(name));
        self.value.get(name).and_then(fields::text).or_else(|| within.and_then(fields::text))
    }

    /// The person's words in it.
    fn words(&self) -> Option<String> {
        let alone = fields::text(self.value).filter(|_| self.kind.is_empty());
        alone.or_else(|| ["text", "caption", "title"].iter().find_map(|name| self.get(name)))
    }

    fn is_media(&self) -> bool {
        let is_known = KINDS.contains(&self.kind) && !WORDS.contains(&self.kind);
        is_known || self.get("url").is_some()
    }
}

pub(super) fn meaning(word: &str) -> Option<Status> {
    match word {
        "submitted" => Some(Status::Sent),
        "rejected" => Some(Status::Failed),
        "undeliverable" => Some(Status::Undelivered),
        "delivered" | "read" => Some(Status::Delivered),
        _ => None,
    }
}
