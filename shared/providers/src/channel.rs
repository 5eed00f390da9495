//! Senders and recipients as providers write them: with the channel in front if it is not the
//! telephone's own, as in `rcs:+12025550143`.
//!
//! SMS, MMS and RCS reach the same person: there is one conversation and one stop, as with carriers
//! and Twilio (<https://help.twilio.com/articles/223134027>).

use sms::{NotANumber, Number, UNANSWERABLE, WebhookError};

pub(crate) const NOBODY: &str = "the sender is not a number that can be answered";
pub(crate) const OTHER_CHANNEL: &str = "it came by another channel than SMS, MMS and RCS";

/// The longest short code, in digits.
const SHORT_CODE: usize = 6;

/// Whether this channel reaches a telephone.
pub(crate) fn is_ours(channel: &str) -> bool {
    ["sms", "mms", "rcs", "tel"].iter().any(|ours| channel.eq_ignore_ascii_case(ours))
}

/// An address without its channel, if that is one of the telephone's.
pub(crate) fn without(written: &str) -> Option<&str> {
    let (channel, rest) = split(written);
    channel.is_none_or(is_ours).then_some(rest)
}

/// The person who texted, with `read` for the number.
pub(crate) fn person(
    written: Option<&str>,
    read: impl Fn(&str) -> Result<Number, NotANumber>,
) -> Result<Number, WebhookError> {
    let written = written.unwrap_or_default();
    let number = without(written).and_then(|number| read(number).ok());
    number.ok_or_else(|| WebhookError::Unreadable(why_nobody(written)))
}

/// Why a sender cannot be answered.
pub(crate) fn why_nobody(written: &str) -> &'static str {
    let Some(written) = without(written) else { return OTHER_CHANNEL };
    let digits = written.strip_prefix('+').unwrap_or(written);
    let is_code = (1..=SHORT_CODE).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = written.chars().any(char::is_alphabetic);
    if is_code || is_name { UNANSWERABLE } else { NOBODY }
}

/// Which of our numbers was texted. An RCS agent is not a number: a text to it is answered from the
/// configured sender, as is one without a recipient.
pub(crate) fn ours(
    written: Option<&str>,
    sender: &str,
    read: impl Fn(&str) -> Result<Number, NotANumber>,
) -> String {
    let (channel, written) = split(written.unwrap_or_default());
    match read(written) {
        Ok(number) => number.as_str().to_owned(),
        Err(_) if written.is_empty() || channel.is_some() => sender.to_owned(),
        // A short code or a name.
        Err(_) => written.to_owned(),
    }
}

/// The channel in front of an address, if there is one, and the rest.
fn split(written: &str) -> (Option<&str>, &str) {
    let written = written.trim();
    match written.split_once(':') {
        Some((channel, rest)) => (Some(channel), rest.trim()),
        None => (None, written),
    }
}
