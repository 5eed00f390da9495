//! The marks that models write among their words, and servers leave there: reasoning tags, control
//! tokens, and the wrapping of calls.
//!
//! They are recognised by their syntax and the stems of their names instead of one by one, since each
//! family of models has its own. Ordinary words between `<` and `>` are not marks.

use std::ops::Range;

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

/// Stems of names for reasoning.
const THOUGHTS: [&str; 15] = [
    "think",
    "thought",
    "reason",
    "reflect",
    "scratch",
    "analys",
    "monolog",
    "rationale",
    "deliberat",
    "contempl",
    "introspect",
    "cogit",
    "critique",
    "brainstorm",
    "chain_of",
];

/// Stems of names for a part of a call.
const CALLS: [&str; 9] = [
    "tool",
    "function",
    "invoke",
    "parameter",
    "action",
    "call",
    "plugin",
    "python_tag",
    "observation",
];

/// Names of separators between the parts of a call.
const PARTS_OF_CALLS: [&str; 7] =
    ["sep", "argument", "args", "plugin", "call_id", "constrain", "interpreter"];

const ANSWERS: [&str; 6] = ["final", "output", "solution", "message", "sms", "text_message"];

/// Control tokens that look like any tag.
const CONTROLS: [&str; 25] = [
    "s",
    "bos",
    "eos",
    "pad",
    "unk",
    "mask",
    "sep",
    "cls",
    "eot",
    "eop",
    "eod",
    "sop",
    "gmask",
    "endoftext",
    "startoftext",
    "eos_token",
    "bos_token",
    "pad_token",
    "unk_token",
    "eot_id",
    "end",
    "img",
    "img_break",
    "img_end",
    "fim",
];

const ENDS: [&str; 13] = [
    "eot",
    "eot_id",
    "eom",
    "eom_id",
    "eos",
    "eos_token",
    "eod",
    "eop",
    "endoftext",
    "endofturn",
    "endofprompt",
    "return",
    "done",
];

const OTHERS: [&str; 9] = [
    "user",
    "human",
    "person",
    "customer",
    "system",
    "developer",
    "ipython",
    "environment",
    "client",
];

/// Whether a word names the model's own role.
pub(super) fn is_us(word: &str) -> bool {
    matches!(word, "assistant" | "model" | "bot" | "chatbot" | "ai" | "gpt" | "agent")
}

/// Whether a word names another role.
pub(super) fn is_other(word: &str) -> bool {
    OTHERS.contains(&word) || matches!(word, "tool" | "function" | "observation" | "query")
}

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

fn meaning(name: &str, form: Form, closes: bool, tools: &[&str]) -> Option<Mark> {
    let parts: Vec<_> = name.split('_').collect();
    let ends =
        closes || form == Form::Closing || parts.contains(&"end") || name.starts_with("endof");
    let begins = !ends;
    let by = |begin, end| Some(if begins { begin } else { end });
    let has = |stems: &[&str]| stems.iter().any(|stem| name.contains(stem));
    let around = ["begin", "end", "start", "of", "the", "token"];
    let base: Vec<_> = parts.iter().copied().filter(|part| !around.contains(part)).collect();
    let base = base.join("_");
    let base = base.trim_start_matches("im_");

    if has(&THOUGHTS)
        || matches!(
            name,
            "details"
                | "draft"
                | "logic"
                | "notes"
                | "step"
                | "steps"
                | "strategy"
                | "plan"
                | "planning"
                | "cot"
                | "hidden"
                | "inner"
                | "internal"
        )
    {
        return by(Mark::ThoughtBegins, Mark::ThoughtEnds);
    }
    if name == "unused94" || name == "channel" && form == Form::Opening {
        return Some(Mark::ThoughtBegins);
    }
    if name == "unused95" || name == "channel" && form == Form::Closing {
        return Some(Mark::ThoughtEnds);
    }
    if matches!(name, "inst" | "sys" | "system_prompt" | "available_tools" | "tool_results") {
        return by(Mark::EchoBegins, Mark::EchoEnds);
    }
    let is_answer = ["answer", "response", "reply"].iter().any(|stem| name.contains(stem))
        && !has(&CALLS)
        || ANSWERS.contains(&base);
    if is_answer && form != Form::Bracket {
        return by(Mark::AnswerBegins, Mark::Nothing);
    }
    if name == "call" && form == Form::Token {
        return Some(Mark::End);
    }
    let is_token = form != Form::Tag;
    if has(&CALLS)
        || tools.contains(&name) && !is_token
        || is_token && PARTS_OF_CALLS.iter().any(|part| name.contains(part))
        || matches!(name, "arg_key" | "arg_value" | "args" | "arguments" | "tools")
    {
        let is_between = is_token && PARTS_OF_CALLS.iter().any(|part| name.contains(part));
        return if is_between {
            Some(Mark::CallGoesOn)
        } else {
            by(Mark::CallBegins, Mark::CallEnds)
        };
    }
    let role = base;
    if is_us(role) && (is_token || matches!(name, "assistant" | "model" | "bot")) {
        return Some(if begins { Mark::Part } else { Mark::Nothing });
    }
    if OTHERS.contains(&role) {
        return Some(if begins { Mark::Other } else { Mark::Nothing });
    }
    if name == "s" {
        return by(Mark::Nothing, Mark::End);
    }
    let is_control = CONTROLS.contains(&name)
        || [
            "unused", "extra_id", "reserved", "fim_", "image_", "vision_", "im_", "start_of",
            "end_of", "begin_of",
        ]
        .iter()
        .any(|stem| name.starts_with(stem));
    if !is_token && !is_control {
        return None;
    }
    let is_frame = matches!(base, "header_id" | "role" | "middle" | "header");
    if is_frame || matches!(name, "im_sep" | "im_middle") {
        let opens = name.starts_with("start") || name.ends_with("start");
        return Some(if opens { Mark::Part } else { Mark::Nothing });
    }
    if ENDS.contains(&name) || ends && !closes {
        return Some(Mark::End);
    }
    let starts = parts.contains(&"start")
        || form == Form::Opening && name == "turn"
        || name == "begin_of_turn";
    Some(if starts { Mark::Part } else { Mark::Nothing })
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
