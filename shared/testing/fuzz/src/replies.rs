//! How texts are divided into segments, and replies are made to fit.

use policy::{fit, fit_behind, links};
use sms::{Encoding, gsm7_units};

use crate::text;

/// More segments than any text has.
const WHOLE: usize = 1_000;

/// The count of segments agrees with dividing the text into parts that are not too long.
pub fn segments(data: &[u8]) {
    let text = text(data);
    let counted = sms::segments(&text);
    let septets: Option<Vec<_>> = text.chars().map(gsm7_units).collect();
    let (encoding, sizes, alone, part) = match septets {
        Some(septets) => (Encoding::Gsm7, septets, 160, 153),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let units = sizes.iter().sum();
    let most = if units <= alone { alone } else { part };
    let (mut parts, mut used) = (vec![String::new()], 0);
    for (character, size) in text.chars().zip(sizes) {
        if used + size > most {
            parts.push(String::new());
            used = 0;
        }
        parts.last_mut().unwrap().push(character);
        used += size;
    }
    assert_eq!(parts.concat(), text);
    assert_eq!((counted.encoding, counted.units, counted.count), (encoding, units, parts.len()));
}

/// A reply of a model, which a stranger can influence: it is within its budget, fitting it again changes
/// nothing, and no link in it is cut. The first byte is the budget.
pub fn replies(data: &[u8]) {
    let Some((budget, words)) = data.split_first() else { return };
    let (budget, words) = (usize::from(budget % 10) + 1, text(words));
    let fitted = fit(&words, budget);
    assert_eq!(fitted.segments, sms::segments(&fitted.text));
    assert!(fitted.segments.count <= budget, "{} segments", fitted.segments.count);
    let again = fit(&fitted.text, budget);
    assert_eq!((again.text.as_str(), again.cut), (fitted.text.as_str(), false));
    let whole = fit(&words, WHOLE);
    // In another alphabet characters are replaced too.
    if whole.segments.encoding == Encoding::Gsm7 && !whole.cut {
        let known = links(&whole.text);
        // Three letters and three full stops are not a link.
        let is_one = |link: &String| !link.eq_ignore_ascii_case("www.");
        let made_up = links(&fitted.text).into_iter().find(|it| is_one(it) && !known.contains(it));
        assert_eq!(made_up, None, "a link that was not there");
    }
    let behind = fit_behind("Oakwood:", &words, budget).text;
    assert!(behind.is_empty() || behind.starts_with("Oakwood:\n"));
}
