//! Dates, however they are written, but not vague ones.
//!
//! Year, month and day in this order are clear in every country. "3/4" is not, and the meaning of "next
//! Friday" is for the model to know.

use jiff::civil::{Date, Weekday};

use super::words::is_beside_time;
use super::{NO_VALUE, plain};

const FORM: &str = "write it as YYYY-MM-DD, such as 2026-11-25";

/// Dates that programs write when they have none.
const NEVER: [(i16, i8, i8); 2] = [(1970, 1, 1), (1900, 1, 1)];

/// The date in these words, if they name one. A time beside it is ignored.
pub(super) fn parse(words: &str) -> Result<Date, String> {
    let words = spaced(&plain(words).to_lowercase());
    let (mut found, mut weekdays) = (None, Vec::new());
    let (mut has_hour, mut is_of_time) = (false, false);
    for word in words.split_whitespace() {
        let word = word.trim_end_matches(['.', '!']);
        if let Some((day, behind)) = day(word) {
            let is_over =
                matches!(behind, "" | "z") || behind.strip_prefix('t').is_some_and(is_time);
            if found.replace(day).is_some() || !is_over {
                return Err(FORM.into());
            }
        } else if let Some(weekday) = weekday(word) {
            weekdays.push(weekday);
        } else if found.is_none() {
            // "Before" or "around" it is another day.
            return Err(FORM.into());
        } else if is_beside_time(word) {
            is_of_time = true;
        } else if is_hour(word) {
            has_hour = true;
        } else if !is_clock(word) {
            return Err(FORM.into());
        }
    }
    let (year, month, day) = found.filter(|_| is_of_time || !has_hour).ok_or(FORM)?;
    if !(1_000..3_000).contains(&year) || NEVER.contains(&(year, month, day)) {
        return Err(NO_VALUE.into());
    }
    let date = Date::new(year, month, day)
        .map_err(|_| "there is no such day: write the one that is meant, such as 2026-11-25")?;
    if weekdays.iter().any(|weekday| *weekday != date.weekday()) {
        return Err("the day and the weekday do not agree: write the day as YYYY-MM-DD".into());
    }
    Ok(date)
}

/// With spaces between words where Chinese has none.
fn spaced(words: &str) -> String {
    let mut spaced = String::with_capacity(words.len());
    let is_han = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}');
    let mut before = ' ';
    for character in words.chars() {
        let opens = is_han(character) && !"年月日号点时分".contains(character);
        let closes = is_han(before) && !"年月".contains(before);
        let is_edge = before.is_ascii_digit() && opens || closes && character.is_ascii_digit();
        if is_edge {
            spaced.push(' ');
        }
        spaced.push(if matches!(character, ',' | '(' | ')') { ' ' } else { character });
        before = character;
    }
    spaced
}

/// Year, month and day at the start of a word, and the rest.
fn day(word: &str) -> Option<((i16, i8, i8), &str)> {
    let (year, behind) = digits(word)?;
    if year.len() == 8 {
        let day = (year[..4].parse().ok()?, year[4..6].parse().ok()?, year[6..].parse().ok()?);
        return Some((day, behind));
    }
    let mark = behind.chars().next().filter(|_| year.len() == 4)?;
    let month_mark = match mark {
        '-' | '/' | '.' => mark,
        '年' => '月',
        _ => return None,
    };
    let (month, behind) = digits(behind.strip_prefix(mark)?)?;
    let (day, behind) = digits(behind.strip_prefix(month_mark)?)?;
    let behind = if mark == '年' { behind.trim_start_matches(['日', '号']) } else { behind };
    let is_day = month.len() <= 2 && day.len() <= 2;
    is_day.then_some(((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?), behind))
}

/// The digits at the start, and the rest.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Whether this is a time of day: 14:00, 2pm, 14h30, 14:00:00+02:00, or the offset alone.
fn is_clock(word: &str) -> bool {
    // It is followed by the name of a zone.
    let word = word.split('[').next().unwrap_or_default();
    let word = word.strip_prefix(['+', '-']).unwrap_or(word);
    let is_part = |c: char| c.is_ascii_digit() || ":.-+apmhzt时点分".contains(c);
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.chars().all(is_part)
        && word.contains([':', 'h', 'm', '时', '点'])
}

/// Whether this may follow the T of a date: a time of day, or 140000z.
fn is_time(word: &str) -> bool {
    let is_compact = |(time, behind): (&str, &str)| time.len() <= 6 && matches!(behind, "" | "z");
    is_clock(word) || digits(word).is_some_and(is_compact)
}

/// Whether this is an hour if the word before it says so: "at 14".
fn is_hour(word: &str) -> bool {
    word.len() <= 2 && digits(word).is_some_and(|(_, behind)| behind.is_empty())
}

/// The weekday of a word, as in the prompt, or its first three letters.
fn weekday(word: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let is_name = |name: &str| word.len() >= 3 && (word == name || word == &name[..3]);
    NAMES.into_iter().find(|(name, _)| is_name(name)).map(|(_, weekday)| weekday)
}
