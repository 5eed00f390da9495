//! The model of a fresh checkout: no account, no key, no network.
//!
//! It speaks the same protocol as a real one and is asked by the same client, so that everything
//! around it is the real thing. It does not think: it asks for the fields of the page one after
//! the other, and takes what the person says for the answer to what it asked last. All it knows is
//! in the request, so that it works with any page and survives any restart.

use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use serde_json::{Value, json};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

const GREETINGS: [&str; 8] = ["hi", "hello", "hey", "hallo", "good", "morning", "evening", "there"];

/// Serves `/v1/chat/completions`.
pub(crate) fn router() -> Router {
    Router::new().route("/v1/chat/completions", post(complete))
}

async fn complete(Json(request): Json<Value>) -> Json<Value> {
    let (message, reason) = match Reading::of(&request).next() {
        Move::Say(text) => (json!({ "role": "assistant", "content": text }), "stop"),
        Move::Call(name, arguments) => {
            // Unique in the conversation, which only grows.
            let id = format!("call_{}", list(&request["messages"]).len());
            let function = json!({ "name": name, "arguments": arguments.to_string() });
            let call = json!({ "id": id, "type": "function", "function": function });
            let calls = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
            (calls, "tool_calls")
        }
    };
    Json(json!({
        "id": "chatcmpl-offline",
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": request["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 },
    }))
}

/// What the model does next.
enum Move {
    Say(String),
    Call(&'static str, Value),
}

/// What a request says about the conversation.
struct Reading<'a> {
    /// What has to be found out, in order.
    fields: Vec<Field<'a>>,
    /// What was recorded, by field, the newest last.
    recorded: Vec<(String, String)>,
    /// What the person said since the last reply.
    said: String,
    /// What was called since then last, and whether it worked.
    called: Option<(String, bool)>,
    /// Nothing was replied yet.
    first: bool,
    /// The conversation ends with the next reply.
    last: bool,
    /// Where the business is.
    today: Date,
}

impl<'a> Reading<'a> {
    fn of(request: &'a Value) -> Self {
        let messages = list(&request["messages"]);
        let prompt = messages.first().and_then(|first| first["content"].as_str());
        let prompt = prompt.unwrap_or_default();
        let mut reading = Self {
            fields: list(&request["tools"]).iter().flat_map(fields).collect(),
            recorded: Vec::new(),
            said: String::new(),
            called: None,
            first: true,
            last: prompt.contains("This is your last message"),
            today: prompt
                .split_once("Today is ")
                .and_then(|(_, today)| date_in(today.lines().next()?))
                .unwrap_or_else(|| Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        };
        let mut calls = &[][..];
        for message in messages {
            match message["role"].as_str() {
                Some("user") => {
                    let text = said(message["content"].as_str().unwrap_or_default());
                    reading.said = format!("{} {text}", reading.said).trim().to_owned();
                }
                Some("assistant") => {
                    if message["content"].as_str().is_some_and(|said| !said.is_empty()) {
                        reading.said.clear();
                        reading.called = None;
                        reading.first = false;
                    }
                    calls = list(&message["tool_calls"]);
                }
                Some("tool") => reading.note(calls, message),
                _ => {}
            }
        }
        reading
    }

    /// Takes in what a tool answered.
    fn note(&mut self, calls: &[Value], answer: &Value) {
        let asked = calls.iter().find(|call| call["id"] == answer["tool_call_id"]);
        let function = asked.map_or(&Value::Null, |call| &call["function"]);
        let worked = !answer["content"].as_str().unwrap_or_default().starts_with("error:");
        let name = function["name"].as_str().unwrap_or_default();
        self.called = Some((name.to_owned(), worked));
        if name == "record" && worked {
            let arguments = function["arguments"].as_str().unwrap_or_default();
            let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
            let field = arguments["field"].as_str().unwrap_or_default().to_owned();
            let value = &arguments["value"];
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.recorded.retain(|(recorded, _)| *recorded != field);
            self.recorded.push((field, value));
        }
    }

    fn next(&self) -> Move {
        let missing = self.fields.iter().find(|field| !self.has(field));
        match (&self.called, missing) {
            (Some((name, true)), _) if name == "hand_over" => {
                Move::Say("Of course. Somebody will read this and get in touch with you.".into())
            }
            (Some((name, true)), _) if name == "finish" => Move::Say(self.goodbye()),
            (None, _) if wants_a_human(&self.said) => {
                Move::Call("hand_over", json!({ "reason": "the person asked for a human" }))
            }
            _ if self.fields.is_empty() && !self.last => Move::Say(format!(
                "I work offline and there is nothing to ask for, so I repeat: {}",
                self.said
            )),
            (None, Some(field)) if !self.first || (field.kind == "text" && !greets(&self.said)) => {
                let value = field.value(&self.said, self.today);
                Move::Call("record", json!({ "field": field.name, "value": value }))
            }
            (called, Some(field)) if !self.last => {
                let opening = match called {
                    Some((_, true)) => ["Thank you.", "Got it."][self.recorded.len() % 2],
                    Some((_, false)) => "Sorry, I did not get that.",
                    None => "Hello, I am the automatic assistant.",
                };
                Move::Say(format!("{opening} Could you tell me {}?", field.question()))
            }
            _ => Move::Call("finish", json!({})),
        }
    }

    fn has(&self, field: &Field<'_>) -> bool {
        self.recorded.iter().any(|(recorded, _)| recorded == field.name)
    }

    fn goodbye(&self) -> String {
        let noted: Vec<_> = self.recorded.iter().map(|(_, value)| value.as_str()).collect();
        if noted.is_empty() {
            return "Thank you for your text. Goodbye!".into();
        }
        format!("Thank you, I noted: {}. Somebody will get in touch. Goodbye!", noted.join(", "))
    }
}

/// A field as the description of the tool tells it: `- day (date as YYYY-MM-DD; required): the day`.
struct Field<'a> {
    name: &'a str,
    kind: &'a str,
    description: &'a str,
}

/// The required fields, if the tool is the one that records.
fn fields(tool: &Value) -> impl Iterator<Item = Field<'_>> {
    let function = &tool["function"];
    let lines = match function["name"].as_str() {
        Some("record") => function["parameters"]["properties"]["field"]["description"].as_str(),
        _ => None,
    };
    lines.unwrap_or_default().lines().filter_map(|line| {
        let (name, line) = line.strip_prefix("- ")?.split_once(" (")?;
        let (form, description) = line.split_once("): ")?;
        let kind = form.strip_suffix("; required")?;
        Some(Field { name, kind, description })
    })
}

impl Field<'_> {
    fn choices(&self) -> Option<Vec<&str>> {
        self.kind.strip_prefix("one of: ").map(|choices| choices.split(" | ").collect())
    }

    fn question(&self) -> String {
        let form = match (self.kind, self.choices()) {
            ("text", _) => return self.description.to_owned(),
            (_, Some(choices)) => choices.join(", "),
            ("number", _) => "a number".into(),
            ("true or false", _) => "yes or no".into(),
            _ => "tomorrow, a weekday, or a date such as 2026-11-25".into(),
        };
        format!("{} ({form})", self.description)
    }

    /// What was said, in the form that the field asks for; as it was said where that is unclear.
    fn value(&self, said: &str, today: Date) -> Value {
        let lower = said.to_lowercase();
        let value = match (self.kind, self.choices()) {
            ("text", _) => None,
            (_, Some(choices)) => choices
                .into_iter()
                .find(|choice| lower.contains(&choice.to_lowercase()))
                .map(Value::from),
            ("number", _) => words(&lower).find_map(|word| word.parse().ok()).map(Value::Number),
            ("true or false", _) => words(&lower).find_map(|word| match word {
                "yes" | "yeah" | "yep" | "sure" | "true" => Some(true.into()),
                "no" | "nope" | "not" | "false" => Some(false.into()),
                _ => None,
            }),
            _ => day(&lower, today).map(|day| day.to_string().into()),
        };
        value.unwrap_or_else(|| said.into())
    }
}

/// What a person said, without the notes in square brackets, which are never theirs.
fn said(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, note)) = rest.split_once('[') {
        said.push_str(before);
        rest = note.split_once(']').map_or("", |(_, behind)| behind);
    }
    said.push_str(rest);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn day(said: &str, today: Date) -> Option<Date> {
    let relative = |word| match word {
        "today" => Some(today),
        "tomorrow" => today.tomorrow().ok(),
        _ => {
            let (_, weekday) = WEEKDAYS.into_iter().find(|(name, _)| *name == word)?;
            today.nth_weekday(1, weekday).ok()
        }
    };
    date_in(said).or_else(|| words(said).find_map(relative))
}

fn date_in(text: &str) -> Option<Date> {
    let token = |b: char| !(b.is_ascii_digit() || b == '-');
    text.split(token).find_map(|word| word.parse().ok())
}

fn greets(said: &str) -> bool {
    words(&said.to_lowercase()).all(|word| GREETINGS.contains(&word))
}

fn wants_a_human(said: &str) -> bool {
    let said = said.to_lowercase();
    let has = |wanted: &[&str]| words(&said).any(|word| wanted.contains(&word));
    let somebody = has(&["person", "somebody", "someone", "people"]);
    let short = words(&said).count() <= 3;
    has(&["human"]) || (somebody && (short || has(&["talk", "speak", "real", "call"])))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'))
        .map(|word| word.trim_matches(['.', '-']))
        .filter(|word| !word.is_empty())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use agent::{Agent, Ending, Heard, OpenAi, Page, Patience, Pulse, Turn};
    use axum::body::Body;
    use axum::http::{Request, StatusCode, header};
    use serde_json::Map;
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    /// What the agent replies to each text, and how the conversation ended.
    async fn hold(page: Page, texts: &[&str]) -> (Vec<String>, Map<String, Value>, Option<Ending>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router()).await });
        let model = OpenAi::new(&url, None, "offline").unwrap();
        let agent = Agent { model, page, patience: Patience::default() };

        // A Tuesday.
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let (mut turns, mut replies, mut brief, mut ending) = (vec![], vec![], Map::new(), None);
        for (number, text) in (1..).zip(texts) {
            let new = [Turn::Person { text: (*text).into(), at: now }];
            let (tries, refusals) = (0, 1);
            let (turns_so_far, new) = (turns.clone(), &new[..]);
            let heard =
                Heard { turns: &turns_so_far, brief: &brief, new, number, now, tries, refusals };
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

    #[test]
    fn takes_no_note_for_what_was_said() {
        let note = "[written on Monday, 2026-11-23, 23:58]";
        let text = format!("{note} My tap drips\n{note} It is the kitchen's");
        let field = json!({ "description": "- task (text; required): what is to be done" });
        let record =
            json!({ "name": "record", "parameters": { "properties": { "field": field } } });
        let request = json!({
            "messages": [{ "role": "user", "content": text }],
            "tools": [{ "type": "function", "function": record }],
        });
        let Move::Call(_, arguments) = Reading::of(&request).next() else { panic!("no call") };
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
        let mut page = Page::default();
        page.turns = 2;
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
        assert_eq!(
            Value::Object(brief),
            json!({ "nights": 3, "vaccinated": true, "size": "large" })
        );
        assert!(replies[0].ends_with("Could you tell me how many nights (a number)?"));
    }

    #[tokio::test]
    async fn repeats_what_it_hears_where_nothing_is_collected() {
        let page = Page::parse("---\nname: Echo\n---\nBe kind.\n").unwrap();
        let (replies, ..) = hold(page, &["Hello"]).await;
        assert!(replies[0].ends_with("so I repeat: Hello"), "{replies:?}");
    }

    #[tokio::test]
    async fn refuses_what_is_no_request() {
        let request = Request::post("/v1/chat/completions")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from("{half"))
            .unwrap();
        let response = router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
}
