//! One text by hand: `textback send +12025550143 "hello"`.

use conversations::Store;
use host::Error;
use settings::Settings;
use sms::{Number, Outgoing, Providers, SendError, segments};
use telemetry::TraceId;
use uuid::Uuid;

use crate::by_hand;

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
        let message = Outgoing {
            attempt: format!("{trace}-{}", &Uuid::new_v4().simple().to_string()[..8]),
            from: None,
            to: to.clone(),
            body: body.clone(),
        };
        let made = by_hand::attempt(&store, provider, providers.http(), &trace, &message).await?;
        let Some(outcome) = made else {
            return Err("this person has said STOP: nothing was sent".into());
        };
        match outcome {
            Ok(id) => {
                println!(
                    "{name}: accepted as {id}, {} segment(s), trace {trace}",
                    segments(&body).count
                );
                println!("Accepted is not delivered: a receipt or the phone itself will tell.");
                return Ok(());
            }
            Err(error) => {
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
