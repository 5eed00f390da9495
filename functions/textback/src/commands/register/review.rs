//! What a reviewer would reject, found first.
//!
//! The pages are looked at as they are served: a template or a word that was edited is found out
//! like a wrong fact. Codes are Twilio's (<https://www.twilio.com/docs/api/errors>); other
//! providers reject the same things under names of their own.

use business::shortener;
use site::text;
use url::{Host, Url};

use crate::commands::register::forms::{self, Value};
use crate::commands::register::submission::Submission;

/// Something that would be rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The code of the rejection; `law` for what is owed to people rather than to carriers.
    pub(crate) code: &'static str,
    /// What the reviewer would say.
    pub(crate) says: String,
    /// What to do about it.
    pub(crate) fix: String,
}

/// Names that nobody's domain ends in.
const RESERVED: [&str; 8] =
    ["localhost", "local", "internal", "lan", "invalid", "example", "example.com", "example.org"];

/// What carriers refuse whoever sends it, and do not look at twice. `30883` is sex, hate, alcohol,
/// firearms and tobacco; `30885` what is often fraud; `30897` what is disallowed altogether.
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

/// What makes customer care marketing.
const MARKETING: [&str; 7] =
    ["promotion", "promotions", "discount", "discounts", "special offers", "deals", "newsletter"];

/// Everything that is wrong, what concerns the business as a whole first.
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

/// Each thing once, in the order in which it was found.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, code: &'static str, says: impl Into<String>, fix: impl Into<String>) {
        let finding = Finding { code, says: says.into(), fix: fix.into() };
        // What stands in two places is put right in one.
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
            "set PUBLIC_URL to the https address under which everybody reaches the pages",
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
                format!("\"{word}\" is not carried, and this rejection is final"),
                "do not submit this: ask the provider first whether your business can text at all",
            );
        }
    }
    if let Some(word) = MARKETING.iter().find(|word| has_word(&said, word)) {
        findings.add(
            "30893",
            format!("\"{word}\" is marketing, and the use case is customer care"),
            "leave it out of what you text about; marketing takes written consent of its own",
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
            format!("{shortener} hides where a link leads"),
            "write links of your own domain",
        );
    }
    if everything.iter().any(|said| said.to_uppercase().contains("STOP2")) {
        findings.add(
            "30924",
            "how to opt out is misspelt",
            "write Reply STOP to opt out, with STOP as a word of its own",
        );
    }
}

fn home(submission: &Submission, findings: &mut Findings) {
    let business = &submission.business;
    let page = Seen::of(&submission.home);
    for (what, said) in [
        ("the name as registered", business.name.as_str()),
        ("the street", &business.address.street),
        ("the city", &business.address.city),
        ("the e-mail address", &business.email),
        ("the telephone number", &business.phone.shown()),
        ("what the business does", &submission.wording.does),
        ("who gets messages, and why", &submission.wording.about),
    ] {
        if !page.says(said) {
            findings.add(
                "30919",
                format!("the website does not say {what}"),
                "put it back into templates/home.html, letter for letter as in the facts",
            );
        }
    }
    if !page.says("AI assistant") {
        findings.add(
            "law",
            "people are not told that a machine answers",
            "say AI assistant in words/en.toml, beside the number",
        );
    }
}

fn opt_in(submission: &Submission, findings: &mut Findings) {
    for (page, html) in [("home", &submission.home), ("opt_in", &submission.opt_in)] {
        let file = format!("templates/{page}.html");
        beside_number(submission, html, &file, findings);
        beside_box(submission, html, &file, findings);
    }
}

/// What stands under the number and the keyword.
fn beside_number(submission: &Submission, html: &str, file: &str, findings: &mut Findings) {
    let business = &submission.business;
    let keyword = format!("body={}", business.keyword);
    let way = tag_with(html, "href=\"sms:")
        .filter(|tag| tag.contains(business.number.as_str()) && tag.contains(&keyword));
    let words = way.and_then(|_| element(html, "<div class=\"call\">", "</div>"));
    match words {
        None => findings.add(
            "30917",
            "a way to opt in is not shown: texting the keyword",
            format!("put templates/call.html back into {file}"),
        ),
        Some(words) => disclosures(submission, words, "the number", file, findings),
    }
}

/// What stands beside the box of the form.
fn beside_box(submission: &Submission, html: &str, file: &str, findings: &mut Findings) {
    let Some(words) = element(html, "<label for=\"consent\">", "</label>") else {
        findings.add(
            "30917",
            "a way to opt in is not shown: the web form",
            format!("put the form back into {file}"),
        );
        return;
    };
    disclosures(submission, words, "the box", file, findings);
    if tag_with(html, "type=\"checkbox\"").is_some_and(|tag| has_attribute(tag, "checked")) {
        findings.add(
            "30513",
            "the box is ticked in advance, which is no consent",
            format!("take checked out of templates/form.html ({file})"),
        );
    }
    if tag_with(html, "type=\"tel\"").is_some_and(|tag| has_attribute(tag, "required")) {
        findings.add(
            "30513",
            "the telephone number is required",
            format!("take required out of templates/form.html ({file})"),
        );
    }
    let seen = text(words);
    if ["have read", "accept the", "agree to the Terms", "agree to our"]
        .iter()
        .any(|bundled| seen.contains(bundled))
    {
        findings.add(
            "30513",
            "consent to texts is bundled with accepting the terms",
            "link to the terms beside the box, and ask for nothing but the consent to texts",
        );
    }
}

/// What must be said where somebody agrees.
fn disclosures(
    submission: &Submission,
    html: &str,
    place: &str,
    file: &str,
    findings: &mut Findings,
) {
    let words = Seen::of(html);
    for (code, what, said) in [
        ("30924", "who texts", submission.business.brand()),
        ("30924", "what kind of messages", &submission.wording.about),
        ("30513", "that these are text messages", "text messages"),
        ("30924", "how often", "Message frequency"),
        ("30924", "that rates may apply", "Message and data rates may apply"),
        ("30924", "how to opt out", "Reply STOP to opt out"),
        ("30924", "how to get help", "HELP for help"),
        ("30513", "that it is no condition of a purchase", "not a condition of any purchase"),
    ] {
        if !words.says(said) {
            findings.add(
                code,
                format!("beside {place} it does not say {what}"),
                format!("put \"{said}\" back into words/en.toml ({file})"),
            );
        }
    }
    for page in ["privacy", "terms"] {
        if tag_with(html, &format!("href=\"{page}")).is_none() {
            findings.add(
                "30909",
                format!("beside {place} there is no link to the {page} page"),
                format!("put {{{page}}} back into words/en.toml ({file})"),
            );
        }
    }
}

fn privacy(submission: &Submission, findings: &mut Findings) {
    let page = Seen::of(&submission.privacy);
    for (what, said) in [
        (
            "that no mobile information is shared for marketing",
            "No mobile information will be shared with or sold to third parties or affiliates for \
             marketing or promotional purposes",
        ),
        (
            "that opt-in data and consent are not shared",
            "opt-in data and consent are not shared with any third party",
        ),
        (
            "whom the companies are excepted that deliver the messages",
            "This excludes aggregators and providers of the text message services",
        ),
        ("how to have data deleted", "delete"),
        ("whom to write to", &submission.business.email),
    ] {
        if !page.says(said) {
            findings.add(
                "30908",
                format!("the privacy policy does not say {what}"),
                format!("put \"{said}\" back into words/en.toml, under [privacy]"),
            );
        }
    }
    let contrary = ["we share", "we may share", "may be shared with", "our partners"];
    let seen = page.0.to_lowercase();
    if let Some(words) = contrary.iter().find(|words| seen.contains(**words)) {
        findings.add(
            "30908",
            format!("the privacy policy contradicts itself: \"{words}\""),
            "take that sentence out of words/en.toml, under [privacy]",
        );
    }
}

fn terms(submission: &Submission, findings: &mut Findings) {
    let page = Seen::of(&submission.terms);
    let programme = format!("{} texts", submission.business.brand());
    for (what, said) in [
        ("what the programme is called", programme.as_str()),
        ("how often", "Message frequency"),
        ("that rates may apply", "Message and data rates may apply"),
        ("that carriers are not liable", "Carriers are not liable"),
        ("whom to write to", &submission.business.email),
    ] {
        if !page.says(said) {
            findings.add(
                "30909",
                format!("the terms do not say {what}"),
                format!("put \"{said}\" back into words/en.toml, under [terms]"),
            );
        }
    }
    for word in ["STOP", "HELP"] {
        if !submission.terms.contains(&format!("<b translate=\"no\">{word}</b>")) {
            findings.add(
                "30909",
                format!("the terms do not say {word} in bold"),
                format!("write {{{word}}} in words/en.toml, under [terms]"),
            );
        }
    }
    let article = element(&submission.terms, "<article", "</article>").unwrap_or_default();
    if tag_with(article, "href=\"privacy").is_none() {
        findings.add(
            "30908",
            "the terms do not link to the privacy policy",
            "write {privacy} in words/en.toml, under [terms]",
        );
    }
}

fn texts(submission: &Submission, findings: &mut Findings) {
    first(submission, findings);
    help(submission, findings);
    let stop = &submission.texts.stop;
    if !["no more", "no further", "not receive"].iter().any(|no| stop.contains(no)) {
        findings.add(
            "30909",
            "the opt-out message does not say that no more messages follow",
            "write in texts.stop of the agent's page: You will get no more messages.",
        );
    }
}

/// What goes ahead of the first answer, which is what answers the keyword.
fn first(submission: &Submission, findings: &mut Findings) {
    let Some(first) = &submission.texts.first else {
        return findings.add(
            "30909",
            "it is not shown what somebody gets who texts the keyword",
            format!(
                "write under texts of the agent's page: first: \"{}: This is our AI assistant. One \
                 reply per message. Msg & data rates may apply. Reply HELP for help, STOP to opt \
                 out.\"",
                submission.agent
            ),
        );
    };
    for (code, what, said) in [
        ("30909", "that rates may apply", &["rates may apply"][..]),
        ("30909", "how to get help", &["HELP"]),
        ("30909", "how to opt out", &["STOP"]),
        ("law", "that a machine answers", &["AI", "automated", "artificial"]),
    ] {
        if !said.iter().any(|said| first.contains(said)) {
            findings.add(
                code,
                format!("the opt-in message does not say {what}"),
                format!("say \"{}\" in texts.first of the agent's page", said[0]),
            );
        }
    }
}

fn help(submission: &Submission, findings: &mut Findings) {
    let (business, help) = (&submission.business, &submission.texts.help);
    let host = submission.public_url.split("://").nth(1).unwrap_or_default();
    let contacts = [&business.email, &business.phone.shown(), business.phone.as_str(), host];
    if !contacts.iter().any(|contact: &&str| !contact.is_empty() && help.contains(*contact)) {
        let (name, phone, email) = (&submission.agent, business.phone.shown(), &business.email);
        let end = "Msg & data rates may apply. Reply STOP to opt out.";
        let both = format!("{name}: Call {phone} or write to {email}. {end}");
        // More than the agent's page takes in one text.
        let text = if both.len() <= 160 { both } else { format!("{name}: Call {phone}. {end}") };
        findings.add(
            "30909",
            "the answer to HELP does not say how to reach a person",
            format!("write under texts of the agent's page: help: \"{text}\""),
        );
    }
}

fn samples(submission: &Submission, findings: &mut Findings) {
    let business = &submission.business;
    let samples = &submission.samples;
    if !(2..=5).contains(&samples.len()) {
        findings.add(
            "30893",
            "there must be two to five sample messages",
            "write a conversation of 4 to 8 messages in the business facts",
        );
    }
    let named =
        |sample: &&String| sample.contains(business.brand()) || sample.contains(&business.name);
    if !samples.iter().all(|sample| named(&sample)) {
        findings.add(
            "30893",
            "a sample message does not name the business",
            format!("begin what you say in conversation with \"{}: \"", business.brand()),
        );
    }
    if !samples.iter().filter(named).any(|sample| sample.contains("STOP")) {
        findings.add(
            "30893",
            "no sample message says how to opt out",
            "say STOP in texts.first or texts.help of the agent's page",
        );
    }
}

/// What the forms have room for.
fn fields(submission: &Submission, findings: &mut Findings) {
    for form in forms::all(submission) {
        for field in form.fields {
            let (Value::Said(text), Some(length)) = (&field.value, field.length) else { continue };
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
                    "say less in does, about and conversation of the business facts",
                );
            }
        }
    }
}

/// What a reader sees of a page, with every space a single one.
struct Seen(String);

impl Seen {
    fn of(html: &str) -> Self {
        Self(words(&text(html)))
    }

    fn says(&self, what: &str) -> bool {
        self.0.contains(&words(what))
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first tag of a page with this in it, from `<` to `>`.
fn tag_with<'a>(html: &'a str, part: &str) -> Option<&'a str> {
    let html = html.split_once("</head>").map_or(html, |(_, body)| body);
    let at = html.find(part)?;
    let start = html[..at].rfind('<')?;
    let end = html[at..].find('>')?;
    Some(&html[start..at + end])
}

/// What stands between these two.
fn element<'a>(html: &'a str, start: &str, end: &str) -> Option<&'a str> {
    html.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

fn has_attribute(tag: &str, name: &str) -> bool {
    tag.split_whitespace().any(|part| part.split('=').next() == Some(name))
}

fn has_word(text: &str, word: &str) -> bool {
    let bound = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        bound(text[..at].chars().next_back()) && bound(text[at + word.len()..].chars().next())
    })
}

/// Whether everybody can reach an address, and nobody can listen.
fn is_public(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    // Reviewers want a name; an address of digits belongs to a machine.
    let Some(Host::Domain(name)) = url.host() else { return false };
    let name = name.trim_end_matches('.').to_lowercase();
    let reserved = |end: &str| name == end || name.ends_with(&format!(".{end}"));
    url.scheme() == "https" && name.contains('.') && !RESERVED.into_iter().any(reserved)
}
