//! The numbers in a call that no parser understood.

use std::ops::{Range, RangeInclusive};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use documents::Document;

/// The lengths of a run of digits that can be a telephone number.
const DIGITS: RangeInclusive<usize> = 7..=15;

/// How many digits are looked at, with zeros in front.
const LONGEST: usize = 20;

/// How much may be between two groups of digits of one number, as in `+1 (202) 555-0143`.
const GAP: usize = 3;

/// Every run of digits in a kept call that can be a telephone number, without zeros in front. Groups of
/// digits can be one together.
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
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        match groups.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => groups.push(at..at + 1),
        }
    }
    let joins = |gap: &str| gap.len() <= GAP && gap.bytes().all(|it| b" .-()+".contains(&it));
    let mut all = Vec::new();
    for first in 0..groups.len() {
        let (mut digits, mut end) = (String::new(), groups[first].start);
        for group in &groups[first..] {
            if digits.len() > LONGEST || !joins(&text[end..group.start]) {
                break;
            }
            digits.push_str(&text[group.clone()]);
            end = group.end;
            let run = digits.trim_start_matches('0');
            all.extend(DIGITS.contains(&run.len()).then(|| run.to_owned()));
        }
    }
    all
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
