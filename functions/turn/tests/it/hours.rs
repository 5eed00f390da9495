//! Answers that come late, and the hours in which a person may be texted.

use std::time::Duration;

use agent::Timeouts;
use conversations::Loaded;
use fakes::Mode;
use futures::FutureExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use scene::Scene;
use serde_json::json;
use telemetry::steps;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

/// In Arizona, all of which keeps the time of Phoenix.
const PHOENIX: &str = "+14805550143";

/// In Rhode Island, where nobody is texted between Saturday at 17 and Monday at 9.
const RHODE_ISLAND: &str = "+14015550143";

#[tokio::test]
async fn what_comes_late_waits_until_all_clocks_of_the_person_allow_it() {
    for (prefix, clock, date, expected) in [
        (
            "+14805550",
            "America/Phoenix",
            "2026-01-05",
            ["00:00 waits for 08:00", "08:00 goes", "21:00 waits for 08:00"],
        ),
        // Part of the prefix is in Denver, an hour ahead in summer.
        (
            "+19282830",
            "America/Phoenix",
            "2026-07-06",
            ["00:00 waits for 08:00", "08:00 goes", "20:00 waits for 08:00"],
        ),
        // Adak is an hour behind Anchorage, and both have the prefix 1907.
        (
            "+19075550",
            "America/Adak",
            "2026-01-05",
            ["00:00 waits for 08:00", "08:00 goes", "20:00 waits for 08:00"],
        ),
        (
            "+19075550",
            "America/Anchorage",
            "2026-01-05",
            ["00:00 waits for 09:00", "09:00 goes", "21:00 waits for 09:00"],
        ),
    ] {
        assert_eq!(through_a_day(prefix, clock, date).await, expected, "{prefix} in {clock}");
    }
}

/// What becomes of an answer to a text of each hour of this day, by this clock, if it comes 45 minutes
/// late: only what differs from the hour before.
async fn through_a_day(prefix: &str, clock: &str, date: &str) -> Vec<String> {
    let (zone, mut lines, mut last) = (TimeZone::get(clock).unwrap(), vec![], String::new());
    let mut scene = Scene::sending_by("twilio").await;
    scene.now = at_clock(&format!("{date} 00:00"), clock);
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%H:%M").to_string();
    for hour in 10..34 {
        scene.person = format!("{prefix}1{hour}").leak();
        let came = time(scene.now);
        scene.text("My tap drips").await;
        scene.pass(45 * MINUTE);
        scene.sweep().await;
        let became = match scene.heard().len() {
            0 => format!("waits for {}", time(scene.conversation().await.due_at.unwrap())),
            _ => "goes".into(),
        };
        if became != last {
            lines.push(format!("{came} {became}"));
            last = became;
        }
        scene.pass(15 * MINUTE);
    }
    lines
}

#[tokio::test]
async fn an_answer_to_a_text_just_received_always_goes() {
    let mut scene = in_phoenix("2026-01-05 03:00").await;
    scene.say("My tap drips").await;
    assert_eq!(scene.heard().len(), 1);
    scene.text("In the kitchen").await;
    scene.pass(29 * MINUTE);
    scene.sweep().await;
    assert_eq!(scene.heard().len(), 2, "that is not late");
}

#[tokio::test]
async fn waiting_costs_nothing_and_the_trace_says_why() {
    let mut scene = in_phoenix("2026-01-05 22:00").await;
    let trace = late(&mut scene, "My tap drips").await;
    let waits = scene.process.store.trace(&trace).await.unwrap().unwrap();
    let waits = waits.steps.iter().find(|step| step.what == steps::WAITS).unwrap();
    let said = ["until", "why"].map(|name| waits.details[name].as_str().unwrap());
    assert_eq!(said, ["08:00 America/Phoenix", "quiet hours in America/Phoenix"]);
    assert!(scene.is_told("An answer comes late and waits until 08:00 America/Phoenix").await);
    while scene.now < at_clock("2026-01-06 07:59", "America/Phoenix") {
        scene.process.sweep.run(scene.now).await.unwrap();
        assert!(scene.process.queue.receive().now_or_never().is_none(), "nothing wakes it");
        scene.pass(10 * MINUTE);
    }
    assert_eq!(scene.openai.requests().len(), 0);
    scene.now = at_clock("2026-01-06 08:00", "America/Phoenix");
    scene.sweep().await;
    assert_eq!(scene.heard(), ["You said: My tap drips"]);
    assert_eq!(scene.notices().await.len(), 1);
    let (due, morning) = (scene.conversation().await.due_at.unwrap(), scene.now);
    assert_eq!(due.duration_since(morning).as_secs(), 24 * HOUR, "it ends a day later");
}

#[tokio::test]
async fn a_text_in_the_night_brings_the_answer_to_all() {
    let mut scene = in_phoenix("2026-01-05 22:00").await;
    late(&mut scene, "My tap drips").await;
    scene.pass(3 * HOUR);
    scene.say("Are you there?").await;
    assert_eq!(scene.heard(), ["You said: My tap drips | Are you there?"]);
    assert_eq!(scene.openai.requests().len(), 1);
    let ends = scene.conversation().await.due_at.unwrap().duration_since(scene.now);
    assert_eq!(ends.as_hours(), 24, "the morning is not waited for any more");
}

#[tokio::test]
async fn keywords_are_answered_while_an_answer_waits() {
    let mut scene = Scene::sending_by("messagecentral").await;
    (scene.person, scene.now) = (PHOENIX, at_clock("2026-01-05 22:00", "America/Phoenix"));
    late(&mut scene, "My tap drips").await;
    scene.say("HELP").await;
    assert_eq!((scene.heard().len(), scene.openai.requests().len()), (1, 0));
    scene.pass(HOUR);
    scene.say("STOP").await;
    assert!(scene.heard()[1].contains("unsubscribed"), "{:?}", scene.heard());
    scene.now = at_clock("2026-01-06 09:00", "America/Phoenix");
    scene.sweep().await;
    assert_eq!((scene.heard().len(), scene.openai.requests().len()), (2, 0));
}

#[tokio::test]
async fn a_trace_does_not_grow_with_what_is_texted_meanwhile() {
    let mut scene = Scene::sending_by("messagecentral").await;
    (scene.person, scene.now) = (PHOENIX, at_clock("2026-01-05 22:00", "America/Phoenix"));
    let trace = late(&mut scene, "My tap drips").await;
    for _ in 0..20 {
        scene.say("HELP").await;
    }
    let seen = scene.process.store.trace(&trace).await.unwrap().unwrap().steps;
    let waits = seen.iter().filter(|step| step.what == steps::WAITS).count();
    // It may begin to wait again after each keyword that is answered.
    assert!(scene.heard().len() == 5 && waits <= 6, "{waits}");
}

#[tokio::test]
async fn a_reply_that_nobody_took_does_not_go_out_in_the_night() {
    let mut scene = refused().await;
    scene.companies.messagecentral.switch.set(Mode::Works);
    scene.live(HOUR).await;
    assert!(scene.heard().is_empty());
    assert!(scene.is_told("waits until 08:00 America/Phoenix").await);
    scene.now = at_clock("2026-01-06 07:59", "America/Phoenix");
    scene.sweep().await;
    assert!(scene.heard().is_empty());
    scene.pass(MINUTE);
    scene.sweep().await;
    assert_eq!(scene.heard(), ["You said: My tap drips"]);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn a_reply_that_waits_lives_for_its_minutes_in_the_morning() {
    let mut scene = refused().await;
    scene.now = at_clock("2026-01-06 08:00", "America/Phoenix");
    scene.live(5 * MINUTE).await;
    assert!(!scene.is_told("A reply was given up").await);
    scene.live(6 * MINUTE).await;
    assert!(scene.is_told("A reply was given up: no provider could send it in time").await);
}

#[tokio::test]
async fn a_text_in_the_night_also_brings_the_reply_that_waited() {
    for text in ["Are you there?", "HELP"] {
        let mut scene = refused().await;
        scene.companies.messagecentral.switch.set(Mode::Works);
        scene.pass(3 * HOUR);
        scene.say(text).await;
        let heard = scene.heard();
        assert_eq!((heard.len(), heard[0].as_str()), (2, "You said: My tap drips"), "{text}");
    }
}

#[tokio::test]
async fn a_model_that_is_back_in_the_night_is_asked_in_the_morning() {
    let mut scene = in_phoenix("2026-01-05 22:00").await;
    scene.openai.answers_with(503, &[("retry-after", "3000")], &json!({}));
    scene.say("My tap drips").await;
    assert_eq!((scene.asked().len(), scene.heard().len()), (1, 1), "the person is told");
    scene.pass(51 * MINUTE);
    scene.sweep().await;
    assert_eq!(scene.asked().len(), 1);
    scene.now = at_clock("2026-01-06 08:00", "America/Phoenix");
    scene.sweep().await;
    assert_eq!(scene.heard().last().unwrap(), "You said: My tap drips");
}

#[tokio::test]
async fn nobody_is_woken_by_an_apology() {
    let mut scene = in_phoenix("2026-01-05 20:00").await;
    scene.text("My tap drips").await;
    // It begins to think before night, and gives up after.
    scene.now = at_clock("2026-01-05 20:59:59.5", "America/Phoenix");
    let (second, silence) = (Duration::from_secs(1), Duration::from_secs(20));
    scene.time_out_after(Timeouts { request: second, turn: second, pause: second, silence });
    scene.openai.switch.set(Mode::HangsAfter);
    scene.sweep().await;
    assert!(scene.heard().is_empty());
    scene.restart();
    scene.openai.switch.set(Mode::Works);
    scene.now = at_clock("2026-01-06 08:00", "America/Phoenix");
    scene.sweep().await;
    assert_eq!(scene.heard(), ["You said: My tap drips"]);
}

#[tokio::test]
async fn what_is_given_back_in_the_night_is_answered_in_the_morning() {
    let mut scene = in_phoenix("2026-01-05 20:00").await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    scene.say("My tap drips").await;
    scene.pass(2 * HOUR);
    scene.give_back().await;
    assert_eq!((scene.heard().len(), scene.asked().len()), (1, 2));
    scene.now = at_clock("2026-01-06 08:00", "America/Phoenix");
    scene.sweep().await;
    assert_eq!(scene.heard().last().unwrap(), "You said: My tap drips");
}

#[tokio::test]
async fn a_weekend_of_waiting_ends_no_conversation() {
    let mut scene = in_rhode_island(&[]).await;
    scene.say("My tap drips").await;
    late(&mut scene, "In the kitchen").await;
    assert!(scene.is_told("waits until Monday 09:00 America/New_York").await);
    until(&mut scene, "2026-01-12 09:00").await;
    assert_eq!(scene.heard().len(), 2);
    until(&mut scene, "2026-01-13 08:59").await;
    let conversation = scene.conversation().await;
    assert_eq!((conversation.number, conversation.answers), (1, 2));
    until(&mut scene, "2026-01-13 09:01").await;
    assert_eq!(scene.conversation().await.number, 2, "it ends a day after the answer");
}

#[tokio::test]
async fn waiting_for_the_hours_is_not_waiting_at_a_cap() {
    let mut scene = in_rhode_island(&[("CAP_TOTAL", "0.06"), ("CAP_TURN", "0.05")]).await;
    scene.person = "+12025550143";
    for text in ["The first", "The second", "The third", "The fourth"] {
        scene.say(text).await;
    }
    scene.person = RHODE_ISLAND;
    late(&mut scene, "My tap drips").await;
    until(&mut scene, "2026-01-12 11:00").await;
    assert!(scene.is_told("The cap CAP_TOTAL is reached").await);
    assert_eq!(scene.loaded().await.waiting.len(), 1);
    until(&mut scene, "2026-01-12 13:00").await;
    let aside = scene.process.store.set_aside(&scene.id(), 20).await.unwrap();
    assert_eq!(aside[0].why, "over a cap");
}

#[tokio::test]
async fn the_page_or_the_setting_says_when_it_is_quiet() {
    for (page, setting, goes) in [
        ("late_minutes: 30", "off", true),
        ("late_minutes: 30", "23-7", true),
        ("late_minutes: 30", "21-8", false),
        ("quiet_hours: off", "21-8", true),
        ("quiet_hours: 22-6", "off", false),
        ("late_minutes: 120", "21-8", true),
    ] {
        let file = page_with(page);
        let path = file.path().display().to_string();
        let settings = [("AGENT_FILE", path.as_str()), ("QUIET_HOURS", setting)];
        let mut scene = Scene::with("twilio", &settings).await;
        (scene.person, scene.now) = (PHOENIX, at_clock("2026-01-05 21:30", "America/Phoenix"));
        scene.text("My tap drips").await;
        scene.pass(45 * MINUTE);
        scene.sweep().await;
        assert_eq!(scene.heard().len(), usize::from(goes), "{page}, QUIET_HOURS={setting}");
    }
}

#[tokio::test]
async fn where_no_hour_comes_the_texts_are_left_to_the_business() {
    let mut scene = Scene::with("twilio", &[("QUIET_HOURS", "14-12"), ("COUNTRIES", "7")]).await;
    scene.person = "+79121234567";
    scene.text("My tap drips").await;
    scene.pass(HOUR);
    scene.sweep().await;
    let aside = scene.process.store.set_aside(&scene.id(), 20).await.unwrap();
    let why: Vec<_> = aside.iter().map(|aside| aside.why.as_str()).collect();
    assert_eq!((why, scene.heard().len()), (vec!["quiet hours"], 0));
    assert!(scene.is_told("there is no hour in which this person may be texted").await);
    scene.say("Are you there?").await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn the_agent_is_told_when_the_business_is_open() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/workshop");
    let files = ["agent.md", "business.toml"].map(|file| format!("{examples}/{file}"));
    let settings = [("AGENT_FILE", files[0].as_str()), ("BUSINESS_FILE", &files[1])];
    let mut scene = Scene::with("twilio", &settings).await;
    scene.now = at_clock("2026-01-06 12:30", "America/Los_Angeles");
    scene.say("The chain skips").await;
    assert!(scene.prompt().contains("It is open now, until 18:00."));
    scene.now = at_clock("2026-01-06 22:30", "America/Los_Angeles");
    scene.say("And the bell is broken").await;
    assert!(
        scene.prompt().contains("It is closed now, and opens tomorrow at 08:00.\nIf it matters")
    );
    assert!(scene.prompt().contains("tell them in their own language: The bench is empty"));
}

/// The person in Phoenix, at this time by the clock there.
async fn in_phoenix(time: &str) -> Scene {
    let mut scene = Scene::sending_by("twilio").await;
    (scene.person, scene.now) = (PHOENIX, at_clock(time, "America/Phoenix"));
    scene
}

/// The person in Rhode Island, half an hour before a quiet weekend.
async fn in_rhode_island(settings: &[(&str, &str)]) -> Scene {
    let mut scene = Scene::with("twilio", settings).await;
    (scene.person, scene.now) = (RHODE_ISLAND, at_clock("2026-01-10 16:30", "America/New_York"));
    scene
}

/// Time passes until this time of the east coast, with a sweep at every hour.
async fn until(scene: &mut Scene, time: &str) {
    let end = at_clock(time, "America/New_York");
    while scene.now < end {
        let second = scene.now.as_second();
        scene.pass(HOUR - second.rem_euclid(HOUR));
        scene.now = scene.now.min(end);
        scene.sweep().await;
    }
}

/// A person in Phoenix at half past nine in the evening, whose reply no provider has taken for ten minutes.
async fn refused() -> Scene {
    let file = page_with("late_minutes: 5");
    let path = file.path().display().to_string();
    let mut scene = Scene::with("messagecentral", &[("AGENT_FILE", path.as_str())]).await;
    (scene.person, scene.now) = (PHOENIX, at_clock("2026-01-05 21:30", "America/Phoenix"));
    scene.companies.messagecentral.switch.set(Mode::Fails(503, "<html>busy</html>".into()));
    scene.say("My tap drips").await;
    scene.live(10 * MINUTE).await;
    scene
}

/// A text that nobody looks at for three quarters of an hour, and its trace.
async fn late(scene: &mut Scene, text: &str) -> telemetry::TraceId {
    scene.text(text).await;
    scene.pass(45 * MINUTE);
    scene.sweep().await;
    let Loaded { waiting, .. } = scene.loaded().await;
    assert_eq!(waiting.len(), 1);
    waiting[0].trace.clone()
}

fn page_with(line: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let page = format!("---\nname: Handy Home\n{line}\n---\nYou take in tasks.\n");
    std::fs::write(file.path(), page).unwrap();
    file
}

fn at_clock(time: &str, clock: &str) -> Timestamp {
    let time: jiff::civil::DateTime = time.parse().unwrap();
    time.to_zoned(TimeZone::get(clock).unwrap()).unwrap().timestamp()
}
