//! What playing may cost: it is paid from the account for what the owner tries out.

use agent::Allowance;
use conversations::Store;
use conversations::budget::{Booking, Payer, Period, Reservation, Shard};
use host::Error;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::{Amount, Cap};
use settings::Settings;
use turn::Money;

use super::stage::Stage;

/// What is reserved for an answer without a cap, in so many times its least cost.
const UNCAPPED: u64 = 20;

/// The account, under its caps.
pub(super) struct Purse {
    /// `None`: the model charges nothing.
    store: Option<Store>,
    money: Money,
    zone: TimeZone,
    /// Whether a cap stops anything: a price that nobody has listed stops nothing, unless the owner has set
    /// a cap.
    stops: bool,
}

/// Money for one answer.
pub(super) struct Taken {
    pub(super) allowance: Allowance,
    /// The setting of the cap that leaves no more.
    pub(super) cap: &'static str,
    reserved: Option<Reservation>,
    period: Period,
}

impl Purse {
    pub(super) async fn of(settings: &Settings, stage: &Stage) -> Result<Self, Error> {
        let Stage { agent, money } = stage;
        let store = if agent.is_free() { None } else { Some(Store::open(settings)?) };
        let is_assumed = agent.price.as_ref().is_some_and(|price| price.basis.is_assumed());
        let purse = Self {
            store,
            money: money.clone(),
            zone: agent.page.time_zone.clone(),
            stops: !is_assumed || money.caps.set_by_owner,
        };
        if let Some(store) = &purse.store {
            store.documents().check().await?;
            store.divide(Payer::Owner, purse.period()).await?;
        }
        Ok(purse)
    }

    fn period(&self) -> Period {
        Period::of(Timestamp::now(), &self.zone)
    }

    /// How much of `CAP_OWNER_DAY` is left today. `None`: nothing stops.
    pub(super) async fn left(&self) -> Result<Option<Amount>, Error> {
        let Some(store) = self.store.as_ref().filter(|_| self.stops) else { return Ok(None) };
        let shard = store.shard(Payer::Owner).await?;
        Ok(self.left_in(&shard, self.period()))
    }

    fn left_in(&self, shard: &Shard, period: Period) -> Option<Amount> {
        let used = shard.sums(period);
        let cap = self.money.caps.owner_day.filter(|_| self.stops)?;
        Some(cap.saturating_sub(used.day).saturating_sub(used.held))
    }

    /// Reserves the money for an answer that costs at least this.
    pub(super) async fn take(&self, least: Amount) -> Result<Taken, Error> {
        let period = self.period();
        let Some(store) = self.store.as_ref().filter(|_| self.stops) else {
            let allowance = Allowance::default();
            return Ok(Taken { allowance, cap: Cap::Turn.setting(), reserved: None, period });
        };
        loop {
            let shard = store.shard(Payer::Owner).await?;
            let most = self.money.caps.turn.unwrap_or_else(|| least.times(UNCAPPED));
            let left = self.left_in(&shard, period).unwrap_or(Amount::MAX);
            let amount = most.min(left);
            let cap = if most <= left { Cap::Turn } else { Cap::OwnerDay }.setting();
            if amount < least {
                return Err(reached(cap));
            }
            if let Some(reserved) = store.reserve_in(&shard, amount, period).await? {
                let allowance = Allowance { segments: None, limit: Some(amount) };
                return Ok(Taken { allowance, cap, reserved: Some(reserved), period });
            }
            store.documents().step_aside().await;
        }
    }

    /// Books what an answer cost, and lets go of the rest.
    pub(super) async fn pay(&self, taken: Taken, spent: Amount) -> Result<(), Error> {
        let Taken { reserved: released, period, .. } = taken;
        let Some(store) = self.store.as_ref() else { return Ok(()) };
        if spent == Amount::ZERO && released.is_none() {
            return Ok(());
        }
        let shard = store.shard_for(Payer::Owner, released.as_ref().map(|it| it.shard.as_str()));
        Ok(store.book(&Booking { shard, period, spent, released }).await?)
    }
}

/// Why nothing more is played.
pub(super) fn reached(cap: &str) -> Error {
    format!("the cap {cap} is reached: raise it, take a cheaper model, or play fewer with --last")
        .into()
}
