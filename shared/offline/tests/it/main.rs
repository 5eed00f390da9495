//! Conversations with the offline model, through the client for real ones.

#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

use agent::{Agent, Allowance, Ending, Heard, OpenAi, Page, Pulse, Timeouts, Turn};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use offline::Interview;
use reqwest::{Client, StatusCode, header};
use serde_json::{Map, Value, json};

/// A Tuesday.
const TODAY: Date = date(2026, 11, 24);

/// The agent's reply to each text, and how the conversation ended.
async fn hold(page: Page, texts: &[&str]) -> (Vec<String>, Map<String, Value>, Option<Ending>) {
    let url = offline::serve(Interview::of(&page), || TODAY).await.unwrap();
    let model = OpenAi::new(&url, None, "offline").unwrap();
    let agent = Agent::new(model, page, Timeouts::default());

    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let (mut turns, mut replies, mut brief, mut ending) = (vec![], vec![], Map::new(), None);
    for (number, text) in (1..).zip(texts) {
        let new = [Turn::Person { text: (*text).into(), at: now }];
        let (tries, refusals, allowance) = (0, 1, Allowance::default());
        let (turns_so_far, new) = (turns.clone(), &new[..]);
        let heard = Heard {
            turns: &turns_so_far,
            brief: &brief,
            new,
            number,
            now,
            language: None,
            tries,
            refusals,
            allowance,
        };
        let answered = agent.answer(&heard, &Pulse::default()).await.unwrap();
        turns.extend_from_slice(new);
        turns.extend(answered.turns);
        replies.push(answered.reply);
        (brief, ending) = (answered.brief, answered.ending);
    }
    (replies, brief, ending)
}

#[tokio::test]
async fn holds_a_conversation_of_seven_turns() {
    let texts = [
        "Hi there!",
        "My kitchen tap drips",
        "12 Elm Street, Springfield",
        "As soon as possible",
        "Friday would be fine",
        "In the afternoon please",
        "Ann",
    ];
    let (replies, brief, ending) = hold(Page::default(), &texts).await;
    assert_eq!(
        replies,
        [
            "Hello, I am the automatic assistant. Could you tell me what is to be done?",
            "Got it. Could you tell me the street address where the work is to be done?",
            "Thank you. Could you tell me the day that suits best (tomorrow, a weekday, or a \
             date such as 2026-11-25)?",
            "Sorry, I did not get that. Could you tell me the day that suits best (tomorrow, \
             a weekday, or a date such as 2026-11-25)?",
            "Got it. Could you tell me the time of that day that suits best (morning, \
             afternoon, any time)?",
            "Thank you. Could you tell me the name of the person to ask for?",
            "Thank you, I noted: My kitchen tap drips, 12 Elm Street, Springfield, \
             2026-11-27, afternoon, Ann. Somebody will get in touch. Goodbye!",
        ]
    );
    assert_eq!(
        Value::Object(brief),
        json!({
            "task": "My kitchen tap drips",
            "address": "12 Elm Street, Springfield",
            "day": "2026-11-27",
            "time_of_day": "afternoon",
            "name": "Ann",
        })
    );
    assert_eq!(ending, Some(Ending::Finished));
}

#[tokio::test]
async fn takes_a_first_text_that_says_what_it_is_about() {
    let (replies, brief, _) = hold(Page::default(), &["My kitchen tap drips"]).await;
    assert_eq!(brief["task"], "My kitchen tap drips");
    assert!(replies[0].ends_with("the street address where the work is to be done?"));
}

#[tokio::test]
async fn ignores_notes_in_the_conversation() {
    let note = "[written on Monday, 2026-11-23, 23:58]";
    let text = format!("{note} My tap drips\n{note} It is the kitchen's");
    let messages = json!([{ "role": "user", "content": text }]);
    let url = offline::serve(Interview::of(&Page::default()), || TODAY).await.unwrap();
    let answer = post(&url, json!({ "messages": messages }).to_string()).await;
    let answer: Value = answer.text().await.unwrap().parse().unwrap();
    let call = &answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"];
    let arguments: Value = call.as_str().unwrap().parse().unwrap();
    assert_eq!(arguments["value"], "My tap drips It is the kitchen's");
}

#[tokio::test]
async fn hands_over_to_a_human() {
    let texts = ["Hello", "Can I talk to a real person?"];
    let (replies, brief, ending) = hold(Page::default(), &texts).await;
    assert_eq!(replies[1], "Of course. Somebody will read this and get in touch with you.");
    assert!(matches!(ending, Some(Ending::HandedOver { .. })) && brief.is_empty());
}

#[tokio::test]
async fn says_goodbye_when_the_turns_are_used_up() {
    let page = Page { turns: 2, ..Page::default() };
    let (replies, _, ending) = hold(page, &["Hi", "My tap drips"]).await;
    assert_eq!(
        replies[1],
        "Thank you, I noted: My tap drips. Somebody will get in touch. Goodbye!"
    );
    assert_eq!(ending, Some(Ending::Finished));
}

#[tokio::test]
async fn works_with_any_page() {
    let page = "---
name: Pet Hotel
fields:
  - { name: nights, description: how many nights, type: number }
  - { name: toys, description: which toys come along, type: text, required: false }
  - { name: vaccinated, description: whether your pet is vaccinated, type: yes_no }
  - { name: size, description: how large it is, type: choice, choices: [small, large] }
---
You take bookings.
";
    let texts = ["Room for Rex?", "3 nights.", "Sure", "Rather large"];
    let (replies, brief, _) = hold(Page::parse(page).unwrap(), &texts).await;
    assert_eq!(Value::Object(brief), json!({ "nights": 3, "vaccinated": true, "size": "large" }));
    assert!(replies[0].ends_with("Could you tell me how many nights (a number)?"));
}

#[tokio::test]
async fn repeats_the_text_if_nothing_is_collected() {
    let page = Page::parse("---\nname: Echo\n---\nBe kind.\n").unwrap();
    let (replies, ..) = hold(page, &["Hello"]).await;
    assert!(replies[0].ends_with("so I repeat: Hello"), "{replies:?}");
}

#[tokio::test]
async fn refuses_an_invalid_request() {
    let url = offline::serve(Interview::of(&Page::default()), || TODAY).await.unwrap();
    assert_eq!(post(&url, "{half".into()).await.status(), StatusCode::BAD_REQUEST);
}

/// Asks without our client.
async fn post(url: &str, body: String) -> reqwest::Response {
    let request = Client::new().post(format!("{url}/chat/completions"));
    request.header(header::CONTENT_TYPE, "application/json").body(body).send().await.unwrap()
}
