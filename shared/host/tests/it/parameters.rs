//! Functions whose settings stand in Parameter Store, as moto plays it.

use std::net::SocketAddr;
use std::sync::Arc;

use fakes::{Gateway, Mode, Moto, Relay, Route, RuntimeApi, Twilio, moto, unique_name};
use serde_json::Value;

use crate::functions::Function;

const PUBLIC_URL: &str = "https://sms.example.test";
const PERSON: &str = "+12025550143";
const OTHER: &str = "a-token-that-somebody-else-knows";

#[tokio::test]
async fn a_token_that_was_changed_is_believed_without_a_deploy() {
    let Some(moto) = moto().await else { return };
    for on_lambda in [true, false] {
        let owner = Owner::of(&moto, on_lambda).await;
        owner.put("TWILIO_AUTH_TOKEN", OTHER).await;
        let function = owner.start(&[]).await;
        assert_eq!(function.answers(&owner).await, 403);

        owner.put("TWILIO_AUTH_TOKEN_NEXT", owner.twilio.auth_token()).await;
        assert_eq!(function.answers(&owner).await, 200);
        // Nothing the like can be built from goes into force.
        owner.put("TWILIO_AUTH_TOKEN", " ").await;
        assert_eq!(function.answers(&owner).await, 200);
        let warned = function.stop().await;
        assert!(warned.contains("kept the previous settings"), "{warned}");
        assert!(warned.contains("set TWILIO_AUTH_TOKEN as well"), "{warned}");
        assert!(!warned.contains(OTHER) && !warned.contains(owner.twilio.auth_token()), "{warned}");
    }
}

#[tokio::test]
async fn a_secret_that_can_be_guessed_is_an_alarm_and_stops_nothing() {
    let Some(moto) = moto().await else { return };
    let owner = Owner::of(&moto, true).await;
    owner.put("TWILIO_AUTH_TOKEN", owner.twilio.auth_token()).await;
    owner.put("PLIVO_WEBHOOK_TOKEN", "open-sesame").await;
    let function = owner.start(&[]).await;
    assert_eq!(function.answers(&owner).await, 200);
    owner.put("PLIVO_WEBHOOK_TOKEN", "twenty-four-characters--").await;
    assert_eq!(function.answers(&owner).await, 200);
    owner.put("PLIVO_WEBHOOK_TOKEN", "open-barley").await;
    assert_eq!(function.answers(&owner).await, 200);
    let told = function.stop().await;
    // At the start, and when it was changed.
    assert_eq!(told.matches(r#""alarm":"secret.short""#).count(), 2, "{told}");
    assert!(told.contains("PLIVO_WEBHOOK_TOKEN can be guessed"), "{told}");
    assert!(!told.contains("open-sesame") && !told.contains("open-barley"), "{told}");
}

#[tokio::test]
async fn goes_on_with_what_it_has_when_parameters_cannot_be_read() {
    let Some(moto) = moto().await else { return };
    let owner = Owner::of(&moto, true).await;
    owner.put("TWILIO_AUTH_TOKEN", owner.twilio.auth_token()).await;
    let function = owner.start(&[]).await;
    owner.relay.set(denied("TWILIO_AUTH_TOKEN"));
    assert_eq!(function.answers(&owner).await, 200);
    let asked = owner.relay.bodies().len();
    // Not again within the minute.
    for _ in 0..3 {
        assert_eq!(function.answers(&owner).await, 200);
    }
    assert_eq!(owner.relay.bodies().len(), asked);
    let warned = function.stop().await;
    assert_eq!(warned.matches("may not read").count(), 2, "once in words and once as a field");
}

#[tokio::test]
async fn asks_for_what_the_environment_lacks_and_for_no_more() {
    let Some(moto) = moto().await else { return };
    let owner = Owner::of(&moto, true).await;
    // Blank, as Terraform creates them: they do not make half an account.
    owner.put("MC_PASSWORD", " ").await;
    owner.put("TWILIO_AUTH_TOKEN", OTHER).await;
    let function = owner.start(&[("TWILIO_AUTH_TOKEN", owner.twilio.auth_token())]).await;
    let calls: Vec<Value> =
        owner.relay.bodies().iter().map(|body| serde_json::from_slice(body).unwrap()).collect();
    let mut asked = Vec::new();
    for call in &calls {
        let names = call["Names"].as_array().unwrap();
        assert!(names.len() <= 10 && call["WithDecryption"] == true, "{call}");
        asked.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
    }
    asked.sort();
    let given = ["PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"];
    let names = host::parameters(&[host::PUBLIC_URL, providers::SETTINGS]);
    let lacking: Vec<_> = names
        .into_iter()
        .filter(|name| !given.contains(name))
        .map(|name| format!("{}{name}", owner.path))
        .collect();
    let at_once = lacking.len().div_ceil(10);
    assert_eq!((asked, calls.len()), (lacking, at_once));
    // The environment wins.
    assert_eq!(function.answers(&owner).await, 200);
}

#[tokio::test]
async fn what_keeps_it_from_reading_stops_the_start_and_says_what_to_do() {
    let Some(moto) = moto().await else { return };
    let owner = Owner::of(&moto, true).await;
    let refusal = |code: &str, words: &str| {
        Mode::Fails(400, serde_json::json!({"__type": code, "message": words}).to_string())
    };
    let kms = "User: arn:aws:sts::123456789012:assumed-role/inbound is not authorized to perform: \
               kms:Decrypt";
    let path = &owner.path;
    for (mode, settings, told) in [
        (
            Mode::Works,
            &[("SECRETS_PATH", "textback/production")][..],
            "write a path like /textback/production/".to_owned(),
        ),
        (
            Mode::Works,
            &[("AWS_ENDPOINT_URL_SSM", "localhost")],
            "AWS_ENDPOINT_URL is no address: write it as https://ssm.us-east-1.amazonaws.com"
                .into(),
        ),
        (Mode::Works, &[("AWS_REGION", "")], "it needs a region: set AWS_REGION".into()),
        (
            Mode::Works,
            &[("AWS_ACCESS_KEY_ID", "")],
            "it needs credentials of AWS: a role, a profile, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY"
                .into(),
        ),
        (
            denied(&format!("{path}MC_PASSWORD_BASE64")),
            &[],
            format!(
                "the role of this function may not read {path}MC_PASSWORD_BASE64: allow it \
                 ssm:GetParameters on all that infra/settings.tf.json lists for it"
            ),
        ),
        (
            refusal("AccessDeniedException", kms),
            &[],
            "the role of this function may not decrypt: allow it kms:Decrypt with the key of the \
             parameters"
                .into(),
        ),
        (
            refusal("com.amazon.coral.service#UnrecognizedClientException", "no"),
            &[],
            "AWS accepts neither these credentials nor requests signed with them \
             (UnrecognizedClientException): see AWS_ACCESS_KEY_ID and its companions, and the clock"
                .into(),
        ),
        (Mode::Nonsense, &[], format!("{} does not answer as Parameter Store", owner.relay.url())),
        (
            Mode::HangsBefore,
            &[],
            format!(
                "{} did not answer within 5 seconds: check whether it can be reached from here \
                 (inside a VPC it takes an endpoint), and AWS_REGION",
                owner.relay.url()
            ),
        ),
    ] {
        owner.relay.set(mode);
        let mut function = owner.function(settings);
        let error = function.says("error: ").await;
        assert_eq!(error, format!("SECRETS_PATH cannot be used: {told}"));
        assert_eq!(function.end().await, (Some(1), vec![]));
    }
}

#[tokio::test]
async fn a_start_survives_what_passes_by_itself() {
    let Some(moto) = moto().await else { return };
    let owner = Owner::of(&moto, true).await;
    owner.put("TWILIO_AUTH_TOKEN", owner.twilio.auth_token()).await;
    let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    for mode in [Mode::Fails(400, throttled.into()), Mode::Fails(503, String::new())] {
        let asked = owner.relay.bodies().len();
        owner.relay.set(mode);
        let starting = owner.start(&[]);
        let mending = async {
            while owner.relay.bodies().len() < asked + 3 {
                tokio::task::yield_now().await;
            }
            owner.relay.set(Mode::Works);
        };
        let (function, ()) = tokio::join!(starting, mending);
        assert_eq!(function.answers(&owner).await, 200);
    }
}

#[tokio::test]
async fn settings_that_can_no_longer_be_used_leave_it_at_work_and_not_ready() {
    let Some(moto) = moto().await else { return };
    let owner = Owner::of(&moto, false).await;
    owner.put("TWILIO_AUTH_TOKEN", owner.twilio.auth_token()).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let function = owner.start(&[("DATA_DIR", data.to_str().unwrap())]).await;
    assert_eq!(function.readiness().await, (200, "ready\n".into()));
    owner.put("VONAGE_APPLICATION_ID", "half-of-a-provider").await;
    assert_eq!(function.readiness().await, (503, "not ready\n".into()));
    assert_eq!(function.answers(&owner).await, 200);
}

fn denied(resource: &str) -> Mode {
    let words = format!(
        "User: arn:aws:sts::123456789012:assumed-role/inbound/inbound is not authorized to \
         perform: ssm:GetParameters on resource: arn:aws:ssm:us-east-1:123456789012:parameter\
         {resource} because no identity-based policy allows the ssm:GetParameters action"
    );
    let body = serde_json::json!({"__type": "AccessDeniedException", "Message": words});
    Mode::Fails(400, body.to_string())
}

/// Who runs the function, and knows its secrets.
struct Owner<'a> {
    moto: &'a Moto,
    relay: Relay,
    path: String,
    twilio: Twilio,
    runtime: Option<Arc<RuntimeApi>>,
}

impl<'a> Owner<'a> {
    async fn of(moto: &'a Moto, on_lambda: bool) -> Self {
        let runtime = if on_lambda { Some(Arc::new(RuntimeApi::start().await)) } else { None };
        Self {
            moto,
            relay: Relay::to(&moto.url),
            path: format!("/textback/{}/", unique_name()),
            twilio: Twilio::start().await,
            runtime,
        }
    }

    async fn put(&self, name: &str, value: &str) {
        self.moto.put_parameter(&format!("{}{name}", self.path), value).await;
    }

    /// A function that begins to start, with these settings beside the usual ones.
    fn function(&self, settings: &[(&str, &str)]) -> Function {
        let url = self.relay.url();
        let environment = self
            .runtime
            .as_ref()
            .map(|runtime| runtime.environment("believing"))
            .unwrap_or_default();
        let mut all = vec![
            ("PUBLIC_URL", PUBLIC_URL),
            ("SECRETS_PATH", &self.path),
            ("TWILIO_ACCOUNT_SID", self.twilio.account_sid()),
            ("TWILIO_FROM", self.twilio.number()),
            ("AWS_ENDPOINT_URL_SSM", &url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            // Nobody looks for a region or a role beyond this machine.
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        all.extend(environment.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        all.extend(settings);
        Function::start("believing", &all)
    }

    /// A function that has started.
    async fn start(&self, settings: &[(&str, &str)]) -> Started {
        let mut function = self.function(settings);
        let (address, gateway) = match &self.runtime {
            Some(runtime) => {
                runtime.ready().await;
                let gateway = Gateway::start("$default", &[("/{*path}", runtime)]);
                (gateway.address(), Some(gateway))
            }
            None => {
                let address = function.address().await;
                (address.trim_start_matches("http://").parse().unwrap(), None)
            }
        };
        let route = Route::new(PUBLIC_URL, address);
        Started { function, address, route, _gateway: gateway }
    }
}

struct Started {
    function: Function,
    address: SocketAddr,
    route: Route,
    _gateway: Option<Gateway>,
}

impl Started {
    /// The status with which it answers a call that Twilio has signed.
    async fn answers(&self, owner: &Owner<'_>) -> u16 {
        owner.twilio.text(&self.route, PERSON, "Hi").await.status
    }

    /// What it tells anybody who asks whether it is ready.
    async fn readiness(&self) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}/readyz", self.address)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// What it had to say to the end.
    async fn stop(mut self) -> String {
        self.function.process.start_kill().unwrap();
        self.function.end().await.1.join("\n")
    }
}
