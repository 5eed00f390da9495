//! Checks that make a fact unusable.

use policy::is_reserved;
use sms::Number;

use crate::table::{Problems, Written};

/// Words that show that nobody wrote the fact.
const PLACEHOLDERS: [&str; 8] =
    ["todo", "tbd", "fixme", "xxx", "changeme", "placeholder", "lorem", "ipsum"];

/// Carriers drop texts with addresses of public shorteners, and reviewers refuse them.
const SHORTENERS: [&str; 17] = [
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "t.co",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "rb.gy",
    "shorturl.at",
    "t.ly",
    "tiny.cc",
    "bl.ink",
    "lnkd.in",
    "s.id",
    "v.gd",
];

const NAME_CHARACTERS: usize = 100;
const WORDING_CHARACTERS: usize = 400;
/// The most that the forms accept for one sample.
pub(crate) const SAMPLE_CHARACTERS: usize = 320;

/// The public link shortener that a text uses, if it uses one.
pub fn shortener(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
    let hosts: Vec<_> = words.map(|word| word.trim_matches(['.', '-'])).collect();
    SHORTENERS.into_iter().find(|shortener| {
        hosts.iter().any(|host| {
            host.strip_suffix(shortener).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    })
}

/// A name, or part of an address.
pub(crate) fn name(written: Written<String>, problems: &mut Problems) -> Option<String> {
    let yours = written.value.to_lowercase().starts_with("your ");
    let example = words(&written.value).any(|word| word == "example");
    if yours || example || is_placeholder(&written.value) {
        problems.add(&written, "is a placeholder: write what is true of your business");
        return None;
    }
    if written.value.chars().count() > NAME_CHARACTERS || written.value.contains('\n') {
        let problem = format!("write it on one line of at most {NAME_CHARACTERS} characters");
        problems.add(&written, problem);
        return None;
    }
    Some(written.value)
}

/// A sentence.
pub(crate) fn sentence(written: Written<String>, problems: &mut Problems) -> Option<String> {
    if is_placeholder(&written.value) {
        problems.add(&written, "is a placeholder: write what is true of your business");
        return None;
    }
    if let Some(shortener) = shortener(&written.value) {
        let problem =
            format!("leave {shortener} out: carriers drop shortened links, write your own");
        problems.add(&written, problem);
        return None;
    }
    if written.value.chars().count() > WORDING_CHARACTERS {
        problems.add(&written, format!("say it in at most {WORDING_CHARACTERS} characters"));
        return None;
    }
    Some(written.value)
}

/// Part of a sentence, without the full stop at its end.
pub(crate) fn phrase(written: Written<String>, problems: &mut Problems) -> Option<String> {
    let phrase = written.map(|value| value.trim_end_matches('.').to_owned());
    sentence(phrase, problems)
}

pub(crate) fn email(written: Written<String>, problems: &mut Problems) -> Option<String> {
    let parts = written.value.split_once('@');
    let sound = parts.is_some_and(|(user, domain)| {
        !user.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !written.value.contains(|c: char| c.is_whitespace() || "<>\"',;".contains(c))
            && !domain.contains('@')
    });
    if !sound {
        problems.add(&written, "write an e-mail address, as in office@your-domain.com");
        return None;
    }
    let domain = parts.map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
    let example = domain.split('.').any(|label| matches!(label, "example" | "your-domain"));
    if example || is_placeholder(&written.value) {
        problems.add(&written, "is a placeholder: write the address that you read");
        return None;
    }
    Some(written.value)
}

pub(crate) fn number(written: Written<String>, problems: &mut Problems) -> Option<Number> {
    let number = Number::parse(&written.value);
    if number.is_err() {
        problems.add(&written, "write it as +12025550143");
    }
    number.ok()
}

pub(crate) fn opt_in_word(written: Written<String>, problems: &mut Problems) -> Option<String> {
    let word = written.value.to_ascii_uppercase();
    if !(2..=20).contains(&word.len()) || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        problems.add(&written, "write one word of 2 to 20 letters and digits, as in HOME");
        return None;
    }
    if is_reserved(&word) {
        let problem = "is reserved: carriers act on STOP, HELP, START and the like by themselves. \
                       Write a word of your own";
        problems.add(&written, problem);
        return None;
    }
    Some(word)
}

pub(crate) fn country(written: Written<String>, problems: &mut Problems) -> Option<String> {
    let country = written.value.to_ascii_uppercase();
    if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(country);
    }
    problems.add(&written, "write its two letters, as in US");
    None
}

fn is_placeholder(text: &str) -> bool {
    let angled = text.starts_with('<') && text.ends_with('>');
    let dots = text.chars().all(|c| matches!(c, '.' | '…' | '-' | '?' | '_'));
    angled || dots || words(text).any(|word| PLACEHOLDERS.contains(&word.as_str()))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
}
