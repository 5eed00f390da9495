//! What every company that carries texts can do for us.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::{Event, Http, Number, SendError, Status, WebhookError};

/// A company that carries our text messages.
///
/// An implementation is settings plus translation: it turns an [`Outgoing`] message into that
/// company's requests, and that company's webhook calls into [`Event`]s.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name used in webhook paths, settings and logs: lower case, no spaces.
    fn name(&self) -> &'static str;

    /// Hands over one message, and returns the id the provider will use for it in receipts.
    async fn send(&self, http: &Http, message: &Outgoing) -> Result<String, SendError>;

    /// Proves that a webhook call came from the provider, then reads what it reports.
    ///
    /// An empty list means the call is genuine but tells us nothing we use; answer it with a
    /// success, or the provider will keep repeating it.
    fn receive(&self, call: &http::Request<Bytes>) -> Result<Vec<Event>, WebhookError>;

    /// Does what a coming [`Provider::send`] would have to wait for, such as fetching a token.
    ///
    /// Cheap when there is nothing to do. A failure is not reported: `send` meets it again.
    async fn prepare(&self, _http: &Http) {}

    /// Looks for a message that was handed over without a readable answer, no earlier than `since`.
    async fn find(
        &self,
        _http: &Http,
        _message: &Outgoing,
        _since: Timestamp,
    ) -> Result<Found, SendError> {
        Ok(Found::CannotAsk)
    }

    /// Whether the company itself answers this text, as some do with STOP, START and HELP, so that
    /// we must not.
    fn answers(&self, _body: &str) -> bool {
        false
    }

    /// The body of a success that the provider expects in answer to a webhook call.
    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement { content_type: "text/plain", body: "" }
    }
}

/// One message to hand over. `Debug` prints neither number nor words.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The attempt this is. Unique; a provider that can, gives it back in receipts.
    pub attempt: String,
    /// Which of this provider's numbers to send from, when the person texted that one. Otherwise
    /// the provider's configured sender is used.
    pub from: Option<String>,
    /// Who is texted.
    pub to: Number,
    /// What is said.
    pub body: String,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outgoing").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// What a provider knows of a message that we lost sight of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was accepted after all, under this id.
    Accepted {
        /// The provider's id of the message.
        id: String,
        /// What has become of it so far.
        status: Status,
    },
    /// The provider does not have it.
    Absent,
    /// The provider offers no way to ask.
    CannotAsk,
}

/// What to answer a provider whose call was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body itself.
    pub body: &'static str,
}
