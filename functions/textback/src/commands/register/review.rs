//! Finds what a reviewer would reject.
//!
//! The pages are checked as they are served, so an edited template or word is found like a wrong
//! fact. Codes are Twilio's (<https://www.twilio.com/docs/api/errors>); other providers reject the
//! same things under names of their own.

mod pages;
mod texts;

use business::shortener;
use site::text;
use url::{Host, Url};

use crate::commands::register::forms::{self, Value};
use crate::commands::register::submission::Submission;
use pages::{home, opt_in, privacy, terms};
use texts::{samples, texts};

/// A reason for rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The code of the rejection; `law` for a duty to people rather than to carriers.
    pub(crate) code: &'static str,
    /// The reviewer's complaint.
    pub(crate) says: String,
    /// How to fix it.
    pub(crate) fix: String,
}

/// Endings that no public domain has.
const RESERVED: [&str; 8] =
    ["localhost", "local", "internal", "lan", "invalid", "example", "example.com", "example.org"];

/// Subjects that carriers refuse from every sender, without a second look. `30883` is sex, hate,
/// alcohol, firearms and tobacco; `30885` what is often fraud; `30897` what is disallowed
/// altogether.
const REFUSED: [(&str, &[&str]); 3] = [
    (
        "30883",
        &[
            "adult content",
            "escort",
            "porn",
            "sexual",
            "alcohol",
            "beer",
            "liquor",
            "wine",
            "whiskey",
            "firearm",
            "firearms",
            "ammunition",
            "guns",
            "tobacco",
            "cigarettes",
            "cigars",
            "vape",
            "vaping",
            "cannabis",
            "marijuana",
            "cbd",
            "thc",
            "kratom",
        ],
    ),
    (
        "30885",
        &[
            "debt relief",
            "credit repair",
            "work from home",
            "get rich",
            "multi-level marketing",
            "investment opportunity",
            "third-party leads",
            "lead generation",
            "stock tips",
        ],
    ),
    (
        "30897",
        &[
            "payday loan",
            "payday loans",
            "short-term loan",
            "short-term loans",
            "casino",
            "gambling",
            "betting",
            "sweepstakes",
            "lottery",
            "cryptocurrency",
            "bitcoin",
            "debt collection",
        ],
    ),
];

/// Words that turn customer care into marketing.
const MARKETING: [&str; 7] =
    ["promotion", "promotions", "discount", "discounts", "special offers", "deals", "newsletter"];

/// All reasons for rejection, those about the business as a whole first.
pub(crate) fn review(submission: &Submission) -> Vec<Finding> {
    let mut findings = Findings::default();
    who(submission, &mut findings);
    content(submission, &mut findings);
    home(submission, &mut findings);
    opt_in(submission, &mut findings);
    privacy(submission, &mut findings);
    terms(submission, &mut findings);
    texts(submission, &mut findings);
    samples(submission, &mut findings);
    fields(submission, &mut findings);
    findings.0
}

/// Each reason once, in the order in which it was found.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, code: &'static str, says: impl Into<String>, fix: impl Into<String>) {
        let finding = Finding { code, says: says.into(), fix: fix.into() };
        // The same fault in two places is fixed once.
        if !self.0.iter().any(|other| other.says == finding.says) {
            self.0.push(finding);
        }
    }
}

fn who(submission: &Submission, findings: &mut Findings) {
    let business = &submission.business;
    if business.is_sample {
        findings.add(
            "30919",
            "the business cannot be found: these are the facts of a sample",
            "write your own facts, and name the file in BUSINESS_FILE",
        );
    }
    if !is_public(&submission.public_url) {
        findings.add(
            "30891",
            "the website cannot be reached, or is not encrypted",
            "set PUBLIC_URL to the public https address of the pages",
        );
    }
    if !submission.english {
        findings.add(
            "30919",
            "the pages cannot be read: reviewers read English",
            "add \"en\" to languages, with a table [en] in the business facts",
        );
    }
    let agent = &submission.agent;
    if agent != business.brand() && *agent != business.name {
        findings.add(
            "30893",
            "the messages name another business than the brand",
            format!("name the business the same in the agent's page: name: {}", business.brand()),
        );
    }
    if submission.senders.iter().any(|sender| *sender != business.number) {
        findings.add(
            "30909",
            "the number on the page is not the one that texts",
            format!(
                "make number in the business facts the same as {}",
                providers::SENDERS.join(", ")
            ),
        );
    }
}

fn content(submission: &Submission, findings: &mut Findings) {
    let wording = &submission.wording;
    let said = [&wording.does, &wording.about].into_iter().chain(&submission.samples);
    let said = said.map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n");
    for (code, refused) in REFUSED {
        if let Some(word) = refused.iter().find(|word| has_word(&said, word)) {
            findings.add(
                code,
                format!("carriers refuse \"{word}\", and this rejection is final"),
                "do not submit this: ask the provider first whether your business can text at all",
            );
        }
    }
    if let Some(word) = MARKETING.iter().find(|word| has_word(&said, word)) {
        findings.add(
            "30893",
            format!("\"{word}\" is marketing, and the use case is customer care"),
            "leave it out of what you text about; marketing needs separate written consent",
        );
    }
    let pages = [&submission.home, &submission.privacy, &submission.terms, &submission.opt_in];
    let texts = &submission.texts;
    let fixed = [&texts.stop, &texts.start, &texts.help, &texts.sorry, &texts.unanswered];
    let everything = pages.into_iter().chain(fixed).chain(&texts.first);
    let everything = everything.chain(&submission.samples).map(|said| text(said));
    let everything: Vec<_> = everything.collect();
    if let Some(shortener) = everything.iter().find_map(|said| shortener(said)) {
        findings.add(
            "30857",
            format!("{shortener} hides the target of a link"),
            "use links to your own domain",
        );
    }
    if everything.iter().any(|said| said.to_uppercase().contains("STOP2")) {
        findings.add(
            "30924",
            "the opt-out instruction is misspelt",
            "write Reply STOP to opt out, with STOP as a separate word",
        );
    }
}

/// Checks the lengths that the forms allow.
fn fields(submission: &Submission, findings: &mut Findings) {
    for form in forms::all(submission) {
        for field in form.fields {
            let (Value::Text(text), Some(length)) = (&field.value, field.length) else { continue };
            let characters = text.chars().count();
            if !length.contains(&characters) {
                findings.add(
                    "form",
                    format!(
                        "{}, {}: {characters} characters, and the form takes {} to {}",
                        form.title,
                        field.name,
                        length.start(),
                        length.end()
                    ),
                    "shorten does, about and conversation in the business facts",
                );
            }
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let bound = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        bound(text[..at].chars().next_back()) && bound(text[at + word.len()..].chars().next())
    })
}

/// Whether everybody can reach an address, and nobody can read along.
fn is_public(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    // Reviewers want a domain name; an IP address belongs to a machine.
    let Some(Host::Domain(name)) = url.host() else { return false };
    let name = name.trim_end_matches('.').to_lowercase();
    let reserved = |end: &str| name == end || name.ends_with(&format!(".{end}"));
    url.scheme() == "https" && name.contains('.') && !RESERVED.into_iter().any(reserved)
}
