//! What a turn may spend: reserved before the model is asked, and booked once it is known.
//!
//! | when | what is stored in the commit that there is anyway |
//! |---|---|
//! | a run is taken up | what the turn can cost is reserved, in a shard of the account |
//! | its outcome is stored | the reservation ends, and what the model and the first attempt cost is booked |
//! | an attempt was not taken | what it would have cost is given back |
//!
//! A process that dies in between leaves the reservation, which counts for a day.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use agent::{Agent, OpenAi};
use conversations::budget::{Booking, Payer, Period, Reservation, Shard};
use conversations::{Change, Loaded, Unavailable};
use money::{Amount, Basis, Caps, ModelPrice, Prices};
use policy::Country;
use serde_json::json;
use settings::{Names, Settings, SettingsError};
use sms::Number;
use url::Url;

use crate::edit::Draft;
use crate::gate::size;
use crate::run::Run;
use crate::{Turn, Wake};

/// The part of each cap, one in so many, that is kept back for what is said at it.
const KEPT_BACK: i64 = 20;

/// What is reserved for a turn without a cap, in so many times its least cost.
const UNCAPPED: u64 = 20;

/// A cap that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cap {
    Turn,
    PersonDay,
    Day,
    OwnerDay,
    Month,
    Total,
}

impl Cap {
    /// Its setting.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Turn => "CAP_TURN",
            Self::PersonDay => "CAP_PERSON_DAY",
            Self::Day => "CAP_DAY",
            Self::OwnerDay => "CAP_OWNER_DAY",
            Self::Month => "CAP_MONTH",
            Self::Total => "CAP_TOTAL",
        }
    }
}

/// What the drafts of a turn have cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bill {
    /// What the model charges for them.
    pub(crate) spent: Amount,
    /// Whether money is reserved for them.
    pub(crate) is_open: bool,
}

/// Whether a turn's money was found.
pub(crate) enum Found {
    /// In the shard that was loaded: this much.
    Enough(Amount),
    /// Not in this shard. Another may have it.
    Elsewhere,
    /// Nowhere, because of this cap.
    Capped(Cap),
}

/// The money of an installation.
#[derive(Clone, Debug)]
pub struct Money {
    /// The prices that apply.
    pub prices: Prices,
    /// The most that may be spent.
    pub caps: Caps,
    /// The minute in which this process last looked at what is left of them all.
    pub(crate) looked: Arc<AtomicI64>,
}

impl Money {
    /// What [`Money::from_settings`] reads.
    pub const SETTINGS: [Names; 2] = [Prices::SETTINGS, Caps::SETTINGS];

    /// The prices and caps as configured.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let (prices, caps) = (Prices::from_settings(settings)?, Caps::from_settings(settings)?);
        Ok(Self { prices, caps, looked: Arc::default() })
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

    /// What it costs to text so many segments to a number.
    pub(crate) fn attempt(&self, provider: &str, to: &Number, segments: usize) -> Amount {
        if to.is_for_tests() {
            return Amount::ZERO;
        }
        let country = Country::of(to).map(|country| country.to_string()).unwrap_or_default();
        self.prices.segment(provider, &country).cost(segments as u64)
    }

    /// Who pays for a run.
    fn payer(&self, run: &Run) -> Payer {
        if run.is_pretended() { Payer::Owner } else { self.people() }
    }

    /// The account for real people.
    pub fn people(&self) -> Payer {
        Payer::People(u32::try_from(self.caps.shards()).unwrap_or(1))
    }

    /// What a shard has left for turns, and the cap that leaves no more.
    fn left(&self, shard: &Shard, period: Period, is_owner: bool) -> (Amount, Cap) {
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

impl Turn {
    /// The lines that are missing in `PRICES_FILE`: for the model, and for texts of each provider to the
    /// country of its number.
    pub fn missing_prices(&self) -> Vec<String> {
        let prices = &self.bounds.money.prices;
        let model = self.agent.price.iter().map(|price| price.basis.clone());
        let texts = self.providers.iter().filter_map(|provider| {
            let country = Country::of(&provider.number()?)?.to_string();
            Some(prices.segment(provider.name(), &country).basis)
        });
        let missing = model.chain(texts).filter_map(|basis| match basis {
            Basis::Assumed { line } => Some(line),
            Basis::Listed { .. } | Basis::Free => None,
        });
        missing.collect()
    }
}

impl<'a> Wake<'a> {
    /// The period of now, in the time zone of the business.
    pub(crate) fn period(&self) -> Period {
        Period::of(self.clock.now(), &self.turn.agent.page.time_zone)
    }

    /// The least that a useful answer to a run costs: a short one in one segment.
    fn least(&self, loaded: &Loaded, run: &Run) -> Amount {
        let provider = run.texts.last().map_or("", |text| text.provider.as_str());
        let money = &self.turn.bounds.money;
        let segment = money.attempt(provider, &loaded.conversation.theirs, 1);
        let model = self.turn.agent.least_cost(size(&loaded.conversation));
        model.saturating_add(segment)
    }

    /// Whether anything that the run needs has a price that nobody listed. Such a price stops nothing,
    /// unless the owner has set a cap.
    pub(crate) fn is_assumed(&self, loaded: &Loaded, run: &Run) -> bool {
        let money = &self.turn.bounds.money;
        let model = self.turn.agent.price.as_ref().is_some_and(|price| price.basis.is_assumed());
        let country = Country::of(&loaded.conversation.theirs).map(|it| it.to_string());
        let country = country.unwrap_or_default();
        let texts = run
            .texts
            .last()
            .is_some_and(|text| money.prices.segment(&text.provider, &country).basis.is_assumed());
        (model || texts) && !money.caps.set_by_owner
    }

    /// Looks for the money of a run: what one turn may cost, or what is left of it.
    pub(crate) fn find_money(&self, loaded: &Loaded, run: &Run) -> Found {
        let least = self.least(loaded, run);
        if least == Amount::ZERO {
            return Found::Enough(Amount::ZERO);
        }
        let (money, period) = (&self.turn.bounds.money, self.period());
        let payer = money.payer(run);
        let Some(shard) = loaded.shard.as_ref().filter(|shard| shard.is_of(payer)) else {
            return Found::Elsewhere;
        };
        let stops = !self.is_assumed(loaded, run);
        let most = money.caps.turn.unwrap_or_else(|| least.times(UNCAPPED));
        let person = match (payer, money.caps.person_day) {
            (Payer::People(_), Some(cap)) => {
                cap.saturating_sub(loaded.conversation.account.spent_today(period))
            }
            _ => Amount::MAX,
        };
        let (left, _) = money.left(shard, period, payer == Payer::Owner);
        let amount = most.min(person).min(left);
        match () {
            () if amount >= least => Found::Enough(amount),
            () if !stops => Found::Enough(amount.max(Amount::ZERO)),
            () if most < least => Found::Capped(Cap::Turn),
            () if person < least => Found::Capped(Cap::PersonDay),
            () => Found::Elsewhere,
        }
    }

    /// Looks into all shards for one that has the money of a run, and loads it. If none has, returns the
    /// cap that is reached.
    pub(crate) async fn look_elsewhere(
        &self,
        loaded: &mut Loaded,
        run: &Run,
    ) -> Result<Option<Cap>, Unavailable> {
        let (money, period, store) = (&self.turn.bounds.money, self.period(), &self.turn.store);
        let payer = money.payer(run);
        let is_owner = payer == Payer::Owner;
        let mut shards = store.shards(payer).await?;
        if !shards.iter().all(|shard| shard.is_of(payer)) {
            store.divide(payer).await?;
            shards = store.shards(payer).await?;
        }
        let fullest = shards.iter().max_by_key(|shard| money.left(shard, period, is_owner).0);
        let Some(shard) = fullest else { return Ok(Some(Cap::Total)) };
        let (left, cap) = money.left(shard, period, is_owner);
        let is_capped = left < self.least(loaded, run) && !self.is_assumed(loaded, run);
        loaded.shard = Some(shard.clone());
        Ok(is_capped.then_some(cap))
    }

    /// Reserves the money of a run, as part of the commit that takes it up.
    pub(crate) fn reserve(&self, loaded: &Loaded, draft: &mut Draft<'a>, amount: Amount) {
        let Some(shard) = loaded.shard.as_ref().filter(|_| amount > Amount::ZERO) else { return };
        let period = self.period();
        let account = &mut draft.next.account;
        if let Some(lost) = account.reserved.take() {
            // Its process died, and nobody knows what it spent.
            account.spend(lost.amount, period);
        }
        account.reserved = Some(Reservation::of(shard, amount, period));
        draft.changes.push(Change::Reserved(shard.clone(), amount, period));
    }

    /// What may be spent on the model for a run that was taken up: what was reserved, without the
    /// segments of the reply; and how many of these there may be.
    pub(crate) fn allowance(
        &self,
        loaded: &Loaded,
        run: &Run,
        bill: Bill,
    ) -> (Option<Amount>, Option<u32>) {
        let reserved = loaded.conversation.account.reserved.as_ref();
        let Some(reserved) = reserved.filter(|_| !self.is_assumed(loaded, run)) else {
            return (None, None);
        };
        let provider = run.texts.last().map_or("", |text| text.provider.as_str());
        let theirs = &loaded.conversation.theirs;
        let most = self.turn.agent.page.segments;
        let cost =
            |segments: u32| self.turn.bounds.money.attempt(provider, theirs, segments as usize);
        let least = self.turn.agent.least_cost(size(&loaded.conversation));
        let amount = reserved.amount.saturating_sub(bill.spent);
        let left = amount.saturating_sub(least);
        let segments = (1..=most).rev().find(|segments| cost(*segments) <= left).unwrap_or(1);
        (Some(amount.saturating_sub(cost(segments))), Some(segments))
    }

    /// Pays for drafts of which nothing came.
    pub(crate) async fn pay(&self, loaded: &mut Loaded, bill: Bill) -> Result<(), Unavailable> {
        if !bill.is_open {
            return Ok(());
        }
        let reserved = loaded.conversation.account.reserved.clone();
        self.edit(loaded, |loaded| {
            // Another process may have taken the texts up since.
            let is_ours = loaded.conversation.account.reserved == reserved;
            Some(Draft::of(loaded).paying(Bill { is_open: is_ours, ..bill }))
        })
        .await?;
        Ok(())
    }

    /// Adds to a draft what it books, and what the conversation has cost so far.
    pub(crate) fn book(&self, draft: &mut Draft<'a>) {
        let (period, spent) = (self.period(), draft.spent);
        let account = &mut draft.next.account;
        let released = account.reserved.take_if(|_| draft.settles);
        if released.is_none() && spent == Amount::ZERO {
            return;
        }
        account.spend(spent, period);
        account.cost = account.cost.saturating_add(spent);
        let cost = account.cost;
        for change in &mut draft.changes {
            match change {
                Change::Ended(ended) => {
                    ended.cost = cost;
                    account.cost = Amount::ZERO;
                }
                Change::Effect(effect) => {
                    let currency = self.turn.bounds.money.caps.currency.to_string();
                    let cost = json!({ "amount": cost.to_string(), "currency": currency });
                    effect.payload["cost"] = cost;
                }
                _ => {}
            }
        }
        let reserved_in = released.as_ref().map(|it| it.shard.as_str());
        let shard = match reserved_in {
            Some("owner") => "owner".to_owned(),
            other => self.turn.bounds.money.people().shard(other),
        };
        draft.changes.push(Change::Booked(Booking { shard, period, spent, released }));
    }
}
