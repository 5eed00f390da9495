//! What happens at a cap: texts wait, the person is told once, and so is the operator.

use std::sync::atomic::Ordering;

use conversations::budget::{Sums, sum_of};
use conversations::{Change, Conversation, Loaded, Notice, Unavailable, Waiting};
use jiff::{SignedDuration, Timestamp};
use money::{Amount, Cap};
use telemetry::{Alarm, raise};

use crate::Wake;
use crate::edit::Draft;
use crate::gate::{Closed, Gate};
use crate::run::Run;

/// How often a person whose texts wait at a cap is looked at, and within how long after that, the
/// longest waiting first.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);
const IN_ORDER: SignedDuration = SignedDuration::from_mins(2);

/// How long texts wait at a cap before they are left to the business.
const WAIT: SignedDuration = SignedDuration::from_hours(24);

/// How long they wait at least once the person's quiet hours are over, which may have taken up the rest.
const AFTER_QUIET: SignedDuration = SignedDuration::from_hours(3);

/// How long texts wait for money that other turns have reserved before the cap counts as reached, and how
/// often they are looked at.
const PATIENCE: SignedDuration = SignedDuration::from_mins(3);
const BUSY: SignedDuration = SignedDuration::from_secs(5);

/// The part of a cap at which the operator is warned, in percent.
const NEAR: i64 = 80;

impl<'a> Wake<'a> {
    /// The decision about a run whose money other turns have reserved: it waits until they are done, which
    /// takes seconds, unless their processes died.
    pub(crate) fn until_free(&self, loaded: &Loaded, run: &Run, cap: Cap) -> Gate {
        let now = self.clock.now();
        // Before, it may have waited for the person's hours, for the model, or at a cap.
        let Conversation { quiet_until, ask_after, .. } = &loaded.conversation;
        let waited = quiet_until.iter().chain(ask_after).map(|until| (*until).min(now));
        let since = waited.fold(run.texts[0].at, Timestamp::max);
        match now < since + PATIENCE {
            true => Gate::Wait(now + BUSY),
            false => self.at_cap(loaded, run, cap),
        }
    }

    /// The decision about a run for which there is no money.
    pub(crate) fn at_cap(&self, loaded: &Loaded, run: &Run, cap: Cap) -> Gate {
        let now = self.clock.now();
        match run.texts.iter().take_while(|text| end_of_wait(loaded, text) <= now).count() {
            0 => Gate::Capped(cap),
            left => Gate::Closed(Closed::Capped(cap, left)),
        }
    }

    /// Lets the texts of a run wait, and tells the person once a day, as far as the money that was kept
    /// back for that allows.
    pub(crate) fn wait_at_cap(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run, cap: Cap) {
        let (money, period) = (&self.turn.bounds.money, self.period());
        let until = self.look_again_at_cap(loaded, run);
        draft.next.ask_after = Some(until);
        draft.next.due_at = Some(until);
        let text = &self.texts(&loaded.conversation, run).later;
        let provider = run.texts.last().map_or("", |text| text.provider.as_str());
        let cost = money.attempt(provider, &draft.next.theirs, sms::segments(text).count);
        let account = &draft.next.account;
        let is_told = account.told_day == period.day || draft.next.apologised;
        let is_owner = cap == Cap::OwnerDay;
        let shard = loaded.shard.as_ref();
        let kept_back = |shard: &_| money.kept_back(shard, period, is_owner);
        let shard = shard.filter(|shard| kept_back(*shard) >= cost);
        let Some(shard) = shard.filter(|_| !is_told) else { return };
        draft.at_most = Some(kept_back(shard));
        let account = &mut draft.next.account;
        account.told_day = period.day;
        account.spend(cost, period);
        account.cost = account.cost.saturating_add(cost);
        draft.changes.push(Change::Spent(shard.clone(), cost, period));
        self.say(loaded, draft, run, text);
        // It was paid for in the shard.
        draft.spent = draft.spent.saturating_sub(cost);
    }

    /// When a person whose texts wait at a cap is looked at next: within the hour, the longest waiting
    /// first, or when they have waited for long enough.
    fn look_again_at_cap(&self, loaded: &Loaded, run: &Run) -> Timestamp {
        let (now, since) = (self.clock.now(), run.texts[0].at);
        let hours = now.as_second().div_euclid(3600) + 1;
        let hour = Timestamp::from_second(hours * 3600).unwrap_or(now + LOOK_AGAIN);
        let waited = hour.duration_since(since).as_secs_f64() / WAIT.as_secs_f64();
        let place = 1.0 - waited.clamp(0.0, 1.0);
        let place = SignedDuration::try_from_secs_f64(IN_ORDER.as_secs_f64() * place);
        (hour + place.unwrap_or_default()).min(end_of_wait(loaded, &run.texts[0]))
    }

    /// Tells the operator that a cap is reached, once for each of its periods.
    pub(crate) async fn tell_of_cap(&self, cap: Cap, run: &Run) -> Result<(), Unavailable> {
        let setting = cap.setting();
        let (whose, id) = match cap {
            Cap::Turn | Cap::PersonDay => {
                ("one person has cost", format!("cap-{setting}-{}-{}", self.id, self.when(cap)))
            }
            Cap::OwnerDay => ("what you tried out has cost", self.cap_id(cap)),
            Cap::Day | Cap::Month | Cap::Total => ("everybody together has cost", self.cap_id(cap)),
        };
        let sentence = format!(
            "The cap {setting} is reached: {whose} as much as it allows. Texts wait for up to 24 hours, \
             and the person is told. Raise {setting} if they should be answered now."
        );
        let notice = self.notice(id, sentence, run.trace());
        let notice = match cap {
            Cap::Turn | Cap::PersonDay => notice,
            _ => Notice { conversation: None, trace: None, ..notice },
        };
        if self.turn.store.notice_anew(&notice, None).await? {
            raise!(Alarm::Cap, cap = setting, "the cap {setting} is reached: {whose} too much");
        }
        Ok(())
    }

    /// Tells the operator how many texts were left because a cap was reached for too long.
    pub(crate) async fn tell_of_texts_left(
        &self,
        cap: Cap,
        left: usize,
        run: &Run,
    ) -> Result<(), Unavailable> {
        let (setting, period) = (cap.setting(), self.period());
        let left = self.turn.store.count_left(left as u32, period).await?;
        let sentence = format!(
            "Texts had waited for 24 hours because the cap {setting} was reached, and were set aside \
             today: {left}. Answer by hand what needs it: the console shows them."
        );
        let id = format!("cap-left-{}", period.day);
        let notice =
            Notice { conversation: None, trace: None, ..self.notice(id, sentence, run.trace()) };
        self.turn.store.notice(&notice).await
    }

    /// Whether the shard that was loaded has used so much of a cap that all of them may have.
    pub(crate) fn is_near_a_cap(&self, loaded: &Loaded, run: &Run) -> bool {
        let (money, period) = (&self.turn.bounds.money, self.period());
        let Some(shard) = loaded.shard.as_ref().filter(|_| !self.is_assumed(loaded, run)) else {
            return false;
        };
        let used = shard.sums(period);
        self.near(used, |cap| money.caps.share(cap)).is_some()
    }

    /// Tells the operator of caps that are nearly reached, and of prices that are not known. What the store
    /// does not take now is told another time.
    pub(crate) async fn tell_of_money(&self, loaded: &Loaded, run: &Run, is_near: bool) {
        let near = if is_near { self.warn_of_caps().await } else { Ok(()) };
        if let Err(error) = near.and(self.tell_of_prices(loaded, run).await) {
            tracing::warn!(%error, "could not tell the operator what is spent: {error}");
        }
    }

    /// Warns the operator once that most of a cap is used. Each process looks at most once in a minute.
    async fn warn_of_caps(&self) -> Result<(), Unavailable> {
        let (money, period) = (&self.turn.bounds.money, self.period());
        let minute = self.clock.now().as_second().div_euclid(60);
        if money.looked.swap(minute, Ordering::Relaxed) == minute {
            return Ok(());
        }
        let shards = self.turn.store.shards(money.people()).await?;
        let Some(cap) = self.near(sum_of(&shards, period), |cap| cap) else { return Ok(()) };
        let setting = cap.setting();
        let sentence = format!(
            "{NEAR} % of the cap {setting} is used. At the cap nobody is answered: raise it in time, or \
             find out in the console who texts so much."
        );
        let id = format!("{}-near", self.cap_id(cap));
        let notice = Notice {
            follow_up: None,
            id,
            sentence,
            conversation: None,
            trace: None,
            at: self.clock.now(),
        };
        if self.turn.store.notice_anew(&notice, None).await? {
            raise!(Alarm::Cap, cap = setting, "{NEAR} % of the cap {setting} is used");
        }
        Ok(())
    }

    /// The cap of which most is used, given the part of each that counts.
    fn near(&self, used: Sums, part: impl Fn(Amount) -> Amount) -> Option<Cap> {
        let caps = &self.turn.bounds.money.caps;
        let all = [
            (Cap::Day, caps.day, used.day),
            (Cap::Month, caps.month, used.month),
            (Cap::Total, caps.total, used.total),
        ];
        all.into_iter().find_map(|(cap, amount, spent)| {
            let limit = part(amount?).billionths() / 100 * NEAR;
            let used = spent.saturating_add(used.held);
            (used.billionths() >= limit).then_some(cap)
        })
    }

    fn cap_id(&self, cap: Cap) -> String {
        format!("cap-{}-{}", cap.setting(), self.when(cap))
    }

    /// The period that a cap is for.
    fn when(&self, cap: Cap) -> i64 {
        let period = self.period();
        match cap {
            Cap::Month => period.month,
            Cap::Total => 0,
            Cap::Turn | Cap::PersonDay | Cap::Day | Cap::OwnerDay => period.day,
        }
    }
}

/// When a text that waits at a cap is left to the business.
fn end_of_wait(loaded: &Loaded, text: &Waiting) -> Timestamp {
    let end = text.at + WAIT;
    loaded.conversation.quiet_until.map_or(end, |until| end.max(until + AFTER_QUIET))
}
