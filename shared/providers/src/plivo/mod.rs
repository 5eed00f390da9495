//! Plivo's Message API: <https://www.plivo.com/docs/messaging/api/message>, its webhooks:
//! <https://www.plivo.com/docs/messaging/api/message/message-status-callbacks>, and their
//! signatures: <https://www.plivo.com/docs/messaging/concepts/signature-validation>.
//!
//! A send without a readable answer cannot be looked up: the list of messages contains no words and
//! no reference, so two texts to one person look alike. The receipt names the attempt.

mod codes;
mod diagnosis;
mod signature;
#[cfg(test)]
mod table;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use settings::{Settings, SettingsError};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use crate::address::{self, query};
use crate::channel::{self, OTHER_CHANNEL};
use crate::digits::{plus_or_none, with_plus, without_plus};
use crate::entry::{Bring, Console, Entry, Plus, Purpose, Setting};
use crate::fields::Fields;
use crate::{Role, boxed};
use Role::{Describing, Polling, Receiving, Sending, Signing};
use codes::CODES;
use sms::code;
use sms::toll_free;
use sms::{
    Charge, Code, Event, Finding, Found, Handled, Http, Longest, Number, Outgoing, Part, Provider,
    Receipt, Response, SendError, Status, Text, Verified, WebhookError,
};

/// Its description.
pub(crate) const ENTRY: Entry = Entry {
    name: "plivo",
    company: "Plivo",
    settings: &[
        Setting::new(
            AUTH_ID,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the account, `MA` or, for a sub-account, `SA` and 18 letters and digits",
        ),
        Setting::new(
            AUTH_TOKEN,
            &[Receiving, Sending, Polling, Signing],
            "the token that goes with it, which also signs webhook calls",
        )
        .secret(),
        Setting::new(
            FROM,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the number or name that texts are sent from; the plus may be left out",
        )
        .sender(Plus::Optional),
        Setting::new(
            WEBHOOK_TOKEN,
            &[Receiving, Sending],
            "a random secret of at least 24 bytes, for the address that Plivo calls: its \
             signature of messages (version 2) only covers the address. As for every secret of a \
             webhook, `openssl rand -base64 24` makes one",
        )
        .secret(),
        Setting::new(
            "PLIVO_BASE_URL",
            &[Sending, Polling],
            "the address of a stand-in for its API",
        ),
    ],
    console: Console {
        page: "Messaging, Applications, Add New Application; then give the number to it under Phone \
               Numbers",
        fields: &[("Message URL", Purpose::Incoming)],
        method: "POST",
        token: Some(WEBHOOK_TOKEN),
        fragment: "",
    },
    is_asked: true,
    codes: CODES,
    sender: |settings| {
        let sender = settings.get(AUTH_ID).and(settings.get(FROM));
        Ok(sender.map(with_plus))
    },
    build: |settings, public_url, role| {
        Ok(boxed(Plivo::from_settings(settings, public_url, role)?))
    },
    bring: Bring::Call(signature::sign),
};

const AUTH_ID: &str = "PLIVO_AUTH_ID";
const AUTH_TOKEN: &str = "PLIVO_AUTH_TOKEN";
const FROM: &str = "PLIVO_FROM";
const WEBHOOK_TOKEN: &str = "PLIVO_WEBHOOK_TOKEN";

const BASE_URL: &str = "https://api.plivo.com";

/// The words that Plivo itself answers, alone in a text, on a number in the USA or Canada (docs:
/// dnd-service). It blocks the sender on a few more, and then lets one answer of ours through.
const ANSWERED: [&str; 5] = ["STOP", "END", "QUIT", "HELP", "INFO"];

/// One Plivo account and the number that it sends from.
#[derive(Clone)]
pub(crate) struct Plivo {
    /// `MA` or, for a sub-account, `SA` and 18 letters and digits.
    pub auth_id: String,
    /// Its token, which also signs webhook calls.
    pub auth_token: SecretString,
    /// The token that our webhook addresses have to carry as `?token=` if Plivo's signature does
    /// not cover the contents of the call (version 2). Without one such calls are refused.
    pub webhook_token: Option<SecretString>,
    /// The number or name of the sender, unless a message names another.
    pub from: String,
    /// The address of the API, without a slash at its end.
    pub base_url: String,
    /// Where Plivo reaches us. It signs this address, so it must be the one entered there.
    pub public_url: Url,
}

#[derive(Deserialize)]
struct Accepted {
    message_uuid: Vec<String>,
}

/// The form that distinguishes Plivo's own refusal from a gateway's.
#[derive(Deserialize)]
struct ApiError {
    #[serde(rename = "api_id")]
    _api_id: String,
    #[serde(rename = "error")]
    _error: IgnoredAny,
}

/// A message in Plivo's API, without its words.
#[derive(Deserialize)]
struct Message {
    message_uuid: String,
    message_state: String,
    error_code: Option<String>,
    total_amount: Option<String>,
}

#[async_trait]
impl Provider for Plivo {
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
        Longest { plain: 1600, wide: 737 }
    }

    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError> {
        let mut body = json!({
            "src": without_plus(message.from.as_deref().unwrap_or(&self.from)),
            "dst": without_plus(message.to.as_str()),
            "text": message.body,
            "type": "sms",
        });
        if let Some(url) = self.webhook("status", Some(&message.attempt)) {
            body["url"] = url.as_str().into();
            body["method"] = "POST".into();
        }
        let request = http.post(self.resource("Message/")).json(&body);
        let answer = http.send(self.authorize(request)).await?;
        match (answer.json::<Accepted>(), answer.json::<ApiError>()) {
            (Some(accepted), _) if answer.is_success() => match accepted.message_uuid.as_slice() {
                [id] if !id.is_empty() => Ok(id.clone()),
                _ => Err(answer.otherwise()),
            },
            (_, Some(_)) if (400..500).contains(&answer.status) => {
                Err(code::refused(CODES, format!("http {}", answer.status)))
            }
            _ => Err(answer.otherwise()),
        }
    }

    async fn verify(&self, _http: &Http, call: Request<Bytes>) -> Result<Verified, WebhookError> {
        // Either is enough: a forger can leave a signature out, but not make one.
        if self.is_signed_whole(&call) {
            return Ok(Verified::new(call));
        }
        if !self.is_address_signed(&call) {
            return Err(WebhookError::Forged);
        }
        let Some(expected) = &self.webhook_token else {
            return Err(WebhookError::Unverifiable(
                "its signature does not cover what it says: set PLIVO_WEBHOOK_TOKEN, and put \
                 ?token= with its value at the end of the address in Plivo's console",
            ));
        };
        let given = address::token(call.uri().query()).unwrap_or_default();
        match bool::from(given.as_bytes().ct_eq(expected.expose_secret().as_bytes())) {
            true => Ok(Verified::new(call)),
            false => Err(WebhookError::Forged),
        }
    }

    /// Plivo joins the parts of a long text, and varies the case of field names.
    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError> {
        let parameters = parameters(call).into_iter();
        let said = Fields::of(parameters.map(|(name, value)| (name.to_ascii_lowercase(), value)));
        let id = said.get(&["messageuuid"]).ok_or(WebhookError::Unreadable("no message id"))?;
        let word = said.get(&["status"]);
        let media = said.media("mediacount", "media");
        let handled = said.get(&["messageintent"]).and_then(Handled::parse);
        let says_something =
            ["text", "body"].iter().any(|name| said.has(name)) || media > 0 || handled.is_some();

        let event = match word {
            None | Some("received") if word.is_some() || says_something => {
                if said.get(&["type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("whatsapp")) {
                    return Err(WebhookError::Unreadable(OTHER_CHANNEL));
                }
                Event::Text(Text {
                    id: Some(id.into()),
                    from: channel::person(said.get(&["from"]), plus_or_none)?,
                    to: channel::ours(said.get(&["to"]), &self.from, plus_or_none),
                    body: said.get(&["text", "body"]).unwrap_or_default().into(),
                    media,
                    sent_at: None,
                    handled,
                })
            }
            None => return Err(WebhookError::Unreadable("neither a text nor a status")),
            Some(word) => {
                let part = said.get(&["partinfo"]).and_then(part);
                // What a part costs is not what the message costs.
                let total = said.get(&["totalamount"]).filter(|_| part.is_none());
                Event::Receipt(Receipt {
                    message: said.get(&["parentmessageuuid"]).unwrap_or(id).into(),
                    attempt: query(call).find(|(name, _)| name == "attempt").map(|(_, id)| id),
                    part,
                    charge: charge(total),
                    ..receipt(id, word, said.get(&["errorcode"]))?
                })
            }
        };
        Ok(vec![event])
    }

    async fn poll(
        &self,
        http: &Http,
        id: &str,
        _message: &Outgoing,
        _at: Timestamp,
    ) -> Result<Found, SendError> {
        let answer = self.get(http, &format!("Message/{id}/")).await?;
        let message: Message = json(&answer).ok_or_else(|| answer.otherwise())?;
        let charge = charge(message.total_amount.as_deref());
        receipt(&message.message_uuid, &message.message_state, message.error_code.as_deref())
            .map(|receipt| Found::Known(Receipt { charge, ..receipt }))
            .map_err(|_| SendError::Unknown { code: "unreadable".into() })
    }

    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        self.findings(http).await
    }

    async fn prepare(&self, http: &Http) {
        http.warm_up(&self.base_url).await;
    }

    /// Plivo does so for long codes and toll-free numbers, and for a short code only if its support
    /// was asked to: then its calls say what it recognised.
    fn answers(&self, body: &str, to: &str) -> bool {
        let north_american = to.len() == 12 && to.starts_with("+1");
        let is_answered = ANSWERED.contains(&body.trim().to_ascii_uppercase().as_str());
        toll_free::answers(body, to) || (north_american && is_answered)
    }

    fn whole_number(&self, written: &str) -> Option<Number> {
        plus_or_none(written).ok()
    }
}

impl Plivo {
    /// The account that the `PLIVO_…` settings name, if any.
    pub(crate) fn from_settings(
        settings: &Settings,
        public_url: &str,
        _role: Role,
    ) -> Result<Option<Self>, SettingsError> {
        let names = [AUTH_ID, AUTH_TOKEN, FROM];
        let Some([auth_id, auth_token, from]) = settings.together(ENTRY.company, names)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            auth_id: auth_id.into(),
            auth_token: auth_token.into(),
            webhook_token: settings.secret(WEBHOOK_TOKEN),
            from: with_plus(from),
            base_url: address::of_provider(settings, "PLIVO_BASE_URL", BASE_URL)?,
            public_url: address::public(public_url)?,
        }))
    }

    fn resource(&self, path: &str) -> String {
        format!("{}/v1/Account/{}/{path}", self.base_url, self.auth_id)
    }

    fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.auth_id, Some(self.auth_token.expose_secret()))
    }

    async fn get(&self, http: &Http, path: &str) -> Result<Response, SendError> {
        http.send(self.authorize(http.get(self.resource(path)))).await
    }

    /// The address at which Plivo reaches us for this purpose, if it can reach it.
    fn webhook(&self, purpose: &str, attempt: Option<&str>) -> Option<Url> {
        let mut url = address::webhook(&self.public_url, ENTRY.name, purpose)?;
        let token = self.webhook_token.as_ref().map(|token| ("token", token.expose_secret()));
        let pairs = attempt.map(|attempt| ("attempt", attempt)).into_iter().chain(token);
        for (name, value) in pairs {
            url.query_pairs_mut().append_pair(name, value);
        }
        Some(url)
    }
}

/// The contents of a success.
fn json<T: DeserializeOwned>(answer: &Response) -> Option<T> {
    answer.json().filter(|_| answer.is_success())
}

/// The status in Plivo's word and code for a message.
fn receipt(id: &str, word: &str, code: Option<&str>) -> Result<Receipt, WebhookError> {
    // 000 means that nothing failed.
    let code = code.filter(|code| !code.is_empty() && code.bytes().any(|digit| digit != b'0'));
    Ok(Receipt {
        message: id.into(),
        attempt: None,
        part: None,
        status: meaning(word).ok_or(WebhookError::Unreadable("an unknown status"))?,
        raw_status: word.into(),
        code: code.map(str::to_owned),
        opted_out: code.is_some_and(|code| code::is_stop(CODES, code)),
        charge: None,
    })
}

/// What a message cost, in dollars: <https://www.plivo.com/docs/messaging/api/message/get-a-message>.
fn charge(total: Option<&str>) -> Option<Charge> {
    Charge::parse(total?, "USD")
}

fn meaning(word: &str) -> Option<Status> {
    match word.to_ascii_lowercase().as_str() {
        "queued" => Some(Status::Accepted),
        "sent" => Some(Status::Sent),
        "failed" | "rejected" => Some(Status::Failed),
        "undelivered" => Some(Status::Undelivered),
        "delivered" | "read" => Some(Status::Delivered),
        _ => None,
    }
}

/// The number of a part, and of how many, from `1 of 2`.
fn part(written: &str) -> Option<Part> {
    let (number, of) = written.split_once(" of ")?;
    let part = Part { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? };
    (1..=part.of).contains(&part.number).then_some(part)
}

/// The parameters of a call, wherever they are.
fn parameters(call: &Request<Bytes>) -> Vec<(String, String)> {
    match *call.method() {
        Method::GET => query(call).collect(),
        _ => form_urlencoded::parse(call.body()).into_owned().collect(),
    }
}
