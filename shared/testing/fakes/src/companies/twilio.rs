//! Twilio: its Messages API, the state of an account, and the webhook calls it makes.

mod account;
mod sends;
mod webhooks;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::company::{Company, Reports, Taken};
use crate::network::{Server, Watched};
use crate::{Mode, Route, Switch, WebhookCall};

pub use account::TwilioSetup;
pub use webhooks::twilio_signature;

/// Errors by code: the HTTP status and Twilio's title. A suspended account also gets 20003, for
/// instance one without credit.
const ERRORS: [(u32, u16, &str); 28] = [
    (20001, 400, "Unknown parameters"),
    (20003, 401, "Authenticate"),
    (20004, 405, "Method not allowed"),
    (20006, 403, "Access Denied"),
    (20008, 403, "Resource not accessible with Test Account Credentials"),
    (20404, 404, "The requested resource was not found"),
    (20422, 400, "Invalid Parameter"),
    (20429, 429, "Too Many Requests"),
    (20500, 500, "Internal Server Error"),
    (21211, 400, "Invalid 'To' Phone Number"),
    (21212, 400, "Invalid From Number (caller ID)"),
    (
        21408,
        400,
        "Permission to send an SMS has not been enabled for the region of the 'To' number",
    ),
    (21601, 400, "Phone number is not a valid SMS-capable inbound phone number"),
    (21602, 400, "Message body is required"),
    (21603, 400, "A 'From' or 'MessagingServiceSid' parameter is required to send a message"),
    (21604, 400, "The destination 'To' phone number is required to send an SMS"),
    (21606, 400, "The 'From' phone number is not a valid message-capable Twilio phone number"),
    (21608, 400, "The 'to' phone number provided is not yet verified for this account"),
    (21609, 400, "Invalid 'StatusCallback'"),
    (21610, 400, "Attempt to send to unsubscribed recipient"),
    (21611, 429, "This 'From' number has exceeded the maximum number of queued messages"),
    (21612, 400, "The 'To' phone number is not currently reachable via SMS"),
    (21614, 400, "'To' number is not a valid mobile number"),
    (21617, 400, "The concatenated message body exceeds the 1600 character limit"),
    (21701, 400, "The Messaging Service does not exist"),
    (21703, 400, "The Messaging Service does not have a phone number available"),
    (21704, 400, "The Messaging Service contains no phone numbers"),
    (63038, 429, "Account exceeded the daily messages limit"),
];

/// A Twilio account on loopback, with one number and one Messaging Service that owns it.
///
/// Refuses undocumented parameters, though Twilio may ignore them: they would be a mistake of ours.
#[derive(Debug)]
pub struct Twilio {
    account: Arc<Account>,
    server: Server,
    /// The mode for sends.
    pub switch: Arc<Switch>,
    /// The mode for queries about messages.
    pub lookups: Arc<Switch>,
}

/// A message that Twilio accepted from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioMessage {
    /// Twilio's id.
    pub sid: String,
    /// The recipient.
    pub to: String,
    /// The sender's number.
    pub from: String,
    /// The Messaging Service that chose the number, if one did.
    pub messaging_service: Option<String>,
    /// The body.
    pub body: String,
    /// Twilio's raw status.
    pub status: String,
    /// Twilio's code for a failure.
    pub error_code: Option<u32>,
    /// The address for reports.
    pub status_callback: Option<String>,
    inbound: bool,
    created: Timestamp,
}

/// The outcome of accepted messages.
#[derive(Clone, Debug, Default)]
pub enum Fate {
    /// They stay queued: accepted, never delivered, nothing reported.
    #[default]
    Lost,
    /// They are sent and delivered. Both are reported immediately, possibly before the send is
    /// answered.
    Delivered(Route),
    /// They are sent and not delivered, for this reason. Both are reported immediately.
    Undelivered(Route, u32),
}

#[derive(Debug)]
struct Account {
    sid: String,
    auth_token: String,
    number: String,
    messaging_service: String,
    state: Watched<Records>,
    switch: Arc<Switch>,
    lookups: Arc<Switch>,
}

#[derive(Debug, Default)]
struct Records {
    messages: Vec<TwilioMessage>,
    blocked: BTreeSet<String>,
    own_replies: Vec<(String, &'static str)>,
    refusal: Option<u32>,
    fate: Fate,
    reports_answered: usize,
    setup: TwilioSetup,
}

impl Twilio {
    /// Opens an account. Closes when dropped, with all connections.
    pub async fn start() -> Self {
        Self::with_number("+12025550100").await
    }

    /// Opens an account that owns this number.
    pub async fn with_number(number: &str) -> Self {
        let (switch, lookups) = <(Arc<Switch>, Arc<Switch>)>::default();
        let account = Arc::new(Account {
            sid: sid("AC"),
            auth_token: Uuid::new_v4().simple().to_string(),
            number: number.into(),
            messaging_service: sid("MG"),
            state: Watched::default(),
            switch: switch.clone(),
            lookups: lookups.clone(),
        });
        let router = Router::new()
            .route(
                "/2010-04-01/Accounts/{account}/Messages.json",
                get(sends::list).post(sends::create),
            )
            .route("/2010-04-01/Accounts/{account}/Messages/{file}", get(sends::fetch))
            .method_not_allowed_fallback(async || ApiError::of(20004))
            .fallback(account::show)
            .with_state(account.clone());
        Self { account, server: Server::start(router), switch, lookups }
    }

    /// The replacement for `https://api.twilio.com` and Twilio's other hosts.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The account's id.
    pub fn account_sid(&self) -> &str {
        &self.account.sid
    }

    /// The account's secret: the password of requests, the key of webhook signatures.
    pub fn auth_token(&self) -> &str {
        &self.account.auth_token
    }

    /// The number that the account owns.
    pub fn number(&self) -> &str {
        &self.account.number
    }

    /// The Messaging Service that the number belongs to.
    pub fn messaging_service(&self) -> &str {
        &self.account.messaging_service
    }

    /// From now on refuses sends with this code, such as 20003 (credentials, or a suspended account),
    /// 21608 (trial account) or 20429 (too fast).
    pub fn refuse_with(&self, code: u32) {
        ApiError::of(code);
        self.account.state.change(|records| records.refusal = Some(code));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// The outcome of messages accepted from now on.
    pub fn decide(&self, fate: Fate) {
        self.account.state.change(|records| records.fate = fate);
    }

    /// Changes the setup of the account from the correct one.
    pub fn set_up(&self, change: impl FnOnce(&mut TwilioSetup)) {
        self.account.state.change(|records| change(&mut records.setup));
    }

    /// Blocks a number as if the person had texted STOP, without a call to us.
    pub fn opt_out(&self, number: &str) {
        self.account.state.change(|records| records.blocked.insert(number.into()));
    }

    /// The accepted messages, oldest first.
    pub fn messages(&self) -> Vec<TwilioMessage> {
        let ours = |message: &&TwilioMessage| !message.inbound;
        self.account.state.read(|records| records.messages.iter().filter(ours).cloned().collect())
    }

    /// The bodies of our messages to a number, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.filter(|message| message.to == number).map(|message| message.body).collect()
    }

    /// Twilio's own messages to a number: its answers to STOP, START and HELP.
    pub fn own_replies_to(&self, number: &str) -> Vec<&'static str> {
        let said = |(to, body): &(String, &'static str)| (to == number).then_some(*body);
        self.account.state.read(|records| records.own_replies.iter().filter_map(said).collect())
    }

    /// Waits until this many messages have been accepted in total.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| {
            records.messages.iter().filter(|message| !message.inbound).count() >= count
        };
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Waits until we have answered this many reports of [`Self::decide`] in total.
    pub async fn wait_for_reports(&self, count: usize) {
        let enough = |records: &Records| records.reports_answered >= count;
        self.account.state.until(&format!("{count} reports to be answered"), enough).await;
    }
}

impl Company for Twilio {
    async fn open(_: &str) -> Self {
        Self::start().await
    }

    fn name(&self) -> &'static str {
        "twilio"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TWILIO_ACCOUNT_SID", self.account_sid().into()),
            ("TWILIO_AUTH_TOKEN", self.auth_token().into()),
            ("TWILIO_FROM", self.number().into()),
            ("TWILIO_BASE_URL", self.url()),
        ]
    }

    fn address(&self) -> &'static str {
        "TWILIO_BASE_URL"
    }

    fn sender(&self) -> String {
        self.number().into()
    }

    fn secret(&self) -> &str {
        self.auth_token()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.sid, to: it.to, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, from, body)
    }

    fn handled(&self, route: &Route, from: &str, body: &str, word: &str) -> Option<WebhookCall> {
        let fields = [
            ("From", from),
            ("To", self.number()),
            ("Body", body),
            ("MessageSid", &format!("SM{}", Uuid::new_v4().simple())),
            ("OptOutType", word),
            ("AccountSid", self.account_sid()),
        ];
        Some(self.signed(route, "/webhooks/twilio/inbound", &fields))
    }

    fn fails_to_show(&self) {
        self.lookups.plan(vec![Mode::Fails(500, String::new()); 3]);
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("sent", None),
            arrived: ("delivered", None),
            lost: [("undelivered", Some(30008)), ("failed", Some(30008))],
            filtered: ("undelivered", Some(30007)),
            unreached: ("undelivered", Some(30003)),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word, code)
    }
}

impl Account {
    /// Whether a request may proceed: the right credentials, then the right path.
    fn admit(&self, headers: &HeaderMap, account: &str) -> Result<(), ApiError> {
        let expected = STANDARD.encode(format!("{}:{}", self.sid, self.auth_token));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if given != Some(&format!("Basic {expected}")) {
            return Err(ApiError::of(20003));
        }
        if account == self.sid { Ok(()) } else { Err(ApiError::of(20404)) }
    }
}

/// An error as Twilio writes it. The message often quotes what was sent.
#[derive(Debug)]
struct ApiError {
    code: u32,
    status: u16,
    message: String,
}

impl ApiError {
    fn of(code: u32) -> Self {
        let error = ERRORS.iter().find(|error| error.0 == code);
        let (_, status, title) = error.unwrap_or_else(|| panic!("{code} is not in the list"));
        Self { code, status: *status, message: (*title).into() }
    }

    fn about(code: u32, quoted: &str) -> Self {
        let refusal = Self::of(code);
        Self { message: format!("{}: {quoted}", refusal.message), ..refusal }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { code, status, message } = self;
        let body = json!({
            "code": code,
            "message": message,
            "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
            "status": status,
        });
        (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
    }
}

fn sid(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple())
}
