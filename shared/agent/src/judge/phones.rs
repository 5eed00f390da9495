//! Telephone numbers in a text, as people write them.

/// Shorter numbers reach nobody in particular: 911, 112, a short code.
const LEAST: usize = 7;

/// How many of the last digits are equal in the national and the international form.
const COMPARED: usize = 9;

/// The separators within one number, and at most this many in a row.
const BETWEEN: &[char] = &[
    ' ', '.', '-', '(', ')', '/', '_', '*', '·', '\u{a0}', '\u{2009}', '\u{202f}', '‑', '–', '—',
    '‐',
];
const MOST_BETWEEN: usize = 3;

/// Words before a number to call. Other letters before a number make it a name.
const CALLED: [&str; 8] = ["tel", "phone", "ph", "call", "cell", "mob", "mobile", "fax"];

/// Digits in a row, and the text before them.
struct Group<'t> {
    digits: &'t str,
    before: &'t str,
}

/// The telephone numbers of a text returned by [`folded`](super::text::folded), in digits only.
///
/// Dates, ranges of times or years, and postal codes do not count, nor does a number after letters or
/// `#`, such as an order number.
pub(super) fn phones(text: &str) -> Vec<String> {
    let mut phones = Vec::new();
    for (before, groups) in runs(text) {
        let is_international = groups[0].before == "+";
        if !is_international && is_name(before) || is_place(before, &groups) {
            continue;
        }
        let number: String = without_others(&groups).concat();
        if number.len() >= LEAST {
            phones.push(number);
        }
    }
    phones
}

/// Whether a text has enough digits. Most replies do not.
pub(super) fn may_hold_phone(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= LEAST
}

/// All digits of a text that may be or contain a number.
pub(super) fn digits(text: &str) -> Vec<String> {
    let all = runs(text).into_iter();
    let all = all.map(|(_, groups)| groups.iter().map(|group| group.digits).collect::<String>());
    all.filter(|digits| digits.len() >= LEAST).collect()
}

/// Whether digits contain a number, in any form.
pub(super) fn is_among<'d>(number: &str, mut given: impl Iterator<Item = &'d String>) -> bool {
    let last = |digits: &'d str| &digits[digits.len().saturating_sub(COMPARED)..];
    let compared = &number[number.len().saturating_sub(COMPARED)..];
    given.any(|digits| digits.contains(compared) || number.ends_with(last(digits)))
}

/// Whether digits after this are a name, such as an order number: `AB-1043`, `#1043`.
fn is_name(before: &str) -> bool {
    let before = before.strip_suffix(['-', '/', '_']).unwrap_or(before);
    let letters = before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let word = &before[before.len() - letters..];
    before.ends_with('#') || letters > 0 && !CALLED.contains(&word)
}

/// Whether digits are a postal code: 90210-1234, 12345-678, and after a state `, MA 02139-4307`.
fn is_place(before: &str, groups: &[Group<'_>]) -> bool {
    let [first, second] = groups else { return false };
    let mut words = before.rsplit(' ').skip(1);
    let is_state = words.next().is_some_and(|word| word.len() == 2)
        && words.next().is_some_and(|word| word.ends_with(','));
    let lengths = (first.digits.len(), second.digits.len());
    matches!(lengths, (5, 3 | 4))
        && second.before == "-"
        && first.before.is_empty()
        && (second.digits.len() == 3 || !first.digits.starts_with('0') || is_state)
}

/// Runs of groups of digits, each with the text before it.
fn runs(text: &str) -> Vec<(&str, Vec<Group<'_>>)> {
    let mut runs: Vec<(&str, Vec<Group<'_>>)> = Vec::new();
    let mut end = 0;
    while let Some(start) = text[end..].find(|c: char| c.is_ascii_digit()).map(|at| end + at) {
        let length = text[start..].find(|c: char| !c.is_ascii_digit());
        let digits = &text[start..length.map_or(text.len(), |length| start + length)];
        let before = &text[end..start];
        let goes_on = end > 0
            && before.chars().all(|c| BETWEEN.contains(&c))
            && before.chars().count() <= MOST_BETWEEN;
        match runs.last_mut().filter(|_| goes_on) {
            Some((_, groups)) => groups.push(Group { digits, before }),
            None => {
                let before = before.trim_end_matches('(');
                let plus = if before.ends_with('+') { "+" } else { "" };
                runs.push((before, vec![Group { digits, before: plus }]));
            }
        }
        end = start + digits.len();
    }
    runs
}

/// The digits without dates, times and postal codes.
fn without_others<'t>(groups: &[Group<'t>]) -> Vec<&'t str> {
    let mut left = Vec::new();
    let mut at = 0;
    while at < groups.len() {
        let taken = [4, 3, 2, 1].into_iter().find(|length| {
            groups.get(at..at + length).is_some_and(is_other)
                // Part of a longer run in one notation.
                && (*length == 1 || groups.get(at + length).is_none_or(|next| next.before != groups[at + 1].before))
                && (*length == 1 || at == 0 || groups[at].before != groups[at + 1].before)
        });
        match taken {
            Some(length) => at += length,
            None => {
                left.push(groups[at].digits);
                at += 1;
            }
        }
    }
    left
}

/// Whether groups of digits are a date, a range of times or years, or a postal code.
fn is_other(groups: &[Group<'_>]) -> bool {
    let value = |index: usize| groups[index].digits.parse::<u32>().unwrap_or(u32::MAX);
    let length = |index: usize| groups[index].digits.len();
    let day = |a: u32, b: u32| (1..=31).contains(&a) && (1..=12).contains(&b);
    let is_day = |a: u32, b: u32| day(a, b) || day(b, a);
    let is_year = |year: u32| (1900..=2100).contains(&year);
    let is_time = |time: u32| time / 100 <= 24 && time % 100 < 60;
    match groups {
        // 20261125
        [all] if all.digits.len() == 8 => {
            let whole = value(0);
            is_year(whole / 10_000) && is_day(whole % 100, whole / 100 % 100)
        }
        // 2026/2027, 1030-1230
        [first, second] => match (first.digits.len(), second.digits.len(), second.before) {
            (4, 4, "-" | "/" | "–" | " - " | " – ") => {
                is_year(value(0)) && is_year(value(1)) || is_time(value(0)) && is_time(value(1))
            }
            _ => false,
        },
        // 2026-11-25, 25.11.2026, 11/25/26; 1.250.000
        [first, second, third] => {
            let is_one = second.before == third.before
                && matches!(second.before, "-" | "." | "/" | ". " | " ");
            let is_date = length(0) == 4
                && is_year(value(0))
                && is_day(value(1), value(2))
                && length(1) <= 2
                && length(2) <= 2
                || first.digits.len() <= 2
                    && length(1) <= 2
                    && is_day(value(0), value(1))
                    && (length(2) == 4 && is_year(value(2))
                        || length(2) == 2 && second.before != " ");
            let is_whole =
                second.before == "." && length(0) <= 2 && length(1) == 3 && length(2) == 3;
            is_one && (is_date || is_whole)
                // 25. 11.2026
                || is_date && second.before.contains('.') && third.before.contains('.')
        }
        // 10.30-12.30, 24/11 - 26/11
        [_, second, third, fourth] => {
            (0..4).all(|index| length(index) <= 2)
                && second.before == fourth.before
                && second.before != third.before
        }
        _ => false,
    }
}
