//! The words of the pages: one file for each language, with the facts of the business filled in.

use business::{Business, Language};
use conversations::Lifetimes;
use localization::{Html, escape, fill_in};
use serde::Deserialize;
use sms::Number;
use toml::{Table, Value};

use crate::public_page::PublicPage;

/// The keywords, which are the same in every language.
const KEYWORDS: [&str; 3] = ["STOP", "HELP", "START"];

/// One file. Each language must have all of its keys and no others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) skip: Html,
    pub(crate) languages: Html,
    pub(crate) sample: Html,
    #[serde(rename = "frequency")]
    _frequency: Html,
    pub(crate) titles: Titles,
    pub(crate) home: Home,
    pub(crate) form: Form,
    pub(crate) thanks: Thanks,
    pub(crate) opt_in: OptIn,
    pub(crate) privacy: Privacy,
    pub(crate) terms: Terms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Titles {
    pub(crate) home: Html,
    pub(crate) privacy: Html,
    pub(crate) terms: Html,
    pub(crate) opt_in: Html,
    pub(crate) footer: Html,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Home {
    pub(crate) registered: Html,
    pub(crate) call: Html,
    pub(crate) disclosure: Html,
    pub(crate) example: Html,
    pub(crate) example_note: Html,
    pub(crate) you: Html,
    pub(crate) what_title: Html,
    pub(crate) what: Html,
    pub(crate) who_title: Html,
    pub(crate) who: Html,
    pub(crate) stop_title: Html,
    pub(crate) stop: Html,
    pub(crate) contact_title: Html,
    pub(crate) contact: Html,
    pub(crate) address: Html,
    pub(crate) email: Html,
    pub(crate) phone: Html,
    pub(crate) conversation: Vec<Html>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    pub(crate) title: Html,
    pub(crate) intro: Html,
    pub(crate) number: Html,
    pub(crate) number_hint: Html,
    pub(crate) consent: Html,
    pub(crate) button: Html,
    pub(crate) problem: Html,
    pub(crate) bad_number: Html,
    pub(crate) not_ticked: Html,
    pub(crate) changed: Html,
    pub(crate) elsewhere: Html,
    pub(crate) too_many: Html,
    pub(crate) not_stored: Html,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thanks {
    pub(crate) title: Html,
    pub(crate) recorded: Html,
    pub(crate) now_text: Html,
    pub(crate) why: Html,
    pub(crate) stopped: Html,
    pub(crate) back: Html,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptIn {
    pub(crate) lead: Html,
    pub(crate) text_title: Html,
    pub(crate) text: Html,
    pub(crate) form_title: Html,
    pub(crate) form: Html,
    pub(crate) after_title: Html,
    pub(crate) after: Vec<Html>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Privacy {
    pub(crate) lead: Html,
    collected: Section,
    used: Section,
    shared: Section,
    processors: Section,
    kept: Section,
    choices: Section,
    children: Section,
    contact: Section,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    pub(crate) lead: Html,
    programme: Section,
    joining: Section,
    cost: Section,
    stop: Section,
    help: Section,
    ai: Section,
    delivery: Section,
    privacy: Section,
    contact: Section,
}

/// A heading with its paragraphs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) title: Html,
    pub(crate) text: Vec<Html>,
}

impl Privacy {
    pub(crate) fn sections(&self) -> [(&'static str, &Section); 8] {
        [
            ("collected", &self.collected),
            ("used", &self.used),
            ("shared", &self.shared),
            ("processors", &self.processors),
            ("kept", &self.kept),
            ("choices", &self.choices),
            ("children", &self.children),
            ("contact", &self.contact),
        ]
    }
}

impl Terms {
    pub(crate) fn sections(&self) -> [(&'static str, &Section); 9] {
        [
            ("programme", &self.programme),
            ("joining", &self.joining),
            ("cost", &self.cost),
            ("stop", &self.stop),
            ("help", &self.help),
            ("ai", &self.ai),
            ("delivery", &self.delivery),
            ("privacy", &self.privacy),
            ("contact", &self.contact),
        ]
    }
}

impl Words {
    /// The words of a language, about this business.
    pub(crate) fn of(business: &Business, lifetimes: &Lifetimes, language: Language) -> Self {
        parse(file(language), business, lifetimes, language)
            .expect("the words of every language are read by a test")
    }
}

fn file(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../words/en.toml"),
        Language::Spanish => include_str!("../words/es.toml"),
        Language::French => include_str!("../words/fr.toml"),
        Language::German => include_str!("../words/de.toml"),
        Language::Portuguese => include_str!("../words/pt.toml"),
        Language::Arabic => include_str!("../words/ar.toml"),
    }
}

fn parse(
    file: &str,
    business: &Business,
    lifetimes: &Lifetimes,
    language: Language,
) -> Result<Words, String> {
    let mut words: Table = file.parse().map_err(|error| format!("{error}"))?;
    let usual = words.get("frequency").and_then(Value::as_str).unwrap_or_default().to_owned();
    let label = |page: PublicPage| {
        let titles = words.get("titles").and_then(|titles| titles.get(page.name()));
        titles.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (privacy, terms) = (label(PublicPage::Privacy), label(PublicPage::Terms));
    let mut values = values(business, language, &usual, &privacy, &terms);
    values.extend(kept(lifetimes));
    for (key, value) in &mut words {
        fill_in(value, &values).map_err(|problem| format!("{key}: {problem}"))?;
    }
    words.try_into().map_err(|error| format!("{error}"))
}

/// The values of the placeholders.
fn values(
    business: &Business,
    language: Language,
    usual_frequency: &str,
    privacy: &str,
    terms: &str,
) -> Vec<(&'static str, String)> {
    let wording = business.wording(language);
    let frequency = wording.frequency.as_deref().unwrap_or(usual_frequency);
    let isolated = |text: &str| format!("<bdi>{}</bdi>", escape(text));
    let digits = |number: &Number| format!(r#"<bdi dir="ltr">{}</bdi>"#, escape(&number.display()));
    let link = |address: String, label: String| format!(r#"<a href="{address}">{label}</a>"#);
    let page = |page: PublicPage, label: &str| link(page.link(business, language), escape(label));
    let literal = |word: &str| format!(r#"<b translate="no">{}</b>"#, escape(word));
    let email = escape(&business.email);
    let mut values = vec![
        ("brand", isolated(business.brand())),
        ("name", isolated(&business.name)),
        ("number", digits(&business.number)),
        ("keyword", literal(&business.keyword)),
        ("does", escape(&wording.does)),
        ("about", escape(&wording.about)),
        ("frequency", escape(frequency)),
        ("email", link(format!("mailto:{email}"), format!("<bdi>{email}</bdi>"))),
        ("phone", link(format!("tel:{}", business.phone.as_str()), digits(&business.phone))),
        ("address", isolated(&business.address.line())),
        ("privacy", page(PublicPage::Privacy, privacy)),
        ("terms", page(PublicPage::Terms, terms)),
        ("example", format!(r#"<bdi dir="ltr">{}</bdi>"#, escape(&example(&business.number)))),
    ];
    values.extend(KEYWORDS.map(|word| (word, literal(word))));
    values
}

/// How long things are kept, as numbers.
fn kept(lifetimes: &Lifetimes) -> [(&'static str, String); 4] {
    [
        ("conversations_days", lifetimes.conversations_days),
        ("records_days", lifetimes.records_days),
        ("claims_days", lifetimes.claims_days),
        ("consents_years", lifetimes.consents_years),
    ]
    .map(|(name, count)| (name, count.to_string()))
}

/// A number that nobody has, as it is written in the business's country.
fn example(number: &Number) -> String {
    match number.split() {
        ("1", _) => "(202) 555-0143".into(),
        (code, national) => {
            format!(
                "+{code} {}",
                "1234567890".chars().cycle().take(national.len()).collect::<String>()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_lacks_a_word_or_fills_in_what_there_is_not() {
        let business = Business::sample();
        for language in Language::ALL {
            let words = parse(file(language), &business, &Lifetimes::default(), language);
            assert_eq!(words.err(), None, "{}", language.code());
        }
    }
}
