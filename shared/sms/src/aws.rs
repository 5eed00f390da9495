//! AWS End User Messaging SMS:
//! <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html>, its
//! events: <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>,
//! and texts to us: <https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html>.
//! Both reach us by SNS, from topics of ours.
//!
//! One signed request rather than an SDK, which would repeat what may have arrived. AWS's own crates
//! find credentials, and sign.

mod sns;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use settings::{Settings, SettingsError};
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use crate::address;
use crate::code;
use crate::http_client::Answer;
use crate::{
    About, Check, Code, Event, Finding, Genuine, Http, Number, Outgoing, Provider, Receipt,
    SendError, Status, Text, WebhookError,
};
use sns::{Envelope, Kind, Notary};

const NAME: &str = "aws";

/// How long AWS goes on trying to hand a text to a carrier, in seconds: as long as a reply lives.
/// AWS's own 72 hours would bring an answer to a question that nobody asks any more.
const TIME_TO_LIVE: u32 = 600;

/// Under which name AWS gives the attempt back.
const ATTEMPT: &str = "attempt";

/// How long credentials may take to be found: a request or two on a machine of AWS's.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long before their end credentials are replaced.
const IN_GOOD_TIME: Duration = Duration::from_secs(5 * 60);

/// How many pages of numbers are looked through, of a hundred each.
const PAGES: usize = 10;

/// The limit that every account begins with, in US dollars a month.
const FIRST_LIMIT: u64 = 1;

/// What AWS's codes mean: the reason of a refusal, without one its exception, and the kinds of
/// events that tell of a failure.
/// <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html>
const CODES: &[Code] = &[
    Code {
        code: NO_CREDENTIALS,
        about: About::Account,
        happened: "There are no credentials of AWS.",
        fix: "Give the function's role sms-voice:SendTextMessage, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    },
    Code {
        code: "UnrecognizedClientException",
        about: About::Account,
        happened: "AWS does not know the access key.",
        fix: "Make a new access key and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    },
    Code {
        code: "InvalidClientTokenId",
        about: About::Account,
        happened: "AWS does not know the access key.",
        fix: "Make a new access key and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    },
    Code {
        code: "InvalidSignatureException",
        about: About::Account,
        happened: "AWS does not take what was signed: the secret key is wrong, or the clock.",
        fix: "Copy AWS_SECRET_ACCESS_KEY again, and set the clock.",
    },
    Code {
        code: "IncompleteSignatureException",
        about: About::Account,
        happened: "AWS does not take what was signed: the access key has a character too many.",
        fix: "Copy AWS_ACCESS_KEY_ID again.",
    },
    Code {
        code: "ExpiredTokenException",
        about: About::Account,
        happened: "The credentials have expired.",
        fix: "Use those of a role, or set AWS_ACCESS_KEY_ID and its companions anew.",
    },
    Code {
        code: "SubscriptionRequiredException",
        about: About::Account,
        happened: "The account is not signed up for AWS End User Messaging.",
        fix: "Open AWS End User Messaging once in AWS's console, and finish what it asks for.",
    },
    Code {
        code: "AccessDeniedException",
        about: About::Account,
        happened: "These credentials may not send texts.",
        fix: "Allow sms-voice:SendTextMessage on the number (or pool) and the configuration set.",
    },
    Code {
        code: "ACCOUNT_DISABLED",
        about: About::Account,
        happened: "AWS has switched texts off for this account.",
        fix: "Write to AWS's support.",
    },
    Code {
        code: "INSUFFICIENT_ACCOUNT_REPUTATION",
        about: About::Account,
        happened: "AWS does not let this account text: its reputation is too low.",
        fix: "Write to AWS's support.",
    },
    Code {
        code: "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
        about: About::Account,
        happened: "What may be spent on texts in a month is spent.",
        fix: "Raise the limit in AWS's console under AWS End User Messaging, Account settings; above what AWS allows by itself, by a case at AWS's support.",
    },
    Code {
        code: "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
        about: About::Account,
        happened: "The account is in the SMS sandbox, which texts verified numbers only.",
        fix: "Ask AWS for production access under AWS End User Messaging, SMS sandbox.",
    },
    Code {
        code: "ThrottlingException",
        about: About::Route,
        happened: "Too many requests came at once; this one was not processed.",
        fix: "",
    },
    Code {
        code: "DAILY_DESTINATION_CALL_LIMIT",
        about: About::Route,
        happened: "AWS takes no more for this number today.",
        fix: "",
    },
    Code {
        code: "DESTINATION_PHONE_NUMBER_OPTED_OUT",
        about: About::Person,
        happened: "The person has said STOP to this sender.",
        fix: "",
    },
    Code {
        code: "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
        about: About::Number,
        happened: "A rule of the account's protect configuration blocks this number.",
        fix: "",
    },
    Code {
        code: "INVALID_PARAMETER:DestinationPhoneNumber",
        about: About::Number,
        happened: "The number is not valid.",
        fix: "",
    },
    Code {
        code: "FIELD_VALIDATION_FAILED:DestinationPhoneNumber",
        about: About::Number,
        happened: "The number is not valid.",
        fix: "",
    },
    Code {
        code: "INVALID_PARAMETER:MessageBody",
        about: About::Content,
        happened: "The text cannot be sent.",
        fix: "",
    },
    Code {
        code: "FIELD_VALIDATION_FAILED:MessageBody",
        about: About::Content,
        happened: "The text is empty or longer than 1600 characters.",
        fix: "",
    },
    Code {
        code: "MAXIMUM_SIZE_EXCEEDED",
        about: About::Content,
        happened: "The text is too long.",
        fix: "",
    },
    Code {
        code: "COUNTRY_NOT_ENABLED",
        about: About::Sender,
        happened: "Texts to this country are not enabled for the account.",
        fix: "Enable the country in AWS's console, or write to AWS's support.",
    },
    Code {
        code: "DESTINATION_COUNTRY_BLOCKED",
        about: About::Sender,
        happened: "Texts to this country are blocked.",
        fix: "Write to AWS's support.",
    },
    Code {
        code: "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
        about: About::Sender,
        happened: "The account's protect configuration blocks texts to this country.",
        fix: "Allow the country in AWS's console under AWS End User Messaging, Protect configurations.",
    },
    Code {
        code: "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
        about: About::Sender,
        happened: "This country cannot be texted from this number.",
        fix: "Set AWS_SMS_ORIGINATION to a number, or a pool with a number, that can text there.",
    },
    Code {
        code: "INTERNATIONAL_SENDING_NOT_SUPPORTED",
        about: About::Sender,
        happened: "The number texts its own country only.",
        fix: "Enable international sending for the number, or send from another.",
    },
    Code {
        code: "SENDER_ID_REQUIRES_REGISTRATION",
        about: About::Sender,
        happened: "This country takes no sender name that is not registered.",
        fix: "Register the sender name in AWS's console under AWS End User Messaging, Registrations.",
    },
    Code {
        code: "SENDER_ID_NOT_REGISTERED",
        about: About::Sender,
        happened: "The sender name is not registered.",
        fix: "Register it in AWS's console under AWS End User Messaging, Registrations.",
    },
    Code {
        code: "SENDER_ID_NOT_SUPPORTED",
        about: About::Sender,
        happened: "This country takes no sender names.",
        fix: "Set AWS_SMS_ORIGINATION to a number.",
    },
    Code {
        code: "PRICE_OVER_THRESHOLD",
        about: About::Sender,
        happened: "A text to this country costs more than the account allows.",
        fix: "Raise the price in AWS's console, or write to AWS's support.",
    },
    Code {
        code: "NO_ORIGINATION_IDENTITIES_FOUND",
        about: About::Sender,
        happened: "The pool has no number that can text this country.",
        fix: "Add one to the pool.",
    },
    Code {
        code: "RESOURCE_NOT_ACTIVE",
        about: About::Sender,
        happened: "The number that is sent from is not active yet.",
        fix: "See in AWS's console what it waits for; most often its registration.",
    },
    Code {
        code: "REGISTRATION_NOT_COMPLETE",
        about: About::Sender,
        happened: "The registration of the number is not complete.",
        fix: "Finish it in AWS's console under AWS End User Messaging, Registrations.",
    },
    Code {
        code: "NUMBER_CAPABILITIES_MISMATCH",
        about: About::Sender,
        happened: "The number that is sent from cannot text.",
        fix: "Set AWS_SMS_ORIGINATION to a number with the capability SMS.",
    },
    Code {
        code: "MESSAGE_TYPE_MISMATCH",
        about: About::Sender,
        happened: "The number that is sent from is for promotional texts.",
        fix: "Set AWS_SMS_ORIGINATION to a number for transactional texts.",
    },
    Code {
        code: "RESOURCE_NOT_ACCESSIBLE",
        about: About::Sender,
        happened: "The number that is sent from is not the account's.",
        fix: "Copy AWS_SMS_ORIGINATION from AWS's console again.",
    },
    Code {
        code: "INVALID_ARN",
        about: About::Sender,
        happened: "The number or the configuration set is named by an ARN that AWS cannot read.",
        fix: "Copy AWS_SMS_ORIGINATION and AWS_SMS_CONFIGURATION_SET from AWS's console again.",
    },
    Code {
        code: "ResourceNotFoundException",
        about: About::Sender,
        happened: "AWS knows no such number, pool or configuration set in this region.",
        fix: "Copy AWS_SMS_ORIGINATION and AWS_SMS_CONFIGURATION_SET from AWS's console again; both, and the topic, are of one region.",
    },
    Code {
        code: "MISSING_PARAMETER",
        about: About::Request,
        happened: "AWS misses something in our request.",
        fix: "",
    },
    Code {
        code: "INVALID_REQUEST",
        about: About::Request,
        happened: "AWS cannot use our request.",
        fix: "",
    },
    Code {
        code: "CANNOT_PARSE",
        about: About::Request,
        happened: "AWS cannot read our request.",
        fix: "",
    },
    Code {
        code: "SerializationException",
        about: About::Request,
        happened: "AWS cannot read our request.",
        fix: "",
    },
    Code {
        code: "TEXT_INVALID",
        about: About::Number,
        happened: "The number is not valid.",
        fix: "",
    },
    Code {
        code: "TEXT_UNREACHABLE",
        about: About::Number,
        happened: "The phone is off or out of reach.",
        fix: "",
    },
    Code {
        code: "TEXT_BLOCKED",
        about: About::Number,
        happened: "The phone or its carrier blocks texts to this number.",
        fix: "",
    },
    Code {
        code: "TEXT_INVALID_MESSAGE",
        about: About::Content,
        happened: "The text cannot be delivered as it is.",
        fix: "",
    },
    Code {
        code: "TEXT_CARRIER_BLOCKED",
        about: About::Content,
        happened: "The carrier blocked the text, as malicious or unwanted.",
        fix: "Look at its words: links and words of advertising are the usual reasons.",
    },
    Code {
        code: "TEXT_SPAM",
        about: About::Content,
        happened: "The carrier took the text for advertising.",
        fix: "Look at its words: links and words of advertising are the usual reasons.",
    },
    Code {
        code: "TEXT_CARRIER_UNREACHABLE",
        about: About::Route,
        happened: "The carrier's network had a fault for the moment.",
        fix: "",
    },
    Code {
        code: "TEXT_TTL_EXPIRED",
        about: About::Route,
        happened: "AWS could not hand the text over within ten minutes.",
        fix: "",
    },
    Code {
        code: "TEXT_PROTECT_BLOCKED",
        about: About::Sender,
        happened: "The account's protect configuration blocks texts to this country.",
        fix: "Allow the country in AWS's console under AWS End User Messaging, Protect configurations.",
    },
];

const NO_CREDENTIALS: &str = "no credentials";

/// A number or pool of an AWS account, and the topics by which AWS reports to us.
pub struct Aws {
    /// The number that is sent from, its id or ARN, or those of a pool.
    origination: String,
    /// What sends the events of our texts to a topic.
    configuration_set: String,
    /// Whose messages are believed.
    topics: Vec<String>,
    region: String,
    /// Where AWS is, if not at its own addresses. Without a slash at its end.
    endpoint: Option<String>,
    /// Where SNS reaches us.
    public_url: Url,
    /// Those last found, or those in the settings.
    credentials: Mutex<Option<Credentials>>,
    notary: Notary,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    message_id: String,
}

/// Why AWS refuses, in its documented words.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
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

/// What is published to our topics.
#[derive(Deserialize)]
#[serde(untagged)]
enum Published {
    #[serde(rename_all = "camelCase")]
    Text {
        inbound_message_id: String,
        origination_number: String,
        destination_number: String,
        message_body: String,
    },
    #[serde(rename_all = "camelCase")]
    Event {
        event_type: String,
        message_id: String,
        #[serde(default)]
        context: BTreeMap<String, Value>,
    },
}

#[async_trait]
impl Provider for Aws {
    fn name(&self) -> &'static str {
        NAME
    }

    fn sender(&self) -> &str {
        &self.origination
    }

    fn codes(&self) -> &'static [Code] {
        CODES
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

    async fn prove(&self, http: &Http, call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        if call.headers().get("x-amz-sns-rawdelivery").is_some_and(|raw| raw == "true") {
            return Err(WebhookError::Malformed(
                "raw message delivery leaves the signature out: switch it off in the subscription",
            ));
        }
        let envelope = envelope(&call).ok_or(WebhookError::Malformed("no message of SNS's"))?;
        self.notary.prove(http, &envelope, &self.topics, Timestamp::now()).await?;
        Ok(Genuine::new(call))
    }

    fn read(&self, call: &Genuine) -> Result<Vec<Event>, WebhookError> {
        let envelope = envelope(call).ok_or(WebhookError::Unreadable("no message of SNS's"))?;
        match envelope.kind {
            Kind::Notification => published(&envelope.message),
            Kind::SubscriptionConfirmation => {
                let url = self.notary.confirmation(&envelope);
                let elsewhere = "it is to be confirmed at an address that is not SNS's";
                Ok(vec![Event::Subscription(url.ok_or(WebhookError::Unreadable(elsewhere))?)])
            }
            // Texts and receipts have ceased to come, which nobody would notice otherwise.
            Kind::UnsubscribeConfirmation => {
                Err(WebhookError::Unreadable("SNS calls no more: the subscription was deleted"))
            }
        }
    }

    async fn prepare(&self, http: &Http) {
        // `send` meets the same.
        let _ = self.credentials().await;
        http.open(&self.address("sms-voice", &self.region)).await;
    }

    async fn diagnose(&self, http: &Http) -> Vec<Finding> {
        let account = self.look_at_account(http).await;
        match &account {
            Err(unseen) if !unseen.is_let_in() => return vec![unseen.finding(Check::Credentials)],
            _ => {}
        }
        let or = |check| move |unseen: Unseen| unseen.finding(check);
        let mut findings = vec![
            Finding::works(Check::Credentials, "AWS lets us in"),
            account.unwrap_or_else(or(Check::Account)),
            self.look_at_limit(http).await.unwrap_or_else(or(Check::Balance)),
        ];
        let numbers = self.look_at_numbers(http).await;
        findings.extend(numbers.unwrap_or_else(|unseen| vec![unseen.finding(Check::Number)]));
        findings.push(self.look_at_events(http).await.unwrap_or_else(or(Check::Webhook)));
        findings
    }
}

impl Aws {
    /// The number or pool that `AWS_SMS_…` names, if any does. Credentials alone name none.
    ///
    /// The region is that of `AWS_SMS_ORIGINATION` where it is an ARN, else of the first topic.
    /// Credentials are those in the settings, else wherever AWS programs find theirs; nothing is
    /// asked of AWS before first use.
    pub fn from_settings(
        settings: &Settings,
        public_url: &str,
    ) -> Result<Option<Self>, SettingsError> {
        let names = ["AWS_SMS_ORIGINATION", "AWS_SMS_CONFIGURATION_SET", "AWS_SMS_TOPIC_ARN"];
        let Some([origination, configuration_set, topics]) =
            settings.together("AWS End User Messaging", names)?
        else {
            return Ok(None);
        };
        let topics: Vec<_> = topics.split(',').map(|topic| topic.trim().to_owned()).collect();
        if !topics.iter().all(|topic| is_topic(topic)) {
            return Err(SettingsError::Invalid {
                name: names[2],
                problem: "write the ARN of a standard topic, as \
                          arn:aws:sns:us-east-1:123456789012:texts, or several with commas between"
                    .into(),
            });
        }
        let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let credentials = settings.together("AWS", keys)?.map(|[id, secret]| {
            let session = settings.get("AWS_SESSION_TOKEN").map(String::from);
            Credentials::new(id, secret, session, None, "settings")
        });
        let endpoint = match settings.get("AWS_ENDPOINT_URL") {
            Some(_) => Some(address::of_provider(settings, "AWS_ENDPOINT_URL", "")?),
            None => None,
        };
        let elsewhere = endpoint.as_deref().and_then(|endpoint| Url::parse(endpoint).ok());
        let region = region(origination).or_else(|| region(&topics[0])).unwrap_or_default();
        Ok(Some(Self {
            origination: origination.into(),
            configuration_set: configuration_set.into(),
            region: region.into(),
            topics,
            endpoint,
            public_url: address::public(public_url)?,
            credentials: Mutex::new(credentials),
            notary: Notary::new(elsewhere),
        }))
    }

    /// Where a service of AWS's is asked.
    fn address(&self, service: &str, region: &str) -> String {
        let country = if region.starts_with("cn-") { ".cn" } else { "" };
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/"),
            None => format!("https://{service}.{region}.amazonaws.com{country}/"),
        }
    }

    /// Who we are to AWS. Looked up again when it is about to end.
    async fn credentials(&self) -> Result<Credentials, SendError> {
        let mut current = self.credentials.lock().await;
        let lasts = |credentials: &&Credentials| {
            credentials.expiry().is_none_or(|end| SystemTime::now() + IN_GOOD_TIME < end)
        };
        if let Some(credentials) = current.as_ref().filter(lasts) {
            return Ok(credentials.clone());
        }
        let found = tokio::time::timeout(PATIENCE, async {
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
        let identity = self.credentials().await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("identity, region, name, time and settings are given")
            .into();
        let url = self.address(service, region);
        let bytes = SignableBody::Bytes(body.as_bytes());
        let signature = SignableRequest::new("POST", &*url, headers.iter().copied(), bytes)
            .and_then(|request| sign(request, &parameters))
            .expect("an address that was read at the start, and headers of ours, can be signed");
        let (signature, _) = signature.into_parts();
        let mut request = http.post(url);
        for (name, value) in headers.iter().copied().chain(signature.headers()) {
            request = request.header(name, value);
        }
        Ok(request.body(body))
    }
}

/// What `doctor` asks. Everything here only reads.
impl Aws {
    async fn look_at_account(&self, http: &Http) -> Result<Finding, Unseen> {
        let attributes: Attributes =
            self.describe(http, "DescribeAccountAttributes", json!({})).await?;
        let tier = attributes.account_attributes.iter().find(|it| it.name == "ACCOUNT_TIER");
        Ok(match tier.map(|tier| tier.value.as_str()) {
            Some("PRODUCTION") => Finding::works(Check::Account, "the account texts everybody"),
            Some("SANDBOX") => Finding::doubtful(
                Check::Account,
                "the account is in the SMS sandbox, which texts ten verified numbers at most",
                "Ask AWS for production access under AWS End User Messaging, SMS sandbox.",
            ),
            _ => Finding::doubtful(
                Check::Account,
                "AWS does not say whether the account is in the SMS sandbox",
                "See in AWS's console under AWS End User Messaging, SMS sandbox.",
            ),
        })
    }

    async fn look_at_limit(&self, http: &Http) -> Result<Finding, Unseen> {
        let limits: SpendLimits = self.describe(http, "DescribeSpendLimits", json!({})).await?;
        let is_of_texts = |limit: &&SpendLimit| limit.name == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT";
        let Some(limit) = limits.spend_limits.iter().find(is_of_texts) else {
            return Err(Unseen { action: "DescribeSpendLimits", code: "unreadable".into() });
        };
        let seen = format!("{} US dollars a month may be spent on texts", limit.enforced_limit);
        let fix = "Raise the limit in AWS's console under AWS End User Messaging, Account settings; \
                   above what AWS allows by itself, by a case at AWS's support.";
        Ok(match limit.enforced_limit {
            0 => Finding::broken(Check::Balance, seen, fix),
            1..=FIRST_LIMIT => Finding::doubtful(Check::Balance, seen, fix),
            _ => Finding::works(Check::Balance, seen),
        })
    }

    async fn look_at_numbers(&self, http: &Http) -> Result<Vec<Finding>, Unseen> {
        let mut numbers = self.numbers(http).await?;
        numbers.retain(|number| number.is_sent_from(&self.origination));
        if numbers.is_empty() {
            return Ok(vec![Finding::broken(
                Check::Number,
                format!(
                    "{} is no number and no pool of the account in {}",
                    self.origination, self.region
                ),
                "Set AWS_SMS_ORIGINATION to a number that the account owns there, or to a pool that \
                 has one. A sender name cannot be answered.",
            )]);
        }
        let mut findings = Vec::new();
        for number in &numbers {
            findings.push(number.ability());
            findings.extend(number.opt_outs());
            findings.push(self.look_at_texts(http, number).await);
            findings.extend(self.look_at_registration(http, number).await);
        }
        Ok(findings)
    }

    async fn numbers(&self, http: &Http) -> Result<Vec<PhoneNumber>, Unseen> {
        let mut numbers = Vec::new();
        let mut body = json!({ "MaxResults": 100 });
        for _ in 0..PAGES {
            let page: PhoneNumbers =
                self.describe(http, "DescribePhoneNumbers", body.clone()).await?;
            numbers.extend(page.phone_numbers);
            let Some(next) = page.next_token else { break };
            body["NextToken"] = next.into();
        }
        Ok(numbers)
    }

    /// Whether texts to a number reach us.
    async fn look_at_texts(&self, http: &Http, number: &PhoneNumber) -> Finding {
        let shown = &number.phone_number;
        match number.two_way_channel_arn.as_ref().filter(|_| number.two_way_enabled) {
            None => Finding::broken(
                Check::Webhook,
                format!("texts to {shown} go nowhere"),
                format!("Switch two-way messaging on for it, with the topic {}.", self.topics[0]),
            ),
            Some(topic) if !self.topics.contains(topic) => Finding::broken(
                Check::Webhook,
                format!("texts to {shown} go to {topic}"),
                "Let two-way messaging publish to a topic of AWS_SMS_TOPIC_ARN, or add this one there.",
            ),
            Some(topic) => self.look_at_subscription(http, topic, "inbound").await,
        }
    }

    /// Whether receipts reach us.
    async fn look_at_events(&self, http: &Http) -> Result<Finding, Unseen> {
        let name = &self.configuration_set;
        let body = json!({ "ConfigurationSetNames": [name] });
        let sets: ConfigurationSets =
            self.describe(http, "DescribeConfigurationSets", body).await?;
        let mut destinations =
            sets.configuration_sets.iter().flat_map(|set| &set.event_destinations);
        let topic = destinations.find_map(|destination| {
            let kinds = &destination.matching_event_types;
            let tells = ["ALL", "TEXT_ALL", "TEXT_DELIVERED"]
                .iter()
                .any(|it| kinds.iter().any(|kind| kind == it));
            let topic = &destination.sns_destination.as_ref()?.topic_arn;
            (destination.enabled && tells && self.topics.contains(topic)).then_some(topic)
        });
        Ok(match topic {
            Some(topic) => self.look_at_subscription(http, topic, "status").await,
            None => Finding::broken(
                Check::Webhook,
                format!("the configuration set {name} reports to no topic of AWS_SMS_TOPIC_ARN"),
                "Add an event destination to it: all SMS events, to an SNS topic that stands there.",
            ),
        })
    }

    /// Whether a topic calls one of our addresses.
    async fn look_at_subscription(&self, http: &Http, topic: &str, ours: &str) -> Finding {
        let mut address = self.public_url.clone();
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(["webhooks", NAME, ours]);
        }
        let listed = match self.subscriptions(http, topic).await {
            Ok(listed) => listed,
            Err(unseen) => return unseen.finding(Check::Webhook),
        };
        // Addresses of ours hold nothing that XML writes otherwise.
        let endpoint = format!("<Endpoint>{address}</Endpoint>");
        let mut members = listed.split("<member>").filter(|member| member.contains(&endpoint));
        match members.next().map(|member| member.contains("<SubscriptionArn>arn:")) {
            Some(true) => Finding::works(Check::Webhook, format!("{topic} calls {address}")),
            Some(false) => Finding::broken(
                Check::Webhook,
                format!("{topic} waits for {address} to confirm"),
                "Request the confirmation again in SNS's console while textback answers there: it \
                 confirms by itself.",
            ),
            None => Finding::broken(
                Check::Webhook,
                format!("{topic} does not call {address}"),
                "Create a subscription of this topic in SNS's console: HTTPS, this address, without \
                 raw message delivery.",
            ),
        }
    }

    /// The first hundred, in XML.
    async fn subscriptions(&self, http: &Http, topic: &str) -> Result<String, Unseen> {
        let unseen =
            |code: &str| Unseen { action: "sns:ListSubscriptionsByTopic", code: code.into() };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "ListSubscriptionsByTopic")
            .append_pair("TopicArn", topic)
            .append_pair("Version", "2010-03-31")
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let region = region(topic).unwrap_or_default();
        let request = self.signed(http, "sns", region, &headers, form).await;
        let answer = match request {
            Ok(request) => http.send(request).await,
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|error| unseen(error.code()))?;
        match (answer.status, std::str::from_utf8(answer.bytes())) {
            (200, Ok(listed)) => Ok(listed.to_owned()),
            (403, _) => Err(unseen("AccessDeniedException")),
            _ => Err(unseen(answer.otherwise().code())),
        }
    }

    async fn look_at_registration(&self, http: &Http, number: &PhoneNumber) -> Option<Finding> {
        let shown = &number.phone_number;
        let fix =
            "See in AWS's console under AWS End User Messaging, Registrations, what is missing.";
        let Some(id) = &number.registration_id else {
            let missing =
                Finding::broken(Check::Registration, format!("{shown} is not registered"), fix);
            return matches!(number.number_type.as_str(), "TEN_DLC" | "TOLL_FREE")
                .then_some(missing);
        };
        let body = json!({ "RegistrationIds": [id] });
        let found: Registrations = match self.describe(http, "DescribeRegistrations", body).await {
            Ok(found) => found,
            Err(unseen) => return Some(unseen.finding(Check::Registration)),
        };
        let status = found.registrations.first()?.registration_status.as_str();
        let seen = format!("the registration of {shown} is {status}");
        Some(match status {
            "COMPLETE" => Finding::works(Check::Registration, seen),
            "REQUIRES_UPDATES" | "REQUIRES_AUTHENTICATION" | "CLOSED" | "DELETED" => {
                Finding::broken(Check::Registration, seen, fix)
            }
            _ => Finding::doubtful(
                Check::Registration,
                seen,
                "Wait for it: until then texts may not go out.",
            ),
        })
    }

    async fn describe<T: DeserializeOwned>(
        &self,
        http: &Http,
        action: &'static str,
        body: Value,
    ) -> Result<T, Unseen> {
        let unseen = |error: SendError| Unseen { action, code: error.code().to_owned() };
        let request = self.action(http, action, &body).await.map_err(unseen)?;
        let answer = http.send(request).await.map_err(unseen)?;
        match answer.status {
            200 => answer.json().ok_or_else(|| unseen(answer.otherwise())),
            _ => Err(unseen(refused(&answer))),
        }
    }
}

/// Something that AWS did not show.
struct Unseen {
    /// The action that was asked for; of AWS End User Messaging unless another service is named.
    action: &'static str,
    code: String,
}

impl Unseen {
    /// Whether AWS knows us all the same, and refuses no more than this.
    fn is_let_in(&self) -> bool {
        let of_the_account = ["ACCOUNT_DISABLED", "INSUFFICIENT_ACCOUNT_REPUTATION"];
        ["AccessDeniedException", "ThrottlingException"].contains(&self.code.as_str())
            || of_the_account.contains(&self.code.as_str())
    }

    fn finding(&self, check: Check) -> Finding {
        let Self { action, code } = self;
        let service = if action.contains(':') { "" } else { "sms-voice:" };
        match code::find(CODES, code) {
            _ if code == "AccessDeniedException" => Finding::doubtful(
                check,
                "these credentials may not ask",
                format!("Allow {service}{action}, which only reads."),
            ),
            Some(known) if !known.fix.is_empty() => {
                Finding::broken(check, known.happened.trim_end_matches('.'), known.fix)
            }
            _ => Finding::doubtful(
                check,
                format!("AWS does not answer {service}{action} ({code})"),
                "Ask again in a minute.",
            ),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    account_attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SpendLimits {
    spend_limits: Vec<SpendLimit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SpendLimit {
    name: String,
    /// In US dollars.
    enforced_limit: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PhoneNumbers {
    phone_numbers: Vec<PhoneNumber>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PhoneNumber {
    phone_number: String,
    phone_number_id: Option<String>,
    phone_number_arn: String,
    status: String,
    message_type: String,
    number_type: String,
    number_capabilities: Vec<String>,
    two_way_enabled: bool,
    two_way_channel_arn: Option<String>,
    self_managed_opt_outs_enabled: bool,
    pool_id: Option<String>,
    registration_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigurationSets {
    configuration_sets: Vec<ConfigurationSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigurationSet {
    event_destinations: Vec<EventDestination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventDestination {
    enabled: bool,
    matching_event_types: Vec<String>,
    sns_destination: Option<SnsDestination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsDestination {
    topic_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Registrations {
    registrations: Vec<Registration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Registration {
    registration_status: String,
}

impl PhoneNumber {
    /// Whether this origination is the number, or a pool that it is in.
    fn is_sent_from(&self, origination: &str) -> bool {
        let last = origination.rsplit('/').next().unwrap_or_default();
        self.phone_number.trim_start_matches('+') == origination.trim_start_matches('+')
            || self.phone_number_arn == origination
            || [&self.phone_number_id, &self.pool_id].iter().any(|id| id.as_deref() == Some(last))
    }

    fn ability(&self) -> Finding {
        let Self { phone_number: shown, status, .. } = self;
        let broken =
            |seen: &str, fix: &str| Finding::broken(Check::Number, format!("{shown} {seen}"), fix);
        if status != "ACTIVE" {
            let seen = format!("is {status}");
            broken(&seen, "See in AWS's console what it waits for; most often its registration.")
        } else if !self.number_capabilities.iter().any(|it| it == "SMS") {
            broken("cannot text", "Set AWS_SMS_ORIGINATION to a number with the capability SMS.")
        } else if self.message_type != "TRANSACTIONAL" {
            let fix = "Set AWS_SMS_ORIGINATION to a number for transactional texts.";
            broken("is for promotional texts", fix)
        } else if self.number_type == "SIMULATOR" {
            let seen = format!("{shown} is a simulator, which texts other simulators only");
            Finding::doubtful(Check::Number, seen, "Request a number that texts people.")
        } else {
            Finding::works(Check::Number, format!("{shown} is ours and can text"))
        }
    }

    /// What AWS does with STOP. To a toll-free number it is always the carriers' business.
    fn opt_outs(&self) -> Option<Finding> {
        let kept = !self.self_managed_opt_outs_enabled && self.number_type != "TOLL_FREE";
        kept.then(|| {
            Finding::doubtful(
                Check::Number,
                format!("AWS keeps STOP and HELP to {} to itself", self.phone_number),
                "Switch self-managed opt-outs on for it: textback answers both, and texts nobody \
                 by another provider who has said STOP here.",
            )
        })
    }
}

/// What a refusal means. AWS's exceptions with a status of 4xx are refusals before anything was
/// done; anything else may have gone through.
fn refused(answer: &Answer) -> SendError {
    let refusal = answer.json::<Refusal>().filter(|_| (400..500).contains(&answer.status));
    let Some(code) = refusal.and_then(|refusal| refusal.code()) else { return answer.otherwise() };
    match code::find(CODES, &code).map(|known| known.about) {
        Some(About::Person) => SendError::OptedOut { code },
        Some(About::Number | About::Content) => SendError::Undeliverable { code },
        _ => SendError::Refused { code },
    }
}

impl Refusal {
    /// The most exact code that is known, else the reason, else the exception.
    fn code(&self) -> Option<String> {
        // It may carry a name in front and an address behind.
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

fn envelope(call: &Request<Bytes>) -> Option<Envelope> {
    serde_json::from_slice(call.body()).ok()
}

/// What the text of a notification reports.
fn published(message: &str) -> Result<Vec<Event>, WebhookError> {
    let published = serde_json::from_str(message)
        .map_err(|_| WebhookError::Unreadable("neither a text nor an event"))?;
    Ok(match published {
        Published::Text {
            inbound_message_id,
            origination_number,
            destination_number,
            message_body,
        } => {
            let from = format!("+{}", origination_number.trim_start_matches('+'));
            vec![Event::Text(Text {
                id: Some(inbound_message_id),
                // A short code or a name cannot be answered.
                from: Number::parse(&from).map_err(|_| {
                    WebhookError::Unreadable("the sender is not a number that can be answered")
                })?,
                to: destination_number,
                body: message_body,
                media: 0,
                sent_at: None,
            })]
        }
        // Of somebody else who uses the same configuration set.
        Published::Event { event_type, .. } if !event_type.starts_with("TEXT_") => vec![],
        Published::Event { event_type, message_id, context } => {
            let status =
                meaning(&event_type).ok_or(WebhookError::Unreadable("an unknown event"))?;
            vec![Event::Receipt(Receipt {
                message: message_id,
                attempt: context.get(ATTEMPT).and_then(Value::as_str).map(str::to_owned),
                part: None,
                status,
                code: status.is_failure().then(|| event_type.clone()),
                word: event_type,
                opted_out: false,
            })]
        }
    })
}

fn meaning(event: &str) -> Option<Status> {
    match event {
        // `TEXT_UNKNOWN` also comes for whatever no carrier has reported on for three days, so it
        // says nothing.
        "TEXT_QUEUED" | "TEXT_PENDING" | "TEXT_UNKNOWN" => Some(Status::Accepted),
        // For some countries AWS says successful and means delivered, but it never says for which.
        "TEXT_SENT" | "TEXT_SUCCESSFUL" => Some(Status::Sent),
        "TEXT_INVALID" | "TEXT_INVALID_MESSAGE" | "TEXT_PROTECT_BLOCKED" => Some(Status::Failed),
        "TEXT_UNREACHABLE"
        | "TEXT_CARRIER_UNREACHABLE"
        | "TEXT_BLOCKED"
        | "TEXT_CARRIER_BLOCKED"
        | "TEXT_SPAM"
        | "TEXT_TTL_EXPIRED" => Some(Status::Undelivered),
        "TEXT_DELIVERED" => Some(Status::Delivered),
        _ => None,
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

/// Whether this names a topic that texts can be published to, which one that keeps order is not.
fn is_topic(arn: &str) -> bool {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sns", _, account, name] => {
            region(arn).is_some() && ![account, name].contains(&"") && !name.ends_with(".fifo")
        }
        _ => false,
    }
}
