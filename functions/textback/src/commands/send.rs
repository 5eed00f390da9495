//! One text by hand: `textback send +12025550143 "hello"`.

use agent::{Page, Turn as Entry};
use clap::Args;
use conversations::{Attempt, OrderKind, Store};
use host::Error;
use hours::{Permission, Place, QuietHours};
use jiff::Timestamp;
use settings::Settings;
use sms::{Number, SendError};
use telemetry::TraceId;

use super::orders::{self, Who};
use crate::by_hand;

/// The options of `send`.
#[derive(Args)]
pub(crate) struct Asked {
    /// The number to text, as +12025550143 or as it is dialled locally
    to: String,
    /// What to say
    text: String,
    /// Send it even if it is night where they are and they have not just texted
    #[arg(long)]
    at_night: bool,
    /// Say it in a conversation with the agent, in the name of an operator, who has the conversation from
    /// then on. A running textback sends it
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Do so although this colleague has the conversation
    #[arg(long, value_name = "NAME", requires = "name")]
    from: Option<String>,
}

/// Sends it in a conversation, or outside of any, and prints what became of it. Fails if nobody accepted it,
/// or if the outcome is unknown.
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let Asked { to, text: body, at_night, name, from } = asked;
    let to = by_hand::number(&settings, &to)?;
    match name {
        None => by_providers(&settings, &to, &body, at_night).await,
        Some(name) => {
            let said = OrderKind::Say { words: body, at_night };
            orders::give(&Store::open(&settings)?, &to, Who { name, from }, said).await
        }
    }
}

/// Tries the configured providers in order until one accepts the text.
#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn by_providers(
    settings: &Settings,
    to: &Number,
    body: &str,
    at_night: bool,
) -> Result<(), Error> {
    let public_url = host::public_url(settings)?;
    let providers = providers::configured_or_pretended(settings, &public_url)?;
    let store = Store::open(settings)?;
    by_hand::may_send(&store).await?;
    let (trace, costs) = (TraceId::fresh(), by_hand::Costs::from_settings(settings)?);
    // The mock only sends to people who came through the mock.
    let via = if providers.names() == [sms::PRETENDED] { sms::PRETENDED } else { "" };
    if via.is_empty() && !at_night {
        is_their_hour(settings, &store, to).await?;
    }
    for provider in providers.answering(via) {
        let name = provider.name();
        let attempt = by_hand::attempt(&store, Attempt::name(&trace), &trace, provider, to, body);
        let attempt = costs.of(attempt);
        let made = by_hand::make(&attempt, &store, provider, providers.http()).await?;
        let Some(outcome) = made else {
            return Err("this person has said STOP: nothing was sent".into());
        };
        if let Ok(_) | Err(SendError::Unknown { .. }) = outcome {
            tell_the_agent(&store, &attempt, body).await?;
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

/// The agent learns of it if it talks to this person; that gives nothing back to it.
#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn tell_the_agent(store: &Store, attempt: &Attempt, body: &str) -> Result<(), Error> {
    let said = Entry::ByHand { text: body.to_owned(), at: attempt.at, by: None };
    let (id, said) = (&attempt.conversation, serde_json::to_value(said)?);
    if let Err(error) = store.say_by_hand(id, &said, attempt.at).await {
        println!("The agent is not told of it: {error}");
    }
    Ok(())
}

/// Fails if it is night where a person is, unless they texted lately: then this answers them.
async fn is_their_hour(settings: &Settings, store: &Store, to: &Number) -> Result<(), Error> {
    let (page, now) = (Page::from_settings(settings)?, Timestamp::now());
    // Real people have one conversation, whichever provider they text through.
    let loaded = store.load(&store.names().conversation("", to), now).await?;
    if loaded.is_some_and(|loaded| now < loaded.conversation.at + page.late) {
        return Ok(());
    }
    let hours = match page.quiet_hours {
        Some(hours) => hours,
        None => QuietHours::from_settings(settings)?,
    };
    let place = Place::of(to, &page.time_zone);
    let until = match hours.permission(&place, now) {
        Permission::Now => return Ok(()),
        Permission::From(at) => format!("until {}", place.clock(at, now)),
        Permission::Never => format!("at all hours in {place}"),
    };
    let add = "nothing was sent. Add --at-night to send it all the same";
    Err(format!("it is quiet hours where this person is, {until}: {add}").into())
}
