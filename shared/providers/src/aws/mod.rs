//! AWS End User Messaging SMS:
//! <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html>, its
//! events: <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>,
//! and texts to us: <https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html>.
//! Both reach us by SNS, from topics of ours.
//!
//! One signed request rather than an SDK, which would repeat what may have arrived. AWS's own crates
//! find credentials.

mod codes;
mod diagnosis;
mod incoming;
mod publish;
mod sns;
#[cfg(test)]
mod table;

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use settings::{Settings, SettingsError};
use tokio::sync::Mutex;
use url::Url;

use crate::address;
use crate::digits::plus_or_none;
use crate::entry::{Bring, Console, Entry, Plus, Purpose, Setting};
use crate::{Role, boxed};
use Role::{Describing, Polling, Receiving, Sending, Signing};
use codes::{CODES, NO_CREDENTIALS};
use incoming::{envelope, published};
use sms::Response;
use sms::code;
use sms::{
    About, Check, Code, Event, Finding, Http, Longest, Number, Outgoing, Provider, SendError,
    Verified, WebhookError,
};
use sns::{Kind, Verifier};

/// Its description.
pub(crate) const ENTRY: Entry = Entry {
    name: "aws",
    company: "AWS End User Messaging",
    settings: &[
        Setting::new(
            ORIGINATION,
            &[Receiving, Sending, Polling, Describing, Signing],
            "the number that texts are sent from, or the id or ARN of a number or pool. Credentials \
             alone do not switch it on. The region is the one in the ARNs",
        )
        .sender(Plus::Always),
        Setting::new(
            CONFIGURATION_SET,
            &[Receiving, Sending, Signing],
            "the configuration set that reports on its texts",
        ),
        Setting::new(
            TOPICS,
            &[Receiving, Sending, Signing],
            "the topics that bring texts and events, with commas between, that of texts first",
        ),
        Setting::new(
            "AWS_ENDPOINT_URL",
            &[Receiving, Sending, Signing],
            "the address of a stand-in for AWS. Signatures of SNS are still verified with AWS's \
             own addresses, unless it is on this machine",
        ),
        Setting::new(
            "AWS_ACCESS_KEY_ID",
            &[Sending, Signing],
            "credentials, if they are not where AWS programs find theirs",
        ),
        Setting::new("AWS_SECRET_ACCESS_KEY", &[Sending, Signing], "goes with it").secret(),
        Setting::new("AWS_SESSION_TOKEN", &[Sending, Signing], "goes with them if they belong to a session")
            .secret(),
    ],
    console: Console {
        page: "Amazon SNS, Topics, the topic, Create subscription, protocol HTTPS, without raw message \
               delivery; textback confirms it by itself",
        fields: &[
            ("Endpoint of the topic for texts", Purpose::Incoming),
            ("Endpoint of the topic for events", Purpose::Status),
        ],
        method: "",
        token: None,
        fragment: "",
    },
    is_asked: false,
    codes: CODES,
    sender: |settings| Ok(settings.get(ORIGINATION).map(str::to_owned)),
    build: |settings, public_url, role| Ok(boxed(Aws::from_settings(settings, public_url, role)?)),
    bring: Bring::Request(publish::text),
};

const ORIGINATION: &str = "AWS_SMS_ORIGINATION";
const CONFIGURATION_SET: &str = "AWS_SMS_CONFIGURATION_SET";
const TOPICS: &str = "AWS_SMS_TOPIC_ARN";

/// How long AWS keeps trying to pass a text to a carrier, in seconds: as long as a reply lives.
/// With AWS's own 72 hours, an answer could come when nobody expects it any more.
const TIME_TO_LIVE: u32 = 600;

/// The name under which AWS returns the attempt.
const ATTEMPT: &str = "attempt";

/// The timeout for finding credentials: a request or two on an AWS machine.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How long before their expiry credentials are replaced.
const IN_GOOD_TIME: Duration = Duration::from_secs(5 * 60);

/// How many pages of numbers are searched, of a hundred each.
const PAGES: usize = 10;

/// The initial limit of every account, in US dollars a month.
const FIRST_LIMIT: u64 = 1;

/// A number or pool of an AWS account, and the topics through which AWS reports to us.
pub(crate) struct Aws {
    /// The number of the sender, its id or ARN, or those of a pool.
    origination: String,
    /// The configuration set that sends the events of our texts to a topic.
    configuration_set: String,
    /// The topics whose messages are accepted.
    topics: Vec<String>,
    region: String,
    /// Where AWS is, if not at its own addresses. Without a slash at its end.
    endpoint: Option<String>,
    /// Where SNS reaches us.
    public_url: Url,
    /// The latest ones found, or those in the settings.
    credentials: Mutex<Option<Credentials>>,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    message_id: String,
}

/// AWS's reason for a refusal, in its documented words.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiError {
    #[serde(rename = "__type")]
    exception: String,
    reason: Option<String>,
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Field {
    name: String,
}

#[async_trait]
impl Provider for Aws {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn sender(&self) -> &str {
        &self.origination
    }

    fn codes(&self) -> &'static [Code] {
        CODES
    }

    fn longest(&self) -> Longest {
        Longest::of(1600)
    }

    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError> {
        let body = json!({
            "ConfigurationSetName": self.configuration_set,
            "Context": { ATTEMPT: message.attempt },
            "DestinationPhoneNumber": message.to.as_str(),
            "MessageBody": message.body,
            "MessageType": "TRANSACTIONAL",
            "OriginationIdentity": message.from.as_deref().unwrap_or(&self.origination),
            "TimeToLive": TIME_TO_LIVE,
        });
        let answer = http.send(self.action(http, "SendTextMessage", &body).await?).await?;
        match answer.status {
            200 => match answer.json::<Accepted>() {
                Some(Accepted { message_id }) if !message_id.is_empty() => Ok(message_id),
                _ => Err(answer.otherwise()),
            },
            _ => Err(refused(&answer)),
        }
    }

    async fn verify(&self, http: &Http, call: Request<Bytes>) -> Result<Verified, WebhookError> {
        if call.headers().get("x-amz-sns-rawdelivery").is_some_and(|raw| raw == "true") {
            return Err(WebhookError::Malformed(
                "raw message delivery leaves the signature out: switch it off in the subscription",
            ));
        }
        let envelope = envelope(&call).ok_or(WebhookError::Malformed("no message of SNS's"))?;
        self.verifier.verify(http, &envelope, &self.topics, Timestamp::now()).await?;
        Ok(Verified::new(call))
    }

    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError> {
        let envelope = envelope(call).ok_or(WebhookError::Unreadable("no message of SNS's"))?;
        match envelope.kind {
            Kind::Notification => published(&envelope.message, &self.origination),
            Kind::SubscriptionConfirmation => {
                let url = self.verifier.confirmation(&envelope);
                let elsewhere = "it is to be confirmed at an address that is not SNS's";
                Ok(vec![Event::Subscription(url.ok_or(WebhookError::Unreadable(elsewhere))?)])
            }
            // Texts and receipts no longer come, which nobody would notice otherwise.
            Kind::UnsubscribeConfirmation => {
                Err(WebhookError::Unreadable("SNS calls no more: the subscription was deleted"))
            }
        }
    }

    fn keepable(&self, body: &Bytes) -> Bytes {
        sns::without_secrets(body).unwrap_or_else(|| body.clone())
    }

    async fn prepare(&self, http: &Http) {
        // `send` will run into the same failure.
        let _ = self.credentials().await;
        http.warm_up(&self.address("sms-voice", &self.region)).await;
    }

    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        self.diagnosis(http).await
    }

    fn whole_number(&self, written: &str) -> Option<Number> {
        plus_or_none(written).ok()
    }
}

impl Aws {
    /// The number or pool that the `AWS_SMS_…` settings name, if any. Credentials alone are not
    /// enough.
    ///
    /// The region is that of `AWS_SMS_ORIGINATION` if it is an ARN, otherwise of the first topic.
    /// Credentials are those in the settings, or else those that AWS programs find; AWS is not
    /// called before first use.
    pub(crate) fn from_settings(
        settings: &Settings,
        public_url: &str,
        _role: Role,
    ) -> Result<Option<Self>, SettingsError> {
        let names = [ORIGINATION, CONFIGURATION_SET, TOPICS];
        let Some([origination, configuration_set, topics]) =
            settings.together(ENTRY.company, names)?
        else {
            return Ok(None);
        };
        let topics: Vec<_> = topics.split(',').map(|topic| topic.trim().to_owned()).collect();
        if !topics.iter().all(|topic| is_topic(topic)) {
            return Err(SettingsError::Invalid {
                name: TOPICS,
                problem: "write the ARN of a standard topic, as \
                          arn:aws:sns:us-east-1:123456789012:texts, or several with commas between"
                    .into(),
            });
        }
        let credentials = amazon::credentials(settings)?;
        let endpoint = match settings.get("AWS_ENDPOINT_URL") {
            Some(_) => Some(address::of_provider(settings, "AWS_ENDPOINT_URL", "")?),
            None => None,
        };
        let region = region(origination).or_else(|| region(&topics[0])).unwrap_or_default();
        Ok(Some(Self {
            origination: origination.into(),
            configuration_set: configuration_set.into(),
            region: region.into(),
            topics,
            verifier: Verifier::new(endpoint.as_deref()),
            endpoint,
            public_url: address::public(public_url)?,
            credentials: Mutex::new(credentials),
        }))
    }

    /// The address of an AWS service.
    fn address(&self, service: &str, region: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/"),
            None => format!("{}/", amazon::address(service, region)),
        }
    }

    /// Our credentials for AWS. They are looked up again shortly before they expire.
    async fn credentials(&self) -> Result<Credentials, SendError> {
        let mut current = self.credentials.lock().await;
        let lasts = |credentials: &&Credentials| {
            credentials.expiry().is_none_or(|end| SystemTime::now() + IN_GOOD_TIME < end)
        };
        if let Some(credentials) = current.as_ref().filter(lasts) {
            return Ok(credentials.clone());
        }
        let found = tokio::time::timeout(TIMEOUT, async {
            let config = aws_config::defaults(BehaviorVersion::latest());
            let config = config.region(Region::new(self.region.clone())).load().await;
            config.credentials_provider()?.provide_credentials().await.ok()
        });
        let found = found.await.ok().flatten();
        let found = found.ok_or(SendError::Refused { code: NO_CREDENTIALS.into() })?;
        Ok(current.insert(found).clone())
    }

    /// A signed request for one of the actions of AWS End User Messaging.
    async fn action(
        &self,
        http: &Http,
        action: &str,
        body: &Value,
    ) -> Result<RequestBuilder, SendError> {
        let target = format!("PinpointSMSVoiceV2.{action}");
        let headers =
            [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        self.signed(http, "sms-voice", &self.region, &headers, body.to_string()).await
    }

    async fn signed(
        &self,
        http: &Http,
        service: &str,
        region: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<RequestBuilder, SendError> {
        let credentials = self.credentials().await?;
        let url = self.address(service, region);
        let request = headers
            .iter()
            .fold(Request::post(&url), |request, (name, value)| request.header(*name, *value))
            .body(body)
            .expect("an address that was read at the start, and headers of ours, are sound");
        let signed = amazon::sign(request, service, region, credentials, SystemTime::now());
        let (head, body) = signed.into_parts();
        Ok(http.post(url).headers(head.headers).body(body))
    }
}

/// The meaning of a refusal. AWS's exceptions with a 4xx status are refusals before anything was
/// done; anything else may have gone through.
fn refused(answer: &Response) -> SendError {
    let refusal = answer.json::<ApiError>().filter(|_| (400..500).contains(&answer.status));
    let Some(code) = refusal.and_then(|refusal| refusal.code()) else { return answer.otherwise() };
    match code::find(CODES, &code).map(|known| known.about) {
        Some(About::Person) => SendError::OptedOut { code },
        Some(About::Number | About::Phone | About::Content) => SendError::Undeliverable { code },
        _ => SendError::Refused { code },
    }
}

impl ApiError {
    /// The most specific code that is known, otherwise the reason, otherwise the exception.
    fn code(&self) -> Option<String> {
        // It may have a name in front and an address behind.
        let exception = self.exception.rsplit('#').next()?.split(':').next()?;
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
        };
        if !is_word(exception) {
            return None;
        }
        let Some(reason) = self.reason.as_deref().filter(|reason| is_word(reason)) else {
            return Some(exception.to_owned());
        };
        let of_field = self.fields.iter().map(|field| format!("{reason}:{}", field.name));
        let of_field = of_field.into_iter().find(|code| code::find(CODES, code).is_some());
        Some(of_field.unwrap_or_else(|| reason.to_owned()))
    }
}

/// The region in an ARN.
fn region(arn: &str) -> Option<&str> {
    let is_region = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, _, region, _, ..] if is_region(region) => Some(region),
        _ => None,
    }
}

/// Whether this names a topic that texts can be published to, which a FIFO topic is not.
fn is_topic(arn: &str) -> bool {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sns", _, account, name] => {
            region(arn).is_some() && ![account, name].contains(&"") && !name.ends_with(".fifo")
        }
        _ => false,
    }
}
