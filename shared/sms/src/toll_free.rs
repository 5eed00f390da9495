//! Toll-free numbers of North America, whose network itself acts on some words, whoever has rented
//! them: <https://support.twilio.com/hc/en-us/articles/360058144374>,
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html>.

/// The words that the network acts on and answers, alone in a text.
const WORDS: [&str; 3] = ["STOP", "START", "UNSTOP"];

const PREFIXES: [&str; 7] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"];

/// Whether a number is toll-free.
pub fn is_one(number: &str) -> bool {
    number.len() == "+18005550100".len() && PREFIXES.iter().any(|code| number.starts_with(code))
}

/// Whether the network answers this text to that number.
pub fn answers(body: &str, to: &str) -> bool {
    is_one(to) && WORDS.contains(&body.trim().to_ascii_uppercase().as_str())
}
