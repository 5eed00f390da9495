//! Loading a conversation for a turn, and committing the result of the turn.

use std::borrow::Cow;

use documents::{Fields, Unavailable, Write, WriteError, at, once_each};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::blocks::{block_of, silent};
use crate::budget::{self, Payer};
use crate::change::{Change, CommitError, Loaded};
use crate::conversation::Conversation;
use crate::health::opened;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::orders::{ORDERS_IN_ONE_TURN, Order};
use crate::steps;
use crate::store::Store;
use crate::texts::{TEXTS_IN_ONE_TURN, Waiting};

/// The part of a conversation that is stored beside its head, because it is too long to write for each
/// text.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct InFull<'a> {
    turns: Cow<'a, [Value]>,
    brief: Cow<'a, Map<String, Value>>,
}

impl Store {
    /// Loads a conversation with its waiting texts, the person's opt-out, the health of routes and the
    /// number of new people in this minute, in one round trip.
    pub async fn load(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Loaded>, Unavailable> {
        self.load_paid_by(id, now, None).await
    }

    /// The same together with a shard of the account that the turn is paid from.
    pub async fn load_paid_by(
        &self,
        id: &ConversationId,
        now: Timestamp,
        payer: Option<Payer>,
    ) -> Result<Option<Loaded>, Unavailable> {
        let mut paths = vec![
            at("heads", id.as_str()),
            at("conversations", id.as_str()),
            at("stops", id.person()),
            at("health", "current"),
            block_of(id.person()),
        ];
        let shard = payer.map(|payer| self.next_shard(payer));
        paths.extend(shard.iter().map(|(_, path)| path.clone()));
        let (found, mut waiting) = tokio::try_join!(self.documents.get(&paths), self.waiting(id))?;
        let mut found = found.into_iter();
        let mut next = || found.next().flatten();
        let Some(head) = next() else { return Ok(None) };
        let (said, stop, health, block, account) = (next(), next(), next(), next(), next());
        let shard = shard.map(|(name, _)| budget::decoded(name, account)).transpose()?;
        let version = head.version;
        let is_stored = head.fields.get::<u32>("tries").is_some();
        let mut conversation: Conversation = head.fields.decode()?;
        let InFull { turns, brief } =
            said.map(|found| found.fields.decode()).transpose()?.unwrap_or_default();
        (conversation.turns, conversation.brief) = (turns.into_owned(), brief.into_owned());
        conversation.put_right(now);
        let forgotten = conversation.forget(id, is_stored);
        // The texts were read beside the head, so one of them may have arrived in between.
        let is_known = |waiting: &[Waiting]| {
            !conversation.is_waiting()
                || waiting.len() > TEXTS_IN_ONE_TURN
                || waiting.iter().any(|text| conversation.newest.as_ref() == Some(&text.name))
        };
        if !is_known(&waiting) {
            waiting = self.waiting(id).await?;
        }
        let more = waiting.len() > TEXTS_IN_ONE_TURN;
        waiting.truncate(TEXTS_IN_ONE_TURN);
        let orders = self.orders_of(id, &conversation, now).await?;
        Ok(Some(Loaded {
            id: id.clone(),
            shard,
            forgotten,
            version,
            conversation,
            waiting,
            more,
            commands: vec![],
            orders,
            blocked: block.is_some(),
            stop_version: stop.as_ref().map(|stop| stop.version),
            stop: match block {
                Some(block) => Some(silent(&block)),
                None => stop.map(|found| found.fields.decode()).transpose()?,
            },
            health: health.as_ref().and_then(opened).unwrap_or_default(),
        }))
    }

    /// Stores the next state of a conversation and everything that follows from it, if nobody has
    /// written to it since it was loaded. Afterwards `loaded` is what was stored.
    pub async fn commit(
        &self,
        loaded: &mut Loaded,
        mut next: Conversation,
        changes: Vec<Change>,
    ) -> Result<(), CommitError> {
        let (mut waiting, lifetimes) = (loaded.waiting.clone(), &self.lifetimes);
        for change in &changes {
            if let Change::TakenUp(texts) | Change::SetAside(texts, _) = change {
                waiting.retain(|text| !texts.contains(text));
            }
            if let Change::Waits(texts) = change {
                waiting.extend(texts.iter().cloned());
                waiting.sort_by_key(|text| text.at);
                next.done = None;
            }
        }
        if waiting.is_empty() && !loaded.more {
            next.done.clone_from(&next.newest);
        }
        for change in &changes {
            if let Change::Receipt(told) = change
                && told.fails
            {
                next.failed.push(told.update.attempt.clone());
                next.due_at = Some(told.update.at);
            }
        }
        let orders = left(&loaded.orders, &changes);
        if orders.is_empty() && !has_more_orders(loaded, &changes) {
            next.ordered_at = None;
        }
        let uses_shard = changes.iter().any(Change::uses_shard);
        let is_back = changes.iter().any(|change| matches!(change, Change::Started(_)));
        let steps = steps::kept(loaded, &changes, lifetimes);
        steps::note(&mut waiting, &changes);
        next.seen_at = Some(next.at);
        let path = at("heads", loaded.id.as_str());
        let mut writes = vec![Write::Replace(path, Fields::of(&next), loaded.version)];
        writes.extend(in_full(loaded, &next, lifetimes));
        writes.extend(changes.into_iter().flat_map(|change| change.writes(loaded, lifetimes)));
        writes.extend(steps);
        match self.documents.commit(once_each(writes)?).await {
            Ok(version) => {
                loaded.version = version.unwrap_or(loaded.version);
                loaded.waiting = waiting;
                loaded.orders = orders;
                loaded.conversation = next;
                loaded.shard.take_if(|_| uses_shard);
                loaded.forgotten = None;
                if is_back {
                    (loaded.stop, loaded.stop_version) = (None, None);
                }
                Ok(())
            }
            Err(WriteError::Conflict) => Err(CommitError::Conflict),
            Err(WriteError::TooLarge) => Err(CommitError::TooLarge),
            Err(error) => Err(CommitError::Unavailable(error.into())),
        }
    }
}

/// Whether there are orders that were not loaded, or the conversation gets another by these changes.
fn has_more_orders(loaded: &Loaded, changes: &[Change]) -> bool {
    let is_its_own = |change: &Change| match change {
        Change::Ordered(given) => given.conversation == loaded.id && given.marks,
        _ => false,
    };
    loaded.orders.len() > ORDERS_IN_ONE_TURN || changes.iter().any(is_its_own)
}

/// The orders that are left after these changes.
fn left(orders: &[Order], changes: &[Change]) -> Vec<Order> {
    let is_done = |order: &Order| {
        changes
            .iter()
            .any(|change| matches!(change, Change::CarriedOut(done) if done.id == order.id))
    };
    orders.iter().filter(|order| !is_done(order)).cloned().collect()
}

/// Stores what lies beside the head if it is new, or belongs to somebody who is forgotten.
fn in_full(loaded: &Loaded, next: &Conversation, lifetimes: &Lifetimes) -> Vec<Write> {
    let (before, forgotten) = (&loaded.conversation, loaded.forgotten.as_ref());
    if next.turns == before.turns && next.brief == before.brief && forgotten.is_none() {
        return vec![];
    }
    let (turns, brief) = (Cow::Borrowed(&*next.turns), Cow::Borrowed(&next.brief));
    let said = Fields::of(&InFull { turns, brief }).expiring(next.at, lifetimes.conversations());
    let said = Write::keep(at("conversations", loaded.id.as_str()), said);
    let ended = forgotten.and_then(|forgotten| forgotten.0.as_ref());
    ended.map(|ended| ended.keep(lifetimes)).into_iter().chain([said]).collect()
}
