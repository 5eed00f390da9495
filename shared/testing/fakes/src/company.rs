//! The common interface to all companies, so that a harness runs all of them without naming any.

use crate::aws_sms::AwsSms;
use crate::messagecentral::{InboundShape, MessageCentral};
use crate::network::{Route, WebhookCall};
use crate::plivo::Plivo;
use crate::switch::Switch;
use crate::twilio::Twilio;
use crate::vonage::Vonage;

/// The token that companies without signatures must present, where no other is set.
pub const WEBHOOK_TOKEN: &str = "the-token-of-the-webhook";

/// A company's raw status of a message, and its code for a failure.
pub type Report = (&'static str, Option<u32>);

/// A message that a company accepted.
pub struct Taken {
    /// Its id in reports.
    pub id: String,
    /// Its body.
    pub body: String,
}

/// A company's reports, in its own words.
pub struct Reports {
    /// The message is on its way.
    pub sent: Report,
    /// It is on the phone.
    pub arrived: Report,
    /// It is lost, first in the company's preliminary words, then in its final ones.
    pub lost: [Report; 2],
    /// A carrier filtered it as spam.
    pub filtered: Report,
    /// The phone is switched off or unreachable.
    pub unreached: Report,
}

/// A company that sends texts.
pub trait Company {
    /// Its name in addresses and settings.
    fn name(&self) -> &'static str;

    /// The settings with which the product uses it.
    fn settings(&self) -> Vec<(&'static str, String)>;

    /// The setting for its address.
    fn address(&self) -> &'static str;

    /// The secrets that it shares with the product.
    fn secret(&self) -> &str;

    /// The mode for sends.
    fn switch(&self) -> &Switch;

    /// The messages accepted so far.
    fn taken(&self) -> Vec<Taken>;

    /// The call for an incoming text.
    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall;

    /// Its reports. `None`: it makes none and has to be polled.
    fn reports(&self) -> Option<Reports>;

    /// The call that reports a raw status, with a code.
    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall;
}

/// All of them, each at its own address.
pub struct Companies {
    /// `MessageCentral`.
    pub messagecentral: MessageCentral,
    /// Twilio.
    pub twilio: Twilio,
    /// Vonage.
    pub vonage: Vonage,
    /// Plivo.
    pub plivo: Plivo,
    /// AWS.
    pub aws: AwsSms,
}

impl Companies {
    /// Their names, in the order of [`Self::all`].
    pub const NAMES: [&str; 5] = ["messagecentral", "twilio", "vonage", "plivo", "aws"];

    /// Starts each of them, for a product at this address.
    pub async fn start(public_url: &str) -> Self {
        let (messagecentral, twilio) = (MessageCentral::start().await, Twilio::start().await);
        let (vonage, plivo) = (Vonage::start().await, Plivo::start().await);
        plivo.enter(&format!("{public_url}/webhooks/plivo/inbound?token={WEBHOOK_TOKEN}"));
        Self { messagecentral, twilio, vonage, plivo, aws: AwsSms::start().await }
    }

    /// Each of them.
    pub fn all(&self) -> [&dyn Company; 5] {
        [&self.messagecentral, &self.twilio, &self.vonage, &self.plivo, &self.aws]
    }

    /// The one with this name.
    pub fn named(&self, name: &str) -> &dyn Company {
        let found = self.all().into_iter().find(|company| company.name() == name);
        found.unwrap_or_else(|| panic!("no company is called {name}"))
    }
}

impl Company for MessageCentral {
    fn name(&self) -> &'static str {
        "messagecentral"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("MC_CUSTOMER_ID", self.customer_id().into()),
            ("MC_PASSWORD", self.password().into()),
            ("MC_SENDER_ID", "UTOMOB".into()),
            ("MC_BASE_URL", self.url()),
            ("MC_WEBHOOK_TOKEN", WEBHOOK_TOKEN.into()),
        ]
    }

    fn address(&self) -> &'static str {
        "MC_BASE_URL"
    }

    fn secret(&self) -> &str {
        self.password()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.verification_id, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, WEBHOOK_TOKEN, &InboundShape::default(), from, body)
    }

    fn reports(&self) -> Option<Reports> {
        None
    }

    fn status_update(&self, _: &Route, _: &str, _: &str, _: Option<u32>) -> WebhookCall {
        unreachable!("MessageCentral reports nothing")
    }
}

impl Company for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TWILIO_ACCOUNT_SID", self.account_sid().into()),
            ("TWILIO_AUTH_TOKEN", self.auth_token().into()),
            ("TWILIO_FROM", self.number().into()),
            ("TWILIO_BASE_URL", self.url()),
        ]
    }

    fn address(&self) -> &'static str {
        "TWILIO_BASE_URL"
    }

    fn secret(&self) -> &str {
        self.auth_token()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.sid, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, from, body)
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("sent", None),
            arrived: ("delivered", None),
            lost: [("undelivered", Some(30008)), ("failed", Some(30008))],
            filtered: ("undelivered", Some(30007)),
            unreached: ("undelivered", Some(30003)),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word, code)
    }
}

impl Company for Vonage {
    fn name(&self) -> &'static str {
        "vonage"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("VONAGE_APPLICATION_ID", self.application_id().into()),
            ("VONAGE_PRIVATE_KEY", self.private_key().into()),
            ("VONAGE_SIGNATURE_SECRET", self.signature_secret().into()),
            ("VONAGE_FROM", self.number().into()),
            ("VONAGE_BASE_URL", self.url()),
        ]
    }

    fn address(&self) -> &'static str {
        "VONAGE_BASE_URL"
    }

    fn secret(&self) -> &str {
        self.signature_secret()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.uuid, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, from, body)
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("submitted", None),
            arrived: ("delivered", None),
            lost: [("rejected", Some(1330)), ("undeliverable", Some(1330))],
            filtered: ("rejected", Some(1210)),
            unreached: ("undeliverable", Some(1180)),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word, code)
    }
}

impl Company for Plivo {
    fn name(&self) -> &'static str {
        "plivo"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PLIVO_AUTH_ID", self.auth_id().into()),
            ("PLIVO_AUTH_TOKEN", self.auth_token().into()),
            ("PLIVO_WEBHOOK_TOKEN", WEBHOOK_TOKEN.into()),
            ("PLIVO_FROM", self.number().into()),
            ("PLIVO_BASE_URL", self.url()),
        ]
    }

    fn address(&self) -> &'static str {
        "PLIVO_BASE_URL"
    }

    fn secret(&self) -> &str {
        self.auth_token()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.uuid, body: it.body }).collect()
    }

    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound(route, from, body)
    }

    fn reports(&self) -> Option<Reports> {
        Some(Reports {
            sent: ("sent", None),
            arrived: ("delivered", None),
            lost: [("undelivered", Some(1000)), ("failed", Some(1000))],
            filtered: ("failed", Some(30)),
            unreached: ("undelivered", Some(80)),
        })
    }

    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall {
        self.receipt(route, id, word, code)
    }
}

impl Company for AwsSms {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        Self::settings(self)
    }

    fn address(&self) -> &'static str {
        "AWS_ENDPOINT_URL"
    }

    fn secret(&self) -> &str {
        self.secret_access_key()
    }

    fn switch(&self) -> &Switch {
        &self.switch
    }

    fn taken(&self) -> Vec<Taken> {
        let taken = self.messages().into_iter();
        taken.map(|it| Taken { id: it.id, body: it.body }).collect()
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
}
