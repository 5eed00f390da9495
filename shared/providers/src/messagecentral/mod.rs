//! MessageCentral, product MessageNow: <https://www.messagecentral.com/product/message-now/api>.
//!
//! Where its documentation is silent, calls are read leniently and believed sparingly: the form of
//! an inbound text is documented nowhere, and neither are receipts or a way to look up a message.
//! Data that its own dashboard requests is requested here as well, as long as it is answered.

mod codes;
mod diagnosis;
mod fields;
mod inbound;
mod reports;
#[cfg(test)]
mod table;
mod token;

use std::sync::RwLock;
use std::time::Instant;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use settings::{Settings, SettingsError};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use url::form_urlencoded;

use crate::address;
use crate::entry::{Bring, Console, Entry, Plus, Purpose, Sample, Setting, Signed};
use crate::{Role, boxed};
use sms::code;
use sms::{
    Code, Event, Finding, Found, Http, Longest, Number, Outgoing, Provider, Response, SendError,
    Verified, WebhookError,
};

use Role::{Describing, Polling, Receiving, Sending, Signing};
use codes::CODES;
pub(crate) use fields::InboundFields;
use inbound::Reading;
use reports::Reports;
use token::Token;

/// Its description.
pub(crate) const ENTRY: Entry = Entry {
    name: "messagecentral",
    company: "MessageCentral",
    settings: &[
        Setting::new(
            CUSTOMER_ID,
            &[Receiving, Sending, Polling, Describing],
            "the customer, `C-` and what follows",
        ),
        Setting::new(PASSWORD, &[Sending, Polling], "the password of the account").secret(),
        Setting::new(
            PASSWORD_BASE64,
            &[Sending, Polling],
            "the same in Base64, in place of `MC_PASSWORD`",
        )
        .secret(),
        Setting::new(
            "MC_EMAIL",
            &[Sending, Polling],
            "the account's e-mail address, where it needs one for a token",
        ),
        Setting::new(
            SENDER_ID,
            &[Receiving, Sending, Polling, Describing],
            "the number or name that texts are sent from; the plus may be left out. Default: the name \
             that all customers share, which is known to work in India",
        )
        .sender(Plus::Optional),
        Setting::new(
            WEBHOOK_TOKEN,
            &[Receiving, Signing],
            "a random secret of at least 24 bytes, for the address that MessageCentral calls, \
             since it signs nothing: `openssl rand -base64 24` makes one",
        )
        .secret(),
        Setting::new(
            "MC_INBOUND_FIELDS",
            &[Receiving],
            "the names of the fields in its calls if they are not recognized, such as \
             `from=caller,text=words,id=ref` (also `to` and `time`)",
        ),
        Setting::new(
            "MC_COUNTRY",
            &[Receiving],
            "the calling code of the country whose numbers come without one, such as `91`: a number as \
             long as those of mobile telephones there is completed. What is neither such a number nor \
             an international one is kept and not guessed at",
        ),
        Setting::new("MC_BASE_URL", &[Sending, Polling], "the address of a stand-in for its API"),
        Setting::new(
            SWITCH,
            &[Receiving, Sending, Polling, Describing],
            "`false` leaves it out even if it is configured",
        ),
    ],
    console: Console {
        page: "MessageNow, the callback for incoming texts; support enters it where the console does not \
               show it",
        fields: &[("Callback URL", Purpose::Incoming)],
        method: "",
        token: Some(WEBHOOK_TOKEN),
        fragment: "",
    },
    is_asked: true,
    codes: CODES,
    sender: |settings| {
        let is_there = !is_left_out(settings)? && settings.get(CUSTOMER_ID).is_some();
        let sender = settings.get(SENDER_ID).unwrap_or(SHARED_SENDER);
        Ok(is_there.then(|| sender.to_owned()))
    },
    build: |settings, public_url, role| {
        Ok(boxed(MessageCentral::from_settings(settings, public_url, role)?))
    },
    bring: Bring::Call(sign),
};

const CUSTOMER_ID: &str = "MC_CUSTOMER_ID";
const PASSWORD: &str = "MC_PASSWORD";
const PASSWORD_BASE64: &str = "MC_PASSWORD_BASE64";
const SENDER_ID: &str = "MC_SENDER_ID";
const WEBHOOK_TOKEN: &str = "MC_WEBHOOK_TOKEN";
const SWITCH: &str = "USE_MESSAGECENTRAL";

const BASE_URL: &str = "https://cpaas.messagecentral.com";

/// The sender shared by all customers without one of their own. Known to work in India; elsewhere
/// an account needs its own.
const SHARED_SENDER: &str = "UTOMOB";

/// The `responseCode` of an accepted message.
const SUCCESS: u32 = 200;

/// One MessageCentral account.
#[derive(Clone)]
pub(crate) struct MessageCentralSettings {
    /// `C-` and the rest, from their console.
    pub customer_id: String,
    /// The account's password in Base64, as their API requires. Without it their API is never
    /// called.
    pub password_base64: Option<SecretString>,
    /// The account's e-mail address, which some accounts need for a token.
    pub email: Option<String>,
    /// The sender that a text shows.
    pub sender_id: String,
    /// The address of the API, without a slash at its end.
    pub base_url: String,
    /// The token that the address of our webhook has to carry as `?token=`. Without one every call
    /// is refused, since they sign nothing.
    pub webhook_token: Option<SecretString>,
    /// The names of the fields of an inbound text, if the likely names do not match.
    pub inbound_fields: InboundFields,
    /// The calling code of the country whose numbers come without one.
    pub country: Option<String>,
}

/// The provider, and its current token.
pub(crate) struct MessageCentral {
    settings: MessageCentralSettings,
    token: RwLock<Option<Token>>,
    /// Held while fetching a token. Contains the last failure: whoever waited for that attempt
    /// shares its outcome instead of making one of their own.
    fetching: Mutex<Option<(Instant, SendError)>>,
    reports: Reports,
}

#[async_trait]
impl Provider for MessageCentral {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn sender(&self) -> &str {
        &self.settings.sender_id
    }

    fn codes(&self) -> &'static [Code] {
        CODES
    }

    fn longest(&self) -> Longest {
        // Undocumented: the maximum that its own pages count to.
        Longest::of(1224)
    }

    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError> {
        let token = self.token(http, |token| token.usable_until).await?;
        let answer = self.hand_over(http, message, &token).await?;
        if !is_unauthorized(&answer) {
            return outcome(&answer);
        }
        // The token expired early. Nothing was processed.
        self.forget(&token);
        let token = self.token(http, |token| token.usable_until).await?;
        outcome(&self.hand_over(http, message, &token).await?)
    }

    async fn verify(&self, _http: &Http, call: Request<Bytes>) -> Result<Verified, WebhookError> {
        match self.is_genuine(&call) {
            true => Ok(Verified::new(call)),
            false => Err(WebhookError::Forged),
        }
    }

    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError> {
        // A report may quote our words, which must not look like an answer to them.
        if call.uri().path().trim_end_matches('/').ends_with("/status") {
            return Err(WebhookError::Unreadable("a receipt, whose form nothing documents"));
        }
        let MessageCentralSettings { inbound_fields, sender_id, country, .. } = &self.settings;
        let reading =
            Reading { names: inbound_fields, ours: sender_id, country: country.as_deref() };
        inbound::events(call.body(), query(call), reading)
    }

    fn documents_texts(&self) -> bool {
        false
    }

    fn names_attempts(&self) -> bool {
        false
    }

    fn whole_number(&self, written: &str) -> Option<Number> {
        inbound::sender(written, None, self.settings.country.as_deref())
    }

    async fn prepare(&self, http: &Http) {
        // `send` will run into a failure again.
        let _ = self.token(http, |token| token.renew_from).await;
    }

    /// Uses undocumented rows without ids, so the absence of one proves nothing: the result is
    /// never [`Found::Absent`].
    ///
    /// A message that is found gets an id of ours, `attempt:` and the attempt. Theirs are numbers,
    /// so the two cannot be confused.
    async fn find(
        &self,
        http: &Http,
        message: &Outgoing,
        since: Timestamp,
    ) -> Result<Found, SendError> {
        self.look_up(http, &format!("attempt:{}", message.attempt), message, since).await
    }

    /// Uses the same rows as [`Provider::find`], and the message itself: the rows have no ids.
    async fn poll(
        &self,
        http: &Http,
        id: &str,
        message: &Outgoing,
        at: Timestamp,
    ) -> Result<Found, SendError> {
        self.look_up(http, id, message, at).await
    }

    /// Reports nothing that only a text can show: whether texts are activated, whether a country is
    /// priced, and which address is configured for inbound calls.
    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        self.findings(http).await
    }
}

impl MessageCentral {
    /// The provider, for an account.
    pub(crate) fn new(settings: MessageCentralSettings) -> Self {
        Self {
            settings,
            token: RwLock::default(),
            fetching: Mutex::default(),
            reports: Reports::default(),
        }
    }

    /// The account that `MC_…` names, if any does: with its password, unless it is only called.
    pub(crate) fn from_settings(
        settings: &Settings,
        _public_url: &str,
        role: Role,
    ) -> Result<Option<Self>, SettingsError> {
        let asks = role != Receiving;
        let passwords: &[&str] = if asks { &[PASSWORD, PASSWORD_BASE64, "MC_EMAIL"] } else { &[] };
        let others = [CUSTOMER_ID, SENDER_ID, WEBHOOK_TOKEN];
        if is_left_out(settings)? || (!settings.any(passwords) && !settings.any(&others)) {
            return Ok(None);
        }
        let password_base64 = if asks { password_base64(settings)? } else { None };
        let customer_id = settings.get(CUSTOMER_ID);
        let missing = [
            customer_id.is_none().then_some(CUSTOMER_ID),
            (asks && password_base64.is_none()).then_some("MC_PASSWORD (or MC_PASSWORD_BASE64)"),
        ];
        let missing: Vec<_> = missing.into_iter().flatten().collect();
        let (Some(customer_id), []) = (customer_id, missing.as_slice()) else {
            return Err(SettingsError::Missing { owner: ENTRY.company, missing });
        };
        Ok(Some(Self::new(MessageCentralSettings {
            customer_id: customer_id.into(),
            password_base64,
            email: settings.get("MC_EMAIL").map(str::to_owned),
            sender_id: settings.get(SENDER_ID).unwrap_or(SHARED_SENDER).into(),
            base_url: address::of_provider(settings, "MC_BASE_URL", BASE_URL)?,
            webhook_token: settings.secret(WEBHOOK_TOKEN),
            inbound_fields: match settings.get("MC_INBOUND_FIELDS") {
                Some(line) => InboundFields::parse(line)?,
                None => InboundFields::default(),
            },
            country: settings.get("MC_COUNTRY").map(country).transpose()?,
        })))
    }

    async fn hand_over(
        &self,
        http: &Http,
        message: &Outgoing,
        token: &Token,
    ) -> Result<Response, SendError> {
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

    fn is_genuine(&self, call: &Request<Bytes>) -> bool {
        let Some(expected) = &self.settings.webhook_token else { return false };
        let given = address::token(call.uri().query()).unwrap_or_default();
        given.as_bytes().ct_eq(expected.expose_secret().as_bytes()).into()
    }
}

/// A calling code, with or without its plus.
fn country(written: &str) -> Result<String, SettingsError> {
    let code = written.trim_start_matches('+');
    match Number::is_calling_code(code) {
        true => Ok(code.to_owned()),
        false => Err(SettingsError::Invalid {
            name: "MC_COUNTRY",
            problem: "write the calling code of a country, as 91 for India".into(),
        }),
    }
}

fn is_left_out(settings: &Settings) -> Result<bool, SettingsError> {
    Ok(settings.switch(SWITCH)? == Some(false))
}

fn password_base64(settings: &Settings) -> Result<Option<SecretString>, SettingsError> {
    match (settings.get(PASSWORD_BASE64), settings.get(PASSWORD)) {
        (Some(encoded), _) if STANDARD.decode(encoded).is_ok() => Ok(Some(encoded.into())),
        (Some(_), _) => Err(SettingsError::Invalid {
            name: PASSWORD_BASE64,
            problem: "write the password in Base64, or set MC_PASSWORD to the password itself"
                .into(),
        }),
        (None, password) => Ok(password.map(|password| STANDARD.encode(password).into())),
    }
}

/// A call that brings a text. It is not signed: the token in its address is what verifies it.
fn sign(settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
    let Some(token) = settings.get(WEBHOOK_TOKEN) else { return Ok(None) };
    let mut address = address::incoming(public_url, ENTRY.name)?;
    // A plus counts as a plus when it is read.
    let token = form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>();
    address.set_query(Some(&format!("token={}", token.replace('+', "%20"))));
    let body = json!({ "from": sample.from, "text": sample.body, "id": sample.id });
    let call = Request::post(address.as_str()).header(header::CONTENT_TYPE, "application/json");
    Ok(Some(call.body(body.to_string().into()).expect("an address of ours is sound")))
}

fn is_unauthorized(answer: &Response) -> bool {
    let said = answer.json::<Value>().and_then(|body| response_code(&body["responseCode"]));
    matches!(answer.status, 401 | 403) || matches!(said, Some(401 | 403))
}

fn outcome(answer: &Response) -> Result<String, SendError> {
    let body: Value = answer.json().unwrap_or_default();
    let data = &body["data"];
    let error_message = word(&data["errorMessage"]);
    let code = match response_code(&body["responseCode"]) {
        Some(SUCCESS) if error_message.is_some() => response_code(&data["responseCode"]),
        code => code,
    };
    match code {
        Some(SUCCESS) if answer.is_success() && error_message.is_none() => {
            // It is not documented which of the two is permanent. This one is always there.
            let id = word(&data["verificationId"]).or_else(|| word(&data["transactionId"]));
            id.ok_or_else(|| answer.otherwise())
        }
        // Its two statuses contradict each other.
        Some(SUCCESS) if answer.status == 503 => {
            Err(SendError::Unknown { code: "http 503".into() })
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

/// A string or a number, since they answer with either; an empty string counts as missing.
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
