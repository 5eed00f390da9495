//! The messages that AWS publishes to our topics: texts, and events about ours.

use bytes::Bytes;
use http::Request;
use money::Amount;
use serde_json::{Map, Value};
use sms::{Charge, Event, Receipt, Status, Text, WebhookError};

use super::ATTEMPT;
use super::sns::Envelope;
use crate::channel;
use crate::digits::plus_or_none;
use crate::fields;

/// The currency of all prices.
const DOLLARS: &str = "USD";

pub(super) fn envelope(call: &Request<Bytes>) -> Option<Envelope> {
    serde_json::from_slice(call.body()).ok()
}

/// Parses the text of a notification, for a provider with this sender.
pub(super) fn published(message: &str, sender: &str) -> Result<Vec<Event>, WebhookError> {
    const NEITHER: WebhookError = WebhookError::Unreadable("neither a text nor an event");
    let published: Map<String, Value> = serde_json::from_str(message).map_err(|_| NEITHER)?;
    let get = |name: &str| published.get(name).and_then(fields::text);
    if let Some(id) = get("inboundMessageId") {
        return Ok(vec![Event::Text(Text {
            id: Some(id),
            from: channel::person(get("originationNumber").as_deref(), plus_or_none)?,
            to: texted(get("destinationNumber"), sender),
            body: get("messageBody").unwrap_or_default(),
            media: media(&published),
            sent_at: None,
            handled: None,
        })]);
    }
    let (word, message) = get("eventType").zip(get("messageId")).ok_or(NEITHER)?;
    // From another program that uses the same configuration set.
    if !word.starts_with("TEXT_") {
        return Ok(vec![]);
    }
    let status = meaning(&word).ok_or(WebhookError::Unreadable("an unknown event"))?;
    let attempt = published.get("context").and_then(|context| context[ATTEMPT].as_str());
    Ok(vec![Event::Receipt(Receipt {
        message,
        attempt: attempt.map(str::to_owned),
        part: None,
        status,
        code: status.is_failure().then(|| word.clone()),
        raw_status: word,
        opted_out: false,
        charge: charge(get("totalMessagePrice"), get("totalCarrierFee")),
    })])
}

/// The price of all parts with the fees of the carrier, in dollars:
/// <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>.
fn charge(price: Option<String>, fee: Option<String>) -> Option<Charge> {
    let price = Charge::parse(&price?, DOLLARS)?;
    let fee = fee.map_or(Some(Amount::ZERO), |fee| Some(Charge::parse(&fee, DOLLARS)?.amount))?;
    Some(Charge { amount: price.amount.saturating_add(fee), ..price })
}

/// Which of our numbers was texted. A name with letters is an RCS agent, which sends no SMS: a text
/// to it is answered from the configured sender.
fn texted(written: Option<String>, sender: &str) -> String {
    let number = written.filter(|written| !written.contains(char::is_alphabetic));
    channel::ours(number.as_deref(), sender, plus_or_none)
}

/// How many pictures or files came with it. AWS documents none for numbers; in RCS they are in
/// members whose names begin so (docs: rcs-inbound-media), one or a list.
fn media(published: &Map<String, Value>) -> u32 {
    let members = published.iter().filter(|(name, _)| name.starts_with("media"));
    let count = members.map(|(_, value)| match value {
        Value::Array(items) => items.len(),
        Value::Object(_) => 1,
        value => usize::from(fields::text(value).is_some()),
    });
    u32::try_from(count.max().unwrap_or(0)).unwrap_or(u32::MAX)
}

fn meaning(event: &str) -> Option<Status> {
    match event {
        // `TEXT_UNKNOWN` also comes for texts without a carrier report after three days, so it
        // shows nothing.
        "TEXT_QUEUED" | "TEXT_PENDING" | "TEXT_UNKNOWN" => Some(Status::Accepted),
        // For some countries AWS says successful and means delivered, but it does not say for
        // which.
        "TEXT_SENT" | "TEXT_SUCCESSFUL" => Some(Status::Sent),
        "TEXT_INVALID" | "TEXT_INVALID_MESSAGE" | "TEXT_PROTECT_BLOCKED" => Some(Status::Failed),
        "TEXT_UNREACHABLE"
        | "TEXT_CARRIER_UNREACHABLE"
        | "TEXT_BLOCKED"
        | "TEXT_CARRIER_BLOCKED"
        | "TEXT_SPAM"
        | "TEXT_TTL_EXPIRED" => Some(Status::Undelivered),
        "TEXT_DELIVERED" => Some(Status::Delivered),
        _ => None,
    }
}
