//! What a turn may spend: reserved before the model is asked, and booked once it is known.
//!
//! | when | what is stored in the commit that there is anyway |
//! |---|---|
//! | a run is taken up | what the turn can cost is reserved, in a shard of the account |
//! | its outcome is stored | what the model and the first attempt cost is booked, and the reservation ends, but for what a dearer provider would charge |
//! | an attempt was not taken | what it would have cost is given back |
//! | the reply was taken or given up | the rest of the reservation ends |
//!
//! A process that dies in between leaves the reservation, which counts for a day.

use agent::Allowance;
use conversations::budget::{Booking, Payer, Period, Reservation, Shard};
use conversations::{Change, Loaded, Notice, Reply, Unavailable};
use jiff::SignedDuration;
use money::{Amount, Basis, Cap};
use policy::Country;
use serde_json::json;
use sms::Number;
use telemetry::{Alarm, raise};

use crate::bill::{Bill, Found};
use crate::edit::Draft;
use crate::gate::size;
use crate::run::Run;
use crate::think::Thought;
use crate::{Turn, Wake};

/// What is reserved for a turn without a cap, in so many times its least cost.
const UNCAPPED: u64 = 20;

/// How many shards are looked into before all are.
const SOME_SHARDS: u32 = 64;

/// The minimum time between two notices that the same price is not known.
const PRICE_AGAIN: SignedDuration = SignedDuration::from_hours(24);

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
        self.least_of_model(loaded, run).saturating_add(self.dearest(loaded, run, 1))
    }

    fn least_of_model(&self, loaded: &Loaded, run: &Run) -> Amount {
        let said: usize = run.texts.iter().map(|text| text.body.len()).sum();
        self.turn.agent.least_cost(size(&loaded.conversation) + said)
    }

    /// What a reply of at most so many segments costs by the provider that was texted, or by the dearest that
    /// may have to take over: for no more than the turn may cost ([`Wake::can_pay`]), at a price that
    /// somebody has listed.
    pub(crate) fn dearest(&self, loaded: &Loaded, run: &Run, segments: u32) -> Amount {
        let (money, account) = (&self.turn.bounds.money, &loaded.conversation.account);
        let theirs = &loaded.conversation.theirs;
        let via = run.texts.last().map_or("", |text| text.provider.as_str());
        let model = self.least_of_model(loaded, run);
        let of_turn = |cap: Amount| cap.saturating_sub(account.turn).saturating_sub(model);
        let room = money.caps.turn.map_or(Amount::MAX, of_turn);
        let most = |name: &str| {
            let costs = (1..=segments).rev();
            let mut costs = costs.filter_map(|it| money.listed(name, theirs, it as usize));
            costs.find(|cost| *cost <= room)
        };
        let others = self.turn.providers.answering(via).into_iter().map(|it| it.name());
        let own = money.attempt(via, theirs, segments as usize);
        others.filter_map(most).fold(own, Amount::max)
    }

    /// The most that a turn may cost: what earlier tries have left of its cap, or less where the model is
    /// free.
    fn most(&self, loaded: &Loaded, run: &Run, least: Amount) -> Amount {
        let money = &self.turn.bounds.money;
        let cap = money.caps.turn.unwrap_or_else(|| least.times(UNCAPPED));
        let cap = cap.saturating_sub(loaded.conversation.account.turn);
        if !self.turn.agent.is_free() {
            return cap;
        }
        cap.min(self.dearest(loaded, run, self.turn.agent.page.segments).max(least))
    }

    /// What has to be there: with a tool, the model is asked twice. Near a cap other than that of the turn it
    /// is worth waiting for.
    fn enough(&self, loaded: &Loaded, run: &Run) -> Amount {
        let least = self.least(loaded, run);
        least.times(2).min(self.most(loaded, run, least)).max(least)
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

    /// Tells the operator of prices that nobody has listed, once a day for each.
    pub(crate) async fn tell_of_prices(
        &self,
        loaded: &Loaded,
        run: &Run,
    ) -> Result<(), Unavailable> {
        let money = &self.turn.bounds.money;
        if loaded.conversation.theirs.is_for_tests() {
            return Ok(());
        }
        let mut unknown = Vec::new();
        if let Some(Basis::Assumed { line }) = self.turn.agent.price.as_ref().map(|it| &it.basis) {
            unknown.push(("price-model".to_owned(), line.clone()));
        }
        let country = Country::of(&loaded.conversation.theirs).map(|it| it.to_string());
        if let (Some(text), Some(country)) = (run.texts.last(), country)
            && let Basis::Assumed { line } = money.prices.segment(&text.provider, &country).basis
        {
            unknown.push((format!("price-{}-{country}", text.provider), line));
        }
        for (id, line) in unknown.into_iter().filter(|(id, _)| money.is_news(id)) {
            let line = line.trim().replace('\n', ", ");
            let sentence = format!(
                "A price is not known, and the most that it could be is counted. Look it up, and add to \
                 the file that PRICES_FILE names: {line}"
            );
            let notice = self.notice(id, sentence, run.trace());
            let notice = Notice { conversation: None, trace: None, ..notice };
            if self.turn.store.notice_anew(&notice, Some(PRICE_AGAIN)).await? {
                raise!(Alarm::Price, "a price is not known: add to PRICES_FILE {line}");
            }
        }
        Ok(())
    }

    /// Looks for the money of a run: what one turn may cost, or what is left of it.
    pub(crate) fn find_money(&self, loaded: &Loaded, run: &Run) -> Found {
        let least = self.least(loaded, run);
        if least == Amount::ZERO {
            return Found::Enough(Amount::ZERO);
        }
        let (money, period) = (&self.turn.bounds.money, self.period());
        let payer = money.payer(run.is_pretended());
        let Some(shard) = loaded.shard.as_ref().filter(|shard| shard.is_of(payer)) else {
            return Found::Elsewhere;
        };
        let stops = !self.is_assumed(loaded, run);
        let most = self.most(loaded, run, least);
        let person = match (payer, money.caps.person_day) {
            (Payer::People(_), Some(cap)) => {
                cap.saturating_sub(loaded.conversation.account.spent_today(period))
            }
            _ => Amount::MAX,
        };
        let (left, _) = money.left(shard, period, payer == Payer::Owner);
        let amount = most.min(person).min(left);
        let enough = self.enough(loaded, run);
        match () {
            () if amount >= enough => Found::Enough(amount),
            () if !stops => Found::Enough(amount.max(Amount::ZERO)),
            () if most < least => Found::Capped(Cap::Turn),
            () if person < enough => Found::Capped(Cap::PersonDay),
            () => Found::Elsewhere,
        }
    }

    /// Looks into other shards for one that has the money of a run, first into some and then into all, and
    /// loads it. If none has, returns which cap is reached.
    pub(crate) async fn look_elsewhere(
        &self,
        loaded: &mut Loaded,
        run: &Run,
    ) -> Result<Option<Found>, Unavailable> {
        let (money, period, store) = (&self.turn.bounds.money, self.period(), &self.turn.store);
        let payer = money.payer(run.is_pretended());
        let is_owner = payer == Payer::Owner;
        let (enough, stops) = (self.enough(loaded, run), !self.is_assumed(loaded, run));
        let is_divided = |shards: &[Shard]| shards.iter().all(|shard| shard.is_of(payer));
        let has_enough = |shard: &Shard| money.left(shard, period, is_owner).0 >= enough;
        let mut shards = match &loaded.shard {
            Some(shard) => store.shards_after(payer, shard, SOME_SHARDS).await?,
            None => vec![],
        };
        let are_all = shards.len() == payer.shards() as usize;
        if !(are_all || is_divided(&shards) && shards.iter().any(has_enough)) {
            shards = store.shards(payer).await?;
        }
        if !is_divided(&shards) {
            store.divide(payer, period).await?;
            shards = store.shards(payer).await?;
        }
        let fullest = shards.into_iter().max_by_key(|shard| money.left(shard, period, is_owner).0);
        let Some(shard) = fullest else { return Ok(Some(Found::Capped(Cap::Total))) };
        let (left, cap) = money.left(&shard, period, is_owner);
        let is_capped = left < enough && stops;
        // What other turns have reserved is free again once they are done.
        let is_held = left.saturating_add(shard.sums(period).held) >= enough;
        loaded.shard = Some(shard);
        Ok(is_capped.then_some(if is_held { Found::Held(cap) } else { Found::Capped(cap) }))
    }

    /// The cap that leaves no money for what an operator says, with what is kept back, if one does. Nothing is
    /// reserved: two who write in the same moment may spend a text more.
    pub(crate) async fn cap_on(
        &self,
        loaded: &Loaded,
        reply: &Reply,
        is_owners: bool,
    ) -> Result<Option<Cap>, Unavailable> {
        let (money, period) = (&self.turn.bounds.money, self.period());
        let cost = self.more_than(Amount::ZERO, reply, &loaded.conversation.theirs);
        if cost == Amount::ZERO {
            return Ok(None);
        }
        let spent = loaded.conversation.account.spent_today(period);
        if !is_owners && money.caps.person_day.is_some_and(|cap| cap.saturating_sub(spent) < cost) {
            return Ok(Some(Cap::PersonDay));
        }
        let payer = money.payer(is_owners);
        let left = |shard: &Shard| money.kept_back(shard, period, is_owners);
        let has_enough = |shard: &Shard| shard.is_of(payer) && left(shard) >= cost;
        if loaded.shard.as_ref().is_some_and(has_enough) {
            return Ok(None);
        }
        let shards = self.turn.store.shards(payer).await?;
        let fullest = shards.iter().max_by_key(|shard| left(shard));
        let capped = fullest.filter(|shard| left(shard) < cost);
        Ok(capped.map(|shard| money.left(shard, period, is_owners).1))
    }

    /// Reserves the money of a run, as part of the commit that takes it up.
    pub(crate) fn reserve(&self, loaded: &Loaded, draft: &mut Draft<'a>, amount: Amount) {
        let Some(shard) = loaded.shard.as_ref().filter(|_| amount > Amount::ZERO) else { return };
        let period = self.period();
        let lost = draft.next.account.reserved.replace(Reservation::of(shard, amount, period));
        draft.changes.push(Change::Reserved(shard.clone(), amount, period));
        // The process that reserved it died before anything was sent.
        let Some(lost) = lost else { return };
        if self.turn.agent.is_free() {
            // After the other write to what may be the same shard.
            let (shard, spent) = (self.shard_for(Some(&lost.shard)), Amount::ZERO);
            let released = Some(lost);
            draft.changes.push(Change::Booked(Booking { shard, period, spent, released }));
        } else {
            // Nobody knows what the model charges for it, so it counts for a day.
            draft.next.account.spend(lost.amount, period);
        }
    }

    /// What may be spent on the model for a run that was taken up: what was reserved, without the
    /// segments of the reply; and how many of these there may be.
    pub(crate) fn allowance(&self, loaded: &Loaded, run: &Run, bill: &Bill) -> Allowance {
        let reserved = loaded.conversation.account.reserved.as_ref();
        let Some(reserved) = reserved.filter(|_| !self.is_assumed(loaded, run)) else {
            return Allowance::default();
        };
        let most = self.turn.agent.page.segments;
        let cost = |segments: u32| self.dearest(loaded, run, segments);
        let least = self.turn.agent.least_cost(size(&loaded.conversation));
        let amount = reserved.amount.saturating_sub(bill.spent);
        let left = amount.saturating_sub(least);
        let segments = (1..=most).rev().find(|segments| cost(*segments) <= left).unwrap_or(1);
        let limit = amount.saturating_sub(cost(segments));
        Allowance { segments: Some(segments), limit: Some(limit) }
    }

    /// What the drafts of a turn, with this thought, have left of its cap for the reply. `None`: it has no
    /// cap, costs nothing, or has a price that stops nothing.
    pub(crate) fn left_for_reply(
        &self,
        loaded: &Loaded,
        run: &Run,
        bill: &Bill,
        thought: Option<&Thought>,
    ) -> Option<Amount> {
        let stops = run.thinks() && bill.reserved.is_some() && !self.is_assumed(loaded, run);
        let cap = self.turn.bounds.money.caps.turn.filter(|_| stops)?;
        let cost = thought.map_or(Amount::ZERO, Thought::cost).saturating_add(bill.spent);
        Some(cap.saturating_sub(loaded.conversation.account.turn).saturating_sub(cost))
    }

    /// Whether a provider may send a reply: for no more than its turn has left, as far as its price is
    /// known.
    pub(crate) fn can_pay(&self, provider: &str, theirs: &Number, reply: &Reply) -> bool {
        let Some(most) = reply.at_most else { return true };
        let segments = sms::segments(&reply.body).count;
        let cost = self.turn.bounds.money.listed(provider, theirs, segments);
        cost.is_none_or(|cost| cost <= most)
    }

    /// Pays for drafts of which nothing came.
    pub(crate) async fn pay(&self, loaded: &mut Loaded, bill: &Bill) -> Result<(), Unavailable> {
        if bill.is_open {
            let paid = |loaded: &_| Some(Draft::of(loaded).paying(bill)).filter(Draft::pays);
            self.edit(loaded, paid).await?;
        }
        Ok(())
    }

    fn shard_for(&self, reserved_in: Option<&str>) -> String {
        self.turn.store.shard_for(self.turn.bounds.money.people(), reserved_in)
    }

    /// Adds to a draft what it books, and what the conversation has cost so far.
    pub(crate) fn book(&self, draft: &mut Draft<'a>) {
        let (period, spent) = (self.period(), draft.spent);
        let taken_up =
            |change: &Change| matches!(change, Change::TakenUp(_) | Change::SetAside(..));
        let is_over = draft.is_empty() || draft.changes.iter().any(taken_up);
        let pays = draft.pays();
        let tells_owner = |change: &Change| matches!(change, Change::Attempt(it) if it.tried_out);
        draft.is_owners |= draft.changes.iter().any(tells_owner);
        let (returned, booked) = draft.returned.take().unwrap_or((Amount::ZERO, period));
        let account = &mut draft.next.account;
        let costs = |before: Amount| before.saturating_add(spent).saturating_sub(returned);
        account.cost = costs(account.cost);
        account.turn = if is_over { Amount::ZERO } else { costs(account.turn).max(Amount::ZERO) };
        let cost = account.cost;
        for change in &mut draft.changes {
            match change {
                Change::Ended(ended) => {
                    ended.cost = cost;
                    account.cost = Amount::ZERO;
                }
                Change::Effect(effect) if effect.payload.get("cost").is_none() => {
                    let currency = self.turn.bounds.money.caps.currency.to_string();
                    let cost = json!({ "amount": cost.to_string(), "currency": currency });
                    effect.payload["cost"] = cost;
                }
                _ => {}
            }
        }
        if !pays {
            return;
        }
        if !draft.is_owners {
            account.spend(spent, period);
            account.take_back(returned, booked);
        }
        let released = release(draft);
        let account = &mut draft.next.account;
        if let Some(replaced) = draft.replaced.take().filter(|_| !self.turn.agent.is_free()) {
            // Whoever took the texts up again has counted all of it.
            account.take_back(replaced.amount, period);
            let (shard, spent) = (self.shard_for(Some(&replaced.shard)), Amount::ZERO);
            let released = Some(replaced);
            draft.changes.push(Change::Booked(Booking { shard, period, spent, released }));
        }
        let shard = match draft.is_owners {
            true => self.turn.store.shard_for(Payer::Owner, None),
            false => self.shard_for(released.as_ref().map(|it| it.shard.as_str())),
        };
        if returned != Amount::ZERO {
            // In the day and the month in which it was counted.
            let (shard, spent) = (shard.clone(), Amount::ZERO.saturating_sub(returned));
            let released = None;
            draft.changes.push(Change::Booked(Booking { shard, period: booked, spent, released }));
        }
        draft.changes.push(Change::Booked(Booking { shard, period, spent, released }));
    }
}

/// Takes out of a draft what is not reserved any more: all that was reserved for the run, or kept for its
/// reply, but what that may still need.
fn release(draft: &mut Draft<'_>) -> Option<Reservation> {
    let lets_go = draft.lets_go();
    let account = &mut draft.next.account;
    let reserved = if draft.settles { account.reserved.take() } else { None };
    let mut released = reserved.or_else(|| draft.kept.take_if(|_| lets_go))?;
    if let Some(reply) = &mut draft.next.open {
        let unspent = released.amount.saturating_sub(draft.spent).max(Amount::ZERO);
        let amount = draft.keeps.min(unspent);
        reply.kept = (amount > Amount::ZERO).then(|| Reservation { amount, ..released.clone() });
        released.amount = released.amount.saturating_sub(amount);
    }
    Some(released)
}
