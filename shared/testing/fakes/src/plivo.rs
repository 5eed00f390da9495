//! Plivo's API for messages, numbers and applications, and the webhook calls that Plivo makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use url::form_urlencoded;
use uuid::Uuid;

use crate::network::{Server, Watched, is_public, parameters};
use crate::{Fate, Route, Switch, WebhookAnswer, WebhookCall};

/// The fields of a message, from Plivo's own libraries.
const FIELDS: [&str; 8] = ["src", "dst", "text", "type", "url", "method", "log", "message_expiry"];

/// The query parameters of a list of messages, likewise.
const FILTERS: &str = "subaccount message_direction message_time message_time__gt \
    message_time__gte message_time__lt message_time__lte message_state limit offset error_code \
    message_type from_number to_number";

/// The id of the one application.
const APPLICATION: &str = "29986316244302815";

/// A Plivo account on loopback, with one number, registered in the USA, and one application that the
/// number belongs to.
///
/// Parameters that are not documented are refused, though Plivo may overlook them: they are ours,
/// and a mistake.
#[derive(Debug)]
pub struct Plivo {
    account: Arc<Account>,
    server: Server,
    /// What happens to sends.
    pub switch: Arc<Switch>,
    /// What happens to questions.
    pub lookups: Arc<Switch>,
}

/// A message that Plivo took from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlivoMessage {
    /// Plivo's id.
    pub uuid: String,
    /// Who is texted, without a plus.
    pub to: String,
    /// What is said.
    pub body: String,
    /// Plivo's word for what became of it.
    pub state: String,
    /// Plivo's code for why it failed.
    pub error_code: Option<u32>,
    /// Where we asked for reports.
    pub url: Option<String>,
}

#[derive(Debug)]
struct Account {
    auth_id: String,
    auth_token: String,
    number: String,
    state: Watched<Records>,
    switch: Arc<Switch>,
    lookups: Arc<Switch>,
}

#[derive(Debug, Default)]
struct Records {
    messages: Vec<PlivoMessage>,
    refusal: Option<u16>,
    fate: Fate,
    reports_answered: usize,
    message_url: Option<String>,
    credits: Option<String>,
    registration: Option<String>,
}

impl Plivo {
    /// Opens an account. Dropped, it closes and cuts what is open.
    pub async fn start() -> Self {
        let (switch, lookups) = <(Arc<Switch>, Arc<Switch>)>::default();
        let id = Uuid::new_v4().simple().to_string().to_uppercase();
        let account = Arc::new(Account {
            auth_id: format!("MA{}", &id[..18]),
            auth_token: Uuid::new_v4().simple().to_string(),
            number: "12025550120".into(),
            state: Watched::default(),
            switch: switch.clone(),
            lookups: lookups.clone(),
        });
        let router = Router::new()
            .route("/v1/Account/{account}/", get(look))
            .route("/v1/Account/{account}/Message/", get(look).post(create))
            .route("/v1/Account/{account}/{kind}/{id}/", get(look))
            .fallback(async || Refusal(404))
            .method_not_allowed_fallback(async || Refusal(405))
            .with_state(account.clone());
        Self { account, server: Server::start(router), switch, lookups }
    }

    /// What stands for `https://api.plivo.com`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The account's id.
    pub fn auth_id(&self) -> &str {
        &self.account.auth_id
    }

    /// The account's secret: the password of requests, the key of webhook signatures.
    pub fn auth_token(&self) -> &str {
        &self.account.auth_token
    }

    /// The number that the account rents, without a plus.
    pub fn number(&self) -> &str {
        &self.account.number
    }

    /// From now on refuses everything with this HTTP status: 401, 403 or 429 for instance.
    pub fn refuse_with(&self, status: u16) {
        self.account.state.change(|records| records.refusal = Some(status));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// From now on this becomes of messages that are taken.
    pub fn decide(&self, fate: Fate) {
        self.account.state.change(|records| records.fate = fate);
    }

    /// Enters an address as the message URL of the application. Until then texts lead nowhere.
    pub fn enter(&self, message_url: &str) {
        self.account.state.change(|records| records.message_url = Some(message_url.into()));
    }

    /// What is left to spend, in dollars. Until then `14.88860`.
    pub fn leave(&self, credits: &str) {
        self.account.state.change(|records| records.credits = Some(credits.into()));
    }

    /// How far the number's registration for the USA is: `UNREGISTERED`, `PROCESSING` or, until
    /// then, `COMPLETED`.
    pub fn register(&self, status: &str) {
        self.account.state.change(|records| records.registration = Some(status.into()));
    }

    /// The messages taken from us, oldest first.
    pub fn messages(&self) -> Vec<PlivoMessage> {
        self.account.state.read(|records| records.messages.clone())
    }

    /// What was said to a number, which may be written with a plus, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages
            .filter(|message| message.to == number.trim_start_matches('+'))
            .map(|message| message.body)
            .collect()
    }

    /// Waits until this many messages have been taken in all.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| records.messages.len() >= count;
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Waits until we have answered this many reports of [`Self::decide`] in all.
    pub async fn wait_for_reports(&self, count: usize) {
        let enough = |records: &Records| records.reports_answered >= count;
        self.account.state.until(&format!("{count} reports to be answered"), enough).await;
    }

    /// A person texts our number, and Plivo tells us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, to be made by the caller. It goes to the address that was
    /// [entered](Self::enter).
    pub fn inbound(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound_as(route, &Uuid::new_v4().to_string(), from, body)
    }

    /// [`Self::inbound`] with a given message id.
    pub fn inbound_as(&self, route: &Route, uuid: &str, from: &str, body: &str) -> WebhookCall {
        let url = self.account.state.read(|records| records.message_url.clone());
        self.account.call(
            route,
            &url.expect("no message URL was entered"),
            &[
                ("To", self.number()),
                ("From", from.trim_start_matches('+')),
                ("TotalRate", "0"),
                ("Units", "1"),
                ("Text", body),
                ("TotalAmount", "0"),
                ("Type", "sms"),
                ("MessageUUID", uuid),
                ("MessageIntent", ""),
            ],
        )
    }

    /// Any form call to where texts go, signed: for fields that are not usual.
    pub fn signed(&self, route: &Route, fields: &[(&str, &str)]) -> WebhookCall {
        let url = self.account.state.read(|records| records.message_url.clone());
        self.account.call(route, &url.expect("no message URL was entered"), fields)
    }

    /// The call for a text that somebody else makes up: complete, and signed with another secret.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let url = self.account.state.read(|records| records.message_url.clone());
        let signature = plivo_signature("not the auth token", &url.unwrap(), "1");
        self.inbound(route, from, body).with(SIGNATURE, &signature).with(NONCE, "1")
    }

    /// The call that reports what became of a message, to the address that was given with it.
    ///
    /// `state` is Plivo's word, `error_code` its reason for a failure.
    pub fn receipt(
        &self,
        route: &Route,
        uuid: &str,
        state: &str,
        error_code: Option<u32>,
    ) -> WebhookCall {
        self.account.report(route, uuid, state, error_code).expect("no url")
    }
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-plivo-signature-v2");
const NONCE: HeaderName = HeaderName::from_static("x-plivo-signature-v2-nonce");

/// Signs the public URL of a call as Plivo does for messages: without its query, and without what
/// the call says.
pub fn plivo_signature(auth_token: &str, url: &str, nonce: &str) -> String {
    let address = url.split('?').next().unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(auth_token.as_bytes()).unwrap();
    mac.update(format!("{address}{nonce}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl Account {
    /// Whether a request may go on: the right credentials, then the right path.
    fn admit(&self, headers: &HeaderMap, account: &str) -> Result<(), Refusal> {
        if let Some(status) = self.state.read(|records| records.refusal) {
            return Err(Refusal(status));
        }
        let expected = STANDARD.encode(format!("{}:{}", self.auth_id, self.auth_token));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match given {
            Some(given) if given == format!("Basic {expected}") && account == self.auth_id => {
                Ok(())
            }
            _ => Err(Refusal(401)),
        }
    }

    fn take(&self, body: &[u8]) -> Result<PlivoMessage, Refusal> {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal(400))?;
        let fields = body.as_object().ok_or(Refusal(400))?;
        let field = |name: &str| fields.get(name).and_then(Value::as_str);
        let to = field("dst").map(|number| number.trim_start_matches('+')).unwrap_or_default();
        let text = field("text").unwrap_or_default();
        let url = field("url").map(str::to_owned);
        let valid = fields.keys().all(|name| FIELDS.contains(&name.as_str()))
            && field("src").is_some_and(|from| from.trim_start_matches('+') == self.number)
            && (7..=15).contains(&to.len())
            && to.bytes().all(|digit| digit.is_ascii_digit())
            && (1..=1600).contains(&text.chars().count())
            && field("type").is_none_or(|kind| kind == "sms")
            && field("method").is_none_or(|method| method == "POST")
            && url.as_ref().is_none_or(|url| is_public(url));
        if !valid {
            return Err(Refusal(400));
        }
        let message = PlivoMessage {
            uuid: Uuid::new_v4().to_string(),
            to: to.into(),
            body: text.into(),
            state: "queued".into(),
            error_code: None,
            url,
        };
        self.state.change(|records| records.messages.push(message.clone()));
        Ok(message)
    }

    /// Lets a message that was taken meet its fate.
    async fn carry(&self, uuid: String) {
        let (route, last, code) = match self.state.read(|records| records.fate.clone()) {
            Fate::Lost => return,
            Fate::Delivered(route) => (route, "delivered", None),
            Fate::Undelivered(route, code) => (route, "undelivered", Some(code)),
        };
        for (state, code) in [("sent", None), (last, code)] {
            if let Some(call) = self.report(&route, &uuid, state, code) {
                let answered = call.try_post().await.is_some();
                self.state.change(|records| records.reports_answered += usize::from(answered));
            }
        }
    }

    /// Notes what became of a message. The call that reports it, if one was asked for.
    fn report(
        &self,
        route: &Route,
        uuid: &str,
        state: &str,
        code: Option<u32>,
    ) -> Option<WebhookCall> {
        let message = self.state.change(|records| {
            let mut messages = records.messages.iter_mut();
            let message = messages.find(|message| message.uuid == uuid).expect("no such message");
            message.state = state.into();
            message.error_code = code;
            message.clone()
        });
        let code = code.map(|code| code.to_string()).unwrap_or_default();
        let fields = [
            ("MessageUUID", uuid),
            ("ParentMessageUUID", uuid),
            ("From", &self.number),
            ("To", &message.to),
            ("Type", "sms"),
            ("Status", state),
            ("ErrorCode", &code),
            ("Units", "1"),
        ];
        Some(self.call(route, message.url.as_ref()?, &fields))
    }

    fn call(&self, route: &Route, url: &str, fields: &[(&str, &str)]) -> WebhookCall {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let nonce = Uuid::new_v4().simple().to_string();
        WebhookCall::new(route, url, "application/x-www-form-urlencoded", body)
            .with(SIGNATURE, &plivo_signature(&self.auth_token, url, &nonce))
            .with(NONCE, &nonce)
    }

    /// What is at a path below the account: its kind and its id, of which either may be missing.
    fn show(&self, kind: &str, id: &str, query: &str) -> Result<Value, Refusal> {
        let uri = |kind: &str, id: &str| format!("/v1/Account/{}/{kind}/{id}/", self.auth_id);
        self.state.read(|records| match (kind, id) {
            ("", "") => Ok(json!({
                "account_type": "standard",
                "auth_id": self.auth_id,
                "auto_recharge": false,
                "billing_mode": "prepaid",
                "cash_credits": records.credits.as_deref().unwrap_or("14.88860"),
                "state": "",
            })),
            ("Number", id) if id == self.number => Ok(json!({
                "number": self.number,
                "number_type": "local",
                "country": "United States",
                "application": uri("Application", APPLICATION),
                "sms_enabled": true,
                "tendlc_registration_status":
                    records.registration.as_deref().unwrap_or("COMPLETED"),
            })),
            ("Application", APPLICATION) => Ok(json!({
                "app_id": APPLICATION,
                "message_method": "POST",
                "message_url": records.message_url.as_deref().unwrap_or_default(),
            })),
            ("Message", "") => {
                let filters = parameters(query.as_bytes(), FILTERS).map_err(|_| Refusal(400))?;
                let found: Vec<_> = records
                    .messages
                    .iter()
                    .rev()
                    .filter(|message| matches(message, &filters))
                    .map(|message| self.resource(message))
                    .collect();
                Ok(json!({ "meta": { "total_count": found.len() }, "objects": found }))
            }
            ("Message", id) => {
                let message = records.messages.iter().find(|message| message.uuid == id);
                Ok(self.resource(message.ok_or(Refusal(404))?))
            }
            _ => Err(Refusal(404)),
        })
    }

    /// A message as Plivo shows it, without its words.
    fn resource(&self, message: &PlivoMessage) -> Value {
        json!({
            "message_uuid": message.uuid,
            "message_state": message.state,
            "message_direction": "outbound",
            "message_type": "sms",
            "from_number": self.number,
            "to_number": message.to,
            "error_code": message.error_code.map(|code| code.to_string()),
            "units": 1,
        })
    }
}

fn matches(message: &PlivoMessage, filters: &BTreeMap<String, String>) -> bool {
    let is = |name: &str, value: &str| filters.get(name).is_none_or(|wanted| wanted == value);
    is("message_direction", "outbound")
        && is("message_state", &message.state)
        && is("to_number", &message.to)
}

async fn create(
    State(account): State<Arc<Account>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let work = async {
        match account.admit(&headers, &path).and_then(|()| account.take(&body)) {
            Ok(message) => {
                let (carrier, uuid) = (account.clone(), message.uuid.clone());
                tokio::spawn(async move { carrier.carry(uuid).await });
                let queued = json!({
                    "api_id": Uuid::new_v4().to_string(),
                    "message": "message(s) queued",
                    "message_uuid": [message.uuid],
                });
                (StatusCode::ACCEPTED, Json(queued)).into_response()
            }
            Err(refusal) => refusal.into_response(),
        }
    };
    account.switch.apply(work).await
}

async fn look(
    State(account): State<Arc<Account>>,
    Path(path): Path<Vec<(String, String)>>,
    RawQuery(query): RawQuery,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response {
    let part = |name: &str| path.iter().find(|(part, _)| part == name).map(|(_, it)| it.as_str());
    // The list of messages is the one path whose kind is not a parameter.
    let list = if uri.path().ends_with("/Message/") { "Message" } else { "" };
    let answer = account.admit(&headers, part("account").unwrap_or_default()).and_then(|()| {
        account.show(
            part("kind").unwrap_or(list),
            part("id").unwrap_or_default(),
            &query.unwrap_or_default(),
        )
    });
    let answer = answer.map(|mut shown| {
        shown["api_id"] = Uuid::new_v4().to_string().into();
        Json(shown)
    });
    account.lookups.apply(async { answer.into_response() }).await
}

/// An error as Plivo writes it: an HTTP status, and a sentence that often quotes what was sent.
#[derive(Debug)]
struct Refusal(u16);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "api_id": Uuid::new_v4().to_string(),
            "error": "Plivo says here what it does not like",
        });
        (StatusCode::from_u16(self.0).unwrap(), Json(body)).into_response()
    }
}
