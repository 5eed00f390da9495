//! Texts from numbers that can never be a person's: answered, and carried by nobody.

use fakes::Mode;
use scene::Scene;

/// Of Twilio's magic numbers, the one that works.
const TEST_NUMBER: &str = "+15005550006";

#[tokio::test]
async fn answers_a_test_number_and_stops_before_a_provider() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.person = TEST_NUMBER;
    scene.say("My sink leaks").await;
    assert_eq!(scene.asked(), [["My sink leaks"]]);
    assert!(
        scene.companies.twilio.messages().is_empty()
            && scene.companies.messagecentral.messages().is_empty()
    );

    let id = scene.id();
    let attempts = scene.process.store.attempts_of(&id).await.unwrap();
    assert_eq!(scene.attempts().await, ["messagecentral: failed"], "there is no failover");
    assert_eq!(attempts[0].code.as_deref(), Some("a test number: nothing was sent"));
    let (_, trace) = scene.trace().await;
    let sent = trace.steps.last().unwrap();
    assert_eq!((sent.what.as_str(), &sent.details["provider"]), ("sent", &"messagecentral".into()));
    assert_eq!(sent.details["outcome"], "undeliverable (a test number: nothing was sent)");

    assert!(scene.is_at_rest().await && scene.notices().await.is_empty());
    assert_eq!(scene.conversation().await.turns.len(), 2, "the agent is not told that it failed");
}

#[tokio::test]
async fn asks_no_provider_about_a_test_number_wherever_it_dies() {
    let mut scene = Scene::sending_by("twilio").await;
    // Whoever asks gets no answer, and has to ask again.
    scene.companies.twilio.lookups.set(Mode::Fails(500, String::new()));
    for steps in 1.. {
        scene.person = format!("+1500555{steps:04}").leak();
        scene.text("My sink leaks").await;
        let died = scene.die_after(steps).await;
        scene.live(120).await;
        assert!(scene.is_at_rest().await, "after {steps} steps");
        assert!(scene.notices().await.is_empty(), "after {steps} steps");
        if !died {
            break;
        }
    }
    assert!(scene.companies.twilio.messages().is_empty());
}
