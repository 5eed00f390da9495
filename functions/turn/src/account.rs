//! The money of an installation: prices, caps, and what is left of them.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};

use agent::{Agent, OpenAi};
use conversations::Attempt;
use conversations::budget::{Payer, Period, Shard};
use jiff::tz::TimeZone;
use money::{Amount, Cap, Caps, ModelPrice, Prices};
use policy::Country;
use settings::{Names, Settings, SettingsError};
use sms::Number;
use url::Url;

/// The part of each cap, one in so many, that is kept back for what is said at it.
const KEPT_BACK: i64 = 20;

/// The money of an installation.
#[derive(Clone, Debug)]
pub struct Money {
    /// The prices that apply.
    pub prices: Prices,
    /// The most that may be spent.
    pub caps: Caps,
    /// The minute in which this process last looked at what is left of them all.
    pub(crate) looked: Arc<AtomicI64>,
    /// What this process has told the operator of.
    told: Arc<Mutex<BTreeSet<String>>>,
}

impl Money {
    /// What [`Money::from_settings`] reads.
    pub const SETTINGS: Names = Prices::SETTINGS;

    /// The prices as configured, under these caps.
    pub fn from_settings(settings: &Settings, caps: Caps) -> Result<Self, SettingsError> {
        let prices = Prices::from_settings(settings)?;
        Ok(Self { prices, caps, looked: Arc::default(), told: Arc::default() })
    }

    /// The agent with the price of its model. A model on this machine or in a private network is free,
    /// unless the owner lists it.
    pub fn charging(&self, mut agent: Agent) -> Agent {
        agent.price = Some(self.model(&agent.model));
        agent
    }

    /// The price of a model.
    pub fn model(&self, model: &OpenAi) -> ModelPrice {
        let address = Url::parse(model.address());
        let is_local = address.is_ok_and(|address| settings::is_private(&address));
        self.prices.model(model.name(), is_local)
    }

    /// Whether this process tells the operator of something for the first time.
    pub(crate) fn is_news(&self, what: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(what.to_owned())
    }

    /// What it costs to text so many segments to a number.
    pub(crate) fn attempt(&self, provider: &str, to: &Number, segments: usize) -> Amount {
        if to.is_for_tests() {
            return Amount::ZERO;
        }
        let country = Country::of(to).map(|country| country.to_string()).unwrap_or_default();
        self.prices.segment(provider, &country).cost(segments as u64)
    }

    /// The same, if somebody has listed the price.
    pub(crate) fn listed(&self, provider: &str, to: &Number, segments: usize) -> Option<Amount> {
        let country = Country::of(to).map(|country| country.to_string()).unwrap_or_default();
        let is_listed = !self.prices.segment(provider, &country).basis.is_assumed();
        is_listed.then(|| self.attempt(provider, to, segments))
    }

    /// An attempt outside any conversation with what it costs. A price that nobody has listed counts only if
    /// the owner has set a cap, and never for what the owner tries out: it would soon reach that cap.
    pub fn pay_for(&self, attempt: Attempt, zone: &TimeZone) -> Attempt {
        let Attempt { provider, to, segments, .. } = &attempt;
        let cost = match self.listed(provider, to, *segments) {
            Some(cost) => cost,
            None if attempt.tried_out || !self.caps.set_by_owner => Amount::ZERO,
            None => self.attempt(provider, to, *segments),
        };
        Attempt { cost, booked: Some(Period::of(attempt.at, zone)), ..attempt }
    }

    /// Who pays for a run.
    pub(crate) fn payer(&self, is_pretended: bool) -> Payer {
        if is_pretended { Payer::Owner } else { self.people() }
    }

    /// The account for real people.
    pub fn people(&self) -> Payer {
        limits::people(&self.caps)
    }

    /// What a shard has left for turns, and the cap that leaves no more.
    pub(crate) fn left(&self, shard: &Shard, period: Period, is_owner: bool) -> (Amount, Cap) {
        self.left_without(shard, period, is_owner, KEPT_BACK)
    }

    /// The same with what is kept back for what is said at a cap.
    pub(crate) fn kept_back(&self, shard: &Shard, period: Period, is_owner: bool) -> Amount {
        self.left_without(shard, period, is_owner, i64::MAX).0
    }

    fn left_without(
        &self,
        shard: &Shard,
        period: Period,
        is_owner: bool,
        kept_back: i64,
    ) -> (Amount, Cap) {
        let used = shard.sums(period);
        let part = |cap: Option<Amount>, spent: Amount| match cap {
            None => Amount::MAX,
            Some(cap) => {
                let part = if is_owner { cap } else { self.caps.share(cap) };
                let open = part.billionths() - part.billionths() / kept_back;
                let open = Amount::from_billionths(open);
                open.saturating_sub(spent).saturating_sub(used.held)
            }
        };
        let all = match is_owner {
            true => vec![(part(self.caps.owner_day, used.day), Cap::OwnerDay)],
            false => vec![
                (part(self.caps.total, used.total), Cap::Total),
                (part(self.caps.month, used.month), Cap::Month),
                (part(self.caps.day, used.day), Cap::Day),
            ],
        };
        all.into_iter().min_by_key(|(left, _)| *left).unwrap_or((Amount::MAX, Cap::Total))
    }
}
