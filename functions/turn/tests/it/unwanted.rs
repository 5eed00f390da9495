//! A reply that is not wanted any more: the person has stopped, is blocked, or was erased since.

use fakes::Mode;
use jiff::SignedDuration;
use scene::Scene;
use sms::Number;

/// Why a reply is not wanted any more.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Stopped,
    Blocked,
    Erased,
}

const ALL: [Left; 3] = [Left::Stopped, Left::Blocked, Left::Erased];

#[tokio::test]
async fn is_over_when_a_receipt_reports_failure() {
    let each = [("twilio,messagecentral", 30008), ("twilio", 30003)];
    for ((providers, code), left) in each.into_iter().flat_map(|it| ALL.map(|left| (it, left))) {
        let mut scene = Scene::sending_by(providers).await;
        scene.say("My sink leaks").await;
        report(&scene, code).await;
        leave(&scene, left).await;
        scene.work().await;
        ends(&scene, left).await;
        scene.live(60).await;
        assert_eq!(scene.heard(), ["You said: My sink leaks"], "{left:?}");
        assert_eq!(scene.notices().await, [""; 0], "{left:?}");
    }
}

#[tokio::test]
async fn is_not_tried_once_more_by_the_same_provider() {
    for left in ALL {
        let mut scene = failed_at_an_unreachable_phone().await;
        leave(&scene, left).await;
        scene.live(600).await;
        assert_eq!(scene.heard(), ["You said: My sink leaks"], "{left:?}");
        assert_eq!(scene.notices().await, [""; 0], "{left:?}");
        ends(&scene, left).await;
    }
}

#[tokio::test]
async fn is_nobodys_concern_when_it_cannot_be_tried_once_more() {
    for left in ALL {
        let mut scene = failed_at_an_unreachable_phone().await;
        scene.companies.twilio.lookups.set(Mode::Fails(500, String::new()));
        leave(&scene, left).await;
        scene.live(600).await;
        assert_eq!(scene.heard().len(), 1, "{left:?}");
        assert_eq!(scene.notices().await, [""; 0], "{left:?}");
    }
}

#[tokio::test]
async fn is_dropped_while_it_waits_for_a_provider() {
    for left in ALL {
        let mut scene = Scene::sending_by("twilio").await;
        scene.companies.twilio.refuse_with(20003);
        scene.say("My sink leaks").await;
        leave(&scene, left).await;
        scene.companies.twilio.accept();
        scene.live(60).await;
        assert!(scene.heard().is_empty(), "{left:?}");
        ends(&scene, left).await;
    }
}

#[tokio::test]
async fn is_not_sent_after_a_crash_that_lost_it() {
    for left in ALL {
        let mut scene = Scene::sending_by("twilio").await;
        scene.companies.twilio.switch.set(Mode::HangsBefore);
        scene.text("My sink leaks").await;
        scene.die_when(async |scene| !scene.attempts().await.is_empty()).await;
        scene.companies.twilio.switch.set(Mode::Works);
        leave(&scene, left).await;
        scene.live(120).await;
        assert!(scene.heard().is_empty(), "{left:?}");
        ends(&scene, left).await;
    }
}

#[tokio::test]
async fn goes_by_no_other_provider_after_a_refusal() {
    for left in ALL {
        let scene = Scene::sending_by("twilio,messagecentral").await;
        scene.companies.twilio.refuse_with(20003);
        scene.companies.twilio.switch.set(Mode::Holds);
        scene.text("My sink leaks").await;
        let meanwhile = async {
            while scene.attempts().await.is_empty() {
                tokio::task::yield_now().await;
            }
            leave(&scene, left).await;
            scene.companies.twilio.switch.set(Mode::Works);
        };
        tokio::join!(scene.work(), meanwhile);
        assert!(scene.heard().is_empty(), "{left:?}");
    }
}

/// Somebody whom Twilio did not reach, and who would be tried again in two minutes.
async fn failed_at_an_unreachable_phone() -> Scene {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    report(&scene, 30003).await;
    scene.work().await;
    assert!(scene.conversation().await.open.is_some());
    scene
}

async fn report(scene: &Scene, code: u32) {
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "undelivered", Some(code))).await;
}

async fn leave(scene: &Scene, left: Left) {
    let (store, theirs) = (&scene.process.store, Number::parse(scene.person).unwrap());
    match left {
        Left::Stopped => {
            scene.text("STOP").await;
        }
        Left::Blocked => store.block(&theirs, scene.now).await.unwrap(),
        Left::Erased => {
            // A turn has a clock that goes on.
            let now = scene.now + SignedDuration::from_secs(1);
            store.erase(&theirs, || now).await.unwrap();
        }
    }
}

/// Nothing is left to do.
async fn ends(scene: &Scene, left: Left) {
    match left {
        Left::Erased => {
            let theirs = Number::parse(scene.person).unwrap();
            let held = scene.process.store.held(&theirs).await.unwrap();
            let found: Vec<_> = held.documents().map(|(what, _)| what).collect();
            assert_eq!(found, ["erasures"]);
        }
        _ => assert!(scene.is_at_rest().await, "{left:?}"),
    }
}
