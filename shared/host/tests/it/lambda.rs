//! Functions under Lambda, with the events that AWS documents.

use fakes::{RuntimeApi, schedule_event};
use serde_json::{Value, json};

use crate::functions::Function;

#[tokio::test]
async fn shows_a_call_as_it_was_made() {
    let lambda = Lambda::of("called").await;
    let seen = lambda.seen(event("http_api")).await;
    assert_eq!(
        seen.lines().next().unwrap(),
        "POST /webhooks/twilio/inbound?b=&a=%2B1%20x&a=%C3%BC+y&a=%2b1&token=k%3D%26"
    );
    // Not the value in the header, which the caller wrote.
    assert!(seen.contains("\nby 192.0.2.1\n"), "{seen}");
    assert!(seen.contains("\nhost: a1b2c3d4e5.execute-api.us-east-1.amazonaws.com\n"), "{seen}");
    assert!(seen.contains("\nx-forwarded-for: 192.0.2.7, 192.0.2.1\n"), "{seen}");
    assert!(seen.ends_with("\n\nFrom=%2B12025550143&Body=Hi+there%21&empty="), "{seen}");
}

#[tokio::test]
async fn leaves_the_stage_out_and_puts_cookies_and_headers_in() {
    let lambda = Lambda::of("called").await;
    let seen = lambda.seen(event("http_api_stage")).await;
    assert!(seen.starts_with("GET /console/api/a%20b%3F%C3%BC%25\n"), "{seen}");
    assert!(seen.contains("\naccept-language: en,de\n"), "{seen}");
    assert!(seen.contains("\ncookie: theme=dark; seen=1; 2\n"), "{seen}");
    for (path, routed) in [
        ("/production", "/"),
        ("/production/", "/"),
        ("/productions", "/productions"),
        ("/production/production", "/production"),
    ] {
        let seen = lambda.seen(with(event("http_api_stage"), "/rawPath", path)).await;
        assert_eq!(seen.lines().next().unwrap(), format!("GET {routed}"), "{path}");
    }
}

#[tokio::test]
async fn takes_calls_to_a_function_url() {
    let lambda = Lambda::of("called").await;
    let seen = lambda.seen(event("function_url")).await;
    assert!(seen.starts_with("PUT /console/api/a%20b%3F%c3%bc%25?x=1&x=2\n"), "{seen}");
    assert!(seen.contains("\nx-forwarded-for: 2001:db8::1\n"), "{seen}");
    assert!(seen.ends_with("\n\n{\"text\": \"Grüße\"}"), "{seen}");
}

#[tokio::test]
async fn answers_in_the_form_of_a_gateway() {
    let lambda = Lambda::of("called").await;
    let plain = json!({ "content-type": "text/plain; charset=utf-8" });
    let answer = async |method: &str, path: &str| {
        let event = with(event("http_api"), "/rawPath", path);
        let mut answer = lambda.answer(with(event, "/requestContext/http/method", method)).await;
        answer["headers"].as_object_mut().unwrap().remove("content-length");
        answer
    };
    let answered = |status: u16, headers: &Value, body: &str, base64: bool| {
        json!({
            "statusCode": status, "headers": headers, "multiValueHeaders": {}, "cookies": [],
            "body": body, "isBase64Encoded": base64,
        })
    };
    assert_eq!(answer("GET", "/words").await, answered(200, &plain, "Grüße", false));
    assert_eq!(answer("HEAD", "/words").await, answered(200, &plain, "", false));
    assert_eq!(answer("GET", "/nothing").await, answered(204, &json!({}), "", false));
    let octets = json!({ "content-type": "application/octet-stream" });
    assert_eq!(answer("GET", "/binary").await, answered(200, &octets, "AJ+Slg==", true));
    assert_eq!(answer("GET", "/huge").await, answered(500, &json!({}), "", false));
    assert_eq!(
        answer("GET", "/cookies").await,
        json!({
            "statusCode": 200,
            "headers": { "vary": "accept, origin" },
            "multiValueHeaders": {},
            "cookies": ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"],
            "body": "",
            "isBase64Encoded": false,
        })
    );
}

#[tokio::test]
async fn refuses_calls_that_no_server_would_read() {
    let lambda = Lambda::of("called").await;
    for (field, value) in [
        ("/rawQueryString", "a=<b>"),
        ("/body", "not Base64!"),
        ("/requestContext/http/method", "GET /"),
        ("/headers/host", "a\nb"),
        ("/headers/host", "a{b"),
        ("/headers/x-forwarded-proto", "1x"),
    ] {
        let answer = lambda.answer(with(event("http_api"), field, value)).await;
        assert_eq!(answer["statusCode"], 400, "{field}");
    }
}

#[tokio::test]
async fn explains_its_purpose_when_it_gets_another_event() {
    let lambda = Lambda::of("called").await;
    let error = lambda.runtime.try_invoke(&schedule_event()).await.unwrap_err();
    assert_eq!(
        error["errorMessage"],
        "this function answers HTTP calls alone: put it behind a function URL, or an HTTP API with \
         payload format 2.0"
    );
}

#[tokio::test]
async fn returns_the_failed_message_and_those_behind_it_in_its_group() {
    let record = |id: &str, group: &str, conversation: &str| {
        let body = json!({"conversation": conversation, "trace": "0".repeat(32)}).to_string();
        json!({"messageId": id, "body": body, "attributes": {"MessageGroupId": group}})
    };
    let batch = json!({"Records": [
        record("1", "a", "good"),
        record("2", "b", "bad"),
        record("3", "a", "good"),
        record("4", "b", "good"),
        record("5", "c", "worse"),
        {"messageId": "6", "body": "{}", "attributes": {"MessageGroupId": "d"}},
        record("7", "e", "good"),
    ]});
    let answer = Lambda::of("woken").await.answer(batch).await;
    let failed = ["2", "4", "5", "6"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer, json!({"batchItemFailures": failed}));
}

#[tokio::test]
async fn runs_when_the_scheduler_says_so() {
    assert_eq!(Lambda::of("scheduled").await.answer(schedule_event()).await, Value::Null);
}

#[tokio::test]
async fn ends_immediately_when_lambda_says_so() {
    let Lambda { runtime, function } = Lambda::of("called").await;
    runtime.ready().await;
    function.signal("TERM").await;
    // By the signal, without any output.
    assert_eq!(function.end().await, (None, vec![]));
}

/// Lambda with one function in it.
struct Lambda {
    runtime: RuntimeApi,
    function: Function,
}

impl Lambda {
    async fn of(function: &str) -> Self {
        let runtime = RuntimeApi::start().await;
        let environment = runtime.environment(function);
        let environment: Vec<_> = environment.iter().map(|(n, v)| (&**n, &**v)).collect();
        Self { runtime, function: Function::start(function, &environment) }
    }

    async fn answer(&self, event: Value) -> Value {
        self.runtime.invoke(&event).await
    }

    /// What the router saw of a call.
    async fn seen(&self, event: Value) -> String {
        self.answer(event).await["body"].as_str().unwrap().to_owned()
    }
}

fn event(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/events");
    let file = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    file.parse().unwrap()
}

/// The event with another value at this place.
fn with(mut event: Value, place: &str, value: &str) -> Value {
    *event.pointer_mut(place).unwrap() = value.into();
    event
}
