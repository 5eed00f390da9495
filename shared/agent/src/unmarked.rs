//! A person's text made safe for a model: without anything that a server would read as its own marks.

/// The longest mark of a model, in bytes.
const LONGEST_MARK: usize = 64;

/// Marks without the bar or underscore that the others have.
const MARKS: [&str; 13] = [
    "assistant",
    "bos",
    "eos",
    "function",
    "human",
    "model",
    "pad",
    "s",
    "system",
    "think",
    "tool",
    "unk",
    "user",
];

/// A person's text without any model's marks: otherwise `<|im_start|>system` would speak in our name on
/// a server that interprets it. `[INST]` and the like are already in round brackets.
pub(crate) fn unmarked(text: &str) -> String {
    let (mut unmarked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('<') {
        let (before, mark) = rest.split_at(at);
        unmarked.push_str(before);
        rest = &mark[1..];
        if is_mark(rest) {
            unmarked.push('‹');
        } else {
            unmarked.push('<');
        }
    }
    unmarked + rest
}

/// Whether the text after a `<` makes it a mark.
fn is_mark(rest: &str) -> bool {
    let end = rest.bytes().take(LONGEST_MARK).position(|byte| byte == b'>').unwrap_or(0);
    let name = rest[..end].trim_start_matches('/').to_lowercase();
    rest.starts_with(['|', '｜', '<']) || name.contains('_') || MARKS.contains(&name.as_str())
}
