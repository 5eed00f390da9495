//! Each case has one fault, and exactly that is found.

use agent::Page;
use business::Business;
use conversations::Lifetimes;
use settings::Settings;
use site::Pages;

use super::forms::{self, Value};
use super::review::review;
use super::submission::Submission;

const OAKWOOD: &str = r#"
name = "Oakwood & Daughters LLC"
doing_business_as = "Oakwood Heating"
does = "Heating and plumbing in Sangamon County."
about = "your repair and appointment"
address = { street = "1200 North Oak Street", city = "Springfield", region = "IL", postal_code = "62701" }
email = "office@oakwood.test"
phone = "+12025550120"
number = "+12025550100"
keyword = "OAKWOOD"

[registration]
kind = "sole_proprietor"
representative = "Mary Ann Oakwood"
monthly_texts = 1200
"#;

const AGENT: &str = r#"---
name: Oakwood Heating
texts:
  first: "Oakwood Heating: This is our AI assistant. Msg & data rates may apply. Reply HELP for help, STOP to opt out."
  help: "Oakwood Heating: Call (202) 555-0120. Msg & data rates may apply. Reply STOP to opt out."
---
You take in repairs.
"#;

const PUBLIC_URL: &str = "https://text.oakwood.test";

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(review(&oakwood()), []);
}

#[test]
fn each_wrong_fact_is_found() {
    for (business, agent, url, found) in WRONG_FACTS {
        let case = format!("{business} {agent} {url}");
        let submission = submit(&edit(OAKWOOD, business), &edit(AGENT, agent), url, &[]);
        // If reviewers cannot read the pages, nothing else counts.
        let findings = said(&submission);
        let findings = if case.contains("languages") { &findings[..1] } else { &findings[..] };
        assert_eq!(findings.len(), found.len(), "{case}: {findings:#?}");
        for (finding, found) in findings.iter().zip(*found) {
            assert!(finding.starts_with(found), "{case}: {finding}");
        }
    }
}

/// How the facts and the agent's page are edited, the address, and what is found then.
const WRONG_FACTS: &[(&str, &str, &str, &[&str])] = &[
    ("", "", "http://text.oakwood.test", &["30891: the website cannot be reached"]),
    ("", "", "https://localhost:5000", &["30891: the website cannot be reached"]),
    ("", "", "https://192.0.2.7", &["30891: the website cannot be reached"]),
    ("", "", "https://oakwood.example", &["30891: the website cannot be reached"]),
    ("", "", "https://oakwood", &["30891: the website cannot be reached"]),
    (
        "Heating and plumbing=>Wine tastings and firearms",
        "",
        PUBLIC_URL,
        &["30883: carriers refuse \"wine\""],
    ),
    ("plumbing=>credit repair", "", PUBLIC_URL, &["30885: carriers refuse \"credit repair\""]),
    ("plumbing=>casino", "", PUBLIC_URL, &["30897: carriers refuse \"casino\""]),
    ("your repair=>our discounts", "", PUBLIC_URL, &["30893: \"discounts\" is marketing"]),
    (
        "",
        "Oakwood Heating=>Oakwood Plumbing",
        PUBLIC_URL,
        &[
            "30893: the messages name another business",
            "30893: a sample message does not name the business",
        ],
    ),
    (
        "keyword =>languages = [\"es\"]\nkeyword ",
        "",
        PUBLIC_URL,
        &["30919: the pages cannot be read"],
    ),
    (
        "",
        "Call (202) 555-0120=>We call you",
        PUBLIC_URL,
        &["30909: the answer to HELP does not say how to reach a person"],
    ),
    (
        "",
        "HELP for help=>no help",
        PUBLIC_URL,
        &["30909: the opt-in message does not say how to get help"],
    ),
    (
        "",
        "our AI assistant=>our assistant",
        PUBLIC_URL,
        &["law: the opt-in message does not say that a machine"],
    ),
    (
        "",
        "Msg & data rates may apply. Reply HELP=>Reply HELP",
        PUBLIC_URL,
        &["30909: the opt-in message does not say that rates may apply"],
    ),
    ("", "\n  first:=>\n  start:", PUBLIC_URL, &["30909: the answer to the keyword is not shown"]),
    (
        "",
        "\n  help:=>\n  stop: \"Oakwood Heating: Bye. START to return.\"\n  help:",
        PUBLIC_URL,
        &["30909: the opt-out message does not say that no more messages follow"],
    ),
];

#[test]
fn each_edited_page_is_found_out() {
    for (page, edits, found) in EDITED_PAGES {
        let mut submission = oakwood();
        let page = page(&mut submission);
        *page = edit(page, edits);
        let findings = said(&submission);
        let found: Vec<_> = found.split("; ").collect();
        let same = findings.iter().zip(&found).all(|(finding, found)| finding.starts_with(found));
        assert!(same && findings.len() == found.len(), "{edits}: {findings:#?}");
    }
}

/// Where one of the pages is.
type Html = fn(&mut Submission) -> &mut String;

const HOME: Html = |submission| &mut submission.home;
const PRIVACY: Html = |submission| &mut submission.privacy;
const TERMS: Html = |submission| &mut submission.terms;
const OPT_IN: Html = |submission| &mut submission.opt_in;

/// A page, how it is edited, and what is found then.
const EDITED_PAGES: &[(Html, &str, &str)] = &[
    (HOME, "LLC=>Ltd", "30919: the website does not say the name as registered"),
    (HOME, "1200 North=>1300 North", "30919: the website does not say the street"),
    (HOME, "Springfield=>Shelbyville", "30919: the website does not say the city"),
    (HOME, "office@=>info@", "30919: the website does not say the e-mail address"),
    (HOME, "555-0120=>555-0121", "30919: the website does not say the telephone number"),
    (
        HOME,
        "Heating and plumbing in=>Coming soon to",
        "30919: the website does not say what the business does",
    ),
    (HOME, "AI assistant=>assistant", "law: people are not told that a machine answers"),
    (HOME, "href=\"sms:=>href=\"tel:", "30917: a way to opt in is not shown: texting the keyword"),
    (HOME, "body=OAKWOOD=>body=OAK", "30917: a way to opt in is not shown: texting the keyword"),
    (
        OPT_IN,
        "for=\"consent\"=>for=\"number\"",
        "30917: a way to opt in is not shown: the web form",
    ),
    (
        OPT_IN,
        "I agree to receive text messages=>I agree to receive messages",
        "30513: the text beside the box does not say that these are text messages",
    ),
    (
        HOME,
        "above. Message frequency: =>above. ",
        "30924: the text beside the box does not say how often",
    ),
    (
        HOME,
        "Message and data rates may apply=>It is free",
        "30924: the text beside the number does not say that rates may apply; 30924: the text beside the box does not say that rates may apply",
    ),
    (
        HOME,
        "STOP</b> to opt out=>STOP2END</b>",
        "30924: the opt-out instruction is misspelt; 30924: the text beside the number does not say how to opt out; 30924: the text beside the box does not say how to opt out",
    ),
    (
        OPT_IN,
        "HELP</b> for help=>HELP</b>",
        "30924: the text beside the number does not say how to get help; 30924: the text beside the box does not say how to get help",
    ),
    (
        OPT_IN,
        "about your repair and appointment at=>at",
        "30924: the text beside the box does not say what kind",
    ),
    (
        OPT_IN,
        "messages from <bdi>Oakwood Heating</bdi> about your repair and appointment at=>messages about your repair and appointment at",
        "30924: the text beside the box does not say who texts",
    ),
    (
        OPT_IN,
        "not a condition of any purchase. See=>required. See",
        "30513: the text beside the box does not say that it is not a condition",
    ),
    (
        HOME,
        "See our =>I have read the ",
        "30513: consent to texts is bundled with accepting the terms",
    ),
    (HOME, "type=\"checkbox\"=>type=\"checkbox\" checked", "30513: the box is ticked in advance"),
    (HOME, "type=\"tel\"=>type=\"tel\" required", "30513: the telephone number is required"),
    (
        PRIVACY,
        "No mobile information will be shared=>Some of it is shared",
        "30908: the privacy policy does not say that no mobile information",
    ),
    (
        PRIVACY,
        "are not shared with any third party=>are kept well",
        "30908: the privacy policy does not say that opt-in data",
    ),
    (
        PRIVACY,
        "This excludes aggregators and providers=>This excludes friends",
        "30908: the privacy policy does not say that the companies",
    ),
    (
        PRIVACY,
        "correct or delete=>correct",
        "30908: the privacy policy does not say how to have data deleted",
    ),
    (PRIVACY, "office@=>info@", "30908: the privacy policy does not say whom to write to"),
    (
        PRIVACY,
        "</article>=>We share data with our partners.</article>",
        "30908: the privacy policy contradicts itself",
    ),
    (
        PRIVACY,
        "</article>=>See https://bit.ly/oak.</article>",
        "30857: bit.ly hides the target of a link",
    ),
    (
        TERMS,
        "</bdi> texts=></bdi> letters",
        "30909: the terms do not say what the programme is called",
    ),
    (TERMS, "Message frequency=>Often", "30909: the terms do not say how often"),
    (
        TERMS,
        "Message and data rates may apply=>It is free",
        "30909: the terms do not say that rates may apply",
    ),
    (
        TERMS,
        "Carriers are not liable=>We are not liable",
        "30909: the terms do not say that carriers are not liable",
    ),
    (TERMS, "office@=>info@", "30909: the terms do not say whom to write to"),
    (TERMS, "<b translate=\"no\">STOP</b>=>STOP", "30909: the terms do not say STOP in bold"),
    (TERMS, "<b translate=\"no\">HELP</b>=>HELP", "30909: the terms do not say HELP in bold"),
    (
        TERMS,
        "Our <a href=\"privacy\">=>Our <a>",
        "30908: the terms do not link to the privacy policy",
    ),
];

#[test]
fn the_number_that_texts_is_the_one_on_the_page() {
    let with = |senders: &[(&str, &str)]| said(&submit(OAKWOOD, AGENT, PUBLIC_URL, senders));
    assert_eq!(with(&[("TWILIO_FROM", "+12025550100"), ("MC_SENDER_ID", "UTOMOB")]).len(), 0);
    let found = with(&[("TWILIO_FROM", "+12025550199")]);
    assert_eq!(found, ["30909: the number on the page is not the one that texts"]);
}

#[test]
fn samples_are_few_name_the_business_and_say_how_to_opt_out() {
    let mut submission = oakwood();
    submission.samples.truncate(1);
    assert_eq!(said(&submission), ["30893: there must be two to five sample messages"]);

    let mut submission = oakwood();
    submission.samples[1] = "What is the address of the house?".into();
    assert_eq!(said(&submission), ["30893: a sample message does not name the business"]);

    let mut submission = oakwood();
    for sample in &mut submission.samples {
        *sample = sample.replace("STOP", "it");
    }
    assert_eq!(said(&submission), ["30893: no sample message says how to opt out"]);
}

#[test]
fn what_a_form_has_no_room_for_is_counted() {
    let mut submission = oakwood();
    submission.message_flow = "x".repeat(2049);
    assert_eq!(
        said(&submission),
        [
            "form: A2P 10DLC campaign, Message flow (how do end users consent?): 2049 characters, and \
          the form takes 40 to 2048"
        ]
    );
}

#[test]
fn the_sample_is_never_ready() {
    let pages =
        Pages::of(Business::sample(), "https://text.handy-home.test", &Lifetimes::default());
    let submission = Submission::of(&pages, &Page::default(), &Settings::default());
    let found = said(&submission);
    assert!(found[0].starts_with("30919: the business cannot be found"), "{found:#?}");
}

#[test]
fn the_page_that_is_built_in_says_what_reviewers_want_to_read() {
    let handy_home = edit(OAKWOOD, "Oakwood Heating=>Handy Home");
    let pages = Pages::of(
        Business::parse("handy_home.toml", &handy_home).unwrap(),
        PUBLIC_URL,
        &Lifetimes::default(),
    );
    let submission = Submission::of(&pages, &Page::default(), &Settings::default());
    assert_eq!(review(&submission), []);
}

#[test]
fn what_is_advised_is_enough() {
    let bare = "---\nname: Oakwood Heating\n---\nYou take in repairs.\n";
    let findings = review(&submit(OAKWOOD, bare, PUBLIC_URL, &[]));
    assert_eq!(findings.len(), 2, "{findings:#?}");
    let advice = findings.iter().map(|finding| finding.fix.split_once("page: ").unwrap().1);
    let texts: Vec<_> = advice.map(|text| format!("  {text}\n")).collect();
    let better = bare.replace("\n---\nYou", &format!("\ntexts:\n{}---\nYou", texts.concat()));
    assert_eq!(review(&submit(OAKWOOD, &better, PUBLIC_URL, &[])), []);
}

#[test]
fn the_forms_are_filled_in_from_the_same_facts() {
    let forms = forms::all(&oakwood());
    let field = |form: usize, name: &str| {
        let field = forms[form].fields.iter().find(|field| field.name == name).unwrap();
        match &field.value {
            Value::Text(text) => text.clone(),
            Value::Yours(_) => "…".into(),
        }
    };
    for (form, name, value) in [
        (0, "Legal business name", "Oakwood & Daughters LLC"),
        (0, "First name", "Mary Ann"),
        (0, "Last name", "Oakwood"),
        (0, "Business registration number (EIN)", "…"),
        (1, "Campaign use case", "SOLE_PROPRIETOR"),
        (1, "Opt-in keywords", "OAKWOOD"),
        (1, "Help keywords", "HELP, INFO"),
        (1, "Messages will include phone numbers", "Yes"),
        (1, "Messages will include embedded links", "No"),
        (1, "Terms and conditions URL", "https://text.oakwood.test/terms"),
        (2, "Business type", "SOLE_PROPRIETOR"),
        (2, "Estimated monthly volume", "10000"),
        (2, "Proof of consent (opt-in) URL", "https://text.oakwood.test/opt-in"),
    ] {
        assert_eq!(field(form, name), value, "{name}");
    }
    let agent = Page::parse(AGENT).unwrap();
    assert_eq!(Some(field(1, "Opt-in message")), agent.texts.first);
    assert_eq!(field(1, "Opt-out message"), agent.texts.stop);
    assert_eq!(field(2, "Help message sample"), agent.texts.help);
    let flow = field(1, "Message flow (how do end users consent?)");
    let pages = Pages::of(
        Business::parse("oakwood.toml", OAKWOOD).unwrap(),
        PUBLIC_URL,
        &Lifetimes::default(),
    );
    let language = business::Language::English;
    assert!(flow.contains(&pages.consent(language)) && flow.contains(&pages.disclosure(language)));
}

fn oakwood() -> Submission {
    submit(OAKWOOD, AGENT, PUBLIC_URL, &[])
}

fn submit(business: &str, agent: &str, url: &str, settings: &[(&str, &str)]) -> Submission {
    let pages =
        Pages::of(Business::parse("oakwood.toml", business).unwrap(), url, &Lifetimes::default());
    let settings = settings.iter().copied().collect();
    Submission::of(&pages, &Page::parse(agent).unwrap(), &settings)
}

/// Replaces the text before `=>` by the text after it, everywhere.
fn edit(text: &str, edit: &str) -> String {
    let Some((from, to)) = edit.split_once("=>") else { return text.to_owned() };
    assert!(text.contains(from), "{from} is not there");
    text.replace(from, to)
}

fn said(submission: &Submission) -> Vec<String> {
    review(submission).iter().map(|found| format!("{}: {}", found.code, found.says)).collect()
}
