//! One text by hand: `textback send +12025550143 "hello"`.

use conversations::{Attempt, ConversationId, Store};
use host::Error;
use jiff::Timestamp;
use settings::Settings;
use sms::{Number, Outgoing, Providers, SendError, Status, segments};
use telemetry::TraceId;
use uuid::Uuid;

/// Asks the configured providers in their order until one accepts the text, and prints what each
/// of them said. Fails if none did, or if nobody can say.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, to: String, body: String) -> Result<(), Error> {
    let to = Number::parse(&to)?;
    let public_url = host::public_url(&settings)?;
    let providers = Providers::configured(&settings, &public_url, true)?;
    let store = Store::open(&settings)?;
    let trace = TraceId::fresh();
    // The mock carries nothing but what came by the mock.
    let via = if providers.names() == ["mock"] { "mock" } else { "" };
    let mut refused = Vec::new();
    while let Some(provider) = providers.next(via, &refused) {
        let name = provider.name();
        let attempt = Attempt {
            id: format!("{trace}-{}", &Uuid::new_v4().simple().to_string()[..8]),
            conversation: ConversationId::of(name, &to),
            trace: trace.clone(),
            provider: name.to_owned(),
            segments: segments(&body).count,
            words: vec![Status::Sending],
            message: None,
            code: None,
            at: Timestamp::now(),
        };
        if !store.begin(&attempt, &to).await? {
            return Err("this person has said STOP: nothing was sent".into());
        }
        let message = Outgoing {
            attempt: attempt.id.clone(),
            from: None,
            to: to.clone(),
            body: body.clone(),
        };
        match provider.send(providers.http(), &message).await {
            Ok(id) => {
                let message = Some((name.to_owned(), id.clone()));
                store.learn(&attempt.id, Status::Accepted, message, None).await?;
                println!(
                    "{name}: accepted as {id}, {} segment(s), trace {trace}",
                    attempt.segments
                );
                println!("Accepted is not delivered: a receipt or the phone itself will tell.");
                return Ok(());
            }
            Err(error) => {
                let status = match error {
                    SendError::Unknown { .. } => Status::Unknown,
                    _ => Status::Failed,
                };
                store.learn(&attempt.id, status, None, Some(error.code())).await?;
                println!("{name}: {error}");
                match error {
                    SendError::Refused { .. } => refused.push(name),
                    SendError::Unknown { .. } => {
                        return Err(format!(
                            "it may have been sent, so no other provider was asked: look it up in \
                             {name}'s console"
                        )
                        .into());
                    }
                    SendError::Undeliverable { .. } | SendError::OptedOut { .. } => {
                        return Err("no provider can send this".into());
                    }
                }
            }
        }
    }
    Err("no provider accepted it: nothing was sent".into())
}
