//! MessageCentral's token and send calls, what its dashboard asks for, and inbound calls in
//! whatever shape it may use.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use sha2::Sha512;
use url::form_urlencoded;
use uuid::Uuid;

use crate::network::{Server, Watched, parameters};
use crate::{Route, Switch, WebhookAnswer, WebhookCall};

/// The query parameters of a token request.
const CREDENTIALS: &str = "customerId key scope country email";

/// The query parameters of a send, those of one-time passwords and of bulk sends left out.
const PARAMETERS: &str = "countryCode mobileNumber flowType type message senderId messageType \
    customerId templateId entityId";

/// The query parameters of a question for report rows.
const REPORT: &str = "customerId from to pageNo size type";

/// The credit that was bought last.
const BOUGHT: f64 = 100.0;

/// Codes and words of refusals that the documentation or code calling the live API show. The words
/// of 508 are ours: only their meaning is known.
const REFUSALS: [(u32, &str); 9] = [
    (400, "BAD_REQUEST"),
    (409, "DUPLICATE_RESOURCE"),
    (500, "SERVER_ERROR"),
    (501, "INVALID_CUSTOMER_ID"),
    (506, "REQUEST_ALREADY_EXISTS"),
    (508, "INSUFFICIENT_CREDITS"),
    (511, "INVALID_COUNTRY_CODE"),
    (800, "MAXIMUM_LIMIT_REACHED"),
    (913, "SMS_SUBSCRIPTION_NOT_ACTIVE"),
];

/// A MessageCentral account on loopback.
///
/// It takes messages and sends no receipts, as the real one does. What became of them is in the
/// rows that its dashboard shows, if anywhere.
#[derive(Debug)]
pub struct MessageCentral {
    account: Arc<Account>,
    server: Server,
    /// What happens to sends.
    pub switch: Arc<Switch>,
    /// What happens to requests for a token.
    pub tokens: Arc<Switch>,
    /// What happens to what is documented nowhere: the rows of its reports and the balance. Whether
    /// the real one answers them to our tokens is not known: `Mode::Fails(404, …)` is as true.
    pub reports: Arc<Switch>,
}

/// What becomes of the messages that MessageCentral takes, as its reports tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageCentralFate {
    /// They are never heard of again.
    #[default]
    Lost,
    /// There is a row, and it says that a carrier has not answered yet.
    Waiting,
    /// There is a row, and it says that they arrived.
    Delivered,
    /// There is a row, and it says that they did not arrive.
    Undelivered,
}

/// A message that MessageCentral took from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCentralMessage {
    /// MessageCentral's id, a small whole number.
    pub verification_id: String,
    /// Who is texted, with `+` and country code.
    pub to: String,
    /// Who it says it is from.
    pub sender: String,
    /// What is said. A send without `type=SMS` and `message` texts a one-time password instead.
    pub body: String,
}

/// How MessageCentral writes an inbound call, which no document tells.
#[derive(Clone, Debug)]
pub struct InboundShape {
    /// As JSON rather than as a form.
    pub json: bool,
    /// What the sender is called.
    pub from: &'static str,
    /// What our number is called.
    pub to: &'static str,
    /// What the words are called.
    pub text: &'static str,
    /// What the id is called, if there is one.
    pub id: Option<&'static str>,
    /// What the time is called, if there is one; RFC 3339.
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
    fate: MessageCentralFate,
    rows: Vec<Row>,
    clock: Option<Timestamp>,
    credits: f64,
    tokens_issued: usize,
    valid_tokens: BTreeMap<String, Timestamp>,
    token_life: Duration,
    refusal: Option<Refusal>,
}

/// A message in the reports.
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
            fate: MessageCentralFate::Lost,
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
    /// Opens an account. Dropped, it closes and cuts what is open.
    pub async fn start() -> Self {
        let (switch, tokens, reports) = <(Arc<Switch>, Arc<Switch>, Arc<Switch>)>::default();
        let account = Arc::new(Account {
            customer_id: format!("C-{}", Uuid::new_v4().simple()).to_uppercase(),
            // Its Base64 holds characters that mean something else in a query.
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

    /// What stands for `https://cpaas.messagecentral.com`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The customer id, `C-…`.
    pub fn customer_id(&self) -> &str {
        &self.account.customer_id
    }

    /// The password itself; requests carry it in Base64.
    pub fn password(&self) -> &str {
        &self.account.password
    }

    /// From now on refuses sends with this code. Under status 200 as well as under others the body
    /// is JSON that holds the code; under 401 and 403 it is empty.
    pub fn refuse_with(&self, response_code: u32, http_status: u16) {
        let refusal = Refusal { code: response_code, status: http_status, inside: false };
        self.account.state.change(|records| records.refusal = Some(refusal));
    }

    /// From now on refuses sends in the inner part of an answer that claims success in the outer.
    pub fn refuse_inside(&self, response_code: u32) {
        let refusal = Refusal { code: response_code, status: 200, inside: true };
        self.account.state.change(|records| records.refusal = Some(refusal));
    }

    /// From now on this becomes of messages that are taken.
    pub fn decide(&self, fate: MessageCentralFate) {
        self.account.state.change(|records| records.fate = fate);
    }

    /// By its clock it is this time now, which rows tell. Until then, and for tokens, it goes by the
    /// machine's.
    pub fn set_clock(&self, now: Timestamp) {
        self.account.state.change(|records| records.clock = Some(now));
    }

    /// From now on this much credit is left, of the 100 that were bought last.
    pub fn credit(&self, credits: f64) {
        self.account.state.change(|records| records.credits = credits);
    }

    /// From now on the balance is exhausted.
    pub fn no_credit(&self) {
        self.credit(0.0);
        self.refuse_with(508, 200);
    }

    /// Ends [`Self::refuse_with`] and its like.
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// How long tokens live that are issued from now on. A week until set.
    pub fn issue_tokens_for(&self, life: Duration) {
        self.account.state.change(|records| records.token_life = life);
    }

    /// Makes all tokens invalid that were issued so far.
    pub fn revoke_tokens(&self) {
        self.account.state.change(|records| records.valid_tokens.clear());
    }

    /// How many tokens were issued.
    pub fn tokens_issued(&self) -> usize {
        self.account.state.read(|records| records.tokens_issued)
    }

    /// The messages taken from us, oldest first.
    pub fn messages(&self) -> Vec<MessageCentralMessage> {
        self.account.state.read(|records| records.messages.clone())
    }

    /// What was said to a number, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.filter(|message| message.to == number).map(|message| message.body).collect()
    }

    /// Waits until this many messages have been taken in all.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| records.messages.len() >= count;
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// A person texts us, and MessageCentral tells us in the likeliest shape. `token` is the secret
    /// on the address that was entered in its console.
    pub async fn text(&self, route: &Route, token: &str, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, token, &InboundShape::default(), from, body).post().await
    }

    /// The call for a text, in a shape of the caller's choice, to be made by the caller.
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

    /// Any inbound call: for bodies that are not usual.
    pub fn raw(&self, route: &Route, token: &str, content_type: &str, body: &str) -> WebhookCall {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
        let url = route.public(&format!("/webhooks/messagecentral/inbound?{query}"));
        WebhookCall::new(route, &url, content_type, body.into())
    }
}

impl MessageCentralFate {
    /// The word and the code of a row, if there is one. Of the words only `DELIVRD` was ever seen.
    fn word(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Lost => None,
            Self::Waiting => Some(("ENROUTE", "")),
            Self::Delivered => Some(("DELIVRD", "000")),
            Self::Undelivered => Some(("UNDELIV", "027")),
        }
    }
}

impl Account {
    /// A token, or the words of a refusal, which comes with HTTP status 200 all the same.
    fn issue(&self, query: &str) -> Result<String, &'static str> {
        let credentials = parameters(query.as_bytes(), CREDENTIALS).map_err(|_| "bad request")?;
        if credentials.get("customerId") != Some(&self.customer_id) {
            return Err("customerId is invalid");
        }
        if credentials.get("key") != Some(&STANDARD.encode(&self.password)) {
            return Err("key is invalid");
        }
        Ok(self.state.change(|records| {
            let issued = Timestamp::now();
            let expires = issued + records.token_life;
            let claims = json!({
                "sub": self.customer_id,
                "iat": issued.as_second(),
                "exp": expires.as_second(),
                // Two tokens of the same second differ.
                "jti": records.tokens_issued,
            });
            let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512"}"#);
            let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
            let mut mac = Hmac::<Sha512>::new_from_slice(self.password.as_bytes()).unwrap();
            mac.update(signed.as_bytes());
            let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
            records.tokens_issued += 1;
            records.valid_tokens.insert(token.clone(), expires);
            token
        }))
    }

    /// Whether a request may go on: it has a token that is alive.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let token = headers.get("authToken").and_then(|token| token.to_str().ok()).unwrap_or("");
        let expires = self.state.read(|records| records.valid_tokens.get(token).copied());
        match expires.is_some_and(|expires| expires > Timestamp::now()) {
            true => Ok(()),
            false => Err(Refusal { code: 401, status: 401, inside: false }),
        }
    }

    /// A page of the rows of messages taken on these days, newest first.
    fn rows(&self, headers: &HeaderMap, query: &str) -> Result<Value, Refusal> {
        let wrong = Refusal { code: 400, status: 400, inside: false };
        self.admit(headers)?;
        let parameters = parameters(query.as_bytes(), REPORT).map_err(|_| wrong)?;
        let parameter = |name: &str| parameters.get(name).ok_or(wrong);
        let day = |name| Date::strptime("%d/%m/%Y", parameter(name)?).map_err(|_| wrong);
        let number = |name| parameter(name)?.parse::<usize>().map_err(|_| wrong);
        if *parameter("customerId")? != self.customer_id || parameter("type")? != "SMS" {
            return Err(wrong);
        }
        let (days, page, size) = (day("from")?..=day("to")?, number("pageNo")?, number("size")?);
        Ok(self.state.read(|records| {
            let of_day = |row: &&Row| days.contains(&row.created.to_zoned(TimeZone::UTC).date());
            let rows: Vec<_> = records.rows.iter().rev().filter(of_day).collect();
            let page: Vec<_> =
                rows.iter().skip(page * size).take(size).map(|row| &row.body).collect();
            json!({
                "responseCode": 200,
                "message": "SUCCESS",
                "data": { "count": rows.len(), "data": page },
            })
        }))
    }

    fn balance(&self, headers: &HeaderMap, query: &str) -> Result<Value, Refusal> {
        let wrong = Refusal { code: 400, status: 400, inside: false };
        self.admit(headers)?;
        let parameters = parameters(query.as_bytes(), "customerId").map_err(|_| wrong)?;
        if parameters.get("customerId") != Some(&self.customer_id) {
            return Err(wrong);
        }
        let credits = self.state.read(|records| records.credits);
        Ok(json!({
            "responseCode": 200,
            "message": "SUCCESS",
            "data": {
                "customerId": self.customer_id,
                "credits": credits,
                "lastRechargedCredit": BOUGHT,
                "minimumCreditsAllowed": "0",
                "userPaid": true,
            },
        }))
    }

    fn take(&self, headers: &HeaderMap, query: &str, body: &[u8]) -> Result<Value, Refusal> {
        let refused = |code, status| Refusal { code, status, inside: false };
        self.admit(headers)?;
        let parameters = parameters(query.as_bytes(), PARAMETERS).map_err(|_| refused(400, 400))?;
        if !body.is_empty() {
            return Err(refused(400, 400));
        }
        let parameter = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();

        if parameters.contains_key("customerId") && parameter("customerId") != self.customer_id {
            return Err(refused(501, 200));
        }
        let (country, national) = (parameter("countryCode"), parameter("mobileNumber"));
        if !is_number(country, 1..=3) {
            return Err(refused(511, 200));
        }
        // A national number holds neither country code nor trunk prefix; in the United States it
        // has ten digits.
        let length = if country == "1" { 10..=10 } else { 4..=14 };
        let together = [parameter("templateId"), parameter("entityId")];
        if parameter("flowType") != "SMS"
            || !is_number(national, length)
            || !["", "PROMOTIONAL", "TRANSACTIONAL", "OTP"].contains(&parameter("messageType"))
            || together.iter().filter(|id| id.is_empty()).count() == 1
        {
            return Err(refused(400, 200));
        }
        let own_text = parameter("type") == "SMS" && !parameter("message").is_empty();
        if own_text && parameter("senderId").is_empty() {
            return Err(refused(400, 200));
        }
        self.state.change(|records| {
            if let Some(refusal) = records.refusal {
                return Err(refusal);
            }
            let verification_id = (474_097 + records.messages.len()).to_string();
            let body =
                if own_text { parameter("message") } else { "1234 is your one-time password" };
            let sender = parameter("senderId");
            let created = records.clock.unwrap_or_else(Timestamp::now);
            records.messages.push(MessageCentralMessage {
                verification_id: verification_id.clone(),
                to: format!("+{country}{national}"),
                sender: sender.into(),
                body: body.into(),
            });
            let row = records.fate.word().map(|(word, code)| Row {
                created,
                body: json!({
                    "countryCode": country,
                    "mobileNumber": national,
                    "senderId": sender,
                    "templateId": null,
                    "messageBody": body,
                    "status": word,
                    "errorCode": code,
                    "createdAt": created.to_string(),
                    "deliveredAt": (word == "DELIVRD").then(|| created.to_string()),
                    "updatedAt": null,
                }),
            });
            records.rows.extend(row);
            Ok(json!({
                "responseCode": 200,
                "message": "SUCCESS",
                "data": {
                    "verificationId": verification_id,
                    "mobileNumber": national,
                    "responseCode": "200",
                    "errorMessage": null,
                    "timeout": "60",
                    "smsCLI": null,
                    "transactionId": null,
                },
            }))
        })
    }
}

async fn report(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let rows =
        async { account.rows(&headers, &query.unwrap_or_default()).map(Json).into_response() };
    account.reports.apply(rows).await
}

async fn balance(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let balance =
        async { account.balance(&headers, &query.unwrap_or_default()).map(Json).into_response() };
    account.reports.apply(balance).await
}

async fn token(State(account): State<Arc<Account>>, RawQuery(query): RawQuery) -> Response {
    let work = async {
        Json(match account.issue(&query.unwrap_or_default()) {
            Ok(token) => json!({ "status": 200, "token": token }),
            Err(error) => json!({ "status": 400, "error": error }),
        })
        .into_response()
    };
    account.tokens.apply(work).await
}

async fn send(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let work = async {
        let taken = account.take(&headers, &query.unwrap_or_default(), &body);
        taken.map(Json).into_response()
    };
    account.switch.apply(work).await
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    code: u32,
    status: u16,
    inside: bool,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { code, status, inside } = self;
        let status = StatusCode::from_u16(status).unwrap();
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
            return status.into_response();
        }
        let word = REFUSALS.iter().find(|refusal| refusal.0 == code).map_or("ERROR", |it| it.1);
        let body = if inside {
            let data = json!({ "responseCode": code.to_string(), "errorMessage": word });
            json!({ "responseCode": 200, "message": "SUCCESS", "data": data })
        } else {
            json!({ "responseCode": code, "message": word, "data": null })
        };
        (status, Json(body)).into_response()
    }
}

fn is_number(digits: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0')
}
