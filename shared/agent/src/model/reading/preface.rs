//! Preambles that models put before their answers.

/// Headings of reasoning by models without tags for it.
const THOUGHTS: [&str; 9] = [
    "here is my thought process",
    "here's my thought process",
    "thought process",
    "thinking process",
    "thinking",
    "thoughts",
    "thought",
    "my reasoning",
    "reasoning",
];

/// Further ones, valid if a heading of the answer follows.
const PERHAPS_THOUGHTS: [&str; 3] = ["analysis", "reflection", "plan"];

/// Headings of the answer after them.
const ANSWERS: [&str; 9] = [
    "here is my response",
    "here's my response",
    "final answer",
    "final response",
    "final reply",
    "response",
    "done thinking",
    "answer",
    "final",
];

/// How many of those also occur without reasoning.
const ALONE: usize = 6;

/// Removes reasoning with a heading, the role's name, and an echo of the person's words.
pub(super) fn behind_preface(text: &str) -> &str {
    behind_role(behind_thoughts(text.trim()))
}

fn behind_thoughts(text: &str) -> &str {
    let announces_thoughts = heading(text, &THOUGHTS).is_some();
    let may_announce = announces_thoughts || heading(text, &PERHAPS_THOUGHTS).is_some();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // Within an answer they are ordinary words, except for the first.
        let known = match (may_announce, at) {
            (true, _) => &ANSWERS[..],
            (false, 0) => &ANSWERS[..ALONE],
            (false, _) => break,
        };
        if let Some(length) = heading(line, known) {
            return text[at + length..].trim_start_matches(is_sign);
        }
        at += line.len();
    }
    if announces_thoughts { "" } else { text }
}

/// The length of the heading that a line begins with, if it is one of these.
fn heading(line: &str, known: &[&str]) -> Option<usize> {
    let bare = line.trim_start_matches(is_sign);
    known.iter().find_map(|head| {
        let start = bare.get(..head.len())?;
        let behind = &bare[head.len()..];
        let length = [":", "**", "...", ".\n", "\n"].iter().find(|it| behind.starts_with(*it));
        let length = length.map(|it| it.len()).or_else(|| behind.is_empty().then_some(0))?;
        start.eq_ignore_ascii_case(head).then_some(line.len() - behind.len() + length)
    })
}

fn is_sign(character: char) -> bool {
    character.is_whitespace() || matches!(character, '*' | '#' | ':' | '.')
}

/// Removes the role's name before the words, and an echo of the person's words.
fn behind_role(text: &str) -> &str {
    let mut said = text.trim();
    let is_us = |word: &str| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "assistant" | "ai" | "ai assistant" | "model" | "bot" | "chatbot"
        )
    };
    if let Some((role, behind)) = said.split_once(':')
        && role.len() < 20
        && is_us(role.trim_matches(['*', '#', '[', ']', ' ']))
    {
        said = behind.trim_start_matches(['*', ' ', '\n']);
    } else if let Some((role, behind)) = said.split_once('\n')
        && matches!(role.trim(), "assistant" | "model" | "bot")
    {
        said = behind.trim_start();
    } else if let Some(behind) = said.strip_prefix("assistant")
        && behind.starts_with(char::is_uppercase)
    {
        said = behind;
    }
    let is_other = |line: &str| {
        let line = line.trim().trim_matches(['*', '#', ' ']).to_ascii_lowercase();
        matches!(line.as_str(), "user" | "human")
            || ["user:", "human:", "user**:", "human**:"].iter().any(|it| line.starts_with(it))
    };
    let mut length = 0;
    for line in said.split_inclusive('\n') {
        if length > 0 && is_other(line) {
            break;
        }
        length += line.len();
    }
    said[..length].trim().trim_end_matches("###").trim_end()
}
