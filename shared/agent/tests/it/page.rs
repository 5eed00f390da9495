//! What an owner can write, and the reported problems.

use agent::{Kind, Page};
use providers::Role;
use settings::Settings;

fn problem(front: &str) -> String {
    Page::parse(&format!("---\n{front}\n---\nBe kind.\n")).unwrap_err().to_string()
}

#[test]
fn the_built_in_page_takes_in_a_home_task() {
    let page = Page::default();
    let fields: Vec<_> = page.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields, ["task", "address", "day", "time_of_day", "name"]);
    assert!(page.fields.len() < page.turns as usize, "one field a turn must be enough");
    assert_eq!((page.turns, page.segments), (7, 2));
    assert!(page.texts.first.is_some(), "who texts learns at once that a machine answers");
}

#[test]
fn a_short_page_is_enough() {
    let page = Page::parse("---\r\nname: Tire Shop\r\n---\r\nBe kind.\r\n").unwrap();
    assert_eq!((page.turns, page.segments, page.fields.len()), (7, 2, 0));
    assert_eq!(page.instructions, "Be kind.");
}

#[test]
fn the_fixed_texts_fit_one_segment_and_say_who_we_are() {
    let name = "A".repeat(40);
    let page = Page::parse(&format!("---\nname: {name}\n---\nBe kind.\n")).unwrap();
    let texts = page.texts;
    for text in [&texts.stop, &texts.start, &texts.help, &texts.sorry, &texts.unanswered] {
        assert!(text.len() <= 160, "{} characters: {text}", text.len());
        assert!(text.is_ascii() && !text.contains(['[', ']', '{', '}', '^', '~', '|', '\\', '`']));
        assert!(text.contains(&name), "{text}");
    }
    assert!(texts.help.contains("STOP") && texts.help.contains("data rates may apply"));
    assert!(texts.sorry.contains("You need not ask again"));
}

#[test]
fn an_owner_writes_texts_of_their_own() {
    let page = Page::parse("---\nname: Elm\ntexts: { sorry: 'Elm is asleep.' }\n---\nBe kind.\n");
    let texts = page.unwrap().texts;
    assert_eq!((texts.sorry.as_str(), texts.first), ("Elm is asleep.", None));
}

#[test]
fn an_owners_texts_are_made_plain() {
    let front = format!(
        "name: Joe’s\ntexts: {{ help: '**Joe’s** – {} STOP, rates may apply' }}",
        "x".repeat(270)
    );
    let page = Page::parse(&format!("---\n{front}\n---\nBe kind.\n")).unwrap();
    assert_eq!(page.texts.help, format!("Joe's - {} STOP, rates may apply", "x".repeat(270)));
    assert!(page.texts.stop.starts_with("Joe's: "));
}

#[test]
fn replies_are_no_longer_than_each_provider_carries() {
    let page = |segments: u32| {
        Page::parse(&format!("---\nname: Elm\nsegments: {segments}\n---\nBe kind.\n")).unwrap()
    };
    let settings = Settings::from([
        ("TWILIO_ACCOUNT_SID", "AC1"),
        ("TWILIO_AUTH_TOKEN", "secret"),
        ("TWILIO_FROM", "+12025550100"),
        ("MC_CUSTOMER_ID", "C-1"),
        ("MC_PASSWORD", "secret"),
    ]);
    let providers =
        providers::configured(&settings, "https://elm.example", Role::Everything).unwrap();
    assert!(page(8).carried_by(&providers).is_ok());
    let told = page(9).carried_by(&providers).unwrap_err().to_string();
    assert_eq!(
        told,
        "AGENT_FILE cannot be used: segments is 9, and messagecentral carries no more than 1224 \
         characters: write segments: 8"
    );
}

#[test]
fn an_owner_sets_the_handover_and_grace_times() {
    let of = |front: &str| {
        let page = Page::parse(&format!("---\nname: Elm\n{front}---\nBe kind.\n")).unwrap();
        (page.handover.as_hours(), page.grace.as_mins())
    };
    assert_eq!(of(""), (12, 120));
    assert_eq!(of("handover_hours: 48\ngrace_minutes: 30\n"), (48, 30));
    assert_eq!(of("handover_hours: never\n").0, i64::MAX / 3_600);
}

#[test]
fn an_owner_switches_rules_off() {
    let of = |rules: &str| {
        let page = Page::parse(&format!("---\nname: Elm\n{rules}---\nBe kind.\n")).unwrap();
        let rules = page.rules;
        [rules.machine, rules.prompt, rules.links, rules.prices, rules.numbers]
    };
    assert_eq!(of(""), [true; 5]);
    assert_eq!(
        of("rules: { machine: off, prompt: no, links: false, prices: OFF, numbers: No }\n"),
        [false; 5]
    );
    assert_eq!(of("rules: { machine: on, prompt: yes, links: true }\n"), [true; 5]);
    assert_eq!(of("rules:\n  prices: off\n"), [true, true, true, false, true]);
}

#[test]
fn an_owner_says_what_a_rehearsal_may_not_lose() {
    let expect = "  fields: 95 %\n  endings: 90%\n  turns: +10 %\n  money: + 0 %\n  refusals: +2";
    let page = format!("---\nname: Elm\nexpect:\n{expect}\n---\nBe kind.\n");
    let expect = Page::parse(&page).unwrap().expect;
    assert_eq!((expect.fields, expect.endings, expect.segments), (Some(95), Some(90), None));
    assert_eq!((expect.turns, expect.money, expect.refusals), (Some(10), Some(0), Some(2)));
    for (line, told) in [
        ("fields: 101 %", "line 4: write the share that has to stay, from 0 % to 100 %"),
        ("endings: all", "line 4: write the share that has to stay, from 0 % to 100 %"),
        ("turns: 10 %", "line 4: write how much more it may be, such as +10 %"),
        ("refusals: +2 %", "line 4: write how many more there may be, such as +0 or +2"),
    ] {
        assert_eq!(problem(&format!("name: Elm\nexpect:\n  {line}")), told);
    }
    assert!(problem("name: Elm\nexpect:\n  tokens: +1").contains("tokens"));
}

#[test]
fn choices_are_kept_as_written() {
    let kind = Page::default().fields.remove(3).kind;
    let choices = ["morning", "afternoon", "any time"].map(String::from);
    assert_eq!(kind, Kind::Choice(choices.into()));
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (told, expected) in [
        (problem("turns: 7"), "line 2: missing field `name`"),
        (
            problem("name: Elm\ntruns: 7"),
            "line 3: unknown field `truns`, expected one of name, model, turns, segments, \
             reply_minutes, late_minutes, quiet_hours, handover_hours, grace_minutes, time_zone, \
             language, brief_language, fields, texts, rules, expect",
        ),
        (problem("name: Elm\nturns: many"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nturns: 0"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nsegments: 11"), "line 3: write a number from 1 to 10"),
        (problem("name: Elm\nhandover_hours: 0"), "line 3: write a number from 1 to 720, or never"),
        (problem("name: Elm\ngrace_minutes: 0"), "line 3: write a number from 1 to 1440"),
        (problem("name: ''"), "line 2: give the business a name of at most 40 characters"),
        (
            problem("name: Elm\ntime_zone: EST/Boston"),
            "line 3: write the time zone as America/New_York or Europe/Berlin",
        ),
        (problem("name: Elm\nturns: seven"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nsegments: 2.5"), "line 3: write a number from 1 to 10"),
        (problem("name: Elm\nreply_minutes: -1"), "line 3: write a number from 1 to 60"),
        (problem("name: Elm\nlate_minutes: 0"), "line 3: write a number from 1 to 120"),
        (
            problem("name: Elm\nquiet_hours: 9pm-8am"),
            "line 3: write two different hours between 0 and 24, such as 21-8, or off for none",
        ),
        (problem("name: Elm\nturns: 99999999999"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nrules:\n  links: perhaps"), "line 4: write on or off"),
        (
            problem("name: Elm\nrules:\n  robots: off"),
            "line 4: unknown field `robots`, expected one of machine, prompt, links, prices, numbers",
        ),
        (
            Page::parse("Be kind.").unwrap_err().to_string(),
            "line 1: start the page with its settings between two lines of ---",
        ),
        (
            Page::parse("---\nname: Elm\n---\n\n").unwrap_err().to_string(),
            "line 4: say below the settings how the agent behaves",
        ),
    ] {
        assert_eq!(told, expected);
    }
}

#[test]
fn mistakes_in_fields_are_named_with_their_line() {
    let field = |rest: &str| problem(&format!("name: Elm\nfields:\n  - name: a\n    {rest}"));
    for (told, expected) in [
        (
            field("description: d\n    type: tetx"),
            "line 6: unknown variant `tetx`, expected one of text, number, date, yes_no, choice",
        ),
        (field("description: d\n    type: choice"), "line 4: list the choices of a"),
        (
            field("description: d\n    type: text\n    choices: [b]"),
            "line 4: a has choices: make it type: choice",
        ),
        (
            field(
                "description: d\n    type: text\n  - name: a\n    description: d\n    type: text",
            ),
            "line 7: give each field a name of its own",
        ),
        (
            problem("name: Elm\nfields:\n  - name: First name\n    description: d\n    type: text"),
            "line 4: name the field in at most 40 lower-case letters, digits and underscores",
        ),
    ] {
        assert_eq!(told, expected);
    }
}

#[test]
fn mistakes_in_texts_are_named_with_their_line() {
    for (told, expected) in [
        (problem("name: Elm\ntexts:\n  stop: Elm says bye"), "line 4: say START in this text"),
        (problem("name: Elm\ntexts:\n  first: Elm is a machine"), "line 4: say STOP in this text"),
        (problem("name: Elm\ntexts:\n  sorry: Later."), "line 4: say Elm in this text"),
        (
            problem(&format!("name: Elm\nsegments: 1\ntexts:\n  sorry: Elm {}", "x".repeat(160))),
            "line 5: this text takes 2 segments, and segments is 1: make it shorter, or set segments \
             to 2",
        ),
        (
            problem(&format!("name: Elm\ntexts:\n  sorry: Elm {}", "я".repeat(140))),
            "line 4: this text takes 3 segments, and segments is 2: make it shorter, or set segments \
             to 3",
        ),
        (
            problem(&format!("name: Elm\ntexts:\n  first: Elm STOP {}", "я".repeat(100))),
            "line 4: this text leaves no room for an answer, as segments is 2: make it shorter, or \
             set segments to 3",
        ),
    ] {
        assert_eq!(told, expected);
    }
}

#[test]
fn mistakes_in_languages_are_named_with_their_line() {
    for (told, expected) in [
        (problem("name: Elm\nlanguage: germ"), "line 3: write auto, or a language as de or pt"),
        (problem("name: Elm\nbrief_language: auto"), "line 3: write a language as de or pt"),
        (
            problem("name: Elm\ntexts:\n  goodbye: Elm START"),
            "line 4: there is no text goodbye: write first, stop, start, help, sorry, unanswered or \
             later, or a language such as de with these below it",
        ),
        (
            problem("name: Elm\ntexts:\n  de:\n    stop: Elm sagt tschüss"),
            "line 5: say START in this text",
        ),
        (
            problem("name: Elm\ntexts:\n  de:\n    goodbye: Elm START"),
            "line 5: unknown field `goodbye`, expected one of first, stop, start, help, sorry, \
             unanswered, later",
        ),
        (
            problem("name: Elm\ntexts:\n  nl:\n    stop: Elm stopt, START"),
            "line 4: the program has no words of its own in Dutch: write start in it as well",
        ),
        (
            problem("name: Elm\nlanguage: nl"),
            "line 3: the program has no words of its own in Dutch: write stop in it as well",
        ),
        (
            problem("name: Elm\nlanguage: de\ntexts:\n  fr:\n    help: Elm aide"),
            "line 5: the agent answers in German only: take these texts out, or write language: auto",
        ),
        (
            problem("name: Elm\ntexts:\n  help: Elm\n  en:\n    help: Elm"),
            "line 5: English is the page's own language: write these directly below texts",
        ),
        (
            problem("name: Elm\ntexts:\n  pt: { help: Elm }\n  pt-BR: { help: Elm }"),
            "line 5: write the texts in Portuguese once",
        ),
    ] {
        assert_eq!(told, expected);
    }
}

#[test]
fn a_text_may_be_in_any_language() {
    let help = "Casa Roble: le responde nuestro asistente. Llame al 555 0120 si es urgente.";
    let page = format!("---\nname: Casa Roble\ntexts:\n  help: '{help}'\n---\nBe kind.");
    assert_eq!(Page::parse(&page).unwrap().texts.help, help);
}

#[test]
fn every_change_makes_another_version_and_nothing_else_does() {
    let version = |page: &str| Page::parse(page).unwrap().version;
    let page = "---\nname: Elm\n---\nBe kind.\n";
    assert_eq!(version(page).len(), 12);
    assert_eq!(version(page), version(&format!("\u{feff}{}", page.replace('\n', "\r\n"))));
    assert_ne!(version(page), version("---\nname: Elm\n---\nBe brief.\n"));
    assert_ne!(version(page), version("---\nname: Oak\n---\nBe kind.\n"));
}
