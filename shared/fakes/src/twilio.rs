//! Twilio's Messages API, and the webhook calls that Twilio makes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};
use sha1::Sha1;
use url::form_urlencoded;
use uuid::Uuid;

use crate::network::{Server, Watched, is_public, parameters};
use crate::{Route, Switch, WebhookAnswer, WebhookCall};

/// The form fields of a send, from Twilio's published API description.
const FIELDS: &str = "To From MessagingServiceSid Body MediaUrl ContentSid ContentVariables \
    StatusCallback ApplicationSid ValidityPeriod ProvideFeedback Attempt MaxPrice ForceDelivery \
    ContentRetention AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls \
    ScheduleType SendAt SendAsMms RiskCheck FallbackFrom";

/// The query parameters of a list, from the same document.
const FILTERS: &str = "To From DateSent DateSent< DateSent> PageSize Page PageToken";

/// Errors by code: the HTTP status and Twilio's title. 20003 is also what a suspended account gets,
/// one that has run out of credit for instance.
const ERRORS: [(u32, u16, &str); 27] = [
    (20001, 400, "Unknown parameters"),
    (20003, 401, "Authenticate"),
    (20004, 405, "Method not allowed"),
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

/// The words on which Twilio blocks a number by itself, and those on which it lifts the block.
const STOP: [&str; 8] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: [&str; 3] = ["START", "UNSTOP", "YES"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// The path that is entered for texts in Twilio's console.
const INBOUND: &str = "/webhooks/twilio/inbound";

/// A Twilio account on loopback, with one number and one Messaging Service that owns it.
///
/// Parameters that are not documented are refused, though Twilio may overlook them: they are ours,
/// and a mistake.
#[derive(Debug)]
pub struct Twilio {
    account: Arc<Account>,
    server: Server,
    /// What happens to sends.
    pub switch: Arc<Switch>,
    /// What happens to questions about messages.
    pub lookups: Arc<Switch>,
}

/// A message that Twilio took from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioMessage {
    /// Twilio's id.
    pub sid: String,
    /// Who is texted.
    pub to: String,
    /// The number it is sent from.
    pub from: String,
    /// The Messaging Service that chose the number, if one did.
    pub messaging_service: Option<String>,
    /// What is said.
    pub body: String,
    /// Twilio's word for what became of it.
    pub status: String,
    /// Twilio's code for why it failed.
    pub error_code: Option<u32>,
    /// Where we asked for reports.
    pub status_callback: Option<String>,
    inbound: bool,
    created: Timestamp,
}

/// What becomes of the messages that Twilio takes.
#[derive(Clone, Debug, Default)]
pub enum Fate {
    /// They stay queued: accepted, never delivered, nothing reported.
    #[default]
    Lost,
    /// They are sent and delivered. Both is reported at once, maybe before the send is answered.
    Delivered(Route),
    /// They are sent and not delivered, for this reason. Both is reported at once.
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
}

impl Twilio {
    /// Opens an account. Dropped, it closes and cuts what is open.
    pub async fn start() -> Self {
        let (switch, lookups) = <(Arc<Switch>, Arc<Switch>)>::default();
        let account = Arc::new(Account {
            sid: sid("AC"),
            auth_token: Uuid::new_v4().simple().to_string(),
            number: "+12025550100".into(),
            messaging_service: sid("MG"),
            state: Watched::default(),
            switch: switch.clone(),
            lookups: lookups.clone(),
        });
        let router = Router::new()
            .route("/2010-04-01/Accounts/{account}/Messages.json", get(list).post(create))
            .route("/2010-04-01/Accounts/{account}/Messages/{file}", get(fetch))
            .method_not_allowed_fallback(async || Refusal::of(20004))
            .fallback(async || Refusal::of(20404))
            .with_state(account.clone());
        Self { account, server: Server::start(router), switch, lookups }
    }

    /// What stands for `https://api.twilio.com`.
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

    /// From now on refuses sends with this code, as 20003 (credentials, or a suspended account),
    /// 21608 (trial account) or 20429 (too fast).
    pub fn refuse_with(&self, code: u32) {
        Refusal::of(code);
        self.account.state.change(|records| records.refusal = Some(code));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// From now on this becomes of messages that are taken.
    pub fn decide(&self, fate: Fate) {
        self.account.state.change(|records| records.fate = fate);
    }

    /// Blocks a number as if the person had texted STOP, without a call to us.
    pub fn opt_out(&self, number: &str) {
        self.account.state.change(|records| records.blocked.insert(number.into()));
    }

    /// The messages taken from us, oldest first.
    pub fn messages(&self) -> Vec<TwilioMessage> {
        let ours = |message: &&TwilioMessage| !message.inbound;
        self.account.state.read(|records| records.messages.iter().filter(ours).cloned().collect())
    }

    /// What was said to a number by us, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.filter(|message| message.to == number).map(|message| message.body).collect()
    }

    /// What Twilio itself said to a number: its answers to STOP, START and HELP.
    pub fn own_replies_to(&self, number: &str) -> Vec<&'static str> {
        let said = |(to, body): &(String, &'static str)| (to == number).then_some(*body);
        self.account.state.read(|records| records.own_replies.iter().filter_map(said).collect())
    }

    /// Waits until this many messages have been taken in all.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| {
            records.messages.iter().filter(|message| !message.inbound).count() >= count
        };
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Waits until we have answered this many reports of [`Self::decide`] in all.
    pub async fn wait_for_reports(&self, count: usize) {
        let enough = |records: &Records| records.reports_answered >= count;
        self.account.state.until(&format!("{count} reports to be answered"), enough).await;
    }

    /// A person texts our number, and Twilio tells us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, to be made by the caller.
    pub fn inbound(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound_as(route, &sid("SM"), from, body)
    }

    /// [`Self::inbound`] with a given message id.
    ///
    /// Twilio acts on STOP, START and HELP before it calls.
    pub fn inbound_as(&self, route: &Route, sid: &str, from: &str, body: &str) -> WebhookCall {
        assert!(is_message_sid(sid), "{sid} is not SM and 32 hexadecimal digits");
        self.account.state.change(|records| records.receive(&self.account.number, sid, from, body));
        self.account.call(
            route,
            &route.public(INBOUND),
            &self.account.inbound_fields(sid, from, body),
        )
    }

    /// The call for a text that somebody else makes up: complete, and signed with another secret.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let sid = sid("SM");
        let fields = self.account.inbound_fields(&sid, from, body);
        let url = route.public(INBOUND);
        let signature = twilio_signature("not the auth token", &url, &fields);
        self.account.call(route, &url, &fields).with(SIGNATURE, &signature)
    }

    /// Any form call, signed: for fields that are not usual.
    pub fn signed(&self, route: &Route, path: &str, fields: &[(&str, &str)]) -> WebhookCall {
        self.account.call(route, &route.public(path), fields)
    }

    /// Reports what became of a message, to the address that was given with it.
    ///
    /// `status` is Twilio's word, `error_code` its reason for a failure.
    pub async fn report(
        &self,
        route: &Route,
        sid: &str,
        status: &str,
        error_code: Option<u32>,
    ) -> WebhookAnswer {
        self.account.report(route, sid, status, error_code).expect("no StatusCallback").post().await
    }

    /// The call that [`Self::report`] makes, to be made by the caller.
    pub fn receipt(
        &self,
        route: &Route,
        sid: &str,
        status: &str,
        error_code: Option<u32>,
    ) -> WebhookCall {
        self.account.report(route, sid, status, error_code).expect("no StatusCallback")
    }
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");

/// Signs the public URL and the form fields of a call as Twilio does.
///
/// Fields are sorted by name, then value, and repeated ones are signed once.
pub fn twilio_signature(auth_token: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let mut signed = String::from(url);
    for (name, value) in fields.iter().collect::<BTreeSet<_>>() {
        signed.extend([*name, *value]);
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl Account {
    /// Whether a request may go on: the right credentials, then the right path.
    fn admit(&self, headers: &HeaderMap, account: &str) -> Result<(), Refusal> {
        let expected = STANDARD.encode(format!("{}:{}", self.sid, self.auth_token));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if given != Some(&format!("Basic {expected}")) {
            return Err(Refusal::of(20003));
        }
        if account == self.sid { Ok(()) } else { Err(Refusal::of(20404)) }
    }

    fn take(&self, fields: &BTreeMap<String, String>) -> Result<TwilioMessage, Refusal> {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
        let to = field("To").ok_or(Refusal::of(21604))?;
        if !is_e164(&to) {
            return Err(Refusal::about(21211, &to));
        }
        let messaging_service = field("MessagingServiceSid");
        match (field("From"), &messaging_service) {
            (None, None) => return Err(Refusal::of(21603)),
            (_, Some(service)) if *service != self.messaging_service => {
                return Err(Refusal::of(21701));
            }
            (Some(from), _) if !is_e164(&from) => return Err(Refusal::about(21212, &from)),
            (Some(from), _) if from != self.number => return Err(Refusal::about(21606, &from)),
            _ => {}
        }
        let body = field("Body").unwrap_or_default();
        if body.is_empty() && field("MediaUrl").is_none() && field("ContentSid").is_none() {
            return Err(Refusal::of(21602));
        }
        if body.chars().count() > 1600 {
            return Err(Refusal::of(21617));
        }
        let status_callback = field("StatusCallback");
        if status_callback.as_deref().is_some_and(|url| !is_public(url)) {
            return Err(Refusal::of(21609));
        }
        if let Some(seconds) = field("ValidityPeriod")
            && !seconds.parse().is_ok_and(|seconds: u32| (1..=36_000).contains(&seconds))
        {
            return Err(Refusal::of(20422));
        }
        let status = if messaging_service.is_some() { "accepted" } else { "queued" };
        let message = TwilioMessage {
            sid: sid("SM"),
            to,
            from: self.number.clone(),
            messaging_service,
            body,
            status: status.into(),
            error_code: None,
            status_callback,
            inbound: false,
            created: now(),
        };
        self.state.change(|records| {
            if let Some(code) = records.refusal {
                return Err(Refusal::about(code, &message.to));
            }
            if records.blocked.contains(&message.to) {
                return Err(Refusal::of(21610));
            }
            records.messages.push(message.clone());
            Ok(message)
        })
    }

    /// Lets a message that was taken meet its fate.
    async fn carry(&self, sid: String) {
        let (route, last, code) = match self.state.read(|records| records.fate.clone()) {
            Fate::Lost => return,
            Fate::Delivered(route) => (route, "delivered", None),
            Fate::Undelivered(route, code) => (route, "undelivered", Some(code)),
        };
        for (status, code) in [("sent", None), (last, code)] {
            if let Some(call) = self.report(&route, &sid, status, code) {
                let answered = call.try_post().await.is_some();
                self.state.change(|records| records.reports_answered += usize::from(answered));
            }
        }
    }

    /// Notes what became of a message. The call that reports it, if one was asked for.
    fn report(
        &self,
        route: &Route,
        sid: &str,
        status: &str,
        code: Option<u32>,
    ) -> Option<WebhookCall> {
        let message = self.state.change(|records| {
            let mut ours = records.messages.iter_mut().filter(|message| !message.inbound);
            let message = ours.find(|message| message.sid == sid).expect("no such message");
            message.status = status.into();
            message.error_code = code;
            message.clone()
        });
        let code = code.map(|code| code.to_string());
        let mut fields = vec![
            ("AccountSid", self.sid.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("From", &message.from),
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("SmsSid", sid),
            ("SmsStatus", status),
            ("To", &message.to),
        ];
        fields.extend(message.messaging_service.as_deref().map(|id| ("MessagingServiceSid", id)));
        fields.extend(code.as_deref().map(|code| ("ErrorCode", code)));
        Some(self.call(route, message.status_callback.as_ref()?, &fields))
    }

    fn inbound_fields<'a>(
        &'a self,
        sid: &'a str,
        from: &'a str,
        body: &'a str,
    ) -> Vec<(&'static str, &'a str)> {
        vec![
            ("ToCountry", "US"),
            ("ToState", "DC"),
            ("SmsMessageSid", sid),
            ("NumMedia", "0"),
            ("ToCity", ""),
            ("FromZip", "20001"),
            ("SmsSid", sid),
            ("FromState", "DC"),
            ("SmsStatus", "received"),
            ("FromCity", "WASHINGTON"),
            ("Body", body),
            ("FromCountry", "US"),
            ("To", &self.number),
            ("MessagingServiceSid", &self.messaging_service),
            ("ToZip", ""),
            ("NumSegments", "1"),
            ("MessageSid", sid),
            ("AccountSid", &self.sid),
            ("From", from),
            ("ApiVersion", "2010-04-01"),
        ]
    }

    fn call(&self, route: &Route, url: &str, fields: &[(&str, &str)]) -> WebhookCall {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        let once = Uuid::new_v4().to_string();
        WebhookCall::new(route, url, form, body)
            .with(header::USER_AGENT, "TwilioProxy/1.1")
            .with(header::ACCEPT, "*/*")
            .with(HeaderName::from_static("i-twilio-idempotency-token"), &once)
            .with(SIGNATURE, &twilio_signature(&self.auth_token, url, fields))
    }
}

impl Records {
    /// Takes a text from a person. Twilio acts on a stop word once, and calls us all the same.
    fn receive(&mut self, number: &str, sid: &str, from: &str, body: &str) {
        let word = body.trim().to_uppercase();
        let own_reply = if STOP.contains(&word.as_str()) {
            self.blocked
                .insert(from.into())
                .then_some("You are unsubscribed. Reply START to resubscribe.")
        } else if START.contains(&word.as_str()) {
            self.blocked
                .remove(from)
                .then_some("You are subscribed again. Reply STOP to unsubscribe.")
        } else {
            HELP.contains(&word.as_str()).then_some("Reply STOP to unsubscribe.")
        };
        self.own_replies.extend(own_reply.map(|body| (from.into(), body)));
        if self.messages.iter().any(|message| message.sid == sid) {
            return;
        }
        self.messages.push(TwilioMessage {
            sid: sid.into(),
            to: number.into(),
            from: from.into(),
            messaging_service: None,
            body: body.into(),
            status: "received".into(),
            error_code: None,
            status_callback: None,
            inbound: true,
            created: now(),
        });
    }
}

async fn create(
    State(account): State<Arc<Account>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let take = || {
        account.admit(&headers, &path)?;
        // Anything but a form is to Twilio a request without parameters.
        let is_form = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body: &[u8] = if is_form { &body } else { &[] };
        account.take(&parameters(body, FIELDS).map_err(|name| Refusal::about(20001, &name))?)
    };
    let work = async {
        match take() {
            Ok(message) => {
                let (carrier, sid) = (account.clone(), message.sid.clone());
                tokio::spawn(async move { carrier.carry(sid).await });
                (StatusCode::CREATED, Json(resource(&account.sid, &message))).into_response()
            }
            Err(refusal) => refusal.into_response(),
        }
    };
    account.switch.apply(work).await
}

async fn list(
    State(account): State<Arc<Account>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let answer = || {
        account.admit(&headers, &path)?;
        let filters =
            parameters(query.as_bytes(), FILTERS).map_err(|name| Refusal::about(20001, &name))?;
        account.state.read(|records| page(&account.sid, &records.messages, &filters, uri.path()))
    };
    account.lookups.apply(async { answer().map(Json).into_response() }).await
}

async fn fetch(
    State(account): State<Arc<Account>>,
    Path((path, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let answer = || {
        account.admit(&headers, &path)?;
        let sid = file.strip_suffix(".json").ok_or(Refusal::of(20404))?;
        account.state.read(|records| {
            let message = records.messages.iter().find(|message| message.sid == sid);
            Ok(resource(&account.sid, message.ok_or(Refusal::of(20404))?))
        })
    };
    let answer: Result<Value, Refusal> = answer();
    account.lookups.apply(async { answer.map(Json).into_response() }).await
}

/// One page of messages, newest first.
fn page(
    account: &str,
    messages: &[TwilioMessage],
    filters: &BTreeMap<String, String>,
    path: &str,
) -> Result<Value, Refusal> {
    let filter = |name: &str| filters.get(name).map(String::as_str);
    let number = |name: &str, default: usize| match filter(name) {
        Some(value) => value.parse().map_err(|_| Refusal::about(20422, name)),
        None => Ok(default),
    };
    let (page, page_size) = (number("Page", 0)?, number("PageSize", 50)?.clamp(1, 1000));
    let (on, until, since) =
        (days(filter("DateSent"))?, days(filter("DateSent<"))?, days(filter("DateSent>"))?);
    let found: Vec<_> = messages
        .iter()
        .rev()
        .filter(|message| filter("To").is_none_or(|to| message.to == to))
        .filter(|message| filter("From").is_none_or(|from| message.from == from))
        .filter(|message| on.is_none_or(|(a, z)| a <= message.created && message.created <= z))
        .filter(|message| until.is_none_or(|(_, z)| message.created <= z))
        .filter(|message| since.is_none_or(|(a, _)| a <= message.created))
        .collect();
    // The token names the last message of the page before, so that new ones do not shift pages.
    let last = |token: &str| found.iter().position(|message| format!("PA{}", message.sid) == token);
    let start = match filter("PageToken") {
        Some(token) => last(token).ok_or(Refusal::about(20422, "PageToken"))? + 1,
        None if page > 0 => return Err(Refusal::about(20422, "PageToken")),
        None => 0,
    };
    let end = found.len().min(start + page_size);
    let uri = |page: usize, token: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = filters.iter().filter(|(name, _)| !name.starts_with("Page"));
        query.extend_pairs(kept).append_pair("PageSize", &page_size.to_string());
        query.append_pair("Page", &page.to_string());
        if let Some(token) = token {
            query.append_pair("PageToken", token);
        }
        format!("{path}?{}", query.finish())
    };
    let next =
        (end < found.len()).then(|| uri(page + 1, Some(&format!("PA{}", found[end - 1].sid))));
    Ok(json!({
        "messages": found[start..end].iter().map(|message| resource(account, message)).collect::<Vec<_>>(),
        "first_page_uri": uri(0, None),
        "next_page_uri": next,
        "previous_page_uri": (page > 0).then(|| uri(page - 1, None)),
        "uri": uri(page, filter("PageToken")),
        "page": page,
        "page_size": page_size,
        "start": start,
        "end": end.saturating_sub(1),
    }))
}

/// The first and last instant that a date or a time in a filter means.
fn days(value: Option<&str>) -> Result<Option<(Timestamp, Timestamp)>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    if let Ok(instant) = value.parse() {
        return Ok(Some((instant, instant)));
    }
    let date: civil::Date = value.parse().map_err(|_| Refusal::about(20422, "DateSent"))?;
    let start = date.to_zoned(TimeZone::UTC).unwrap().timestamp();
    Ok(Some((start, start + SignedDuration::from_secs(86_399))))
}

/// A message as Twilio writes it: counts are strings, dates RFC 2822, `date_sent` is there while it
/// is queued (as in the examples of the API description), and a Messaging Service has
/// chosen no number yet when it answers.
fn resource(account: &str, message: &TwilioMessage) -> Value {
    let undecided = message.status == "accepted";
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", message.sid);
    let date = jiff::fmt::rfc2822::to_string(&message.created.to_zoned(TimeZone::UTC)).unwrap();
    let title = |code| ERRORS.iter().find(|error| error.0 == code).map_or("Unknown error", |e| e.2);
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": date,
        "date_sent": date,
        "date_updated": date,
        "direction": if message.inbound { "inbound" } else { "outbound-api" },
        "error_code": message.error_code,
        "error_message": message.error_code.map(title),
        "from": (!undecided).then_some(&message.from),
        "messaging_service_sid": message.messaging_service,
        "num_media": "0",
        "num_segments": if undecided { "0" } else { "1" },
        "price": null,
        "price_unit": null,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": message.to,
        "uri": format!("{uri}.json"),
    })
}

/// An error as Twilio writes it. The sentence often quotes what was sent.
#[derive(Debug)]
struct Refusal {
    code: u32,
    status: u16,
    message: String,
}

impl Refusal {
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

impl IntoResponse for Refusal {
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

fn is_message_sid(sid: &str) -> bool {
    let digits = sid.strip_prefix("SM").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Twilio keeps whole seconds.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}
