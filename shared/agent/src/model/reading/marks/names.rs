//! What a mark means by its name: tables of the names and stems that families of models use.

use super::{Form, Mark};

/// Whether a word names the model's own role.
pub(in super::super) fn is_us(word: &str) -> bool {
    matches!(word, "assistant" | "model" | "bot" | "chatbot" | "ai" | "gpt" | "agent")
}

/// Whether a word names another role.
pub(in super::super) fn is_other(word: &str) -> bool {
    OTHERS.contains(&word) || matches!(word, "tool" | "function" | "observation" | "query")
}

/// The meaning of a mark by its name.
pub(super) fn meaning(name: &str, form: Form, closes: bool, tools: &[&str]) -> Option<Mark> {
    let named = Named::new(name, form, closes);
    named
        .of_thought()
        .or_else(|| named.of_echo())
        .or_else(|| named.of_answer())
        .or_else(|| named.of_call(tools))
        .or_else(|| named.of_part())
        .or_else(|| named.of_control())
}

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

/// Whole names for reasoning.
const OTHER_THOUGHTS: [&str; 13] = [
    "details", "draft", "logic", "notes", "step", "steps", "strategy", "plan", "planning", "cot",
    "hidden", "inner", "internal",
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

/// Prefixes of other control tokens.
const CONTROL_STEMS: [&str; 10] = [
    "unused", "extra_id", "reserved", "fim_", "image_", "vision_", "im_", "start_of", "end_of",
    "begin_of",
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

/// The name of a mark, and what follows from its form.
struct Named<'n> {
    name: &'n str,
    form: Form,
    /// Whether it has a slash.
    closes: bool,
    /// Whether something ends with it, rather than begins.
    ends: bool,
    /// The name without the words around it: `header_id` of `start_header_id`.
    base: String,
}

impl<'n> Named<'n> {
    fn new(name: &'n str, form: Form, closes: bool) -> Self {
        let around = ["begin", "end", "start", "of", "the", "token"];
        let base: Vec<_> = name.split('_').filter(|word| !around.contains(word)).collect();
        let base = base.join("_").trim_start_matches("im_").to_owned();
        let mut named = Self { name, form, closes, ends: closes, base };
        named.ends |= form == Form::Closing || named.has_word("end") || name.starts_with("endof");
        named
    }

    fn has_word(&self, word: &str) -> bool {
        self.name.split('_').any(|each| each == word)
    }

    fn has_one(&self, stems: &[&str]) -> bool {
        stems.iter().any(|stem| self.name.contains(stem))
    }

    fn is_token(&self) -> bool {
        self.form != Form::Tag
    }

    /// One of two, by whether something begins or ends.
    fn either(&self, begins: Mark, ends: Mark) -> Mark {
        if self.ends { ends } else { begins }
    }

    fn of_thought(&self) -> Option<Mark> {
        let is_channel = |form| self.name == "channel" && self.form == form;
        if self.has_one(&THOUGHTS) || OTHER_THOUGHTS.contains(&self.name) {
            Some(self.either(Mark::ThoughtBegins, Mark::ThoughtEnds))
        } else if self.name == "unused94" || is_channel(Form::Opening) {
            Some(Mark::ThoughtBegins)
        } else if self.name == "unused95" || is_channel(Form::Closing) {
            Some(Mark::ThoughtEnds)
        } else {
            None
        }
    }

    fn of_echo(&self) -> Option<Mark> {
        matches!(self.name, "inst" | "sys" | "system_prompt" | "available_tools" | "tool_results")
            .then(|| self.either(Mark::EchoBegins, Mark::EchoEnds))
    }

    fn of_answer(&self) -> Option<Mark> {
        let is_answer = self.has_one(&["answer", "response", "reply"]) && !self.has_one(&CALLS)
            || ANSWERS.contains(&self.base.as_str());
        (is_answer && self.form != Form::Bracket)
            .then(|| self.either(Mark::AnswerBegins, Mark::Nothing))
    }

    fn of_call(&self, tools: &[&str]) -> Option<Mark> {
        if self.name == "call" && self.form == Form::Token {
            return Some(Mark::End);
        }
        if self.is_token() && self.has_one(&PARTS_OF_CALLS) {
            return Some(Mark::CallGoesOn);
        }
        let is_call = self.has_one(&CALLS)
            || tools.contains(&self.name) && !self.is_token()
            || matches!(self.name, "arg_key" | "arg_value" | "args" | "arguments" | "tools");
        is_call.then(|| self.either(Mark::CallBegins, Mark::CallEnds))
    }

    /// Of what says whose part begins.
    fn of_part(&self) -> Option<Mark> {
        let is_role = self.is_token() || matches!(self.name, "assistant" | "model" | "bot");
        if is_us(&self.base) && is_role {
            return Some(self.either(Mark::Part, Mark::Nothing));
        }
        OTHERS.contains(&self.base.as_str()).then(|| self.either(Mark::Other, Mark::Nothing))
    }

    /// Of a control token. What looks like any tag is one only if it is known.
    fn of_control(&self) -> Option<Mark> {
        if self.name == "s" {
            return Some(self.either(Mark::Nothing, Mark::End));
        }
        let is_control = CONTROLS.contains(&self.name)
            || CONTROL_STEMS.iter().any(|stem| self.name.starts_with(stem));
        if !self.is_token() && !is_control {
            return None;
        }
        let part = |begins| Some(if begins { Mark::Part } else { Mark::Nothing });
        let is_frame = matches!(&*self.base, "header_id" | "role" | "middle" | "header");
        if is_frame || matches!(self.name, "im_sep" | "im_middle") {
            return part(self.name.starts_with("start") || self.name.ends_with("start"));
        }
        if ENDS.contains(&self.name) || self.ends && !self.closes {
            return Some(Mark::End);
        }
        let is_turn = self.form == Form::Opening && self.name == "turn";
        part(self.has_word("start") || is_turn || self.name == "begin_of_turn")
    }
}
