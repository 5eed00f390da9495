//! Orders: what an operator wants of a conversation, until a turn has carried it out.
//!
//! An order is stored like a text: in one commit that reads nothing, with the claim that makes a repeat
//! recognisable, and it makes its conversation due. Only a turn carries it out, in the commit of what
//! follows from it, so it is carried out once. It is no document among the texts: a turn of an earlier
//! version would answer it as if the person had said it.

use std::collections::BTreeSet;

use documents::{Document, Fields, Unavailable, Write, WriteError, at};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sms::Number;
use telemetry::TraceId;
use uuid::Uuid;

use crate::audit::Act;
use crate::by::By;
use crate::codes::Code;
use crate::collections::orders;
use crate::conversation::Conversation;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::names::Claim;
use crate::store::Store;
use crate::texts::place;

/// How many orders of a conversation one turn loads.
pub(crate) const ORDERS_IN_ONE_TURN: usize = 20;

/// How often an order is stored anew while many write to its conversation.
const ATTEMPTS: u32 = 8;

/// How many orders that may be lost are looked at together, and how often in a minute.
const PAGE: u32 = 100;
const PAGES: usize = 10;

/// How long an order usually takes at most. One that is older may have lost its mark at the conversation.
const LOST: SignedDuration = SignedDuration::from_mins(1);

/// What an operator wants of a conversation. `Debug` prints no words.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its name, which is that of its claim. Empty until it is stored.
    #[serde(skip)]
    pub id: String,
    /// What is wanted.
    #[serde(flatten)]
    pub kind: OrderKind,
    /// By whom.
    pub by: By,
    /// Who has the conversation, as far as the operator knows. If it is somebody else, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<String>,
    /// The trace of what follows from it.
    pub trace: TraceId,
    /// When it was given.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// An order that a turn gives, in the commit of what it decides.
#[derive(Clone)]
pub struct GivenOrder {
    /// The conversation in which it is carried out.
    pub conversation: ConversationId,
    /// The order.
    pub order: Order,
    /// When. Only what is told to a phone waits.
    pub due_at: Timestamp,
    /// Whether that conversation, which exists, is told of it now. Otherwise a sweep does so within a minute.
    pub marks: bool,
}

impl GivenOrder {
    pub(crate) fn writes(self, own: &ConversationId, lifetimes: &Lifetimes) -> Vec<Write> {
        let Self { conversation, order, due_at, marks: is_marked } = self;
        let name = Uuid::now_v7().simple().to_string();
        let gives_back = matches!(order.kind, OrderKind::GiveBack);
        let is_told = matches!(order.kind, OrderKind::Tell { .. });
        let act = (!is_told).then(|| order.act(&conversation).keep(lifetimes));
        // The commit writes its own conversation as a whole.
        let is_other = is_marked && conversation != *own;
        let mark = is_other.then(|| marks(&conversation, order.at, gives_back));
        // The sweep looks for what has waited for so long.
        let due_at = if is_marked { due_at } else { due_at - LOST };
        let place = place(&conversation, due_at, &name);
        let kept = Fields::of(&Kept { order, conversation, place, due_at });
        let kept = kept.expiring(due_at, lifetimes.conversations());
        [Some(Write::Create(at("orders", &name), kept)), act, mark].into_iter().flatten().collect()
    }
}

/// What can be wanted of a conversation.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OrderKind {
    /// The operator has it from now on, and the agent is silent.
    Take,
    /// These words are texted to the person.
    Say {
        /// The words.
        words: String,
        /// Whether also in the person's quiet hours.
        #[serde(default)]
        at_night: bool,
    },
    /// The agent has it again.
    GiveBack,
    /// It is dealt with.
    Done {
        /// How it ended, in a word for the agent.
        #[serde(default)]
        word: Option<String>,
    },
    /// An owner's phone is told of something.
    Tell {
        /// The number of the phone.
        to: Number,
        /// The words.
        words: String,
        /// Only while this conversation is handed over with this code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<(ConversationId, Code)>,
        /// Until when that is news.
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        until: Timestamp,
    },
    /// A field of the brief has another value.
    Correct {
        /// Of which of the person's conversations.
        number: u64,
        /// The field.
        field: String,
        /// Its value. Null: there is none.
        value: Value,
    },
}

impl OrderKind {
    /// The kind in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Say { .. } => "say",
            Self::GiveBack => "give back",
            Self::Done { .. } => "done",
            Self::Tell { .. } => "tell",
            Self::Correct { .. } => "correct",
        }
    }
}

impl std::fmt::Debug for Order {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Order({} by {})", self.kind.word(), self.by.name)
    }
}

impl Order {
    /// What it is written down as.
    fn act(&self, id: &ConversationId) -> Act {
        let what = match &self.kind {
            OrderKind::Correct { field, .. } => Some(field.clone()),
            _ => None,
        };
        let (did, at) = (self.kind.word().to_owned(), self.at);
        Act { about: Some(id.clone()), by: self.by.clone(), did, what, at }
    }

    /// What is written down if it is not carried out, for this reason.
    pub fn refused(&self, id: &ConversationId, why: &str, now: Timestamp) -> Act {
        let (did, what) = (format!("{} refused", self.kind.word()), Some(why.to_owned()));
        Act { about: Some(id.clone()), by: self.by.clone(), did, what, at: now }
    }
}

/// What became of an order that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// A turn carries it out.
    New,
    /// It was given before; nothing was stored.
    Repeat,
    /// There is no such conversation.
    NoConversation,
}

/// An order as it is stored.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    order: Order,
    conversation: ConversationId,
    place: String,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    due_at: Timestamp,
}

impl Store {
    /// Gives an order, and writes down who gave it: one commit that reads nothing, makes the conversation
    /// due, and fails whatever a turn has decided without knowing of it.
    pub async fn order(
        &self,
        claim: &Claim,
        id: &ConversationId,
        order: &Order,
    ) -> Result<Ordered, Unavailable> {
        let place = place(id, order.at, claim.name());
        let (order, due_at) = (order.clone(), order.at);
        let act = order.act(id).keep(&self.lifetimes);
        let kept = Kept { order, conversation: id.clone(), place, due_at };
        let gives_back = matches!(kept.order.kind, OrderKind::GiveBack);
        let kept = Fields::of(&kept).expiring(due_at, self.lifetimes.conversations());
        let kept = Write::Create(at("orders", claim.name()), kept);
        let writes = vec![kept, act, marks(id, due_at, gives_back)];
        for _ in 0..ATTEMPTS {
            match self.claim(claim, due_at, writes.clone()).await {
                Ok(true) => return Ok(Ordered::New),
                Ok(false) if self.is_claimed(claim).await? => return Ok(Ordered::Repeat),
                Ok(false) => return Ok(Ordered::NoConversation),
                Err(WriteError::Contended) => {}
                Err(WriteError::TooLarge) => {
                    return Err(Unavailable::new("a text that is too long"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Unavailable::new("too many other writes to the conversation"))
    }

    /// The orders of a conversation in the order in which they were given, one more than a turn loads.
    pub(crate) async fn orders_of(
        &self,
        id: &ConversationId,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<Vec<Order>, Unavailable> {
        if conversation.ordered_at.is_none() {
            return Ok(vec![]);
        }
        let most = u32::try_from(ORDERS_IN_ONE_TURN).expect("twenty fits") + 1;
        let found = self.documents.find(orders::PLACE.within(id.prefix(), most)).await?;
        // Only what is told to a phone waits: the clock of whoever gave another order may be ahead of ours.
        let is_due = |document: &Document| {
            let waits = document.fields.get::<String>("kind").is_some_and(|kind| kind == "tell");
            let due = document.fields.get::<i64>("due_at").filter(|_| waits);
            due.is_none_or(|due| due <= now.as_millisecond())
        };
        found.into_iter().filter(is_due).map(named).collect()
    }

    /// The write that begins the conversation of a phone that has an order, and nothing else.
    fn begins(&self, id: &ConversationId, theirs: &Number, now: Timestamp) -> Write {
        let ms = now.as_millisecond();
        let set = Fields::of(&json!({
            "ours": "", "theirs": theirs, "at": ms, "ordered_at": ms, "due_at": ms,
        }));
        let set = set.expiring(now, self.lifetimes.conversations());
        Write::Merge { path: at("heads", id.as_str()), set, append: vec![] }
    }

    /// Marks conversations again whose orders a turn of an earlier version has lost sight of, and begins those
    /// of phones that are to be told something.
    pub async fn find_orders(&self, now: Timestamp) -> Result<(), Unavailable> {
        let (mut after, mut seen) = (None, BTreeSet::new());
        for _ in 0..PAGES {
            let page = self.documents_due(orders::DUE_AT, now - LOST, after, PAGE).await?;
            for document in page.found {
                let id = document.fields.get::<String>("conversation");
                let Some(id) = id.and_then(|id| ConversationId::parse(&id)) else { continue };
                if seen.insert(id.clone()) {
                    self.find_order(&id, document, now).await?;
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn find_order(
        &self,
        id: &ConversationId,
        order: Document,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let head = self.documents.get_one(at("heads", id.as_str())).await?;
        let mark = match (head, named(order)) {
            // One that waits for an open reply, or for the morning, is known.
            (Some(head), _) if head.fields.get::<i64>("ordered_at").is_some() => return Ok(()),
            (Some(_), _) => marks(id, now, false),
            // An owner's phone that has never texted.
            (None, Ok(Order { kind: OrderKind::Tell { to, .. }, .. })) => self.begins(id, &to, now),
            (None, _) => return Ok(()),
        };
        self.documents.if_unchanged(vec![mark]).await?;
        Ok(())
    }
}

fn named(document: Document) -> Result<Order, Unavailable> {
    let id = document.id.clone();
    let Kept { order, .. } = document.fields.decode()?;
    Ok(Order { id, ..order })
}

/// The write that tells a conversation of its orders, if there is one. One that is given back is with
/// nobody from then on; the agent says something again once the order is carried out.
fn marks(id: &ConversationId, now: Timestamp, gives_back: bool) -> Write {
    let now = now.as_millisecond();
    let mut set = Fields::of(&json!({ "ordered_at": now, "due_at": now }));
    if gives_back {
        set = set.with("given_back_at", now);
    }
    Write::Count { path: at("heads", id.as_str()), set, add: vec![] }
}

/// An order that was dealt with is gone.
pub(crate) fn carried_out(order: &Order) -> Write {
    Write::Delete(at("orders", &order.id), None)
}
