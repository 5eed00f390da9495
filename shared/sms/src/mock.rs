//! A pretend provider: its phone is the console's, its texts reach nobody.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use serde::Deserialize;
use url::Url;

use crate::address::is_loopback;
use crate::{
    Check, Code, Event, Finding, Genuine, Http, Number, Outgoing, Provider, Receipt, SendError,
    Status, Text, WebhookError,
};

/// The pretend provider. It accepts everything, and carries nothing.
///
/// Its webhook takes JSON: `{"from", "to", "text", "id"}` for a text, of which `to` and `id` may be
/// left out, and `{"message", "attempt", "status", "code"}` for a receipt. It believes whoever can
/// reach it, except a page of somebody else's in the owner's browser.
#[derive(Clone)]
pub struct Mock {
    /// Where the console is served from.
    pub public_url: Url,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Text { from: Number, to: Option<String>, text: String, id: Option<String> },
    Receipt { message: String, attempt: Option<String>, status: String, code: Option<String> },
}

#[async_trait]
impl Provider for Mock {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn sender(&self) -> &str {
        "mock"
    }

    fn codes(&self) -> &'static [Code] {
        &[]
    }

    async fn send(&self, _http: &Http, message: &Outgoing) -> Result<String, SendError> {
        Ok(format!("mock-{}", message.attempt))
    }

    async fn diagnose(&self, _http: &Http) -> Vec<Finding> {
        vec![Finding::works(Check::Account, "a pretend provider: its texts reach nobody")]
    }

    async fn prove(&self, _http: &Http, call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        match is_json(call.headers()) && self.is_at_home(call.headers()) {
            true => Ok(Genuine::new(call)),
            false => Err(WebhookError::Forged),
        }
    }

    fn read(&self, call: &Genuine) -> Result<Vec<Event>, WebhookError> {
        let event = match serde_json::from_slice(call.body()) {
            Ok(Call::Text { from, to, text, id }) => Event::Text(Text {
                id,
                from,
                to: to.unwrap_or_else(|| "mock".into()),
                body: text,
                media: 0,
                sent_at: None,
            }),
            Ok(Call::Receipt { message, attempt, status, code }) => Event::Receipt(Receipt {
                message,
                attempt,
                part: None,
                status: meaning(&status).ok_or(WebhookError::Malformed("no such status"))?,
                word: status,
                code,
                opted_out: false,
            }),
            Err(_) => {
                return Err(WebhookError::Malformed("neither a text nor a receipt as JSON"));
            }
        };
        Ok(vec![event])
    }
}

impl Mock {
    /// A browser names the page that it acts for: ours, or one on this machine at our port.
    fn is_at_home(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Some(origin) = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()) else {
            return false;
        };
        let ours = &self.public_url;
        origin.origin() == ours.origin()
            || (is_loopback(&origin)
                && origin.port_or_known_default() == ours.port_or_known_default())
    }
}

/// A form on somebody else's page can be posted here, but not as JSON without asking us first.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn meaning(word: &str) -> Option<Status> {
    match word {
        "accepted" => Some(Status::Accepted),
        "sent" => Some(Status::Sent),
        "failed" => Some(Status::Failed),
        "undelivered" => Some(Status::Undelivered),
        "delivered" => Some(Status::Delivered),
        _ => None,
    }
}
