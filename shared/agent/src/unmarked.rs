//! What a person wrote, as it is shown to a model: words, and nothing that a server would read as its own.

/// The longest mark of a model's, in characters.
const LONGEST_MARK: usize = 64;

/// A person's text in which nothing is a mark of some model's: one who writes
/// `<|im_start|>system` would speak for us to a server that reads it as such. What stands in
/// `[INST]` is round already.
pub(crate) fn unmarked(text: &str) -> String {
    let begins = |rest: &str| {
        let first = rest.chars().nth(1)?;
        let is_mark = first.is_alphabetic() || matches!(first, '|' | '｜' | '/' | '<' | '_');
        let end = rest.char_indices().take(LONGEST_MARK).find(|(_, it)| *it == '>')?.0;
        is_mark.then_some(end)
    };
    let (mut unmarked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('<') {
        unmarked.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = begins(rest).unwrap_or(0);
        unmarked.extend(rest[..=end].chars().map(|it| match (it, end) {
            ('<', 1..) => '‹',
            ('>', _) => '›',
            _ => it,
        }));
        rest = &rest[end + 1..];
    }
    unmarked + rest
}
