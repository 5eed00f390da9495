//! Plivo's Message API: <https://www.plivo.com/docs/messaging/api/message>, its webhooks:
//! <https://www.plivo.com/docs/messaging/api/message/message-status-callbacks>, and their
//! signatures: <https://www.plivo.com/docs/messaging/concepts/signature-validation>.
//!
//! A send without a readable answer cannot be looked for: the list of messages holds no words and
//! no reference, so two texts to one person look alike. The receipt names the attempt.

mod codes;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use settings::{Settings, SettingsError};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use crate::address::{self, query};
use crate::channel::{self, OTHER_CHANNEL};
use crate::digits::{plus_or_none, with_plus, without_plus};
use crate::entry::{Console, Entry, Plus, Purpose, Sample, Setting, Signed};
use crate::said::Said;
use crate::{Role, boxed};
use Role::{Describing, Polling, Receiving, Sending, Signing};
use codes::CODES;
use sms::code;
use sms::toll_free;
use sms::{
    About, Answer, Check, Code, Event, Finding, Found, Genuine, Handled, Http, Longest, Number,
    Outgoing, Part, Provider, Receipt, SendError, Status, Text, WebhookError,
};

/// What it says of itself.
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
            "a random word of yours, of at least 24 bytes, for the address that Plivo calls: its \
             signature of messages (version 2) covers the address alone. As for every secret of a \
             webhook, `openssl rand -base64 24` makes one",
        )
        .secret(),
        Setting::new("PLIVO_BASE_URL", &[Sending, Polling], "where a stand-in for its API is"),
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
    sign: Some(sign),
};

const AUTH_ID: &str = "PLIVO_AUTH_ID";
const AUTH_TOKEN: &str = "PLIVO_AUTH_TOKEN";
const FROM: &str = "PLIVO_FROM";
const WEBHOOK_TOKEN: &str = "PLIVO_WEBHOOK_TOKEN";

const BASE_URL: &str = "https://api.plivo.com";

/// The words that Plivo answers itself, alone in a text, on a number of the USA or Canada (docs:
/// dnd-service). It blocks the sender on a few more, and lets one answer of ours through then.
const ANSWERED: [&str; 5] = ["STOP", "END", "QUIT", "HELP", "INFO"];

/// How little credit, in dollars, is called low: some hundred texts.
const LOW_CREDIT: f64 = 5.0;

/// One Plivo account and the number that it sends from.
#[derive(Clone)]
pub struct Plivo {
    /// `MA` or, for a sub-account, `SA` and 18 letters and digits.
    pub auth_id: String,
    /// The token that goes with it, which also signs webhook calls.
    pub auth_token: SecretString,
    /// What the address of our webhooks has to carry as `?token=` where Plivo's signature does not
    /// cover what the call says (version 2). Without one such calls are not believed.
    pub webhook_token: Option<SecretString>,
    /// The number or name that is sent from, unless a message names another.
    pub from: String,
    /// Where the API is, without a slash at its end.
    pub base_url: String,
    /// Where Plivo reaches us. It signs this address, so it must be the one entered there.
    pub public_url: Url,
}

#[derive(Deserialize)]
struct Accepted {
    message_uuid: Vec<String>,
}

/// What tells Plivo's own refusal from a gateway's.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "api_id")]
    _api_id: String,
    #[serde(rename = "error")]
    _error: IgnoredAny,
}

/// A message as Plivo's API shows it, without its words.
#[derive(Deserialize)]
struct Message {
    message_uuid: String,
    message_state: String,
    error_code: Option<String>,
}

#[derive(Deserialize)]
struct List<T> {
    objects: Vec<T>,
}

#[derive(Deserialize)]
struct Account {
    cash_credits: Option<String>,
    #[serde(default)]
    auto_recharge: bool,
    billing_mode: Option<String>,
}

/// A number of the account.
#[derive(Deserialize)]
struct OwnNumber {
    #[serde(default)]
    sms_enabled: bool,
    number_type: Option<String>,
    application: Option<String>,
    tendlc_registration_status: Option<String>,
}

#[derive(Deserialize)]
struct Application {
    message_url: Option<String>,
}

#[derive(Deserialize)]
struct Verification {
    status: String,
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
        match (answer.json::<Accepted>(), answer.json::<Refusal>()) {
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

    async fn prove(&self, _http: &Http, call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        // Either will do: who makes up a call can leave a signature out, but not make one up.
        if self.is_signed_whole(&call) {
            return Ok(Genuine::new(call));
        }
        if !self.is_address_signed(&call) {
            return Err(WebhookError::Forged);
        }
        let Some(expected) = &self.webhook_token else {
            return Err(WebhookError::Unprovable(
                "its signature does not cover what it says: set PLIVO_WEBHOOK_TOKEN, and put \
                 ?token= with its value at the end of the address in Plivo's console",
            ));
        };
        let given = address::token(call.uri().query()).unwrap_or_default();
        match bool::from(given.as_bytes().ct_eq(expected.expose_secret().as_bytes())) {
            true => Ok(Genuine::new(call)),
            false => Err(WebhookError::Forged),
        }
    }

    /// Plivo joins the parts of a long text, and writes the names of fields now large, now small.
    fn read(&self, call: &Genuine) -> Result<Vec<Event>, WebhookError> {
        let parameters = parameters(call).into_iter();
        let said = Said::of(parameters.map(|(name, value)| (name.to_ascii_lowercase(), value)));
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
            Some(word) => Event::Receipt(Receipt {
                message: said.get(&["parentmessageuuid"]).unwrap_or(id).into(),
                attempt: query(call).find(|(name, _)| name == "attempt").map(|(_, id)| id),
                part: said.get(&["partinfo"]).and_then(part),
                ..receipt(id, word, said.get(&["errorcode"]))?
            }),
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
        let message: Message = read(&answer).ok_or_else(|| answer.otherwise())?;
        receipt(&message.message_uuid, &message.message_state, message.error_code.as_deref())
            .map(Found::Known)
            .map_err(|_| SendError::Unknown { code: "unreadable".into() })
    }

    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        let answer = match self.get(http, "").await {
            Ok(answer) => answer,
            Err(error) => {
                return vec![code::unseen(CODES, "Plivo", Check::Credentials, error.code())];
            }
        };
        let Some(account) = read::<Account>(&answer) else {
            return vec![match answer.status {
                401 | 404 => Finding::broken(
                    Check::Credentials,
                    "Plivo does not let us in: the credentials are wrong",
                    "Copy PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN from Plivo's console again.",
                ),
                403 => Finding::broken(
                    Check::Account,
                    "Plivo knows the account, and does not let it do this",
                    "See in Plivo's console whether the account is activated.",
                ),
                status => {
                    code::unseen(CODES, "Plivo", Check::Credentials, &format!("http {status}"))
                }
            }];
        };
        let mut findings =
            vec![Finding::works(Check::Credentials, "Plivo lets us in"), account.balance()];
        findings.extend(self.examine_number(http).await);
        findings.push(self.recent_errors(http).await);
        findings
    }

    async fn prepare(&self, http: &Http) {
        http.open(&self.base_url).await;
    }

    /// Plivo does so for long codes and toll-free numbers, and for a short code only where its support
    /// was asked to: then it says what it made of the text.
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
    /// The account that `PLIVO_…` names, if any does.
    pub fn from_settings(
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

    async fn get(&self, http: &Http, path: &str) -> Result<Answer, SendError> {
        http.send(self.authorize(http.get(self.resource(path)))).await
    }

    /// What is at this path, or what to say where it cannot be read.
    async fn look<T: DeserializeOwned>(
        &self,
        http: &Http,
        path: &str,
        check: Check,
    ) -> Result<Option<T>, Finding> {
        let answer = self
            .get(http, path)
            .await
            .map_err(|error| code::unseen(CODES, "Plivo", check, error.code()))?;
        match read(&answer) {
            None if answer.status == 404 => Ok(None),
            None => Err(code::unseen(CODES, "Plivo", check, &format!("http {}", answer.status))),
            found => Ok(found),
        }
    }

    /// The address at which Plivo reaches us for this, if it can get there.
    fn webhook(&self, purpose: &str, attempt: Option<&str>) -> Option<Url> {
        let mut url = address::webhook(&self.public_url, ENTRY.name, purpose)?;
        let token = self.webhook_token.as_ref().map(|token| ("token", token.expose_secret()));
        let pairs = attempt.map(|attempt| ("attempt", attempt)).into_iter().chain(token);
        for (name, value) in pairs {
            url.query_pairs_mut().append_pair(name, value);
        }
        Some(url)
    }

    /// Whether our token signed the address and all that the call says (version 3).
    fn is_signed_whole(&self, call: &Request<Bytes>) -> bool {
        let mut query: Vec<_> = query(call).collect();
        query.sort();
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut form = match *call.method() {
            Method::GET => Vec::new(),
            _ => parameters(call),
        };
        form.sort();
        let mut signed = String::new();
        if !query.is_empty() || !form.is_empty() {
            signed = format!("?{}", query.join("&"));
        }
        if !query.is_empty() && !form.is_empty() {
            signed.push('.');
        }
        form.iter().for_each(|(name, value)| signed.extend([name.as_str(), value]));
        signed.push('.');
        self.is_signed(call, ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"], &signed)
    }

    /// Whether our token signed the address, which says nothing of the rest (version 2).
    fn is_address_signed(&self, call: &Request<Bytes>) -> bool {
        self.is_signed(call, ["x-plivo-signature-v2", "x-plivo-signature-ma-v2"], "")
    }

    /// Whether a signature under one of these names, of which the first also names the nonce, is
    /// our token's over the address, what follows it and the nonce.
    fn is_signed(&self, call: &Request<Bytes>, names: [&str; 2], follows: &str) -> bool {
        let get = |name: &str| call.headers().get(name).and_then(|value| value.to_str().ok());
        let Some(nonce) = get(&format!("{}-nonce", names[0])) else { return false };
        let signatures = names.into_iter().filter_map(get).flat_map(|value| value.split(','));
        let signatures: Vec<_> =
            signatures.filter_map(|signature| BASE64.decode(signature.trim()).ok()).collect();
        address::signed(&self.public_url, call.uri().path()).iter().any(|address| {
            let mac = Hmac::<Sha256>::new_from_slice(self.auth_token.expose_secret().as_bytes())
                .expect("HMAC takes a key of any length")
                .chain_update(address)
                .chain_update(follows)
                .chain_update(nonce);
            signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
        })
    }

    /// Whether the number is ours, can text, is registered, and leads to us.
    async fn examine_number(&self, http: &Http) -> Vec<Finding> {
        let Some(digits) = self.from.strip_prefix('+') else {
            return vec![Finding::doubtful(
                Check::Number,
                "texts are sent from a name, which nobody can answer",
                "Set PLIVO_FROM to a number of the account.",
            )];
        };
        let path = format!("Number/{digits}/");
        let number = match self.look::<OwnNumber>(http, &path, Check::Number).await {
            Ok(Some(number)) => number,
            Ok(None) => {
                return vec![Finding::broken(
                    Check::Number,
                    format!("{} is not a number of the account", self.from),
                    "Set PLIVO_FROM to a number that the account has rented.",
                )];
            }
            Err(finding) => return vec![finding],
        };
        let mut findings = vec![match number.sms_enabled {
            true => Finding::works(Check::Number, format!("{} is ours and can text", self.from)),
            false => Finding::broken(
                Check::Number,
                format!("{} cannot text", self.from),
                "Set PLIVO_FROM to a number that can text.",
            ),
        }];
        findings.extend(self.examine_webhook(http, &number).await);
        findings.extend(self.examine_registration(http, digits, &number).await);
        findings
    }

    async fn examine_webhook(&self, http: &Http, number: &OwnNumber) -> Option<Finding> {
        const CHECK: Check = Check::Webhook;
        let ours = self.webhook("inbound", None)?;
        let shown = &ours[..url::Position::AfterPath];
        let uri = number.application.as_deref().unwrap_or_default().trim_end_matches('/');
        let Some((_, id)) = uri.rsplit_once('/') else {
            return Some(Finding::broken(
                CHECK,
                "the number belongs to no application, so texts to it lead nowhere",
                format!(
                    "Make an application in Plivo's console with {shown} as its message URL, and \
                     give the number to it."
                ),
            ));
        };
        let path = format!("Application/{id}/");
        let application = match self.look::<Application>(http, &path, CHECK).await {
            Ok(application) => application,
            Err(finding) => return Some(finding),
        };
        let entered = application.and_then(|application| application.message_url);
        let entered = entered.and_then(|entered| Url::parse(&entered).ok());
        let leads_here =
            entered.as_ref().is_some_and(|url| url[..url::Position::AfterPath] == *shown);
        let with_token = format!("{shown}?token= and the value of PLIVO_WEBHOOK_TOKEN");
        Some(if !leads_here {
            Finding::broken(
                CHECK,
                "texts to the number lead elsewhere",
                format!("Enter as the message URL of its application in Plivo's console {shown}."),
            )
        } else if self.webhook_token.is_none() {
            Finding::doubtful(
                CHECK,
                "the address is ours, but Plivo's older signatures prove too little",
                format!("Set PLIVO_WEBHOOK_TOKEN, and enter as the message URL {with_token}."),
            )
        } else if entered.and_then(|it| address::token(it.query())) != address::token(ours.query())
        {
            Finding::broken(
                CHECK,
                "the address is ours, but lacks the right token",
                format!(
                    "Enter as the message URL of the number's application in Plivo's console \
                     {with_token}."
                ),
            )
        } else {
            Finding::works(CHECK, format!("texts to the number lead to {shown}"))
        })
    }

    /// Only the USA and Canada want a number to be registered with their carriers.
    async fn examine_registration(
        &self,
        http: &Http,
        digits: &str,
        number: &OwnNumber,
    ) -> Option<Finding> {
        const CHECK: Check = Check::Registration;
        if number.number_type.as_deref() == Some("tollfree") && digits.starts_with('1') {
            let path = format!("TollfreeVerification/?number={digits}");
            let found = match self.look::<List<Verification>>(http, &path, CHECK).await {
                Ok(found) => found.map(|list| list.objects).unwrap_or_default(),
                Err(finding) => return Some(finding),
            };
            let is = |status: &str| found.iter().any(|found| found.status == status);
            return Some(if is("APPROVED") {
                Finding::works(CHECK, "the toll-free number is verified")
            } else if is("SUBMITTED") {
                Finding::doubtful(
                    CHECK,
                    "the toll-free number is being verified, and carriers block it until then",
                    "Wait some days.",
                )
            } else {
                Finding::broken(
                    CHECK,
                    "the toll-free number is not verified, so carriers block it",
                    "Have it verified in Plivo's console; see there what was wrong if it was \
                     refused.",
                )
            });
        }
        // Without a word about it, it is no number of the USA.
        Some(match number.tendlc_registration_status.as_deref()? {
            "COMPLETED" => Finding::works(CHECK, "the number is registered (10DLC)"),
            "PROCESSING" => Finding::doubtful(
                CHECK,
                "the number is being registered (10DLC), and carriers block it until then",
                "Wait some days.",
            ),
            _ => Finding::broken(
                CHECK,
                "the number is not registered for the United States (10DLC), so carriers block it",
                "Register brand and campaign in Plivo's console, and link the number to the \
                 campaign.",
            ),
        })
    }

    /// What failed within the last day for another reason than the person or the phone.
    async fn recent_errors(&self, http: &Http) -> Finding {
        const CHECK: Check = Check::Errors;
        let mut codes: BTreeMap<String, u32> = BTreeMap::new();
        for state in ["failed", "undelivered"] {
            let path =
                format!("Message/?message_direction=outbound&message_state={state}&limit=20");
            let list = match self.look::<List<Message>>(http, &path, CHECK).await {
                Ok(list) => list.map(|list| list.objects).unwrap_or_default(),
                Err(finding) => return finding,
            };
            for code in list.into_iter().filter_map(|message| message.error_code) {
                *codes.entry(code).or_default() += 1;
            }
        }
        codes.retain(|code, _| {
            let known = code::find(CODES, code);
            !known.is_some_and(|known| {
                matches!(known.about, About::Number | About::Phone | About::Person)
            })
        });
        let Some((code, count)) = codes.iter().max_by_key(|(_, count)| **count) else {
            return Finding::works(
                CHECK,
                "nothing failed within a day but for people's own phones",
            );
        };
        let known = code::find(CODES, code);
        let mut seen = format!("{count} of the last texts failed with code {code}");
        if let Some(known) = known {
            let _ = write!(seen, ": {}", known.happened.trim_end_matches('.'));
        }
        let fix = known.map(|known| known.fix).filter(|fix| !fix.is_empty());
        Finding::doubtful(CHECK, seen, fix.unwrap_or("See the message logs in Plivo's console."))
    }
}

impl Account {
    fn balance(&self) -> Finding {
        const CHECK: Check = Check::Balance;
        const TOP_UP: &str = "Top it up in Plivo's console, and switch automatic recharge on.";
        let credit = self.cash_credits.as_ref().and_then(|credit| credit.parse::<f64>().ok());
        match credit {
            _ if self.billing_mode.as_deref() == Some("postpaid") => {
                Finding::works(CHECK, "the account is paid afterwards")
            }
            None => Finding::doubtful(
                CHECK,
                "Plivo does not say what is left",
                "Look at the balance in Plivo's console.",
            ),
            Some(credit) if credit <= 0.0 => {
                Finding::broken(CHECK, format!("{credit:.2} dollars are left"), TOP_UP)
            }
            Some(credit) if credit < LOW_CREDIT && !self.auto_recharge => {
                Finding::doubtful(CHECK, format!("{credit:.2} dollars are left"), TOP_UP)
            }
            Some(credit) => Finding::works(CHECK, format!("{credit:.2} dollars are left")),
        }
    }
}

/// A call that brings a text, signed whole (version 3).
fn sign(settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
    const NONCE: &str = "0";
    let names = [AUTH_ID, AUTH_TOKEN, FROM];
    let Some([_, token, from]) = settings.together(ENTRY.company, names)? else { return Ok(None) };
    let address = address::incoming(public_url, ENTRY.name)?;
    // In the order of their names, as they are signed.
    let form = [
        ("From", without_plus(sample.from.as_str())),
        ("MessageUUID", sample.id),
        ("Text", sample.body),
        ("To", without_plus(from)),
        ("Type", "sms"),
    ];
    let said: String = form.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let mac = Hmac::<Sha256>::new_from_slice(token.as_bytes())
        .expect("HMAC takes a key of any length")
        .chain_update(format!("{address}?{said}.{NONCE}"));
    let call = Request::post(address.as_str())
        .header("x-plivo-signature-v3-nonce", NONCE)
        .header("x-plivo-signature-v3", BASE64.encode(mac.finalize().into_bytes()));
    Ok(Some(address::form(call, &form)))
}

/// What a success holds.
fn read<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    answer.json().filter(|_| answer.is_success())
}

/// What a word of Plivo's and its code say of a message.
fn receipt(id: &str, word: &str, code: Option<&str>) -> Result<Receipt, WebhookError> {
    // 000 is how it writes that nothing failed.
    let code = code.filter(|code| !code.is_empty() && code.bytes().any(|digit| digit != b'0'));
    Ok(Receipt {
        message: id.into(),
        attempt: None,
        part: None,
        status: meaning(word).ok_or(WebhookError::Unreadable("an unknown status"))?,
        word: word.into(),
        code: code.map(str::to_owned),
        opted_out: code.is_some_and(|code| code::is_stop(CODES, code)),
    })
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

/// Which part of how many, from `1 of 2`.
fn part(written: &str) -> Option<Part> {
    let (number, of) = written.split_once(" of ")?;
    let part = Part { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? };
    (1..=part.of).contains(&part.number).then_some(part)
}

/// What a call reports, wherever it says so.
fn parameters(call: &Request<Bytes>) -> Vec<(String, String)> {
    match *call.method() {
        Method::GET => query(call).collect(),
        _ => form_urlencoded::parse(call.body()).into_owned().collect(),
    }
}
