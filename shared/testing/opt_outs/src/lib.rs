//! Texts of people who want no more texts, and of people who do not mean that.

#![warn(missing_docs)]

/// The lists: as people have sent them, as invented by some from whom the rows were learned, and as
/// invented by somebody else after all rows were learned.
pub const LISTS: [(&str, &str); 3] = [
    ("from the field", include_str!("field.tsv")),
    ("learned from", include_str!("written.tsv")),
    ("written last", include_str!("unseen.tsv")),
];

/// A text, and who should act on it.
pub struct Row {
    /// The text.
    pub text: String,
    /// `stop`, `help` or `agent`, with `?` where either is defensible.
    pub verdict: &'static str,
}

/// The rows of one of the [`LISTS`].
pub fn rows(list: &'static str) -> impl Iterator<Item = Row> {
    let rows = list.lines().filter(|row| !row.starts_with('#'));
    rows.map(|row| {
        let (text, verdict) = row.split_once('\t').expect("a row has two columns");
        Row { text: written_out(text), verdict }
    })
}

/// A text without the escapes `\n` and `\uXXXX`.
fn written_out(row: &str) -> String {
    let mut parts = row.replace("\\n", "\n").split("\\u").map(str::to_owned).collect::<Vec<_>>();
    for part in parts.iter_mut().skip(1) {
        let code = u32::from_str_radix(&part[..4], 16).expect("four hexadecimal digits");
        let character = char::from_u32(code).expect("a character");
        *part = format!("{character}{}", &part[4..]);
    }
    parts.concat()
}
