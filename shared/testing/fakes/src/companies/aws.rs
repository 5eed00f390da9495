//! AWS End User Messaging SMS, and SNS, which delivers its texts and events to us.

mod api;
mod sns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use self::api::{act, sound};
use self::sns::{SNS, STRANGER, certificate, confirm};
use crate::company::{Company, Reports, Taken};
use crate::network::{Server, Watched};
use crate::{Route, Switch, WebhookAnswer, WebhookCall};

/// The topic that texts to the number are published to, and the one of the configuration set.
const TEXTS: &str = "arn:aws:sns:us-east-1:123456789012:texts";
const EVENTS: &str = "arn:aws:sns:us-east-1:123456789012:events";

const CONFIGURATION_SET: &str = "textback";

/// The path of the certificate of SNS's key.
const CERTIFICATE: &str = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

/// An AWS account on loopback with one number, whose texts and events go to two topics of SNS.
///
/// Checks the signature of every request. Undocumented members are refused, as by AWS.
#[derive(Debug)]
pub struct AwsSms {
    account: Arc<Account>,
    server: Server,
    /// The mode for sends.
    pub switch: Arc<Switch>,
    /// The mode for requests for the certificate that SNS signs with.
    pub certificates: Arc<Switch>,
}

/// A message that AWS accepted from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsMessage {
    /// AWS's id.
    pub id: String,
    /// The recipient.
    pub to: String,
    /// The sender.
    pub from: String,
    /// The body.
    pub body: String,
    /// For how many seconds AWS tries to deliver it.
    pub time_to_live: u64,
    /// The context returned in events.
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
    /// Overridden answers, by action.
    shown: BTreeMap<String, Value>,
    denied: BTreeSet<String>,
    subscriptions: Vec<Subscription>,
}

/// An address that a topic calls, once it has been confirmed with this token.
#[derive(Clone, Debug)]
struct Subscription {
    topic: &'static str,
    route: Route,
    path: &'static str,
    token: String,
    confirmed: bool,
}

impl Subscription {
    fn endpoint(&self) -> String {
        self.route.public(self.path)
    }
}

impl AwsSms {
    /// Opens an account. Closes when dropped, with all connections.
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

    /// The replacement for AWS's own addresses, for `AWS_ENDPOINT_URL`.
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

    /// The topic of texts and the topic of events, separated by a comma.
    pub fn topics(&self) -> String {
        format!("{TEXTS},{EVENTS}")
    }

    /// The settings of a program that uses this account.
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

    /// From now on refuses sends with this exception and reason, such as `ConflictException` and
    /// `DESTINATION_PHONE_NUMBER_NOT_VERIFIED`.
    pub fn refuse_with(&self, exception: &str, reason: Option<&str>) {
        let refusal = (exception.to_owned(), reason.map(str::to_owned));
        self.account.state.change(|records| records.refusal = Some(refusal));
    }

    /// Ends [`Self::refuse_with`].
    pub fn accept(&self) {
        self.account.state.change(|records| records.refusal = None);
    }

    /// From now on the credentials may not call this action, such as `DescribeSpendLimits`.
    pub fn deny(&self, action: &str) {
        self.account.state.change(|records| records.denied.insert(action.into()));
    }

    /// From now on answers an action, such as `DescribePhoneNumbers`, with this. `change` gets the
    /// answer of a properly set-up account.
    pub fn show(&self, action: &str, change: impl FnOnce(&mut Value)) {
        let mut shown = sound(action).unwrap_or_else(|| panic!("{action} is not asked for"));
        change(&mut shown);
        self.account.state.change(|records| records.shown.insert(action.into(), shown));
    }

    /// Blocks a number as if the person had texted STOP, without a call to us.
    pub fn opt_out(&self, number: &str) {
        self.account.state.change(|records| records.opted_out.insert(number.into()));
    }

    /// The accepted messages, oldest first.
    pub fn messages(&self) -> Vec<AwsMessage> {
        self.account.state.read(|records| records.messages.clone())
    }

    /// The bodies of our messages to a number, oldest first.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let messages = self.messages().into_iter();
        messages.filter(|message| message.to == number).map(|message| message.body).collect()
    }

    /// Waits until this many messages have been accepted in total.
    pub async fn wait_for_messages(&self, count: usize) {
        let enough = |records: &Records| records.messages.len() >= count;
        self.account.state.until(&format!("{count} messages to be taken"), enough).await;
    }

    /// Subscribes our address for texts, `/webhooks/aws/inbound`, so that SNS asks us to confirm. The
    /// caller has to make the call.
    pub fn subscribe_texts(&self, route: &Route) -> WebhookCall {
        self.subscribe(route, TEXTS, "/webhooks/aws/inbound")
    }

    /// [`Self::subscribe_texts`] for events, at `/webhooks/aws/status`.
    pub fn subscribe_events(&self, route: &Route) -> WebhookCall {
        self.subscribe(route, EVENTS, "/webhooks/aws/status")
    }

    /// The addresses that have confirmed their subscription.
    pub fn subscribed(&self) -> Vec<String> {
        let confirmed = |it: &Subscription| it.confirmed.then(|| it.endpoint());
        self.account
            .state
            .read(|records| records.subscriptions.iter().filter_map(confirmed).collect())
    }

    /// A person texts our number, and SNS calls us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, for the caller to make.
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

    /// Reports what became of a message, by an event such as `TEXT_DELIVERED`.
    pub async fn report(&self, route: &Route, id: &str, event: &str) -> WebhookAnswer {
        self.receipt(route, id, event).post().await
    }

    /// The call that [`Self::report`] makes, for the caller to make.
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

    /// A forged call for a text: complete, but signed with another key.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let mut call = self.inbound(route, from, body);
        call.body = forge(std::str::from_utf8(&call.body).unwrap()).into();
        call
    }

    /// SNS's post when something is published to a topic.
    pub fn notification(&self, topic: &str, message: &str) -> String {
        notification(&self.url(), topic, message)
    }

    /// Signs what is given to be posted by SNS, with the time and the certificate's address in it
    /// unless they are there already.
    pub fn signed(&self, message: Value) -> String {
        signed(&self.url(), message)
    }

    fn subscribe(&self, route: &Route, topic: &'static str, path: &'static str) -> WebhookCall {
        let token = Uuid::new_v4().simple().to_string();
        let subscription = Subscription {
            topic,
            route: route.clone(),
            path,
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

impl Company for AwsSms {
    async fn open(_: &str) -> Self {
        Self::start().await
    }

    fn name(&self) -> &'static str {
        "aws"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        Self::settings(self)
    }

    fn address(&self) -> &'static str {
        "AWS_ENDPOINT_URL"
    }

    fn sender(&self) -> String {
        self.number().into()
    }

    fn secret(&self) -> &str {
        self.secret_access_key()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.id, to: it.to, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, from, body)
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("TEXT_SENT", None),
            arrived: ("TEXT_DELIVERED", None),
            lost: [("TEXT_CARRIER_UNREACHABLE", None), ("TEXT_TTL_EXPIRED", None)],
            filtered: ("TEXT_SPAM", None),
            unreached: ("TEXT_UNREACHABLE", None),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, _: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word)
    }

    fn introduction(&self, route: &Route) -> Option<WebhookCall> {
        Some(self.subscribe_texts(route))
    }
}

/// What SNS, which is asked at this address, posts when something is published to a topic.
fn notification(url: &str, topic: &str, message: &str) -> String {
    let notification = json!({
        "Type": "Notification",
        "MessageId": Uuid::new_v4().to_string(),
        "TopicArn": topic,
        "Message": message,
        "Timestamp": time(Timestamp::now()),
        "UnsubscribeURL": format!("{url}/?Action=Unsubscribe"),
    });
    signed(url, notification)
}

fn signed(url: &str, mut message: Value) -> String {
    let defaults = [
        ("SignatureVersion", "2".into()),
        ("SigningCertURL", format!("{url}{CERTIFICATE}")),
        ("Timestamp", time(Timestamp::now())),
    ];
    let members = message.as_object_mut().expect("SNS posts objects");
    for (name, value) in defaults {
        members.entry(name).or_insert_with(|| value.into());
    }
    SNS.sign(message)
}

/// Signs SNS's post with another key.
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
