//! What a person wrote, as it is shown to a model: words, and nothing that a server would read as its own.

/// The longest mark of a model's, in bytes.
const LONGEST_MARK: usize = 64;

/// Marks without a bar or an underscore, which the others have.
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

/// A person's text in which nothing is a mark of some model's: one who writes
/// `<|im_start|>system` would speak for us to a server that reads it as such. What stands in
/// `[INST]` is round already.
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

/// Whether what stands behind a `<` makes it a mark.
fn is_mark(rest: &str) -> bool {
    let end = rest.bytes().take(LONGEST_MARK).position(|byte| byte == b'>').unwrap_or(0);
    let name = rest[..end].trim_start_matches('/').to_lowercase();
    rest.starts_with(['|', '｜', '<']) || name.contains('_') || MARKS.contains(&name.as_str())
}
