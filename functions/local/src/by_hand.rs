//! Attempts that belong to no conversation, because a person asked for them.

use conversations::{Attempt, ConversationId, Store, Unavailable};
use jiff::Timestamp;
use sms::{Http, Outgoing, Provider, SendError, Status, segments};
use telemetry::TraceId;

/// Hands one message to one provider. The attempt is stored before its request leaves, and what came
/// of it afterwards. `None`: the person has said STOP, and nothing was sent.
pub(crate) async fn attempt(
    store: &Store,
    provider: &dyn Provider,
    http: &Http,
    trace: &TraceId,
    message: &Outgoing,
) -> Result<Option<Result<String, SendError>>, Unavailable> {
    let name = provider.name();
    let attempt = Attempt {
        id: message.attempt.clone(),
        conversation: ConversationId::of(name, &message.to),
        trace: trace.clone(),
        provider: name.to_owned(),
        segments: segments(&message.body).count,
        words: vec![Status::Sending],
        message: None,
        code: None,
        at: Timestamp::now(),
    };
    if !store.begin(&attempt, &message.to).await? {
        return Ok(None);
    }
    let outcome = provider.send(http, message).await;
    match &outcome {
        Ok(id) => {
            let known = Some((name.to_owned(), id.clone()));
            store.learn(&attempt.id, Status::Accepted, known, None).await?;
            // A receipt may have been faster than we were.
            store.join_receipts(Some((name, id)), 10).await?;
        }
        Err(error) => {
            let status = match error {
                SendError::Unknown { .. } => Status::Unknown,
                _ => Status::Failed,
            };
            store.learn(&attempt.id, status, None, Some(error.code())).await?;
        }
    }
    Ok(Some(outcome))
}
