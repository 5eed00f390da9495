//! Failures that only the sweep can notice: each is reported once, and none is reported when all is
//! well.

use conversations::{Attempt, Reply};
use fakes::Mode;
use jiff::{SignedDuration, Timestamp};
use scene::Scene;
use sms::Number;
use telemetry::TraceId;

const DAY: i64 = 24 * 3_600;

#[tokio::test]
async fn unknown_outcomes_are_an_alarm_once_a_day() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.companies.messagecentral.switch.set(Mode::CutsAfter);
    for (texts, alarms) in [(1, 0), (2, 0), (3, 1), (4, 1)] {
        text_as(&mut scene, &format!("+1202555014{texts}")).await;
        quarter(&mut scene).await;
        assert_eq!(raised(&scene, "outcomes.unknown"), alarms, "after {texts} texts");
    }
    let sentence = "It is unknown whether 3 of the last 3 texts by messagecentral to +1 were sent.";
    assert!(scene.is_told(sentence).await);
    scene.pass(DAY);
    for texts in 5..8 {
        text_as(&mut scene, &format!("+1202555014{texts}")).await;
    }
    quarter(&mut scene).await;
    assert_eq!(raised(&scene, "outcomes.unknown"), 2);
}

#[tokio::test]
async fn a_country_from_which_nothing_is_ever_heard_is_an_alarm_before_it_is_suspect() {
    let mut scene = Scene::sending_by("messagecentral").await;
    text_as(&mut scene, "+12025550143").await;
    scene.live(60).await;
    scene.say("Elm Street 5, on Tuesday").await;
    for texts in 0..8 {
        quarter(&mut scene).await;
        assert_eq!(raised(&scene, "evidence.none"), 0, "after {texts} texts");
        text_as(&mut scene, &format!("+44207946095{texts}")).await;
    }
    for _ in 0..3 {
        quarter(&mut scene).await;
        assert_eq!(raised(&scene, "evidence.none"), 1);
    }
    let sentence = "messagecentral was handed 8 texts to +44, and nothing has ever shown that one \
                    arrived.";
    assert!(scene.is_told(sentence).await);
    assert_eq!(raised(&scene, "route.suspect"), 0);
    scene.pass(2 * DAY);
    quarter(&mut scene).await;
    assert_eq!(raised(&scene, "evidence.none"), 1, "nobody there is texted any more");
}

#[tokio::test]
async fn silence_where_texts_are_usual_is_one_alarm() {
    let mut scene = Scene::sending_by("twilio").await;
    four_weeks_of_custom(&scene).await;
    text_as(&mut scene, "+12025550143").await;
    for (minutes, alarms) in [(90, 0), (120, 1), (240, 1), (300, 1)] {
        live_until(&mut scene, minutes).await;
        assert_eq!(raised(&scene, "texts.silent"), alarms, "after {minutes} minutes");
    }
    // The next silence is another alarm.
    text_as(&mut scene, "+12025550144").await;
    quarter(&mut scene).await;
    scene.pass(DAY);
    quarter(&mut scene).await;
    assert_eq!(raised(&scene, "texts.silent"), 2);
}

#[tokio::test]
async fn what_one_person_goes_on_about_is_one_conversation() {
    let mut scene = Scene::sending_by("twilio").await;
    for text in ["My sink leaks", "In the kitchen", "Since Monday"] {
        scene.say(text).await;
        scene.live(10).await;
    }
    let begun = scene.process.store.attempts_of(&scene.id()).await.unwrap();
    let opens: Vec<_> = begun.iter().map(|attempt| attempt.opens).collect();
    assert_eq!(opens, [true, false, false]);
    let last = routing::rhythm(&scene.process.store).await.unwrap().last();
    assert_eq!(last, Some(begun[0].at));
}

#[tokio::test]
async fn a_day_on_which_all_is_well_raises_no_alarm() {
    let mut scene = Scene::sending_by("twilio,messagecentral").await;
    four_weeks_of_custom(&scene).await;
    for person in 10..40 {
        text_as(&mut scene, &format!("+120255501{person}")).await;
        let sid = scene.companies.twilio.messages().last().unwrap().sid.clone();
        scene.report(&scene.receipt(&sid, "delivered", None)).await;
        quarter(&mut scene).await;
    }
    assert!(!scene.logged().contains("alarm="));
    assert!(scene.notices().await.is_empty());
}

/// Four conversations an hour, from nine to five on every day of the last four weeks.
async fn four_weeks_of_custom(scene: &Scene) {
    let morning: Timestamp = "2025-12-08T09:00:00Z".parse().unwrap();
    let (trace, person) = (TraceId::fresh(), Number::parse("+12025550199").unwrap());
    let begun = (0..28).flat_map(|day| (0..32).map(move |quarter| (day, quarter)));
    let attempts: Vec<_> = begun
        .map(|(day, quarter)| {
            let at = morning + SignedDuration::from_mins(24 * 60 * day + 15 * quarter);
            let by = ("twilio", scene.companies.twilio.number(), None);
            let reply = Reply::alone("Hello", &trace, at);
            let id = format!("{trace}-{day}-{quarter}");
            let attempt = Attempt::begin(id, &scene.id(), by, &person, reply, at);
            Attempt { opens: true, ..attempt }
        })
        .collect();
    routing::note_begun(&scene.process.store, &attempts, morning).await.unwrap();
}

pub(crate) async fn text_as(scene: &mut Scene, person: &str) {
    scene.person = person.to_owned().leak();
    scene.say("My sink leaks").await;
}

/// Lets a quarter of an hour pass.
async fn quarter(scene: &mut Scene) {
    for _ in 0..15 {
        scene.pass(60);
        scene.sweep().await;
    }
}

/// Lives until so many minutes past three.
async fn live_until(scene: &mut Scene, minutes: i64) {
    let three: Timestamp = "2026-01-05T15:00:00Z".parse().unwrap();
    while scene.now < three + SignedDuration::from_mins(minutes) {
        quarter(scene).await;
    }
}

/// How often an alarm was raised.
pub(crate) fn raised(scene: &Scene, alarm: &str) -> usize {
    scene.logged().matches(&format!("alarm=\"{alarm}\"")).count()
}

/// There is nothing to fix about a text that nobody can answer.
#[tokio::test]
async fn raises_none_about_a_short_code_or_a_name() {
    let scene = Scene::sending_by("twilio").await;
    for from in ["384387", "Oakwood"] {
        let account = scene.companies.twilio.account_sid();
        let sid = "SM00000000000000000000000000000001";
        let fields =
            [("From", from), ("Body", "A code"), ("MessageSid", sid), ("AccountSid", account)];
        assert_eq!(
            scene
                .post(&scene.made(|by, to| by.twilio.signed(
                    to,
                    "/webhooks/twilio/inbound",
                    &fields
                )))
                .await,
            200
        );
    }
    let kept = scene.process.store.quarantined(10).await.unwrap();
    let reasons: Vec<_> = kept.iter().map(|call| &*call.reason).collect();
    assert_eq!(reasons, ["the sender is a short code or a name, which cannot be answered"; 2]);
    assert_eq!(scene.process.store.seen(&kept[0].shape()).await.unwrap(), 2);
    assert!(scene.notices().await.is_empty() && !scene.logged().contains("webhook.quarantined"));
}
