//! The channels of gpt-oss, with or without their tokens.
//!
//! <https://cookbook.openai.com/articles/openai-harmony>

use serde_json::{Map, Value};

use super::calls::{self, Wish};
use super::{loose, marks};

/// The words on the final channel, and the calls on the others. `None` for a text without channels.
pub(super) fn split(text: &str, tools: &[&str]) -> Option<(String, Vec<Wish>)> {
    if text.contains("<|channel|>") || text.contains("<|message|>") {
        return Some(with_tokens(text, tools));
    }
    without_tokens(text, tools)
}

/// The text between two tokens that end a message.
#[derive(Default)]
struct Message {
    header: String,
    content: Option<String>,
    /// Whether a token marks the header as one.
    is_framed: bool,
}

fn with_tokens(text: &str, tools: &[&str]) -> (String, Vec<Wish>) {
    let mut messages = vec![Message::default()];
    let mut chunks = text.split("<|");
    let take = |messages: &mut Vec<Message>, chunk: &str| {
        if let Some(message) = messages.last_mut() {
            message.content.as_mut().unwrap_or(&mut message.header).push_str(chunk);
        }
    };
    take(&mut messages, chunks.next().unwrap_or_default());
    for chunk in chunks {
        let (token, behind) = chunk.split_once("|>").unwrap_or(("", chunk));
        let framed = Message { is_framed: true, ..Message::default() };
        let last = messages.last_mut().expect("there is a first");
        match token.trim() {
            "start" => messages.push(framed),
            "channel" if last.content.is_some() => messages.push(framed),
            "channel" | "constrain" => {
                last.is_framed = true;
                last.header.push(' ');
            }
            "message" if last.content.is_none() => last.content = Some(String::new()),
            "message" => {}
            "end" | "return" | "call" => messages.push(Message::default()),
            // Of another family: handled elsewhere.
            _ => {
                take(&mut messages, "<|");
                take(&mut messages, chunk);
                continue;
            }
        }
        take(&mut messages, behind);
    }
    parse(messages, tools)
}

fn parse(messages: Vec<Message>, tools: &[&str]) -> (String, Vec<Wish>) {
    let (mut wishes, mut said, mut bare) = (Vec::new(), None, None);
    for (at, Message { header, content, is_framed }) in messages.into_iter().enumerate() {
        let first = header.split_whitespace().next().unwrap_or_default();
        let Some(content) = content else {
            if is_framed {
                // A header without a message.
                bare = if first == "assistant" { None } else { bare };
            } else if at == 0 && !header.trim().is_empty() {
                bare = Some(header);
            }
            continue;
        };
        if is_framed && (marks::is_other(first) || first.starts_with("functions.")) {
            break;
        }
        if let Some(recipient) = recipient(&header) {
            wishes.extend(call(recipient, &content, tools));
        } else if header.contains("final") {
            said = Some(content);
            break;
        } else if matches!(header.trim(), "" | "assistant") {
            said.get_or_insert(content);
        } else {
            // Text before reasoning is reasoning too.
            bare = None;
        }
    }
    (said.or(bare).unwrap_or_default(), wishes)
}

/// The recipient of a message, other than the person.
fn recipient(header: &str) -> Option<&str> {
    let (_, behind) = header.split_once("to=")?;
    behind.split(|c: char| c.is_whitespace() || c == '{').next().filter(|it| !it.is_empty())
}

fn call(recipient: &str, content: &str, tools: &[&str]) -> Option<Wish> {
    let bare = ["json", "code"].iter().find_map(|it| recipient.strip_suffix(it));
    let name = calls::named(recipient, tools).or_else(|| calls::named(bare?, tools))?;
    let arguments = match content.find('{') {
        Some(at) => loose::value(&content[at..])?.0,
        None if content.trim().is_empty() => Value::Object(Map::new()),
        None => return None,
    };
    Some(Wish { name: name.into(), arguments })
}

/// The same if the server removed the tokens: `analysis…assistantfinal…`.
fn without_tokens(text: &str, tools: &[&str]) -> Option<(String, Vec<Wish>)> {
    const CHANNELS: [&str; 3] = ["analysis", "commentary", "final"];
    let channel = |text: &str| CHANNELS.into_iter().find(|channel| text.starts_with(channel));
    let begins = |at: &usize| channel(&text[at + "assistant".len()..]).is_some();
    let starts: Vec<_> = text.match_indices("assistant").map(|(at, _)| at).filter(begins).collect();
    let first = channel(text).filter(|channel| {
        let behind = &text[channel.len()..];
        behind.starts_with(match *channel {
            "final" => char::is_uppercase,
            _ => char::is_alphabetic,
        }) || behind.trim_start().starts_with("to=")
    });
    // A word that only ends like this is part of the sentence.
    let known = |at: &usize| {
        let channel = &text[at + "assistant".len()..];
        *at == 0 || channel.starts_with("final") || first.is_some() || recipient(text).is_some()
    };
    if first.is_none() && !starts.iter().any(known) {
        return None;
    }
    let ends = starts.iter().copied().chain([text.len()]);
    let begins = [0].into_iter().chain(starts.iter().copied());
    let (mut said, mut wishes) = (String::new(), Vec::new());
    for (begin, end) in begins.zip(ends) {
        let message = &text[begin..end];
        let message = match begin {
            0 => message
                .strip_prefix("assistant")
                .filter(|it| channel(it).is_some())
                .unwrap_or(message),
            _ => &message["assistant".len()..],
        };
        let Some(channel) = channel(message) else { continue };
        let content = &message[channel.len()..];
        if channel == "final" && (begin > 0 || starts.first() == Some(&0) || first.is_some()) {
            said = content.trim().into();
            break;
        }
        if let Some(recipient) = recipient(content) {
            wishes.extend(call(recipient, content, tools));
        }
    }
    Some((said, wishes))
}
