//! Events that providers report.

use jiff::Timestamp;
use money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Number;

/// Something a webhook call reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person texted one of our numbers.
    Text(Text),
    /// A status update of a message that we sent.
    Receipt(Receipt),
    /// The provider asks whether we want its calls: its own address has to be called once, by GET.
    /// Verified to be the provider's; it may contain a token.
    Subscription(Url),
    /// The rest of a call that was only understood in part: to be kept for the operator.
    Rest(Rest),
}

/// The part of a verified call that was not understood. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rest {
    /// The body of the call without the part that was understood. Parsing it again gives no more.
    pub body: String,
    /// Why it was not understood.
    pub reason: &'static str,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rest").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// One inbound message, its parts joined. `Debug` prints neither numbers nor words.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The provider's id of the message, if it gives one.
    pub id: Option<String>,
    /// Who texted.
    pub from: Number,
    /// Which of our numbers or sender names was texted, as the provider writes it.
    pub to: String,
    /// The words. May be empty: a picture alone, or an empty text.
    pub body: String,
    /// How many pictures or files came with it, which we do not open.
    pub media: u32,
    /// When it was sent, if the provider says so.
    pub sent_at: Option<Timestamp>,
    /// The keyword that the provider recognised and answered, if it says so.
    pub handled: Option<Handled>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Text").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The keyword that a provider recognised in a text, acted on and answered, in whichever language
/// its owner has configured.
///
/// Twilio says so as `OptOutType` (<https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out>),
/// Plivo as `MessageIntent` (<https://www.plivo.com/docs/messaging/api/message/handling-incoming>).
/// Vonage's Opt-Out Assist, AWS's keywords and MessageCentral put no such field into their calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handled {
    /// The person has opted out.
    Stop,
    /// The person has opted in again.
    Start,
    /// The person was told who this is.
    Help,
}

impl Handled {
    /// Parses a provider's own word for it: Twilio's `OptOutType`, Plivo's `MessageIntent`.
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "stop" | "optout" => Some(Self::Stop),
            "start" | "optin" => Some(Self::Start),
            "help" => Some(Self::Help),
            _ => None,
        }
    }
}

/// A provider's later report about a message that it accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message, as [`crate::Provider::send`] returned it.
    pub message: String,
    /// The attempt that we named when we sent, if the provider returns it.
    pub attempt: Option<String>,
    /// The part of the message that it is about, if the provider reports on parts of long messages.
    pub part: Option<Part>,
    /// The meaning of the raw status.
    pub status: Status,
    /// The provider's own word for it.
    pub raw_status: String,
    /// The provider's own code, for a failure.
    pub code: Option<String>,
    /// Whether it failed because the person has opted out with the provider.
    pub opted_out: bool,
    /// What the provider charges for the whole message, if it says so.
    pub charge: Option<Charge>,
}

/// What a provider charges for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// How much, all segments and fees of carriers included.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
}

impl Charge {
    /// A charge as providers write it: a decimal number, with or without the sign of a debit. `None` if
    /// it is not readable as one.
    pub fn parse(amount: &str, currency: &str) -> Option<Self> {
        let amount = amount.trim().trim_start_matches('-').parse().ok()?;
        Some(Self { amount, currency: currency.trim().parse().ok()? })
    }
}

/// A part of a message that is too long for one. The message has the status of its worst part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// Its number, from 1.
    pub number: u32,
    /// The number of parts.
    pub of: u32,
}

/// The known status of a message, from least to most. The status of an attempt is the highest one
/// seen, in whatever order reports come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Stored, about to be dispatched, or being dispatched.
    Sending,
    /// Dispatched without a readable answer.
    Unknown,
    /// The provider took it and gave an id. It shows nothing more.
    Accepted,
    /// The provider passed it to a carrier. That does not show that it arrived.
    Sent,
    /// It never left the provider.
    Failed,
    /// The carrier could not deliver it.
    Undelivered,
    /// A carrier or handset confirms that it arrived.
    Delivered,
}

impl Status {
    /// Whether it says that the message did not arrive.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Undelivered)
    }
}
