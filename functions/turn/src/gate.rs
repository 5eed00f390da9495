//! Everything that is checked before a text may be answered and money is spent.

use conversations::{Change, Conversation, Loaded, Notice, Unavailable};
use hours::Permission;
use jiff::{SignedDuration, Timestamp};
use money::Cap;
use policy::{Allowed, CountryRefusal, Exchanges, Replied, ReplyKind, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use telemetry::{Alarm, Step, raise, steps};

use crate::after::needs_no_answer;
use crate::edit::Draft;
use crate::end::End;
use crate::hand_over::WITH_PERSON;
use crate::reasons::UNANSWERABLE;
pub(crate) use crate::reasons::{TOO_DEAR, TOO_LONG};
use crate::run::{Run, arrived};
use crate::{Bounds, Wake};

/// How many attempts in a row the model gets at the same texts before a person has to answer them:
/// more than a quarter of an hour.
pub(crate) const MAX_ATTEMPTS: u32 = 8;

/// How large a conversation may be, in stored bytes, before a person has to continue it: the model
/// is sent all of it each time. One more turn still fits into the largest document (1 MiB).
pub(crate) const FULL: usize = 200_000;

/// How many texts of one person may wait. More than that is a flood, not a burst.
const MAX_WAITING: u32 = 100;
/// How many of the rest one turn sets aside: each is a write in the same commit.
const THINNED_IN_ONE_TURN: u32 = 200;

/// Anybody who had an answer within this time is not a new person.
const KNOWN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A place further ahead was assigned by a clock that was wrong.
const LONGEST_FLOOD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What counts for and against answering a person, in the form in which the store keeps it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Counted {
    #[serde(default)]
    pub(crate) replied: Replied,
    #[serde(default)]
    pub(crate) exchanges: Exchanges,
}

impl Counted {
    /// The counts so far. If another version wrote them and this one cannot read them, they are
    /// empty.
    pub(crate) fn of(conversation: &Conversation) -> Self {
        serde_json::from_str(conversation.counted.get()).unwrap_or_default()
    }

    pub(crate) fn keep(&self, conversation: &mut Conversation) {
        if let Ok(counted) = to_raw_value(self) {
            conversation.counted = counted;
        }
    }
}

/// The decision about a run of texts.
pub(crate) enum Gate {
    /// It may be answered.
    Open,
    /// It may be answered, as the first of a new person, if this minute has a place for them.
    LetIn,
    /// It is not answered before this moment.
    Wait(Timestamp),
    /// It comes late, and is not answered before this moment, when the person may be texted.
    Quiet(Timestamp),
    /// The person is new, and this minute has no place left.
    Full,
    /// It is not answered before there is money for it, because this cap is reached.
    Capped(Cap),
    /// It may be answered, if a shard has the money for it.
    Unpaid,
    /// It is not answered.
    Closed(Closed),
    /// A person has to answer it, for this reason.
    HandOver(&'static str),
}

/// Why texts are not answered.
pub(crate) enum Closed {
    Country(CountryRefusal),
    Limit,
    /// The symptom, and whether this is the first time it was seen.
    Loop(String, bool),
    /// A person of the business answers.
    WithPerson,
    /// It needs no answer, for this reason.
    NoNeed(&'static str),
    /// This cap was reached for too long, for so many of the texts.
    Capped(Cap, usize),
    /// It comes late, and there is no hour in which the person may be texted.
    Quiet,
}

impl Gate {
    /// The word in the trace.
    fn word(&self) -> &'static str {
        match self {
            Self::Open | Self::LetIn => "open",
            Self::Wait(_) | Self::Quiet(_) | Self::Full | Self::Unpaid => "later",
            Self::Capped(cap) => cap.setting(),
            Self::Closed(closed) => closed.why(),
            Self::HandOver(reason) => reason,
        }
    }
}

impl Closed {
    /// The reason that is stored with the texts.
    fn why(&self) -> &'static str {
        match self {
            Self::Country(_) => "country",
            Self::Limit => "limit",
            Self::Loop(..) => "loop",
            Self::WithPerson => WITH_PERSON,
            Self::NoNeed(why) => why,
            Self::Capped(..) => "over a cap",
            Self::Quiet => "quiet hours",
        }
    }
}

impl<'a> Wake<'a> {
    /// Decides about a run, or again about one that the model was asked about already.
    pub(crate) fn gate_again(&self, loaded: &Loaded, run: &Run, is_again: bool) -> Gate {
        let goes_on = is_again && !self.is_silent(loaded, run);
        if goes_on { Gate::Open } else { self.gate(loaded, run) }
    }

    /// Decides about a run that would get an answer.
    pub(crate) fn gate(&self, loaded: &Loaded, run: &Run) -> Gate {
        let (conversation, now) = (&loaded.conversation, self.clock.now());
        let Bounds { limits, countries, .. } = &self.turn.bounds;
        if run.thinks() && conversation.is_with_person(now) {
            return Gate::Closed(Closed::WithPerson);
        }
        if run.thinks()
            && let Some(why) = needs_no_answer(conversation, run)
        {
            return Gate::Closed(Closed::NoNeed(why));
        }
        if run.is_pretended() {
            // Nothing is sent, and only admitted people can text this way.
            return self.gate_of_model(loaded, run);
        }
        if let Err(refusal) = countries.allows(&conversation.theirs)
            && !conversation.theirs.is_for_tests()
        {
            return Gate::Closed(Closed::Country(refusal));
        }
        let counted = Counted::of(conversation);
        let kind = if run.thinks() { ReplyKind::Answer } else { ReplyKind::Keyword };
        if run.thinks()
            && let Verdict::Silence { symptom, first } = counted.exchanges.judge(&run.bodies(), now)
        {
            return Gate::Closed(Closed::Loop(symptom.to_string(), first));
        }
        match counted.replied.may(limits, kind, now) {
            Allowed::Not => return Gate::Closed(Closed::Limit),
            Allowed::At(free) => return Gate::Wait(free),
            Allowed::Now => {}
        }
        if !run.thinks() {
            return Gate::Open;
        }
        let gate = self.gate_of_model(loaded, run);
        if let Gate::HandOver(_) = gate {
            return gate;
        }
        match self.permission(loaded) {
            Permission::Now => {}
            Permission::From(at) => return Gate::Quiet(at),
            Permission::Never => return Gate::Closed(Closed::Quiet),
        }
        if limits.new_people_per_minute.is_none() || !matches!(gate, Gate::Open) {
            return gate;
        }
        match conversation.admitted_at {
            _ if is_known(conversation, now) => Gate::Open,
            Some(place) if place <= now => Gate::Open,
            Some(place) if place <= now + LONGEST_FLOOD => Gate::Wait(place),
            _ => Gate::LetIn,
        }
    }

    /// Records that a run is not answered now, and why.
    pub(crate) fn bar(&self, loaded: &Loaded, run: &Run, gate: &Gate) -> Option<Draft<'a>> {
        let (mut draft, now) = (Draft::of(loaded), self.clock.now());
        match gate {
            Gate::Open | Gate::LetIn | Gate::Full | Gate::Unpaid => return None,
            Gate::Wait(until) if draft.next.due_at == Some(*until) => return None,
            Gate::Wait(until) => {
                draft.next.due_at = Some(*until);
                return Some(draft);
            }
            Gate::Quiet(until) => {
                let known =
                    draft.next.due_at == Some(*until) && draft.next.quiet_until == Some(*until);
                self.wait_until(&mut draft, run.trace(), *until);
                return (!known).then_some(draft);
            }
            Gate::Capped(cap) => {
                self.wait_at_cap(loaded, &mut draft, run, *cap);
            }
            Gate::Closed(closed) => {
                self.close_gate(loaded, &mut draft, run, closed);
            }
            Gate::HandOver(reason) => {
                draft.take_up(&run.texts);
                run.join(&mut draft.next.turns, &self.turn.agent.page);
                self.end(loaded, &mut draft, End::HandedOver((*reason).into()), run.trace());
                if !draft.next.apologised {
                    let sorry = &self.texts(&loaded.conversation, run).sorry;
                    self.reply(loaded, &mut draft, run, sorry);
                }
                draft.reset_attempts();
            }
        }
        let step = Step::new(steps::NOT_ANSWERED, now).with("why", gate.word());
        draft.changes.push(Change::Steps(run.trace().clone(), vec![step]));
        if draft.next.open.is_none() {
            draft.set_due(now);
        }
        Some(draft)
    }

    /// Leaves a run unanswered for good, with what follows from that.
    fn close_gate(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run, closed: &Closed) {
        let now = self.clock.now();
        if let Closed::Loop(..) = closed {
            let mut counted = Counted::of(&draft.next);
            counted.exchanges.note(&run.bodies(), None, now);
            counted.keep(&mut draft.next);
        }
        if let Closed::WithPerson | Closed::NoNeed(_) = closed {
            // It is still an answer from the person: it shows that ours arrived.
            let said = arrived(&draft.next, &run.texts).cloned();
            if let Some(said) = said {
                draft.changes.push(Change::Answered(said, now));
                draft.next.last = None;
            }
        }
        if let (Closed::WithPerson, Some(handed_over)) = (closed, &mut draft.next.handed_over) {
            handed_over.held += run.texts.len() as u32;
            handed_over.unread += run.texts.len() as u32;
            let first = run.texts.first().map(|text| text.at);
            handed_over.unread_at = handed_over.unread_at.or(first);
        }
        draft.changes.extend(self.told(closed, run).map(Change::Notice));
        let (left, rest) = match closed {
            Closed::Capped(_, left) => run.texts.split_at(*left),
            _ => (run.texts.as_slice(), [].as_slice()),
        };
        draft.set_aside(left, closed.why());
        if let (Closed::Capped(cap, _), false) = (closed, rest.is_empty()) {
            self.wait_at_cap(loaded, draft, &run.of(rest), *cap);
        }
    }

    /// The operator's notice that is stored with a decision. What is reported only once a day has a notice
    /// of its own.
    fn told(&self, closed: &Closed, run: &Run) -> Option<Notice> {
        let (id, sentence) = match closed {
            Closed::Loop(symptom, true) => (
                format!("loop-{}", run.trace()),
                format!(
                    "The sender {symptom}, so it is taken for a machine: it gets no answer \
                     until it says something else. Read what it said, and block the number \
                     (`textback person`) if it goes on."
                ),
            ),
            Closed::Quiet => (
                format!("quiet-{}", run.trace()),
                "An answer comes late, and there is no hour in which this person may be texted: the texts \
                 are set aside. Answer by hand, or make the quiet hours shorter."
                    .into(),
            ),
            Closed::Loop(..)
            | Closed::Limit
            | Closed::Country(_)
            | Closed::WithPerson
            | Closed::NoNeed(_)
            | Closed::Capped(..) => {
                return None;
            }
        };
        Some(self.notice(id, sentence, run.trace()))
    }

    /// Reports a decision that was stored.
    /// A notice that the store does not take is lost: what was decided is stored all the same.
    pub(crate) async fn say_why(&self, gate: &Gate, run: &Run) {
        if let Err(error) = self.report(gate, run).await {
            tracing::warn!(%error, "could not tell the operator why texts are not answered: {error}");
        }
    }

    async fn report(&self, gate: &Gate, run: &Run) -> Result<(), Unavailable> {
        if let Gate::Capped(cap) = gate {
            return self.tell_of_cap(*cap, run).await;
        }
        let Gate::Closed(closed) = gate else { return Ok(()) };
        tracing::info!(texts = run.texts.len(), "set texts aside unanswered: {}", closed.why());
        match closed {
            Closed::Loop(symptom, true) => {
                raise!(Alarm::Loop, "the sender {symptom}, and gets no more answers");
            }
            Closed::Country(refusal) => {
                let day = self.clock.now().strftime("%F");
                let notice = Notice {
                    conversation: None,
                    trace: None,
                    ..self.notice(
                        format!("country-{refusal}-{day}"),
                        format!(
                            "Texts from numbers that may not be replied to ({refusal}) are kept but not \
                             answered. If that is wrong, add their country to COUNTRIES; premium, \
                             satellite and shared-cost numbers are never texted."
                        ),
                        run.trace(),
                    )
                };
                self.turn.store.notice_anew(&notice, None).await?;
            }
            Closed::Limit => self.tell_of_limit(run).await?,
            Closed::Capped(cap, left) => self.tell_of_texts_left(*cap, *left, run).await?,
            Closed::Loop(..) | Closed::WithPerson | Closed::NoNeed(_) | Closed::Quiet => {}
        }
        Ok(())
    }

    /// Tells the operator, once a day, that a person has had all replies of a day and keeps texting.
    async fn tell_of_limit(&self, run: &Run) -> Result<(), Unavailable> {
        let day = self.clock.now().strftime("%F");
        let sentence = "A person has reached the limit of replies and keeps texting: these texts are set \
                        aside. Answer by hand, or raise REPLIES_PER_DAY.";
        let notice = self.notice(format!("limit-{}-{day}", self.id), sentence.into(), run.trace());
        if self.turn.store.notice_anew(&notice, None).await? {
            raise!(Alarm::Limit, "a person has had all replies of a day and keeps texting");
        }
        Ok(())
    }

    /// Sets aside the texts beyond those that one person may have waiting.
    pub(crate) async fn thin_out(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let store = &self.turn.store;
        let behind = store.waiting_behind(&self.id, MAX_WAITING, THINNED_IN_ONE_TURN).await?;
        let Some(first) = behind.first() else { return Ok(()) };
        let day = self.clock.now().strftime("%F");
        let notice = self.notice(
            format!("too-many-{}-{day}", self.id),
            format!(
                "One person sent so many texts that those behind the first {MAX_WAITING} were set \
                 aside. Read them in the conversation, and answer by hand what needs it."
            ),
            &first.trace,
        );
        let written = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.set_aside(&behind, "too many");
            draft.changes.push(Change::Notice(notice.clone()));
            Some(draft)
        });
        written.await?;
        tracing::warn!(
            texts = behind.len(),
            "set texts of one person aside: too many were waiting"
        );
        Ok(())
    }

    /// Decides whether the model, which costs money, may be asked about a run.
    fn gate_of_model(&self, loaded: &Loaded, run: &Run) -> Gate {
        let (conversation, now) = (&loaded.conversation, self.clock.now());
        if !run.thinks() {
            return Gate::Open;
        }
        if let Some(after) = conversation.ask_after.filter(|after| *after > now) {
            return Gate::Wait(after);
        }
        if conversation.tries >= MAX_ATTEMPTS {
            return Gate::HandOver(UNANSWERABLE);
        }
        if size(conversation) > FULL {
            return Gate::HandOver(TOO_LONG);
        }
        Gate::Open
    }
}

/// Whether somebody has had an answer recently, and needs no place.
pub(crate) fn is_known(conversation: &Conversation, now: Timestamp) -> bool {
    conversation.answered_at.is_some_and(|at| now < at + KNOWN)
}

/// The size of a conversation's entries and brief, in stored bytes.
pub(crate) fn size(conversation: &Conversation) -> usize {
    let Conversation { turns, brief, .. } = conversation;
    serde_json::to_string(&(turns, brief)).map_or(usize::MAX, |stored| stored.len())
}
