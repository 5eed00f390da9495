//! Finds the words when calls are among them without marks of their own.

use serde_json::Value;

use super::calls::{self, Wish, meant};
use super::loose;
use super::preface::behind_preface;
use super::spoken::{GAP, Spoken};

/// The most closing brackets that a model may have forgotten.
const LACKING: usize = 4;

/// The longest possible first key of an object, in bytes.
const LONGEST_KEY: usize = 100;

/// The names of code fences that contain no words.
const MACHINE: [&str; 14] = [
    "json",
    "json5",
    "tool_call",
    "tool_calls",
    "tool_code",
    "tool",
    "tool_use",
    "function_call",
    "functions",
    "python",
    "py",
    "xml",
    "javascript",
    "tool_outputs",
];

/// Reads a text without marks. Anything that is not words leaves a gap, and so does the text around it.
pub(super) fn spoken(text: &str, tools: &[&str]) -> Spoken {
    let mut reading = Reading::new(text, tools);
    reading.parse();
    let Reading { mut said, wishes, mut values, .. } = reading;
    // The whole answer is JSON that contains the answer.
    let is_word = |c: char| c.is_alphanumeric();
    if !said.contains(is_word)
        && values.len() == 1
        && let Some(words) = values.pop().flatten()
    {
        said = words;
    }
    Spoken { words: behind_preface(&without_gaps(&said)).to_owned(), wishes }
}

struct Reading<'a> {
    text: &'a str,
    at: usize,
    said: String,
    wishes: Vec<Wish>,
    /// The words for the person in each JSON value.
    values: Vec<Option<String>>,
    tools: &'a [&'a str],
}

impl<'a> Reading<'a> {
    fn new(text: &'a str, tools: &'a [&'a str]) -> Self {
        let (said, wishes, values) = (String::new(), Vec::new(), Vec::new());
        Self { text, at: 0, said, wishes, values, tools }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn parse(&mut self) {
        while let Some(next) = self.rest().find(['{', '[', '(', '`']) {
            self.said.push_str(&self.rest()[..next]);
            self.at += next;
            let taken = match self.rest().as_bytes()[0] {
                b'`' => self.fence(),
                b'(' => self.call(),
                _ => self.value(),
            };
            if !taken {
                self.said.push_str(&self.rest()[..1]);
                self.at += 1;
            }
        }
        self.said.push_str(self.rest());
    }

    fn gap(&mut self, length: usize) {
        self.at += length;
        self.said.push(GAP);
    }

    /// JSON, or an attempt at it.
    fn value(&mut self) -> bool {
        let rest = self.rest();
        if !is_machine(rest) {
            return false;
        }
        let Some((value, length)) = loose::value(rest).or_else(|| mended(rest)) else {
            self.gap(balanced(rest));
            return true;
        };
        let is_call = |value: &Value| !meant(value, self.tools).calls.is_empty();
        match trailing_name(&self.said, self.tools) {
            // `record {"field": …}`
            Some((name, length)) if value.is_object() && !is_call(&value) => {
                self.said.truncate(length);
                self.wishes.push(Wish { name: name.into(), arguments: value });
            }
            _ => {
                if self.said.ends_with("functools") {
                    self.said.truncate(self.said.len() - "functools".len());
                }
                let meant = meant(&value, self.tools);
                self.wishes.extend(meant.calls);
                self.values.push(meant.words);
            }
        }
        self.gap(length);
        true
    }

    /// `record(field="task", value="fix tap")`
    fn call(&mut self) -> bool {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
        let name = trailing(&self.said, is_of_name).to_owned();
        let before = &self.said[..self.said.len() - name.len()];
        let before = before.strip_suffix("print(").unwrap_or(before).len();
        let is_printed = self.said[before..].starts_with("print(");
        let inside = &self.rest()[1..];
        let known = calls::named(name.strip_suffix(".call").unwrap_or(&name), self.tools);
        let has_keys = {
            let key = inside.trim_start();
            let behind = key.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            behind.len() < key.len()
                && behind.trim_start().strip_prefix(['=', ':']).is_some_and(|it| {
                    it.trim_start().starts_with(['"', '\'', '{', '['])
                        || it.starts_with(|c: char| c.is_ascii_digit())
                })
        };
        let is_ours =
            known.is_some() && (has_keys || inside.trim_start().starts_with(['"', '\'', '{', ')']));
        let is_anyones = name.starts_with("default_api.") || name.starts_with("functions.");
        if name.is_empty() || !(is_ours || has_keys || is_anyones) {
            return false;
        }
        let length = match (known, loose::arguments(inside)) {
            (Some(known), Some((arguments, length))) => {
                self.wishes.push(Wish { name: known.into(), arguments });
                length
            }
            (None, Some((_, length))) => length,
            (_, None) => balanced(self.rest()).saturating_sub(1),
        };
        self.said.truncate(before);
        self.gap(1 + length);
        if is_printed && self.rest().starts_with(')') {
            self.at += 1;
        }
        true
    }

    /// A code fence without words. Others are left for the conversion to plain text.
    fn fence(&mut self) -> bool {
        let Some(opened) = self.rest().strip_prefix("```") else { return false };
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let inside = opened.trim_start_matches(is_of_name);
        let name = opened[..opened.len() - inside.len()].to_ascii_lowercase();
        let (body, length) = match inside.find("```") {
            Some(end) => (&inside[..end], end + 3),
            None => (inside, inside.len()),
        };
        let is_machine = MACHINE.contains(&name.as_str())
            || calls::named(&name, self.tools).is_some()
            || name.is_empty() && is_machine(body.trim_start());
        if !is_machine {
            return false;
        }
        // A name before the fence, or of it, belongs to the call in it.
        let ahead = trailing_name(&self.said, self.tools);
        let named = ahead.map(|(name, _)| name).or_else(|| calls::named(&name, self.tools));
        let body = named.map_or_else(|| body.to_owned(), |name| format!("{name} {}", body.trim()));
        if let Some((_, length)) = ahead {
            self.said.truncate(length);
        }
        let mut inner = Reading::new(&body, self.tools);
        // Fences are not nested.
        inner.parse();
        self.wishes.extend(inner.wishes);
        self.values.extend(inner.values);
        let length = 3 + (opened.len() - inside.len()) + length;
        self.gap(length);
        true
    }
}

/// Whether a text begins like JSON objects do, or nearly so.
fn is_machine(text: &str) -> bool {
    let bare = text.strip_prefix('[').map_or(text, str::trim_start);
    let Some(inside) = bare.strip_prefix('{') else {
        return false;
    };
    let inside = inside.trim_start();
    let is_escaped = inside.starts_with("\\\"");
    let is_quoted = inside.starts_with(['"', '\''])
        && inside[1..inside.floor_char_boundary(LONGEST_KEY)].contains([':', '=']);
    let bare_key = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let is_key = bare_key.len() < inside.len()
        && bare_key
            .trim_start()
            .strip_prefix(':')
            .is_some_and(|it| it.trim_start().starts_with(['"', '\'', '{', '[']));
    is_escaped || is_quoted || is_key || inside.starts_with('}')
}

/// JSON with escaped quotes although it is not nested, or without its last brackets.
fn mended(text: &str) -> Option<(Value, usize)> {
    let length = balanced(text);
    let text = &text[..length];
    let bare = if text[1..].trim_start().starts_with("\\\"") {
        text.replace("\\\"", "\"")
    } else {
        let missing = missing(text)?;
        format!("{text}{missing}")
    };
    Some((loose::value(&bare)?.0, length))
}

/// The closing brackets that a text lacks, unless it ends within a string.
fn missing(text: &str) -> Option<String> {
    let (mut open, mut is_quoted, mut is_escaped) = (Vec::new(), false, false);
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '{' if !is_quoted => open.push('}'),
            '[' if !is_quoted => open.push(']'),
            '}' | ']' if !is_quoted => drop(open.pop()),
            _ => {}
        }
    }
    (!is_quoted && open.len() <= LACKING).then(|| open.into_iter().rev().collect())
}

/// The length of a bracketed text, up to its closing bracket or the end.
fn balanced(text: &str) -> usize {
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' if quote == Some('"') => quote = None,
            '"' if quote.is_none() => quote = Some('"'),
            _ if quote.is_some() => {}
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The tool named in the last line of a text, and the length of the text before it.
pub(super) fn trailing_name<'t>(text: &str, tools: &[&'t str]) -> Option<(&'t str, usize)> {
    let is_sign = |c: char| c.is_whitespace() || ":=>\"[]✿*(".contains(c);
    let bare = text.trim_end_matches(is_sign);
    let labels = ["Action Input", "Arguments", "arguments", "ARGS", "Parameters", " json", " code"];
    let bare = labels.iter().find_map(|label| bare.strip_suffix(label)).unwrap_or(bare);
    let bare = bare.trim_end_matches(is_sign);
    // `<name>record</name>`
    let from = bare.ceil_char_boundary(bare.len().saturating_sub(20));
    let tag = bare[from..].rfind("</").map(|at| from + at);
    let bare = tag.map_or(bare, |at| &bare[..at]);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let name = trailing(bare, is_of_name);
    let tool = calls::named(name, tools)?;
    let before = &bare[..bare.len() - name.len()];
    let before = before.trim_end_matches([' ', '>', '"']);
    let before = match tag {
        Some(_) => &before[..before.rfind('<')?],
        None => before,
    };
    // Among other words it is an ordinary word.
    let line = before.rfind(['\n', GAP]).map_or(0, |at| at + 1);
    let is_line = before[line..].trim().is_empty() || is_label(&before[line..]);
    is_line.then_some((tool, line))
}

fn trailing(text: &str, is_of_it: impl Fn(char) -> bool) -> &str {
    // No name is longer.
    let from = text.ceil_char_boundary(text.len().saturating_sub(80));
    let end = &text[from..];
    &end[end.trim_end_matches(is_of_it).len()..]
}

/// Removes the gaps, and brackets, commas and quotes that only belong to them.
fn without_gaps(text: &str) -> String {
    if !text.contains(GAP) {
        return text.into();
    }
    let is_loose = |c: char| c == GAP || c.is_whitespace() || "[](){},;:`\"'*_<>/=|".contains(c);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        if !line.contains(GAP) {
            lines.push(line.to_owned());
        } else if line.contains(|c| !is_loose(c)) && !is_label(line) {
            let joined = joined(line);
            lines.push(joined.trim().to_owned());
        } else {
            while lines.last().is_some_and(|line: &String| line.trim().is_empty() || is_label(line))
            {
                lines.pop();
            }
            lines.push(String::new());
        }
    }
    // The first and last line may be remains of the wrapping of a call.
    let is_rest = |line: &String| !line.trim().is_empty() && !line.contains(|c| !is_loose(c));
    lines.retain(|line| !is_rest(line));
    lines.join("\n")
}

/// Whether the words of a line only introduce its gap: `Tool call: …`.
fn is_label(line: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric();
    let words = line.split(|c| !is_word(c)).filter(|word| !word.is_empty());
    line.contains(is_word)
        && words.map(str::to_ascii_lowercase).all(|word| {
            matches!(
                word.trim_end_matches('s'),
                "tool"
                    | "function"
                    | "call"
                    | "calling"
                    | "action"
                    | "json"
                    | "invoke"
                    | "use"
                    | "name"
                    | "to"
                    | "assistant"
                    | "commentary"
            )
        })
}

/// A line of words with gaps, from which the words around gaps are removed.
fn joined(line: &str) -> String {
    let mut joined = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once(GAP) {
        joined.push_str(before);
        rest = behind.trim_start_matches(GAP);
        for (open, close) in [("[", "]"), ("(", ")"), ("`", "`"), ("\"", "\""), ("**", "**")] {
            if joined.ends_with(open) && rest.starts_with(close) {
                joined.truncate(joined.len() - open.len());
                rest = &rest[close.len()..];
            }
        }
        // `<code>…</code>`
        if joined.ends_with('>')
            && let Some(open) = joined.rfind('<')
            && let Some(behind) = rest.strip_prefix(&format!("</{}", &joined[open + 1..]))
        {
            joined.truncate(open);
            rest = behind;
        }
        rest = rest.strip_prefix([';', ',']).unwrap_or(rest);
        if rest.starts_with('.') {
            joined.truncate(joined.trim_end_matches([':', ' ']).len());
        }
        if joined.ends_with(' ') || joined.is_empty() {
            rest = rest.trim_start_matches(' ');
        }
    }
    joined.push_str(rest);
    joined
}
