//! One text by hand: `textback send +12025550143 "hello"`.

use agent::Turn as Entry;
use conversations::{Attempt, Store};
use host::Error;
use settings::Settings;
use sms::SendError;
use telemetry::TraceId;

use crate::by_hand;

/// Tries the configured providers in order until one accepts the text, and prints the answer of
/// each. Fails if none did, or if the outcome is unknown.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, to: String, body: String) -> Result<(), Error> {
    let to = by_hand::number(&settings, &to)?;
    let public_url = host::public_url(&settings)?;
    let providers = providers::configured_or_pretended(&settings, &public_url)?;
    let store = Store::open(&settings)?;
    by_hand::may_send(&store).await?;
    let trace = TraceId::fresh();
    // The mock only sends to people who came through the mock.
    let via = if providers.names() == [sms::PRETENDED] { sms::PRETENDED } else { "" };
    for provider in providers.answering(via) {
        let name = provider.name();
        let attempt = by_hand::attempt(&store, Attempt::name(&trace), &trace, provider, &to, &body);
        let made = by_hand::make(&attempt, &store, provider, providers.http()).await?;
        let Some(outcome) = made else {
            return Err("this person has said STOP: nothing was sent".into());
        };
        if let Ok(_) | Err(SendError::Unknown { .. }) = outcome {
            // The agent learns of it if it talks to this person; that gives nothing back to it.
            let said = Entry::ByHand { text: body.clone(), at: attempt.at };
            let (id, said) = (&attempt.conversation, serde_json::to_value(said)?);
            if let Err(error) = store.say_by_hand(id, &said, attempt.at).await {
                println!("The agent is not told of it: {error}");
            }
        }
        match outcome {
            Ok(id) => {
                let segments = attempt.segments;
                println!("{name}: accepted as {id}, {segments} segment(s), trace {trace}");
                println!("Accepted is not delivered: wait for a receipt, or look at the phone.");
                return Ok(());
            }
            Err(error) => {
                println!("{name}: {error}");
                if let Some(known) = providers.explain(name, error.code()) {
                    println!("  {known}");
                }
                match error {
                    SendError::Refused { .. } => {}
                    SendError::Unknown { .. } => {
                        return Err(format!(
                            "it may have been sent, so no other provider was tried: look it up in \
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
