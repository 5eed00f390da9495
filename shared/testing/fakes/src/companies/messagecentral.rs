//! MessageCentral's token and send calls, the queries of its dashboard, and inbound calls in every
//! shape they may have.

mod api;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::form_urlencoded;
use uuid::Uuid;

use self::api::{ApiError, balance, report, send, token};
use crate::company::{Company, Reports, Shown, Taken, WEBHOOK_TOKEN};
use crate::network::{Server, Watched};
use crate::{Mode, Route, Switch, WebhookAnswer, WebhookCall};

/// The credit that was bought last.
const BOUGHT: f64 = 100.0;

/// A MessageCentral account on loopback.
///
/// It accepts messages and sends no receipts, like the real one. Their outcomes appear only in the rows
/// of its dashboard, if at all.
#[derive(Debug)]
pub struct MessageCentral {
    account: Arc<Account>,
    server: Server,
    /// The mode for sends.
    pub switch: Arc<Switch>,
    /// The mode for token requests.
    pub tokens: Arc<Switch>,
    /// The mode for undocumented requests: the rows of its reports and the balance. Whether the real
    /// one answers them with our tokens is unknown: `Mode::Fails(404, …)` is just as realistic.
    pub reports: Arc<Switch>,
}

/// A message that MessageCentral accepted from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCentralMessage {
    /// MessageCentral's id, a small whole number.
    pub verification_id: String,
    /// The recipient, with `+` and country code.
    pub to: String,
    /// The sender id.
    pub sender: String,
    /// The body. A send without `type=SMS` and `message` texts a one-time password instead.
    pub body: String,
}

/// The possible shapes of an inbound call, which no document describes.
#[derive(Clone, Debug)]
pub struct InboundShape {
    /// As JSON instead of a form.
    pub json: bool,
    /// The field of the sender.
    pub from: &'static str,
    /// The field of our number.
    pub to: &'static str,
    /// The field of the words.
    pub text: &'static str,
    /// The field of the id, if there is one.
    pub id: Option<&'static str>,
    /// The field of the time, if there is one; RFC 3339.
    pub time: Option<&'static str>,
}

impl Default for InboundShape {
    fn default() -> Self {
        let id = Some("messageId");
        Self { json: true, from: "from", to: "to", text: "message", id, time: None }
    }
}

#[derive(Debug)]
struct Account {
    customer_id: String,
    password: String,
    state: Watched<Records>,
    switch: Arc<Switch>,
    tokens: Arc<Switch>,
    reports: Arc<Switch>,
}

#[derive(Debug)]
struct Records {
    messages: Vec<MessageCentralMessage>,
    fate: Shown,
    rows: Vec<Row>,
    clock: Option<Timestamp>,
    credits: f64,
    tokens_issued: usize,
    valid_tokens: BTreeMap<String, Timestamp>,
    token_life: Duration,
    refusal: Option<ApiError>,
}

/// A row of the reports.
#[derive(Debug)]
struct Row {
    created: Timestamp,
    body: Value,
}

impl Default for Records {
    fn default() -> Self {
        let week = Duration::from_secs(604_800);
        Self {
            messages: Vec::new(),
            fate: Shown::Lost,
            rows: Vec::new(),
            clock: None,
            credits: BOUGHT,
            tokens_issued: 0,
            valid_tokens: BTreeMap::new(),
            token_life: week,
            refusal: None,
        }
    }
}

impl MessageCentral {
    /// Opens an account. Closes when dropped, with all connections.
    pub async fn start() -> Self {
        let (switch, tokens, reports) = <(Arc<Switch>, Arc<Switch>, Arc<Switch>)>::default();
        let account = Arc::new(Account {
            customer_id: format!("C-{}", Uuid::new_v4().simple()).to_uppercase(),
            // Its Base64 contains characters with another meaning in a query.
            password: format!("~~~???>>>{}", Uuid::new_v4().simple()),
            state: Watched::default(),
            switch: switch.clone(),
            tokens: tokens.clone(),
            reports: reports.clone(),
        });
        let router = Router::new()
            .route("/auth/v1/authentication/token", get(token))
            .route("/verification/v3/send", post(send))
            .route("/reports/getDetailedReports", post(report))
            .route("/wallet/credits/balance", get(balance))
            .with_state(account.clone());
        Self { account, server: Server::start(router), switch, tokens, reports }
    }

    /// The replacement for `https://cpaas.messagecentral.com`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The customer id, `C-…`.
    pub fn customer_id(&self) -> &str {
        &self.account.customer_id
    }

    /// The password itself; requests contain it in Base64.
    pub fn password(&self) -> &str {
        &self.account.password
    }

    /// From now on refuses sends with this code. Under status 200 and most others the body is JSON with
    /// the code; under 401 and 403 it is empty.
    pub fn refuse_with(&self, response_code: u32, http_status: u16) {
        let refusal = ApiError { code: response_code, status: http_status, inside: false };
        self.account.state.change(|records| records.refusal = Some(refusal));
    }

    /// From now on refuses sends in the inner part of an answer whose outer part claims success.
    pub fn refuse_inside(&self, response_code: u32) {
        let refusal = ApiError { code: response_code, status: 200, inside: true };
        self.account.state.change(|records| records.refusal = Some(refusal));
    }

    /// The outcome of messages accepted from now on, as the reports show it.
    pub fn decide(&self, fate: Shown) {
        self.account.state.change(|records| records.fate = fate);
    }

    /// Sets the remaining credit, of the 100 that were last bought.
    pub fn credit(&self, credits: f64) {
        self.account.state.change(|records| records.credits = credits);
    }

    /// From now on the balance is exhausted.
    pub fn no_credit(&self) {
        self.credit(0.0);
        self.refuse_with(508, 200);
    }

    /// Ends [`Self::refuse_with`] and the like.
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// How long tokens issued from now on are valid. A week by default.
    pub fn issue_tokens_for(&self, life: Duration) {
        self.account.state.change(|records| records.token_life = life);
    }

    /// Invalidates all tokens issued so far.
    pub fn revoke_tokens(&self) {
        self.account.state.change(|records| records.valid_tokens.clear());
    }

    /// How many tokens were issued.
    pub fn tokens_issued(&self) -> usize {
        self.account.state.read(|records| records.tokens_issued)
    }

    /// The accepted messages, oldest first.
    pub fn messages(&self) -> Vec<MessageCentralMessage> {
        self.account.state.read(|records| records.messages.clone())
    }

    /// The bodies of messages to a number, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.filter(|message| message.to == number).map(|message| message.body).collect()
    }

    /// Waits until this many messages have been accepted in total.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| records.messages.len() >= count;
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// A person texts us, and MessageCentral calls us in the likeliest shape. `token` is the secret in
    /// the address entered in its console.
    pub async fn text(&self, route: &Route, token: &str, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, token, &InboundShape::default(), from, body).post().await
    }

    /// The call for a text, in the given shape, for the caller to make.
    pub fn inbound(
        &self,
        route: &Route,
        token: &str,
        shape: &InboundShape,
        from: &str,
        body: &str,
    ) -> WebhookCall {
        let (id, time) = (Uuid::new_v4().to_string(), Timestamp::now().to_string());
        let fields = [
            (Some(shape.from), from),
            (Some(shape.to), "UTOMOB"),
            (Some(shape.text), body),
            (shape.id, &id),
            (shape.time, &time),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name?, value)));
        if shape.json {
            let object: Map<_, _> =
                fields.map(|(name, value)| (name.into(), value.into())).collect();
            self.raw(route, token, "application/json", &Value::from(object).to_string())
        } else {
            let form =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            self.raw(route, token, "application/x-www-form-urlencoded", &form)
        }
    }

    /// Any inbound call: for unusual bodies.
    pub fn raw(&self, route: &Route, token: &str, content_type: &str, body: &str) -> WebhookCall {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
        let url = route.public(&format!("/webhooks/messagecentral/inbound?{query}"));
        WebhookCall::new(route, &url, content_type, body.into())
    }
}

impl Company for MessageCentral {
    async fn open(_: &str) -> Self {
        Self::start().await
    }

    fn name(&self) -> &'static str {
        "messagecentral"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("MC_CUSTOMER_ID", self.customer_id().into()),
            ("MC_PASSWORD", self.password().into()),
            ("MC_SENDER_ID", "UTOMOB".into()),
            ("MC_BASE_URL", self.url()),
            ("MC_WEBHOOK_TOKEN", WEBHOOK_TOKEN.into()),
        ]
    }

    fn address(&self) -> &'static str {
        "MC_BASE_URL"
    }

    fn sender(&self) -> String {
        "UTOMOB".into()
    }

    fn secret(&self) -> &str {
        self.password()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.verification_id, to: it.to, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, WEBHOOK_TOKEN, &InboundShape::default(), from, body)
    }

    fn will_show(&self, shown: Shown) {
        self.decide(shown);
    }

    fn fails_to_show(&self) {
        self.reports.set(Mode::Fails(404, String::new()));
    }

    fn set_clock(&self, now: Timestamp) {
        self.account.state.change(|records| records.clock = Some(now));
    }

    fn reports(&self) -> Option<Reports> {
        None
    }

    fn status_update(&self, _: &Route, _: &str, _: &str, _: Option<u32>) -> WebhookCall {
        unreachable!("MessageCentral reports nothing")
    }
}

impl Shown {
    /// The raw status and the code of a row, if there is one. Of the statuses only `DELIVRD` was ever
    /// seen.
    fn word(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Lost => None,
            Self::Waiting => Some(("ENROUTE", "")),
            Self::Delivered => Some(("DELIVRD", "000")),
            Self::Undelivered => Some(("UNDELIV", "027")),
        }
    }
}
