//! Texts: each a document of its own from its arrival until a turn has taken it up.
//!
//! A text is claimed and kept in one commit in which nothing is read, and which makes its head due.
//! However many of them one person sends, no document grows, and each costs as much as the first.

use std::sync::atomic::{AtomicU64, Ordering};

use documents::{Document, Fields, Query, Unavailable, Version, Write, WriteError, at};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use policy::Keyword;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sms::{Handled, Number};
use telemetry::{Step, TraceId};

use crate::collections::texts;
use crate::id::ConversationId;
use crate::lifetimes::CONVERSATIONS_LIVE;
use crate::names::Claim;
use crate::store::Store;

/// How many texts a turn is shown at once.
pub const TEXTS_IN_ONE_TURN: usize = 20;

/// How many texts are given back to their conversations at once.
const ADOPTING_CONCURRENCY: usize = 8;

/// A text that arrived, about to be claimed.
pub struct Arrival {
    /// What makes a repeat of the call recognisable.
    pub claim: Claim,
    /// The person.
    pub theirs: Number,
    /// The text itself.
    pub text: Waiting,
    /// When it is taken: later than the text came, where that was kept meanwhile.
    pub at: Timestamp,
}

/// A text that no turn has taken up yet. It is the same text whatever is done about it.
#[derive(Clone, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// By which provider it came.
    pub provider: String,
    /// The number or sender name of ours that it came to.
    pub ours: String,
    /// The provider's id of it, or ours where it gives none; so that two genuine "yes" stay two.
    pub message: String,
    /// What was said.
    pub body: String,
    /// How many pictures or files came along.
    #[serde(default)]
    pub media: u32,
    /// What the provider has taken it for and answered, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled: Option<Handled>,
    /// What it asks for in a reserved word, as it was understood when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Keyword>,
    /// The trace that it began.
    pub trace: TraceId,
    /// What has been done about it so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// When it arrived here.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// What it is called among the texts, once it is kept. Empty before.
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
    /// A text that has just come, under this trace, by a provider to a number of ours.
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
    /// It had been taken before; nothing was stored.
    Repeat,
}

impl Store {
    /// Claims a text and lets it wait for a turn, in one commit in which nothing is read.
    ///
    /// Where so many write to the head of its conversation that it cannot be written, the text is
    /// kept without it, until [`Store::adopt`].
    pub async fn take(&self, arrival: &Arrival) -> Result<Taken, Unavailable> {
        let Arrival { theirs, at: now, .. } = arrival;
        let id = self.names.conversation(&arrival.text.provider, theirs);
        let name = format!("{}-{}", arrival.claim.name(), now.as_millisecond());
        let kept = Waiting { name, ..arrival.text.clone() };
        let text = |due| keep(&kept, theirs, &id, *now, due);
        let with_head = vec![text(None), makes_due(&kept, theirs, &id, *now)];
        let new = match self.claim(&arrival.claim, arrival.text.at, with_head).await {
            Err(WriteError::Contended) => {
                self.claim(&arrival.claim, arrival.text.at, vec![text(Some(*now))]).await?
            }
            answer => answer?,
        };
        Ok(if new { Taken::New } else { Taken::Repeat })
    }

    /// The first texts that wait in a conversation, one more than a turn takes up.
    pub(crate) async fn waiting(&self, id: &ConversationId) -> Result<Vec<Waiting>, Unavailable> {
        let limit = u32::try_from(TEXTS_IN_ONE_TURN).expect("twenty fits") + 1;
        self.texts(texts::WAITING.within(id.prefix(), limit)).await
    }

    /// The texts that wait in a conversation behind the first `skip`, up to `limit` of them, in the
    /// order they came.
    pub async fn waiting_behind(
        &self,
        id: &ConversationId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Waiting>, Unavailable> {
        let mut texts = self.texts(texts::WAITING.within(id.prefix(), skip + limit)).await?;
        Ok(texts.split_off(texts.len().min(skip as usize)))
    }

    /// The latest texts of a conversation that were not answered, and why, earliest first.
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

    /// Makes the conversations due whose texts had to be kept without their head. One whose head is
    /// contended still is left for later. Returns those that are due now.
    pub async fn adopt(
        &self,
        apart: Vec<Apart>,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, Unavailable> {
        let adopt = async |Apart { text, theirs, version }| {
            let id = self.names.conversation(&text.provider, &theirs);
            let alone = Fields::none().with("due_at", ());
            let alone = Write::Amend(at("texts", &text.name), alone, version);
            match self.documents.commit(vec![makes_due(&text, &theirs, &id, now), alone]).await {
                Ok(_) => Ok(Some(id)),
                // A turn may have taken it up since: its conversation knows it.
                Err(WriteError::Contended | WriteError::Conflict) => Ok(None),
                Err(error) => Err(Unavailable::from(error)),
            }
        };
        let adopts: Vec<_> = apart.into_iter().map(adopt).collect();
        let adopted = stream::iter(adopts).buffered(ADOPTING_CONCURRENCY);
        adopted.try_filter_map(async |adopted| Ok(adopted)).try_collect().await
    }
}

/// A text that had to be kept without the head of its conversation.
pub struct Apart {
    text: Waiting,
    theirs: Number,
    version: Version,
}

impl Apart {
    pub(crate) fn decode(document: Document) -> Result<Self, Unavailable> {
        let Kept { theirs } = document.fields.decode()?;
        Ok(Self { version: document.version, text: named(document)?, theirs })
    }
}

/// What a text is kept with, so that its conversation can be found.
#[derive(Deserialize)]
struct Kept {
    theirs: Number,
}

fn named(document: Document) -> Result<Waiting, Unavailable> {
    let name = document.id.clone();
    Ok(Waiting { name, ..document.fields.decode()? })
}

/// A text that a turn has taken up is kept where what was said is kept.
pub(crate) fn taken_up(text: &Waiting) -> Write {
    Write::Delete(at("texts", &text.name), None)
}

/// Keeps a text as one that is not answered.
pub(crate) fn put_aside(id: &ConversationId, text: &Waiting, why: &str) -> Write {
    let set = Fields::of(&json!({
        "aside": place(id, text.at, &text.name),
        "why": why,
        "waiting": Value::Null,
        "due_at": Value::Null,
    }));
    Write::Merge { path: at("texts", &text.name), set, append: vec![] }
}

/// Lets a text that was set aside wait again, where it stood.
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
) -> Write {
    let waiting = place(id, text.at, &text.name);
    let mut kept = Fields::of(text).with("theirs", theirs).with("waiting", waiting);
    if let Some(due) = due {
        kept = kept.with("due_at", due.as_millisecond());
    }
    Write::Create(at("texts", &text.name), kept.expiring(now, CONVERSATIONS_LIVE))
}

fn makes_due(text: &Waiting, theirs: &Number, id: &ConversationId, now: Timestamp) -> Write {
    let set = Fields::of(&json!({
        "ours": text.ours,
        "theirs": theirs,
        "newest": text.name,
        "at": now.as_millisecond(),
        "due_at": now.as_millisecond(),
        "expires_at": (now + CONVERSATIONS_LIVE).as_millisecond(),
    }));
    Write::Merge { path: at("heads", id.as_str()), set, append: vec![] }
}

/// Where a text stands among those of its conversation: in order of time, those of one millisecond as
/// this process took them, and no two in one place.
fn place(id: &ConversationId, at: Timestamp, name: &str) -> String {
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    let taken = TAKEN.fetch_add(1, Ordering::Relaxed) % 1_000_000_000;
    format!("{}{:015}-{taken:09}-{name}", id.prefix(), at.as_millisecond())
}
