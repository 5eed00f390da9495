//! `doctor`, which tells an owner what is wrong and how to fix it.

mod evidence;
mod mistakes;
mod providers;
mod send_to;

use std::io::Write as _;
use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use fakes::{Front, OpenAi, Rule, moto, unique_name};
use jiff::{SignedDuration, Timestamp};
use product::{Process, Product, Ran, Settings};
use queue::{Queue, WakeUp};
use serde_json::{Value, json};
use telemetry::TraceId;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

/// The name under which the world knows the product.
const NAME: &str = "sms.example.test";

const BUSINESS: &str = r#"name = "Oakwood Heating"
does = "Heating and plumbing in Sangamon County."
about = "your repair and appointment"
address = { street = "1200 North Oak Street", city = "Springfield", region = "IL", postal_code = "62701" }
email = "office@oakwood.test"
phone = "+12025550120"
number = "+12025550100"
keyword = "OAKWOOD"
"#;

#[tokio::test]
async fn a_correct_set_up_is_all_ticks() {
    let mut deployed = Deployed::start(&["mock"]).await;
    let ran = deployed.doctor(&[]).await;
    assert_eq!(not_ticked(&ran), [""; 0], "{ran:?}");
    assert_eq!((ran.code, &ran.said), (Some(0), &vec![]));
    for line in [
        "[✓] mock",
        "[✓] textback",
        "    ✓ webhooks: forged calls as mock are refused",
        "    ✓ pages: /, /privacy, /terms, /opt-in are there",
        "    ✓ queue: in the memory of the process",
        "    ✓ clock: agrees with that of ",
        "    ✓ model: gpt-4.1-mini answers in ",
        "    ✓ store: answers in ",
        "    ✓ public url: https://sms.example.test answers in ",
        "    ✓ console: asks for its password",
        "    ✓ ready: it stores texts and wakes turns",
        "    ✓ prices: gpt-4.1-mini: 0.00 for a million tokens read, 0.00 written, free",
        "    ✓ spending: 0.00 today, 0.00 this month; at most 0.10 USD a turn",
        "    ✓ limits: replies to a person in a minute: none, replies to a person in an hour: 30",
        "15 checks: 15 work, 0 doubtful, 0 broken",
    ] {
        assert!(ran.printed.iter().any(|printed| printed.starts_with(line)), "{line}: {ran:?}");
    }
    assert!(!ran.printed.join("").contains('\u{1b}'), "no colours but on a terminal");
}

#[tokio::test]
async fn a_model_that_lacks_something_is_reported() {
    let mut deployed = Deployed::start(&["mock"]).await;
    for (rule, found) in [
        (Rule::Mistral, "asked with max_tokens"),
        (Rule::NoSystem, "with the prompt in front of what the person says"),
        (Rule::NoTools, "but its server does not support tools: they are described in words"),
        (Rule::Vllm, "asked within 4096 tokens"),
    ] {
        let server = OpenAi::start_as(rule).await;
        server.calls("hand_over", r#"{"reason":"trial"}"#);
        server.says("Somebody will call you.");
        deployed.set(&[("OPENAI_BASE_URL", &server.url())]);
        let ran = deployed.doctor(&[]).await;
        let line = ran.printed.iter().find(|line| line.contains(" model: ")).unwrap();
        assert!(line.contains("✓ model: gpt-4.1-mini answers in "), "{line}");
        assert!(line.contains(found), "{line}");
    }

    let silent = OpenAi::start().await;
    deployed.set(&[("OPENAI_BASE_URL", &silent.url())]);
    silent.says("No.");
    check(
        &deployed.doctor(&[]).await,
        "! model: gpt-4.1-mini answers in ",
        "Name a model in OPENAI_MODEL that calls tools",
    );
    silent.calls("hand_over", r#"{"reason":"trial"}"#);
    let body = json!({ "error": { "message": "no", "code": "content_filter" } });
    silent.answers_with(400, &[], &body);
    check(
        &deployed.doctor(&[]).await,
        "✗ model: gpt-4.1-mini answers in ",
        "Name another model in OPENAI_MODEL",
    );
}

#[tokio::test]
async fn each_fault_of_others_is_named_and_nothing_else() {
    let mut deployed = Deployed::start(&["mock"]).await;
    deployed.product.openai.switch.set(OpenAi::out_of_quota());
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ model: the quota is used up (429 insufficient_quota)", "Pay for more");
    deployed.product.openai.switch.set(OpenAi::rate_limited());
    let ran = deployed.doctor(&[]).await;
    let often = "! model: too many requests for now (429 rate_limit_exceeded)";
    check(&ran, often, "If this goes on, ask for a higher rate limit");
    deployed.product.openai.switch.set(fakes::Mode::Works);

    let now = Timestamp::now();
    deployed.product.openai.says_it_is(now + SignedDuration::from_secs(120));
    let ran = deployed.doctor(&[]).await;
    check(&ran, "! clock: this machine is 1", "Have NTP set the clocks");
    deployed.product.openai.says_it_is(now - SignedDuration::from_mins(10));
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ clock: this machine is 60", "Have NTP set the clocks");
}

#[tokio::test]
async fn dead_letters_are_counted() {
    let Some(moto) = moto().await else { return };
    let [queue, dead] = moto.create_fifo_queue_and_its_dead(&unique_name()).await;
    let aws = [
        ("AWS_ENDPOINT_URL", moto.url.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let mut deployed = Deployed::start(&["mock"]).await;
    deployed.set(&aws);
    deployed.set(&[("TURN_QUEUE_URL", &queue)]);
    let ran = deployed.doctor(&[]).await;
    assert_eq!(not_ticked(&ran), [""; 0], "{ran:?}");

    let at =
        |url: &str| settings::Settings::from_iter([&aws[..], &[("TURN_QUEUE_URL", url)]].concat());
    let dead = Queue::from_settings(&at(&dead)).unwrap().unwrap();
    let wake_up = WakeUp { conversation: "a".into(), trace: TraceId::fresh() };
    dead.send(&wake_up, "a").await.unwrap();
    let ran = deployed.doctor(&[]).await;
    check(
        &ran,
        "✗ queue: wake-ups in the dead-letter queue, after failing again and again: 1",
        "Find the cause in the log of turn",
    );
}

#[tokio::test]
async fn another_server_at_our_address_is_reported() {
    let moved = Redirect::permanent("https://elsewhere.example.test");
    let trace = [("x-trace-id", "0123456789abcdef0123456789abcdef")];
    let refused = (StatusCode::FORBIDDEN, trace);
    let pages = || Router::new().route("/{page}", get("")).route("/", get(""));
    let alive = || pages().route("/healthz", get("ok"));
    let ours = || alive().route("/readyz", get("ready\n"));
    let calls = "/webhooks/mock/{kind}";
    for (router, found, fix) in [
        (
            Router::new().fallback(async || moved),
            "✗ public url: HTTP 308",
            "Providers follow no redirect",
        ),
        (pages(), "✗ public url: HTTP 200", "Something else answers there"),
        (
            alive().route("/webhooks/mock/{kind}", post(refused)),
            "✗ ready: HTTP 200",
            "Route GET /readyz to the function inbound",
        ),
        (
            alive()
                .route("/readyz", get((StatusCode::SERVICE_UNAVAILABLE, "not ready\n")))
                .route("/webhooks/mock/{kind}", post(refused)),
            "✗ ready: HTTP 503",
            "See the log of inbound",
        ),
        (
            ours(),
            "✗ webhooks: /webhooks/mock/inbound and …/status: HTTP 404",
            "Route POST at this address to the function inbound",
        ),
        (
            ours().route(calls, get("")),
            "✗ webhooks: /webhooks/mock/inbound and …/status: HTTP 405",
            "Route POST at this address to the function inbound",
        ),
        (
            ours().route(calls, post(StatusCode::FORBIDDEN)),
            "✗ webhooks: /webhooks/mock/inbound and …/status: HTTP 403",
            "Find out what is in front of textback",
        ),
    ] {
        let mut deployed = Deployed::start(&["mock"]).await;
        deployed.put_in_front_of(serve(router).await).await;
        check(&deployed.doctor(&[]).await, found, fix);
    }
}

#[tokio::test]
async fn an_address_that_accepts_forgeries_is_reported() {
    let careless = Router::new()
        .route("/healthz", get("ok"))
        .route("/readyz", get("ready\n"))
        .route("/{page}", get(""))
        .route("/", get(""))
        .route("/webhooks/{provider}/{kind}", post(""));
    let mut deployed = Deployed::start(&["twilio"]).await;
    deployed.put_in_front_of(serve(careless).await).await;
    let ran = deployed.doctor(&[]).await;
    let found = "    ✗ webhooks: /webhooks/twilio/inbound and …/status: HTTP 200";
    let line = ran.printed.iter().position(|line| line == found).unwrap();
    assert_eq!(ran.printed[line + 1].trim(), "Take it off the air: anybody could text as anybody.");
}

#[tokio::test]
async fn an_expired_certificate_is_reported() {
    let mut deployed = Deployed::start(&["mock"]).await;
    let front = Front::start_expired(NAME, deployed.product.address()).await;
    deployed.put(front);
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ public url: its certificate has expired", "Renew it, and automate");
}

#[tokio::test]
async fn a_look_leaves_nothing_behind() {
    let mut deployed = Deployed::start(&["mock"]).await;
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("checkout/.textback");
    deployed.set(&[("DATA_DIR", fresh.to_str().unwrap())]);
    let ran = deployed.doctor(&[]).await;
    assert_eq!(not_ticked(&ran), [""; 0]);
    let store = "    ✓ store: not there yet: the first start creates it";
    assert!(ran.printed.iter().any(|line| line == store), "{ran:?}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());

    std::fs::write(folder.path().join("file"), "").unwrap();
    let file = folder.path().join("file");
    deployed.set(&[("DATA_DIR", file.to_str().unwrap())]);
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ store: DATA_DIR cannot be used: ", "Check DATA_DIR");
}

#[tokio::test]
async fn without_a_provider_it_says_what_to_set() {
    let mut deployed = Deployed::start(&[]).await;
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ provider: none is configured", "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN");
}

#[tokio::test]
async fn programs_read_the_same() {
    let mut deployed = Deployed::start(&["mock"]).await;
    deployed.set(&[("BUSINESS_FILE", "")]);
    let ran = deployed.doctor(&["--json"]).await;
    assert_eq!(ran.code, Some(0));
    let report: Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
    let checks = |section: &Value| -> Vec<String> {
        let findings = section["findings"].as_array().unwrap().iter();
        findings.map(|found| format!("{} {}", found["check"], found["verdict"])).collect()
    };
    assert_eq!(report["sections"][0]["name"], "mock");
    assert_eq!(checks(&report["sections"][0]), [r#""account" "works""#]);
    assert_eq!(
        checks(&report["sections"][1]),
        [
            r#""public_url" "works""#,
            r#""ready" "works""#,
            r#""webhooks" "works""#,
            r#""pages" "works""#,
            r#""store" "works""#,
            r#""queue" "works""#,
            r#""model" "works""#,
            r#""prices" "works""#,
            r#""spending" "works""#,
            r#""limits" "works""#,
            r#""agent_file" "works""#,
            r#""business_file" "doubtful""#,
            r#""console" "works""#,
            r#""clock" "works""#,
        ]
    );
    assert_eq!((&report["version"], &report["works"]), (&1.into(), &true.into()));
    assert_eq!(report["counts"]["doubtful"], 1);
}

#[tokio::test]
async fn settings_that_cannot_be_read_give_no_verdict() {
    let half: Settings = [("TWILIO_ACCOUNT_SID".into(), "AC0".into())].into();
    let mut process = Process::start(&["doctor"], &half, "");
    assert_eq!(process.end().await, Some(2));
    assert!(process.logged()[0].starts_with("error: Twilio is half configured: set "));
}

/// The product, reachable under its public name.
struct Deployed {
    product: Product,
    front: Front,
    files: Vec<NamedTempFile>,
}

impl Deployed {
    async fn start(providers: &[&str]) -> Self {
        Self::start_with(providers, &[]).await
    }

    async fn start_with(providers: &[&str], settings: &[(&str, &str)]) -> Self {
        let product = Product::start_with(providers, settings).await;
        let front = Front::start(NAME, product.address()).await;
        let mut deployed = Self { product, front, files: vec![] };
        let business = deployed.file(BUSINESS);
        deployed.set(&[("BUSINESS_FILE", &business)]);
        deployed.put_in_front_of(deployed.product.address()).await;
        deployed
    }

    /// From now on, this answers under the public name.
    async fn put_in_front_of(&mut self, address: SocketAddr) {
        self.put(Front::start(NAME, address).await);
    }

    fn put(&mut self, front: Front) {
        self.front = front;
        let certificate = self.front.certificate().to_owned();
        let certificate = self.file(&certificate);
        let proxy = self.front.proxy();
        self.set(&[("HTTPS_PROXY", &proxy), ("SSL_CERT_FILE", &certificate)]);
    }

    fn set(&mut self, settings: &[(&str, &str)]) {
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        self.product.settings.extend(settings);
    }

    fn file(&mut self, text: &str) -> String {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        self.files.push(file);
        path
    }

    async fn doctor(&mut self, arguments: &[&str]) -> Ran {
        self.run(&[&["doctor"], arguments].concat()).await
    }

    async fn run(&mut self, arguments: &[&str]) -> Ran {
        self.product.run(arguments, "").await
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

/// Fails unless this is the only fault, with this fix.
fn check(ran: &Ran, found: &str, fix: &str) {
    let wrong = not_ticked(ran);
    assert!(matches!(&wrong[..], [line] if line.starts_with(found)), "{found}: {ran:?}");
    let line = ran.printed.iter().position(|line| line.trim() == wrong[0]).unwrap();
    assert!(ran.printed[line + 1].trim().starts_with(fix), "{fix}: {ran:?}");
    assert_eq!(ran.code, Some(i32::from(found.starts_with('✗'))), "{ran:?}");
}

/// The findings that need attention.
fn not_ticked(ran: &Ran) -> Vec<&str> {
    let lines = ran.printed.iter().map(|line| line.trim());
    lines.filter(|line| line.starts_with(['✗', '!'])).collect()
}
