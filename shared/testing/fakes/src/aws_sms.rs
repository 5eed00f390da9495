//! AWS End User Messaging SMS, and SNS, which brings its texts and events to us.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::network::{Server, Watched, parameters};
use crate::{Route, Switch, WebhookAnswer, WebhookCall};

/// The region of the account. Its number and topics are there, too.
const REGION: &str = "us-east-1";

/// The topic that texts to the number are published to, and the one of the configuration set.
const TEXTS: &str = "arn:aws:sns:us-east-1:123456789012:texts";
const EVENTS: &str = "arn:aws:sns:us-east-1:123456789012:events";

const CONFIGURATION_SET: &str = "textback";

/// The members of a send, from AWS's published service model.
const MEMBERS: &str = "DestinationPhoneNumber OriginationIdentity MessageBody MessageType Keyword \
    ConfigurationSetName MaxPrice TimeToLive Context DestinationCountryParameters DryRun \
    ProtectConfigurationId MessageFeedbackEnabled";

/// Where the certificate of SNS's key lies.
const CERTIFICATE: &str = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

/// How far a signature's time may be from now.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// The keys that SNS signs with, and a stranger. Making one takes up to a second.
static SNS: LazyLock<Signer> = LazyLock::new(Signer::new);
static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// An AWS account on loopback with one number, whose texts and events go to two topics of SNS.
///
/// Checks the signature of every request. Members that are not documented are refused, as AWS does.
#[derive(Debug)]
pub struct AwsSms {
    account: Arc<Account>,
    server: Server,
    /// What happens to sends.
    pub switch: Arc<Switch>,
    /// What happens to questions for the certificate that SNS signs with.
    pub certificates: Arc<Switch>,
}

/// A message that AWS took from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsMessage {
    /// AWS's id.
    pub id: String,
    /// Who is texted.
    pub to: String,
    /// What it is sent from.
    pub from: String,
    /// What is said.
    pub body: String,
    /// For how many seconds AWS tries to hand it over.
    pub time_to_live: u64,
    /// What comes back in events.
    pub context: Value,
}

#[derive(Debug)]
struct Account {
    access_key_id: String,
    secret_access_key: String,
    state: Watched<Records>,
    switch: Arc<Switch>,
    certificates: Arc<Switch>,
}

#[derive(Debug, Default)]
struct Records {
    messages: Vec<AwsMessage>,
    opted_out: BTreeSet<String>,
    refusal: Option<(String, Option<String>)>,
    /// What is shown instead, by action.
    shown: BTreeMap<String, Value>,
    denied: BTreeSet<String>,
    subscriptions: Vec<Subscription>,
}

/// An address that a topic calls, once it has confirmed by this token.
#[derive(Clone, Debug)]
struct Subscription {
    topic: &'static str,
    endpoint: String,
    token: String,
    confirmed: bool,
}

impl AwsSms {
    /// Opens an account. Dropped, it closes and cuts what is open.
    pub async fn start() -> Self {
        let (switch, certificates) = <(Arc<Switch>, Arc<Switch>)>::default();
        let account = Arc::new(Account {
            access_key_id: format!("AKIA{}", &Uuid::new_v4().simple().to_string()[..16]),
            secret_access_key: Uuid::new_v4().simple().to_string(),
            state: Watched::default(),
            switch: switch.clone(),
            certificates: certificates.clone(),
        });
        let router = Router::new()
            .route("/", get(confirm).post(act))
            .route(CERTIFICATE, get(certificate))
            .fallback(async || StatusCode::NOT_FOUND)
            .with_state(account.clone());
        Self { account, server: Server::start(router), switch, certificates }
    }

    /// What stands for AWS's own addresses, as `AWS_ENDPOINT_URL` wants it.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The id of the access key.
    pub fn access_key_id(&self) -> &str {
        &self.account.access_key_id
    }

    /// The secret of the access key.
    pub fn secret_access_key(&self) -> &str {
        &self.account.secret_access_key
    }

    /// The number that the account owns.
    pub fn number(&self) -> &'static str {
        "+12025550100"
    }

    /// The configuration set that publishes the events of a message.
    pub fn configuration_set(&self) -> &'static str {
        CONFIGURATION_SET
    }

    /// The topic of texts and the topic of events, with a comma between.
    pub fn topics(&self) -> String {
        format!("{TEXTS},{EVENTS}")
    }

    /// The settings of a program that texts by this account.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", self.access_key_id().into()),
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key().into()),
            ("AWS_SMS_CONFIGURATION_SET", CONFIGURATION_SET.into()),
            ("AWS_SMS_ORIGINATION", self.number().into()),
            ("AWS_SMS_TOPIC_ARN", self.topics()),
        ]
    }

    /// From now on refuses sends by this exception and reason, as `ConflictException` and
    /// `DESTINATION_PHONE_NUMBER_NOT_VERIFIED`.
    pub fn refuse_with(&self, exception: &str, reason: Option<&str>) {
        let refusal = (exception.to_owned(), reason.map(str::to_owned));
        self.account.state.change(|records| records.refusal = Some(refusal));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// From now on the credentials may not ask for this, as `DescribeSpendLimits`.
    pub fn deny(&self, action: &str) {
        self.account.state.change(|records| records.denied.insert(action.into()));
    }

    /// From now on shows this in answer to a question, as `DescribePhoneNumbers`. `change` is given
    /// what a sound account shows.
    pub fn show(&self, action: &str, change: impl FnOnce(&mut Value)) {
        let mut shown = sound(action).unwrap_or_else(|| panic!("{action} is not asked for"));
        change(&mut shown);
        self.account.state.change(|records| records.shown.insert(action.into(), shown));
    }

    /// Blocks a number as if the person had texted STOP, without a call to us.
    pub fn opt_out(&self, number: &str) {
        self.account.state.change(|records| records.opted_out.insert(number.into()));
    }

    /// The messages taken from us, oldest first.
    pub fn messages(&self) -> Vec<AwsMessage> {
        self.account.state.read(|records| records.messages.clone())
    }

    /// What was said to a number by us, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.filter(|message| message.to == number).map(|message| message.body).collect()
    }

    /// Waits until this many messages have been taken in all.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| records.messages.len() >= count;
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Somebody subscribes our address for texts, `/webhooks/aws/inbound`, and SNS asks us whether
    /// we want its calls. The call is to be made by the caller.
    pub fn subscribe_texts(&self, route: &Route) -> WebhookCall {
        self.subscribe(route, TEXTS, "/webhooks/aws/inbound")
    }

    /// [`Self::subscribe_texts`] for events, at `/webhooks/aws/status`.
    pub fn subscribe_events(&self, route: &Route) -> WebhookCall {
        self.subscribe(route, EVENTS, "/webhooks/aws/status")
    }

    /// The addresses that have confirmed that they want calls.
    pub fn subscribed(&self) -> Vec<String> {
        let confirmed = |it: &Subscription| it.confirmed.then(|| it.endpoint.clone());
        self.account
            .state
            .read(|records| records.subscriptions.iter().filter_map(confirmed).collect())
    }

    /// A person texts our number, and SNS tells us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, to be made by the caller.
    pub fn inbound(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let text = json!({
            "originationNumber": from,
            "destinationNumber": self.number(),
            "messageKeyword": "KEYWORD_123456789012",
            "messageBody": body,
            "inboundMessageId": Uuid::new_v4().to_string(),
            "previousPublishedMessageId": Uuid::new_v4().to_string(),
        });
        self.publish(route, "/webhooks/aws/inbound", TEXTS, &text.to_string())
    }

    /// Tells us what became of a message, by an event like `TEXT_DELIVERED`.
    pub async fn report(&self, route: &Route, id: &str, event: &str) -> WebhookAnswer {
        self.receipt(route, id, event).post().await
    }

    /// The call that [`Self::report`] makes, to be made by the caller.
    pub fn receipt(&self, route: &Route, id: &str, event: &str) -> WebhookCall {
        let messages = self.messages();
        let message = messages.iter().find(|message| message.id == id).expect("no such message");
        let now = Timestamp::now().as_millisecond();
        let status = event.strip_prefix("TEXT_").expect("events of texts begin with TEXT_");
        let event = json!({
            "eventType": event,
            "eventVersion": "1.0",
            "eventTimestamp": now,
            "isFinal": !["QUEUED", "PENDING", "SENT"].contains(&status),
            "originationPhoneNumber": message.from,
            "destinationPhoneNumber": message.to,
            "isoCountryCode": "US",
            "messageId": message.id,
            "messageRequestTimestamp": now,
            "messageEncoding": "GSM",
            "messageType": "TRANSACTIONAL",
            "messageStatus": status,
            "messageStatusDescription": "As it is called",
            "context": message.context,
            "totalMessageParts": 1,
            "totalMessagePrice": 0.00581,
            "totalCarrierFee": 0.0028,
        });
        self.publish(route, "/webhooks/aws/status", EVENTS, &event.to_string())
    }

    /// Any message to the topic of texts, called to any path.
    pub fn publish(&self, route: &Route, path: &str, topic: &str, message: &str) -> WebhookCall {
        call(route, path, &self.notification(topic, message))
    }

    /// The call for a text that somebody else makes up: complete, and signed with another key.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let mut call = self.inbound(route, from, body);
        call.body = forge(std::str::from_utf8(&call.body).unwrap()).into();
        call
    }

    /// What SNS posts when something is published to a topic.
    pub fn notification(&self, topic: &str, message: &str) -> String {
        self.signed(json!({
            "Type": "Notification",
            "MessageId": Uuid::new_v4().to_string(),
            "TopicArn": topic,
            "Message": message,
            "Timestamp": time(Timestamp::now()),
            "UnsubscribeURL": format!("{}/?Action=Unsubscribe", self.url()),
        }))
    }

    /// Signs what is given to be posted by SNS, with the time and the certificate's address in it
    /// unless they are there already.
    pub fn signed(&self, mut message: Value) -> String {
        let defaults = [
            ("SignatureVersion", "2".into()),
            ("SigningCertURL", format!("{}{CERTIFICATE}", self.url())),
            ("Timestamp", time(Timestamp::now())),
        ];
        let members = message.as_object_mut().expect("SNS posts objects");
        for (name, value) in defaults {
            members.entry(name).or_insert_with(|| value.into());
        }
        SNS.sign(message)
    }

    fn subscribe(&self, route: &Route, topic: &'static str, path: &str) -> WebhookCall {
        let token = Uuid::new_v4().simple().to_string();
        let subscription = Subscription {
            topic,
            endpoint: route.public(path),
            token: token.clone(),
            confirmed: false,
        };
        self.account.state.change(|records| records.subscriptions.push(subscription));
        let url =
            format!("{}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}", self.url());
        let message = self.signed(json!({
            "Type": "SubscriptionConfirmation",
            "MessageId": Uuid::new_v4().to_string(),
            "Token": token,
            "TopicArn": topic,
            "Message": format!("You have chosen to subscribe to the topic {topic}."),
            "SubscribeURL": url,
        }));
        call(route, path, &message)
    }
}

/// Signs what SNS has signed with another key.
pub fn forge(message: &str) -> String {
    STRANGER.sign(serde_json::from_str(message).unwrap())
}

fn call(route: &Route, path: &str, message: &str) -> WebhookCall {
    let url = route.public(path);
    WebhookCall::new(route, &url, "text/plain; charset=UTF-8", message.to_owned())
}

/// A time as SNS writes it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A key of SNS's, or somebody's, and its certificate.
struct Signer {
    key: RsaKeyPair,
    certificate: String,
}

impl Signer {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let names = vec!["sns.test.invalid".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap().pem();
        Self { key: RsaKeyPair::from_pkcs8(key.serialized_der()).unwrap(), certificate }
    }

    /// Signs by version 2: the values in the order of their names, as far as they are signed.
    fn sign(&self, mut message: Value) -> String {
        let names: &[&str] = match message["Type"].as_str().unwrap() {
            "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
            _ => {
                &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
            }
        };
        let line = |name: &&str| Some(format!("{name}\n{}\n", message[*name].as_str()?));
        let signed: String = names.iter().filter_map(line).collect();
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        message["Signature"] = STANDARD.encode(signature).into();
        message.to_string()
    }
}

async fn certificate(State(account): State<Arc<Account>>) -> Response {
    account.certificates.apply(async { SNS.certificate.clone().into_response() }).await
}

/// The visit to a `SubscribeURL`, which needs no credentials.
async fn confirm(State(account): State<Arc<Account>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let Ok(given) = parameters(query.as_bytes(), "Action TopicArn Token") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let confirmed = account.state.change(|records| {
        let mut subscriptions = records.subscriptions.iter_mut();
        let it = subscriptions.find(|it| given.get("Token") == Some(&it.token))?;
        it.confirmed = true;
        Some(())
    });
    match (confirmed, given.get("Action").map(String::as_str)) {
        (Some(()), Some("ConfirmSubscription")) => "<ConfirmSubscriptionResponse/>".into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn act(State(account): State<Arc<Account>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let target = header("x-amz-target");
    let service = if target.is_empty() { "sns" } else { "sms-voice" };
    if let Err(refusal) = account.admit(service, &headers, &body) {
        return refusal.into_response();
    }
    if service == "sns" {
        return account.list(&body);
    }
    if header("content-type") != "application/x-amz-json-1.0" {
        return Refusal::of("UnknownOperationException").into_response();
    }
    match target.strip_prefix("PinpointSMSVoiceV2.") {
        Some("SendTextMessage") => {
            let switch = account.switch.clone();
            let send = async move {
                match account.take(&body) {
                    Ok(id) => Json(json!({ "MessageId": id })).into_response(),
                    Err(refusal) => refusal.into_response(),
                }
            };
            switch.apply(send).await
        }
        Some(action) => account.show(action),
        None => Refusal::of("UnknownOperationException").into_response(),
    }
}

impl Account {
    /// Whether a request is signed with our key, lately and for this service.
    fn admit(&self, service: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        let missing = || Refusal::of("MissingAuthenticationTokenException");
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let given = header("authorization").ok_or_else(missing)?;
        let part = |name: &str| {
            let found = given.split([' ', ',']).find_map(|part| part.strip_prefix(name));
            found.ok_or(Refusal::of("IncompleteSignatureException"))
        };
        let wrong = || Refusal::of("InvalidSignatureException");
        let scope: Vec<_> = part("Credential=")?.split('/').collect();
        let [id, _, REGION, signed_for, "aws4_request"] = scope[..] else { return Err(wrong()) };
        if id != self.access_key_id {
            return Err(Refusal::of("UnrecognizedClientException"));
        }
        let time = DateTime::strptime("%Y%m%dT%H%M%SZ", header("x-amz-date").unwrap_or_default());
        let time = time.and_then(|time| time.to_zoned(TimeZone::UTC)).map_err(|_| wrong())?;
        let time = SystemTime::from(time.timestamp());
        let now = SystemTime::now();
        let skewed = time > now + SKEW || time < now - SKEW;
        if signed_for != service || skewed {
            return Err(wrong());
        }
        let signed = part("SignedHeaders=")?;
        let signed = signed.split(';').filter(|name| !["host", "x-amz-date"].contains(name));
        let signed = signed.filter_map(|name| Some((name, header(name)?)));
        let keys = Credentials::new(id, &self.secret_access_key, None, None, "stand-in").into();
        let parameters = v4::SigningParams::builder()
            .identity(&keys)
            .region(REGION)
            .name(service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let url = format!("http://{}/", header("host").unwrap_or_default());
        let request = SignableRequest::new("POST", url, signed, SignableBody::Bytes(body)).unwrap();
        let (expected, _) = sign(request, &parameters).unwrap().into_parts();
        let expected = expected.headers().find(|(name, _)| *name == "authorization");
        if expected.is_some_and(|(_, value)| value == given) { Ok(()) } else { Err(wrong()) }
    }

    fn take(&self, body: &[u8]) -> Result<String, Refusal> {
        let unreadable = || Refusal::of("SerializationException");
        let body: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let members = body.as_object().ok_or_else(unreadable)?;
        if members.keys().any(|name| !MEMBERS.split(' ').any(|known| known == name)) {
            return Err(unreadable());
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let invalid =
            |name| Refusal::because("ValidationException", "INVALID_PARAMETER").about(name);
        let message = AwsMessage {
            id: Uuid::new_v4().to_string(),
            to: text("DestinationPhoneNumber"),
            from: text("OriginationIdentity"),
            body: text("MessageBody"),
            time_to_live: body["TimeToLive"].as_u64().unwrap_or(259_200),
            context: body.get("Context").cloned().unwrap_or(json!({})),
        };
        let digits = message.to.trim_start_matches('+');
        let is_number = (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if !is_number {
            return Err(invalid("DestinationPhoneNumber"));
        }
        if message.body.trim().is_empty() || message.body.chars().count() > 1600 {
            return Err(invalid("MessageBody"));
        }
        if !(5..=259_200).contains(&message.time_to_live) {
            return Err(invalid("TimeToLive"));
        }
        let is_context = message.context.as_object().is_some_and(|context| {
            let is_value =
                |value: &Value| value.as_str().is_some_and(|it| !it.is_empty() && it.len() <= 800);
            context.len() <= 5 && context.values().all(is_value)
        });
        if !is_context {
            return Err(invalid("Context"));
        }
        let set = text("ConfigurationSetName");
        if !message.from.ends_with("2025550100") || !(set.is_empty() || set == CONFIGURATION_SET) {
            return Err(Refusal::of("ResourceNotFoundException"));
        }
        self.state.change(|records| {
            if let Some((exception, reason)) = &records.refusal {
                return Err(Refusal { reason: reason.clone(), ..Refusal::of(exception) });
            }
            if records.opted_out.contains(&message.to) {
                let reason = "DESTINATION_PHONE_NUMBER_OPTED_OUT";
                return Err(Refusal::because("ConflictException", reason));
            }
            let id = message.id.clone();
            records.messages.push(message);
            Ok(id)
        })
    }

    fn show(&self, action: &str) -> Response {
        let (denied, shown) = self
            .state
            .read(|records| (records.denied.contains(action), records.shown.get(action).cloned()));
        if denied {
            return Refusal::of("AccessDeniedException").into_response();
        }
        match shown.or_else(|| sound(action)) {
            Some(shown) => Json(shown).into_response(),
            None => Refusal::of("UnknownOperationException").into_response(),
        }
    }

    /// `ListSubscriptionsByTopic`, the one action of SNS that is asked for.
    fn list(&self, body: &[u8]) -> Response {
        let Ok(given) = parameters(body, "Action TopicArn Version") else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let given = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
        let action = given("Action");
        if (action, given("Version")) != ("ListSubscriptionsByTopic", "2010-03-31") {
            return StatusCode::BAD_REQUEST.into_response();
        }
        let members = self.state.read(|records| {
            let of_topic = records.subscriptions.iter().filter(|it| it.topic == given("TopicArn"));
            let member = |it: &Subscription| {
                let Subscription { topic, endpoint, .. } = it;
                let arn = format!("{topic}:{}", &it.token);
                let arn = if it.confirmed { &arn } else { "PendingConfirmation" };
                format!(
                    "<member><TopicArn>{topic}</TopicArn><Protocol>https</Protocol>\
                     <SubscriptionArn>{arn}</SubscriptionArn><Owner>123456789012</Owner>\
                     <Endpoint>{endpoint}</Endpoint></member>"
                )
            };
            (!records.denied.contains(action)).then(|| of_topic.map(member).collect::<String>())
        });
        let Some(members) = members else { return StatusCode::FORBIDDEN.into_response() };
        format!(
            "<ListSubscriptionsByTopicResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <ListSubscriptionsByTopicResult><Subscriptions>{members}</Subscriptions>\
             </ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
        )
        .into_response()
    }
}

/// What an account shows in which all is as it has to be.
fn sound(action: &str) -> Option<Value> {
    Some(match action {
        "DescribeAccountAttributes" => json!({
            "AccountAttributes": [{ "Name": "ACCOUNT_TIER", "Value": "PRODUCTION" }],
        }),
        "DescribeSpendLimits" => json!({
            "SpendLimits": [{
                "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                "EnforcedLimit": 50,
                "MaxLimit": 100,
                "Overridden": true,
            }],
        }),
        "DescribePhoneNumbers" => json!({
            "PhoneNumbers": [{
                "PhoneNumberArn": "arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-1",
                "PhoneNumberId": "phone-1",
                "PhoneNumber": "+12025550100",
                "Status": "ACTIVE",
                "IsoCountryCode": "US",
                "MessageType": "TRANSACTIONAL",
                "NumberCapabilities": ["SMS", "VOICE"],
                "NumberType": "TEN_DLC",
                "MonthlyLeasingPrice": "1.00",
                "TwoWayEnabled": true,
                "TwoWayChannelArn": TEXTS,
                "SelfManagedOptOutsEnabled": true,
                "OptOutListName": "Default",
                "DeletionProtectionEnabled": false,
                "PoolId": "pool-1",
                "RegistrationId": "registration-1",
                "CreatedTimestamp": 1_686_975_103.47,
            }],
        }),
        "DescribeRegistrations" => json!({
            "Registrations": [{
                "RegistrationId": "registration-1",
                "RegistrationType": "US_TEN_DLC_CAMPAIGN_REGISTRATION",
                "RegistrationStatus": "COMPLETE",
            }],
        }),
        "DescribeConfigurationSets" => json!({
            "ConfigurationSets": [{
                "ConfigurationSetName": CONFIGURATION_SET,
                "EventDestinations": [{
                    "EventDestinationName": "textback",
                    "Enabled": true,
                    "MatchingEventTypes": ["TEXT_ALL"],
                    "SnsDestination": { "TopicArn": EVENTS },
                }],
            }],
        }),
        _ => return None,
    })
}

/// A refusal as AWS writes it. The sentence often quotes what was sent.
#[derive(Debug)]
struct Refusal {
    exception: String,
    reason: Option<String>,
    field: Option<&'static str>,
}

impl Refusal {
    fn of(exception: &str) -> Self {
        Self { exception: exception.into(), reason: None, field: None }
    }

    fn because(exception: &str, reason: &str) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(exception) }
    }

    fn about(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { exception, reason, field } = self;
        let mut body = json!({
            "__type": format!("com.amazonaws.pinpointsmsvoicev2#{exception}"),
            "Message": "As it is called",
        });
        if let Some(reason) = reason {
            body["Reason"] = reason.into();
        }
        if let Some(field) = field {
            body["Fields"] = json!([{ "Name": field, "Message": "As it is called" }]);
        }
        let status = match exception.as_str() {
            "InternalServerException" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(body)).into_response()
    }
}
