//! Texts: each a document of its own from its arrival until a turn has taken it up.
//!
//! A text is claimed and stored in one commit that reads nothing and makes its head due. However many
//! texts one person sends, no document grows, and each costs as much as the first.

use std::sync::atomic::{AtomicU64, Ordering};

use documents::{Document, Fields, Query, Unavailable, Version, Write, WriteError, at};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use policy::Keyword;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sms::{Handled, Number};
use telemetry::{Step, TraceId};

use crate::blocks::block_of;
use crate::collections::texts;
use crate::consent_events::Proof;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::names::Claim;
use crate::store::Store;

/// How many texts one turn takes.
pub const TEXTS_IN_ONE_TURN: usize = 20;

/// How many texts are returned to their conversations concurrently.
const ADOPTING_CONCURRENCY: usize = 8;

/// A text that arrived, about to be claimed.
pub struct Arrival {
    /// The claim that makes a repeat of the call recognisable.
    pub claim: Claim,
    /// The person.
    pub theirs: Number,
    /// The text itself.
    pub text: Waiting,
    /// When it is taken: later than the text came, if it was kept elsewhere meanwhile.
    pub at: Timestamp,
}

/// A text that no turn has taken up yet. It stays equal to itself whatever is done about it.
#[derive(Clone, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The provider it came through.
    pub provider: String,
    /// Our number or sender name that it came to.
    pub ours: String,
    /// The provider's id for it, or ours if there is none, so that two genuine "yes" stay two.
    pub message: String,
    /// What was said.
    pub body: String,
    /// How many pictures or files came with it.
    #[serde(default)]
    pub media: u32,
    /// What the provider took it for and how it answered, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled: Option<Handled>,
    /// The request made by a reserved word, as understood on arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Keyword>,
    /// The trace that it began.
    pub trace: TraceId,
    /// The steps taken for it so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// When it arrived here.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Its name among the texts, once stored. Empty before.
    #[serde(skip)]
    pub name: String,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        let Self { provider, ours, message, body, media, handled, asks, trace, steps: _, at, name } =
            self;
        (provider, ours, message, body)
            == (&other.provider, &other.ours, &other.message, &other.body)
            && (media, handled, asks) == (&other.media, &other.handled, &other.asks)
            && (trace, at, name) == (&other.trace, &other.at, &other.name)
    }
}

impl Waiting {
    /// What it shows about a wish of its sender.
    pub fn proof(&self) -> Proof<'_> {
        let Self { body, ours, message, handled, .. } = self;
        Proof { words: body, ours, message, provider_says: handled.is_some() }
    }

    /// A text that has just come through a provider to a number of ours, under this trace.
    pub fn new(provider: &str, ours: &str, body: &str, trace: &TraceId, came: Timestamp) -> Self {
        Self {
            provider: provider.to_owned(),
            ours: ours.to_owned(),
            message: String::new(),
            body: body.to_owned(),
            media: 0,
            handled: None,
            asks: None,
            trace: trace.clone(),
            steps: vec![],
            at: came,
            name: String::new(),
        }
    }
}

/// A text that is not answered: kept with its words, for a person to look at.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The text.
    #[serde(flatten)]
    pub text: Waiting,
    /// Why, in a word.
    pub why: String,
}

/// What became of a text that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It waits for a turn.
    New,
    /// It was taken earlier; nothing was stored.
    Repeat,
    /// Its number is blocked: it was counted, and nothing of it was stored.
    Blocked,
}

impl Store {
    /// Claims a text and lets it wait for a turn, in one commit that reads nothing.
    ///
    /// If too many write to the head of its conversation at the same time, the text is stored without
    /// it, until [`Store::adopt`].
    pub async fn take(&self, arrival: &Arrival) -> Result<Taken, Unavailable> {
        let Arrival { theirs, at: now, .. } = arrival;
        let id = self.names.conversation(&arrival.text.provider, theirs);
        let name = format!("{}-{}", arrival.claim.name(), now.as_millisecond());
        let kept = Waiting { name, ..arrival.text.clone() };
        let text = |due| keep(&kept, theirs, &id, *now, due, &self.lifetimes);
        let unless_blocked = Write::Absent(block_of(id.person()));
        let makes_due = makes_due(&kept, theirs, &id, *now, &self.lifetimes);
        let with_head = vec![text(None), makes_due, unless_blocked.clone()];
        let new = match self.claim(&arrival.claim, arrival.text.at, with_head).await {
            Err(WriteError::Contended) => {
                let alone = vec![text(Some(*now)), unless_blocked];
                self.claim(&arrival.claim, arrival.text.at, alone).await?
            }
            answer => answer?,
        };
        // Only a text that was not taken is worth another look.
        Ok(match new {
            true => Taken::New,
            false if self.is_blocked(&arrival.text.provider, theirs).await? => Taken::Blocked,
            false => Taken::Repeat,
        })
    }

    /// The first waiting texts of a conversation, one more than a turn takes.
    pub(crate) async fn waiting(&self, id: &ConversationId) -> Result<Vec<Waiting>, Unavailable> {
        let limit = u32::try_from(TEXTS_IN_ONE_TURN).expect("twenty fits") + 1;
        self.texts(texts::WAITING.within(id.prefix(), limit)).await
    }

    /// The waiting texts of a conversation after the first `skip`, up to `limit` of them, in order of
    /// arrival.
    pub async fn waiting_behind(
        &self,
        id: &ConversationId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Waiting>, Unavailable> {
        let mut texts = self.texts(texts::WAITING.within(id.prefix(), skip + limit)).await?;
        Ok(texts.split_off(texts.len().min(skip as usize)))
    }

    /// The latest texts of a conversation that were set aside, and why, earliest first.
    pub async fn set_aside(
        &self,
        id: &ConversationId,
        limit: u32,
    ) -> Result<Vec<SetAside>, Unavailable> {
        let found = self.documents.find(texts::ASIDE.last_within(id.prefix(), limit)).await?;
        let aside = |document: Document| {
            let name = document.id.clone();
            let SetAside { text, why } = document.fields.decode()?;
            Ok(SetAside { text: Waiting { name, ..text }, why })
        };
        found.into_iter().rev().map(aside).collect()
    }

    async fn texts(&self, query: Query) -> Result<Vec<Waiting>, Unavailable> {
        let found = self.documents.find(query).await?;
        found.into_iter().map(named).collect()
    }

    /// Makes the conversations due whose texts had to be stored without their head. A head that is
    /// still contended is left for later. Returns the conversations that are due now.
    pub async fn adopt(
        &self,
        headless: Vec<Headless>,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, Unavailable> {
        let adopt = async |Headless { text, theirs, version }| {
            let id = self.names.conversation(&text.provider, &theirs);
            let alone = Fields::none().with("due_at", ());
            let alone = Write::Amend(at("texts", &text.name), alone, version);
            match self
                .documents
                .commit(vec![makes_due(&text, &theirs, &id, now, &self.lifetimes), alone])
                .await
            {
                Ok(_) => Ok(Some(id)),
                // A turn may have taken it up since: its conversation has it.
                Err(WriteError::Contended | WriteError::Conflict) => Ok(None),
                Err(error) => Err(Unavailable::from(error)),
            }
        };
        let adopts: Vec<_> = headless.into_iter().map(adopt).collect();
        let adopted = stream::iter(adopts).buffered(ADOPTING_CONCURRENCY);
        adopted.try_filter_map(async |adopted| Ok(adopted)).try_collect().await
    }
}

/// A text that had to be stored without the head of its conversation.
pub struct Headless {
    text: Waiting,
    theirs: Number,
    version: Version,
}

impl Headless {
    pub(crate) fn decode(document: Document) -> Result<Self, Unavailable> {
        let Kept { theirs } = document.fields.decode()?;
        Ok(Self { version: document.version, text: named(document)?, theirs })
    }
}

/// A stored text with what is needed to find its conversation.
#[derive(Deserialize)]
struct Kept {
    theirs: Number,
}

fn named(document: Document) -> Result<Waiting, Unavailable> {
    let name = document.id.clone();
    Ok(Waiting { name, ..document.fields.decode()? })
}

/// A text that a turn has taken up is kept with the entries.
pub(crate) fn taken_up(text: &Waiting) -> Write {
    Write::Delete(at("texts", &text.name), None)
}

/// Stores a text as set aside.
pub(crate) fn put_aside(id: &ConversationId, text: &Waiting, why: &str) -> Write {
    let set = Fields::of(&json!({
        "aside": place(id, text.at, &text.name),
        "why": why,
        "waiting": Value::Null,
        "due_at": Value::Null,
    }));
    Write::Merge { path: at("texts", &text.name), set, append: vec![] }
}

/// Lets a text that was set aside wait again, in its former place.
pub(crate) fn wait_again(id: &ConversationId, text: &Waiting) -> Write {
    let set = Fields::of(&json!({
        "aside": Value::Null,
        "why": Value::Null,
        "waiting": place(id, text.at, &text.name),
    }));
    Write::Merge { path: at("texts", &text.name), set, append: vec![] }
}

fn keep(
    text: &Waiting,
    theirs: &Number,
    id: &ConversationId,
    now: Timestamp,
    due: Option<Timestamp>,
    lifetimes: &Lifetimes,
) -> Write {
    let waiting = place(id, text.at, &text.name);
    let mut kept = Fields::of(text).with("theirs", theirs).with("waiting", waiting);
    if let Some(due) = due {
        kept = kept.with("due_at", due.as_millisecond());
    }
    Write::Create(at("texts", &text.name), kept.expiring(now, lifetimes.conversations()))
}

fn makes_due(
    text: &Waiting,
    theirs: &Number,
    id: &ConversationId,
    now: Timestamp,
    lifetimes: &Lifetimes,
) -> Write {
    let set = Fields::of(&json!({
        "ours": text.ours,
        "theirs": theirs,
        "newest": text.name,
        "at": now.as_millisecond(),
        "due_at": now.as_millisecond(),
        "expires_at": (now + lifetimes.conversations()).as_millisecond(),
    }));
    Write::Merge { path: at("heads", id.as_str()), set, append: vec![] }
}

/// The place of a text among those of its conversation: ordered by time, within one millisecond by the
/// order in which this process took them, and unique.
pub(crate) fn place(id: &ConversationId, at: Timestamp, name: &str) -> String {
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    let taken = TAKEN.fetch_add(1, Ordering::Relaxed) % 1_000_000_000;
    format!("{}{:015}-{taken:09}-{name}", id.prefix(), at.as_millisecond())
}
