//! Numbers, with the separators that people use.

use serde_json::Number;

use super::plain;

const FORM: &str = "write it as a number alone, such as 12 or 2.5";

/// More digits than this lose precision.
const DIGITS: usize = 15;

/// The number in these words, if they are an unambiguous one.
pub(super) fn parse(words: &str) -> Result<Number, String> {
    let words = plain(words);
    let unsigned = words.strip_prefix(['-', '+']).unwrap_or(&words);
    if let Some((whole, part)) = unsigned.split_once('.')
        && is_thousand(whole, part)
    {
        // Half of the world separates thousands with a point.
        return Err(format!("write it as {whole}{part} or as {whole}.{part}0, whichever is meant"));
    }
    let (whole, part) = parted(unsigned).ok_or(FORM)?;
    if whole.len() + part.len() > DIGITS {
        return Err(format!("write it in at most {DIGITS} digits"));
    }
    let sign = if words.starts_with('-') { "-" } else { "" };
    let number: f64 = format!("{sign}{whole}.{part}0").parse().map_err(|_| FORM)?;
    Number::from_f64(number).map(|number| whole_if_it_is(&number)).ok_or_else(|| FORM.into())
}

/// A number as it is stored: 12.0 is 12.
pub(super) fn whole_if_it_is(number: &Number) -> Number {
    let float = number.as_f64().filter(|_| number.is_f64());
    let is_exact = |float: &f64| float.fract() == 0.0 && float.abs() < 1e15;
    float.filter(is_exact).map_or_else(|| number.clone(), |float| (float as i64).into())
}

/// The digits before and after the decimal mark, without thousands separators.
fn parted(words: &str) -> Option<(String, &str)> {
    let decimal = words.rfind(['.', ',']).filter(|at| {
        let (whole, part) = (&words[..*at], &words[at + 1..]);
        let is_comma = words[*at..].starts_with(',');
        let is_one_of_many = whole.contains(&words[*at..=*at]);
        !(is_one_of_many || is_comma && is_thousand(whole, part))
    });
    let (whole, part) = decimal.map_or((words, ""), |at| (&words[..at], &words[at + 1..]));
    let mark = whole.chars().find(|character| !character.is_ascii_digit());
    let groups: Vec<_> = mark.map_or(vec![whole], |mark| whole.split(mark).collect());
    let is_number = match &groups[..] {
        [whole] => is_digits(whole) || whole.is_empty() && !part.is_empty(),
        [first, middle @ .., last] => {
            let by = |length: usize| middle.iter().all(|group| group.len() == length);
            matches!(mark, Some(',' | '.' | ' ' | '\'' | '’'))
                && groups.iter().all(|group| is_digits(group))
                && !first.starts_with('0')
                && last.len() == 3
                // India groups by two above a thousand.
                && (first.len() <= 3 && by(3) || first.len() <= 2 && by(2))
        }
        [] => false,
    };
    (is_number && (part.is_empty() || is_digits(part))).then(|| (groups.concat(), part))
}

/// Whether these digits are around a mark that may separate thousands.
fn is_thousand(whole: &str, part: &str) -> bool {
    let is_whole = matches!(whole.len(), 1..=3) && !whole.starts_with('0') && is_digits(whole);
    is_whole && part.len() == 3 && is_digits(part)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
