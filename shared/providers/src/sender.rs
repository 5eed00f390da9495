//! The sender of texts, as it is written in a setting.

use settings::{Settings, SettingsError};
use sms::Number;

use crate::ENTRIES;
use crate::entry::Plus;

/// The length of a short code, in digits.
const SHORT_CODE: std::ops::RangeInclusive<usize> = 3..=8;

/// Refuses our own number unless it is in the standard form: otherwise it would not compare equal
/// to itself. Names, short codes, pools and the like are accepted as they are.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    for setting in ENTRIES.iter().flat_map(|entry| entry.settings) {
        let (name, Some(plus)) = (setting.name, setting.sender) else { continue };
        let Some(written) = settings.get(name) else { continue };
        if is_sound(written, plus) {
            continue;
        }
        let instead = meant(written);
        let problem = format!(
            "write the number with + and its country code, and nothing between the digits, as {}",
            instead.as_ref().map_or("+12025550100", Number::as_str)
        );
        return Err(SettingsError::Invalid { name, problem });
    }
    Ok(())
}

fn is_sound(written: &str, plus: Plus) -> bool {
    let is_name = !written.starts_with('+') && written.contains(char::is_alphabetic);
    let is_digits = written.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = is_digits && SHORT_CODE.contains(&written.len());
    let is_whole =
        |written: &str| Number::parse(written).is_ok_and(|number| number.as_str() == written);
    let bare = || {
        let number = Number::parse(&format!("+{written}"));
        is_digits && number.is_ok_and(|number| !number.is_doubtful())
    };
    is_name || is_short || is_whole(written) || (plus == Plus::Optional && bare())
}

/// The number that was most likely meant.
fn meant(written: &str) -> Option<Number> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    if written.contains(char::is_alphabetic) {
        return None;
    }
    if written.starts_with('+') {
        return Number::parse(&format!("+{digits}")).ok();
    }
    match digits.strip_prefix("00") {
        Some(international) => Number::parse(&format!("+{international}")).ok(),
        None => Number::completed(&digits, Some("1")),
    }
}
