//! Vonage's Messages API, version 1, and the signed webhook calls that Vonage makes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::company::{Company, Reports, Taken};
use crate::network::{Server, Watched, is_public};
use crate::{Fate, Route, Switch, WebhookAnswer, WebhookCall};

/// The fields of a message, from Vonage's own libraries.
const FIELDS: [&str; 9] = [
    "channel",
    "message_type",
    "to",
    "from",
    "text",
    "client_ref",
    "webhook_url",
    "webhook_version",
    "ttl",
];

/// A Vonage application on loopback, with one number.
///
/// Refuses undocumented fields, though Vonage may ignore them: they would be a mistake of ours.
#[derive(Debug)]
pub struct Vonage {
    application: Arc<Application>,
    server: Server,
    /// The mode for sends.
    pub switch: Arc<Switch>,
}

/// A message that Vonage accepted from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VonageMessage {
    /// Vonage's id.
    pub uuid: String,
    /// The recipient, without a plus.
    pub to: String,
    /// The sender's number, without a plus.
    pub from: String,
    /// The body.
    pub body: String,
    /// Our reference.
    pub client_ref: Option<String>,
    /// The address for reports.
    pub webhook_url: Option<String>,
}

#[derive(Debug)]
struct Application {
    id: String,
    signature_secret: String,
    number: String,
    state: Watched<Records>,
    switch: Arc<Switch>,
}

#[derive(Debug, Default)]
struct Records {
    messages: Vec<VonageMessage>,
    refusal: Option<String>,
    fate: Fate,
    reports_answered: usize,
}

impl Vonage {
    /// Creates an application. Closes when dropped, with all connections.
    pub async fn start() -> Self {
        let switch = Arc::<Switch>::default();
        let application = Arc::new(Application {
            id: Uuid::new_v4().to_string(),
            signature_secret: Uuid::new_v4().simple().to_string(),
            number: "12025550110".into(),
            state: Watched::default(),
            switch: switch.clone(),
        });
        let router = Router::new()
            .route("/v1/messages", post(create))
            .fallback(async || problem("not-found"))
            .with_state(application.clone());
        Self { application, server: Server::start(router), switch }
    }

    /// The replacement for `https://api.nexmo.com`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The application's id.
    pub fn application_id(&self) -> &str {
        &self.application.id
    }

    /// The application's private key, as PEM. Every application here has the same.
    pub fn private_key(&self) -> &'static str {
        include_str!("vonage/private-key.pem")
    }

    /// The account's signature secret, the key of webhook signatures.
    pub fn signature_secret(&self) -> &str {
        &self.application.signature_secret
    }

    /// The number linked to the application, without a plus.
    pub fn number(&self) -> &str {
        &self.application.number
    }

    /// From now on refuses sends with this code: one of the Messages API such as `1000`, or a word used
    /// by all of Vonage, such as `unauthorized` or `low-balance`.
    pub fn refuse_with(&self, code: &str) {
        self.application.state.change(|records| records.refusal = Some(code.into()));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.application.state.change(|records| records.refusal = None);
    }

    /// The outcome of messages accepted from now on.
    pub fn decide(&self, fate: Fate) {
        self.application.state.change(|records| records.fate = fate);
    }

    /// The accepted messages, oldest first.
    pub fn messages(&self) -> Vec<VonageMessage> {
        self.application.state.read(|records| records.messages.clone())
    }

    /// The bodies of messages to a number, which may be written with a plus, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages
            .filter(|message| message.to == number.trim_start_matches('+'))
            .map(|message| message.body)
            .collect()
    }

    /// Waits until this many messages have been accepted in total.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| records.messages.len() >= count;
        self.application.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Waits until we have answered this many reports of [`Self::decide`] in total.
    pub async fn wait_for_reports(&self, count: usize) {
        let enough = |records: &Records| records.reports_answered >= count;
        self.application.state.until(&format!("{count} reports to be answered"), enough).await;
    }

    /// A person texts our number, and Vonage calls us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, for the caller to make.
    pub fn inbound(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound_as(route, &Uuid::new_v4().to_string(), from, body)
    }

    /// [`Self::inbound`] with a given message id.
    pub fn inbound_as(&self, route: &Route, uuid: &str, from: &str, body: &str) -> WebhookCall {
        let body = self.application.inbound_body(uuid, from, body);
        self.application.call(route, &route.public("/webhooks/vonage/inbound"), body)
    }

    /// A forged call for a text: complete, but signed with another secret.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let call = self.inbound(route, from, body);
        let signature = vonage_signature("not the secret", &self.application.id, &call.body);
        call.with(header::AUTHORIZATION, &signature)
    }

    /// The call that reports what became of a message, to the address given with it.
    ///
    /// `status` is Vonage's raw status, `code` its reason for a failure.
    pub fn receipt(
        &self,
        route: &Route,
        uuid: &str,
        status: &str,
        code: Option<u32>,
    ) -> WebhookCall {
        self.application.report(route, uuid, status, code).expect("no webhook_url")
    }
}

impl Company for Vonage {
    async fn open(_: &str) -> Self {
        Self::start().await
    }

    fn name(&self) -> &'static str {
        "vonage"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("VONAGE_APPLICATION_ID", self.application_id().into()),
            ("VONAGE_PRIVATE_KEY", self.private_key().into()),
            ("VONAGE_SIGNATURE_SECRET", self.signature_secret().into()),
            ("VONAGE_FROM", self.number().into()),
            ("VONAGE_BASE_URL", self.url()),
        ]
    }

    fn address(&self) -> &'static str {
        "VONAGE_BASE_URL"
    }

    fn sender(&self) -> String {
        format!("+{}", self.number())
    }

    fn secret(&self) -> &str {
        self.signature_secret()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.uuid, to: format!("+{}", it.to), body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, from, body)
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("submitted", None),
            arrived: ("delivered", None),
            lost: [("rejected", Some(1330)), ("undeliverable", Some(1330))],
            filtered: ("rejected", Some(1210)),
            unreached: ("undeliverable", Some(1180)),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word, code)
    }
}

/// Vonage's `Authorization` header for a call with this body.
pub fn vonage_signature(secret: &str, application_id: &str, body: &[u8]) -> String {
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = json!({
        "iat": Timestamp::now().as_second(),
        "jti": Uuid::new_v4().to_string(),
        "iss": "Vonage",
        "payload_hash": hash,
        "api_key": "abcd1234",
        "application_id": application_id,
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    format!("Bearer {token}")
}

impl Application {
    /// Whether a request has a token that the private key signed for this application.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = given.and_then(|value| value.strip_prefix("Bearer ")) else {
            return false;
        };
        let key = DecodingKey::from_rsa_pem(include_bytes!("vonage/public-key.pem")).unwrap();
        let how = Validation::new(Algorithm::RS256);
        jsonwebtoken::decode::<Value>(token, &key, &how).is_ok_and(|token| {
            let claims = token.claims;
            claims["application_id"] == self.id
                && claims["iat"].is_i64()
                && claims["jti"].as_str().is_some_and(|id| Uuid::try_parse(id).is_ok())
        })
    }

    /// Accepts a message, or returns the code of the refusal.
    fn take(&self, body: &[u8]) -> Result<VonageMessage, &'static str> {
        const MISSING: &str = "1010";
        const INVALID: &str = "1150";
        let body: Value = serde_json::from_slice(body).map_err(|_| INVALID)?;
        let fields = body.as_object().ok_or(INVALID)?;
        let field = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        if ["channel", "message_type", "to", "from", "text"].iter().any(|it| field(it).is_empty()) {
            return Err(MISSING);
        }
        let optional = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let (client_ref, webhook_url) = (optional("client_ref"), optional("webhook_url"));
        let digits = field("to");
        let valid = fields.keys().all(|name| FIELDS.contains(&name.as_str()))
            && (field("channel"), field("message_type")) == ("sms", "text")
            && field("text").chars().count() <= 1000
            && client_ref.as_ref().is_none_or(|it| (1..=100).contains(&it.chars().count()))
            && webhook_url.as_ref().is_none_or(|url| is_public(url))
            && optional("webhook_version").is_none_or(|version| version == "v1");
        if !valid {
            return Err(INVALID);
        }
        if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err("1170");
        }
        if field("from") != self.number {
            return Err("1120");
        }
        let message = VonageMessage {
            uuid: Uuid::new_v4().to_string(),
            to: digits.into(),
            from: self.number.clone(),
            body: field("text").into(),
            client_ref,
            webhook_url,
        };
        self.state.change(|records| records.messages.push(message.clone()));
        Ok(message)
    }

    /// Applies the decided outcome to an accepted message.
    async fn deliver(&self, uuid: String) {
        let (route, last, code) = match self.state.read(|records| records.fate.clone()) {
            Fate::Lost => return,
            Fate::Delivered(route) => (route, "delivered", None),
            Fate::Undelivered(route, code) => (route, "rejected", Some(code)),
        };
        for (status, code) in [("submitted", None), (last, code)] {
            if let Some(call) = self.report(&route, &uuid, status, code) {
                let answered = call.try_post().await.is_some();
                self.state.change(|records| records.reports_answered += usize::from(answered));
            }
        }
    }

    /// The call that reports what became of a message, if it was requested.
    fn report(
        &self,
        route: &Route,
        uuid: &str,
        status: &str,
        code: Option<u32>,
    ) -> Option<WebhookCall> {
        let message = self.state.read(|records| {
            let mut messages = records.messages.iter();
            messages.find(|message| message.uuid == uuid).expect("no such message").clone()
        });
        let mut body = json!({
            "message_uuid": uuid,
            "to": message.to,
            "from": message.from,
            "timestamp": Timestamp::now(),
            "channel": "sms",
            "status": status,
            "client_ref": message.client_ref,
            "usage": { "currency": "EUR", "price": "0.0333" },
            "destination": { "network_code": "310260" },
            "sms": { "count_total": "1" },
        });
        if let Some(code) = code {
            body["error"] = json!({
                "type": format!("https://developer.vonage.com/api-errors/messages#{code}"),
                "title": code,
                "detail": format!("The message to {} failed", message.to),
                "instance": Uuid::new_v4().simple().to_string(),
            });
        }
        Some(self.call(route, message.webhook_url.as_ref()?, body))
    }

    fn inbound_body(&self, uuid: &str, from: &str, body: &str) -> Value {
        json!({
            "message_uuid": uuid,
            "to": self.number,
            "from": from.trim_start_matches('+'),
            "timestamp": Timestamp::now(),
            "channel": "sms",
            "message_type": "text",
            "text": body,
            "usage": { "currency": "EUR", "price": "0.0333" },
            "sms": { "num_messages": "1" },
            "origin": { "network_code": "310260" },
        })
    }

    fn call(&self, route: &Route, url: &str, body: Value) -> WebhookCall {
        let body = body.to_string();
        let signature = vonage_signature(&self.signature_secret, &self.id, body.as_bytes());
        WebhookCall::new(route, url, "application/json", body)
            .with(header::AUTHORIZATION, &signature)
    }
}

async fn create(
    State(application): State<Arc<Application>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let work = async {
        if !application.admits(&headers) {
            return problem("unauthorized");
        }
        if let Some(code) = application.state.read(|records| records.refusal.clone()) {
            return problem(&code);
        }
        match application.take(&body) {
            Ok(message) => {
                let (carrier, uuid) = (application.clone(), message.uuid.clone());
                tokio::spawn(async move { carrier.deliver(uuid).await });
                let accepted = json!({ "message_uuid": message.uuid });
                (StatusCode::ACCEPTED, Json(accepted)).into_response()
            }
            Err(code) => problem(code),
        }
    };
    application.switch.apply(work).await
}

/// An error as Vonage writes it (RFC 7807).
fn problem(code: &str) -> Response {
    let of_messages = code.bytes().all(|digit| digit.is_ascii_digit());
    let status = match code {
        "unauthorized" | "invalid-api-key" | "jwt-expired" | "jwt-revoked" => 401,
        "low-balance" | "1070" => 402,
        "forbidden" | "unprovisioned" | "account-suspended" => 403,
        "not-found" => 404,
        "throttled" | "1000" => 429,
        _ => 422,
    };
    let page = if of_messages { "/messages" } else { "" };
    let body = json!({
        "type": format!("https://developer.vonage.com/api-errors{page}#{code}"),
        "title": "Refused",
        "detail": "Vonage says here what it does not like.",
        "instance": Uuid::new_v4().simple().to_string(),
    });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
