//! Caps on money.

use std::time::Duration;

use conversations::budget::{Booking, Period, Sums};
use conversations::{Attempt, Change, OrderKind};
use fakes::Mode;
use futures::future::join_all;
use jiff::tz::TimeZone;
use money::Amount;
use scene::{Scene, until};
use serde_json::json;

/// A model that costs ten cents for a thousand tokens written, and nothing for those read.
const PRICES: &str = "[models.\"gpt-4.1-mini\"]\ninput = 0\noutput = 100\n[segments.twilio.US]\nsegment = 0.01\n[segments.aws.US]\nsegment = 0.01\n";

/// A scene with these caps, and the file of its prices.
async fn with(caps: &[(&str, &str)]) -> (Scene, tempfile::NamedTempFile) {
    by("twilio", caps).await
}

async fn by(provider: &str, caps: &[(&str, &str)]) -> (Scene, tempfile::NamedTempFile) {
    let prices = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(prices.path(), PRICES).unwrap();
    let path = prices.path().display().to_string();
    let all = [&[("PRICES_FILE", path.as_str())], caps].concat();
    (Scene::with(provider, &all).await, prices)
}

async fn attempt(scene: &Scene) -> Attempt {
    scene.process.store.attempts_of(&scene.id()).await.unwrap().remove(0)
}

/// The model's next answer, in so many tokens.
fn answers(scene: &Scene, tokens: u32) {
    let message = json!({ "role": "assistant", "content": "Which day?" });
    scene.openai.answers_with(
        200,
        &[],
        &json!({
            "choices": [{ "message": message, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 1_000, "completion_tokens": tokens },
        }),
    );
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

#[tokio::test]
async fn books_what_the_model_and_the_text_cost() {
    let (scene, _prices) = with(&[]).await;
    answers(&scene, 50);
    scene.say("My tap drips").await;
    // 50 tokens for 0.005, and a segment.
    let Sums { held, day, month, total } = scene.spent().await;
    assert_eq!([held, day, month, total], ["0", "0.015", "0.015", "0.015"].map(amount));
    let account = scene.loaded().await.conversation.account;
    assert_eq!((account.cost, account.reserved), (amount("0.015"), None));
    let (_, trace) = scene.trace().await;
    let costs: Vec<_> = trace.steps.iter().filter_map(|step| step.details.get("cost")).collect();
    assert_eq!(costs, ["0.005", "0.01"]);
}

#[tokio::test]
async fn counts_what_the_provider_says_that_it_charges() {
    let (mut scene, _prices) = by("aws", &[]).await;
    answers(&scene, 50);
    scene.say("My tap drips").await;
    assert_eq!(scene.spent().await.day, amount("0.015"));
    let told = scene.receipt(attempt(&scene).await.message_id().unwrap(), "TEXT_DELIVERED", None);
    for _ in 0..2 {
        scene.report(&told).await;
        scene.live(180).await;
        // 0.00861 by the receipt, with the carrier's fee, instead of the 0.01 in the list.
        assert_eq!(scene.spent().await.day, amount("0.01361"));
        assert_eq!(attempt(&scene).await.cost, amount("0.00861"));
    }
}

#[tokio::test]
async fn at_a_persons_cap_texts_wait_and_the_person_is_told_once() {
    let caps = [("CAP_PERSON_DAY", "0.06"), ("CAP_TURN", "0.05")];
    let (mut scene, _prices) = with(&caps).await;
    for text in ["The first", "The second", "The third", "The fourth"] {
        scene.say(text).await;
    }
    let answered = scene.openai.requests().len();
    assert!(answered < 4, "{answered} answers");
    let late = scene.heard().iter().filter(|heard| !heard.starts_with("You said")).count();
    assert_eq!((scene.heard().len(), late), (answered + 1, 1));
    assert!(scene.is_told("The cap CAP_PERSON_DAY is reached").await);
    assert_eq!(scene.logged().matches("alarm=\"money.cap\"").count(), 1);

    // In the morning: nobody is texted at night about what came the day before.
    scene.pass(23 * 3_600);
    scene.live(10).await;
    assert!(scene.heard().last().unwrap().ends_with("The fourth"), "{:?}", scene.heard());
}

#[tokio::test]
async fn at_the_cap_of_a_day_nobody_is_answered_but_a_stop_is_confirmed() {
    let (mut scene, _prices) = with(&[("CAP_DAY", "0.06"), ("CAP_TURN", "0.05")]).await;
    for person in ["+12025550143", "+12025550144", "+12025550145", "+12025550146", "+12025550147"] {
        scene.person = person;
        scene.say("My tap drips").await;
    }
    assert!(scene.openai.requests().len() < 5);
    let Sums { day, .. } = scene.spent().await;
    assert!(day <= amount("0.06"), "{day}");
    scene.say("STOP").await;
    assert!(scene.loaded().await.stop.is_some_and(|stop| stop.confirmed));
}

#[tokio::test]
async fn in_a_flood_at_the_edge_of_a_cap_nothing_is_overspent_and_a_stop_is_heard_at_once() {
    let caps = [("CAP_DAY", "0.20"), ("CAP_TURN", "0.05"), ("NEW_PEOPLE_PER_MINUTE", "off")];
    // It leaves the confirmation to us.
    let (mut scene, _prices) = by("aws", &caps).await;
    let mut woken = Vec::new();
    for number in 0..60 {
        scene.person = format!("+121255501{number:02}").leak();
        scene.text("My tap drips").await;
        woken.push(scene.wake_up().await);
    }
    // The last of them all. Whichever of the person's two wake-ups is first confirms it.
    let own = woken.pop().unwrap();
    scene.text("STOP").await;
    let stop = scene.wake_up().await;
    let others = woken.iter().map(|wake_up| scene.turn(wake_up));
    let (confirmed, _) = tokio::join!(
        async {
            let (stop, own) = tokio::join!(scene.turn(&stop), scene.turn(&own));
            stop.and(own).unwrap();
            scene.heard()
        },
        join_all(others)
    );
    assert_eq!(confirmed.len(), 1, "whoever else is still to be answered");
    scene.live(3_600).await;
    assert_eq!(scene.heard(), confirmed);
    let Sums { held, day, .. } = scene.spent().await;
    assert!(day <= amount("0.20") && held == Amount::ZERO, "{day} and {held}");
    let asked = scene.openai.requests().len();
    assert!((2..60).contains(&asked), "{asked} were answered");
}

#[tokio::test]
async fn the_last_money_of_a_day_is_found_in_whichever_of_many_shards_it_is() {
    let (scene, _prices) = with(&[("CAP_DAY", "100"), ("CAP_TURN", "0.05")]).await;
    scene.say("My tap drips").await;
    for (left, expected) in [(Some(17), 2), (Some(93), 3), (None, 3)] {
        let period = Period::of(scene.now, &TimeZone::UTC);
        let book = |number: i32| {
            let shard = number.to_string();
            let spent = amount(if Some(number) == left { "-1" } else { "1" });
            Change::Booked(Booking { shard, period, spent, released: None })
        };
        let mut loaded = scene.loaded().await;
        let next = loaded.conversation.clone();
        let changes = (0..100).map(book).collect();
        scene.process.store.commit(&mut loaded, next, changes).await.unwrap();
        scene.say("In the kitchen").await;
        assert_eq!(scene.openai.requests().len(), expected, "with money in {left:?}");
    }
}

#[tokio::test]
async fn what_an_operator_says_may_use_what_is_kept_back_and_no_more() {
    let (mut scene, _prices) = with(&[("CAP_DAY", "0.20"), ("CAP_TURN", "0.05")]).await;
    answers(&scene, 100);
    scene.say("My tap drips").await;
    let say = |words: &str| OrderKind::Say { words: words.into(), at_night: true };
    for hour in 0..30 {
        scene.order("ann", say(&format!("Number {hour}"))).await;
        scene.live(60).await;
    }
    let Sums { day, .. } = scene.spent().await;
    assert_eq!(day, amount("0.20"), "every cent is used");
    let acts = scene.acts().await;
    assert_eq!(acts.last().unwrap(), "ann say refused: the cap CAP_DAY is reached");
}

#[tokio::test]
async fn texts_that_waited_for_a_day_are_left_to_the_business() {
    let (mut scene, _prices) = with(&[("CAP_TOTAL", "0.06"), ("CAP_TURN", "0.05")]).await;
    for text in ["The first", "The second", "The third", "The fourth"] {
        scene.say(text).await;
    }
    scene.pass(25 * 3_600);
    scene.live(10).await;
    let aside = scene.process.store.set_aside(&scene.id(), 20).await.unwrap();
    assert!(aside.iter().all(|aside| aside.why == "over a cap") && !aside.is_empty());
    assert!(scene.is_told(&format!("were set aside today: {}", aside.len())).await);
}

#[tokio::test]
async fn warns_once_before_a_cap_is_reached() {
    let (scene, _prices) = with(&[("CAP_DAY", "0.50")]).await;
    // More than it was allowed.
    answers(&scene, 3_900);
    for text in ["The first", "The second", "The third"] {
        scene.say(text).await;
    }
    assert!(scene.is_told("80 % of the cap CAP_DAY is used").await);
    for alarm in ["money.cap", "money.overspent"] {
        let raised = format!("alarm=\"{alarm}\"");
        assert_eq!(scene.logged().matches(&raised).count(), 1, "{alarm}");
    }
}

#[tokio::test]
async fn a_death_leaves_what_was_reserved_for_a_day() {
    let (mut scene, _prices) = with(&[]).await;
    scene.openai.switch.plan([Mode::HangsAfter]);
    scene.text("My tap drips").await;
    scene.die_when(async |scene| !scene.openai.requests().is_empty()).await;
    assert_eq!(scene.spent().await.held, amount("0.10"));
    scene.live(120).await;
    assert_eq!(scene.heard().len(), 1);
    assert_eq!(scene.spent().await.held, amount("0.10"), "nobody knows what it cost");
    scene.pass(25 * 3_600);
    assert_eq!(scene.spent().await.held, Amount::ZERO);
}

#[tokio::test]
async fn what_a_provider_refused_costs_nothing() {
    let (scene, _prices) = with(&[]).await;
    answers(&scene, 50);
    let refused = r#"{"code":21211,"message":"Invalid To","status":400}"#;
    scene.companies.twilio.switch.plan([Mode::Fails(400, refused.into())]);
    scene.say("My tap drips").await;
    assert_eq!(scene.spent().await.day, amount("0.005"));
}

/// A scene in which twilio refuses, and a segment by vonage costs more.
async fn by_a_dearer_one(segment: &str) -> (Scene, tempfile::NamedTempFile) {
    let (scene, file) = beside_a_dearer_one(segment).await;
    scene.companies.twilio.refuse_with(20003);
    (scene, file)
}

async fn beside_a_dearer_one(segment: &str) -> (Scene, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let dear = format!("{PRICES}[segments.vonage.US]\nsegment = {segment}\n");
    std::fs::write(file.path(), dear).unwrap();
    let path = file.path().display().to_string();
    let settings = [("PRICES_FILE", path.as_str()), ("CAP_TURN", "0.10"), ("CAP_DAY", "0.12")];
    (Scene::with("twilio,vonage", &settings).await, file)
}

#[tokio::test]
async fn what_a_dearer_provider_charges_that_takes_over_was_reserved() {
    let (scene, _prices) = by_a_dearer_one("0.03").await;
    // What its turn leaves beside two segments of the dearer one.
    answers(&scene, 400);
    scene.say("My tap drips").await;
    assert_eq!(scene.openai.requests()[0]["max_completion_tokens"], 400);
    assert_eq!(scene.attempts().await, ["twilio: failed", "vonage: accepted"]);
    let Sums { held, day, .. } = scene.spent().await;
    assert_eq!((held, day), (Amount::ZERO, amount("0.07")));
}

#[tokio::test]
async fn what_a_dearer_provider_would_charge_stays_reserved_until_it_is_not_needed() {
    let (mut scene, _prices) = by_a_dearer_one("0.03").await;
    answers(&scene, 50);
    scene.companies.twilio.switch.set(Mode::HangsBefore);
    scene.text("My tap drips").await;
    scene.die_when(async |scene| !scene.attempts().await.is_empty()).await;
    assert_eq!(scene.spent().await.held, amount("0.02"));
    scene.companies.twilio.switch.set(Mode::Works);
    scene.live(90).await;
    assert_eq!(scene.attempts().await, ["twilio: failed", "twilio: failed", "vonage: accepted"]);
    let Sums { held, day, .. } = scene.spent().await;
    assert_eq!((held, day), (Amount::ZERO, amount("0.035")));
}

#[tokio::test]
async fn no_provider_takes_over_that_costs_more_than_its_turn_may() {
    let (mut scene, _prices) = by_a_dearer_one("0.11").await;
    answers(&scene, 50);
    scene.say("My tap drips").await;
    scene.live(660).await;
    assert!(scene.companies.vonage.messages().is_empty());
    assert_eq!(scene.spent().await.day, amount("0.005"));
    let told = "Also, by vonage it would cost more than is left for it.";
    assert!(scene.is_told(told).await, "{:?}", scene.notices().await);
}

#[tokio::test]
async fn what_failed_late_is_sent_again_for_no_more_than_its_turn_has_left() {
    for (segment, expected) in [("0.08", 2), ("0.09", 1)] {
        let (mut scene, _prices) = beside_a_dearer_one(segment).await;
        answers(&scene, 50);
        scene.say("My tap drips").await;
        let sid = scene.companies.twilio.messages()[0].sid.clone();
        scene.report(&scene.receipt(&sid, "undelivered", Some(30008))).await;
        scene.live(5).await;
        assert_eq!(scene.attempts().await.len(), expected, "at {segment}");
    }
}

#[tokio::test]
async fn what_is_given_back_after_midnight_belongs_to_the_day_on_which_it_was_counted() {
    let (mut scene, _prices) = with(&[]).await;
    // In New York, where the business is.
    scene.now = "2026-01-05T23:59:20-05:00".parse().unwrap();
    answers(&scene, 50);
    scene.companies.twilio.switch.set(Mode::HangsBefore);
    scene.text("My tap drips").await;
    scene.die_when(async |scene| !scene.attempts().await.is_empty()).await;
    scene.companies.twilio.switch.set(Mode::Works);
    scene.live(90).await;
    assert_eq!(scene.attempts().await, ["twilio: failed", "twilio: accepted"]);
    // The second attempt is the first of the new day.
    let Sums { day, total, .. } = scene.spent().await;
    assert_eq!([day, total], ["0.01", "0.015"].map(amount));
}

#[tokio::test]
async fn a_stop_while_the_model_thinks_leaves_nothing_reserved_and_counts_what_it_cost() {
    let (scene, _prices) = by("aws", &[]).await;
    scene.text("My tap drips").await;
    let thinking = scene.wake_up().await;
    scene.openai.switch.set(Mode::Slow(Duration::from_millis(300)));
    answers(&scene, 50);
    let stopped = async {
        until(async || !scene.openai.requests().is_empty()).await;
        scene.text("STOP").await;
        let stop = scene.wake_up().await;
        scene.turn(&stop).await.unwrap();
    };
    let (thought, ()) = tokio::join!(scene.turn(&thinking), stopped);
    thought.unwrap();
    let Sums { held, day, .. } = scene.spent().await;
    // The model, and the confirmation of the stop.
    assert_eq!((held, day), (Amount::ZERO, amount("0.015")));
}

#[tokio::test]
async fn a_conversation_that_ends_by_itself_says_what_it_cost_and_the_next_begins_with_nothing() {
    let (mut scene, _prices) = with(&[]).await;
    answers(&scene, 50);
    scene.say("My tap drips").await;
    scene.pass(25 * 3_600);
    scene.live(120).await;
    let conversation = scene.conversation().await;
    assert_eq!((conversation.number, conversation.account.cost), (2, Amount::ZERO));
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!(ended[0].cost, amount("0.015"));
}

#[tokio::test]
async fn a_turn_costs_no_more_than_its_cap_however_often_the_model_is_asked() {
    let (mut scene, _prices) = with(&[("CAP_TURN", "0.05")]).await;
    // Nobody knows what a server charges that is cut off, so the most is counted.
    scene.openai.switch.set(Mode::CutsAfter);
    scene.say("My tap drips").await;
    scene.live(3_600).await;
    let Sums { held, day, .. } = scene.spent().await;
    // With the apology, which is a segment.
    assert!(held == Amount::ZERO && day <= amount("0.06"), "{day} and {held}");
    assert!(scene.is_told("The agent handed a conversation over").await);
    assert!(scene.openai.requests().len() < 8, "{} requests", scene.openai.requests().len());
}

#[tokio::test]
async fn a_young_text_is_not_left_with_one_that_waited_for_a_day() {
    let (mut scene, _prices) = with(&[("CAP_TOTAL", "0.06"), ("CAP_TURN", "0.05")]).await;
    for text in ["The first", "The second", "The third", "The fourth"] {
        scene.say(text).await;
    }
    scene.pass(23 * 3_600 + 1_800);
    scene.say("The fifth").await;
    scene.live(3_600).await;
    let aside = scene.process.store.set_aside(&scene.id(), 20).await.unwrap();
    assert!(!aside.is_empty() && aside.iter().all(|aside| aside.text.body != "The fifth"));
    assert_eq!(scene.loaded().await.waiting.len(), 1);
}
