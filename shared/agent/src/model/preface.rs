//! What models put ahead of their words, in words.

/// How thoughts are announced by models that have no tags for them.
const THOUGHTS: [&str; 10] = [
    "here is my thought process:",
    "here's my thought process:",
    "thought process:",
    "thinking process:",
    "thinking...",
    "thinking:",
    "thought:",
    "thoughts:",
    "reasoning:",
    "thought\n",
];

/// How an answer is announced behind them.
const ANSWERS: [&str; 9] = [
    "here is my response:",
    "here's my response:",
    "final answer:",
    "final response:",
    "final reply:",
    "...done thinking.",
    "answer:",
    "response:",
    "reply:",
];

/// Without announced thoughts, the name of the role, and what the person is said to have answered.
pub(super) fn behind_preface(text: &str) -> &str {
    behind_role(behind_thoughts(text.trim()))
}

fn behind_thoughts(text: &str) -> &str {
    let is_sign = |c: char| c.is_whitespace() || matches!(c, '*' | '#');
    let starts = |line: &str, heads: &[&str]| {
        let bare = line.trim_start_matches(is_sign);
        let head = heads.iter().find(|head| {
            bare.as_bytes()
                .get(..head.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(head.as_bytes()))
        })?;
        Some(line.len() - bare.len() + head.len())
    };
    let announces_thoughts = starts(text, &THOUGHTS).is_some();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // Among the words of an answer they are words, but for the first.
        let is_answer = (announces_thoughts || at == 0).then(|| starts(line, &ANSWERS)).flatten();
        if let Some(length) = is_answer
            && (announces_thoughts || length > "response:".len())
        {
            return text[at + length..].trim_start_matches(is_sign);
        }
        at += line.len();
    }
    if announces_thoughts { "" } else { text }
}

/// Without the name of the role ahead of the words, and without what the person is said to have answered.
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
        let line = line.trim().trim_matches('*').to_ascii_lowercase();
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
    said[..length].trim()
}
