//! Vonage's Messages API, version 1: <https://developer.vonage.com/en/api/messages>, and its signed
//! webhooks: <https://developer.vonage.com/en/getting-started/concepts/signing-messages>.
//!
//! There is no question that could be asked about a message with what this provider holds: the
//! Messages API documents none, and the Reports API wants the account's key and secret. Every
//! receipt carries our reference instead, whether or not we heard the answer to the send.

mod codes;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, header};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use settings::{Settings, SettingsError};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use crate::address;
use crate::channel::{self, OTHER_CHANNEL};
use crate::digits::{plus_or_none, with_plus, without_plus};
use crate::entry::{Console, Entry, Plus, Purpose, Sample, Setting, Signed};
use crate::said;
use crate::{Role, boxed};
use Role::{Describing, Everything, Polling, Receiving, Sending, Signing};
use codes::CODES;
use sms::code;
use sms::{
    About, Answer, Check, Code, Event, Finding, Genuine, Http, Longest, Number, Outgoing, Provider,
    Receipt, SendError, Status, Text, WebhookError,
};

/// What it says of itself.
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
        Setting::new("VONAGE_BASE_URL", &[Sending], "where a stand-in for its API is"),
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
    sign: Some(sign),
};

const BASE_URL: &str = "https://api.nexmo.com";

const ID: &str = "VONAGE_APPLICATION_ID";
const KEY: &str = "VONAGE_PRIVATE_KEY";
const SECRET: &str = "VONAGE_SIGNATURE_SECRET";
const FROM: &str = "VONAGE_FROM";

/// What a message can hold beside its text, by the name of its member and of its kind.
const KINDS: [&str; 10] = [
    "image", "audio", "video", "file", "vcard", "sticker", "location", "contact", "reply", "button",
];

/// The kinds that are words alone, or hold what is said elsewhere.
const WORDS: [&str; 4] = ["text", "reply", "button", "content"];

/// How many characters one message may have.
const LONGEST_TEXT: usize = 1000;

/// How long a token of ours is valid, as Vonage's own libraries have it.
const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// How old a webhook call may be: Vonage repeats one for 24 hours, and whether it signs it anew is
/// not documented. What was taken is remembered for longer than that, so a replay has no effect.
const OLDEST_CALL: Duration = Duration::from_secs(25 * 60 * 60);

/// How far Vonage's clock may be ahead of ours.
const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// One application of a Vonage account, and the number or name that it sends from.
#[derive(Clone)]
pub struct Vonage {
    /// The application's id, a UUID.
    pub application_id: String,
    /// The application's private key, as PEM. Without it nothing is sent.
    pub private_key: Option<SecretString>,
    /// The account's signature secret, which signs webhook calls. Without it none is believed.
    pub signature_secret: Option<SecretString>,
    /// The number or name that is sent from, unless a message names another.
    pub from: String,
    /// Where the API is, without a slash at its end.
    pub base_url: String,
    /// Where Vonage reaches us.
    pub public_url: Url,
}

#[derive(Deserialize)]
struct Accepted {
    message_uuid: String,
}

/// What a token of Vonage's says.
#[derive(Deserialize)]
struct Claims {
    iat: i64,
    /// Names the call. The callers know a repeat by the message's id already.
    #[serde(rename = "jti")]
    _jti: String,
    /// SHA-256 of the body, in hexadecimal digits.
    payload_hash: String,
    application_id: Option<String>,
}

/// A webhook call: what a person said, or what became of a message. Nothing is asked of its fields
/// beyond what is used of them.
struct Report<'a> {
    id: String,
    /// By what it came, where that is said.
    channel: Option<String>,
    whole: &'a Map<String, Value>,
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

    async fn prove(&self, _http: &Http, call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        self.check(&call, Timestamp::now())?;
        Ok(Genuine::new(call))
    }

    /// Vonage has joined the parts of a long text: `sms.num_messages` only counts them.
    fn read(&self, call: &Genuine) -> Result<Vec<Event>, WebhookError> {
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

    /// What can be seen with the key of an application: whether it is let in. Balance, numbers and
    /// addresses are shown to the account's key and secret only, which we do not ask for.
    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        let unseen = |code: &str| code::unseen(CODES, "Vonage", Check::Credentials, code);
        // Nothing can be sent that is for nobody.
        let answer = match self.post(http, &json!({ "channel": "sms" })).await {
            Ok(answer) => answer,
            Err(error) => return vec![unseen(error.code())],
        };
        let code = problem(&answer);
        let code = code.as_deref().unwrap_or_default();
        let known = code::find(CODES, code).filter(|known| known.about == About::Account);
        let let_in = Finding::works(Check::Credentials, "Vonage accepts the application's key");
        match (answer.status, known) {
            (401, known) => {
                let known = known.or(code::find(CODES, "unauthorized"));
                known.map(|known| broken(Check::Credentials, known)).into_iter().collect()
            }
            (402 | 403, Some(known)) if matches!(code, "low-balance" | "1070") => {
                vec![let_in, broken(Check::Balance, known)]
            }
            (402 | 403, Some(known)) => vec![let_in, broken(Check::Account, known)],
            (400 | 422, _) if !code.is_empty() => vec![let_in],
            (status, _) => vec![unseen(&format!("http {status}"))],
        }
    }

    async fn prepare(&self, http: &Http) {
        http.open(&self.base_url).await;
    }

    fn whole_number(&self, written: &str) -> Option<Number> {
        plus_or_none(written).ok()
    }
}

impl Vonage {
    /// The application that `VONAGE_…` names, if any does: with its private key where texts are sent, and
    /// the signature secret where calls come in.
    pub fn from_settings(
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
            // Where a value has to be on one line, its line breaks are written out.
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

    async fn post(&self, http: &Http, body: &Value) -> Result<Answer, SendError> {
        let token = self.token(Timestamp::now());
        let token = token.ok_or_else(|| code::refused(CODES, "private key"))?;
        let url = format!("{}/v1/messages", self.base_url);
        http.send(http.post(url).bearer_auth(token).json(body)).await
    }

    /// What shows Vonage that it is us. `None` without a private key that is one.
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

    /// Whether Vonage signed this call for this application, this body and about this time.
    fn check(&self, call: &Request<Bytes>, now: Timestamp) -> Result<(), WebhookError> {
        let Some(authorization) = call.headers().get(header::AUTHORIZATION) else {
            return Err(WebhookError::Unprovable(match is_of_sms_api(call) {
                true => {
                    "it comes from the SMS API: in Vonage's dashboard, under API settings, make \
                         the Messages API the default for SMS"
                }
                false => "it is not signed, and Vonage signs it when it sends it again",
            }));
        };
        let token = authorization.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let claims: Option<Claims> = self.claims(token.ok_or(WebhookError::Forged)?);
        let claims = claims.ok_or(WebhookError::Forged)?;

        let hash: String =
            Sha256::digest(call.body()).iter().map(|byte| format!("{byte:02x}")).collect();
        let same = hash.as_bytes().ct_eq(claims.payload_hash.to_ascii_lowercase().as_bytes());
        let ours = claims.application_id.is_none_or(|id| id == self.application_id);
        let signed_at = Timestamp::from_second(claims.iat).map_err(|_| WebhookError::Forged)?;
        let fresh = (now - OLDEST_CALL..=now + CLOCK_SLACK).contains(&signed_at);
        match bool::from(same) && ours && fresh {
            true => Ok(()),
            false => Err(WebhookError::Forged),
        }
    }

    /// What a token says that the account's secret has signed.
    fn claims<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let mut how = Validation::new(Algorithm::HS256);
        // It says when it was made, not when it ends.
        how.required_spec_claims.clear();
        how.validate_exp = false;
        how.validate_aud = false;
        let secret = self.signature_secret.as_ref()?.expose_secret();
        let key = DecodingKey::from_secret(secret.as_bytes());
        Some(jsonwebtoken::decode(token, &key, &how).ok()?.claims)
    }
}

/// A call that brings a text, with a token that the account's secret has signed.
fn sign(settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
    let names = [ID, SECRET, FROM];
    let Some([id, secret, from]) = settings.together(ENTRY.company, names)? else {
        return Ok(None);
    };
    let body = json!({
        "channel": "sms",
        "message_uuid": sample.id,
        "message_type": "text",
        "from": without_plus(sample.from.as_str()),
        "to": without_plus(from),
        "text": sample.body,
        "timestamp": Timestamp::now(),
    })
    .to_string();
    let hash: String =
        Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = json!({
        "iat": Timestamp::now().as_second(),
        "jti": Uuid::new_v4().to_string(),
        "payload_hash": hash,
        "application_id": id,
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .expect("claims of ours can be signed");
    let call = Request::post(address::incoming(public_url, ENTRY.name)?.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    Ok(Some(call.body(body.into()).expect("an address and headers of ours are sound")))
}

impl<'a> Report<'a> {
    /// `None` if it names no message, or is a text of version 0.1, which says otherwise who it is from.
    fn of(whole: &'a Map<String, Value>) -> Option<Self> {
        let get = |name: &str| whole.get(name).and_then(said::word);
        let is_older = get("status").is_none() && whole.get("from").is_some_and(Value::is_object);
        let id = get("message_uuid").filter(|_| !is_older)?;
        Some(Self { id, channel: get("channel"), whole })
    }

    fn get(&self, name: &str) -> Option<String> {
        self.whole.get(name).and_then(said::word)
    }

    fn text(self, sender: &str) -> Result<Text, WebhookError> {
        let kind = self.get("message_type");
        let contents = self.contents();
        let mut words: Vec<_> = self
            .get("text")
            .into_iter()
            .chain(contents.iter().filter_map(Content::words))
            .collect();
        // A caption may stand in both places.
        words.dedup();
        let media = contents.iter().filter(|content| content.is_media()).count();
        // A kind of tomorrow is something that cannot be opened here.
        let unknown = kind.as_deref().is_some_and(|kind| !WORDS.contains(&kind));
        let media = if unknown { media.max(1) } else { media };
        if kind.is_none() && words.is_empty() && media == 0 && !self.whole.contains_key("text") {
            return Err(WebhookError::Unreadable("neither a text nor a status"));
        }
        let to = self.get("to").unwrap_or_default();
        // An agent of RCS has a name, which nobody can send an SMS from.
        let by_rcs = self.channel.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("rcs"));
        let to = if by_rcs { format!("rcs:{to}") } else { to };
        Ok(Text {
            from: channel::person(self.get("from").as_deref(), plus_or_none)?,
            to: channel::ours(Some(&to), sender, plus_or_none),
            body: words.join("\n"),
            media: u32::try_from(media).unwrap_or(u32::MAX),
            sent_at: self.get("timestamp").and_then(|at| at.parse().ok()),
            handled: None,
            id: Some(self.id),
        })
    }

    /// What came beside the text: under its kind, or several in a list.
    fn contents(&self) -> Vec<Content<'a>> {
        let alone = KINDS.iter().filter_map(|kind| Some((*kind, self.whole.get(*kind)?)));
        let listed = match self.whole.get("content") {
            Some(Value::Array(items)) => items.as_slice(),
            Some(content) => std::slice::from_ref(content),
            None => &[],
        };
        let listed = listed.iter().map(|item| {
            let kind = item["type"].as_str().unwrap_or_default();
            (kind, item)
        });
        let contents = alone.chain(listed).filter(|(_, value)| !value.is_null());
        contents.map(|(kind, value)| Content { kind, value }).collect()
    }

    fn receipt(self, word: String) -> Result<Receipt, WebhookError> {
        let code = self.whole.get("error").and_then(code_of);
        Ok(Receipt {
            attempt: self.get("client_ref"),
            part: None,
            status: meaning(&word).ok_or(WebhookError::Unreadable("an unknown status"))?,
            word,
            opted_out: code.as_deref().is_some_and(|code| code::is_stop(CODES, code)),
            code,
            message: self.id,
        })
    }
}

/// Something in a message: a picture, a file, words, or what was tapped.
struct Content<'a> {
    kind: &'a str,
    value: &'a Value,
}

impl Content<'_> {
    /// Its member of this name, which may stand within what is called by its kind.
    fn get(&self, name: &str) -> Option<String> {
        let within = self.value.get(self.kind).and_then(|within| within.get(name));
        self.value.get(name).and_then(said::word).or_else(|| within.and_then(said::word))
    }

    /// What a person says with it.
    fn words(&self) -> Option<String> {
        let alone = said::word(self.value).filter(|_| self.kind.is_empty());
        alone.or_else(|| ["text", "caption", "title"].iter().find_map(|name| self.get(name)))
    }

    fn is_media(&self) -> bool {
        let is_known = KINDS.contains(&self.kind) && !WORDS.contains(&self.kind);
        is_known || self.get("url").is_some()
    }
}

/// The code of an error as Vonage writes it (RFC 7807): the fragment of its type. In receipts it may
/// stand in the title instead, as text or as a number.
fn code_of(error: &Value) -> Option<String> {
    let fragment = error["type"].as_str().and_then(|url| Some(url.split_once('#')?.1.to_owned()));
    let title = match &error["title"] {
        Value::Number(code) => Some(code.to_string()),
        Value::String(code) => code.bytes().all(|b| b.is_ascii_digit()).then(|| code.clone()),
        _ => None,
    };
    // It goes into logs, so it is a word and nothing else.
    let is_word = |code: &String| {
        (1..=40).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    fragment.filter(is_word).or(title.filter(is_word))
}

/// The code with which Vonage itself refused a request. A 5xx refuses nothing for certain.
fn problem(answer: &Answer) -> Option<String> {
    let refused = (400..500).contains(&answer.status);
    code_of(&answer.json::<Value>().filter(|_| refused)?)
}

fn meaning(word: &str) -> Option<Status> {
    match word {
        "submitted" => Some(Status::Sent),
        "rejected" => Some(Status::Failed),
        "undeliverable" => Some(Status::Undelivered),
        "delivered" | "read" => Some(Status::Delivered),
        _ => None,
    }
}

/// Whether a call has the form of the older SMS API, whose signatures are others.
fn is_of_sms_api(call: &Request<Bytes>) -> bool {
    call.body().windows(6).any(|word| word == b"msisdn")
}

fn broken(check: Check, known: &Code) -> Finding {
    let seen = known.happened.trim_end_matches('.');
    Finding::broken(check, seen, known.fix)
}

#[cfg(test)]
mod tests {
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

    /// With the token and the secret that Vonage's libraries test themselves with.
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
        let key = include_bytes!("../../tests/throwaway-public-key.pem");
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
            private_key: Some(include_str!("../../tests/throwaway-private-key.pem").into()),
            signature_secret: Some(signature_secret.into()),
            from: "+12025550100".into(),
            base_url: String::new(),
            public_url: "https://text.example".parse().unwrap(),
        }
    }
}
