//! What an owner writes, and the reported problems.

use business::{Business, Kind, Language};
use settings::Settings;

/// The smallest valid file.
const SMALLEST: &str = r#"name = "Ann Lee Piano Lessons"
does = "Piano lessons for children and adults, at your home."
about = "your lessons"
address = { street = "3 Elm Road", city = "Springfield", region = "IL", postal_code = "62701" }
email = "ann@lee-piano.test"
phone = "+12025550121"
number = "+12025550101"
keyword = "piano"
"#;

#[test]
fn eight_lines_are_enough() {
    let business = Business::parse("business.toml", SMALLEST).unwrap();
    assert_eq!(business.brand(), "Ann Lee Piano Lessons");
    assert_eq!(business.address.line(), "3 Elm Road, Springfield, IL 62701, US");
    assert_eq!((business.keyword.as_str(), business.main_language()), ("PIANO", Language::English));
    assert_eq!(business.wording(Language::Arabic).about, "your lessons");
    assert!(business.wording(Language::English).frequency.is_none() && !business.is_sample);
}

#[test]
fn the_sample_uses_everything_and_says_that_it_is_one() {
    let sample = Business::from_settings(&Settings::default()).unwrap();
    assert!(sample.is_sample);
    assert_eq!((sample.brand(), sample.name.as_str()), ("Handy Home", "Handy Home LLC"));
    assert_eq!(sample.languages, Language::ALL);
    assert_eq!(sample.registration.kind, Some(Kind::Private));
}

#[test]
fn each_mistake_is_named_with_its_line_and_what_to_write() {
    for &(line, written, told) in MISTAKES {
        assert_eq!(problems(&with(line, written)), [format!("business.toml:{told}")], "{written}");
    }
}

/// The line that is written otherwise, what is there, and what is said of it.
const MISTAKES: &[(usize, &str, &str)] = &[
    (
        9,
        r#"hours = { weekdays = "9am-5pm" }"#,
        "9: hours.weekdays: write the hours in their order, as in \"8-17\" or \"8:30-12:00, 13:00-17:30\"",
    ),
    (9, "hours = { }", "9: hours: name a day and its hours, as in weekdays = \"8-17\""),
    (9, r#"hours = "8-17""#, "9: hours: write it as a table: hours = { … }"),
    (
        9,
        r#"hours = { mondays = "8-17", tuesday = "8-17" }"#,
        "9: hours.mondays: is not known: did you mean monday?",
    ),
    (1, r#"name = """#, "1: name: is empty: write it, or leave the whole line out"),
    (
        1,
        r#"name = "Example Inc.""#,
        "1: name: is a placeholder: write what is true of your business",
    ),
    (
        1,
        r#"name = "Your Business""#,
        "1: name: is a placeholder: write what is true of your business",
    ),
    (1, "name = 7", "1: name: write it in quotes"),
    (
        2,
        r#"does = "TODO: say what we do""#,
        "2: does: is a placeholder: write what is true of your business",
    ),
    (
        2,
        r#"does = "Lessons, see bit.ly/piano""#,
        "2: does: leave bit.ly out: carriers drop shortened links, write your own",
    ),
    (3, r#"about = "...""#, "3: about: is a placeholder: write what is true of your business"),
    (
        4,
        r#"address = { street = "3 Elm Road", region = "IL", postal_code = "62701" }"#,
        "4: address.city: is missing: add city = \"Springfield\"",
    ),
    (4, r#"address = "3 Elm Road""#, "4: address: write it as a table: address = { … }"),
    (
        4,
        r#"address = { street = "3 Elm Road", city = "Springfield", region = "IL", postal_code = "62701", country = "USA" }"#,
        "4: address.country: write its two letters, as in US",
    ),
    (
        5,
        r#"email = "ann.lee-piano.test""#,
        "5: email: write an e-mail address, as in office@your-domain.com",
    ),
    (
        5,
        r#"email = "ann@example.com""#,
        "5: email: is a placeholder: write the address that you read",
    ),
    (6, r#"phone = "202 555 0121""#, "6: phone: write it as +12025550143"),
    (7, r#"number = "+1202555""#, "7: number: write it as +12025550143"),
    (7, "number = +12025550101", "7: number: write it in quotes"),
    (
        8,
        r#"keyword = "Stop""#,
        "8: keyword: is reserved: carriers act on STOP, HELP, START and the like by \
         themselves. Write a word of your own",
    ),
    (
        8,
        r#"keyword = "PIANO NOW""#,
        "8: keyword: write one word of 2 to 20 letters and digits, as in HOME",
    ),
    (9, r#"langauges = ["en"]"#, "9: langauges: is not known: did you mean languages?"),
    (
        9,
        r#"languages = ["en", "nl"]"#,
        "9: languages: names a language without pages: there are en, es, fr, de, pt, ar",
    ),
    (9, r#"languages = "en""#, "9: languages: write it as a list: [\"…\", \"…\"]"),
    (9, r#"languages = ["en", "en"]"#, "9: languages: names en twice"),
    (
        9,
        r#"languages = ["en", "es"]"#,
        "1: es: is missing: add es = { does = \"…\", about = \"…\" } in Spanish",
    ),
    (
        9,
        r#"es = { does = "Clases de piano.", about = "sus clases" }"#,
        "9: es: add \"es\" to languages",
    ),
    (
        9,
        r#"conversation = ["Hi"]"#,
        "9: conversation: write 2 to 8 messages: what a person texts, what you reply, and so \
         on",
    ),
    (
        9,
        r#"registration = { kind = "llc" }"#,
        "9: registration.kind: write sole_proprietor, private, public, non_profit or \
         government",
    ),
    (
        9,
        r#"registration = { representative = "Ann" }"#,
        "9: registration.representative: write a first and a last name",
    ),
    (
        9,
        "registration = { monthly_texts = \"many\" }",
        "9: registration.monthly_texts: write a whole number, as in 1000",
    ),
    (
        9,
        "registration = { age_gated = \"no\" }",
        "9: registration.age_gated: write true or false, without quotes",
    ),
];

#[test]
fn a_missing_fact_is_named_with_what_to_add() {
    for (line, told) in [
        (1, "name: is missing: add name = \"Handy Home LLC\""),
        (2, "does: is missing: add does = \"Repairs in your home.\""),
        (5, "email: is missing: add email = \"office@your-domain.com\""),
        (7, "number: is missing: add number = \"+12025550143\""),
    ] {
        assert_eq!(problems(&with(line, "")), [format!("business.toml:1: {told}")]);
    }
    let address = problems(&with(4, ""));
    assert!(address[0].starts_with("business.toml:1: address: is missing: add address = {"));
}

#[test]
fn all_problems_are_reported_at_once_in_line_order() {
    let written = SMALLEST
        .replace("ann@lee-piano.test", "ann")
        .replace("+12025550101", "piano")
        .replace("about", "abuot");
    assert_eq!(
        problems(&written),
        [
            "business.toml:1: about: is missing: add about = \"your repair and appointment\"",
            "business.toml:3: abuot: is not known: did you mean about?",
            "business.toml:5: email: write an e-mail address, as in office@your-domain.com",
            "business.toml:7: number: write it as +12025550143",
        ]
    );
}

#[test]
fn a_syntax_error_is_named_with_its_line() {
    let told = problems(&with(2, "does = \"Piano lessons"));
    assert!(told[0].starts_with("business.toml:2: "), "{told:?}");
    assert!(!told.join("").contains("Piano"), "{told:?}");
}

#[test]
fn a_frequency_is_given_in_every_language_or_in_none() {
    let bilingual = |spanish: &str| {
        format!(
            "{SMALLEST}frequency = \"about 4 messages a month\"\nlanguages = [\"en\", \"es\"]\n\
             [es]\ndoes = \"Clases de piano.\"\nabout = \"sus clases\"\n{spanish}"
        )
    };
    assert_eq!(
        problems(&bilingual("")),
        [
            "business.toml:11: es.frequency: is missing: add frequency = \"…\", as at the top of the \
          file"
        ]
    );
    assert!(problems(&bilingual("frequency = \"unos 4 mensajes al mes\"")).is_empty());
}

#[test]
fn a_problem_stops_the_start_and_names_the_setting() {
    let folder = std::env::temp_dir();
    let missing = folder.join("no-such-business.toml");
    let settings = Settings::from([("BUSINESS_FILE", missing.to_str().unwrap())]);
    let told = Business::from_settings(&settings).unwrap_err().to_string();
    let expected = format!(
        "BUSINESS_FILE cannot be used: write the path of the business's facts: {} is not readable",
        missing.display()
    );
    assert!(told.starts_with(&expected), "{told}");
}

/// The smallest file with this line replaced, or with another one added at the end.
fn with(line: usize, written: &str) -> String {
    let mut lines: Vec<_> = SMALLEST.lines().collect();
    lines.resize(lines.len().max(line), "");
    lines[line - 1] = written;
    lines.join("\n")
}

fn problems(text: &str) -> Vec<String> {
    match Business::parse("business.toml", text) {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().lines().map(str::to_owned).collect(),
    }
}
