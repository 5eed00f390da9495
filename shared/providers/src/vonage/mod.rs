//! Vonage's Messages API, version 1: <https://developer.vonage.com/en/api/messages>, and its signed
//! webhooks: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>.
//!
//! The credentials that this provider holds allow no query about a message: the Messages API has
//! none, and the Reports API requires the account's key and secret. Instead, every receipt carries
//! our reference, whether or not we got the answer to the send.

mod codes;
mod diagnosis;
mod incoming;
mod signature;
#[cfg(test)]
mod table;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use settings::{Settings, SettingsError};
use url::Url;
use uuid::Uuid;

use crate::address;
use crate::channel::{self, OTHER_CHANNEL};
use crate::digits::{plus_or_none, with_plus, without_plus};
use crate::entry::{Bring, Console, Entry, Plus, Purpose, Setting};
use crate::{Role, boxed};
use Role::{Describing, Everything, Polling, Receiving, Sending, Signing};
use codes::CODES;
use incoming::Report;
use sms::code;
use sms::{
    Code, Event, Finding, Http, Longest, Number, Outgoing, Provider, Response, SendError, Verified,
    WebhookError,
};

/// Its description.
pub(crate) const ENTRY: Entry = Entry {
    name: "vonage",
    company: "Vonage",
    settings: &[
        Setting::new(
            ID,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the application of Vonage's Messages API, a UUID",
        ),
        Setting::new(
            KEY,
            &[Sending],
            "the application's private key as the PEM itself; line breaks may be written `\\n`",
        )
        .secret(),
        Setting::new(
            SECRET,
            &[Receiving, Signing],
            "the account's signature secret, which signs webhook calls",
        )
        .secret(),
        Setting::new(
            FROM,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the number or name that texts are sent from; the plus may be left out",
        )
        .sender(Plus::Optional),
        Setting::new("VONAGE_BASE_URL", &[Sending], "the address of a stand-in for its API"),
    ],
    console: Console {
        page: "Applications, your application, Edit, Capabilities, Messages; then link the number to \
               the application, and under API settings make the Messages API the default for SMS",
        fields: &[("Inbound URL", Purpose::Incoming), ("Status URL", Purpose::Status)],
        method: "POST",
        token: None,
        fragment: "",
    },
    is_asked: false,
    codes: CODES,
    sender: |settings| Ok(settings.get(ID).and(settings.get(FROM)).map(with_plus)),
    build: |settings, public_url, role| {
        Ok(boxed(Vonage::from_settings(settings, public_url, role)?))
    },
    bring: Bring::Call(signature::sign),
};

const BASE_URL: &str = "https://api.nexmo.com";

const ID: &str = "VONAGE_APPLICATION_ID";
const KEY: &str = "VONAGE_PRIVATE_KEY";
const SECRET: &str = "VONAGE_SIGNATURE_SECRET";
const FROM: &str = "VONAGE_FROM";

/// The longest message, in characters.
const LONGEST_TEXT: usize = 1000;

/// How long our own token is valid, as in Vonage's libraries.
const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// One application of a Vonage account, and the number or name that it sends from.
#[derive(Clone)]
pub(crate) struct Vonage {
    /// The application's id, a UUID.
    pub application_id: String,
    /// The application's private key, as PEM. Without it nothing is sent.
    pub private_key: Option<SecretString>,
    /// The account's signature secret, which signs webhook calls. Without it none is believed.
    pub signature_secret: Option<SecretString>,
    /// The number or name of the sender, unless a message names another.
    pub from: String,
    /// The address of the API, without a slash at its end.
    pub base_url: String,
    /// Where Vonage reaches us.
    pub public_url: Url,
}

#[derive(Deserialize)]
struct Accepted {
    message_uuid: String,
}

#[async_trait]
impl Provider for Vonage {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn sender(&self) -> &str {
        &self.from
    }

    fn codes(&self) -> &'static [Code] {
        CODES
    }

    fn longest(&self) -> Longest {
        Longest::of(LONGEST_TEXT)
    }

    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError> {
        if message.body.chars().count() > LONGEST_TEXT {
            return Err(code::refused(CODES, "text too long"));
        }
        let mut body = json!({
            "channel": "sms",
            "message_type": "text",
            "to": without_plus(message.to.as_str()),
            "from": without_plus(message.from.as_deref().unwrap_or(&self.from)),
            "text": message.body,
            // At most 100 characters; an attempt has 41.
            "client_ref": message.attempt,
        });
        if let Some(url) = address::webhook(&self.public_url, ENTRY.name, "status") {
            body["webhook_url"] = url.as_str().into();
            body["webhook_version"] = "v1".into();
        }
        let answer = self.post(http, &body).await?;
        match answer.status {
            202 => match answer.json::<Accepted>() {
                Some(accepted) if Uuid::try_parse(&accepted.message_uuid).is_ok() => {
                    Ok(accepted.message_uuid)
                }
                _ => Err(answer.otherwise()),
            },
            _ => Err(problem(&answer)
                .map_or_else(|| answer.otherwise(), |code| code::refused(CODES, code))),
        }
    }

    async fn verify(&self, _http: &Http, call: Request<Bytes>) -> Result<Verified, WebhookError> {
        self.check(&call, Timestamp::now())?;
        Ok(Verified::new(call))
    }

    /// Vonage has joined the parts of a long text: `sms.num_messages` only counts them.
    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError> {
        const UNKNOWN: WebhookError =
            WebhookError::Unreadable("not of the Messages API, version 1");
        let whole: Map<String, Value> = serde_json::from_slice(call.body()).map_err(|_| UNKNOWN)?;
        let report = Report::of(&whole).ok_or(UNKNOWN)?;
        if !report.channel.as_deref().is_none_or(channel::is_ours) {
            return Err(WebhookError::Unreadable(OTHER_CHANNEL));
        }
        let event = match report.get("status") {
            Some(word) => Event::Receipt(report.receipt(word)?),
            None => Event::Text(report.text(&self.from)?),
        };
        Ok(vec![event])
    }

    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        self.findings(http).await
    }

    async fn prepare(&self, http: &Http) {
        http.warm_up(&self.base_url).await;
    }

    fn whole_number(&self, written: &str) -> Option<Number> {
        plus_or_none(written).ok()
    }
}

impl Vonage {
    /// The application that the `VONAGE_…` settings name, if any: with its private key if this role
    /// sends, and the signature secret if it receives.
    pub(crate) fn from_settings(
        settings: &Settings,
        public_url: &str,
        role: Role,
    ) -> Result<Option<Self>, SettingsError> {
        let sends = matches!(role, Everything | Sending);
        let is_called = matches!(role, Everything | Receiving | Signing);
        let names = [Some(ID), sends.then_some(KEY), is_called.then_some(SECRET), Some(FROM)];
        let names: Vec<_> = names.into_iter().flatten().collect();
        if !settings.any(&names) {
            return Ok(None);
        }
        let missing: Vec<_> =
            names.into_iter().filter(|name| settings.get(name).is_none()).collect();
        let (Some(id), Some(from), []) = (settings.get(ID), settings.get(FROM), &*missing) else {
            return Err(SettingsError::Missing { owner: ENTRY.company, missing });
        };
        let vonage = Self {
            application_id: id.into(),
            // Where a value has to be on one line, its line breaks are escaped.
            private_key: settings
                .get(KEY)
                .filter(|_| sends)
                .map(|key| key.replace("\\n", "\n").into()),
            signature_secret: settings.secret(SECRET).filter(|_| is_called),
            from: with_plus(from),
            base_url: address::of_provider(settings, "VONAGE_BASE_URL", BASE_URL)?,
            public_url: address::public(public_url)?,
        };
        if sends && vonage.token(Timestamp::now()).is_none() {
            return Err(SettingsError::Invalid {
                name: KEY,
                problem: "write the application's private key as Vonage gave it, from \
                          -----BEGIN PRIVATE KEY----- to the end"
                    .into(),
            });
        }
        Ok(Some(vonage))
    }

    async fn post(&self, http: &Http, body: &Value) -> Result<Response, SendError> {
        let token = self.token(Timestamp::now());
        let token = token.ok_or_else(|| code::refused(CODES, "private key"))?;
        let url = format!("{}/v1/messages", self.base_url);
        http.send(http.post(url).bearer_auth(token).json(body)).await
    }

    /// The token that authenticates us to Vonage. `None` without a valid private key.
    fn token(&self, now: Timestamp) -> Option<String> {
        let key = self.private_key.as_ref()?.expose_secret();
        let key = EncodingKey::from_rsa_pem(key.as_bytes()).ok()?;
        let claims = json!({
            "application_id": self.application_id,
            "iat": now.as_second(),
            "exp": (now + TOKEN_LIFE).as_second(),
            "jti": Uuid::new_v4().to_string(),
        });
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).ok()
    }
}

/// The code of an error as Vonage writes it (RFC 7807): the fragment of its type. Receipts may have
/// it in the title instead, as text or as a number.
fn code_of(error: &Value) -> Option<String> {
    let fragment = error["type"].as_str().and_then(|url| Some(url.split_once('#')?.1.to_owned()));
    let title = match &error["title"] {
        Value::Number(code) => Some(code.to_string()),
        Value::String(code) => code.bytes().all(|b| b.is_ascii_digit()).then(|| code.clone()),
        _ => None,
    };
    // It goes into logs, so only a single word is accepted.
    let is_word = |code: &String| {
        (1..=40).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    fragment.filter(is_word).or(title.filter(is_word))
}

/// The code with which Vonage itself refused a request. A 5xx does not certainly refuse anything.
fn problem(answer: &Response) -> Option<String> {
    let refused = (400..500).contains(&answer.status);
    code_of(&answer.json::<Value>().filter(|_| refused)?)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};

    use super::*;

    const SECRET: &str = "test-signature-secret-0123456789abcdef";
    const APPLICATION: &str = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
    const BODY: &str = concat!(
        r#"{"channel":"sms","message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","#,
        r#""to":"447700900000","from":"447700900001","timestamp":"2026-01-01T14:00:00.000Z","#,
        r#""text":"hello","message_type":"text"}"#
    );
    /// Signs the body above at 14:00 UTC on 1 January 2026.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjcyNzYwMDAsImp0aSI6IjExM\
        TExMTExLTIyMjItNDMzMy04NDQ0LTU1NTU1NTU1NTU1NSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjEy\
        Y2JiMzUyNjRmODMzODU1Y2MxOGEwNTVjNGFiYzU5Y2UwZDU0NGYwNTNmN2Y4MjE4ZmIxZDRiYzgwYmQ5NzEiLCJhcGl\
        fa2V5IjoiYWJjZDEyMzQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY3OD\
        lhYiJ9.0Rc87EaMHS0hIYXuRF7-KyiWuRlhhmIooHR__0TfUMw";

    #[test]
    fn believes_what_was_signed_about_now() {
        let at = |time: &str, body: &str| {
            let call = Request::post("/webhooks/vonage/inbound")
                .header("authorization", format!("Bearer {TOKEN}"))
                .body(Bytes::copy_from_slice(body.as_bytes()))
                .unwrap();
            vonage(SECRET).check(&call, time.parse().unwrap())
        };
        assert_eq!(at("2026-01-01T14:00:03Z", BODY), Ok(()));
        assert_eq!(at("2026-01-01T13:56:00Z", BODY), Ok(()));
        assert_eq!(at("2026-01-02T14:00:00Z", BODY), Ok(()));

        assert_eq!(at("2026-01-01T13:54:00Z", BODY), Err(WebhookError::Forged));
        assert_eq!(at("2026-01-02T15:00:01Z", BODY), Err(WebhookError::Forged));
        let altered = BODY.replace("hello", "jello");
        assert_eq!(at("2026-01-01T14:00:03Z", &altered), Err(WebhookError::Forged));
    }

    /// With the token and the secret from the tests of Vonage's libraries.
    #[test]
    fn believes_the_signature_that_vonage_publishes() {
        const PUBLISHED: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1a\
            WxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I\
            2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM";
        let claims = |secret| vonage(secret).claims::<Value>(PUBLISHED);
        assert_eq!(claims("qwertyuiopasdfghjklzxcvbnm123456").unwrap()["iat"], 1_697_634_680);
        assert_eq!(claims("asdf"), None);
    }

    #[test]
    fn says_who_it_is_for_a_quarter_of_an_hour() {
        let token = vonage(SECRET).token("2026-01-01T14:00:00Z".parse().unwrap()).unwrap();
        let key = include_bytes!("table/public-key.pem");
        let mut how = Validation::new(Algorithm::RS256);
        how.validate_exp = false;
        let key = DecodingKey::from_rsa_pem(key).unwrap();
        let claims: Value = jsonwebtoken::decode(token, &key, &how).unwrap().claims;
        assert_eq!(claims["application_id"], APPLICATION);
        assert_eq!(
            (&claims["iat"], &claims["exp"]),
            (&1_767_276_000.into(), &1_767_276_900.into())
        );
        assert!(Uuid::try_parse(claims["jti"].as_str().unwrap()).is_ok());
    }

    fn vonage(signature_secret: &str) -> Vonage {
        Vonage {
            application_id: APPLICATION.into(),
            private_key: Some(include_str!("table/private-key.pem").into()),
            signature_secret: Some(signature_secret.into()),
            from: "+12025550100".into(),
            base_url: String::new(),
            public_url: "https://text.example".parse().unwrap(),
        }
    }
}
