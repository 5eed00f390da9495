//! Separates the words for the person in an answer from everything else.
//!
//! Reasoning, control tokens and calls written as text are not words. The rest is read again until
//! nothing more is found, since removing something may join the pieces of something else.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::calls::{self, Wish};
use super::marks::{self, Found, Mark};
use super::plain::plain;
use super::region::Region;
use super::spoken::{GAP, Spoken, cut};
use super::{harmony, speech};

/// How often the rest is read again. An answer with marks hidden deeper than that counts as empty.
const ROUNDS: usize = 5;

/// Reads the content of an answer to a question with these tools.
pub(super) fn spoken(content: &str, tools: &[&str]) -> Spoken {
    let mut wishes = Vec::new();
    let mut words = content.trim().to_owned();
    for _ in 0..ROUNDS {
        let mut plain = plain(&words);
        if let Ok(value @ Value::Object(_)) = serde_json::from_str(&plain) {
            // Marks in it belong to its strings.
            let meant = calls::meant(&value, tools);
            wishes.extend(meant.calls);
            plain = meant.words.unwrap_or_default();
        }
        let (said, found) = harmony::split(&plain, tools).unwrap_or((plain, Vec::new()));
        wishes.extend(found);
        let round = without_marks(&said, tools);
        wishes.extend(round.wishes);
        let found = speech::spoken(&round.words, tools);
        wishes.extend(found.wishes);
        if found.words == words {
            return Spoken { words, wishes };
        }
        words = found.words;
    }
    Spoken { words: String::new(), wishes }
}

/// One pass over a text by its marks.
#[derive(Default)]
struct Reading {
    /// The words so far.
    free: String,
    /// Words outside the answer, which may contain calls.
    aside: String,
    is_thought: bool,
    /// The nesting within repeated parts of the prompt.
    echoes: usize,
    call: Option<Region>,
    wishes: Vec<Wish>,
}

/// The words outside of reasoning and calls, and those calls.
fn without_marks(text: &str, tools: &[&str]) -> Spoken {
    let mut reading = Reading::default();
    let (mut at, mut is_part) = (0, false);
    loop {
        let found = reading.next(text, at, tools);
        let end = found.as_ref().map_or(text.len(), |found| found.at.start);
        let mut chunk = &text[at..end];
        if is_part {
            let word = word(chunk);
            if marks::is_other(&word.to_lowercase()) && !reading.is_thought {
                break;
            }
            if marks::is_us(&word.to_lowercase()) {
                let behind = chunk.trim_start().strip_prefix(word).unwrap_or(chunk);
                chunk = behind.strip_prefix([':', '\n']).unwrap_or(behind).trim_start();
            }
        }
        reading.take(chunk);
        let Some(found) = found else { break };
        is_part = found.mark == Mark::Part;
        at = found.at.end;
        if reading.is_over(found, tools) {
            break;
        }
    }
    reading.end_call(tools);
    // The start of a token at which the answer was cut off.
    let token = reading.free.rfind(['<']).filter(|at| {
        let token = &reading.free[at + 1..];
        token.starts_with(['|', '｜']) && !token.contains(char::is_whitespace)
    });
    reading.free.truncate(token.unwrap_or(reading.free.len()));
    let aside = speech::spoken(&reading.aside, tools).wishes;
    reading.wishes.extend(aside);
    Spoken { words: cut(&reading.free).into(), wishes: reading.wishes }
}

impl Reading {
    /// The next mark outside of JSON strings.
    fn next<'a>(&self, text: &'a str, at: usize, tools: &[&str]) -> Option<Found<'a>> {
        let mut from = at;
        loop {
            let found = marks::next(text, from, tools)?;
            if self.is_thought || self.echoes > 0 {
                return Some(found);
            }
            let opens = text[from..found.at.start].match_indices('{').map(|(at, _)| from + at);
            let mut ends = opens.filter_map(|open| {
                let json = serde_json::Deserializer::from_str(cut(&text[open..]));
                let mut json = json.into_iter::<IgnoredAny>();
                json.next()?.ok()?;
                Some(open + json.byte_offset())
            });
            match ends.find(|end| *end > found.at.start) {
                Some(end) => from = end,
                None => return Some(found),
            }
        }
    }

    fn take(&mut self, chunk: &str) {
        match &mut self.call {
            _ if self.is_thought || self.echoes > 0 => {}
            Some(region) => region.take(chunk),
            None => self.free.push_str(chunk),
        }
    }

    /// Handles a mark. Returns whether nothing after it belongs to the answer.
    fn is_over(&mut self, found: Found<'_>, tools: &[&str]) -> bool {
        let says_something = !self.free.trim().is_empty() || !self.wishes.is_empty();
        match found.mark {
            Mark::ThoughtBegins => {
                self.is_thought = self.call.is_none() && !found.is_whole || self.is_thought
            }
            Mark::ThoughtEnds => {
                // It began before the text did, or twice.
                if !self.is_thought {
                    self.call = None;
                    self.free.clear();
                    self.aside.clear();
                    self.wishes.clear();
                }
                self.is_thought = false;
            }
            Mark::EchoBegins if says_something => return !self.is_thought,
            Mark::EchoBegins => self.echoes += 1,
            Mark::EchoEnds => self.echoes = self.echoes.saturating_sub(1),
            Mark::AnswerBegins => {
                if self.is_thought {
                    self.is_thought = false;
                } else if self.call.is_none() {
                    let before = std::mem::take(&mut self.free);
                    self.aside.push_str(&before);
                }
            }
            _ if self.is_thought || self.echoes > 0 => {}
            Mark::CallBegins => {
                let region = self.call.get_or_insert_default();
                region.enter(&found, tools);
                if found.is_whole {
                    self.close(&found, tools);
                }
            }
            Mark::CallEnds => self.close(&found, tools),
            Mark::CallGoesOn => {
                if let Some(region) = &mut self.call {
                    region.go_on(tools);
                }
            }
            Mark::End => {
                self.end_call(tools);
                return says_something || !self.wishes.is_empty();
            }
            Mark::Other => {
                self.end_call(tools);
                return true;
            }
            Mark::Part | Mark::Nothing => {}
        }
        false
    }

    fn close(&mut self, found: &Found<'_>, tools: &[&str]) {
        let Some(region) = &mut self.call else { return };
        if region.close(found, tools) {
            self.end_call(tools);
        }
    }

    fn end_call(&mut self, tools: &[&str]) {
        if let Some(region) = self.call.take() {
            self.wishes.extend(region.wishes(tools));
            self.free.push(GAP);
        }
    }
}

/// The first word of a text.
fn word(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use policy::fit;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    const TOOLS: [&str; 4] = ["record", "finish", "hand_over", "stop"];

    /// Must never reach a phone, wherever it is.
    const MARKS: [&str; 60] = [
        "<think>",
        "</think>",
        "<thinking>",
        "</thinking>",
        "<thought>",
        "</thought>",
        "<reasoning>",
        "</reasoning>",
        "<seed:think>",
        "</seed:think>",
        "<THINK>",
        "< think >",
        "[THINK]",
        "[/THINK]",
        "◁think▷",
        "◁/think▷",
        "<|START_THINKING|>",
        "<|END_THINKING|>",
        "<|channel|>analysis<|message|>",
        "<|start|>assistant<|channel|>final<|message|>",
        "<|channel|>",
        "<|message|>",
        "<|end|>",
        "<|return|>",
        "<|call|>",
        "assistantfinal",
        "<|im_start|>",
        "<|im_start|>assistant",
        "<|im_end|>",
        "<|eot_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|endoftext|>",
        "<|assistant|>",
        "<end_of_turn>",
        "<start_of_turn>",
        "</s>",
        "<s>",
        "[INST]",
        "[/INST]",
        "<<SYS>>",
        "<</SYS>>",
        "<bos>",
        "<eos>",
        "<pad>",
        "<unk>",
        "<｜end▁of▁sentence｜>",
        "<|eom_id|>",
        "<|python_tag|>",
        "[TOOL_CALLS]",
        "[AVAILABLE_TOOLS]",
        "<0x0A>",
        "\u{fffd}",
        "<tool_call>",
        "</tool_call>",
        "<function_call>",
        "<｜tool▁calls▁begin｜>",
        "<|tool_calls_section_begin|>",
        "<unused94>",
        "<function=record>",
    ];

    const CALLS: [&str; 10] = [
        r#"{"name": "record", "parameters": {"field": "task", "value": "fix tap"}}"#,
        r#"{"name":"hand_over","arguments":{"reason":"wants a person"}}"#,
        r#"{"function": "record", "args": {"field": "task", "value": "a {brace} and \"quotes\""}}"#,
        r#"{"type":"function","function":{"name":"finish","arguments":"{}"}}"#,
        r#"[{"name": "record", "arguments": {"field": "task", "value": "fix tap"}}]"#,
        r#"{"record": {"field": "task", "value": "fix tap"}}"#,
        r#"{'name': 'record', 'arguments': {'field': 'task', 'value': 'fix tap'}}"#,
        r#"record(field="task", value="fix tap")"#,
        r#"print(default_api.record(field="task", value="fix tap"))"#,
        r#"{"name": "oracle", "arguments": {"q": 1}}"#,
    ];

    fn mark() -> impl Strategy<Value = &'static str> {
        prop_oneof![select(&MARKS[..]), select(&CALLS[..])]
    }

    proptest! {
        #[test]
        fn says_no_mark_and_no_call_wherever_it_stands(
            pieces in prop::collection::vec(("[ -~äß“”｜\n]{0,24}|[A-Za-z ,.?]{0,40}", mark()), 1..5),
            last in "[ -~\n]{0,24}",
        ) {
            let answer: String = pieces.iter().map(|(words, mark)| format!("{words}{mark}")).collect();
            let said = spoken(&format!("{answer}{last}"), &TOOLS).words;
            let sent = fit(&said, 10).text;
            for (_, mark) in &pieces {
                prop_assert!(!said.contains(mark), "{mark:?} is said: {said:?}");
                prop_assert!(!sent.contains(mark), "{mark:?} is sent: {sent:?}");
            }
        }

        #[test]
        fn says_no_mark_that_is_made_of_what_is_around_another(
            (outer, inner, at) in (mark(), mark(), any::<Index>()),
            words in "[A-Za-z ,.?]{0,20}",
        ) {
            let at = outer.floor_char_boundary(at.index(outer.len()));
            let (before, behind) = outer.split_at(at);
            let said = spoken(&format!("{words}{before}{inner}{behind}{words}"), &TOOLS).words;
            prop_assert!(!said.contains(outer) && !said.contains(inner), "{said:?} is said");
        }

        #[test]
        fn leaves_words_as_they_are(words in "[A-Z][a-z]{1,9}( [a-zäöüß]{1,9}){0,9}[.?!]") {
            prop_assert_eq!(spoken(&words, &TOOLS), Spoken { words, wishes: Vec::new() });
        }
    }

    /// What the parts of an answer begin and end with, and what only looks so.
    const PIECES: [&str; 52] = [
        "<think>",
        "</think>",
        "<",
        "<|",
        "<|im_end|>",
        "<|im_start|>",
        "<tool_call>",
        "[THINK]",
        "◁",
        "<parameter=a>",
        "{",
        "{{",
        "[",
        "[{",
        "{\"",
        "{\"a\":",
        "{'a':",
        "{\"a\":[",
        "{\"a\":\"",
        "(",
        "record(",
        "record(a=",
        "record\n{",
        "`",
        "```",
        "```json\n",
        "assistant",
        "assistantfinal",
        "<|channel|>",
        "<|message|>",
        "to=",
        "&lt;",
        "<0x3C>",
        "\\",
        "\0",
        "User:\n",
        "Thought:\n",
        "\n",
        "é",
        "a",
        ":",
        "</",
        "<a>",
        "<|tool_sep|>",
        "{\\\"}",
        "{\"a\" b}",
        "{} ",
        "x{} ",
        "<code>{}",
        "{\"<s>",
        "record{",
        "\"",
    ];

    /// None of these would end if a piece of an answer were read once for each piece before it.
    #[test]
    fn reads_much_of_anything() {
        for piece in PIECES {
            let much = piece.repeat((1 << 17) / piece.len());
            for answer in [format!("<tool_call>{much}"), much] {
                assert!(spoken(&answer, &TOOLS).words.len() <= answer.len(), "{piece:?}");
            }
        }
    }
}
