//! A conversation as a test file.

use rehearsal::Recorded;
use serde_json::{Value, json};

/// A conversation in which a person says this, saved and read again.
fn saved(words: &str, brief: &Value) -> (String, Recorded) {
    let recorded = json!({
        "version": 1,
        "person": "+447911123456",
        "number": 1,
        "ending": "finished",
        "brief": brief,
        "at": "2026-11-24T02:30:00Z",
        "turns": [
            { "kind": "person", "text": words, "at": "2026-11-24T02:30:00Z" },
            { "kind": "agent", "text": "Thank you.", "at": "2026-11-24T02:30:04Z" },
        ],
    });
    let file = Recorded::parse(&recorded.to_string()).unwrap().as_file();
    let again = Recorded::parse(&file).unwrap();
    (file, again)
}

/// What the person says in the file.
fn said(words: &str) -> String {
    saved(words, &json!({})).1.outcome().said[0].texts[0].clone()
}

#[test]
fn a_saved_test_names_no_number_however_it_is_typed() {
    for (typed, saved) in [
        ("Call +44 7911 123456", "Call +12025550100"),
        ("Call 07911 123456 or (617) 555-2368!", "Call +12025550100 or +12025550101!"),
        ("+1-617-555-2368, 617.555.2368", "+12025550101, +12025550101"),
        ("٠٧٩١١١٢٣٤٥٦", "+12025550100"),
        ("AB007911123456", "AB+12025550100"),
        ("my number 7911123456.", "my number +12025550100."),
        ("+12025550143, +12025550100", "+12025550101, +12025550102"),
        ("(447911123456)", "(+12025550100)"),
    ] {
        assert_eq!(said(typed), saved, "{typed}");
    }
}

#[test]
fn a_saved_test_keeps_what_is_no_number() {
    for words in
        ["On 2026-11-27 at 10:30", "Order 1043, 90210-1234", "It costs 1,250.00", "4 rooms"]
    {
        assert_eq!(said(words), words);
    }
}

#[test]
fn a_saved_test_names_no_number_in_its_brief() {
    let brief = json!({ "phone": "07911 123456", "back": 16175552368_u64, "rooms": 4, "day": "2026-11-27" });
    let (file, recorded) = saved("Hello", &brief);
    assert!(!file.contains("911123456") && !file.contains("5552368"), "{file}");
    let kept = recorded.outcome().brief;
    assert_eq!((&kept["rooms"], &kept["day"]), (&json!(4), &json!("2026-11-27")));
    assert_eq!(kept["back"], json!(12_025_550_101_u64));
}

#[test]
fn a_file_of_a_later_version_says_so() {
    let refused = Recorded::parse(r#"{"version": 2}"#).err().unwrap().to_string();
    assert!(refused.contains("newer than this program"), "{refused}");
    assert!(Recorded::parse("[]").is_err());
}

#[test]
fn texts_that_came_together_stay_together_and_a_reserved_word_is_no_turn() {
    let at = "2026-11-24T02:30:00Z";
    let person = |text: &str| json!({ "kind": "person", "text": text, "at": at });
    let fixed = |text: &str| json!({ "kind": "fixed", "text": text, "at": at });
    let agent = |text: &str| json!({ "kind": "agent", "text": text, "at": at });
    let recorded = json!({
        "version": 1, "person": "+12025550143", "number": 1, "ending": "quiet", "brief": {}, "at": at,
        "turns": [
            person("My tap"), person("drips"), fixed("It takes a while."), agent("Which day?"),
            person("HELP"), fixed("Elm: Call us."),
            { "kind": "unanswered", "text": "something awful", "at": at }, fixed("We cannot answer that."),
            { "kind": "note", "text": "It is unknown whether it arrived." },
            person("Thursday"), agent("Thank you."),
        ],
    });
    let outcome = Recorded::parse(&recorded.to_string()).unwrap().outcome();
    let turns: Vec<_> =
        outcome.said.iter().map(|it| (it.texts.join("|"), it.reply.as_str())).collect();
    assert_eq!(
        turns,
        [
            ("My tap|drips".to_owned(), "Which day?"),
            ("something awful".to_owned(), "We cannot answer that."),
            ("Thursday".to_owned(), "Thank you."),
        ]
    );
    assert_eq!((outcome.turns, outcome.segments, outcome.refusals), (3, 3, 1));
}
