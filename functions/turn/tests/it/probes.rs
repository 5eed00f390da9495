//! Two of our own numbers that text each other, to show whether texts arrive.

use conversations::budget::{Payer, Period};
use fakes::Mode;
use jiff::tz::TimeZone;
use money::Amount;
use scene::Scene;
use telemetry::Alarm;

/// Our number at `MessageCentral`.
const OURS: &str = "+12025550177";

const HOUR: i64 = 3_600;

#[tokio::test]
async fn two_numbers_text_each_other_as_often_as_asked() {
    let mut scene = probing().await;
    for round in 1..=3 {
        scene.sweep().await;
        assert_eq!(sent(&scene), [round, round]);
        arrive(&mut scene).await;
        scene.live(5 * 60).await;
        assert_eq!(sent(&scene), [round, round]);
        scene.pass(6 * HOUR);
    }
    scene.sweep().await;
    assert!(missed(&scene) == 0 && scene.notices().await.is_empty());
    assert!(scene.openai.requests().is_empty(), "no agent read them");
    assert!(scene.process.store.latest(10).await.unwrap().is_empty(), "and it is no conversation");
}

#[tokio::test]
async fn the_owner_pays_for_probes_as_far_as_their_price_is_known() {
    let mut scene = probing().await;
    scene.live(10).await;
    let period = Period::of(scene.now, &TimeZone::UTC);
    let paid = scene.process.store.shard(Payer::Owner).await.unwrap().sums(period).day;
    assert_eq!(
        (sent(&scene), paid, scene.spent().await.day),
        ([1, 1], "0.0133".parse().unwrap(), Amount::ZERO)
    );
}

#[tokio::test]
async fn nothing_is_probed_unless_it_is_configured() {
    let mut scene = Scene::with("twilio,messagecentral", &[("MC_SENDER_ID", OURS)]).await;
    scene.live(60).await;
    assert_eq!(sent(&scene), [0, 0]);
}

#[tokio::test]
async fn an_arrival_is_evidence_though_no_receipt_came() {
    let mut scene = probing().await;
    scene.live(10).await;
    assert_eq!(states(&scene).await, ["unproven", "unproven"]);
    arrive(&mut scene).await;
    scene.live(10).await;
    assert_eq!(states(&scene).await, ["healthy", "healthy"]);
}

#[tokio::test]
async fn silence_in_one_direction_is_one_alarm_whatever_the_receipts_say() {
    let mut scene = probing().await;
    scene.sweep().await;
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "delivered", None)).await;
    arrive_by_messagecentral(&mut scene).await;
    scene.live(9 * 60).await;
    assert_eq!(missed(&scene), 0);
    scene.live(2 * 60).await;
    let sentence = "A text by twilio to our number at messagecentral did not arrive within 10 \
                    minutes. twilio reports that it was delivered: check that the address for texts \
                    at the other is ours.";
    assert_eq!(missed(&scene), 1);
    assert_eq!(scene.notices().await, [sentence]);
    // The next one goes missing as well, which is no news.
    scene.pass(6 * HOUR);
    scene.sweep().await;
    arrive_by_messagecentral(&mut scene).await;
    scene.live(15 * 60).await;
    assert_eq!(sent(&scene), [2, 2]);
    assert_eq!((missed(&scene), scene.notices().await.len()), (1, 1));
}

#[tokio::test]
async fn reports_when_texts_arrive_again_and_the_next_silence_is_another_alarm() {
    let mut scene = probing().await;
    scene.sweep().await;
    scene.live(11 * 60).await;
    assert_eq!(missed(&scene), 2, "one for each direction");
    for again in [true, false] {
        scene.pass(6 * HOUR);
        scene.sweep().await;
        arrive(&mut scene).await;
        let said = "texts by twilio to our number at messagecentral arrive again";
        assert_eq!(scene.logged().matches(said).count(), 1, "{again}");
    }
    scene.pass(6 * HOUR);
    scene.live(15 * 60).await;
    assert_eq!(missed(&scene), 4);
}

#[tokio::test]
async fn a_refused_probe_goes_by_no_other_provider_and_is_missed() {
    let mut scene = probing().await;
    scene.companies.twilio.refuse_with(20003);
    scene.sweep().await;
    arrive(&mut scene).await;
    scene.live(15 * 60).await;
    assert_eq!(sent(&scene), [0, 1]);
    assert!(scene.is_told("twilio did not deliver it (20003).").await);
    assert_eq!(missed(&scene), 1);
}

#[tokio::test]
async fn a_probe_whose_wake_up_is_lost_is_missed_too() {
    let mut scene = probing().await;
    for _ in 0..12 {
        scene.process.sweep.run(scene.now).await.unwrap();
        scene.pass(60);
    }
    assert_eq!(missed(&scene), 2);
    assert!(scene.is_told("It was not even sent").await);
    scene.work().await;
    assert_eq!(sent(&scene), [0, 0], "it would no longer be judged");
}

#[tokio::test]
async fn a_probe_arrives_once_and_only_with_its_exact_words() {
    let mut scene = probing().await;
    scene.sweep().await;
    let genuine = scene.companies.twilio.texts_to(OURS).remove(0);
    (scene.carrier, scene.person) =
        ("messagecentral", scene.companies.twilio.number().to_owned().leak());
    for body in
        ["textback probe 00000000000000000000000000000000", "textback probe ", "My sink leaks"]
    {
        scene.say(body).await;
    }
    assert!(!scene.logged().contains("a probe by twilio"));
    for _ in 0..2 {
        scene.say(&format!("Sent from a trial account - {genuine}")).await;
    }
    assert_eq!(scene.logged().matches("a probe by twilio").count(), 1);
}

#[tokio::test]
async fn a_text_from_one_of_our_numbers_is_never_answered() {
    let mut scene = Scene::with("twilio,messagecentral", &[("MC_SENDER_ID", OURS)]).await;
    for (carrier, person) in [
        ("twilio", OURS),
        ("messagecentral", scene.companies.twilio.number().to_owned().leak() as &str),
    ] {
        (scene.carrier, scene.person) = (carrier, person);
        for body in ["My sink leaks", "HELP", "1234"] {
            scene.say(body).await;
        }
    }
    scene.live(60).await;
    assert_eq!(sent(&scene), [0, 0]);
    assert!(scene.openai.requests().is_empty());
    assert!(scene.process.store.latest(10).await.unwrap().is_empty());
}

/// A mistyped number of ours would probe a stranger.
#[tokio::test]
async fn a_stranger_that_was_taken_for_us_can_stop() {
    let mut scene = probing().await;
    scene.sweep().await;
    (scene.carrier, scene.person) = ("twilio", OURS);
    scene.say("STOP").await;
    scene.pass(6 * HOUR);
    scene.live(60).await;
    assert_eq!(sent(&scene), [1, 2]);
    scene.say("START").await;
    scene.live(60).await;
    assert_eq!(sent(&scene), [2, 2]);
}

#[tokio::test]
async fn no_probe_is_sent_twice_wherever_it_dies() {
    let mut scene = probing().await;
    for steps in 1.. {
        let before = sent(&scene);
        scene.process.sweep.run(scene.now).await.unwrap();
        let died = scene.die_after(steps).await;
        scene.live(120).await;
        for (before, after) in before.into_iter().zip(sent(&scene)) {
            assert!(after <= before + 1, "after {steps} steps");
        }
        if !died {
            break;
        }
        scene.pass(6 * HOUR);
    }
    let before = sent(&scene);
    scene.pass(6 * HOUR);
    scene.live(60).await;
    assert_eq!(sent(&scene), before.map(|texts| texts + 1), "and it goes on");
}

#[tokio::test]
async fn a_probe_with_an_unknown_outcome_is_not_sent_again() {
    let mut scene = probing().await;
    scene.companies.twilio.switch.set(Mode::CutsAfter);
    scene.sweep().await;
    scene.companies.twilio.switch.set(Mode::Works);
    scene.live(15 * 60).await;
    assert_eq!(sent(&scene), [1, 1]);
}

/// Both numbers are ours, and text each other every six hours.
async fn probing() -> Scene {
    let settings = [("MC_SENDER_ID", OURS), ("PROBE_EVERY", "6h")];
    Scene::with("twilio,messagecentral", &settings).await
}

/// The number of texts to our number at `MessageCentral`, and to the one at Twilio.
fn sent(scene: &Scene) -> [usize; 2] {
    let to_twilio = scene.companies.messagecentral.texts_to(scene.companies.twilio.number());
    [scene.companies.twilio.texts_to(OURS).len(), to_twilio.len()]
}

/// How often the alarm was raised.
fn missed(scene: &Scene) -> usize {
    scene.logged().matches(&format!("alarm=\"{}\"", Alarm::ProbeSilent)).count()
}

/// Delivers the latest texts, in both directions.
async fn arrive(scene: &mut Scene) {
    if let Some(body) = scene.companies.twilio.texts_to(OURS).pop() {
        (scene.carrier, scene.person) =
            ("messagecentral", scene.companies.twilio.number().to_owned().leak());
        scene.say(&body).await;
    }
    arrive_by_messagecentral(scene).await;
}

async fn arrive_by_messagecentral(scene: &mut Scene) {
    let body =
        scene.companies.messagecentral.texts_to(scene.companies.twilio.number()).pop().unwrap();
    (scene.carrier, scene.person) = ("twilio", OURS);
    scene.say(&body).await;
}

/// The states of the two routes, in order of their names.
async fn states(scene: &Scene) -> Vec<String> {
    let health = scene.process.store.health().await.unwrap();
    health.verdicts.values().map(|verdict| verdict.state.to_string()).collect()
}
