//! What a provider tells us.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Number;

/// Something a webhook call reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person texted one of our numbers.
    Text(Text),
    /// What became of a message that we sent.
    Receipt(Receipt),
    /// The company wants to know that we want its calls: this address of its own is to be asked
    /// once, by GET. Proven to be the company's; it may hold a token.
    Subscription(Url),
    /// What is left of the call, which was not understood though the rest of it was: to be kept for
    /// the operator.
    Rest(Rest),
}

/// The part of a verified call that was not understood. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rest {
    /// The body of the call without what was understood. Read again, it says no more than that.
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
    /// The provider's id of the message. `None` where the provider gives none.
    pub id: Option<String>,
    /// Who texted.
    pub from: Number,
    /// Which of our numbers or sender names was texted, as the provider writes it.
    pub to: String,
    /// What was said. May be empty: a picture alone, or an empty text.
    pub body: String,
    /// How many pictures or files came along, which we do not open.
    pub media: u32,
    /// When it was sent, where the provider says so.
    pub sent_at: Option<Timestamp>,
    /// What the provider has taken it for and answered, if it says so.
    pub handled: Option<Handled>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Text").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a provider took a text for, has acted on and has answered, whatever the words are: in any
/// language that its owner has told it.
///
/// Twilio says so as `OptOutType` (<https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out>),
/// Plivo as `MessageIntent` (<https://www.plivo.com/docs/messaging/api/message/handling-incoming>).
/// Vonage's Opt-Out Assist, AWS's keywords and MessageCentral put no such word into their calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handled {
    /// The person is to be texted no more.
    Stop,
    /// The person may be texted again.
    Start,
    /// The person was told who this is.
    Help,
}

impl Handled {
    /// What a provider's own word says that it did: Twilio's `OptOutType`, Plivo's `MessageIntent`.
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "stop" | "optout" => Some(Self::Stop),
            "start" | "optin" => Some(Self::Start),
            "help" => Some(Self::Help),
            _ => None,
        }
    }
}

/// A provider's later word about a message that it accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message, as [`crate::Provider::send`] returned it.
    pub message: String,
    /// The attempt that we named when we sent, where the provider gives it back.
    pub attempt: Option<String>,
    /// Which part of the message it is about, where the provider reports on parts of long messages.
    pub part: Option<Part>,
    /// What the raw status means.
    pub status: Status,
    /// The provider's own word for it.
    pub raw_status: String,
    /// The provider's own code, for a failure.
    pub code: Option<String>,
    /// Whether it failed because the person told the provider to stop.
    pub opted_out: bool,
}

/// A part of a message that is too long for one. The message is as good as its worst part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// Which one, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

/// What is known of a message, from least to most. The status of an attempt is the highest seen,
/// whatever order reports come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Stored, about to be handed over, or being handed over.
    Sending,
    /// Handed over without a readable answer.
    Unknown,
    /// The provider took it and gave an id. No evidence of anything further.
    Accepted,
    /// The provider handed it to a carrier. No evidence that it arrived.
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
