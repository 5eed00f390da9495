//! Changes that follow from a turn and are stored in its commit.

use documents::{Fields, Unavailable, Version, Write, at};
use evidence::Health;
use jiff::Timestamp;
use money::Amount;
use telemetry::{Step, TraceId};
use thiserror::Error;

use crate::admissions::Admission;
use crate::attempts::{Attempt, StatusUpdate, settled};
use crate::audit::Act;
use crate::budget::{Booking, Period, Shard};
use crate::codes::Code;
use crate::consent_events::{ConsentEvent, ConsentKind};
use crate::conversation::{Conversation, LastReply};
use crate::desk::RowWrite;
use crate::effects::Effect;
use crate::ended::{Ended, ended_at};
use crate::figures::DayCounts;
use crate::found;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::notices::Notice;
use crate::orders::{GivenOrder, Order, carried_out};
use crate::receipts::MatchedReceipt;
use crate::said::Said;
use crate::silence::Forgotten;
use crate::stops::{Stop, stopped};
use crate::texts::{Waiting, put_aside, taken_up, wait_again};

/// A conversation as it was loaded, with everything a turn needs before it replies.
#[derive(Clone)]
pub struct Loaded {
    /// Its name.
    pub id: ConversationId,
    /// Its contents.
    pub conversation: Conversation,
    /// The waiting texts in order of arrival, at most as many as one turn takes.
    pub waiting: Vec<Waiting>,
    /// Whether more wait behind those.
    pub more: bool,
    /// Texts among them that tell us what an owner wants of other conversations. Never loaded as such: a turn
    /// knows the owners' phones.
    pub commands: Vec<Waiting>,
    /// What operators want of it, in the order in which they said so.
    pub orders: Vec<Order>,
    /// The person's opt-out, if any.
    pub stop: Option<Stop>,
    /// Whether the number is blocked, so that nothing is said to it. It then counts as opted out too.
    pub blocked: bool,
    /// The health of the routes that a reply can take.
    pub health: Health,
    /// A shard of the account that a turn is paid from, if one was asked for. It is used once: after a
    /// reservation it is out of date.
    pub shard: Option<Shard>,
    /// The person who had the number before is forgotten with the next commit.
    pub(crate) forgotten: Option<Forgotten>,
    pub(crate) version: Version,
    pub(crate) stop_version: Option<Version>,
}

/// Something that follows from a turn and is stored in the same commit.
#[derive(Clone)]
pub enum Change {
    /// A new person takes this place, on condition that it is still free.
    LetIn(Admission),
    /// Money is reserved in a shard, on condition that nobody has written to it since it was read.
    Reserved(Shard, Amount, Period),
    /// Money is spent from a shard, on the same condition.
    Spent(Shard, Amount, Period),
    /// Money was spent, or a reservation ended.
    Booked(Booking),
    /// Waiting texts were taken up: their words are now in the conversation.
    TakenUp(Vec<Waiting>),
    /// Waiting texts are set aside, for this reason.
    SetAside(Vec<Waiting>, &'static str),
    /// Texts that were set aside wait again.
    Waits(Vec<Waiting>),
    /// A new attempt, on condition that the person has not opted out.
    Attempt(Attempt),
    /// A new attempt even if the person has opted out: it confirms the opt-out.
    AttemptDespiteStop(Attempt),
    /// The opt-out is confirmed to the person, on condition that it is the one that was loaded.
    Confirmed,
    /// A new status of an attempt.
    Status(StatusUpdate),
    /// A receipt that arrived before the attempt could be found by its message id.
    Receipt(MatchedReceipt),
    /// The person texted back at this time, after our last reply.
    Answered(LastReply, Timestamp),
    /// The failure of an attempt has been dealt with.
    Settled(String),
    /// Something must leave the system.
    Effect(Effect),
    /// A conversation is over.
    Ended(Ended),
    /// What was collected in a conversation that is over was corrected.
    Corrected(Ended),
    /// The conversation with this number was over and continues.
    GoesOn(u64),
    /// Something is added to the figures.
    Counted(DayCounts),
    /// A person should look at something.
    Notice(Notice),
    /// The provider refused this attempt with that code, since the person has opted out.
    Stopped {
        /// When we heard of it.
        at: Timestamp,
        /// What it refused.
        attempt: Attempt,
        /// Its code.
        code: String,
    },
    /// The person has opted in again by this text, on condition that the opt-out is the one that was
    /// loaded.
    Started(Waiting),
    /// An order was dealt with.
    CarriedOut(Order),
    /// An order was given, in this conversation or another.
    Ordered(Box<GivenOrder>),
    /// The conversation can be named by a code.
    Coded(Code),
    /// It is written down what an operator did.
    Audited(Act),
    /// What lists show of the conversation.
    Row(Box<RowWrite>),
    /// What the conversation is found by.
    Found(Vec<String>),
    /// What was said, to search in, where the store can: words, and the name of what they are of.
    Said(Vec<Said>),
    /// Steps were taken under a trace.
    Steps(TraceId, Vec<Step>),
    /// A text was answered under the trace of another one.
    AnsweredIn(TraceId, TraceId),
}

/// Why a commit did not go through.
#[derive(Debug, Error)]
pub enum CommitError {
    /// Another process has written since: load and decide again. Nothing was stored.
    #[error("the conversation has changed")]
    Conflict,
    /// Too large for the store: store less. Nothing was stored.
    #[error("too much for one document")]
    TooLarge,
    /// The commit may or may not have gone through: load again and look.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Change {
    /// Whether the shard that was loaded is out of date afterwards.
    pub(crate) fn uses_shard(&self) -> bool {
        matches!(self, Self::Reserved(..) | Self::Spent(..))
    }

    /// The writes for this change, except its steps.
    pub(crate) fn writes(self, loaded: &Loaded, lifetimes: &Lifetimes) -> Vec<Write> {
        let stop = || at("stops", loaded.id.person());
        match self {
            Self::LetIn(place) => vec![place.take()],
            Self::Reserved(shard, amount, period) => vec![shard.reserve(amount, period)],
            Self::Spent(shard, amount, period) => vec![shard.spend(amount, period)],
            Self::Booked(booking) => vec![booking.write()],
            Self::TakenUp(texts) => texts.iter().map(taken_up).collect(),
            Self::SetAside(texts, why) => {
                texts.iter().map(|text| put_aside(&loaded.id, text, why)).collect()
            }
            Self::Waits(texts) => texts.iter().map(|text| wait_again(&loaded.id, text)).collect(),
            Self::Attempt(attempt) => vec![Stop::none(&loaded.id), attempt.keep(lifetimes)],
            Self::AttemptDespiteStop(attempt) => vec![attempt.keep(lifetimes)],
            Self::Confirmed => vec![match (&loaded.stop, loaded.stop_version) {
                (Some(found), Some(version)) => {
                    let confirmed = Stop { confirmed: true, ..found.clone() };
                    Write::Replace(stop(), Fields::of(&confirmed), version)
                }
                // No opt-out was loaded: this condition can only fail.
                _ => Write::Replace(stop(), Fields::none(), Version::NONE),
            }],
            Self::Status(update) => vec![update.write(&[])],
            Self::Receipt(told) => told.writes(lifetimes),
            Self::Answered(said, at) => {
                vec![Attempt::note_answer(&said.attempt, said.look_at(at))]
            }
            Self::Settled(attempt) => vec![settled(&attempt)],
            Self::Effect(effect) => vec![effect.keep(lifetimes)],
            Self::Ended(ended) | Self::Corrected(ended) => vec![ended.keep(lifetimes)],
            Self::GoesOn(number) => vec![Write::Delete(ended_at(&loaded.id, number), None)],
            Self::Counted(counted) => vec![counted.write()],
            Self::Notice(notice) => vec![notice.keep(lifetimes)],
            Self::Stopped { at, attempt, code } => {
                let event = ConsentEvent::returned(&attempt, &code, at);
                stopped(&loaded.id, &attempt.provider, &event, lifetimes)
            }
            Self::Started(text) => {
                let (theirs, at) = (&loaded.conversation.theirs, text.at);
                let proof = text.proof();
                let event =
                    ConsentEvent::texted(ConsentKind::Start, theirs, &text.provider, &proof, at);
                vec![
                    Write::Delete(stop(), loaded.stop_version),
                    event.enter(loaded.id.person(), lifetimes),
                ]
            }
            Self::CarriedOut(order) => vec![carried_out(&order)],
            Self::Ordered(given) => given.writes(&loaded.id, lifetimes),
            Self::Coded(code) => vec![code.keep(&loaded.id, loaded.conversation.at, lifetimes)],
            Self::Audited(act) => vec![act.keep(lifetimes)],
            Self::Row(row) => vec![row.write(&loaded.id, lifetimes)],
            Self::Found(tokens) => {
                vec![found::keep(&loaded.id, &tokens, loaded.conversation.at, lifetimes)]
            }
            Self::Said(said) => said.iter().map(|said| said.keep(&loaded.id, lifetimes)).collect(),
            // Steps are added where there is most to write anyway.
            Self::Steps(..) | Self::AnsweredIn(..) => vec![],
        }
    }
}
