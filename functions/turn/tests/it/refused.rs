//! Texts that a working model refuses, and what a person hears while waiting.

use std::time::Duration;

use agent::Timeouts;
use fakes::{Mode, OpenAi};
use scene::{EAGER, Scene, until};
use serde_json::json;

#[tokio::test]
async fn gives_a_text_up_that_the_model_refuses_and_answers_the_next() {
    let mut scene = eager().await;
    scene.openai.filters("grenade");
    scene.say("Hello").await;
    scene.say("My grenade leaks").await;
    scene.live(3_600).await;
    let unanswered = scene.process.turn.agent.page.texts.unanswered.clone();
    assert_eq!(scene.heard(), ["You said: Hello", unanswered.as_str()]);
    assert!(scene.is_at_rest().await);
    let asked = scene.openai.requests().len() - 1;
    assert!((2..=4).contains(&asked), "asked {asked} times");
    let notices = scene.notices().await;
    assert_eq!(notices.iter().filter(|notice| notice.contains("content_filter")).count(), 1);

    scene.say("My sink leaks").await;
    assert_eq!(scene.heard()[2..], ["You said: My sink leaks"]);
    assert_eq!(scene.openai.requests().len(), asked + 2);
}

#[tokio::test]
async fn reports_each_refused_text_but_several_together_only_once() {
    let mut scene = eager().await;
    scene.openai.filters("grenade");
    for number in 1..=3 {
        scene.text(&format!("grenade {number}")).await;
    }
    scene.work().await;
    assert_eq!(scene.heard().len(), 1);
    scene.pass(10);
    scene.say("grenade 4").await;
    assert_eq!(scene.heard().len(), 2);
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard()[2], "You said: My sink leaks");
}

#[tokio::test]
async fn answers_the_harmless_texts_beside_a_refused_one() {
    for texts in
        [["grenade", "sink", "tap"], ["sink", "grenade", "tap"], ["sink", "tap", "grenade"]]
    {
        let mut scene = eager().await;
        scene.openai.filters("grenade");
        for text in texts {
            scene.text(text).await;
            scene.now += jiff::SignedDuration::from_millis(10);
        }
        scene.work().await;
        let unanswered = scene.process.turn.agent.page.texts.unanswered.clone();
        let expected = texts.map(|text| match text {
            "grenade" => unanswered.clone(),
            text => format!("You said: {text}"),
        });
        assert_eq!(scene.heard(), expected);
        let with =
            |request: &&serde_json::Value| request["messages"].to_string().contains("grenade");
        let asked = scene.openai.requests().iter().filter(with).count();
        assert!(asked <= 4 + 2, "asked {asked} times, two of them without need to");
    }
}

#[tokio::test]
async fn gives_up_a_text_alone_though_another_comes_while_it_is_refused() {
    let scene = eager().await;
    scene.openai.filters("grenade");
    scene.openai.switch.set(Mode::Holds);
    scene.text("My grenade leaks").await;
    let another = async {
        scene.openai.wait_for_requests(1).await;
        scene.text("My sink leaks").await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), another);
    scene.work().await;
    let unanswered = scene.process.turn.agent.page.texts.unanswered.clone();
    assert_eq!(scene.heard(), [unanswered.as_str(), "You said: My sink leaks"]);
    assert_eq!(scene.openai.requests().len(), 3);
}

#[tokio::test]
async fn gives_a_text_up_whose_answer_no_phone_can_show() {
    let endless = "https://example.test/".repeat(40);
    for said in ["", "---", &endless] {
        let mut scene = eager().await;
        for _ in 0..10 {
            scene.openai.says(said);
        }
        scene.say("My sink leaks").await;
        scene.live(600).await;
        let unanswered = scene.process.turn.agent.page.texts.unanswered.clone();
        assert_eq!(scene.heard(), [unanswered]);
        assert_eq!(scene.openai.requests().len(), 2);
        assert!(scene.is_at_rest().await);
    }
}

#[tokio::test]
async fn asks_a_model_that_is_down_twenty_times_about_a_text() {
    let mut scene = eager().await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    scene.live(3_600).await;
    assert_eq!(scene.openai.requests().len(), 20);
    assert!(scene.is_told("The agent handed a conversation over").await);
}

#[tokio::test]
async fn respects_the_pause_that_a_model_asks_for_whatever_is_texted() {
    let mut scene = eager().await;
    scene.openai.switch.set(OpenAi::rate_limited());
    scene.openai.asks_to_wait(1_800);
    scene.say("My sink leaks").await;
    scene.openai.switch.set(Mode::Works);
    for _ in 0..5 {
        scene.live(350).await;
        scene.say("Hello?").await;
    }
    assert_eq!(scene.openai.requests().len(), 1);
    scene.live(120).await;
    assert_eq!(scene.openai.requests().len(), 2);
    assert!(scene.heard().last().unwrap().contains("My sink leaks | Hello?"));
}

#[tokio::test]
async fn counts_the_pause_from_the_end_of_the_failed_attempt() {
    let scene = eager().await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let (mut taken_up, still) = (None, &scene);
    let fail = async {
        still.openai.wait_for_requests(1).await;
        taken_up = still.conversation().await.ask_after;
        still.openai.switch.set(OpenAi::overloaded());
    };
    tokio::join!(still.work(), fail);
    let ended = scene.conversation().await.ask_after;
    assert!(taken_up.is_some() && ended.is_some() && ended != taken_up, "{ended:?}");
}

#[tokio::test]
async fn asks_no_more_than_a_function_has_time_for() {
    let mut scene = eager().await;
    scene.time_out_after(Timeouts { turn: Duration::from_secs(110), ..EAGER });
    scene.openai.filters("grenade");
    for text in ["My grenade leaks", "My sink leaks"] {
        scene.text(text).await;
    }
    let wake_up = scene.wake_up().await;
    scene.turn(&wake_up).await.unwrap();
    assert_eq!(scene.openai.requests().len(), 2, "about both together, and not yet about each");
    scene.live(60).await;
    assert_eq!(scene.heard()[1], "You said: My sink leaks");
}

#[tokio::test]
async fn counts_a_text_it_gives_up_like_a_reply() {
    let mut scene = Scene::with("twilio", &[("REPLIES_PER_MINUTE", "3")]).await;
    scene.time_out_after(EAGER);
    scene.openai.filters("grenade");
    for number in 1..=9 {
        scene.text(&format!("grenade {number}")).await;
    }
    scene.work().await;
    let asked = scene.openai.requests().len();
    assert!(asked <= 2 + 3 * 2, "asked {asked} times in a minute");
}

#[tokio::test]
async fn hands_over_a_text_that_a_model_would_leave_waiting_for_hours() {
    let scene = eager().await;
    scene.openai.switch.set(OpenAi::rate_limited());
    scene.openai.asks_to_wait(20_000);
    scene.say("My sink leaks").await;
    assert!(scene.is_told("The agent handed a conversation over").await);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn says_that_the_answer_will_be_late_while_it_is_still_asking() {
    let mut scene = eager().await;
    scene.time_out_after(Timeouts { silence: Duration::from_millis(20), ..EAGER });
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let sorry = scene.process.turn.agent.page.texts.sorry.clone();
    let let_go = async {
        until(async || scene.heard() == [sorry.as_str()]).await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), let_go);
    assert_eq!(scene.heard(), [sorry.as_str(), "You said: My sink leaks"]);
    assert_eq!(scene.openai.requests().len(), 1);
    // It follows the text that it is about.
    scene.pass(60);
    scene.say("Thanks!").await;
    let requests = scene.openai.requests();
    let shown = &requests.last().unwrap()["messages"];
    assert_eq!(shown[1]["content"], json!("My sink leaks"));
    let said = shown[2]["content"].as_str().unwrap();
    assert!(
        said.starts_with(sorry.as_str()) && said.ends_with("You said: My sink leaks"),
        "{said}"
    );
}

#[tokio::test]
async fn does_not_apologise_while_an_answer_is_on_its_way() {
    let mut scene = eager().await;
    scene.time_out_after(Timeouts { silence: Duration::from_millis(500), ..EAGER });
    scene.openai.thinks_aloud(150, Duration::from_millis(10));
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
}

#[tokio::test]
async fn answers_once_if_it_died_after_the_apology() {
    let mut scene = eager().await;
    scene.time_out_after(Timeouts { silence: Duration::from_millis(20), ..EAGER });
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| !scene.heard().is_empty()).await;
    scene.openai.switch.set(Mode::Works);
    scene.live(120).await;
    let sorry = scene.process.turn.agent.page.texts.sorry.clone();
    assert_eq!(scene.heard(), [sorry.as_str(), "You said: My sink leaks"]);
}

async fn eager() -> Scene {
    let mut scene = Scene::sending_by("twilio").await;
    scene.time_out_after(EAGER);
    scene
}
