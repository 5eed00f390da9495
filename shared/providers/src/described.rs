//! A provider that is only described: its name, sender and codes.

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use sms::{Code, Event, Http, Longest, Outgoing, Provider, SendError, Verified, WebhookError};

use crate::Entry;

/// A provider without its keys. It sends nothing, and verifies no call.
pub(crate) struct Described {
    pub(crate) entry: &'static Entry,
    pub(crate) sender: String,
}

#[async_trait]
impl Provider for Described {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn sender(&self) -> &str {
        &self.sender
    }

    fn codes(&self) -> &'static [Code] {
        self.entry.codes
    }

    fn longest(&self) -> Longest {
        // Nothing is sent through it.
        Longest::ANY
    }

    async fn send(&self, _http: &Http, _message: &Outgoing) -> Result<String, SendError> {
        Err(SendError::Refused { code: "no key".into() })
    }

    async fn verify(&self, _http: &Http, _call: Request<Bytes>) -> Result<Verified, WebhookError> {
        Err(WebhookError::Unverifiable("there is no key here"))
    }

    fn parse(&self, _call: &Verified) -> Result<Vec<Event>, WebhookError> {
        Ok(vec![])
    }
}
