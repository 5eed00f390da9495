//! The forms, field by field, in the words and the order of Twilio's console and API
//! (<https://www.twilio.com/docs/messaging/api/usapptoperson-resource>,
//! <https://www.twilio.com/docs/messaging/api/tollfree-verification-resource>). Other providers ask
//! for the same under similar names.

use std::ops::RangeInclusive;

use business::Kind;
use policy::{Keyword, words};
use site::PublicPage;

use crate::commands::register::submission::Submission;

/// The toll-free area codes of North America.
const TOLL_FREE: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];

/// The volumes that the toll-free form offers.
const VOLUMES: [u32; 9] = [10, 100, 1_000, 10_000, 100_000, 250_000, 500_000, 750_000, 1_000_000];

pub(crate) struct Form {
    pub(crate) title: &'static str,
    pub(crate) about: String,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: Value,
    /// How many characters the form takes.
    pub(crate) length: Option<RangeInclusive<usize>>,
}

pub(crate) enum Value {
    Text(String),
    /// Not among the facts: what to type, and where to write it down.
    Yours(&'static str),
}

/// All forms.
pub(crate) fn all(submission: &Submission) -> [Form; 3] {
    [brand(submission), campaign(submission), toll_free(submission)]
}

fn brand(submission: &Submission) -> Form {
    let business = &submission.business;
    let registration = &business.registration;
    let (first_name, last_name) = representative(submission);
    let sole = registration.kind == Some(Kind::SoleProprietor);
    let about = match sole {
        true => "10DLC, step 1: who texts. Choose \"Sole Proprietor\": no EIN, one number.",
        false => {
            "10DLC, step 1: who texts. Choose \"Low-Volume Standard\" below 6,000 segments a \
                  day, and \"Sole Proprietor\" if the business has no EIN."
        }
    };
    Form {
        title: "A2P 10DLC brand",
        about: about.into(),
        fields: vec![
            short("Legal business name", &business.name),
            short("Doing business as", business.brand()),
            optional(
                "Business type",
                registration.kind.map(kind_of_brand),
                "choose one; or write registration.kind",
            ),
            optional(
                "Business registration number (EIN)",
                registration.number.as_deref(),
                "as in the letter from the tax office; or write registration.number",
            ),
            optional(
                "Business industry",
                registration.industry.as_deref(),
                "choose one; or write registration.industry",
            ),
            short("Website URL", &submission.public_url),
            short("Regions of operation", "USA and Canada"),
            short("Street address", &business.address.street),
            short("City", &business.address.city),
            short("State or region", &business.address.region),
            short("Postal code", &business.address.postal_code),
            short("Country", &business.address.country),
            short("Business e-mail", &business.email),
            short("Business phone", business.phone.as_str()),
            first_name,
            last_name,
            title(submission),
        ],
    }
}

fn campaign(submission: &Submission) -> Form {
    let business = &submission.business;
    let sole = business.registration.kind == Some(Kind::SoleProprietor);
    let mut fields = vec![
        short("Campaign use case", if sole { "SOLE_PROPRIETOR" } else { "CUSTOMER_CARE" }),
        long("Campaign description", &submission.description, 40..=4096),
        long("Message flow (how do end users consent?)", &submission.message_flow, 40..=2048),
    ];
    for (index, sample) in submission.samples.iter().enumerate() {
        fields.push(long(&format!("Sample message {}", index + 1), sample, 20..=1024));
    }
    fields.extend([
        short("Messages will include embedded links", yes(has_link(submission))),
        short("Messages will include phone numbers", yes(has_number(submission))),
        short("Messages include content related to direct lending", "No"),
        short("Messages include age-gated content", yes(business.registration.age_gated)),
        long("Opt-in keywords", &business.keyword, 1..=255),
        opt_in_message("Opt-in message", submission),
        long("Opt-out keywords", &listed(Keyword::Stop), 1..=255),
        long("Opt-out message", &submission.texts.stop, 20..=320),
        long("Help keywords", &listed(Keyword::Help), 1..=255),
        long("Help message", &submission.texts.help, 20..=320),
        short("Privacy policy URL", &submission.address(PublicPage::Privacy)),
        short("Terms and conditions URL", &submission.address(PublicPage::Terms)),
    ]);
    Form {
        title: "A2P 10DLC campaign",
        about: "10DLC, step 2: what is texted. Each submission is paid for.".into(),
        fields,
    }
}

fn toll_free(submission: &Submission) -> Form {
    let business = &submission.business;
    let registration = &business.registration;
    let (first_name, last_name) = representative(submission);
    let area = business.number.split().1.get(..3).unwrap_or_default();
    let about = match business.number.split().0 == "1" && TOLL_FREE.contains(&area) {
        true => "Your number is toll-free: this form, and not the two above.",
        false => {
            "Only for a number that begins with 800, 833, 844, 855, 866, 877 or 888; yours \
                  does not."
        }
    };
    let volume = VOLUMES.iter().find(|volume| **volume >= registration.monthly_texts);
    Form {
        title: "Toll-free verification",
        about: about.into(),
        fields: vec![
            short("Legal entity name", &business.name),
            short("Doing business as", business.brand()),
            short("Website URL", &submission.public_url),
            optional(
                "Business type",
                registration.kind.map(kind_of_verification),
                "choose one; or write registration.kind",
            ),
            optional(
                "Business registration number",
                registration.number.as_deref(),
                "EIN, if there is one; or write registration.number",
            ),
            short("Street address", &business.address.street),
            short("City", &business.address.city),
            short("State, province or region", &business.address.region),
            short("Postal code", &business.address.postal_code),
            short("Country", &business.address.country),
            first_name,
            last_name,
            short("Contact e-mail", &business.email),
            short("Contact phone", business.phone.as_str()),
            short("Estimated monthly volume", &volume.unwrap_or(&1_000_000).to_string()),
            short("Opt-in type", "VIA_TEXT"),
            short("Use case category", "CUSTOMER_CARE"),
            long("Use case description", &use_case(submission), 1..=500),
            long("Sample message", &submission.samples.join("\n"), 1..=1000),
            short("Proof of consent (opt-in) URL", &submission.address(PublicPage::OptIn)),
            short("Opt-in keywords", &business.keyword),
            opt_in_message("Opt-in confirmation message", submission),
            long("Help message sample", &submission.texts.help, 20..=320),
            short("Privacy policy URL", &submission.address(PublicPage::Privacy)),
            short("Terms and conditions URL", &submission.address(PublicPage::Terms)),
            short("Age-gated content", yes(registration.age_gated)),
            short("Additional information", &additional(submission)),
        ],
    }
}

/// The description, in the length that the toll-free form allows.
fn use_case(submission: &Submission) -> String {
    let business = &submission.business;
    format!(
        "Customer care by an AI assistant. Customers text {} to {} first; they get one reply to \
         each message they send, about {}. No recurring messages, no marketing. They opt in by \
         that text; a web form only records consent beforehand and sends nothing.",
        business.keyword,
        business.number.display(),
        submission.wording.about
    )
}

fn additional(submission: &Submission) -> String {
    format!(
        "Both ways to opt in are shown in full at {}, without a login. The box there is not ticked \
         in advance, and consent is not a condition of any purchase.",
        submission.address(PublicPage::OptIn)
    )
}

fn representative(submission: &Submission) -> (Field, Field) {
    let name = submission.business.registration.representative.as_deref();
    let name = name.and_then(|name| name.rsplit_once(' '));
    let hint = "of the person who represents the business; or write registration.representative";
    (
        optional("First name", name.map(|(first, _)| first), hint),
        optional("Last name", name.map(|(_, last)| last), hint),
    )
}

fn title(submission: &Submission) -> Field {
    let title = submission.business.registration.title.as_deref();
    optional("Job title", title, "of the same person; or write registration.title")
}

fn opt_in_message(name: &str, submission: &Submission) -> Field {
    let hint = "write texts.first in the agent's page, which is what is sent";
    Field { length: Some(20..=320), ..optional(name, submission.texts.first.as_deref(), hint) }
}

fn kind_of_brand(kind: Kind) -> &'static str {
    match kind {
        Kind::SoleProprietor => "Sole Proprietorship",
        Kind::Private => "Private company: LLC, corporation or partnership, as registered",
        Kind::Public => "Public company",
        Kind::NonProfit => "Non-profit",
        Kind::Government => "Government",
    }
}

fn kind_of_verification(kind: Kind) -> &'static str {
    match kind {
        Kind::SoleProprietor => "SOLE_PROPRIETOR",
        Kind::Private => "PRIVATE_PROFIT",
        Kind::Public => "PUBLIC_PROFIT",
        Kind::NonProfit => "NON_PROFIT",
        Kind::Government => "GOVERNMENT",
    }
}

fn listed(keyword: Keyword) -> String {
    words(keyword).collect::<Vec<_>>().join(", ")
}

fn has_link(submission: &Submission) -> bool {
    submission.samples.iter().any(|sample| sample.contains("://") || sample.contains("www."))
}

fn has_number(submission: &Submission) -> bool {
    // Seven digits in a row, whatever separates them, are a number that can be called.
    submission.samples.iter().any(|sample| {
        let parts = sample.split(|c: char| !(c.is_ascii_digit() || "+()-. ".contains(c)));
        parts.map(|part| part.bytes().filter(u8::is_ascii_digit).count()).any(|digits| digits >= 7)
    })
}

fn yes(is: bool) -> &'static str {
    if is { "Yes" } else { "No" }
}

fn short(name: &str, text: &str) -> Field {
    Field { name: name.into(), value: Value::Text(text.into()), length: None }
}

fn long(name: &str, text: &str, length: RangeInclusive<usize>) -> Field {
    Field { length: Some(length), ..short(name, text) }
}

fn optional(name: &str, text: Option<&str>, hint: &'static str) -> Field {
    let value = text.map_or(Value::Yours(hint), |text| Value::Text(text.into()));
    Field { value, ..short(name, "") }
}
