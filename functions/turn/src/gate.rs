//! Whether what waits may be answered now: everything that is checked before anything is spent.

use conversations::{Change, Conversation, Loaded, Notice, Unavailable};
use jiff::{SignedDuration, Timestamp};
use policy::{Allowed, CountryRefusal, Exchanges, Replied, ReplyKind, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use telemetry::{Alarm, Step, raise, steps};

use crate::after::needs_no_answer;
use crate::edit::Draft;
use crate::end::End;
use crate::hand_over::WITH_PERSON;
use crate::run::{Run, arrived};
use crate::{Bounds, Wake};

/// How often in a row the model is asked about the same texts, before a person has to answer them:
/// over a quarter of an hour.
pub(crate) const MOST_ATTEMPTS: u32 = 8;

/// How large a conversation may be, in bytes as it is stored, before a person has to go on with it:
/// all of it is shown to the model each time. What one more turn can add to it fits into the largest
/// document as well (1 MiB).
pub(crate) const FULL: usize = 200_000;

/// Why a conversation is handed over that has become so large.
pub(crate) const TOO_LONG: &str = "the conversation is too long for the agent";

/// How many texts of one person may wait. What comes on top of that is a flood, not a burst.
const MOST_WAITING: u32 = 100;
/// How many of the others are set aside at once: each is a write of one commit.
const THINNED_IN_ONE_TURN: u32 = 200;

/// Who has had an answer within this time is no new person.
const KNOWN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A place that is further away was given by a clock that was wrong.
const LONGEST_FLOOD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What counts for and against answering a person, as the store keeps it for us.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Counted {
    #[serde(default)]
    pub(crate) replied: Replied,
    #[serde(default)]
    pub(crate) exchanges: Exchanges,
}

impl Counted {
    /// What was counted so far. What another version wrote and this one cannot read is nothing.
    pub(crate) fn of(conversation: &Conversation) -> Self {
        serde_json::from_str(conversation.counted.get()).unwrap_or_default()
    }

    pub(crate) fn keep(&self, conversation: &mut Conversation) {
        if let Ok(counted) = to_raw_value(self) {
            conversation.counted = counted;
        }
    }
}

/// What is decided about a run of texts.
pub(crate) enum Gate {
    /// It may be answered.
    Open,
    /// It may be answered, as the first of a new person, if there is a place for them in this minute.
    LetIn,
    /// It is not answered before this moment.
    Wait(Timestamp),
    /// The person is new, and this minute has no place for them.
    Full,
    /// It is not answered.
    Closed(Closed),
    /// A person has to answer it, for this reason.
    HandOver(&'static str),
}

/// Why texts are not answered.
pub(crate) enum Closed {
    Country(CountryRefusal),
    Limit,
    /// In these words, and whether it is so from now on.
    Loop(String, bool),
    /// A person of the business answers.
    WithPerson,
    /// It needs no answer, for this reason.
    NoNeed(&'static str),
}

impl Gate {
    /// In a word, for the trace.
    fn word(&self) -> &'static str {
        match self {
            Self::Open | Self::LetIn => "open",
            Self::Wait(_) | Self::Full => "later",
            Self::Closed(closed) => closed.why(),
            Self::HandOver(reason) => reason,
        }
    }
}

impl Closed {
    /// The word that they are set aside with.
    fn why(&self) -> &'static str {
        match self {
            Self::Country(_) => "country",
            Self::Limit => "limit",
            Self::Loop(..) => "loop",
            Self::WithPerson => WITH_PERSON,
            Self::NoNeed(why) => why,
        }
    }
}

impl<'a> Wake<'a> {
    /// Decides about a run that would be answered.
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
            // Nothing is sent, and whoever may text so is no stranger.
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

    /// Writes down that a run is not answered now, and why.
    pub(crate) fn bar(&self, loaded: &Loaded, run: &Run, gate: &Gate) -> Option<Draft<'a>> {
        let (mut draft, now) = (Draft::of(loaded), self.clock.now());
        match gate {
            Gate::Open | Gate::LetIn | Gate::Full => return None,
            Gate::Wait(until) if draft.next.due_at == Some(*until) => return None,
            Gate::Wait(until) => {
                draft.next.due_at = Some(*until);
                return Some(draft);
            }
            Gate::Closed(closed) => {
                if let Closed::Loop(..) = closed {
                    let mut counted = Counted::of(&draft.next);
                    counted.exchanges.note(&run.bodies(), None, now);
                    counted.keep(&mut draft.next);
                }
                if let Closed::WithPerson | Closed::NoNeed(_) = closed {
                    // An answer all the same: it shows that ours arrived.
                    let said = arrived(&draft.next, &run.texts).cloned();
                    if let Some(said) = said {
                        draft.changes.push(Change::Answered(said, now));
                        draft.next.last = None;
                    }
                }
                if let (Closed::WithPerson, Some(handed_over)) =
                    (closed, &mut draft.next.handed_over)
                {
                    handed_over.held += run.texts.len() as u32;
                }
                draft.changes.extend(self.told(closed, run).map(Change::Notice));
                draft.set_aside(&run.texts, closed.why());
            }
            Gate::HandOver(reason) => {
                draft.take_up(&run.texts);
                run.join(&mut draft.next.turns, &self.turn.agent.page.texts);
                self.end(loaded, &mut draft, End::HandedOver((*reason).into()), run.trace());
                if !draft.next.apologised {
                    self.reply(loaded, &mut draft, run, self.turn.agent.page.texts.sorry.clone());
                }
                draft.forget_tries();
            }
        }
        let step = Step::new(steps::NOT_ANSWERED, now).with("why", gate.word());
        draft.changes.push(Change::Steps(run.trace().clone(), vec![step]));
        if draft.next.open.is_none() {
            draft.set_due(now);
        }
        Some(draft)
    }

    /// What the operator is told of the person whose texts are not answered. What concerns a whole
    /// country is told apart.
    fn told(&self, closed: &Closed, run: &Run) -> Option<Notice> {
        let day = self.clock.now().strftime("%F");
        let (id, sentence) = match closed {
            Closed::Loop(symptom, true) => (
                format!("loop-{}", run.trace()),
                format!(
                    "Whoever texts {symptom}, so a machine is taken to be at the other end: it is not \
                     answered until it says something else. See what it said, and block the number \
                     at the provider if it goes on."
                ),
            ),
            Closed::Limit => (
                format!("limit-{}-{day}", self.id),
                "A person has had as many replies as one may have, and texts on: what comes now is \
                 set aside. Answer by hand, or see REPLIES_PER_DAY."
                    .into(),
            ),
            Closed::Loop(..)
            | Closed::Country(_)
            | Closed::WithPerson
            | Closed::NoNeed(_) => return None,
        };
        Some(self.notice(id, sentence, run.trace()))
    }

    /// Says what follows from a decision that was stored.
    pub(crate) async fn say_why(&self, gate: &Gate, run: &Run) -> Result<(), Unavailable> {
        let Gate::Closed(closed) = gate else { return Ok(()) };
        tracing::info!(texts = run.texts.len(), "answered nothing: {}", closed.why());
        match closed {
            Closed::Loop(symptom, true) => {
                raise!(Alarm::Loop, "whoever texts {symptom}, and is not answered any more");
            }
            Closed::Country(refusal) => {
                let day = self.clock.now().strftime("%F");
                let notice = Notice {
                    conversation: None,
                    trace: None,
                    ..self.notice(
                        format!("country-{refusal}-{day}"),
                        format!(
                            "Texts of numbers that replies do not go to ({refusal}) are kept and not \
                             answered. Name their country in COUNTRIES if that is wrong; premium, \
                             satellite and shared-cost numbers are never texted."
                        ),
                        run.trace(),
                    )
                };
                self.turn.store.notice_anew(&notice, None).await?;
            }
            Closed::Loop(..) | Closed::Limit | Closed::WithPerson | Closed::NoNeed(_) => {}
        }
        Ok(())
    }

    /// Sets aside what waits behind as many texts as anybody can be answered.
    pub(crate) async fn thin_out(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let store = &self.turn.store;
        let behind = store.waiting_behind(&self.id, MOST_WAITING, THINNED_IN_ONE_TURN).await?;
        let Some(first) = behind.first() else { return Ok(()) };
        let day = self.clock.now().strftime("%F");
        let notice = self.notice(
            format!("too-many-{}-{day}", self.id),
            format!(
                "One person sent so many texts that those behind the first {MOST_WAITING} were set \
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
        tracing::warn!(texts = behind.len(), "set texts of one person aside: too many wait");
        Ok(())
    }

    /// Decides whether the model may be asked about a run, which it is for money.
    fn gate_of_model(&self, loaded: &Loaded, run: &Run) -> Gate {
        let (conversation, now) = (&loaded.conversation, self.clock.now());
        if !run.thinks() {
            return Gate::Open;
        }
        if let Some(after) = conversation.ask_after.filter(|after| *after > now) {
            return Gate::Wait(after);
        }
        if conversation.tries >= MOST_ATTEMPTS {
            return Gate::HandOver("the agent could not answer");
        }
        if size(conversation) > FULL {
            return Gate::HandOver(TOO_LONG);
        }
        Gate::Open
    }
}

/// Whether somebody has had an answer lately, and waits for no place.
pub(crate) fn is_known(conversation: &Conversation, now: Timestamp) -> bool {
    conversation.answered_at.is_some_and(|at| now < at + KNOWN)
}

/// What was said and collected in a conversation, in bytes as it is stored.
pub(crate) fn size(conversation: &Conversation) -> usize {
    let Conversation { turns, brief, .. } = conversation;
    serde_json::to_string(&(turns, brief)).map_or(usize::MAX, |stored| stored.len())
}
