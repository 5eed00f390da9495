//! A pretend provider: its phone is the console's, its texts reach nobody.

#[cfg(test)]
mod table;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, header};
use serde::Deserialize;
use serde_json::json;

use sms::{
    Check, Code, Event, Finding, Genuine, Http, Longest, Number, Outgoing, PRETENDED, Provider,
    Receipt, SendError, Status, Text, WebhookError,
};

use crate::entry::{Bring, Console, Entry, Setting};
use crate::{Role, address, boxed};

use Role::{Describing, Polling, Receiving, Sending};

/// What it says of itself.
pub(crate) const ENTRY: Entry = Entry {
    name: PRETENDED,
    company: "Mock",
    settings: &[Setting::new(
        SWITCH,
        &[Receiving, Sending, Polling, Describing],
        "the pretended provider; on by itself in `textback` when no other is configured. Its texts are \
         taken from whoever the console lets in, and nothing of it leaves by another",
    )],
    console: Console { page: "", fields: &[], method: "", token: None, fragment: "" },
    is_asked: false,
    codes: &[],
    sender: |settings| Ok((settings.switch(SWITCH)? == Some(true)).then(|| PRETENDED.to_owned())),
    build: |settings, _, _| Ok(boxed((settings.switch(SWITCH)? == Some(true)).then_some(Mock))),
    bring: Bring::Call(|_, public_url, sample| {
        let body = json!({ "from": sample.from, "text": sample.body, "id": sample.id });
        let call = Request::post(address::incoming(public_url, PRETENDED)?.as_str())
            .header(header::CONTENT_TYPE, "application/json");
        Ok(Some(call.body(body.to_string().into()).expect("an address of ours is sound")))
    }),
};

pub(crate) const SWITCH: &str = "USE_MOCK";

/// The pretend provider. It accepts everything, and carries nothing.
///
/// Its webhook takes JSON: `{"from", "to", "text", "id"}` for a text, of which `to` and `id` may be
/// left out, and `{"message", "attempt", "status", "code"}` for a receipt. It proves nothing:
/// whoever takes its calls has to know from whom.
#[derive(Clone)]
pub struct Mock;

#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Text { from: Number, to: Option<String>, text: String, id: Option<String> },
    Receipt { message: String, attempt: Option<String>, status: String, code: Option<String> },
}

#[async_trait]
impl Provider for Mock {
    fn name(&self) -> &'static str {
        PRETENDED
    }

    fn sender(&self) -> &str {
        PRETENDED
    }

    fn codes(&self) -> &'static [Code] {
        &[]
    }

    fn longest(&self) -> Longest {
        Longest::ANY
    }

    async fn send(&self, _http: &Http, message: &Outgoing) -> Result<String, SendError> {
        Ok(format!("mock-{}", message.attempt))
    }

    /// Whoever plays its part may leave it out.
    fn names_attempts(&self) -> bool {
        false
    }

    async fn diagnose(&self, _http: &Http) -> Vec<Finding> {
        vec![Finding::works(Check::Account, "a pretend provider: its texts reach nobody")]
    }

    async fn prove(&self, _http: &Http, _call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        Err(WebhookError::Unsigned)
    }

    fn read(&self, call: &Genuine) -> Result<Vec<Event>, WebhookError> {
        let event = match serde_json::from_slice(call.body()) {
            Ok(Call::Text { from, to, text, id }) => Event::Text(Text {
                id,
                from,
                to: to.unwrap_or_else(|| PRETENDED.into()),
                body: text,
                media: 0,
                sent_at: None,
                handled: None,
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
