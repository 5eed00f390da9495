//! Who texted and who was texted, as providers write it: with the channel in front where it is not
//! the telephone's own, as in `rcs:+12025550143`.
//!
//! A person is the same by SMS, MMS and RCS: one conversation, and one stop, as carriers and Twilio
//! have it (<https://help.twilio.com/articles/223134027>).

use sms::{NotANumber, Number, UNANSWERABLE, WebhookError};

pub(crate) const NOBODY: &str = "the sender is not a number that can be answered";
pub(crate) const OTHER_CHANNEL: &str = "it came by another channel than SMS, MMS and RCS";

/// The most digits that a short code has.
const SHORT_CODE: usize = 6;

/// Whether what comes by this channel comes by telephone.
pub(crate) fn is_ours(channel: &str) -> bool {
    ["sms", "mms", "rcs", "tel"].iter().any(|ours| channel.eq_ignore_ascii_case(ours))
}

/// An address without its channel, if that is one of the telephone's.
pub(crate) fn without(written: &str) -> Option<&str> {
    let (channel, rest) = split(written);
    channel.is_none_or(is_ours).then_some(rest)
}

/// The person who texted, whose number is read in this way.
pub(crate) fn person(
    written: Option<&str>,
    read: impl Fn(&str) -> Result<Number, NotANumber>,
) -> Result<Number, WebhookError> {
    let written = written.unwrap_or_default();
    let number = without(written).and_then(|number| read(number).ok());
    number.ok_or_else(|| WebhookError::Unreadable(why_nobody(written)))
}

/// Why there is nobody to answer where this is the sender.
pub(crate) fn why_nobody(written: &str) -> &'static str {
    let Some(written) = without(written) else { return OTHER_CHANNEL };
    let digits = written.strip_prefix('+').unwrap_or(written);
    let is_code = (1..=SHORT_CODE).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = written.chars().any(char::is_alphabetic);
    if is_code || is_name { UNANSWERABLE } else { NOBODY }
}

/// Which of our numbers was texted. An agent of RCS is none: what is said to it is answered from the
/// sender that is configured, as is what does not say to whom it goes.
pub(crate) fn ours(
    written: Option<&str>,
    sender: &str,
    read: impl Fn(&str) -> Result<Number, NotANumber>,
) -> String {
    let (channel, written) = split(written.unwrap_or_default());
    match read(written) {
        Ok(number) => number.as_str().to_owned(),
        Err(_) if written.is_empty() || channel.is_some() => sender.to_owned(),
        // A short code, or a name.
        Err(_) => written.to_owned(),
    }
}

/// The channel in front of an address, if one is, and the rest.
fn split(written: &str) -> (Option<&str>, &str) {
    let written = written.trim();
    match written.split_once(':') {
        Some((channel, rest)) => (Some(channel), rest.trim()),
        None => (None, written),
    }
}
