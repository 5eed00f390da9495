//! The marks that models write among their words, and servers leave there: thought tags, control
//! tokens, and what is around a call.
//!
//! They are known by what they are made of and by the stems of their names rather than one by one, since
//! each family of models has its own. Words between `<` and `>` that no model means are no marks.

mod names;

use std::ops::Range;

use names::meaning;
pub(super) use names::{is_other, is_us};

/// What a mark means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    ThoughtBegins,
    ThoughtEnds,
    /// What the model was shown is said again.
    EchoBegins,
    EchoEnds,
    /// What was before is not the answer.
    AnswerBegins,
    CallBegins,
    CallEnds,
    /// Between the parts of a call.
    CallGoesOn,
    /// The model's part is over.
    End,
    /// Somebody's part begins: a word follows that says whose.
    Part,
    /// The part of somebody else begins.
    Other,
    Nothing,
}

/// A mark in a text.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) at: Range<usize>,
    pub(super) mark: Mark,
    /// Its name, in small letters.
    pub(super) name: String,
    /// What its name is given: `record` of `<function=record>` and `<invoke name="record">`.
    pub(super) value: Option<&'a str>,
    /// What stands behind its name.
    pub(super) attributes: &'a str,
    /// Whether it is closed in itself, as `<invoke name="finish"/>`.
    pub(super) is_whole: bool,
}

/// The longest that is taken for a mark, in bytes.
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
    // A family may stand before the name: `seed:think`, `｜DSML｜invoke`.
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

/// What stands between the ends of a mark, and how long it is with them.
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
    // One side alone is of a tag, not of two brackets.
    let form = if !is_tag && form != Form::Token { Form::Bracket } else { form };
    let bare = if form == Form::Bracket { inside } else { inside.trim_matches(['|', '｜', ' ']) };
    Some((bare, length, form))
}

/// What is meant in square brackets is few words, and but for thoughts in capitals.
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

/// What a name is given.
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

/// The start of a text, no longer than so many bytes.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
