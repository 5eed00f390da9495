//! Attempts that a person made by hand, outside any conversation.

use agent::Page;
use business::Business;
use conversations::{Attempt, Reply, StatusUpdate, Store, Unavailable};
use host::Error;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Caps;
use settings::Settings;
use sms::{Http, Number, Provider, SendError};
use telemetry::TraceId;
use turn::Money;

/// What is said where nothing may be sent.
pub(crate) const NOT_ALLOWED: &str = "nothing may be sent from this store: it was restored without knowing \
                                      who has stopped since the backup. Enter the opt-out lists of your providers \
                                      (`textback restore --opt-outs LIST`), then run \
                                      `textback restore --opt-outs-imported`";

/// Fails if the store does not know who has stopped. One that cannot be read says so when it is used.
pub(crate) async fn may_send(store: &Store) -> Result<(), Error> {
    match store.knows_opt_outs().await {
        Ok(false) => Err(NOT_ALLOWED.into()),
        Ok(true) | Err(_) => Ok(()),
    }
}

/// What texts by hand cost, and by which calendar that is counted.
pub(crate) struct Costs {
    money: Money,
    zone: TimeZone,
}

impl Costs {
    /// By the prices and the time zone in the settings.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Self, Error> {
        let money = Money::from_settings(settings, Caps::from_settings(settings)?)?;
        Ok(Self { money, zone: Page::from_settings(settings)?.time_zone })
    }

    /// The attempt with what it costs.
    pub(crate) fn of(&self, attempt: Attempt) -> Attempt {
        self.money.pay_for(attempt, &self.zone)
    }
}

/// An attempt to send these words by this provider, begun now.
pub(crate) fn attempt(
    store: &Store,
    id: String,
    trace: &TraceId,
    provider: &dyn Provider,
    to: &Number,
    body: &str,
) -> Attempt {
    let (name, now) = (provider.name(), Timestamp::now());
    let reply = Reply::alone(body, trace, now);
    let by = (name, provider.sender(), None);
    let whose = store.names().conversation(name, to);
    let attempt = Attempt::begin(id, &whose, by, to, reply, now);
    Attempt { detached: true, ..attempt }
}

/// Makes an attempt. It is stored before its request leaves, and its outcome afterwards. `None`:
/// the person has opted out, and nothing was sent.
pub(crate) async fn make(
    attempt: &Attempt,
    store: &Store,
    provider: &dyn Provider,
    http: &Http,
) -> Result<Option<Result<String, SendError>>, Unavailable> {
    if !store.begin(attempt).await? {
        return Ok(None);
    }
    let outcome = provider.send(http, &attempt.outgoing()).await;
    let now = Timestamp::now();
    store.conclude(attempt, StatusUpdate::of_outcome(attempt, &outcome, now)).await?;
    if let Err(SendError::OptedOut { code }) = &outcome {
        store.stop_refused(attempt, code, now).await?;
    }
    Ok(Some(outcome))
}

/// Reads a number that was typed at this machine, where national numbers are read as in the
/// business's country, or in that of our first number.
pub(crate) fn number(settings: &Settings, typed: &str) -> Result<Number, Error> {
    let business = Business::from_settings(settings)?;
    let home = match business.is_sample {
        true => providers::numbers(settings).into_iter().next(),
        false => Some(business.number),
    };
    Ok(dialling::parse(typed, home.as_ref())?)
}
