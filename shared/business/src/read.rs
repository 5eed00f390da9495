//! Reads the facts from the file.

use std::collections::BTreeMap;

use crate::check::{self, SAMPLE_CHARACTERS};
use crate::opening::opening;
use crate::table::{Problems, Table, Written};
use crate::{Address, Business, Kind, Language, Problem, Registration, Wording};

/// A small business's texts per month, for the forms.
const MONTHLY_TEXTS: u32 = 1000;

/// As many messages as fit beside the opt-in on a page.
const CONVERSATION: std::ops::RangeInclusive<usize> = 2..=8;

/// Reads the facts, or finds everything that is wrong with them.
pub(crate) fn business(text: &str) -> Result<Business, Vec<Problem>> {
    let mut file = Table::of_file(text.trim_start_matches('\u{feff}'))?;
    let mut problems = Problems::default();
    let business = facts(&mut file, &mut problems);
    file.finish(&mut problems);
    problems.0.sort_by_key(|problem| problem.line);
    match business {
        Some(business) if problems.0.is_empty() => Ok(business),
        _ => Err(problems.0),
    }
}

/// `None` if a fact is missing or wrong, which is then among the problems. Everything is read before
/// the result is given up.
fn facts(file: &mut Table<'_>, problems: &mut Problems) -> Option<Business> {
    let name = required(file, "name", "Handy Home LLC", check::name, problems);
    let doing_business_as = optional(file, "doing_business_as", check::name, problems);
    let main = wording(file, problems);
    let address = address(file, problems);
    let email = required(file, "email", "office@your-domain.com", check::email, problems);
    let phone = required(file, "phone", "+12025550143", check::number, problems);
    let number = required(file, "number", "+12025550143", check::number, problems);
    let keyword = required(file, "keyword", "HOME", check::opt_in_word, problems);
    let languages = languages(file, problems);
    let frequent = main.as_ref().is_some_and(|main| main.frequency.is_some());
    let wordings = wordings(file, &languages, main, frequent, problems);
    let opening = opening(file, problems);
    let registration = registration(file, problems);
    Some(Business {
        name: name?,
        doing_business_as,
        address: address?,
        email: email?,
        phone: phone?,
        number: number?,
        keyword: keyword?,
        languages,
        opening,
        registration,
        is_sample: false,
        wordings: wordings?,
    })
}

fn address(file: &mut Table<'_>, problems: &mut Problems) -> Option<Address> {
    let Some(mut table) = file.table("address", problems) else {
        // An address that is not a table has been reported already.
        if !problems.0.iter().any(|problem| problem.key == "address") {
            let like = r#"{ street = "…", city = "…", region = "…", postal_code = "…" }"#;
            file.missing("address", like, problems);
        }
        return None;
    };
    let street = required(&mut table, "street", "12 Oak Street", check::name, problems);
    let city = required(&mut table, "city", "Springfield", check::name, problems);
    let region = required(&mut table, "region", "IL", check::name, problems);
    let postal_code = required(&mut table, "postal_code", "62701", check::name, problems);
    let country = optional(&mut table, "country", check::country, problems);
    table.finish(problems);
    Some(Address {
        street: street?,
        city: city?,
        region: region?,
        postal_code: postal_code?,
        country: country.unwrap_or_else(|| "US".into()),
    })
}

/// The languages of the pages. An unknown one is reported and left out.
fn languages(file: &mut Table<'_>, problems: &mut Problems) -> Vec<Language> {
    let Some(written) = file.list("languages", problems) else { return vec![Language::English] };
    if written.value.is_empty() {
        problems.add(&written, "name at least one language, or leave the line out");
    }
    let mut languages = Vec::new();
    for code in written.value {
        match Language::of_code(&code.value) {
            Some(language) if languages.contains(&language) => {
                problems.add(&code, format!("names {} twice", language.code()));
            }
            Some(language) => languages.push(language),
            None => {
                let known = Language::ALL.map(Language::code).join(", ");
                problems.add(&code, format!("names a language without pages: there are {known}"));
            }
        }
    }
    languages
}

/// The wording in each language: the main one at the top of the file, others in their tables.
fn wordings(
    file: &mut Table<'_>,
    languages: &[Language],
    main: Option<Wording>,
    frequent: bool,
    problems: &mut Problems,
) -> Option<BTreeMap<Language, Wording>> {
    let mut wordings = BTreeMap::new();
    let mut whole = main.is_some();
    if let (Some(main), Some(language)) = (main, languages.first()) {
        wordings.insert(*language, main);
    }
    for language in Language::ALL {
        let code = language.code();
        let Some(mut table) = file.table(code, problems) else {
            if languages.iter().skip(1).any(|other| *other == language) {
                let name = language.english_name();
                let like = format!("{{ does = \"…\", about = \"…\" }} in {name}");
                file.missing(code, &like, problems);
                whole = false;
            }
            continue;
        };
        match languages.iter().position(|other| *other == language) {
            Some(0) => problems.add(&table.written(), "is said at the top of the file already"),
            Some(_) => {}
            None => problems.add(&table.written(), format!("add \"{code}\" to languages")),
        }
        let wording = wording(&mut table, problems);
        if frequent && wording.as_ref().is_some_and(|wording| wording.frequency.is_none()) {
            table.missing("frequency", "\"…\", as at the top of the file", problems);
        }
        table.finish(problems);
        whole &= wording.is_some();
        wordings.extend(wording.map(|wording| (language, wording)));
    }
    whole.then_some(wordings)
}

fn wording(table: &mut Table<'_>, problems: &mut Problems) -> Option<Wording> {
    let does = required(table, "does", "Repairs in your home.", check::sentence, problems);
    let about = required(table, "about", "your repair and appointment", check::phrase, problems);
    let frequency = optional(table, "frequency", check::phrase, problems);
    let conversation = conversation(table, problems);
    Some(Wording { does: does?, about: about?, frequency, conversation })
}

fn conversation(table: &mut Table<'_>, problems: &mut Problems) -> Vec<String> {
    let Some(written) = table.list("conversation", problems) else { return Vec::new() };
    if !CONVERSATION.contains(&written.value.len()) {
        let problem = "write 2 to 8 messages: what a person texts, what you reply, and so on";
        problems.add(&written, problem);
    }
    let mut messages = Vec::new();
    for message in written.value {
        if message.value.chars().count() > SAMPLE_CHARACTERS {
            let problem = format!("keep each message to {SAMPLE_CHARACTERS} characters");
            problems.add(&message, problem);
            continue;
        }
        messages.extend(check::sentence(message, problems));
    }
    messages
}

fn registration(file: &mut Table<'_>, problems: &mut Problems) -> Registration {
    let mut registration = Registration {
        kind: None,
        number: None,
        representative: None,
        title: None,
        industry: None,
        monthly_texts: MONTHLY_TEXTS,
        age_gated: false,
    };
    let Some(mut table) = file.table("registration", problems) else { return registration };
    registration.kind = optional(&mut table, "kind", kind, problems);
    registration.number = optional(&mut table, "number", check::name, problems);
    registration.representative = optional(&mut table, "representative", representative, problems);
    registration.title = optional(&mut table, "title", check::name, problems);
    registration.industry = optional(&mut table, "industry", check::name, problems);
    let count = table.count("monthly_texts", problems);
    registration.monthly_texts = count.unwrap_or(MONTHLY_TEXTS);
    registration.age_gated = table.switch("age_gated", problems).unwrap_or(false);
    table.finish(problems);
    registration
}

fn kind(written: Written<String>, problems: &mut Problems) -> Option<Kind> {
    let kind = match written.value.as_str() {
        "sole_proprietor" => Kind::SoleProprietor,
        "private" => Kind::Private,
        "public" => Kind::Public,
        "non_profit" => Kind::NonProfit,
        "government" => Kind::Government,
        _ => {
            let problem = "write sole_proprietor, private, public, non_profit or government";
            problems.add(&written, problem);
            return None;
        }
    };
    Some(kind)
}

fn representative(written: Written<String>, problems: &mut Problems) -> Option<String> {
    let (line, key) = (written.line, written.key.clone());
    let name = check::name(written, problems)?;
    if name.contains(' ') {
        return Some(name);
    }
    problems.add(&Written { value: (), line, key }, "write a first and a last name");
    None
}

type Check<T> = fn(Written<String>, &mut Problems) -> Option<T>;

fn required<T>(
    table: &mut Table<'_>,
    key: &'static str,
    like: &str,
    check: Check<T>,
    problems: &mut Problems,
) -> Option<T> {
    let written = table.required(key, like, problems)?;
    check(written, problems)
}

fn optional<T>(
    table: &mut Table<'_>,
    key: &'static str,
    check: Check<T>,
    problems: &mut Problems,
) -> Option<T> {
    let written = table.words(key, problems)?;
    check(written, problems)
}
