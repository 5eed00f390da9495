//! Whether replies arrive: how that is found out, and what follows.

use evidence::State;
use fakes::Mode;
use scene::Scene;

const PEOPLE: [&str; 4] = ["+12025550143", "+12025550144", "+12025550145", "+12025550146"];

#[tokio::test]
async fn finds_out_a_provider_that_accepts_everything_and_delivers_nothing() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    for person in &PEOPLE[..3] {
        scene.person = person;
        scene.say("My sink leaks").await;
        scene.live(30).await;
    }
    assert_eq!(scene.state("messagecentral").await, State::Suspect);
    let alarm = scene.alarm("route.suspect").expect("somebody has to know");
    assert!(alarm.contains("messagecentral to +1 is suspect: It was handed 3 texts"), "{alarm}");
    assert!(scene.is_told("messagecentral to +1 is suspect").await);

    scene.person = PEOPLE[3];
    scene.say("My sink leaks").await;
    assert_eq!(scene.companies.twilio.texts_to(PEOPLE[3]), ["You said: My sink leaks"]);
    scene.live(1_200).await;
    for person in PEOPLE {
        let texts = [
            scene.companies.twilio.texts_to(person),
            scene.companies.messagecentral.texts_to(person),
        ]
        .concat();
        assert_eq!(texts.len(), 1, "nobody is texted twice");
    }
}

#[tokio::test]
async fn finds_it_out_within_ten_minutes_of_a_single_text() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.say("My sink leaks").await;
    scene.live(590).await;
    assert_eq!(scene.state("messagecentral").await, State::Unproven);
    scene.live(15).await;
    assert_eq!(scene.state("messagecentral").await, State::Suspect);
    scene.say("It leaks more and more").await;
    assert_eq!(scene.companies.twilio.texts_to(scene.person), ["You said: It leaks more and more"]);
}

#[tokio::test]
async fn does_not_count_a_nudge_as_an_answer() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    for text in ["My sink leaks", "Hello??", "my sink leaks!"] {
        scene.say(text).await;
        scene.live(30).await;
    }
    assert_eq!(scene.state("messagecentral").await, State::Suspect);
}

#[tokio::test]
async fn gives_an_unproven_provider_no_more_than_three_texts_on_trust() {
    let scene = &mut Scene::sending_by("messagecentral,vonage,twilio").await;
    scene.carrier = "twilio";
    scene.companies.twilio.refuse_with(20003);
    for person in PEOPLE {
        scene.person = person;
        scene.say("My sink leaks").await;
        // The evidence of the routes is written once every few seconds, and the rest is left to the
        // sweep.
        scene.live(5).await;
    }
    assert_eq!(scene.attempts().await.last().unwrap(), "vonage: accepted");
    assert_eq!(scene.companies.messagecentral.messages().len(), 3);
    assert_eq!(scene.state("messagecentral").await, State::Unproven);
}

#[tokio::test]
async fn answers_from_the_number_that_was_texted_whoever_is_preferred() {
    let scene = &mut Scene::sending_by("messagecentral,twilio").await;
    scene.person = PEOPLE[0];
    scene.say("My sink leaks").await;
    scene.pass(60);
    scene.say("It is in the kitchen").await;
    scene.live(10).await;
    scene.carrier = "twilio";
    for person in &PEOPLE[1..] {
        scene.person = person;
        scene.say("My sink leaks").await;
        scene.say("Hello??").await;
    }
    assert_eq!(scene.state("messagecentral").await, State::Healthy);
    assert_eq!(scene.companies.twilio.messages().len(), 6);
    assert!(
        scene
            .companies
            .twilio
            .messages()
            .iter()
            .all(|sent| sent.from == scene.companies.twilio.number())
    );
    assert_eq!(scene.state("twilio").await, State::Unproven);
    // If it is refused, it goes by another.
    scene.companies.twilio.refuse_with(21611);
    scene.say("Is anybody there?").await;
    assert_eq!(scene.companies.messagecentral.texts_to(PEOPLE[3]), ["You said: Is anybody there?"]);
}

#[tokio::test]
async fn says_so_when_nothing_works_and_whose_fix_it_is() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.companies.twilio.refuse_with(20003);
    scene.say("My sink leaks").await;
    scene.live(610).await;
    scene.person = PEOPLE[1];
    scene.say("My sink leaks").await;
    assert_eq!(scene.state("twilio").await, State::Down);
    let alarm = scene.alarm("nothing.works").expect("nothing pretends");
    for words in [
        "No provider works.",
        "messagecentral: It was handed one text, and nothing has ever shown that one arrived.",
        "twilio: It refuses texts because of the account (code 20003).",
        "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again",
    ] {
        assert!(alarm.contains(words), "{words} is not in {alarm}");
    }
    assert!(scene.is_told("No provider works.").await);
    let attempts = scene.attempts().await;
    assert_eq!(attempts, ["twilio: failed", "messagecentral: accepted"]);
}

#[tokio::test]
async fn believes_a_provider_without_receipts_once_a_person_has_answered() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.say("My sink leaks").await;
    scene.live(60).await;
    scene.say("Elm Street 5, on Tuesday").await;
    scene.live(10).await;
    assert_eq!(scene.state("messagecentral").await, State::Healthy);
    scene.live(900).await;
    assert_eq!(scene.state("messagecentral").await, State::Healthy);
    assert_eq!(scene.alarm("route.suspect"), None);
}

#[tokio::test]
async fn explains_each_choice_in_the_trace() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.say("My sink leaks").await;
    let why = scene.why().await;
    let texted = "messagecentral is unproven. Nothing is known about it yet. The person has texted \
                  its number.";
    assert_eq!(why, texted);
    scene.live(610).await;
    scene.person = PEOPLE[1];
    scene.say("My sink leaks").await;
    let why = scene.why().await;
    assert!(
        why.contains("Passed over: messagecentral is suspect. It was handed one text"),
        "{why}"
    );
}

#[tokio::test]
async fn sends_a_reply_by_another_provider_when_a_receipt_reports_failure() {
    let mut scene = answered_by_twilio().await;
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30008))).await;
    scene.live(5).await;
    assert_eq!(scene.companies.messagecentral.texts_to(scene.person), ["You said: My sink leaks"]);
    // The same receipt again, in other words.
    scene.report(&scene.receipt(&sid(&scene), "failed", Some(30008))).await;
    scene.live(700).await;
    assert_eq!(scene.attempts().await, ["twilio: undelivered", "messagecentral: accepted"]);
}

#[tokio::test]
async fn changes_the_route_at_once_when_a_receipt_blames_the_sender() {
    let mut scene = answered_by_twilio().await;
    scene.pass(5);
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30034))).await;
    scene.work().await;
    assert_eq!(scene.state("twilio").await, State::Down);
    assert!(scene.alarm("route.down").unwrap().contains("Register brand and campaign"));
    scene.person = PEOPLE[1];
    scene.say("My sink leaks").await;
    assert_eq!(scene.companies.messagecentral.texts_to(PEOPLE[1]).len(), 1);
    assert!(scene.companies.twilio.texts_to(PEOPLE[1]).is_empty());
}

#[tokio::test]
async fn sends_a_reply_by_another_provider_when_a_poll_reports_failure() {
    let mut scene = answered_by_twilio().await;
    // The receipt got lost.
    let _ = scene.receipt(&sid(&scene), "undelivered", Some(30008));
    scene.live(55).await;
    assert_eq!(scene.attempts().await, ["twilio: accepted"]);
    scene.live(10).await;
    assert_eq!(scene.attempts().await, ["twilio: undelivered", "messagecentral: accepted"]);
}

#[tokio::test]
async fn sends_nothing_again_that_no_other_provider_could_deliver() {
    for (code, told) in [
        (30006, "The number is a landline"),
        (30007, "A carrier filtered the text out"),
        (21610, ""),
    ] {
        let mut scene = answered_by_twilio().await;
        scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(code))).await;
        scene.live(60).await;
        assert!(scene.companies.messagecentral.messages().is_empty(), "{code}");
        assert!(scene.is_told(told).await || told.is_empty(), "{code}");
    }
}

#[tokio::test]
async fn tries_once_more_by_the_same_provider_if_the_phone_was_unreachable() {
    let mut scene = answered_by_twilio_alone().await;
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30003))).await;
    scene.live(55).await;
    assert_eq!(scene.heard().len(), 1, "not at once");
    scene.live(70).await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"; 2]);
    let again = scene.companies.twilio.messages()[1].sid.clone();
    scene.report(&scene.receipt(&again, "undelivered", Some(30003))).await;
    scene.live(300).await;
    assert_eq!(scene.heard().len(), 2, "once");
    assert_eq!(scene.attempts().await, ["twilio: undelivered"; 2]);
    assert!(scene.is_told("It is not sent again: it was already tried once more.").await);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn tries_again_at_once_when_the_person_texts() {
    let mut scene = answered_by_twilio_alone().await;
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30003))).await;
    scene.work().await;
    scene.pass(5);
    scene.say("Hello?").await;
    let answers = ["You said: My sink leaks", "You said: My sink leaks", "You said: Hello?"];
    assert_eq!(scene.heard(), answers);
}

#[tokio::test]
async fn tries_nothing_again_that_may_have_arrived() {
    for (word, code) in [("delivered", None), ("sent", None), ("undelivered", Some(30008))] {
        let mut scene = answered_by_twilio_alone().await;
        scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30003))).await;
        scene.work().await;
        // Twilio has a newer status by now, and its call got lost.
        let _ = scene.receipt(&sid(&scene), word, code);
        scene.live(600).await;
        assert_eq!(scene.heard().len(), 1, "{word} {code:?}");
        assert!(scene.is_at_rest().await, "{word}");
    }
    let mut scene = answered_by_twilio_alone().await;
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30003))).await;
    scene.companies.twilio.lookups.set(Mode::Fails(500, String::new()));
    scene.live(600).await;
    assert_eq!(scene.heard().len(), 1, "Twilio gives no status");
    assert!(scene.is_told("its provider gives no status for it").await);
}

#[tokio::test]
async fn tries_nothing_again_for_a_reason_that_does_not_pass() {
    for code in [30004, 30005, 30006, 30007, 30008] {
        let mut scene = answered_by_twilio_alone().await;
        scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(code))).await;
        scene.live(600).await;
        assert_eq!(scene.heard().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn tries_no_more_than_once_more_whenever_it_dies() {
    for steps in 0..40 {
        let mut scene = answered_by_twilio_alone().await;
        scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30003))).await;
        scene.work().await;
        scene.pass(120);
        scene.process.sweep.run(scene.now).await.unwrap();
        scene.die_after(steps).await;
        scene.live(200).await;
        let times = scene.heard().len();
        // After some step it may have been sent, and is not sent again. Twilio's stand-in has a
        // clock of its own, so there the first attempt looks like it.
        assert!(times == 2 || (times == 1 && steps > 2), "{times} times after {steps} steps");
        assert!(scene.is_at_rest().await, "after {steps} steps");
    }
}

#[tokio::test]
async fn tells_the_agent_of_a_failed_reply_that_is_too_old_to_be_sent_again() {
    let mut scene = answered_by_twilio().await;
    scene.live(610).await;
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30008))).await;
    scene.live(5).await;
    assert!(scene.companies.messagecentral.messages().is_empty());
    assert!(scene.is_told("A reply by twilio did not arrive (30008).").await);
    scene.say("Is somebody coming?").await;
    let told = "Your reply \"You said: My sink leaks\" did not reach the person.";
    assert!(scene.prompt().contains(told), "{}", scene.prompt());
}

#[tokio::test]
async fn tells_the_agent_nothing_of_a_merely_unconfirmed_reply() {
    let mut scene = answered_by_twilio().await;
    scene.live(7_200).await;
    scene.say("Is somebody coming?").await;
    assert!(!scene.prompt().contains("reach the person"));
}

#[tokio::test]
async fn marks_a_reply_that_was_reported_both_as_failed_and_as_delivered() {
    let mut scene = answered_by_twilio().await;
    for (word, code) in [("undelivered", Some(30008)), ("delivered", None)] {
        scene.report(&scene.receipt(&sid(&scene), word, code)).await;
    }
    scene.live(60).await;
    let attempts = scene.process.store.attempts_of(&scene.id()).await.unwrap();
    assert!(attempts[0].is_conflicted());
    assert!(
        scene.companies.messagecentral.messages().is_empty(),
        "it has arrived, so nothing is sent"
    );
}

#[tokio::test]
async fn sends_no_failed_reply_again_once_the_person_has_stopped() {
    let mut scene = answered_by_twilio().await;
    scene.say("STOP").await;
    let before = scene.heard().len();
    scene.report(&scene.receipt(&sid(&scene), "undelivered", Some(30008))).await;
    scene.live(60).await;
    assert_eq!(scene.heard().len(), before);
}

#[tokio::test]
async fn comes_back_to_a_provider_whose_account_is_fixed() {
    let mut scene = Scene::sending_by("twilio,messagecentral").await;
    scene.companies.twilio.refuse_with(20003);
    scene.say("My sink leaks").await;
    assert_eq!(scene.state("twilio").await, State::Down);
    scene.companies.twilio.accept();
    scene.live(330).await;
    scene.person = PEOPLE[1];
    scene.say("My sink leaks").await;
    assert!(scene.why().await.contains("This text probes whether it works again."));
    assert_eq!(scene.companies.twilio.texts_to(PEOPLE[1]).len(), 1);
    assert_eq!(scene.state("twilio").await, State::Unproven);
}

/// A person was answered by Twilio, and no receipt has come since.
async fn answered_by_twilio() -> Scene {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.say("My sink leaks").await;
    assert_eq!(scene.attempts().await, ["twilio: accepted"]);
    scene
}

/// The same, with no other provider to choose.
async fn answered_by_twilio_alone() -> Scene {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    scene
}

fn sid(scene: &Scene) -> String {
    scene.companies.twilio.messages()[0].sid.clone()
}
