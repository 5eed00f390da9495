//! Twilio Programmable Messaging: <https://www.twilio.com/docs/messaging/api/message-resource>,
//! its webhooks: <https://www.twilio.com/docs/messaging/guides/webhook-request>, and their
//! signature: <https://www.twilio.com/docs/usage/webhooks/webhooks-security>.

mod codes;
mod diagnosis;
mod inquiry;
mod lookup;
mod numbers;
mod registration;
mod signature;
#[cfg(test)]
mod table;

use std::ops::RangeInclusive;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use settings::{Settings, SettingsError};
use url::{Url, form_urlencoded};

use crate::address::{self, query};
use crate::entry::{Bring, Console, Entry, Plus, Purpose, Setting};
use crate::fields::Fields;
use crate::{Role, boxed, channel};
use sms::{
    Acknowledgement, Code, Event, Finding, Found, Handled, Http, Longest, NotANumber, Outgoing,
    Provider, Receipt, SendError, Status, Text, Verified, WebhookError, code, toll_free,
};

use Role::{Describing, Polling, Receiving, Sending, Signing};
use codes::CODES;
use lookup::Message;
use signature::body_hash;

/// Its description.
pub(crate) const ENTRY: Entry = Entry {
    name: "twilio",
    company: "Twilio",
    settings: &[
        Setting::new(
            ACCOUNT_SID,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the account, `AC` and 32 hexadecimal digits",
        ),
        Setting::new(
            AUTH_TOKEN,
            &[Receiving, Sending, Polling, Signing],
            "the account's primary token, which also signs webhook calls",
        )
        .secret(),
        Setting::new(
            NEXT_AUTH_TOKEN,
            &[Receiving],
            "also accepted in webhook calls while the token is being changed",
        )
        .secret(),
        Setting::new(
            SHARED_SECRET,
            &[Receiving],
            "the secret of the \
             [shared key](https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys) that signs \
             webhook calls, where a webhook rule of the account says so",
        )
        .secret(),
        Setting::new(
            FROM,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the number that texts are sent from [`TWILIO_PHONE_NUMBER`]",
        )
        .sender(Plus::Always),
        Setting::new(
            SERVICE,
            &[Receiving, Sending, Polling, Describing],
            "the messaging service that picks the number, or that `TWILIO_FROM` belongs to",
        ),
        Setting::new("TWILIO_BASE_URL", &[Sending, Polling], "the address of a stand-in for its API"),
    ],
    console: Console {
        page: "Phone Numbers, Manage, Active numbers, your number, Messaging Configuration; with a \
               messaging service instead: Messaging, Services, your service, Integration, Send a \
               webhook",
        fields: &[
            ("A message comes in: Webhook", Purpose::Incoming),
            ("Primary handler fails", Purpose::Incoming),
            ("Status callback: leave it empty, every text brings its own", Purpose::Empty),
        ],
        method: "HTTP POST",
        token: None,
        fragment: OVERRIDES,
    },
    is_asked: true,
    codes: CODES,
    sender: |settings| {
        let sender = settings.get(FROM).or(settings.get(SERVICE));
        Ok(settings.get(ACCOUNT_SID).and(sender).map(str::to_owned))
    },
    build: |settings, public_url, role| {
        Ok(boxed(Twilio::from_settings(settings, public_url, role)?))
    },
    bring: Bring::Call(signature::sign),
};

const ACCOUNT_SID: &str = "TWILIO_ACCOUNT_SID";
const AUTH_TOKEN: &str = "TWILIO_AUTH_TOKEN";
const NEXT_AUTH_TOKEN: &str = "TWILIO_AUTH_TOKEN_NEXT";
const SHARED_SECRET: &str = "TWILIO_SHARED_KEY";
const FROM: &str = "TWILIO_FROM";
const SERVICE: &str = "TWILIO_MESSAGING_SERVICE_SID";

const BASE_URL: &str = "https://api.twilio.com";

/// The fragment of the address that is entered at Twilio, so that it calls again after any failure:
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>
const OVERRIDES: &str = "#rc=5&rp=all";

/// The header that names the shared key and the hash of a signature, if there is one.
const SHARED_KEY: &str = "x-twilio-webhooks-signature-settings";

/// A code without five digits comes from a gateway, and says nothing about the message.
const FIVE_DIGITS: RangeInclusive<u32> = 10_000..=99_999;

/// The words that Twilio itself answers, alone in a text (docs: advanced-opt-out). It is not
/// documented whether "STOP." is one of them; if it is, our own answer is refused with 21610.
const ANSWERED: [&str; 13] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "START",
    "YES",
    "UNSTOP",
    "HELP",
    "INFO",
];

/// Those that Twilio answers at a toll-free number, besides those that the network answers
/// (<https://support.twilio.com/hc/en-us/articles/360058144374>).
const TOLL_FREE: [&str; 2] = ["HELP", "INFO"];

/// One Twilio account and the number or service that it sends from.
#[derive(Clone)]
pub(crate) struct Twilio {
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The account's primary token, which also signs webhook calls.
    pub auth_token: SecretString,
    /// The token that is about to become the primary one: calls that it signs are accepted, too.
    pub next_auth_token: Option<SecretString>,
    /// The secret of the shared key that signs webhook calls instead of a token, if a webhook rule
    /// of the account says so: <https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys>.
    pub shared_key: Option<SecretString>,
    /// The number of the sender, unless a message names another.
    pub from: Option<String>,
    /// The messaging service that picks the number, or that `from` belongs to.
    pub messaging_service_sid: Option<String>,
    /// The address of the API, without a slash at its end. Diagnosis uses other hosts of Twilio's,
    /// unless this is a stand-in: then everything is there.
    pub base_url: String,
    /// Where Twilio reaches us. It signs this address, so it must be the one pasted there.
    pub public_url: Url,
}

#[derive(Deserialize)]
struct ApiError {
    code: u32,
}

#[async_trait]
impl Provider for Twilio {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn sender(&self) -> &str {
        let sender = self.from.as_deref().or(self.messaging_service_sid.as_deref());
        sender.unwrap_or_default()
    }

    fn codes(&self) -> &'static [Code] {
        CODES
    }

    fn longest(&self) -> Longest {
        Longest::of(1600)
    }

    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError> {
        let callback = self.status_callback(&message.attempt);
        // A service is named in a separate field.
        let from = message.from.as_deref();
        let from = from.filter(|from| Some(*from) != self.messaging_service_sid.as_deref());
        let form: Vec<_> = [
            ("To", Some(message.to.as_str())),
            ("From", from.or(self.from.as_deref())),
            ("MessagingServiceSid", self.messaging_service_sid.as_deref()),
            ("Body", Some(message.body.as_str())),
            ("StatusCallback", callback.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();

        let answer = http.send(self.authorize(http.post(self.messages())).form(&form)).await?;
        match answer.status {
            201 => match answer.json::<Message>() {
                Some(created) if is_message_sid(&created.sid) => Ok(created.sid),
                _ => Err(answer.otherwise()),
            },
            400..500 => match answer.json::<ApiError>() {
                Some(ApiError { code }) if FIVE_DIGITS.contains(&code) => {
                    Err(code::refused(CODES, code.to_string()))
                }
                _ => Err(answer.otherwise()),
            },
            _ => Err(answer.otherwise()),
        }
    }

    async fn verify(&self, _http: &Http, call: Request<Bytes>) -> Result<Verified, WebhookError> {
        let said = Fields::of(parameters(&call));
        let others = said.get(&["AccountSid"]).is_some_and(|sid| sid != self.account_sid);
        match self.is_signed(&call) && !others {
            true => Ok(Verified::new(call)),
            false if self.shared_key.is_none() && call.headers().contains_key(SHARED_KEY) => {
                Err(WebhookError::Unverifiable(
                    "it is signed with a shared key, as a webhook rule in Twilio says, and not with \
                     the account's token: set TWILIO_SHARED_KEY to that key's secret, or take the \
                     signature out of the rule's setting",
                ))
            }
            false => Err(WebhookError::Forged),
        }
    }

    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError> {
        let said = Fields::of(parameters(call));
        let ids = ["MessageSid", "SmsSid", "SmsMessageSid"];
        let id = ids.iter().filter_map(|name| said.get(&[name])).find(|id| is_message_sid(id));
        let id = id.ok_or(WebhookError::Unreadable("no message id"))?;
        let word = said.get(&["MessageStatus", "SmsStatus"]);
        let media = said.media("NumMedia", "MediaUrl");
        let handled = said.get(&["OptOutType"]).and_then(Handled::parse);
        let whole = |written: &str| self.whole_number(written).ok_or(NotANumber);
        let says_something = said.has("Body") || media > 0 || handled.is_some();

        let event = match word {
            // A picture needs no words, and none of the other fields is always present.
            None | Some("received" | "receiving") if word.is_some() || says_something => {
                Event::Text(Text {
                    id: Some(id.into()),
                    from: channel::person(said.get(&["From"]), whole)?,
                    to: channel::ours(said.get(&["To"]), self.sender(), whole),
                    // A button that is tapped instead of typed words, in RCS.
                    body: said.get(&["Body", "ButtonText"]).unwrap_or_default().into(),
                    media,
                    sent_at: None,
                    handled,
                })
            }
            None => return Err(WebhookError::Unreadable("neither a text nor a status")),
            Some(word) => Event::Receipt(Receipt {
                message: id.into(),
                attempt: query(call).find(|(name, _)| name == "attempt").map(|(_, id)| id),
                part: None,
                status: meaning(word).ok_or(WebhookError::Unreadable("an unknown status"))?,
                raw_status: word.into(),
                code: said.get(&["ErrorCode"]).map(str::to_owned),
                opted_out: said.get(&["ErrorCode"]).is_some_and(|code| code::is_stop(CODES, code)),
                charge: None,
            }),
        };
        Ok(vec![event])
    }

    /// Compares words rather than bodies: a messaging service may replace typographic quotes,
    /// dashes and spaces.
    ///
    /// Does not let Twilio filter by time: its filter uses the time when a message was *sent*, which
    /// one in Twilio's queue does not have yet.
    async fn find(
        &self,
        http: &Http,
        message: &Outgoing,
        since: Timestamp,
    ) -> Result<Found, SendError> {
        // A service may have sent it by RCS, and then lists it only under that address.
        for to in [message.to.as_str().to_owned(), format!("rcs:{}", message.to.as_str())] {
            if let found @ Found::Known(_) = self.find_to(http, &to, message, since).await? {
                return Ok(found);
            }
        }
        Ok(Found::Absent)
    }

    async fn poll(
        &self,
        http: &Http,
        id: &str,
        _message: &Outgoing,
        _at: Timestamp,
    ) -> Result<Found, SendError> {
        let url = format!(
            "{}/2010-04-01/Accounts/{}/Messages/{id}.json",
            self.base_url, self.account_sid
        );
        let answer = http.send(self.authorize(http.get(url))).await?;
        match answer.status {
            200 => {
                let message: Message = answer.json().ok_or_else(|| answer.otherwise())?;
                Ok(Found::Known(message.receipt()))
            }
            _ => Err(answer.otherwise()),
        }
    }

    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        diagnosis::findings(self, http).await
    }

    async fn prepare(&self, http: &Http) {
        http.warm_up(&self.base_url).await;
    }

    /// A service has its owner's keywords: for those, Twilio's calls say what it recognised.
    fn answers(&self, body: &str, to: &str) -> bool {
        let body = body.trim().to_ascii_uppercase();
        match to {
            // By default a short code has neither keywords nor a list of opt-outs.
            to if is_short_code(to) => false,
            to if toll_free::is_one(to) => {
                toll_free::answers(&body, to) || TOLL_FREE.contains(&body.as_str())
            }
            _ => ANSWERED.contains(&body.as_str()),
        }
    }

    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement {
            content_type: "text/xml",
            body: r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#,
        }
    }
}

impl Twilio {
    /// The account that the `TWILIO_…` settings name, if any.
    pub(crate) fn from_settings(
        settings: &Settings,
        public_url: &str,
        _role: Role,
    ) -> Result<Option<Self>, SettingsError> {
        const SENDERS: [&str; 2] = [FROM, SERVICE];
        let account = [ACCOUNT_SID, AUTH_TOKEN];
        if !settings.any(&account) && !settings.any(&SENDERS) {
            return Ok(None);
        }
        let mut missing = account.to_vec();
        missing.retain(|name| settings.get(name).is_none());
        if !settings.any(&SENDERS) {
            missing.push("TWILIO_FROM (or TWILIO_MESSAGING_SERVICE_SID)");
        }
        let (Some(account_sid), Some(auth_token), []) =
            (settings.get(account[0]), settings.secret(account[1]), missing.as_slice())
        else {
            return Err(SettingsError::Missing { owner: ENTRY.company, missing });
        };
        Ok(Some(Self {
            account_sid: account_sid.into(),
            auth_token,
            next_auth_token: settings.secret(NEXT_AUTH_TOKEN),
            shared_key: settings.secret(SHARED_SECRET),
            from: settings.get(FROM).map(str::to_owned),
            messaging_service_sid: settings.get(SERVICE).map(str::to_owned),
            base_url: address::of_provider(settings, "TWILIO_BASE_URL", BASE_URL)?,
            public_url: address::public(public_url)?,
        }))
    }

    fn messages(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}/Messages.json", self.base_url, self.account_sid)
    }

    fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()))
    }

    /// The address for receipts.
    fn status_callback(&self, attempt: &str) -> Option<String> {
        let mut url = address::webhook(&self.public_url, ENTRY.name, "status")?;
        url.query_pairs_mut().append_pair("attempt", attempt);
        Some(url.into())
    }
}

fn meaning(word: &str) -> Option<Status> {
    match word {
        "accepted" | "scheduled" | "queued" | "sending" => Some(Status::Accepted),
        // Some of it has arrived, so it must not be sent again as a whole.
        "sent" | "partially_delivered" => Some(Status::Sent),
        "failed" | "canceled" => Some(Status::Failed),
        "undelivered" => Some(Status::Undelivered),
        "delivered" | "read" => Some(Status::Delivered),
        _ => None,
    }
}

fn is_short_code(sender: &str) -> bool {
    (1..=8).contains(&sender.len()) && sender.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_message_sid(id: &str) -> bool {
    id.len() == 34
        && (id.starts_with("SM") || id.starts_with("MM"))
        && id.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
}

/// The parameters of a call, wherever they are.
fn parameters(call: &Request<Bytes>) -> Vec<(String, String)> {
    if body_hash(call).is_some() {
        members(call.body())
    } else if call.method() == Method::GET {
        query(call).collect()
    } else {
        form_urlencoded::parse(call.body()).into_owned().collect()
    }
}

/// The members of a JSON object, in the form of form fields.
fn members(body: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return Vec::new() };
    members
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(value) => (name, value),
            Value::Null => (name, String::new()),
            value => (name, value.to_string()),
        })
        .collect()
}
