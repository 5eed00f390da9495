//! One text by hand: `textback send +12025550143 "hello"`.

use conversations::{Attempt, ConversationId, Learned, Reply, Store, Word};
use host::Error;
use jiff::Timestamp;
use settings::Settings;
use sms::{Number, Providers, SendError, Status};
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
    for provider in providers.answering(via) {
        let name = provider.name();
        let id = format!("{trace}-{}", &Uuid::new_v4().simple().to_string()[..8]);
        let conversation = ConversationId::of(name, &to);
        let reply = Reply::alone(&body, &trace, Timestamp::now());
        let by = (name, provider.sender(), None);
        let attempt = Attempt::begin(id, &conversation, by, &to, reply, Timestamp::now());
        let attempt = Attempt { apart: true, ..attempt };
        if !store.begin(&attempt).await? {
            return Err("this person has said STOP: nothing was sent".into());
        }
        let learned = |status| Learned {
            attempt: attempt.id.clone(),
            word: Word::Whole(status),
            message: None,
            code: None,
            at: Timestamp::now(),
        };
        match provider.send(providers.http(), &attempt.outgoing()).await {
            Ok(id) => {
                let message = Some((name.to_owned(), id.clone()));
                store.learn(&Learned { message, ..learned(Status::Accepted) }).await?;
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
                let code = Some(error.code().to_owned());
                store.learn(&Learned { code, ..learned(status) }).await?;
                println!("{name}: {error}");
                if let Some(known) = providers.explain(name, error.code()) {
                    println!("  {known}");
                }
                match error {
                    SendError::Refused { .. } => {}
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
