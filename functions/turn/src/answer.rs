//! Answering the texts that wait.

use std::time::Instant;

use agent::{Answered, Ending, ModelError, Turn as Entry};
use conversations::{Admission, Change, Loaded, Reply, Stop, Unavailable, Waiting, minute_of};
use jiff::Timestamp;
use money::{Amount, Cap};
use policy::{Keyword, ReplyKind};
use telemetry::{Step, TraceId, steps};

use crate::bill::{Bill, Found};
use crate::edit::{Draft, Outcome};
use crate::end::End;
use crate::gate::{Counted, FULL, Gate, TOO_DEAR, TOO_LONG, is_known, size};
use crate::language::shown;
use crate::run::{Does, Fixed, Run, arrived};
use crate::think::Thought;
use crate::transcript::{entries, entry};
use crate::{Bounds, Wake};

/// How often a draft is thrown away because another text came while the agent was thinking. After
/// that the reply goes out and the text waits for the next turn.
const THROWN_AWAY: usize = 2;

/// A run of texts, with what the agent thought of it if it was asked.
struct Considered {
    run: Run,
    thought: Option<Thought>,
    /// Whether there is no other draft after this one.
    is_last: bool,
    /// What the turn has left for a reply.
    left: Option<Amount>,
}

impl Considered {
    /// Whether it still says what is to be said, now that these are the texts. Another text changes
    /// that; after the last draft it has to wait.
    fn is_still_for(&self, now: &Run) -> bool {
        let same = match self.thought.as_ref().and_then(Thought::error) {
            // Without an answer, texts that came later do not matter.
            Some(_) => now.texts.starts_with(&self.run.texts),
            None if self.is_last => now.texts.starts_with(&self.run.texts),
            None => now.texts == self.run.texts,
        };
        same && now.does == self.run.does
    }
}

impl<'a> Wake<'a> {
    /// Answers the first run of the texts that wait, if it may be answered now.
    pub(crate) async fn answer(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        if loaded.more {
            self.thin_out(loaded).await?;
        }
        if let Some(run) = Run::next(loaded) {
            self.reopen(loaded, &run).await?;
        }
        let (mut steps, mut bill) = (Vec::new(), Bill::default());
        for drafts_left in (0..=THROWN_AWAY).rev() {
            self.set_reports_aside(loaded).await?;
            let Some(run) = Run::next(loaded) else { break };
            let (page, now) = (&self.turn.agent.page, self.clock.now());
            steps.push(run.took_up(&loaded.conversation, page, now));
            if run.thinks() {
                let is_again = bill.is_open;
                let has_time = !is_again || self.has_time();
                if !has_time || !self.take_up(loaded, &run, is_again).await? {
                    return self.pay(loaded, &bill).await;
                }
                if !is_again {
                    bill.is_open = true;
                    bill.reserved.clone_from(&loaded.conversation.account.reserved);
                }
            }
            let considered = self.consider(loaded, run, drafts_left == 0, &bill).await;
            if let Some(thought) = &considered.thought {
                steps.extend_from_slice(thought.steps());
                bill.spent = bill.spent.saturating_add(thought.cost());
            }
            if considered.thought.as_ref().is_some_and(Thought::is_stop) {
                self.stop(loaded, &considered.run).await?;
                steps.push(Step::new(steps::HEARD_A_STOP, self.clock.now()));
                continue;
            }
            if self.conclude(loaded, &considered, &steps, &bill).await? {
                return Ok(());
            }
            steps.push(Step::new(steps::THROWN_AWAY, self.clock.now()));
        }
        self.pay(loaded, &bill).await
    }

    /// Has the agent think about a run, if it is one to think about.
    async fn consider(&self, loaded: &Loaded, run: Run, is_last: bool, bill: &Bill) -> Considered {
        let thought = match run.does {
            Does::Think => Some(self.think(loaded, &run, bill).await),
            Does::Say(_) | Does::Nothing => None,
        };
        if let Some(thought) = &thought {
            self.saw_model(&loaded.health, thought.error()).await;
        }
        let left = self.left_for_reply(loaded, &run, bill, thought.as_ref());
        Considered { run, thought, is_last, left }
    }

    /// Writes down what a run came to, and sends the reply. Whether that ends the turn: it does not
    /// if other texts came meanwhile, which change what is to be said.
    async fn conclude(
        &self,
        loaded: &mut Loaded,
        considered: &Considered,
        steps: &[Step],
        bill: &Bill,
    ) -> Result<bool, Unavailable> {
        let run = &considered.run;
        let (at, clock) = (self.clock.now(), Instant::now());
        let mut gate = Gate::Open;
        let written = self.edit(loaded, |loaded| {
            let now = run.again(loaded).filter(|_| !self.is_silent(loaded, run))?;
            if !considered.is_still_for(&now) {
                return None;
            }
            if let Does::Say(_) = run.does {
                gate = self.gate(loaded, run);
            }
            let draft = match gate {
                Gate::Open => Some(self.draft(loaded, considered, steps)),
                _ => self.bar(loaded, run, &gate),
            };
            draft.map(|draft| draft.paying(bill))
        });
        match written.await? {
            Outcome::Stored(planned) => {
                let committed = Step::new(steps::COMMITTED, at).took(clock.elapsed());
                self.dispatch(loaded, planned, vec![committed]).await?;
                self.say_why(&gate, run).await;
                Ok(true)
            }
            Outcome::TooLarge => {
                self.give_up(loaded, run, bill).await?;
                Ok(true)
            }
            // Or somebody else has answered, or it has to wait.
            Outcome::Unchanged => {
                let ends = loaded.conversation.open.is_some() || !matches!(gate, Gate::Open);
                if ends {
                    self.pay(loaded, bill).await?;
                }
                Ok(ends)
            }
        }
    }

    /// Records these texts as an opt-out that only the model understood; it then takes the same
    /// course as any other. Does nothing if the person opted in again while the model was thinking.
    async fn stop(&self, loaded: &mut Loaded, run: &Run) -> Result<(), Unavailable> {
        let Some(text) = run.texts.last() else { return Ok(()) };
        if !self.reload(loaded).await? {
            return self.turn.store.stop_erased(&loaded.id, &text.provider, text.at).await;
        }
        if has_come_back(loaded, text.at) {
            return Ok(());
        }
        let stop = Stop { at: text.at, provider: text.provider.clone(), confirmed: false };
        let (store, theirs) = (&self.turn.store, &loaded.conversation.theirs);
        let claim = store.names().message(&text.provider, &text.name);
        store.stop(&claim, theirs, &stop, &text.proof()).await?;
        tracing::info!("the agent understood a text as an opt-out");
        self.reload(loaded).await?;
        Ok(())
    }

    /// Prepares to ask the model about a run: counts the attempt in one commit, and nothing is
    /// spent without that commit. Returns whether it may be asked now; otherwise the outcome is
    /// stored instead.
    ///
    /// Thinking again because something changed is an attempt like any other, but does not have to
    /// wait.
    async fn take_up(
        &self,
        loaded: &mut Loaded,
        run: &Run,
        is_again: bool,
    ) -> Result<bool, Unavailable> {
        let Bounds { limits, places, .. } = &self.turn.bounds;
        let bound = limits.new_people_per_minute.unwrap_or(u32::MAX);
        let is_known = is_again
            || run.is_pretended()
            || limits.new_people_per_minute.is_none()
            || is_known(&loaded.conversation, self.clock.now());
        let turnstile = if is_known { None } else { Some(places.enter().await) };
        let now = self.clock.now();
        let guess = turnstile.as_ref().and_then(|left| left.guess(now, bound));
        // The free places are looked up only if this one is taken.
        let (mut is_guess, mut free) = (guess.is_some(), Vec::from_iter(guess));
        let is_near = self.is_near_a_cap(loaded, run);
        let mut found = None;
        let (gate, outcome) = loop {
            let (gate, outcome) = self.count_try(loaded, run, is_again, found, &mut free).await?;
            match gate {
                Gate::Full if std::mem::take(&mut is_guess) => {
                    free = self.turn.store.free_places(minute_of(now), bound).await?;
                }
                Gate::Unpaid => found = self.look_elsewhere(loaded, run).await?,
                gate => break (gate, outcome),
            }
        };
        // Only a run without a place keeps the turnstile.
        match (&gate, turnstile.filter(|_| matches!(gate, Gate::Full))) {
            (Gate::Open | Gate::LetIn, _) if outcome.is_stored() => {
                self.tell_of_money(loaded, run, is_near).await;
                return Ok(true);
            }
            (Gate::Open | Gate::LetIn, _) => return Ok(false),
            (Gate::Full, Some(mut left)) => {
                left.note_full(now);
                self.let_in_later(loaded, left, bound).await?;
            }
            // It was not full a moment ago.
            (Gate::Full, None) => {}
            _ => {}
        }
        let is_stored = outcome.is_stored();
        self.dispatch(loaded, outcome.planned(), vec![]).await?;
        if is_stored {
            self.say_why(&gate, run).await;
        }
        Ok(false)
    }

    /// Counts a try to have the model answer, if the gate is open, and lets a new person in to one of
    /// the free places; otherwise writes down why not.
    async fn count_try(
        &self,
        loaded: &mut Loaded,
        run: &Run,
        is_again: bool,
        found: Option<Found>,
        free: &mut Vec<Admission>,
    ) -> Result<(Gate, Outcome<'a>), Unavailable> {
        let mut gate = Gate::Open;
        let written = self.edit(loaded, |loaded| {
            let same = run.again(loaded).is_some_and(|now| now == *run);
            if !same || loaded.conversation.open.is_some() {
                gate = Gate::Open;
                return None;
            }
            gate = self.gate_again(loaded, run, is_again);
            let mut amount = Amount::ZERO;
            if !is_again && matches!(gate, Gate::Open | Gate::LetIn) {
                match found.unwrap_or_else(|| self.find_money(loaded, run)) {
                    Found::Enough(enough) => amount = enough,
                    Found::Elsewhere => {
                        gate = Gate::Unpaid;
                        return None;
                    }
                    Found::Capped(Cap::Turn) if loaded.conversation.account.turn > Amount::ZERO => {
                        gate = Gate::HandOver(TOO_DEAR);
                    }
                    Found::Held(cap) => gate = self.until_free(loaded, run, cap),
                    Found::Capped(cap) => gate = self.at_cap(loaded, run, cap),
                }
            }
            let place = if let Gate::LetIn = gate { free.pop() } else { None };
            if place.is_none() && matches!(gate, Gate::LetIn) {
                gate = Gate::Full;
            }
            if let Gate::Open | Gate::LetIn = gate {
                let mut draft = Draft::of(loaded);
                draft.count_attempt(self.clock.now());
                self.reserve(loaded, &mut draft, amount);
                if let Some(place) = place {
                    draft.next.admitted_at = Some(place.minute);
                    draft.changes.push(Change::LetIn(place));
                }
                return Some(draft);
            }
            self.bar(loaded, run, &gate)
        });
        let outcome = written.await?;
        Ok((gate, outcome))
    }

    /// What a conversation becomes by a run that was considered.
    fn draft(&self, loaded: &Loaded, considered: &Considered, steps: &[Step]) -> Draft<'a> {
        let (mut draft, run) = (Draft::of(loaded), &considered.run);
        draft.at_most = considered.left;
        match &considered.thought {
            // What is left of a cap was not enough after all: it waits for more.
            Some(Thought::None { error: error @ ModelError::Refused { .. }, .. })
                if !error.is_over_budget() =>
            {
                self.leave_unanswered(loaded, &mut draft, run, error, steps);
            }
            Some(Thought::None { error, .. }) => {
                self.without_answer(loaded, &mut draft, run, error, steps);
            }
            Some(Thought::Answer(answered)) => {
                self.deal_with(loaded, &mut draft, run, steps);
                self.add_answer(loaded, &mut draft, run, answered);
            }
            None => {
                self.deal_with(loaded, &mut draft, run, steps);
                self.add_fixed(loaded, &mut draft, run);
            }
        }
        draft
    }

    /// Lets the texts of a run wait no longer, and notes what they show of our last reply.
    fn deal_with(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run, steps: &[Step]) {
        draft.changes.push(Change::Steps(run.trace().clone(), steps.to_vec()));
        let others = run.texts.iter().map(|text| &text.trace).filter(|it| *it != run.trace());
        // They are answered under the trace of the first.
        let answered_in = |trace: &TraceId| Change::AnsweredIn(trace.clone(), run.trace().clone());
        draft.changes.extend(others.map(answered_in));
        if let Some(said) = arrived(&draft.next, &run.texts) {
            draft.changes.push(Change::Answered(said.clone(), self.clock.now()));
            draft.next.last = None;
        }
        match run.does {
            // A text that gets no answer is not part of the conversation.
            Does::Nothing if loaded.blocked => draft.set_aside(&run.texts, "blocked"),
            Does::Nothing => draft.set_aside(&run.texts, "stopped"),
            _ => draft.take_up(&run.texts),
        }
        if run.thinks() || draft.is_empty() {
            draft.reset_attempts();
        }
        draft.set_due(self.clock.now());
    }

    /// Adds what the agent answered to the conversation, and ends that if it is over.
    fn add_answer(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run, answered: &Answered) {
        let next = &mut draft.next;
        next.answers += 1;
        next.one_by_one = next.one_by_one.saturating_sub(1);
        next.brief.clone_from(&answered.brief);
        next.language = shown(next, run, answered);
        run.join(&mut next.turns, &self.turn.agent.page);
        let before = next.turns.len();
        next.turns.extend(answered.turns.iter().map(entry));
        next.answered_at = Some(self.clock.now());
        next.admitted_at = None;
        let is_full = size(next) > FULL;
        if is_full {
            // Leaves out the tool calls, so that the rest can be stored.
            next.turns.truncate(before);
            next.turns.extend(answered.turns.last().map(entry));
        }
        let end = match &answered.ending {
            _ if is_full => Some(End::HandedOver(TOO_LONG.into())),
            Some(Ending::Finished) => Some(End::Finished),
            Some(Ending::HandedOver { reason }) => Some(End::HandedOver(reason.clone())),
            Some(Ending::Stopped) => None,
            None if next.goes_on() => Some(End::Still),
            None => (next.answers >= self.turn.agent.page.turns).then_some(End::Limit),
        };
        if let Some(end) = end {
            self.end(loaded, draft, end, run.trace());
        }
        self.reply(loaded, draft, run, &answered.reply);
    }

    /// Adds what the product says in its own name to a run that the agent is not asked about.
    fn add_fixed(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run) {
        if run.does != Does::Nothing {
            run.join(&mut draft.next.turns, &self.turn.agent.page);
        }
        match run.does {
            Does::Say(Fixed::Stopped) => draft.changes.push(Change::Confirmed),
            Does::Say(Fixed::Back) => draft.changes.push(Change::Started(run.texts[0].clone())),
            _ => {}
        }
        if let Some(text) = self.fixed(loaded, run) {
            self.say(loaded, draft, run, text);
        }
    }

    /// The fixed reply to a run, unless the provider has already sent one.
    fn fixed(&self, loaded: &Loaded, run: &Run) -> Option<&'a str> {
        let Does::Say(fixed) = run.does else { return None };
        let texts = self.texts(&loaded.conversation, run);
        let asked = &run.texts[0];
        let provider = self.turn.providers.named(&asked.provider);
        match fixed {
            Fixed::Stopped => Some(&texts.stop),
            _ if asked.handled.is_some() => None,
            _ if provider.is_some_and(|provider| provider.answers(&asked.body, &asked.ours)) => {
                None
            }
            Fixed::Started | Fixed::Back => Some(&texts.start),
            Fixed::Help => Some(&texts.help),
        }
    }

    /// Sends a fixed text in the product's own name.
    pub(crate) fn say(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run, text: &str) {
        let fixed = Entry::Fixed { text: text.to_owned(), at: self.clock.now() };
        draft.next.turns.push(entry(&fixed));
        self.reply(loaded, draft, run, text);
    }

    /// Counts the cost of a run: a reply, or the work for one that is not sent.
    pub(crate) fn count(&self, draft: &mut Draft<'a>, run: &Run, body: Option<&str>) {
        let kind = if run.thinks() { ReplyKind::Answer } else { ReplyKind::Keyword };
        let mut counted = Counted::of(&draft.next);
        counted.replied.note(kind, self.clock.now());
        if run.thinks() {
            counted.exchanges.note(&run.bodies(), body, self.clock.now());
        }
        counted.keep(&mut draft.next);
    }

    pub(crate) fn reply(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run, body: &str) {
        self.count(draft, run, Some(body));
        let texted = run.texts.last();
        let reply = Reply {
            via: texted.map(|text| text.provider.clone()).unwrap_or_default(),
            ours: texted.map(|text| text.ours.clone()).unwrap_or_default(),
            despite_stop: run.does == Does::Say(Fixed::Stopped),
            texted_at: texted.map(|text| text.at),
            ..Reply::alone(body, run.trace(), self.clock.now())
        };
        self.plan(loaded, draft, reply);
    }
}

/// Whether a person has said START since.
fn has_come_back(loaded: &Loaded, since: Timestamp) -> bool {
    let waits = |text: &Waiting| text.at >= since && text.asks == Some(Keyword::Start);
    let said = |entry: Entry| {
        matches!(entry, Entry::Person { text, at }
            if at >= since && policy::keyword(&text) == Some(Keyword::Start))
    };
    loaded.waiting.iter().any(waits) || entries(&loaded.conversation.turns).any(said)
}
