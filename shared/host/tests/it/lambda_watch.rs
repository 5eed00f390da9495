//! The real functions of this workspace, under Lambda as emulated by `cargo lambda watch`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use fakes::{
    Lambda, OpenAi, Route, Twilio, firestore, lambda, moto, schedule_event, sqs_event, unique_name,
};
use queue::Queue;
use serde_json::{Value, json};
use settings::Settings;
use tokio::net::TcpListener;

const PUBLIC_URL: &str = "https://sms.example.test";
const PERSON: &str = "+12025550143";

/// The text before the first answer of the built-in page.
const FIRST: &str = "Handy Home: AI assistant here. Msg & data rates may apply. HELP for help, STOP \
                     to opt out.";

#[tokio::test]
async fn a_text_is_answered_by_functions_under_lambda() {
    let (Some(firestore), Some(moto)) = (firestore().await, moto().await) else { return };
    let (twilio, openai) = (Twilio::start().await, OpenAi::start().await);
    let project = unique_name();
    let queue_url = moto.create_fifo_queue(&project, Duration::from_secs(60)).await;
    let (twilio_url, openai_url) = (twilio.url(), openai.url());
    let path = format!("/textback/{project}/");
    moto.put_parameter(&format!("{path}TWILIO_AUTH_TOKEN"), twilio.auth_token()).await;
    moto.put_parameter(&format!("{path}OPENAI_API_KEY"), OpenAi::KEY).await;
    let settings = [
        ("PUBLIC_URL", PUBLIC_URL),
        ("TWILIO_ACCOUNT_SID", twilio.account_sid()),
        ("SECRETS_PATH", &path),
        ("TWILIO_FROM", twilio.number()),
        ("TWILIO_BASE_URL", &twilio_url),
        ("OPENAI_BASE_URL", &openai_url),
        ("GOOGLE_CLOUD_PROJECT", &project),
        ("FIRESTORE_EMULATOR_HOST", &firestore.host),
        ("NAME_KEY", fakes::NAME_KEY),
        ("TURN_QUEUE_URL", &queue_url),
        ("AWS_ENDPOINT_URL", &moto.url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let Some(lambda) = lambda(&settings).await else { return };
    let lambda = Arc::new(lambda);
    let route = gateway(Arc::clone(&lambda)).await;
    let queue = Queue::from_settings(&Settings::from(settings)).unwrap().unwrap();
    for function in ["inbound", "receipts"] {
        // Twilio would not wait for `cargo run`.
        assert_eq!(get(&format!("{}/healthz", lambda.url(function))).await, 200);
    }

    openai.says("Hello! What can we do for you?");
    let answer = twilio.text(&route, PERSON, "Hi").await;
    assert_eq!((answer.status, answer.body.contains("<Response")), (200, true));
    let received = queue.receive().await.unwrap();
    let wake_up = serde_json::to_string(&received.wake_up).unwrap();
    let event = sqs_event(&received.wake_up.conversation, &wake_up);
    let answer = lambda.invoke("turn", &event).await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(twilio.texts_to(PERSON), [format!("{FIRST}\nHello! What can we do for you?")]);
    received.done().await.unwrap();

    let sid = &twilio.messages()[0].sid;
    assert_eq!(twilio.report(&route, sid, "delivered", None).await.status, 200);

    // A lost wake-up.
    twilio.text(&route, PERSON, "Are you there?").await;
    let lost = queue.receive().await.unwrap();
    let conversation = lost.wake_up.conversation.clone();
    lost.done().await.unwrap();
    assert_eq!(lambda.invoke("sweep", &schedule_event()).await, Value::Null);
    assert_eq!(queue.receive().await.unwrap().wake_up.conversation, conversation);
}

async fn get(url: &str) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}

/// The front of the functions: one address with a path for each.
async fn gateway(lambda: Arc<Lambda>) -> Route {
    let router = Router::new().route("/webhooks/{provider}/{what}", post(pass_on));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router.with_state(lambda)).await });
    Route::new(PUBLIC_URL, address)
}

async fn pass_on(
    State(lambda): State<Arc<Lambda>>,
    Path((_, what)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let function = if what == "status" { "receipts" } else { "inbound" };
    let url = format!("{}{uri}", lambda.url(function));
    let answer = reqwest::Client::new().post(url).headers(headers).body(body).send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap())
}
