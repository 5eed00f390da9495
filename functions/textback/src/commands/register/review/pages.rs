//! What the pages have to say, and how.

use site::text;

use super::Findings;
use crate::commands::register::submission::Submission;

pub(super) fn home(submission: &Submission, findings: &mut Findings) {
    let business = &submission.business;
    let page = Seen::of(&submission.home);
    for (what, said) in [
        ("the name as registered", business.name.as_str()),
        ("the street", &business.address.street),
        ("the city", &business.address.city),
        ("the e-mail address", &business.email),
        ("the telephone number", &business.phone.display()),
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

pub(super) fn opt_in(submission: &Submission, findings: &mut Findings) {
    for (page, html) in [("home", &submission.home), ("opt_in", &submission.opt_in)] {
        let file = format!("templates/{page}.html");
        beside_number(submission, html, &file, findings);
        beside_box(submission, html, &file, findings);
    }
}

/// Checks the text beside the number and the keyword.
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

/// Checks the text beside the box of the form.
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
            "the box is ticked in advance, which is not consent",
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

/// The disclosures that are due where somebody agrees.
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
        ("30513", "that it is not a condition of a purchase", "not a condition of any purchase"),
    ] {
        if !words.says(said) {
            findings.add(
                code,
                format!("the text beside {place} does not say {what}"),
                format!("put \"{said}\" back into words/en.toml ({file})"),
            );
        }
    }
    for page in ["privacy", "terms"] {
        if tag_with(html, &format!("href=\"{page}")).is_none() {
            findings.add(
                "30909",
                format!("there is no link to the {page} page beside {place}"),
                format!("put {{{page}}} back into words/en.toml ({file})"),
            );
        }
    }
}

pub(super) fn privacy(submission: &Submission, findings: &mut Findings) {
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
            "that the companies which deliver the messages are excepted",
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

pub(super) fn terms(submission: &Submission, findings: &mut Findings) {
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

/// The visible text of a page, with single spaces.
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

/// The part between these two.
fn element<'a>(html: &'a str, start: &str, end: &str) -> Option<&'a str> {
    html.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

fn has_attribute(tag: &str, name: &str) -> bool {
    tag.split_whitespace().any(|part| part.split('=').next() == Some(name))
}
