//! The mock: a provider whose phone is in the console, and whose texts reach nobody.

#[cfg(test)]
mod table;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, header};
use serde::Deserialize;
use serde_json::json;

use sms::{
    Check, Code, Event, Finding, Http, Longest, Number, Outgoing, PRETENDED, Provider, Receipt,
    SendError, Status, Text, Verified, WebhookError,
};

use crate::entry::{Bring, Console, Entry, Setting};
use crate::{Role, address, boxed};

use Role::{Describing, Polling, Receiving, Sending};

/// Its description.
pub(crate) const ENTRY: Entry = Entry {
    name: PRETENDED,
    company: "Mock",
    settings: &[Setting::new(
        SWITCH,
        &[Receiving, Sending, Polling, Describing],
        "the mock provider; on by default in `textback` if no other is configured. It takes texts \
         from anybody whom the console lets in, and they never go by another provider",
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

/// The mock. It accepts everything, and delivers nothing.
///
/// Its webhook takes JSON: `{"from", "to", "text", "id"}` for a text, of which `to` and `id` may be
/// left out, and `{"message", "attempt", "status", "code"}` for a receipt. It verifies nothing:
/// whoever accepts its calls has to know where they come from.
#[derive(Clone)]
pub struct Mock;

/// What is wrong with a sender's number.
const WHOSE: &str = "`from` is not a telephone number: write it with + and the country code";

#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Text { from: String, to: Option<String>, text: String, id: Option<String> },
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

    /// Callers in its place may leave it out.
    fn names_attempts(&self) -> bool {
        false
    }

    async fn diagnose(&self, _http: &Http) -> Vec<Finding> {
        vec![Finding::works(Check::Account, "the mock: its texts reach nobody")]
    }

    async fn verify(&self, _http: &Http, _call: Request<Bytes>) -> Result<Verified, WebhookError> {
        Err(WebhookError::Unsigned)
    }

    fn parse(&self, call: &Verified) -> Result<Vec<Event>, WebhookError> {
        let event = match serde_json::from_slice(call.body()) {
            Ok(Call::Text { from, to, text, id }) => Event::Text(Text {
                id,
                from: Number::parse(&from).map_err(|_| WebhookError::Malformed(WHOSE))?,
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
                raw_status: status,
                code,
                opted_out: false,
                charge: None,
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
