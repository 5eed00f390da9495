//! Providers and a model that are down.

use conversations::Loaded;
use fakes::{Mode, OpenAi};
use scene::Scene;

#[tokio::test]
async fn sends_by_the_next_provider_if_the_first_certainly_did_not() {
    for refusal in [500, 508, 913] {
        let scene = Scene::sending_by("messagecentral,twilio").await;
        scene.companies.messagecentral.refuse_with(refusal, 200);
        scene.say("My sink leaks").await;
        assert_eq!(scene.heard(), ["You said: My sink leaks"]);
        assert_eq!(scene.attempts().await, ["messagecentral: failed", "twilio: accepted"]);
        assert!(scene.is_told("messagecentral refuses").await, "{refusal}");
    }
}

#[tokio::test]
async fn sends_by_no_other_provider_if_the_first_may_have_sent_it() {
    for mode in [Mode::CutsAfter, Mode::Nonsense, Mode::Fails(502, String::new())] {
        let mut scene = Scene::sending_by("messagecentral,twilio").await;
        scene.companies.messagecentral.switch.set(mode);
        scene.say("My sink leaks").await;
        scene.live(700).await;
        assert!(scene.companies.twilio.messages().is_empty());
        assert_eq!(scene.attempts().await, ["messagecentral: unknown"]);
    }
}

#[tokio::test]
async fn loses_nothing_while_all_providers_are_busy_for_seconds() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    let busy = || Mode::Fails(503, "<html>busy</html>".into());
    scene.companies.messagecentral.switch.set(busy());
    scene.companies.twilio.switch.set(busy());
    scene.say("My sink leaks").await;
    assert!(scene.heard().is_empty());
    // They are asked again within five seconds of the last refusal.
    scene.pass(6);
    scene.companies.messagecentral.switch.set(Mode::Works);
    scene.companies.twilio.switch.set(Mode::Works);
    scene.sweep().await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn asks_twilio_at_once_about_a_send_that_was_cut() {
    let scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.switch.set(Mode::CutsAfter);
    scene.say("My sink leaks").await;
    assert_eq!(scene.attempts().await, ["twilio: accepted"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn sends_once_when_one_of_two_is_back_after_a_minute() {
    let mut scene = refused_by_both().await;
    scene.live(60).await;
    assert!(scene.heard().is_empty());
    scene.companies.twilio.accept();
    scene.live(60).await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn gives_a_reply_up_that_no_provider_sends_for_ten_minutes() {
    let mut scene = refused_by_both().await;
    scene.live(590).await;
    assert!(!scene.is_at_rest().await);
    scene.live(40).await;
    assert!(scene.is_at_rest().await);
    assert!(scene.is_told("A reply was given up").await);
    scene.companies.twilio.accept();
    scene.live(60).await;
    assert!(scene.heard().is_empty(), "a reply that was given up does not go out");
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard(), ["You said: Is anybody there?"]);
    assert!(scene.prompt().contains("Your last reply did not reach the person."));
}

#[tokio::test]
async fn retries_at_different_times_what_failed_together() {
    let mut scene = refused_by_both().await;
    let mut pauses = Vec::new();
    for number in 10..18 {
        scene.person = format!("+120255501{number}").leak();
        scene.say("My sink leaks").await;
        let due = scene.conversation().await.due_at.unwrap();
        pauses.push(due.duration_since(scene.now).as_millis());
    }
    let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
    assert!(*least >= 2_500 && most - least > 100, "{pauses:?}");
}

#[tokio::test]
async fn asks_refusing_providers_less_and_less_often() {
    let mut scene = refused_by_both().await;
    scene.live(600).await;
    let rounds = scene.attempts().await.len() / 2;
    assert!((15..50).contains(&rounds), "asked both {rounds} times");
}

#[tokio::test]
async fn tells_operator_and_agent_of_a_number_that_cannot_be_texted() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.companies.twilio.refuse_with(21614);
    scene.say("My sink leaks").await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    let told = "twilio cannot deliver to this person (21614). The number is not a mobile number.";
    assert_eq!(scene.notices().await, [told]);
    scene.companies.twilio.accept();
    scene.say("Is anybody there?").await;
    assert!(scene.prompt().contains("Your last reply did not reach the person."));
}

#[tokio::test]
async fn says_once_that_the_model_is_down_and_answers_when_it_is_back() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    let sorry = scene.process.turn.agent.page.texts.sorry.clone();
    assert_eq!(scene.heard(), [sorry.as_str()]);
    scene.live(300).await;
    scene.say("Is anybody there?").await;
    scene.live(300).await;
    assert_eq!(scene.heard(), [sorry.as_str()], "said once in an outage");
    scene.openai.switch.set(Mode::Works);
    scene.live(300).await;
    let told = scene.asked().pop().unwrap();
    assert_eq!(told[0], "[written on Monday, 2026-01-05, 10:00] My sink leaks");
    // Such a note is never sent.
    assert_eq!(scene.heard(), [sorry.as_str(), "You said: My sink leaks | Is anybody there?"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn answers_everything_at_once_when_the_model_is_back() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    scene.openai.switch.set(Mode::Works);
    for text in ["HELP", "In the kitchen"] {
        scene.text(text).await;
    }
    scene.restart();
    scene.live(20).await;
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard()[1..], [&texts.help, "You said: My sink leaks | In the kitchen"]);
}

#[tokio::test]
async fn says_so_again_in_an_outage_an_hour_later_and_no_sooner() {
    let mut scene = Scene::sending_by("twilio").await;
    let sorry = scene.process.turn.agent.page.texts.sorry.clone();
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    scene.openai.switch.set(Mode::Works);
    scene.live(20).await;
    for (text, minutes) in [("One more thing", 50), ("And another", 20)] {
        scene.pass(minutes * 60);
        scene.openai.switch.set(OpenAi::overloaded());
        scene.say(text).await;
        scene.openai.switch.set(Mode::Works);
        scene.live(20).await;
    }
    assert_eq!(
        scene.heard(),
        [
            sorry.as_str(),
            "You said: My sink leaks",
            "You said: One more thing",
            &sorry,
            "You said: And another",
        ]
    );
}

#[tokio::test]
async fn says_so_again_to_a_person_who_stopped_and_came_back() {
    let mut scene = Scene::sending_by("twilio").await;
    let sorry = scene.process.turn.agent.page.texts.sorry.clone();
    scene.openai.switch.set(OpenAi::overloaded());
    for text in ["My sink leaks", "STOP", "START"] {
        scene.say(text).await;
    }
    scene.pass(24 * 3_600);
    scene.say("My sink leaks again").await;
    assert_eq!(scene.heard(), [sorry.as_str(), &sorry]);
}

#[tokio::test]
async fn tells_the_operator_what_to_do_about_a_model_that_refuses() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::out_of_quota());
    scene.say("My sink leaks").await;
    scene.live(600).await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.sorry.as_str()]);
    let notices = scene.notices().await;
    let about =
        |sentence: &&String| sentence.contains("(429 insufficient_quota): check OPENAI_API");
    assert_eq!((notices.len(), notices.iter().filter(about).count()), (2, 2));
    assert!(notices.iter().any(|sentence| sentence.ends_with(
        "A person waits and was told so. The model is \
                                                              asked again."
    )));
    let asked = scene.openai.requests().len();
    assert!((5..15).contains(&asked), "asked {asked} times in ten minutes");
}

#[tokio::test]
async fn hands_over_what_the_model_cannot_answer_and_starts_clean_with_the_next_text() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::out_of_quota());
    scene.say("My sink leaks").await;
    scene.live(3600).await;
    assert_eq!(scene.openai.requests().len(), 8, "eight attempts, and then no more");
    assert!(scene.is_told("The agent handed a conversation over").await);
    assert!(scene.is_at_rest().await);

    scene.openai.switch.set(Mode::Works);
    scene.give_back().await;
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard().last().unwrap(), "You said: Is anybody there?");
}

#[tokio::test]
async fn keeps_its_backoff_whatever_wakes_it() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::out_of_quota());
    scene.say("My sink leaks").await;
    // The pause lasts seven seconds and a half at least, and a turn waits for its last moments.
    for text in ["Hello?", "Is anybody there?", "Please"] {
        scene.pass(1);
        scene.say(text).await;
    }
    assert_eq!(scene.openai.requests().len(), 1);
    scene.live(13).await;
    assert_eq!(scene.openai.requests().len(), 2);
}

#[tokio::test]
async fn asks_nothing_while_the_store_cannot_count_the_attempt() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    scene.fill_disk();
    scene.now += jiff::SignedDuration::from_secs(1);
    let wake_up = scene.wake_up().await;
    for _ in 0..5 {
        assert!(scene.turn(&wake_up).await.is_err());
    }
    assert!(scene.openai.requests().is_empty());
    scene.free_disk();
    scene.turn(&wake_up).await.unwrap();
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
}

#[tokio::test]
async fn makes_every_reply_fit_a_phone() {
    let long = "Somebody will look at your sink. ".repeat(60);
    for (said, heard) in [
        ("**Thanks!** See `you` soon.", "Thanks! See you soon."),
        ("# Note\n\n- one\n- two", "Note\n\n- one\n- two"),
        (long.as_str(), long[..297].trim_end()),
    ] {
        let scene = Scene::sending_by("twilio").await;
        // It is asked once for a shorter one.
        for _ in 0..2 {
            scene.openai.says(said);
        }
        scene.say("My sink leaks").await;
        assert_eq!(scene.heard(), [heard]);
        assert!(sms::segments(heard).count <= 2);
    }
}

#[tokio::test]
async fn says_sorry_instead_of_nonsense() {
    for mode in [Mode::Nonsense, Mode::CutsAfter, Mode::Fails(200, "{}".into())] {
        let scene = Scene::sending_by("twilio").await;
        scene.openai.switch.set(mode);
        scene.say("My sink leaks").await;
        assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.sorry.as_str()]);
        assert_eq!(scene.loaded().await.waiting.len(), 1, "it is still to be answered");
    }
}

#[tokio::test]
async fn gives_up_on_a_failed_store_and_answers_when_it_works_again() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    scene.fill_disk();
    let wake_up = scene.wake_up().await;
    assert!(scene.turn(&wake_up).await.is_err());
    assert!(scene.heard().is_empty());
    scene.free_disk();
    scene.restart();
    scene.sweep().await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
}

#[tokio::test]
async fn answers_even_if_the_ended_conversation_exists_already() {
    let scene = Scene::sending_by("twilio").await;
    for _ in 0..2 {
        // As if the pair had been deleted, but not yet its earlier conversation.
        let store = &scene.process.store;
        scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
        scene.say("A human please").await;
        let mut loaded: Loaded = store.load(&scene.id(), scene.now).await.unwrap().unwrap();
        let mut next = loaded.conversation.clone();
        (next.number, next.handed_over) = (1, None);
        store.commit(&mut loaded, next, vec![]).await.unwrap();
    }
    assert_eq!(scene.heard().len(), 2);
}

/// A reply that neither provider takes.
async fn refused_by_both() -> Scene {
    let scene = Scene::sending_by("messagecentral,twilio").await;
    scene.companies.messagecentral.no_credit();
    scene.companies.twilio.refuse_with(20003);
    scene.say("My sink leaks").await;
    assert_eq!(scene.attempts().await, ["messagecentral: failed", "twilio: failed"]);
    scene
}
