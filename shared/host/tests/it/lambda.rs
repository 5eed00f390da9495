//! A stand-in for the Lambda runtime API, and functions under it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::future::pending;
use std::sync::Mutex;

use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::functions::Function;

#[tokio::test]
async fn answers_a_call_from_api_gateway() {
    let call = include_str!("api_gateway_call.json").parse().unwrap();
    let answer = invoke("called", call).await;
    assert_eq!(
        (&answer["statusCode"], &answer["body"]),
        (
            &json!(200),
            &json!(
                "POST https://sms.example.com/webhooks/mock/inbound?x=%2B1&x=a%20b text=Hi%20there"
            )
        )
    );
}

#[tokio::test]
async fn returns_what_failed_and_what_is_behind_it_in_its_group() {
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
    let answer = invoke("woken", batch).await;
    let failed = ["2", "4", "5", "6"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer, json!({"batchItemFailures": failed}));
}

#[tokio::test]
async fn runs_when_the_scheduler_says_so() {
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    assert_eq!(invoke("scheduled", event).await, Value::Null);
}

/// What a function answers to one event.
async fn invoke(function: &str, event: Value) -> Value {
    let (answered, mut answers) = mpsc::unbounded_channel();
    let event = Mutex::new(Some(event));
    let event = std::sync::Arc::new(event);
    let next = async move || {
        let event = event.lock().unwrap().take();
        match event {
            Some(event) => {
                let headers = [
                    ("lambda-runtime-aws-request-id", "1"),
                    ("lambda-runtime-deadline-ms", "4102444800000"),
                    (
                        "lambda-runtime-invoked-function-arn",
                        "arn:aws:lambda:us-east-1:1:function:f",
                    ),
                ];
                (headers, Json(event)).into_response()
            }
            None => pending().await,
        }
    };
    let answer = async move |Path(outcome): Path<String>, body: String| {
        assert_eq!(outcome, "response", "the function failed: {body}");
        answered.send(serde_json::from_str(&body).unwrap()).unwrap();
    };
    let runtime = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/1/{outcome}", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, runtime).await });

    let _function = Function::start(
        function,
        &[
            ("AWS_LAMBDA_RUNTIME_API", &address),
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ],
    );
    answers.recv().await.unwrap()
}
