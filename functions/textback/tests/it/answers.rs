//! A person texts, and the agent answers once and in order, whoever else texts meanwhile.

use jiff::{SignedDuration, Timestamp};
use product::{ANN, BOB, Product, between, is_trace, until};
use std::time::Duration;

use fakes::{Fate, Mode};
use sms::Status;
use telemetry::TraceId;

use crate::crash::run;

/// How long after its end a conversation no longer continues.
const NO_SECOND_THOUGHT: Duration = Duration::from_secs(3 * 60 * 60);

#[tokio::test]
async fn the_page_that_is_built_in_introduces_itself_once() {
    let mut product = Product::start_with(&["twilio"], &[("AGENT_FILE", "")]).await;
    for text in ["My tap drips", "And a door sticks"] {
        product.text(ANN, text).await;
        product.settled().await;
    }
    let first = "Handy Home: AI assistant here. Msg & data rates may apply. HELP for help, STOP to \
                 opt out.\nYou said: My tap drips";
    assert_eq!(product.companies.twilio.texts_to(ANN), [first, "You said: And a door sticks"]);
}

#[tokio::test]
async fn a_text_is_acknowledged_before_the_model_is_asked_and_answered_once() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    let answer = product.text(ANN, "My tap drips").await;
    assert!(answer.body.ends_with("<Response/>"), "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "text/xml");
    assert!(is_trace(answer.headers["x-trace-id"].to_str().unwrap()));

    product.openai.wait_for_requests(1).await;
    assert!(product.companies.twilio.messages().is_empty());
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
}

#[tokio::test]
async fn the_same_call_again_and_again_is_one_turn_and_one_reply() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    let sid = "SM0123456789abcdef0123456789abcdef";
    let call = product.companies.twilio.inbound_as(&product.route(), sid, ANN, "My tap drips");
    for answer in product.post_all(&vec![call.clone(); 5]).await {
        assert_eq!(answer.status, 200);
    }
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    product.post(&call).await;
    product.stop().await;

    product.as_if_later(Duration::from_hours(72));
    product.start_again().await;
    let later = product.companies.twilio.inbound_as(&product.route(), sid, ANN, "My tap drips");
    assert_eq!(product.post(&later).await.status, 200);
    // It is queued behind whatever the repeats may have started.
    product.text(ANN, "Still there?").await;
    product.settled().await;
    let replies = ["You said: My tap drips", "You said: Still there?"];
    assert_eq!(product.companies.twilio.texts_to(ANN), replies);
    assert_eq!(product.openai.requests().len(), 2);
}

#[tokio::test]
async fn texts_that_come_while_the_agent_thinks_are_answered_together_and_in_order() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.text(ANN, "In the kitchen").await;
    product.text(ANN, "Since Monday").await;
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    assert_eq!(
        product.companies.twilio.texts_to(ANN),
        ["You said: My tap drips | In the kitchen | Since Monday"]
    );
    assert_eq!(product.openai.requests().len(), 2);
}

#[tokio::test]
async fn a_text_that_comes_while_a_reply_is_sent_is_answered_after_it() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    let id = between("twilio", ANN);
    until("the reply to be sent", async || {
        !product.store.attempts_of(&id).await.unwrap().is_empty()
    })
    .await;
    product.text(ANN, "In the kitchen").await;
    product.companies.twilio.switch.set(Mode::Works);
    product.settled().await;
    assert_eq!(
        product.companies.twilio.texts_to(ANN),
        ["You said: My tap drips", "You said: In the kitchen"]
    );
}

#[tokio::test]
async fn nobody_waits_for_a_stranger() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::HangsBefore);
    product.text(BOB, "Hello").await;
    product.openai.wait_for_requests(1).await;
    product.openai.switch.set(Mode::Works);
    let people = people(99);
    text_at_once(&mut product, &people).await;
    product.companies.twilio.wait_for_messages(99).await;
    for person in &people {
        assert_eq!(product.companies.twilio.texts_to(person), [format!("You said: I am {person}")]);
    }
    assert!(product.companies.twilio.texts_to(BOB).is_empty());
}

#[tokio::test]
async fn a_hundred_people_are_answered_concurrently() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    let people = people(100);
    text_at_once(&mut product, &people).await;
    // Nobody was answered yet, so nobody waited for another's answer.
    product.openai.wait_for_requests(100).await;
    assert!(product.companies.twilio.messages().is_empty());
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    for person in &people {
        assert_eq!(product.companies.twilio.texts_to(person), [format!("You said: I am {person}")]);
    }
}

#[tokio::test]
async fn two_processes_on_one_store_answer_once() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    // The other process finds it due, and cannot know that somebody is still thinking about it.
    let let_go = async {
        product.openai.wait_for_requests(2).await;
        product.openai.switch.set(Mode::Works);
    };
    tokio::join!(run(&product, Timestamp::now() + SignedDuration::from_secs(20)), let_go);
    product.settled().await;
    product.stop().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
}

#[tokio::test]
async fn one_trace_leads_from_the_text_to_its_receipt() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.decide(Fate::Delivered(product.route()));
    let answer = product.text(ANN, "My tap drips").await;
    let trace = TraceId::parse(answer.headers["x-trace-id"].to_str().unwrap()).unwrap();
    product.companies.twilio.wait_for_reports(2).await;
    product.settled().await;

    let id = between("twilio", ANN);
    until("the receipts to find their attempt", async || {
        let attempts = product.store.attempts_of(&id).await.unwrap();
        attempts.len() == 1 && attempts[0].status() == Status::Delivered
    })
    .await;
    let attempts = product.store.attempts_of(&id).await.unwrap();
    assert_eq!(attempts[0].trace, trace);
    let steps = product.store.trace(&trace).await.unwrap().unwrap().steps;
    for what in ["received", "took up", "asked the model", "fitted", "committed", "sent", "receipt"]
    {
        assert!(steps.iter().any(|step| step.what == what), "{what} is missing in {steps:?}");
    }
    let sid = product.companies.twilio.messages()[0].sid.clone();
    let answer = product.companies.twilio.report(&product.route(), &sid, "read", None).await;
    assert_eq!(answer.headers["x-trace-id"], trace.as_str());
}

#[tokio::test]
async fn ctrl_c_finishes_what_is_in_flight() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.process.signal("INT");
    product.process.logs("stopping").await;
    product.openai.switch.set(Mode::Works);
    assert_eq!(product.process.end().await, Some(0));
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
    product.settled().await;
}

#[tokio::test]
async fn a_reply_that_is_too_long_is_cut_at_a_sentence() {
    let mut product = Product::start(&["twilio"]).await;
    let sentences: Vec<_> =
        (1..=50).map(|number| format!("This is sentence {number} of what I know.")).collect();
    let long = sentences.join(" ");
    assert!(long.len() > 1_600);
    // It is asked once for a shorter one.
    for _ in 0..2 {
        product.openai.says(&long);
    }
    product.text(ANN, "Tell me everything").await;
    product.settled().await;
    let said = product.companies.twilio.texts_to(ANN).concat();
    assert!(long.starts_with(&said) && said.ends_with("of what I know."), "{said}");
    assert!((200..=306).contains(&said.len()), "{} characters", said.len());
}

#[tokio::test]
async fn a_conversation_of_seven_turns_ends_and_the_next_text_begins_another() {
    let offline = [("OPENAI_API_KEY", ""), ("OPENAI_BASE_URL", "")];
    let mut product = Product::start_with(&["mock"], &offline).await;
    for text in [
        "Hi there!",
        "My kitchen tap drips",
        "12 Elm Street, Springfield",
        "As soon as possible",
        "2031-05-09 would be fine",
        "In the afternoon please",
        "Ann",
    ] {
        product.text_mock(ANN, text).await;
        product.settled().await;
    }
    product.as_if_later(NO_SECOND_THOUGHT);
    product.text_mock(ANN, "Hello").await;
    product.settled().await;
    let id = between("mock", ANN);
    assert_eq!(
        product.replies(&id).await,
        [
            "Hello, I am the automatic assistant. Could you tell me what is to be done?",
            "Got it. Could you tell me the street address where the work is to be done?",
            "Thank you. Could you tell me the day that suits best (tomorrow, a weekday, or a date \
             such as 2026-11-25)?",
            "Sorry, I did not get that. Could you tell me the day that suits best (tomorrow, a \
             weekday, or a date such as 2026-11-25)?",
            "Got it. Could you tell me the time of that day that suits best (morning, afternoon, \
             any time)?",
            "Thank you. Could you tell me the name of the person to ask for?",
            "Thank you, I noted: My kitchen tap drips, 12 Elm Street, Springfield, 2031-05-09, \
             afternoon, Ann. Somebody will get in touch. Goodbye!",
            "Hello, I am the automatic assistant. Could you tell me what is to be done?",
        ]
    );
    let ended = product.store.ended(&id).await.unwrap();
    assert_eq!((ended.len(), ended[0].number, ended[0].ending.as_str()), (1, 1, "finished"));
    assert_eq!(ended[0].brief["address"], "12 Elm Street, Springfield");
    assert_eq!(
        product.store.load(&id, Timestamp::now()).await.unwrap().unwrap().conversation.number,
        2
    );
}

#[tokio::test]
async fn a_conversation_ends_after_its_turns_whatever_the_model_does() {
    let mut product = Product::start(&["twilio"]).await;
    for number in 1..=7 {
        product.text(ANN, &format!("My tap drips, part {number}")).await;
        product.settled().await;
    }
    product.as_if_later(NO_SECOND_THOUGHT);
    product.text(ANN, "And my door squeaks").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 8);
    let ended = product.store.ended(&between("twilio", ANN)).await.unwrap();
    assert_eq!((ended.len(), ended[0].ending.as_str()), (1, "turn_limit"));
    // Seven texts, six answers and the prompt; then the prompt and one text.
    let told =
        |turn: usize| product.openai.requests()[turn - 1]["messages"].as_array().unwrap().len();
    assert_eq!((told(7), told(8)), (14, 2));
}

fn people(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("+120155501{number:02}")).collect()
}

async fn text_at_once(product: &mut Product, people: &[String]) {
    let route = product.route();
    let call = |person: &String| {
        product.companies.twilio.inbound(&route, person, &format!("I am {person}"))
    };
    let calls: Vec<_> = people.iter().map(call).collect();
    for answer in product.post_all(&calls).await {
        assert_eq!(answer.status, 200);
    }
}
