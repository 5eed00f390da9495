//! The marks that models write among their words, and servers leave there: reasoning tags, control
//! tokens, and the wrapping of calls.
//!
//! They are recognised by their syntax and the stems of their names instead of one by one, since each
//! family of models has its own. Ordinary words between `<` and `>` are not marks.

mod names;

use std::ops::Range;

use names::meaning;
pub(super) use names::{is_other, is_us};

/// The meaning of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    ThoughtBegins,
    ThoughtEnds,
    /// Repeats part of the prompt.
    EchoBegins,
    EchoEnds,
    /// Everything before is not the answer.
    AnswerBegins,
    CallBegins,
    CallEnds,
    /// Separates the parts of a call.
    CallGoesOn,
    /// The model's part is over.
    End,
    /// A part begins: the next word says whose.
    Part,
    /// Another role's part begins.
    Other,
    Nothing,
}

/// A mark in a text.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) at: Range<usize>,
    pub(super) mark: Mark,
    /// Its name, in lower case.
    pub(super) name: String,
    /// The value of its name: `record` in `<function=record>` and `<invoke name="record">`.
    pub(super) value: Option<&'a str>,
    /// The text after its name.
    pub(super) attributes: &'a str,
    /// Whether it is self-closing, as `<invoke name="finish"/>`.
    pub(super) is_whole: bool,
}

/// The longest possible mark, in bytes.
const LONGEST: usize = 240;

/// The next mark from here on. Linear, since no mark is longer than [`LONGEST`].
pub(super) fn next<'a>(text: &'a str, from: usize, tools: &[&str]) -> Option<Found<'a>> {
    text[from..]
        .match_indices(['<', '[', '◁', '⟨'])
        .find_map(|(at, _)| mark_at(text, from + at, tools))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `<name>`
    Tag,
    /// `<|name|>`, `◁name▷`
    Token,
    /// `<|name>`
    Opening,
    /// `<name|>`
    Closing,
    /// `[NAME]`
    Bracket,
}

fn mark_at<'a>(text: &'a str, at: usize, tools: &[&str]) -> Option<Found<'a>> {
    let rest = head(&text[at..], LONGEST);
    let (inside, length, form) = inside(rest)?;
    let inside = inside.trim();
    let closes = inside.starts_with('/');
    let inside = inside.trim_start_matches('/').trim_start();
    let is_whole = inside.ends_with('/');
    let inside = inside.trim_end_matches('/').trim_end();
    // The name may have a family as its prefix: `seed:think`, `｜DSML｜invoke`.
    let name_ends = inside
        .find(|c: char| !(c.is_alphanumeric() || "_-:▁｜|".contains(c)))
        .unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(name_ends);
    let name = name.rsplit([':', '｜', '|']).next()?;
    let name = name.to_lowercase().replace(['▁', '-'], "_");
    if form == Form::Bracket && !is_of_brackets(inside, &name) {
        return None;
    }
    // As in an address: `Ann <reasons@example.com>`.
    if !attributes.is_empty() && !attributes.starts_with([' ', '\t', '=']) {
        return None;
    }
    let mark = meaning(&name, form, closes, tools)?;
    let value = value(attributes);
    Some(Found { at: at..at + length, mark, name, value, attributes, is_whole })
}

/// The content of a mark between its delimiters, and its full length.
fn inside(rest: &str) -> Option<(&str, usize, Form)> {
    let between = |open: usize, close: &str| {
        let end = open + rest[open..].find(close)?;
        Some((&rest[open..end], end + close.len()))
    };
    if rest.starts_with('◁') {
        let (inside, length) = between('◁'.len_utf8(), "▷")?;
        return Some((inside, length, Form::Token));
    }
    if rest.starts_with('⟨') {
        let (inside, length) = between('⟨'.len_utf8(), "⟩")?;
        return Some((inside, length, Form::Token));
    }
    if rest.starts_with("<<") {
        let (inside, length) = between(2, ">>")?;
        return (inside.eq_ignore_ascii_case("sys") || inside.eq_ignore_ascii_case("/sys"))
            .then_some((inside, length, Form::Token));
    }
    let is_tag = rest.starts_with('<');
    let (inside, length) = between(1, if is_tag { ">" } else { "]" })?;
    if inside.contains(if is_tag { ['\n', '<'] } else { ['\n', '['] }) {
        return None;
    }
    let bars = ['|', '｜'];
    let slash = inside.trim_start().strip_prefix('/').unwrap_or(inside.trim_start());
    let (opens, closes) = (slash.starts_with(bars), inside.trim_end().ends_with(bars));
    let form = match (opens, closes) {
        (true, true) => Form::Token,
        // `<｜DSML｜invoke name="record">`
        (true, false) if slash.trim_start_matches(bars).contains(bars) => Form::Tag,
        (true, false) => Form::Opening,
        (false, true) => Form::Closing,
        (false, false) if is_tag => Form::Tag,
        (false, false) => Form::Bracket,
    };
    // A delimiter on one side only belongs to a tag, not to two brackets.
    let form = if !is_tag && form != Form::Token { Form::Bracket } else { form };
    let bare = if form == Form::Bracket { inside } else { inside.trim_matches(['|', '｜', ' ']) };
    Some((bare, length, form))
}

/// In square brackets a mark is a few words, in capitals except for reasoning.
fn is_of_brackets(inside: &str, name: &str) -> bool {
    if matches!(name, "think" | "thinking" | "thought" | "thoughts" | "reasoning") {
        return true;
    }
    let known = [
        "inst",
        "assistant",
        "user",
        "human",
        "sys",
        "system_prompt",
        "tool_calls",
        "tool_call",
        "args",
        "call_id",
        "available_tools",
        "tool_results",
        "tool_content",
        "tool_response",
        "model_settings",
        "pad",
        "unk",
        "bos",
        "eos",
        "mask",
        "cls",
        "sep",
        "gmask",
        "img",
        "img_break",
        "img_end",
        "prefix",
        "middle",
        "suffix",
        "end",
        "done",
        "control",
    ];
    let capitals = |c: char| c.is_ascii_uppercase() || matches!(c, '_' | 'g');
    inside.chars().all(capitals) && known.contains(&name)
}

/// The value of a name.
fn value(attributes: &str) -> Option<&str> {
    let given = |text: &'_ str| -> Option<(usize, usize)> {
        let start = text.len() - text.trim_start().len();
        let bare = &text[start..];
        let quote = bare.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = start + quote.map_or(0, char::len_utf8);
        let end = match quote {
            Some(quote) => text[inner..].find(quote)?,
            None => text[inner..].find([' ', ',', '/']).unwrap_or(text.len() - inner),
        };
        Some((inner, inner + end))
    };
    let behind = match attributes.strip_prefix('=') {
        Some(behind) => behind,
        None => {
            let name = attributes.find("name").map(|at| &attributes[at + 4..])?;
            name.trim_start().strip_prefix('=')?
        }
    };
    let (start, end) = given(behind)?;
    Some(behind[start..end].trim()).filter(|value| !value.is_empty())
}

/// The start of a text, at most this many bytes.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
