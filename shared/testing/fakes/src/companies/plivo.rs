//! Plivo's API for messages, numbers and applications, and the webhook calls that Plivo makes.

mod api;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderName;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::form_urlencoded;
use uuid::Uuid;

use self::api::{ApiError, create, look};
use crate::company::{Company, Reports, Taken, WEBHOOK_TOKEN};
use crate::network::{Server, Watched};
use crate::{Fate, Mode, Route, Switch, WebhookAnswer, WebhookCall};

/// A Plivo account on loopback, with one number, registered in the USA, and one application that the
/// number belongs to.
/// Refuses undocumented parameters, though Plivo may ignore them: they would be a mistake of ours.
#[derive(Debug)]
pub struct Plivo {
    account: Arc<Account>,
    server: Server,
    /// The mode for sends.
    pub switch: Arc<Switch>,
    /// The mode for queries.
    pub lookups: Arc<Switch>,
}

/// A message that Plivo accepted from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlivoMessage {
    /// Plivo's id.
    pub uuid: String,
    /// The recipient, without a plus.
    pub to: String,
    /// The body.
    pub body: String,
    /// Plivo's raw status.
    pub state: String,
    /// Plivo's code for a failure.
    pub error_code: Option<u32>,
    /// The address for reports.
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
    /// Opens an account. Closes when dropped, with all connections.
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
            .fallback(async || ApiError(404))
            .method_not_allowed_fallback(async || ApiError(405))
            .with_state(account.clone());
        Self { account, server: Server::start(router), switch, lookups }
    }

    /// The replacement for `https://api.plivo.com`.
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

    /// From now on refuses everything with this HTTP status, such as 401, 403 or 429.
    pub fn refuse_with(&self, status: u16) {
        self.account.state.change(|records| records.refusal = Some(status));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// The outcome of messages accepted from now on.
    pub fn decide(&self, fate: Fate) {
        self.account.state.change(|records| records.fate = fate);
    }

    /// Enters an address as the message URL of the application. Until then texts lead nowhere.
    pub fn enter(&self, message_url: &str) {
        self.account.state.change(|records| records.message_url = Some(message_url.into()));
    }

    /// The remaining credit, in dollars. Initially `14.88860`.
    pub fn leave(&self, credits: &str) {
        self.account.state.change(|records| records.credits = Some(credits.into()));
    }

    /// The status of the number's registration for the USA: `UNREGISTERED`, `PROCESSING` or, initially,
    /// `COMPLETED`.
    pub fn register(&self, status: &str) {
        self.account.state.change(|records| records.registration = Some(status.into()));
    }

    /// The accepted messages, oldest first.
    pub fn messages(&self) -> Vec<PlivoMessage> {
        self.account.state.read(|records| records.messages.clone())
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
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Waits until we have answered this many reports of [`Self::decide`] in total.
    pub async fn wait_for_reports(&self, count: usize) {
        let enough = |records: &Records| records.reports_answered >= count;
        self.account.state.until(&format!("{count} reports to be answered"), enough).await;
    }

    /// A person texts our number, and Plivo calls us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, for the caller to make. It goes to the address that was
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

    /// Any signed form call to the address for texts: for unusual fields.
    pub fn signed(&self, route: &Route, fields: &[(&str, &str)]) -> WebhookCall {
        let url = self.account.state.read(|records| records.message_url.clone());
        self.account.call(route, &url.expect("no message URL was entered"), fields)
    }

    /// A forged call for a text: complete, but signed with another secret.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let url = self.account.state.read(|records| records.message_url.clone());
        let signature = plivo_signature("not the auth token", &url.unwrap(), "1");
        self.inbound(route, from, body).with(SIGNATURE, &signature).with(NONCE, "1")
    }

    /// The call that reports what became of a message, to the address given with it.
    ///
    /// `state` is Plivo's raw status, `error_code` its reason for a failure.
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

impl Company for Plivo {
    async fn open(public_url: &str) -> Self {
        let plivo = Self::start().await;
        plivo.enter(&format!("{public_url}/webhooks/plivo/inbound?token={WEBHOOK_TOKEN}"));
        plivo
    }

    fn name(&self) -> &'static str {
        "plivo"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PLIVO_AUTH_ID", self.auth_id().into()),
            ("PLIVO_AUTH_TOKEN", self.auth_token().into()),
            ("PLIVO_WEBHOOK_TOKEN", WEBHOOK_TOKEN.into()),
            ("PLIVO_FROM", self.number().into()),
            ("PLIVO_BASE_URL", self.url()),
        ]
    }

    fn address(&self) -> &'static str {
        "PLIVO_BASE_URL"
    }

    fn sender(&self) -> String {
        format!("+{}", self.number())
    }

    fn secret(&self) -> &str {
        self.auth_token()
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

    fn handled(&self, route: &Route, from: &str, body: &str, word: &str) -> Option<WebhookCall> {
        let fields = [
            ("From", &from[1..]),
            ("To", &self.number()[1..]),
            ("Text", body),
            ("MessageUUID", &Uuid::new_v4().to_string()),
            ("MessageIntent", word),
        ];
        Some(self.signed(route, &fields))
    }

    fn fails_to_show(&self) {
        self.lookups.plan(vec![Mode::Fails(500, String::new()); 3]);
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("sent", None),
            arrived: ("delivered", None),
            lost: [("undelivered", Some(1000)), ("failed", Some(1000))],
            filtered: ("failed", Some(30)),
            unreached: ("undelivered", Some(80)),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word, code)
    }
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-plivo-signature-v2");
const NONCE: HeaderName = HeaderName::from_static("x-plivo-signature-v2-nonce");

/// Signs the public URL of a call as Plivo does for messages: without its query and its body.
pub fn plivo_signature(auth_token: &str, url: &str, nonce: &str) -> String {
    let address = url.split('?').next().unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(auth_token.as_bytes()).unwrap();
    mac.update(format!("{address}{nonce}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl Account {
    /// Applies the decided outcome to an accepted message.
    async fn deliver(&self, uuid: String) {
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

    /// Records the outcome of a message. Returns the call that reports it, if one was requested.
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
}
