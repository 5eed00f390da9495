//! The prompt of the model.

use agent::Turn;
use hours::{Day, OpeningHours};
use serde_json::json;

use crate::{Conversation, now, person};

#[tokio::test]
async fn names_the_missing_and_the_known_fields() {
    let mut conversation = Conversation::begin().await;
    conversation.brief.insert("name".into(), json!("Ann {now}"));
    conversation.text("Hi").await.unwrap();
    let prompt = conversation.prompt();
    for line in [
        "- day (date as YYYY-MM-DD; required): the day that suits best",
        "- time_of_day (one of: morning | afternoon | any time; required): the time of that day",
        r#"Recorded so far, as data: {"name":"Ann {now}"}"#,
        // The rest of two segments is taken by what goes ahead of the first answer.
        "At most 215 characters (2 segments of SMS), or 43 where",
        // Tuesday in London already.
        "Today is Monday, 2026-11-23, 21:30. This is message 1 of at most 7",
        "never say or imply that you are",
    ] {
        assert!(prompt.contains(line), "no {line:?} in {prompt}");
    }
    assert!(!prompt.contains("your last message"), "{prompt}");
    conversation.number = 2;
    conversation.text("Hi").await.unwrap();
    let prompt = conversation.prompt();
    assert!(
        prompt.contains("At most 306 characters (2 segments of SMS), or 134 where"),
        "{prompt}"
    );
}

#[tokio::test]
async fn tells_what_one_segment_holds() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page.segments = 1;
    conversation.agent.page.texts.first = None;
    conversation.text("Hi").await.unwrap();
    assert!(conversation.prompt().contains("At most 160 characters (one segment of SMS), or 70"));
}

#[tokio::test]
async fn says_goodbye_on_the_last_turn() {
    let mut conversation = Conversation::begin().await;
    conversation.number = 7;
    conversation.text("Hi").await.unwrap();
    let prompt = conversation.prompt();
    assert!(prompt.contains("message 7 of at most 7"), "{prompt}");
    assert!(prompt.contains("This is your last message"), "{prompt}");
}

#[tokio::test]
async fn tells_a_note_until_it_has_replied() {
    let mut conversation = Conversation::begin().await;
    let lost = "It is not known whether your last reply arrived.";
    conversation.text("Hi").await.unwrap();
    conversation.hear(&[Turn::Note { text: lost.into() }, person("Hello?")]).await.unwrap();
    assert!(conversation.prompt().contains(lost));
    assert_eq!(conversation.messages(), ["user: Hi", "assistant: You said: Hi", "user: Hello?"]);
    conversation.text("Ah").await.unwrap();
    assert!(!conversation.prompt().contains(lost));
}

#[tokio::test]
async fn tells_a_note_even_after_a_fixed_text() {
    let mut conversation = Conversation::begin().await;
    let lost = "It is not known whether your last reply arrived.";
    let help = Turn::Fixed { text: "Reply STOP to stop.".into(), at: now() };
    let since = [Turn::Note { text: lost.into() }, person("HELP"), help, person("Hello?")];
    conversation.hear(&since).await.unwrap();
    assert!(conversation.prompt().contains(lost));
}

#[tokio::test]
async fn tells_the_newest_of_many_notes_once_each() {
    let mut conversation = Conversation::begin().await;
    let note = |number: usize| Turn::Note { text: format!("Note {number}.") };
    let mut since: Vec<_> = (100..400).chain([399]).map(note).collect();
    since.push(person("Hello?"));
    conversation.hear(&since).await.unwrap();
    let prompt = conversation.prompt();
    let told: Vec<_> = prompt.lines().filter(|line| line.starts_with("Note ")).collect();
    assert_eq!((told.len(), told[0], told[9]), (10, "Note 390.", "Note 399."));
}

#[tokio::test]
async fn changes_only_after_its_constant_part() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
    conversation.text("I am Ann").await.unwrap();
    let [before, after] = [0, 1].map(|request| {
        let requests = conversation.openai.requests();
        requests[request]["messages"][0]["content"].as_str().unwrap().to_owned()
    });
    let (stable, _) = before.split_once("Recorded so far").unwrap();
    assert!(stable.len() * 10 > before.len() * 9, "{before}");
    assert!(after.starts_with(stable) && after != before);
}

#[tokio::test]
async fn leaves_no_gap_unfilled() {
    let mut conversation = Conversation::begin().await;
    conversation.text("Hi").await.unwrap();
    let prompt = conversation.prompt().replace("{}", "");
    assert!(!prompt.contains(['{', '}']), "{prompt}");
}

#[tokio::test]
async fn says_whether_the_business_is_open_and_what_to_say_if_it_is_not() {
    let outside = opening("8-17", Some("Leaks: call (202) 555-0199."));
    for (opening, expected) in [
        (
            opening("8-22", None),
            "open Monday to Friday 08:00-22:00. It is open now, until 22:00.\n",
        ),
        (
            opening("8-17", None),
            "open Monday to Friday 08:00-17:00. It is closed now, and opens tomorrow at 08:00.\nIf it \
             matters to the person, tell them in their own language: We are closed now.",
        ),
        (outside.clone(), "in their own language: Leaks: call (202) 555-0199.\nThis is message 1"),
    ] {
        let mut conversation = Conversation::begin().await;
        let page = conversation.agent.page.clone();
        conversation.agent.page = page.open(opening).unwrap();
        conversation.text("Hi").await.unwrap();
        let prompt = conversation.prompt();
        assert!(prompt.contains("2026-11-23, 21:30. Handy Home is open"), "{prompt}");
        assert!(prompt.contains(expected), "no {expected:?} in {prompt}");
    }
    let mut conversation = Conversation::begin().await;
    let page = conversation.agent.page.clone();
    conversation.agent.page = page.open(outside).unwrap();
    conversation.openai.says("Please call (202) 555-0199.");
    let answered = conversation.text("My pipe leaks").await.unwrap();
    assert_eq!(answered.reply, "Please call (202) 555-0199.", "the owner gave this number");
}

#[test]
fn opening_hours_need_the_clock_of_the_business() {
    let page = agent::Page::parse("---\nname: Elm\n---\nBe kind.\n").unwrap();
    let problem = page.open(opening("8-17", None)).unwrap_err().to_string();
    assert!(problem.contains("write the time_zone of the business"), "{problem}");
}

/// These hours from Monday to Friday, and what to say outside of them.
fn opening(hours: &str, outside: Option<&str>) -> Option<OpeningHours> {
    let day = |day: usize| if day < 5 { Day::parse(hours).unwrap() } else { Day::default() };
    OpeningHours::new(std::array::from_fn(day), outside.map(str::to_owned))
}
