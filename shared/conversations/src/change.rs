//! What follows from a turn, and is stored in the same commit with it.

use documents::{Fields, Unavailable, Version, Write, at};
use evidence::Health;
use jiff::Timestamp;
use telemetry::{Step, TraceId};
use thiserror::Error;

use crate::admissions::Admission;
use crate::attempts::{Attempt, StatusUpdate, settled};
use crate::conversation::{Conversation, LastReply};
use crate::effects::Effect;
use crate::ended::{Ended, ended_at};
use crate::id::ConversationId;
use crate::notices::Notice;
use crate::receipts::MatchedReceipt;
use crate::stops::{Stop, stopped};
use crate::texts::{Waiting, put_aside, taken_up, wait_again};

/// A conversation as it was read, with what must be known before anything is said in it.
#[derive(Clone)]
pub struct Loaded {
    /// Its name.
    pub id: ConversationId,
    /// What it held.
    pub conversation: Conversation,
    /// The texts that wait, in the order they came: no more than a turn takes up at once.
    pub waiting: Vec<Waiting>,
    /// Whether more wait behind those.
    pub more: bool,
    /// Whether the person has stopped.
    pub stop: Option<Stop>,
    /// What is known of the routes that a reply can go.
    pub health: Health,
    pub(crate) version: Version,
    pub(crate) stop_version: Option<Version>,
}

/// Something that follows from a turn, and is stored in the same commit.
#[derive(Clone)]
pub enum Change {
    /// The person, being new, has this place, on condition that nobody else was given it.
    LetIn(Admission),
    /// Texts that waited have been taken up: what was said in them is in the conversation.
    TakenUp(Vec<Waiting>),
    /// Texts that waited are not answered, for this reason.
    SetAside(Vec<Waiting>, &'static str),
    /// Texts that were set aside wait again.
    Waits(Vec<Waiting>),
    /// A new attempt, on condition that the person has not stopped.
    Attempt(Attempt),
    /// A new attempt, whether or not the person has stopped: to confirm that they have.
    AttemptDespiteStop(Attempt),
    /// The person is told that they have stopped, on condition that the stop is the one that was
    /// loaded.
    Confirmed,
    /// Something was update of an attempt.
    Status(StatusUpdate),
    /// A receipt told of an attempt, before that was known by its message.
    Receipt(MatchedReceipt),
    /// The person texted back after what was said last, at this time.
    Answered(LastReply, Timestamp),
    /// The failing of an attempt has been dealt with.
    Settled(String),
    /// Something must leave the system.
    Effect(Effect),
    /// A conversation is over.
    Ended(Ended),
    /// The conversation of this number was over, and is under way again.
    GoesOn(u64),
    /// A person should look at something.
    Notice(Notice),
    /// The provider says that the person has stopped.
    Stopped {
        /// When we heard.
        at: Timestamp,
        /// From whom.
        provider: String,
    },
    /// The person is back, on condition that the stop is the one that was loaded.
    Started,
    /// Steps were taken under a trace.
    Steps(TraceId, Vec<Step>),
    /// A text was answered under the trace of another one.
    AnsweredIn(TraceId, TraceId),
}

/// Why a commit did not go through.
#[derive(Debug, Error)]
pub enum CommitError {
    /// Somebody else has written since: load again and think again. Nothing was stored.
    #[error("the conversation has changed")]
    Conflict,
    /// It would not fit: store less. Nothing was stored.
    #[error("too much for one document")]
    TooLarge,
    /// It may have been stored or not: load again and look.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Change {
    /// The writes that follow from it, but for steps.
    pub(crate) fn writes(self, loaded: &Loaded) -> Vec<Write> {
        let stop = || at("stops", loaded.id.person());
        match self {
            Self::LetIn(place) => vec![place.take()],
            Self::TakenUp(texts) => texts.iter().map(taken_up).collect(),
            Self::SetAside(texts, why) => {
                texts.iter().map(|text| put_aside(&loaded.id, text, why)).collect()
            }
            Self::Waits(texts) => texts.iter().map(|text| wait_again(&loaded.id, text)).collect(),
            Self::Attempt(attempt) => vec![Stop::none(&loaded.id), attempt.keep()],
            Self::AttemptDespiteStop(attempt) => vec![attempt.keep()],
            Self::Confirmed => vec![match (&loaded.stop, loaded.stop_version) {
                (Some(found), Some(version)) => {
                    let confirmed = Stop { confirmed: true, ..found.clone() };
                    Write::Replace(stop(), Fields::of(&confirmed), version)
                }
                // Nobody has stopped: a condition that cannot hold, unless that changed.
                _ => Write::Replace(stop(), Fields::none(), Version::NONE),
            }],
            Self::Status(update) => vec![update.write(&[])],
            Self::Receipt(told) => told.writes(),
            Self::Answered(said, at) => {
                vec![Attempt::note_answer(&said.attempt, said.look_at(at))]
            }
            Self::Settled(attempt) => vec![settled(&attempt)],
            Self::Effect(effect) => vec![effect.keep()],
            Self::Ended(ended) => vec![ended.keep()],
            Self::GoesOn(number) => vec![Write::Delete(ended_at(&loaded.id, number), None)],
            Self::Notice(notice) => vec![notice.keep()],
            Self::Stopped { at, provider } => vec![stopped(&loaded.id, at, &provider)],
            Self::Started => vec![Write::Delete(stop(), loaded.stop_version)],
            // They are kept where there is most to be written already.
            Self::Steps(..) | Self::AnsweredIn(..) => vec![],
        }
    }
}
