//! Receipts, which come before their attempts, after them, or twice.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sms::Receipt;
use telemetry::{Step, TraceId};

use crate::collections::{attempts, receipts};
use crate::documents::{Unavailable, Write, WriteError};
use crate::id::hash;
use crate::store::{
    DAY, add_steps, at, expiring, failed, fields, message_name, object, read, stopped,
};
use crate::{Attempt, ConversationId, Learned, Store, StoredReceipt, Word};

/// A receipt that nobody asked for within this time belongs to no attempt of ours.
const RECEIPTS_LIVE: SignedDuration = DAY.checked_mul(7).expect("7 days fit");

/// How long after it came a receipt is looked at that has found no attempt: somebody died between
/// writing down what the provider called the message and looking for its receipts, or it is about a
/// message that others sent by the same account.
const LOOKS: [SignedDuration; 5] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(8),
    SignedDuration::from_hours(73),
];

/// How many are looked for at once.
const AT_ONCE: usize = 8;

/// A receipt that has found no attempt so far.
pub struct DueReceipt {
    pub(crate) name: String,
    pub(crate) receipt: StoredReceipt,
}

/// What became of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Its attempt knows.
    Attempt {
        /// The attempt's trace.
        trace: TraceId,
        /// The conversation whose reply did not arrive, which therefore has something to do.
        failed: Option<ConversationId>,
    },
    /// No attempt is known by that message yet. It is kept for when there is.
    NotYet,
    /// It had come before.
    Repeat,
}

impl Store {
    /// Keeps a receipt, then looks for the attempt that it is about. A repeat stores nothing.
    pub async fn receive(
        &self,
        provider: &str,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<Joined, Unavailable> {
        let stored = StoredReceipt {
            provider: provider.to_owned(),
            message: message_name(provider, &receipt.message),
            attempt: receipt.attempt.clone(),
            part: receipt.part,
            status: receipt.status,
            word: receipt.word.clone(),
            code: receipt.code.clone(),
            opted_out: receipt.opted_out,
            at: now,
            joined: false,
            due_at: Some(now + LOOKS[0]),
        };
        let part = receipt.part.map(|part| part.number.to_string()).unwrap_or_default();
        let name = hash(&[&stored.message, &stored.word, &part]);
        let kept =
            Write::Create(at("receipts", &name), expiring(fields(&stored), now, RECEIPTS_LIVE));
        match self.documents.commit(vec![kept]).await {
            Ok(_) => self.join(&name, &stored).await,
            Err(WriteError::Conflict) => self.join_again(&name, &stored).await,
            Err(error) => Err(error.into()),
        }
    }

    /// A receipt came again. The first time we may have died before its attempt was told.
    async fn join_again(&self, name: &str, receipt: &StoredReceipt) -> Result<Joined, Unavailable> {
        let kept = self.get_one(at("receipts", name)).await?.map(read::<StoredReceipt>);
        match kept.transpose()? {
            Some(kept) if !kept.joined => self.join(name, receipt).await,
            _ => Ok(Joined::Repeat),
        }
    }

    /// Looks for the attempt that a kept receipt is about, and tells it.
    async fn join(&self, name: &str, receipt: &StoredReceipt) -> Result<Joined, Unavailable> {
        let named = match &receipt.attempt {
            Some(attempt) => self.attempt(attempt).await?,
            None => None,
        };
        // A name that belongs to another provider's attempt proves nothing.
        let attempt = match named.filter(|attempt| attempt.provider == receipt.provider) {
            Some(attempt) => Some(attempt),
            None => self.equal::<Attempt>(attempts::MESSAGE, &receipt.message).await?.pop(),
        };
        let Some(attempt) = attempt else { return Ok(Joined::NotYet) };
        let message = receipt.message.split_once(':');
        let message = message.map(|(provider, id)| (provider.to_owned(), id.to_owned()));
        let step = Step::new("receipt", receipt.at)
            .with("provider", receipt.provider.clone())
            .with("word", receipt.word.clone())
            .with("attempt", attempt.id.clone());
        let step = match &receipt.code {
            Some(code) => step.with("code", code.clone()),
            None => step,
        };
        let joined = Write::Merge {
            path: at("receipts", name),
            set: object(json!({ "joined": true, "due_at": Value::Null })),
            append: vec![],
        };
        let word = match receipt.part {
            None => Word::Whole(receipt.status),
            Some(part) => Word::OfPart { part, status: receipt.status },
        };
        let told = Learned {
            attempt: attempt.id.clone(),
            word,
            message,
            code: receipt.code.clone(),
            at: receipt.at,
        };
        let traced = add_steps(&attempt.trace, Some(&attempt.conversation), &[step]);
        let mut writes = vec![told.write(), joined, traced];
        let fails = attempt.knowing(&told).status().is_failure();
        let is_news = fails && !attempt.apart && !attempt.settled;
        if is_news {
            writes.push(failed(&attempt, receipt.at));
        }
        if receipt.opted_out {
            writes.push(stopped(&attempt.conversation, receipt.at, &receipt.provider));
        }
        self.documents.commit(writes).await?;
        let failed = is_news.then_some(attempt.conversation);
        Ok(Joined::Attempt { trace: attempt.trace, failed })
    }

    /// Tells an attempt of the receipts that came before it, about this message. Returns how many.
    pub async fn join_receipts(
        &self,
        (provider, id): (&str, &str),
        limit: u32,
    ) -> Result<usize, Unavailable> {
        let about = receipts::MESSAGE.equal(&message_name(provider, id), limit);
        let mut joined = 0;
        for document in self.documents.find(about).await? {
            let name = document.id.clone();
            let receipt: StoredReceipt = read(document)?;
            if !receipt.joined && self.join(&name, &receipt).await? != Joined::NotYet {
                joined += 1;
            }
        }
        Ok(joined)
    }

    /// Tells the attempts of receipts that were left apart, and puts off those that find none.
    /// Returns how many found theirs.
    pub async fn join_due(
        &self,
        due: Vec<DueReceipt>,
        now: Timestamp,
    ) -> Result<usize, Unavailable> {
        let join = async |due: DueReceipt| {
            let joined = self.join(&due.name, &due.receipt).await?;
            Ok::<_, Unavailable>((joined == Joined::NotYet).then_some(due))
        };
        let joins: Vec<_> = due.into_iter().map(join).collect();
        let count = joins.len();
        let apart: Vec<_> = stream::iter(joins).buffered(AT_ONCE).try_collect().await?;
        let put_off: Vec<_> =
            apart.iter().flatten().map(|apart: &DueReceipt| apart.put_off(now)).collect();
        let joined = count - put_off.len();
        if !put_off.is_empty() {
            self.documents.commit(put_off).await?;
        }
        Ok(joined)
    }
}

impl DueReceipt {
    /// That it is looked at later. Blind: whoever joins it meanwhile has told its attempt, and the
    /// next look sees to the rest.
    fn put_off(&self, now: Timestamp) -> Write {
        let next = LOOKS.iter().map(|after| self.receipt.at + *after).find(|look| *look > now);
        let next = next.map_or(Value::Null, |next| next.as_millisecond().into());
        let set = object(json!({ "due_at": next }));
        Write::Merge { path: at("receipts", &self.name), set, append: vec![] }
    }
}
