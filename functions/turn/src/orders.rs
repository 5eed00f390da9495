//! What operators want of a conversation, carried out one after another in the order in which they said so.
//!
//! An order goes in the commit of what follows from it, so it is carried out once, or written down as
//! refused with the reason. What an operator says takes the way of every reply.

use agent::Turn as Entry;
use conversations::{
    Act, Change, HandedOver, Loaded, Order, OrderKind, Reply, SetAside, Unavailable, Waiting,
};
use jiff::Timestamp;
use sms::PRETENDED;
use telemetry::{Step, steps};

use crate::Wake;
use crate::edit::{Draft, Outcome};
use crate::end::End;
use crate::hand_over::WITH_PERSON;
use crate::plan::NOT_REACHED;
use crate::run::{Does, Run, arrived};
use crate::transcript::{entry, note};

/// The reason that is stored with texts that an operator has dealt with.
const DONE: &str = "done";

/// How many of the texts set aside last are searched for those that an operator has read.
const LATEST: u32 = 200;

impl<'a> Wake<'a> {
    /// Carries out the first order.
    pub(crate) async fn carry_out(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let Some(order) = loaded.orders.first().cloned() else { return Ok(()) };
        tracing::info!(order = order.kind.word(), "carries out an order");
        let outcome = match &order.kind {
            OrderKind::Take => self.take(loaded, &order).await?,
            OrderKind::Say { words, at_night } => {
                self.say_by_hand(loaded, &order, (words, *at_night)).await?
            }
            OrderKind::GiveBack => self.give_back(loaded, &order).await?,
            OrderKind::Done { word } => self.done(loaded, &order, word.as_deref()).await?,
            OrderKind::Tell { .. } => self.tell(loaded, &order).await?,
            OrderKind::Correct { .. } => self.correct(loaded, &order).await?,
        };
        if let Outcome::TooLarge = outcome {
            self.make_room(loaded, &order).await?;
        }
        self.dispatch(loaded, outcome.planned(), vec![]).await?;
        if loaded.orders.is_empty() && loaded.conversation.ordered_at.is_some() {
            // A turn loads only so many.
            self.reload(loaded).await?;
        }
        Ok(())
    }

    /// Gives a conversation to whoever wants it. What the agent was about to say is dropped, unless it is
    /// on its way.
    async fn take(&self, loaded: &mut Loaded, order: &Order) -> Result<Outcome<'a>, Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            match self.whose(loaded, order) {
                Some(why) => self.refuse(&mut draft, order, &why),
                None => self.give_to(&mut draft, order),
            }
            if draft.next.open.is_none() {
                draft.set_due(self.clock.now());
            }
            Some(draft)
        })
        .await
    }

    /// Texts the person what an operator says. Whoever says something has the conversation.
    async fn say_by_hand(
        &self,
        loaded: &mut Loaded,
        order: &Order,
        (words, at_night): (&str, bool),
    ) -> Result<Outcome<'a>, Unavailable> {
        let via = self.way_to(loaded).await?;
        let held = self.held_until(loaded, order.at).await?;
        let now = self.clock.now();
        let reply = Reply {
            via,
            ours: loaded.conversation.ours.clone(),
            by: Some(order.by.clone()),
            at_night,
            ..Reply::alone(words, &order.trace, now)
        };
        let cap = self.cap_on(loaded, &reply, self.is_pretended(loaded)).await?;
        let capped = cap.map(|cap| format!("the cap {} is reached", cap.setting()));
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            if let Some(why) = self.may_not_say(loaded, order).or_else(|| capped.clone()) {
                self.refuse(&mut draft, order, &why);
                if draft.next.open.is_none() {
                    draft.set_due(now);
                }
                return Some(draft);
            }
            let is_held = draft.next.handed_over.is_some();
            self.give_to(&mut draft, order);
            if draft.next.open.is_some() {
                // It is settled first.
                return None;
            }
            let held = if is_held { held.as_slice() } else { &[] };
            self.read(loaded, &mut draft, order, held);
            let said =
                Entry::ByHand { text: words.to_owned(), at: now, by: Some(order.by.name.clone()) };
            draft.next.turns.push(entry(&said));
            let texted_at = Some(loaded.conversation.at);
            self.plan(loaded, &mut draft, Reply { texted_at, ..reply.clone() });
            Some(draft)
        })
        .await
    }

    /// Takes up what the operator had read before they answered.
    fn read(&self, loaded: &Loaded, draft: &mut Draft<'a>, order: &Order, held: &[Waiting]) {
        let now = self.clock.now();
        let mut texts = held.to_vec();
        let is_read = |text: &&Waiting| text.at <= order.at && text.asks.is_none();
        texts.extend(loaded.waiting.iter().filter(is_read).cloned());
        if let Some(handed_over) = &mut draft.next.handed_over {
            handed_over.held = handed_over.held.saturating_sub(held.len() as u32);
            handed_over.unread = handed_over.held;
            handed_over.unread_at.take_if(|_| handed_over.held == 0);
        }
        let mut step = Step::new(steps::TOOK_UP, now).with("by", order.by.name.clone());
        step = step.with("texts", texts.len());
        draft.changes.push(Change::Steps(order.trace.clone(), vec![step]));
        if texts.is_empty() {
            return;
        }
        if let Some(said) = arrived(&draft.next, &texts).cloned() {
            draft.changes.push(Change::Answered(said, now));
            draft.next.last = None;
        }
        let answered_in =
            |text: &Waiting| Change::AnsweredIn(text.trace.clone(), order.trace.clone());
        draft.changes.extend(texts.iter().map(answered_in));
        let run = Run { texts, does: Does::Nothing };
        run.join(&mut draft.next.turns, &self.turn.agent.page);
        draft.take_up(&run.texts);
        draft.reset_attempts();
    }

    /// Gives a conversation back to the agent, which takes up what nobody has answered.
    async fn give_back(
        &self,
        loaded: &mut Loaded,
        order: &Order,
    ) -> Result<Outcome<'a>, Unavailable> {
        let now = self.clock.now();
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            let handed_over = loaded.conversation.handed_over.as_ref();
            let handed_over = handed_over.filter(|it| now < it.until);
            let has = handed_over.and_then(|it| it.by.as_ref()).map(|by| &by.name);
            let is_other = |name: &&String| {
                **name != order.by.name && order.expects.as_ref().is_some_and(|it| it != *name)
            };
            let other = has.filter(is_other).map(|name| format!("{name} has it"));
            let with_agent = handed_over.is_none();
            match other.or(with_agent.then(|| "the agent has it".to_owned())) {
                Some(why) => {
                    draft.next.given_back_at = None;
                    self.refuse(&mut draft, order, &why);
                    if draft.next.open.is_none() {
                        draft.set_due(now);
                    }
                }
                None => {
                    draft.next.given_back_at = Some(now);
                    draft.next.due_at = Some(now);
                }
            }
            Some(draft)
        })
        .await
    }

    /// Ends a conversation that an operator has dealt with. The next text begins anew with the agent.
    async fn done(
        &self,
        loaded: &mut Loaded,
        order: &Order,
        word: Option<&str>,
    ) -> Result<Outcome<'a>, Unavailable> {
        let held = self.held_until(loaded, Timestamp::MAX).await?;
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            if let Some(why) = self.whose(loaded, order) {
                self.refuse(&mut draft, order, &why);
            } else {
                let is_held = draft.next.handed_over.is_some();
                self.give_to(&mut draft, order);
                let is_read = |text: &&Waiting| text.at <= order.at && text.asks.is_none();
                let mut texts = loaded.waiting.iter().filter(is_read).cloned().collect::<Vec<_>>();
                texts.extend(held.iter().filter(|_| is_held).cloned());
                if !texts.is_empty() {
                    draft.set_aside(&texts, DONE);
                }
                (draft.next.handed_over, draft.next.given_back_at) = (None, None);
                let at = self.clock.now();
                draft.next.coded.iter_mut().for_each(|coded| coded.ends(at));
                if !draft.next.turns.is_empty() {
                    self.end(loaded, &mut draft, End::Done, &order.trace);
                }
                draft.reset_attempts();
                draft.next.turns.push(note(&dealt_with(order, word)));
            }
            if draft.next.open.is_none() {
                draft.set_due(self.clock.now());
            }
            Some(draft)
        })
        .await
    }

    /// Begins the next conversation, since there is no room for more in this one. An order for which
    /// there is none even then is refused.
    async fn make_room(&self, loaded: &mut Loaded, order: &Order) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let is_empty = loaded.conversation.turns.is_empty();
            let mut draft = Draft::of(loaded);
            if is_empty {
                draft = self.dealing_with(loaded, order)?;
                let act = order.refused(&self.id, "it is too long", self.clock.now());
                draft.changes.push(Change::Audited(act));
                draft.set_due(self.clock.now());
            } else {
                self.end(loaded, &mut draft, End::Done, &order.trace);
            }
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// A draft in which an order is dealt with, unless somebody else has done so.
    pub(crate) fn dealing_with(&self, loaded: &Loaded, order: &Order) -> Option<Draft<'a>> {
        let is_first = loaded.orders.first().is_some_and(|first| first.id == order.id);
        is_first.then(|| {
            let mut draft = Draft::of(loaded);
            draft.carried_out(order);
            draft
        })
    }

    /// Why an operator may not act in a conversation: somebody else has it, of whom they did not know.
    pub(crate) fn whose(&self, loaded: &Loaded, order: &Order) -> Option<String> {
        let theirs = loaded.conversation.taken_by(self.clock.now())?;
        let is_known = order.expects.as_ref() == Some(&theirs.name);
        let is_other = theirs.name != order.by.name && !is_known;
        is_other.then(|| format!("{} has it", theirs.name))
    }

    fn may_not_say(&self, loaded: &Loaded, order: &Order) -> Option<String> {
        let theirs = &loaded.conversation.theirs;
        let is_real = !self.is_pretended(loaded) && !theirs.is_for_tests();
        let refused = self.turn.bounds.countries.allows(theirs).err().filter(|_| is_real);
        match () {
            () if loaded.blocked => Some("the number is blocked".into()),
            () if loaded.stop.is_some() => Some("the person has stopped".into()),
            () if refused.is_some() => refused.map(|why| why.to_string()),
            () => self.whose(loaded, order),
        }
    }

    /// Writes down that an order is not carried out, and keeps what was to be said.
    pub(crate) fn refuse(&self, draft: &mut Draft<'a>, order: &Order, why: &str) {
        let now = self.clock.now();
        tracing::info!(order = order.kind.word(), "refused an order: {why}");
        draft.changes.push(Change::Audited(order.refused(&self.id, why, now)));
        self.tell_author(draft, Some(&order.by), why);
        if let OrderKind::Say { words, .. } = &order.kind {
            let (text, by, why) = (words.clone(), order.by.name.clone(), why.to_owned());
            draft.next.turns.push(entry(&Entry::NotSent { text, by, why, at: now }));
        }
    }

    /// Lets an operator have a conversation from now on. An open reply of somebody else that is not under
    /// way is dropped.
    fn give_to(&self, draft: &mut Draft<'a>, order: &Order) {
        let now = self.clock.now();
        let before = draft.next.handed_over.take();
        let held = before.as_ref().map_or(0, |before| before.held);
        let unread = before.as_ref().map_or(0, |before| before.unread);
        let unread_at = before.as_ref().and_then(|before| before.unread_at);
        let is_theirs =
            |before: &HandedOver| before.by.as_ref().is_some_and(|by| by.name == order.by.name);
        let at = before.filter(|it| now < it.until && is_theirs(it)).map_or(now, |it| it.at);
        let until = self.handed_over_until(now);
        let by = Some(order.by.clone());
        draft.next.handed_over = Some(HandedOver { at, until, held, by, unread, unread_at });
        draft.next.given_back_at = None;
        // What waits is not the model's any more.
        draft.reset_attempts();
        let is_dropped = |reply: &mut Reply| {
            let is_theirs = reply.by.as_ref().is_some_and(|by| by.name == order.by.name);
            reply.sending.is_none() && !reply.despite_stop && !is_theirs
        };
        if let Some(reply) = draft.next.open.take_if(is_dropped) {
            self.drop_reply(draft, &reply, &format!("{} has it", order.by.name));
        }
    }

    /// Says that a reply is not sent any more.
    pub(crate) fn drop_reply(&self, draft: &mut Draft<'a>, reply: &Reply, why: &str) {
        let (text, why, at) = (reply.body.clone(), why.to_owned(), self.clock.now());
        let by = reply.by.as_ref().map_or_else(String::new, |by| by.name.clone());
        self.tell_author(draft, reply.by.as_ref(), &why);
        match &reply.by {
            None => draft.next.turns.push(note(NOT_REACHED)),
            Some(author) => draft.changes.push(Change::Audited(Act {
                about: Some(self.id.clone()),
                by: author.clone(),
                did: "say refused".to_owned(),
                what: Some(why.clone()),
                at,
            })),
        }
        draft.next.turns.push(entry(&Entry::NotSent { text, by, why, at }));
    }

    /// Whether the person is one of the mock's.
    pub(crate) fn is_pretended(&self, loaded: &Loaded) -> bool {
        let theirs = &loaded.conversation.theirs;
        self.turn.store.names().conversation(PRETENDED, theirs) == loaded.id
    }

    /// The provider through which the person texts the number of ours that they texted last, as far as that
    /// is known.
    async fn way_to(&self, loaded: &Loaded) -> Result<String, Unavailable> {
        if self.is_pretended(loaded) {
            return Ok(PRETENDED.to_owned());
        }
        let ours = &loaded.conversation.ours;
        if let Some(text) = loaded.waiting.iter().rfind(|text| text.ours == *ours) {
            return Ok(text.provider.clone());
        }
        let (aside, attempts) = tokio::try_join!(
            self.turn.store.set_aside(&self.id, 1),
            self.turn.store.latest_attempts(&self.id, 1)
        )?;
        let texted = aside.into_iter().map(|aside| (aside.text.provider, aside.text.ours));
        let replied = attempts.into_iter().map(|it| (it.reply.via, it.reply.ours));
        let by = texted.chain(replied).find(|(via, number)| !via.is_empty() && number == ours);
        Ok(by.map_or_else(String::new, |(via, _)| via))
    }

    /// The texts that were set aside because a person has the conversation, and came no later than this.
    async fn held_until(
        &self,
        loaded: &Loaded,
        at: Timestamp,
    ) -> Result<Vec<Waiting>, Unavailable> {
        let held = loaded.conversation.handed_over.as_ref().map_or(0, |it| it.held as usize);
        if held == 0 {
            return Ok(vec![]);
        }
        let aside = self.turn.store.set_aside(&self.id, LATEST).await?;
        let ours = aside.into_iter().filter(|SetAside { why, .. }| why == WITH_PERSON);
        let mut texts: Vec<_> = ours.map(|SetAside { text, .. }| text).collect();
        let mut texts = texts.split_off(texts.len().saturating_sub(held));
        texts.retain(|text| text.at <= at);
        Ok(texts)
    }
}

/// The note of the next conversation about the last one.
fn dealt_with(order: &Order, word: Option<&str>) -> String {
    let name = &order.by.name;
    let ended = format!("{name}, a person of the business, has dealt with what this person wanted");
    match word.map(str::trim).filter(|word| !word.is_empty()) {
        Some(word) => format!("{ended}: {word}"),
        None => format!("{ended}."),
    }
}
