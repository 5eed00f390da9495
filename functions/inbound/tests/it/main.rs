//! The function as a process of its own, under Lambda and behind API Gateway.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use fakes::{Gateway, Route, RuntimeApi, Twilio, firestore, moto, unique_name};
use queue::Queue;
use settings::Settings;
use tokio::process::{Child, Command};

const PERSON: &str = "+12025550143";

/// Everything that a path and a query can do to a signature.
const ADDRESS: &str = "/webhooks/twilio/inbound?b=&a=%2B1%20x&a=%C3%BC+y&a=%2b1&~=!*()&c";

#[tokio::test]
async fn believes_the_signature_of_an_awkward_call() {
    for (stage, public_url) in [
        ("$default", "https://sms.example.test"),
        ("production", "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"),
        ("production", "https://sms.example.test/the/key"),
    ] {
        let Some(scene) = Scene::of(stage, public_url).await else { return };
        let Scene { twilio, route, .. } = &scene;
        let text = [
            ("MessageSid", "SM00112233445566778899aabbccddeeff"),
            ("AccountSid", twilio.account_sid()),
            ("From", PERSON),
            ("To", twilio.number()),
            ("Body", "Grüße & 100 % = <3 +1 \u{1f600}\r\n\"'`;%2B"),
            ("MediaUrl0", ""),
        ];
        let call = twilio.signed(route, ADDRESS, &text);
        assert_eq!(call.post().await.status, 200, "{public_url}");
        scene.queue.receive().await.unwrap().done().await.unwrap();

        let elsewhere = Route::new("https://elsewhere.test", scene.gateway.address());
        assert_eq!(twilio.signed(&elsewhere, ADDRESS, &text).post().await.status, 403);
    }
}

#[tokio::test]
async fn refuses_a_body_that_is_too_large() {
    let Some(scene) = Scene::of("$default", "https://sms.example.test").await else { return };
    let mut call = scene.twilio.inbound(&scene.route, PERSON, "Hi");
    call.body.resize(300 * 1024, b'x');
    assert_eq!(call.post().await.status, 413);
}

/// The mock accepts only texts from people whom the console lets in, and here no start prints a
/// link.
#[tokio::test]
async fn takes_nothing_for_the_mock_without_the_password() {
    for (password, known) in [("", false), ("eleven-char", false), ("correct-horse-battery", true)]
    {
        let more =
            [("USE_MOCK", "true"), ("CONSOLE_LOCAL", "true"), ("CONSOLE_PASSWORD", password)];
        let Some(scene) = Scene::with("$default", "https://sms.example.test", &more).await else {
            return;
        };
        let address = format!("http://{}/webhooks/mock/inbound", scene.gateway.address());
        let text = serde_json::json!({ "from": PERSON, "text": "Hi" });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let call = || http.post(&address).json(&text);
        assert_eq!(call().send().await.unwrap().status(), 403);
        assert_eq!(call().header("host", "localhost").send().await.unwrap().status(), 403);
        let expected = if known { 200 } else { 403 };
        let shown = call().basic_auth("owner", Some(password)).send().await.unwrap();
        assert_eq!(shown.status(), expected, "{password}");
    }
}

#[tokio::test]
async fn reports_in_a_word_whether_the_store_and_the_queue_work() {
    let Some(moto) = moto().await else { return };
    let gone = format!("{}/123456789012/{}.fifo", moto.url, unique_name());
    for (more, expected) in [
        (&[][..], (200, "ready\n")),
        (&[("TURN_QUEUE_URL", gone.as_str())], (503, "not ready\n")),
        (&[("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")], (503, "not ready\n")),
    ] {
        let Some(scene) = Scene::with("production", "https://sms.example.test", more).await else {
            return;
        };
        for path in ["/readyz", "/ready"] {
            let address = format!("http://{}{path}", scene.gateway.address());
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = http.get(&address).send().await.unwrap();
            let status = answer.status().as_u16();
            assert_eq!((status, answer.text().await.unwrap().as_str()), expected, "{more:?}");
        }
    }
}

struct Scene {
    twilio: Twilio,
    route: Route,
    gateway: Gateway,
    queue: Queue,
    _function: Child,
}

impl Scene {
    async fn of(stage: &str, public_url: &str) -> Option<Self> {
        Self::with(stage, public_url, &[]).await
    }

    /// With more settings.
    async fn with(stage: &str, public_url: &str, more: &[(&str, &str)]) -> Option<Self> {
        let (firestore, moto) = (firestore().await?, moto().await?);
        let twilio = Twilio::start().await;
        let project = unique_name();
        let queue_url = moto.create_fifo_queue(&project, Duration::from_secs(60)).await;
        let twilio_url = twilio.url();
        let settings = [
            ("PUBLIC_URL", public_url),
            ("TWILIO_ACCOUNT_SID", twilio.account_sid()),
            ("TWILIO_AUTH_TOKEN", twilio.auth_token()),
            ("TWILIO_FROM", twilio.number()),
            ("TWILIO_BASE_URL", &twilio_url),
            ("GOOGLE_CLOUD_PROJECT", &project),
            ("FIRESTORE_EMULATOR_HOST", &firestore.host),
            ("NAME_KEY", fakes::NAME_KEY),
            ("TURN_QUEUE_URL", &queue_url),
            ("AWS_ENDPOINT_URL", &moto.url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        let queue = Queue::from_settings(&Settings::from(settings)).unwrap().unwrap();
        let lambda = Arc::new(RuntimeApi::start().await);
        let function = Command::new(env!("CARGO_BIN_EXE_inbound"))
            .env_clear()
            .envs(lambda.environment("inbound"))
            .envs(settings)
            .envs(more.iter().copied())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let paths = ["/webhooks/{provider}/inbound", "/readyz", "/ready"];
        let gateway = Gateway::start(stage, &paths.map(|path| (path, &lambda)));
        Some(Self {
            twilio,
            route: Route::new(public_url, gateway.address()),
            gateway,
            queue,
            _function: function,
        })
    }
}
