//! What an owner can write, and what they are told.

use agent::{Kind, Page};

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
}

#[test]
fn a_short_page_is_enough() {
    let page = Page::parse("---\r\nname: Tire Shop\r\n---\r\nBe kind.\r\n").unwrap();
    assert_eq!((page.turns, page.segments, page.fields.len()), (7, 2, 0));
    assert_eq!(page.instructions, "Be kind.");
}

#[test]
fn the_texts_in_our_own_name_fit_one_segment_and_say_who_we_are() {
    let name = "A".repeat(40);
    let page = Page::parse(&format!("---\nname: {name}\n---\nBe kind.\n")).unwrap();
    let texts = page.texts;
    for text in [&texts.stop, &texts.start, &texts.help, &texts.sorry] {
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
fn choices_are_kept_as_written() {
    let kind = Page::default().fields.remove(3).kind;
    let choices = ["morning", "afternoon", "any time"].map(String::from);
    assert_eq!(kind, Kind::Choice(choices.into()));
}

#[test]
fn mistakes_are_named_with_their_line() {
    let field = |rest: &str| problem(&format!("name: Elm\nfields:\n  - name: a\n    {rest}"));
    for (told, expected) in [
        (problem("turns: 7"), "line 2: missing field `name`"),
        (
            problem("name: Elm\ntruns: 7"),
            "line 3: unknown field `truns`, expected one of name, model, turns, segments, \
             reply_minutes, time_zone, fields, texts",
        ),
        (problem("name: Elm\nturns: many"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nturns: 0"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nsegments: 11"), "line 3: write a number from 1 to 10"),
        (problem("name: ''"), "line 2: give the business a name of at most 40 characters"),
        (
            problem("name: Elm\ntime_zone: EST/Boston"),
            "line 3: write the time zone as America/New_York or Europe/Berlin",
        ),
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
        (problem("name: Elm\nturns: seven"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\nsegments: 2.5"), "line 3: write a number from 1 to 10"),
        (problem("name: Elm\nreply_minutes: -1"), "line 3: write a number from 1 to 60"),
        (problem("name: Elm\nturns: 99999999999"), "line 3: write a number from 1 to 50"),
        (problem("name: Elm\ntexts:\n  stop: Elm says bye"), "line 4: say START in this text"),
        (problem("name: Elm\ntexts:\n  first: Elm is a machine"), "line 4: say STOP in this text"),
        (problem("name: Elm\ntexts:\n  sorry: Later."), "line 4: say Elm in this text"),
        (
            problem(&format!("name: Elm\ntexts:\n  sorry: Elm {}", "x".repeat(160))),
            "line 4: keep this text to 160 characters",
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
fn a_text_may_be_in_any_language() {
    let help = "Casa Roble: le responde nuestro asistente. Llame al 555 0120 si es urgente.";
    let page = format!("---\nname: Casa Roble\ntexts:\n  help: '{help}'\n---\nBe kind.");
    assert_eq!(Page::parse(&page).unwrap().texts.help, help);
}
