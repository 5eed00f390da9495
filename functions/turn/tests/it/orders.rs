//! What operators do in a conversation.

use agent::Turn as Entry;
use conversations::{OrderKind, Ordered};
use fakes::Mode;
use money::Amount;
use scene::Scene;

#[tokio::test]
async fn sends_what_an_operator_says_and_is_silent_from_then_on() {
    let scene = answered().await;
    assert_eq!(scene.order("ann", say("We come at nine")).await, Ordered::New);
    scene.sweep().await;
    assert_eq!(scene.heard().last().unwrap(), "We come at nine");
    assert_eq!(scene.attempts().await, ["twilio: accepted", "twilio: accepted"]);
    assert_eq!(by_hand(&scene).await, ["ann: We come at nine"]);
    scene.say("Nine is fine").await;
    assert_eq!((scene.asked().len(), scene.heard().len()), (1, 2));
    let handed_over = scene.conversation().await.handed_over.unwrap();
    assert_eq!((handed_over.by.unwrap().name.as_str(), handed_over.unread), ("ann", 1));
    assert_eq!(scene.acts().await, ["ann say"]);
}

#[tokio::test]
async fn takes_a_conversation_while_the_agent_thinks_and_pays_for_what_it_thought() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let taken = async {
        scene.openai.wait_for_requests(1).await;
        scene.order("ann", OrderKind::Take).await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), taken);
    scene.sweep().await;
    assert_eq!((scene.heard().len(), scene.asked().len()), (0, 1));
    let aside = scene.process.store.set_aside(&scene.id(), 10).await.unwrap();
    assert_eq!((aside.len(), aside[0].why.as_str()), (1, "with a person"));
    let (conversation, spent) = (scene.conversation().await, scene.spent().await);
    assert!(conversation.open.is_none() && conversation.account.reserved.is_none());
    assert_eq!(spent.held, Amount::ZERO);
}

#[tokio::test]
async fn another_process_takes_it_and_the_draft_is_thrown_away_all_the_same() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let taken = async {
        scene.openai.wait_for_requests(1).await;
        scene.order("ann", OrderKind::Take).await;
        scene.order("ann", say("We come at nine")).await;
        let conversation = scene.id().to_string();
        let trace = telemetry::TraceId::fresh();
        scene.turn(&queue::WakeUp { conversation, trace }).await.unwrap();
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), taken);
    assert_eq!((scene.heard(), scene.asked().len()), (vec!["We come at nine".to_owned()], 1));
    let conversation = scene.conversation().await;
    assert!(conversation.open.is_none() && conversation.account.reserved.is_none());
}

#[tokio::test]
async fn tells_the_agent_who_said_what_once_it_is_given_back() {
    let mut scene = answered().await;
    scene.order("ann", OrderKind::Take).await;
    scene.sweep().await;
    scene.say("When do you come?").await;
    scene.pass(60);
    scene.order("ann", say("At nine")).await;
    scene.sweep().await;
    scene.pass(60);
    scene.say("And what does it cost?").await;
    assert_eq!(scene.asked().len(), 1);
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    let asked = scene.asked().pop().unwrap();
    let by_ann = "[A person of the business, ann, wrote this themselves:] At nine";
    let end = &asked[asked.len() - 3..];
    assert_eq!(end, ["When do you come?", by_ann, "And what does it cost?"]);
    assert!(scene.prompt().contains("ann, a person of the business, had taken over"));
    assert_eq!(scene.heard().len(), 3);
    assert_eq!(scene.acts().await, ["ann take", "ann say", "ann give back"]);
}

#[tokio::test]
async fn begins_anew_after_a_conversation_that_an_operator_has_dealt_with() {
    let mut scene = answered().await;
    scene.order("ann", say("We come at nine")).await;
    scene.order("ann", OrderKind::Done { word: Some("they come on Monday".into()) }).await;
    scene.live(60).await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!(ended[0].ending, "done");
    assert!(scene.is_at_rest().await);
    scene.say("Thanks").await;
    assert_eq!(scene.heard().len(), 2, "thanks need no answer");
    scene.say("My tap drips as well").await;
    assert_eq!(scene.heard().len(), 3);
    let told =
        "ann, a person of the business, has dealt with what this person wanted: they come on";
    assert!(scene.prompt().contains(told), "{}", scene.prompt());
}

#[tokio::test]
async fn sends_no_second_operator_s_words_unless_they_know_who_has_it() {
    let mut scene = answered().await;
    scene.order("ann", OrderKind::Take).await;
    scene.order("ben", say("I come at ten")).await;
    scene.sweep().await;
    assert_eq!(scene.heard().len(), 1);
    assert_eq!(scene.acts().await, ["ann take", "ben say", "ben say refused: ann has it"]);
    let turns = scene.conversation().await.turns;
    let last: Entry = serde_json::from_value(turns.last().unwrap().clone()).unwrap();
    assert!(
        matches!(last, Entry::NotSent { text, by, .. } if text == "I come at ten" && by == "ben")
    );
    scene.pass(1);
    scene.order_expecting("ben", say("I come at ten"), Some("ann")).await;
    scene.sweep().await;
    assert_eq!(scene.heard().last().unwrap(), "I come at ten");
}

#[tokio::test]
async fn sends_nothing_after_a_stop() {
    let scene = answered().await;
    scene.text("STOP").await;
    scene.order("ann", say("We come at nine")).await;
    scene.work().await;
    scene.sweep().await;
    assert!(!scene.heard().contains(&"We come at nine".to_owned()));
    assert_eq!(scene.acts().await, ["ann say", "ann say refused: the person has stopped"]);
}

#[tokio::test]
async fn drops_what_the_agent_could_not_send_before_it_was_taken() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.refuse_with(20429);
    scene.say("My sink leaks").await;
    scene.order("ann", OrderKind::Take).await;
    scene.companies.twilio.accept();
    scene.live(120).await;
    assert_eq!(scene.heard(), [""; 0]);
    assert!(scene.is_at_rest().await || scene.conversation().await.due_at > Some(scene.now));
}

#[tokio::test]
async fn carries_each_order_out_once_wherever_it_dies() {
    for steps in 0.. {
        let mut scene = answered().await;
        scene.order("ann", say("We come at nine")).await;
        scene.order("ann", say("Bring the key")).await;
        scene.order("ann", OrderKind::GiveBack).await;
        scene.process.sweep.run(scene.now).await.unwrap();
        let died = scene.die_after(steps * 7).await;
        scene.live(300).await;
        assert_eq!(scene.heard()[1..], ["We come at nine", "Bring the key"], "{steps}");
        assert!(scene.loaded().await.orders.is_empty());
        if !died {
            return;
        }
    }
}

#[tokio::test]
async fn corrects_what_was_collected_before_and_after_the_end() {
    let mut scene = answered().await;
    let correct = |number, value: &str| OrderKind::Correct {
        number,
        field: "task".into(),
        value: value.into(),
    };
    scene.order("ann", correct(1, "a tap")).await;
    scene.sweep().await;
    assert_eq!(scene.conversation().await.brief["task"], "a tap");
    scene.pass(1);
    scene.order("ann", OrderKind::Done { word: None }).await;
    scene.order("ann", correct(1, "a sink")).await;
    scene.order("ann", correct(9, "a roof")).await;
    scene.sweep().await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!((ended.len(), &ended[0].brief["task"]), (1, &"a sink".into()));
    let acts = scene.acts().await;
    assert_eq!(acts[0], "ann correct: task");
    assert_eq!(acts.last().unwrap(), "ann correct refused: there is no such conversation");
    scene.pass(1);
    let day =
        |value: &str| OrderKind::Correct { number: 2, field: "day".into(), value: value.into() };
    scene.order("ann", day("2026/12/1")).await;
    scene.order("ann", day("soon")).await;
    scene.sweep().await;
    assert_eq!(scene.conversation().await.brief["day"], "2026-12-01", "as the agent writes a day");
}

/// Texts, orders of two operators, receipts and deaths, in random orders.
#[test]
fn nobody_talks_over_anybody_and_nothing_is_lost() {
    let faults = scene::ordeal::desk_runs(0..150);
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(8)]);
}

fn say(words: &str) -> OrderKind {
    OrderKind::Say { words: words.to_owned(), at_night: false }
}

/// What operators said, and who.
async fn by_hand(scene: &Scene) -> Vec<String> {
    let turns = scene.conversation().await.turns;
    let entries = turns.iter().map(|turn| serde_json::from_value(turn.clone()).unwrap());
    let said = entries.filter_map(|entry| match entry {
        Entry::ByHand { text, by, .. } => Some(format!("{}: {text}", by.unwrap())),
        _ => None,
    });
    said.collect()
}

/// A person whose first text was answered.
async fn answered() -> Scene {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard().len(), 1);
    scene
}
