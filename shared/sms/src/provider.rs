//! The contract that every provider fulfils.

use std::ops::Deref;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;

use crate::gsm::PART;
use crate::number::NATIONAL;
use crate::{Code, Event, Finding, Glimpse, Http, Number, Receipt, SendError, WebhookError};
use crate::{glimpse, toll_free};

/// The name of the provider whose texts reach nobody. It appears in settings, addresses and the
/// store.
pub const PRETENDED: &str = "mock";

/// Whether the provider of this name, configured or not, is the mock.
pub fn is_pretended(name: &str) -> bool {
    name == PRETENDED
}

/// A company that carries our text messages.
///
/// An implementation is settings plus translation: it turns an [`Outgoing`] message into that
/// company's requests, and that company's webhook calls into [`Event`]s.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name used in webhook paths, settings and logs: lower case, no spaces.
    fn name(&self) -> &'static str;

    /// The number, name or pool that a text is sent from, unless it names another.
    fn sender(&self) -> &str;

    /// The meaning of the provider's codes, for our decisions and for people.
    fn codes(&self) -> &'static [Code];

    /// The longest text that the provider accepts. A longer one is refused as a whole.
    fn longest(&self) -> Longest;

    /// Dispatches one message, and returns the id that the provider will use for it in receipts.
    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError>;

    /// Verifies that a webhook call came from the provider. Nothing else makes a call [`Verified`].
    ///
    /// Contacts the provider only for what its signatures need, such as a certificate.
    async fn verify(&self, http: &Http, call: Request<Bytes>) -> Result<Verified, WebhookError>;

    /// Parses what a verified call reports.
    ///
    /// An empty list means that the call was understood but reports nothing we use; answer it with
    /// a success, or the provider will keep repeating it.
    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError>;

    /// The body of a verified call as it may be kept: without signatures, and without anything that
    /// lets somebody act for us. It parses as before.
    fn keepable(&self, body: &Bytes) -> Bytes {
        body.clone()
    }

    /// Does the work that a later [`Provider::send`] would have to wait for, such as fetching a
    /// token.
    ///
    /// Cheap when there is nothing to do. A failure is not reported: `send` will run into it again.
    async fn prepare(&self, _http: &Http) {}

    /// Looks for a message that was dispatched without a readable answer, no earlier than `since`.
    async fn find(
        &self,
        _http: &Http,
        _message: &Outgoing,
        _since: Timestamp,
    ) -> Result<Found, SendError> {
        Ok(Found::CannotAsk)
    }

    /// Asks for the status of a message that was accepted under this id at about this time.
    async fn poll(
        &self,
        _http: &Http,
        _id: &str,
        _message: &Outgoing,
        _at: Timestamp,
    ) -> Result<Found, SendError> {
        Ok(Found::CannotAsk)
    }

    /// Checks what the provider shows about our account. Changes nothing there.
    async fn diagnose(&self, _http: &Http) -> Vec<Finding> {
        vec![]
    }

    /// Whether the provider, or the network behind it, answers this text to that number or name
    /// itself, as some do with STOP, START and HELP, so that we must not.
    fn answers(&self, body: &str, to: &str) -> bool {
        toll_free::answers(body, to)
    }

    /// A number as the provider writes it in its calls, if it is complete: with a plus, the
    /// international prefix, or more digits than a national number has.
    fn whole_number(&self, written: &str) -> Option<Number> {
        let digits = written.strip_prefix("00").unwrap_or(written);
        match written.starts_with('+') || (digits == written && digits.len() <= NATIONAL) {
            true => Number::parse(written).ok(),
            false => Number::parse(&format!("+{digits}")).ok(),
        }
    }

    /// The texts that can be recognised in a verified call that was not understood, if their words
    /// are `wanted` or the provider took them for a keyword.
    fn glimpse(&self, call: &Request<Bytes>, wanted: &dyn Fn(&str) -> bool) -> Vec<Glimpse> {
        glimpse::texts(call, |written| self.whole_number(written), wanted)
    }

    /// Whether the provider documents the calls that bring texts: that an id names one text, and
    /// that no report looks like one.
    fn documents_texts(&self) -> bool {
        true
    }

    /// Whether receipts name their attempt, so that none has to wait until we know the provider's
    /// id.
    fn names_attempts(&self) -> bool {
        true
    }

    /// The body of a success that the provider expects as the answer to a webhook call.
    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement { content_type: "text/plain", body: "" }
    }
}

impl dyn Provider + '_ {
    /// Our number, if texts are sent from one and can be sent to it. `None` for a name or a pool,
    /// or for the mock.
    pub fn number(&self) -> Option<Number> {
        Number::parse(self.sender()).ok().filter(|number| !number.is_for_tests())
    }
}

/// A webhook call that was verified to come from its provider.
#[derive(Clone)]
pub struct Verified(Request<Bytes>);

impl Verified {
    /// A call that its provider has just verified.
    pub fn new(call: Request<Bytes>) -> Self {
        Self(call)
    }

    /// An unsigned call of an admitted caller: see [`WebhookError::Unsigned`].
    pub fn admitted(call: Request<Bytes>) -> Self {
        Self(call)
    }

    /// A call that was verified when it came, and has been stored since.
    pub fn stored(call: Request<Bytes>) -> Self {
        Self(call)
    }
}

impl Deref for Verified {
    type Target = Request<Bytes>;

    fn deref(&self) -> &Request<Bytes> {
        &self.0
    }
}

/// One message to dispatch. `Debug` prints neither number nor words.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The attempt. Unique; a provider that can returns it in receipts.
    pub attempt: String,
    /// Which of this provider's numbers to send from, if the person texted it. Otherwise the
    /// provider's configured sender is used.
    pub from: Option<String>,
    /// The recipient.
    pub to: Number,
    /// What is said.
    pub body: String,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outgoing").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// The longest text, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longest {
    /// If all are in the GSM alphabet.
    pub plain: usize,
    /// Otherwise.
    pub wide: usize,
}

impl Longest {
    /// Without a limit.
    pub const ANY: Self = Self::of(usize::MAX);

    /// The same in every alphabet.
    pub const fn of(characters: usize) -> Self {
        Self { plain: characters, wide: characters }
    }

    /// How many segments fit, whatever their contents.
    pub fn segments(self) -> usize {
        (self.plain / PART.0).min(self.wide / PART.1)
    }
}

/// What a provider knows about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was accepted, and this is its status. Equivalent to a receipt.
    Known(Receipt),
    /// The provider does not have it.
    Absent,
    /// The provider offers no way to ask.
    CannotAsk,
}

/// The answer to a provider whose call was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body itself.
    pub body: &'static str,
}
