//! What our fixed texts and the samples have to say.

use super::Findings;
use crate::commands::register::submission::Submission;

pub(super) fn texts(submission: &Submission, findings: &mut Findings) {
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

/// Checks the text ahead of the first answer, which is also the answer to the keyword.
fn first(submission: &Submission, findings: &mut Findings) {
    let Some(first) = &submission.texts.first else {
        return findings.add(
            "30909",
            "the answer to the keyword is not shown",
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
    let contacts = [&business.email, &business.phone.display(), business.phone.as_str(), host];
    if !contacts.iter().any(|contact: &&str| !contact.is_empty() && help.contains(*contact)) {
        let (name, phone, email) = (&submission.agent, business.phone.display(), &business.email);
        let end = "Msg & data rates may apply. Reply STOP to opt out.";
        let both = format!("{name}: Call {phone} or write to {email}. {end}");
        // Longer than the agent's page allows for one text.
        let text = if both.len() <= 160 { both } else { format!("{name}: Call {phone}. {end}") };
        findings.add(
            "30909",
            "the answer to HELP does not say how to reach a person",
            format!("write under texts of the agent's page: help: \"{text}\""),
        );
    }
}

pub(super) fn samples(submission: &Submission, findings: &mut Findings) {
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
