//! MessageCentral, product MessageNow: <https://www.messagecentral.com/product/message-now/api>.
//!
//! What its documentation leaves open is read leniently and believed sparingly: the form of an
//! inbound text is documented nowhere, and neither are receipts or a way to ask for a message.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use settings::{Settings, SettingsError};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use url::form_urlencoded;

use crate::address;
use crate::code;
use crate::{
    About, Answer, Code, Event, Genuine, Http, Number, Outgoing, Provider, SendError, Text,
    WebhookError,
};

const BASE_URL: &str = "https://cpaas.messagecentral.com";

/// The sender that all their customers share where they have none of their own. Known to work in
/// India; elsewhere an account needs its own.
const SHARED_SENDER: &str = "UTOMOB";

/// The `responseCode` of a message that was taken.
const SUCCESS: u32 = 200;

/// What the `responseCode` of a message means that was certainly not taken. All others leave it
/// open. 500 is here by our decision. With `token:` in front it was the request for a token.
const CODES: &[Code] = &[
    Code {
        code: "400",
        about: About::Sender,
        happened: "MessageCentral did not accept the request: most often the country is not priced on the account.",
        fix: "Ask MessageCentral's support to price the country for texts.",
    },
    Code {
        code: "401",
        about: About::Account,
        happened: "MessageCentral does not let us in.",
        fix: "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
    },
    Code {
        code: "403",
        about: About::Account,
        happened: "The account may not do this.",
        fix: "Ask MessageCentral's support to activate texts (MessageNow) for the account.",
    },
    Code {
        code: "409",
        about: About::Route,
        happened: "MessageCentral takes it for a duplicate of an earlier request.",
        fix: "",
    },
    Code { code: "500", about: About::Route, happened: "A fault at MessageCentral.", fix: "" },
    Code {
        code: "501",
        about: About::Account,
        happened: "MessageCentral knows no such customer.",
        fix: "Copy MC_CUSTOMER_ID from MessageCentral's console again.",
    },
    Code {
        code: "506",
        about: About::Route,
        happened: "An earlier request for this number is still open there, for up to a minute.",
        fix: "",
    },
    Code {
        code: "508",
        about: About::Account,
        happened: "There is no credit left on the account.",
        fix: "Buy credit in MessageCentral's console.",
    },
    Code {
        code: "511",
        about: About::Request,
        happened: "The country code is not valid.",
        fix: "",
    },
    Code {
        code: "800",
        about: About::Account,
        happened: "A limit of the account is reached.",
        fix: "Ask MessageCentral's support for a higher limit.",
    },
    Code {
        code: "913",
        about: About::Account,
        happened: "Texts are not activated on the account.",
        fix: "Write to MessageCentral's support: an account needs their help before its first text (MessageNow).",
    },
    Code {
        code: "token: 400",
        about: About::Account,
        happened: "MessageCentral gives no token: the customer id or the password is wrong.",
        fix: "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
    },
    Code {
        code: "token: 401",
        about: About::Account,
        happened: "MessageCentral gives no token: the customer id or the password is wrong.",
        fix: "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
    },
    Code {
        code: "token: 403",
        about: About::Account,
        happened: "MessageCentral gives this account no token.",
        fix: "Ask MessageCentral's support whether the account is active.",
    },
];

/// How long a token is used that does not say when it ends. Lifetimes from a week on were seen.
const LIFE_WITHOUT_END: Duration = Duration::from_secs(10 * 60);

/// How long before its end a token is no longer used for a message.
const MARGIN: Duration = Duration::from_secs(60);

/// How long before its end a token is renewed ahead of need, or a quarter of its life if that is
/// shorter.
const AHEAD: Duration = Duration::from_secs(60 * 60);

/// How deep in a call's body texts are looked for, as in `{"data":{"messages":[{…}]}}`.
const DEPTH: usize = 4;

/// What the fields of an inbound text may be called, most likely first, without case and
/// punctuation.
const FROM: [&str; 12] = [
    "from",
    "fromnumber",
    "sender",
    "sendernumber",
    "msisdn",
    "source",
    "sourceaddress",
    "originator",
    "mobilenumber",
    "mobile",
    "phonenumber",
    "phone",
];
const TO: [&str; 9] = [
    "to",
    "tonumber",
    "recipient",
    "destination",
    "destinationaddress",
    "receiver",
    "shortcode",
    "longcode",
    "senderid",
];
const TEXT: [&str; 8] =
    ["text", "message", "body", "content", "messagebody", "messagetext", "msg", "sms"];
const ID: [&str; 6] = ["messageid", "msgid", "smsid", "id", "transactionid", "uuid"];
const TIME: [&str; 9] = [
    "timestamp",
    "time",
    "receivedat",
    "receivedtime",
    "sentat",
    "senttime",
    "datetime",
    "date",
    "createdat",
];

/// One MessageCentral account.
#[derive(Clone)]
pub struct MessageCentralSettings {
    /// `C-` and what follows, from their console.
    pub customer_id: String,
    /// The account's password in Base64, as their API wants it.
    pub password_base64: SecretString,
    /// The account's e-mail address, which some accounts need for a token.
    pub email: Option<String>,
    /// The sender that a text shows.
    pub sender_id: String,
    /// Where the API is, without a slash at its end.
    pub base_url: String,
    /// What the address of our webhook has to carry as `?token=`. Without one every call is
    /// refused, since they sign nothing.
    pub webhook_token: Option<SecretString>,
    /// What the fields of an inbound text are called, where the likely names do not do.
    pub inbound_fields: InboundFields,
}

/// Names of the fields of an inbound text. Those that are not set are looked for under likely
/// names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboundFields {
    /// Who texted.
    pub from: Option<String>,
    /// What was texted.
    pub to: Option<String>,
    /// What was said.
    pub text: Option<String>,
    /// The id of the message.
    pub id: Option<String>,
    /// When it was sent.
    pub time: Option<String>,
}

/// The company, and the token under which it knows us at the moment.
pub struct MessageCentral {
    settings: MessageCentralSettings,
    token: RwLock<Option<Token>>,
    /// Held by the one who fetches a token. What is inside is the last failure: whoever waited
    /// for that attempt shares its outcome, instead of waiting for one of its own.
    fetching: Mutex<Option<(Instant, SendError)>>,
}

#[derive(Clone)]
struct Token {
    value: SecretString,
    renew_from: Timestamp,
    usable_until: Timestamp,
}

/// The payload of a token, which is a JWT.
#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

/// Scalar fields of a webhook call, by name without case and punctuation.
type Fields<'a> = BTreeMap<String, &'a Value>;

#[async_trait]
impl Provider for MessageCentral {
    fn name(&self) -> &'static str {
        "messagecentral"
    }

    fn sender(&self) -> &str {
        &self.settings.sender_id
    }

    fn codes(&self) -> &'static [Code] {
        CODES
    }

    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError> {
        let token = self.token(http, |token| token.usable_until).await?;
        let answer = self.hand_over(http, message, &token).await?;
        if !is_unauthorized(&answer) {
            return outcome(&answer);
        }
        // The token did not last as long as it said. Nothing was processed.
        self.forget(&token);
        let token = self.token(http, |token| token.usable_until).await?;
        outcome(&self.hand_over(http, message, &token).await?)
    }

    async fn prove(&self, _http: &Http, call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        match self.is_genuine(&query(&call)) {
            true => Ok(Genuine::new(call)),
            false => Err(WebhookError::Forged),
        }
    }

    fn read(&self, call: &Genuine) -> Result<Vec<Event>, WebhookError> {
        // A report may quote what we sent, which must not look like an answer to it.
        if call.uri().path().ends_with("/status") {
            return Err(WebhookError::Unreadable("a receipt, whose form nothing documents"));
        }
        let content = content(call.body(), query(call));
        let mut texts = Vec::new();
        self.collect(&content, &Fields::new(), DEPTH, &mut texts)?;
        if texts.is_empty() {
            return Err(WebhookError::Unreadable("no sender or no text was found in it"));
        }
        Ok(texts.into_iter().map(Event::Text).collect())
    }

    async fn prepare(&self, http: &Http) {
        // `send` meets a failure again.
        let _ = self.token(http, |token| token.renew_from).await;
    }
}

impl MessageCentral {
    /// The company, for an account.
    pub fn new(settings: MessageCentralSettings) -> Self {
        Self { settings, token: RwLock::default(), fetching: Mutex::default() }
    }

    /// The account that `MC_…` names, if any does.
    pub fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        const OWNER: &str = "MessageCentral";
        let passwords = ["MC_PASSWORD", "MC_PASSWORD_BASE64"];
        let others = ["MC_CUSTOMER_ID", "MC_EMAIL", "MC_SENDER_ID", "MC_WEBHOOK_TOKEN"];
        if !settings.any(&passwords) && !settings.any(&others) {
            return Ok(None);
        }
        let mut missing = vec![];
        let customer_id = settings.get("MC_CUSTOMER_ID");
        if customer_id.is_none() {
            missing.push("MC_CUSTOMER_ID");
        }
        let password_base64 = password_base64(settings)?;
        if password_base64.is_none() {
            missing.push("MC_PASSWORD (or MC_PASSWORD_BASE64)");
        }
        let (Some(customer_id), Some(password_base64)) = (customer_id, password_base64) else {
            return Err(SettingsError::Missing { owner: OWNER, missing });
        };
        Ok(Some(Self::new(MessageCentralSettings {
            customer_id: customer_id.into(),
            password_base64,
            email: settings.get("MC_EMAIL").map(str::to_owned),
            sender_id: settings.get("MC_SENDER_ID").unwrap_or(SHARED_SENDER).into(),
            base_url: address::of_provider(settings, "MC_BASE_URL", BASE_URL)?,
            webhook_token: settings.secret("MC_WEBHOOK_TOKEN"),
            inbound_fields: match settings.get("MC_INBOUND_FIELDS") {
                Some(line) => InboundFields::parse(line)?,
                None => InboundFields::default(),
            },
        })))
    }

    async fn hand_over(
        &self,
        http: &Http,
        message: &Outgoing,
        token: &Token,
    ) -> Result<Answer, SendError> {
        let (country_code, mobile_number) = message.to.split();
        let request = http
            .post(format!("{}/verification/v3/send", self.settings.base_url))
            .header("authToken", token.value.expose_secret())
            .query(&[
                ("countryCode", country_code),
                ("mobileNumber", mobile_number),
                ("flowType", "SMS"),
                // Without these two it sends a one-time password of its own.
                ("type", "SMS"),
                ("message", &message.body),
                ("senderId", &self.settings.sender_id),
            ]);
        http.send(request).await
    }

    /// The token, or a new one if its time is over. Without one nothing was sent, so every failure
    /// is a refusal.
    async fn token(
        &self,
        http: &Http,
        end: impl Fn(&Token) -> Timestamp,
    ) -> Result<Token, SendError> {
        let asked = Instant::now();
        let lasts = |token: &Token| Timestamp::now() < end(token);
        if let Some(token) = self.known_token().filter(lasts) {
            return Ok(token);
        }
        let mut failure = self.fetching.lock().await;
        if let Some(token) = self.known_token().filter(lasts) {
            return Ok(token);
        }
        if let Some((_, error)) = failure.as_ref().filter(|(at, _)| *at > asked) {
            return Err(error.clone());
        }
        match self.request_token(http).await {
            Ok(token) => {
                *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                Ok(token)
            }
            Err(error) => {
                *failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn request_token(&self, http: &Http) -> Result<Token, SendError> {
        let settings = &self.settings;
        let mut query = vec![
            ("customerId", settings.customer_id.as_str()),
            ("key", settings.password_base64.expose_secret()),
            ("scope", "NEW"),
        ];
        query.extend(settings.email.as_deref().map(|email| ("email", email)));
        let request =
            http.get(format!("{}/auth/v1/authentication/token", settings.base_url)).query(&query);
        let refused = |reason: &str| SendError::Refused { code: format!("token: {reason}") };
        let answer = http.send(request).await.map_err(|error| refused(error.code()))?;
        let body: Value = answer.json().unwrap_or_default();
        let token = word(&body["token"]).or_else(|| word(&body["data"]["token"]));
        match token {
            Some(token) if answer.is_success() => Ok(Token::new(token, Timestamp::now())),
            // A wrong password is answered with HTTP 200, too.
            _ => Err(refused(
                &response_code(&body["status"]).unwrap_or(answer.status.into()).to_string(),
            )),
        }
    }

    fn known_token(&self) -> Option<Token> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops a token, unless it has been replaced already.
    fn forget(&self, token: &Token) {
        let mut known = self.token.write().unwrap_or_else(PoisonError::into_inner);
        known.take_if(|known| known.value.expose_secret() == token.value.expose_secret());
    }

    fn is_genuine(&self, query: &[(String, String)]) -> bool {
        let Some(expected) = &self.settings.webhook_token else { return false };
        query.iter().any(|(name, token)| {
            name == "token" && token.as_bytes().ct_eq(expected.expose_secret().as_bytes()).into()
        })
    }

    /// Adds the texts in a value of a call's body. What surrounds a text, such as our number, may
    /// be said once around several; its words and its id are its own.
    fn collect<'a>(
        &self,
        value: &'a Value,
        around: &Fields<'a>,
        depth: usize,
        texts: &mut Vec<Text>,
    ) -> Result<(), WebhookError> {
        let inner: Vec<_> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => members.values().collect(),
            _ => return Ok(()),
        };
        let own: Fields<'a> = match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (plain(name), value)).collect()
            }
            _ => Fields::new(),
        };
        let mut fields = around.clone();
        fields.extend(own.iter().map(|(name, value)| (name.clone(), *value)));

        let names = &self.settings.inbound_fields;
        let body = find(&own, names.text.as_deref(), &TEXT);
        let from = find(&fields, names.from.as_deref(), &FROM);
        if let (Some(body), Some(from)) = (body, from) {
            let country_code = find(&fields, None, &["countrycode"]);
            texts.push(Text {
                id: find(&own, names.id.as_deref(), &ID).filter(|id| !id.is_empty()),
                from: sender(&from, country_code.as_deref()).ok_or(WebhookError::Unreadable(
                    "the sender is not a number that can be answered",
                ))?,
                to: find(&fields, names.to.as_deref(), &TO)
                    .unwrap_or_else(|| self.settings.sender_id.clone()),
                body,
                media: 0,
                sent_at: find(&fields, names.time.as_deref(), &TIME).and_then(|at| time(&at)),
            });
        } else if depth > 0 {
            for value in inner {
                self.collect(value, &fields, depth - 1, texts)?;
            }
        }
        Ok(())
    }
}

impl InboundFields {
    /// Reads `from=…,to=…,text=…,id=…,time=…`, of which any may be left out.
    fn parse(line: &str) -> Result<Self, SettingsError> {
        let mut fields = Self::default();
        for pair in line.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (field, name) = pair.split_once('=').unwrap_or((pair, ""));
            let field = match field.trim() {
                "from" => &mut fields.from,
                "to" => &mut fields.to,
                "text" => &mut fields.text,
                "id" => &mut fields.id,
                "time" => &mut fields.time,
                _ => return Err(Self::unusable()),
            };
            if plain(name).is_empty() {
                return Err(Self::unusable());
            }
            *field = Some(name.trim().to_owned());
        }
        Ok(fields)
    }

    fn unusable() -> SettingsError {
        SettingsError::Invalid {
            name: "MC_INBOUND_FIELDS",
            problem: "write from=…,to=…,text=…,id=…,time=… with the name that each field has in \
                      the call; leave out those that are found without"
                .into(),
        }
    }
}

impl Token {
    fn new(value: String, now: Timestamp) -> Self {
        let end = end_of(&value).unwrap_or(now + LIFE_WITHOUT_END).max(now);
        let life = Duration::try_from(end.duration_since(now)).unwrap_or_default();
        let usable_until = end - MARGIN;
        Self { value: value.into(), renew_from: usable_until - AHEAD.min(life / 4), usable_until }
    }
}

fn end_of(token: &str) -> Option<Timestamp> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    Timestamp::from_second(claims.exp).ok()
}

fn password_base64(settings: &Settings) -> Result<Option<SecretString>, SettingsError> {
    match (settings.get("MC_PASSWORD_BASE64"), settings.get("MC_PASSWORD")) {
        (Some(encoded), _) if STANDARD.decode(encoded).is_ok() => Ok(Some(encoded.into())),
        (Some(_), _) => Err(SettingsError::Invalid {
            name: "MC_PASSWORD_BASE64",
            problem: "write the password in Base64, or set MC_PASSWORD to the password itself"
                .into(),
        }),
        (None, password) => Ok(password.map(|password| STANDARD.encode(password).into())),
    }
}

fn is_unauthorized(answer: &Answer) -> bool {
    let said = answer.json::<Value>().and_then(|body| response_code(&body["responseCode"]));
    matches!(answer.status, 401 | 403) || matches!(said, Some(401 | 403))
}

fn outcome(answer: &Answer) -> Result<String, SendError> {
    let body: Value = answer.json().unwrap_or_default();
    let data = &body["data"];
    let error_message = word(&data["errorMessage"]);
    let code = match response_code(&body["responseCode"]) {
        Some(SUCCESS) if error_message.is_some() => response_code(&data["responseCode"]),
        code => code,
    };
    match code {
        Some(SUCCESS) if answer.is_success() && error_message.is_none() => {
            // Nothing says which of the two lasts. This one is always there.
            let id = word(&data["verificationId"]).or_else(|| word(&data["transactionId"]));
            id.ok_or_else(|| answer.otherwise())
        }
        Some(code) if code::find(CODES, &code.to_string()).is_some() => {
            Err(SendError::Refused { code: code.to_string() })
        }
        Some(code) if code != SUCCESS && answer.is_success() => {
            Err(SendError::Unknown { code: code.to_string() })
        }
        _ => Err(answer.otherwise()),
    }
}

fn query(call: &Request<Bytes>) -> Vec<(String, String)> {
    let query = call.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The body of a call: JSON if it can be read as such, otherwise a form, and without a body the
/// query.
fn content(body: &[u8], query: Vec<(String, String)>) -> Value {
    if let Ok(value) = serde_json::from_slice(body) {
        return value;
    }
    let form = match body {
        [] => query,
        form => form_urlencoded::parse(form).into_owned().collect(),
    };
    form.into_iter().map(|(name, value)| (name, Value::from(value))).collect()
}

/// The first field that is there and is a scalar: under its configured name, then under the likely
/// ones.
fn find(fields: &Fields<'_>, configured: Option<&str>, likely: &[&str]) -> Option<String> {
    let configured = configured.map(plain);
    let names = configured.as_deref().into_iter().chain(likely.iter().copied());
    names.filter_map(|name| fields.get(name)).find_map(|value| match value {
        Value::String(value) => Some(value.clone()),
        Value::Number(value) => Some(value.to_string()),
        _ => None,
    })
}

/// A name without what writers of an interface disagree about.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The number of a sender, written with `+`, with 00, with the country code alone, or nationally
/// beside it.
fn sender(written: &str, country_code: Option<&str>) -> Option<Number> {
    /// The longest national number for which a country code that it seems to begin with is its own.
    const NATIONAL: usize = 10;
    let written = written.trim();
    if written.starts_with('+') {
        return Number::parse(written).ok();
    }
    if let Some(digits) = written.strip_prefix("00") {
        return Number::parse(&format!("+{digits}")).ok();
    }
    let country_code = country_code.unwrap_or_default().trim().trim_start_matches('+');
    let whole = written.starts_with(country_code) && written.len() > NATIONAL;
    if country_code.is_empty() || whole {
        Number::parse(&format!("+{written}")).ok()
    } else {
        Number::parse(&format!("+{country_code}{}", written.trim_start_matches('0'))).ok()
    }
}

/// RFC 3339, or seconds or milliseconds since 1970. A time without a zone is none.
fn time(written: &str) -> Option<Timestamp> {
    /// As seconds this is the year 5138, as milliseconds 1973.
    const MILLISECONDS: i64 = 100_000_000_000;
    match written.parse::<i64>() {
        Ok(at) if at >= MILLISECONDS => Timestamp::from_millisecond(at).ok(),
        Ok(at) => Timestamp::from_second(at).ok(),
        Err(_) => written.parse().ok(),
    }
}

/// A string or a number, since they answer with either; an empty string is nothing.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(word) if !word.is_empty() => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn response_code(value: &Value) -> Option<u32> {
    word(value)?.parse().ok()
}
