//! Texts that arrive while the agent is thinking.

use std::time::Duration;

use conversations::Loaded;
use fakes::{Mode, OpenAi};
use jiff::SignedDuration;
use scene::Scene;

/// Long enough for a text to arrive on a busy machine while the model thinks.
const THINKING: Mode = Mode::Slow(Duration::from_millis(400));
/// How far the clock of another process is ahead that believes it is time to ask the model again.
const AWAY: SignedDuration = SignedDuration::from_secs(20);

#[tokio::test]
async fn throws_a_draft_away_when_another_text_comes() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let more = async {
        scene.openai.wait_for_requests(1).await;
        scene.text("In the kitchen").await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), more);
    assert_eq!(scene.heard(), ["You said: My sink leaks | In the kitchen"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn throws_two_drafts_away_and_then_sends_the_third() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(THINKING);
    scene.text("The first").await;
    let more = async {
        for (count, text) in [(1, "The second"), (2, "The third"), (3, "The last")] {
            scene.openai.wait_for_requests(count).await;
            scene.text(text).await;
        }
    };
    tokio::join!(scene.work(), more);
    let heard = ["You said: The first | The second | The third", "You said: The last"];
    assert_eq!(scene.heard(), heard);
    let thrown_away = scene.trace().await.1.steps;
    let thrown_away = thrown_away.iter().filter(|step| step.what == "thrown away").count();
    assert_eq!((scene.openai.requests().len(), thrown_away), (4, 2));
}

#[tokio::test]
async fn does_not_think_twice_about_the_same_texts() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let touched = async {
        scene.openai.wait_for_requests(1).await;
        touch(&scene).await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), touched);
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn answers_once_when_two_processes_try() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let wake_up = scene.wake_up().await;
    let one = scene.process.turn.run(&wake_up, scene.now);
    let other = async {
        scene.openai.wait_for_requests(1).await;
        scene.process.turn.run(&wake_up, scene.now + AWAY).await
    };
    let answer = async {
        scene.openai.wait_for_requests(2).await;
        scene.openai.switch.set(Mode::Works);
    };
    let (one, other, ()) = tokio::join!(one, other, answer);
    one.and(other).unwrap();
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn says_nothing_while_another_is_saying_sorry() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(THINKING);
    scene.companies.twilio.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let wake_up = scene.wake_up().await;
    let sorry = async {
        scene.openai.wait_for_requests(1).await;
        scene.openai.switch.set(OpenAi::overloaded());
        scene.process.turn.run(&wake_up, scene.now + AWAY).await.unwrap();
    };
    let answer = async {
        scene.turn(&wake_up).await.unwrap();
        assert_eq!(scene.attempts().await, ["twilio: sending"]);
        scene.openai.switch.set(Mode::Works);
        scene.companies.twilio.switch.set(Mode::Works);
    };
    tokio::join!(answer, sorry);
    scene.live(90).await;
    let sorry = &scene.process.turn.agent.page.texts.sorry;
    assert_eq!(scene.heard(), [sorry, "You said: My sink leaks"]);
}

#[tokio::test]
async fn takes_twenty_texts_up_at_once() {
    let scene = Scene::sending_by("twilio").await;
    for number in 1..=45 {
        scene.text(&format!("Text {number}")).await;
    }
    scene.work().await;
    let asked = scene.asked();
    assert_eq!((asked.len(), asked[0].len(), scene.heard().len()), (3, 20, 3));
    assert_eq!((&*asked[0][19], &*asked[1][21]), ("Text 20", "Text 21"));
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn answers_a_keyword_before_the_texts_around_it() {
    let scene = Scene::sending_by("messagecentral").await;
    for text in ["My sink leaks", "HELP", "In the kitchen"] {
        scene.text(text).await;
    }
    scene.work().await;
    let help = &scene.process.turn.agent.page.texts.help;
    assert_eq!(scene.heard(), [help, "You said: My sink leaks | In the kitchen"]);
}

/// Writes the conversation unchanged, so that only its version changes.
async fn touch(scene: &Scene) {
    let store = &scene.process.store;
    let mut loaded: Loaded = store.load(&scene.id(), scene.now).await.unwrap().unwrap();
    let same = loaded.conversation.clone();
    store.commit(&mut loaded, same, vec![]).await.unwrap();
}
