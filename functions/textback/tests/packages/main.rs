//! The packages as they are deployed: the zips of `./deploy.sh package`, unpacked and run under a
//! stand-in for Lambda, behind one for API Gateway, on the Firestore emulator and moto.
//!
//! `cargo test -p textback --test packages -- --nocapture`. Packages for another machine run under
//! QEMU; their times say nothing about Lambda.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod package;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use conversations::{ConversationId, Store};
use fakes::{
    Gateway, Moto, OpenAi, Route, RuntimeApi, Twilio, firestore, moto, schedule_event, skip,
    sqs_event, unique_name,
};
use jiff::Timestamp;
use queue::Queue;
use serde_json::{Value, json};
use settings::Settings;
use sms::{Number, Status};

use crate::package::{ARM64, Architecture, Function, Package, X86_64};

/// Every function, and the paths that lead to it.
const FUNCTIONS: [(&str, &[&str]); 6] = [
    ("inbound", &["/webhooks/{provider}/inbound", "/readyz", "/ready"]),
    ("receipts", &["/webhooks/{provider}/status"]),
    ("turn", &[]),
    ("sweep", &[]),
    ("site", &["/", "/privacy", "/terms", "/opt-in", "/healthz", "/health"]),
    ("console", &["/console", "/console/{*file}"]),
];

const STAGE: &str = "production";
const PUBLIC_URL: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production";
const PERSON: &str = "+12025550143";
const PASSWORD: &str = "correct horse battery staple";

/// In bytes. A larger zip takes longer to fetch when a sandbox starts.
const LARGEST_PACKAGE: u64 = 5 * 1024 * 1024;

#[tokio::test]
async fn packages_for_arm64_answer() {
    answer(ARM64).await;
}

#[tokio::test]
async fn packages_for_x86_64_answer() {
    answer(X86_64).await;
}

async fn answer(architecture: Architecture) {
    let packages = match unpacked(architecture) {
        Ok(packages) => packages,
        Err(missing) => return skip(&missing),
    };
    let (Some(firestore), Some(moto)) = (firestore().await, moto().await) else { return };
    let (twilio, openai) = (Twilio::start().await, OpenAi::start().await);
    let project = unique_name();
    let queue_url = moto.create_fifo_queue(&project, Duration::from_secs(60)).await;
    // The secrets are in Parameter Store, and nowhere else.
    let secrets_path = format!("/{project}/production/");
    put_secrets(&moto, &secrets_path, twilio.auth_token()).await;
    let (twilio_url, openai_url) = (twilio.url(), openai.url());
    let settings = [
        ("SECRETS_PATH", secrets_path.as_str()),
        ("PUBLIC_URL", PUBLIC_URL),
        ("TWILIO_ACCOUNT_SID", twilio.account_sid()),
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
    let deployed = Deployed::of(&packages, &settings).await;
    let store = Store::open(&Settings::from(settings)).unwrap();
    let installation = Installation {
        route: Route::new(PUBLIC_URL, deployed.gateway.address()),
        queue: Queue::from_settings(&Settings::from(settings)).unwrap().unwrap(),
        id: store.names().conversation("twilio", &Number::parse(PERSON).unwrap()),
        deployed,
        store,
        twilio: &twilio,
        openai: &openai,
    };
    installation.takes_a_text().await;
    installation.answers().await;
    installation.records_what_becomes_of_the_reply().await;
    installation.finds_a_lost_wake_up().await;
    installation.shows_its_operator_what_was_said().await;
    installation.says_how_it_is().await;
    installation.shows_everybody_its_pages().await;
    for (_, _, function) in installation.deployed.functions {
        function.terminate().await;
    }
    print(architecture, &packages, &settings).await;
}

/// Every function's package, or what is missing to run them here.
fn unpacked(architecture: Architecture) -> Result<Vec<Package>, String> {
    let runner = architecture.runner()?;
    let unpack = |(function, _): (&'static str, _)| {
        let zip = architecture.package(function)?;
        Some(Package::unpack(function, &zip, &runner))
    };
    let packages: Option<_> = FUNCTIONS.into_iter().map(unpack).collect();
    packages.ok_or_else(|| {
        format!("needs the packages: run `./deploy.sh package {}`", architecture.name)
    })
}

async fn put_secrets(moto: &Moto, path: &str, twilio: &str) {
    let secrets = [
        ("TWILIO_AUTH_TOKEN", twilio),
        ("OPENAI_API_KEY", OpenAi::KEY),
        ("CONSOLE_PASSWORD", PASSWORD),
    ];
    for (name, value) in secrets {
        moto.put_parameter(&format!("{path}{name}"), value).await;
    }
}

/// What is deployed, and the companies and the person that it talks to.
struct Installation<'a> {
    deployed: Deployed,
    route: Route,
    store: Store,
    queue: Queue,
    /// The conversation with the person.
    id: ConversationId,
    twilio: &'a Twilio,
    openai: &'a OpenAi,
}

impl Installation<'_> {
    /// A text is claimed and kept, and the turn is woken; a repeat changes nothing.
    async fn takes_a_text(&self) {
        let Self { twilio, openai, route, store, id, .. } = self;
        openai.says("Hello! What can we do for you?");
        let call = twilio.inbound(route, PERSON, "Hi");
        for _ in 0..2 {
            let answer = call.post().await;
            assert_eq!((answer.status, answer.body.contains("<Response")), (200, true));
        }
        let kept = store.load(id, Timestamp::now()).await.unwrap().unwrap();
        assert_eq!(kept.waiting.len(), 1);
        assert_eq!(twilio.forged(route, PERSON, "Hi").post().await.status, 403);
    }

    /// The turn answers.
    async fn answers(&self) {
        let Self { deployed, twilio, queue, .. } = self;
        let received = queue.receive().await.unwrap();
        let wake_up = serde_json::to_string(&received.wake_up).unwrap();
        let event = sqs_event(&received.wake_up.conversation, &wake_up);
        let answer = deployed.function("turn").invoke(&event).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
        received.done().await.unwrap();
        let said = twilio.texts_to(PERSON);
        assert_eq!(said.len(), 1);
        assert!(said[0].ends_with("Hello! What can we do for you?"), "{said:?}");
    }

    /// What becomes of the reply is recorded.
    async fn records_what_becomes_of_the_reply(&self) {
        let Self { twilio, route, store, id, .. } = self;
        let sid = &twilio.messages()[0].sid;
        assert_eq!(twilio.report(route, sid, "delivered", None).await.status, 200);
        let attempts = store.attempts_of(id).await.unwrap();
        assert_eq!(attempts.iter().map(|a| a.status()).collect::<Vec<_>>(), [Status::Delivered]);
    }

    /// A wake-up that got lost is found.
    async fn finds_a_lost_wake_up(&self) {
        let Self { deployed, twilio, route, queue, id, .. } = self;
        twilio.text(route, PERSON, "Are you there?").await;
        queue.receive().await.unwrap().done().await.unwrap();
        assert_eq!(deployed.function("sweep").invoke(&schedule_event()).await, Value::Null);
        assert_eq!(queue.receive().await.unwrap().wake_up.conversation, id.to_string());
    }

    /// The operator sees it, and nobody else.
    async fn shows_its_operator_what_was_said(&self) {
        let Self { deployed, id, .. } = self;
        assert_eq!(deployed.get("/console", None).await.0, 401);
        let (status, page) = deployed.get("/console", Some(PASSWORD)).await;
        assert!(status == 200 && page.contains("<html"), "{status} {page}");
        let (status, list) = deployed.get("/console/api/conversations", Some(PASSWORD)).await;
        assert!(status == 200 && list.contains(&id.to_string()), "{status} {list}");
    }

    /// Anybody hears which build it is, and whether it is ready.
    async fn says_how_it_is(&self) {
        let Self { deployed, .. } = self;
        for path in ["/healthz", "/health"] {
            let (status, words) = deployed.get(path, None).await;
            let lines: Vec<_> = words.lines().map(|line| line.split(' ').next().unwrap()).collect();
            assert_eq!((status, &lines[..]), (200, &["ok", "version", "commit"][..]), "{words}");
        }
        for path in ["/readyz", "/ready"] {
            assert_eq!(deployed.get(path, None).await, (200, "ready\n".into()));
        }
    }

    /// Anybody sees the public pages.
    async fn shows_everybody_its_pages(&self) {
        let Self { deployed, .. } = self;
        for path in ["/", "/privacy", "/terms", "/opt-in"] {
            let (status, page) = deployed.get(path, None).await;
            assert!(status == 200 && page.contains("<html"), "{path}: {status} {page}");
        }
    }
}

/// Every function in a Lambda of its own, behind one address.
struct Deployed {
    gateway: Gateway,
    functions: Vec<(&'static str, Arc<RuntimeApi>, Function)>,
}

impl Deployed {
    async fn of(packages: &[Package], settings: &[(&str, &str)]) -> Self {
        let mut functions = Vec::new();
        for package in packages {
            let (lambda, function) = package.start(settings).await;
            functions.push((package.function, Arc::new(lambda), function));
        }
        let routes: Vec<_> = FUNCTIONS
            .iter()
            .zip(&functions)
            .flat_map(|((_, paths), (_, lambda, _))| paths.iter().map(move |path| (*path, lambda)))
            .collect();
        Self { gateway: Gateway::start(STAGE, &routes), functions }
    }

    fn function(&self, name: &str) -> &RuntimeApi {
        &self.functions.iter().find(|(function, ..)| *function == name).unwrap().1
    }

    /// The status and the body of a page.
    async fn get(&self, path: &str, password: Option<&str>) -> (u16, String) {
        let url = format!("http://{}{path}", self.gateway.address());
        let mut request = reqwest::Client::new().get(url);
        if password.is_some() {
            request = request.basic_auth("operator", password);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// Prints the size of each package, and how long it takes to start.
async fn print(architecture: Architecture, packages: &[Package], settings: &[(&str, &str)]) {
    let (starts, how) = if architecture.is_native() { (11, "native") } else { (3, "emulated") };
    let mut table = format!(
        "\n{}\n{:<10} {:>15} {:>22}\n",
        architecture.name,
        "function",
        "zip (aim 5 MiB)",
        format!("start, {how}{}", if architecture.is_native() { " (aim 50 ms)" } else { "" }),
    );
    for package in packages {
        let start = package.time_of_start(starts, settings).await;
        let (size, start) = (package.size as f64 / 1048576.0, start.as_secs_f64() * 1000.0);
        let size = format!("{size:.2} MiB");
        table += &format!("{:<10} {size:>15} {start:>19.1} ms\n", package.function);
    }
    // Not `print!`: the table should be seen whenever this runs.
    std::io::stderr().write_all(table.as_bytes()).unwrap();
    for package in packages {
        let (function, size) = (package.function, package.size);
        assert!(size <= LARGEST_PACKAGE, "{function} is too large: {size} bytes");
    }
}
