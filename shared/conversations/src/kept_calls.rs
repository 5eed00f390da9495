//! The numbers in a call that no parser understood.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use documents::Document;

/// The lengths of a run of digits that can be a telephone number.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Every run of digits in a kept call that can be a telephone number, without zeros in front.
pub(crate) fn numbers_in(call: &Document) -> Vec<String> {
    let text = |name| call.fields.get::<String>(name).unwrap_or_default();
    let body = match call.fields.get("base64") {
        Some(true) => {
            let bytes = BASE64_STANDARD.decode(text("body")).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => text("body"),
    };
    [text("path"), text("query"), body].iter().flat_map(|part| runs(&decoded(part))).collect()
}

fn runs(text: &str) -> Vec<String> {
    let runs = text.split(|letter: char| !letter.is_ascii_digit());
    let runs =
        runs.map(|run| run.trim_start_matches('0')).filter(|run| DIGITS.contains(&run.len()));
    runs.map(str::to_owned).collect()
}

/// The text with a space for each letter that is written as in a form, such as `%2B` for a plus: a digit
/// never has to be.
fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        decoded.push(' ');
        let is_code = after.len() >= 2 && after.bytes().take(2).all(|it| it.is_ascii_hexdigit());
        rest = if is_code { &after[2..] } else { after };
    }
    decoded.push_str(rest);
    decoded
}
