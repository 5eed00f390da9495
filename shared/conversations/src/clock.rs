//! The last clock reading, and how to recover if the clock was wrong.
//!
//! A clock that runs ahead expires conversations too early, and leaves behind due times that everybody
//! would then wait for.

use documents::{Document, Fields, Place, Time, Unavailable, Version, Write, at};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::collections::{attempts, effects, heads, minutes, receipts, stops, texts};
use crate::conversation::Conversation;
use crate::due::Batch;
use crate::due::time;
use crate::id::ConversationId;
use crate::lifetimes::DAY;
use crate::store::Store;

/// How often the clock is recorded and expired documents are looked for.
const NOTED: SignedDuration = SignedDuration::from_mins(5);

/// After a longer pause than this, nothing is expired at first: either the machine was off, or the
/// clock is wrong and will soon be corrected.
const PAUSE: SignedDuration = DAY.checked_mul(2).expect("two days fit");

/// How many times faster than the clock overdue documents expire, and how much time one step covers. A
/// machine that was off for three months catches up in four days, and a clock that is wrong for an hour
/// costs a day.
const FASTER: i32 = 24;
const STEP: SignedDuration = DAY;

/// The longest time the model may be paused, an hour, measured by a clock that may be ahead.
const PUT_OFF: SignedDuration = SignedDuration::from_mins(65);

/// The longest that an answer waits for the hours in which a person may be texted.
const QUIET: SignedDuration = DAY.checked_mul(8).expect("eight days fit");

/// How far the clocks of two machines may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The longest that an attempt may be under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(60);

/// How many are corrected concurrently.
const AT_A_TIME: usize = 8;

impl Store {
    /// Deletes expired documents from time to time, as far as the clock can be trusted: at most a day's
    /// worth in one step, and none after a jump. Where the store expires documents itself, only records
    /// the clock.
    pub async fn expire(&self, now: Timestamp) -> Result<(), Unavailable> {
        let last = self.last_noted().await?;
        let passed = last.map_or(SignedDuration::ZERO, |(last, _)| now.duration_since(last));
        if last.is_some() && !passed.is_negative() && passed < NOTED {
            return Ok(());
        }
        let (path, noted) =
            (at("clock", "current"), Fields::none().with("at", now.as_millisecond()));
        let note = match last {
            None => Write::Create(path, noted),
            Some((_, version)) => Write::Replace(path, noted, version),
        };
        // Before anything else, so that even repeated crashes do not speed it up.
        if !self.documents.if_unchanged(vec![note]).await? {
            return Ok(());
        }
        if let Some((last, _)) = last {
            self.roll_up_figures(last, now).await?;
        }
        if passed > PAUSE {
            let days = passed.as_hours() / 24;
            tracing::warn!(
                days,
                "nothing ran for {days} days, so no expired documents are deleted yet"
            );
            return Ok(());
        }
        if passed.is_positive() {
            let worth = STEP.min(passed * FASTER);
            let worth = i64::try_from(worth.as_millis()).unwrap_or_default();
            self.documents.expire(now.as_millisecond(), worth).await?;
        }
        Ok(())
    }

    /// After the clock has gone back: dates everything from the future at now, so that a START comes
    /// after every STOP and nobody waits for something long overdue. Returns, page by page, the
    /// conversations that may have been postponed, for a turn to look at, and the time they were
    /// postponed to.
    pub async fn put_right(
        &self,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<(ConversationId, Timestamp)>, Unavailable> {
        let noted = self.last_noted().await?;
        let Some((last, _)) = noted.filter(|(last, _)| *last > now + SKEW) else {
            return Ok(Batch { found: vec![], since: None, next: None });
        };
        if after.is_none() {
            let ahead = last.duration_since(now).as_secs();
            tracing::warn!(
                ahead_s = ahead,
                "the clock went back by {ahead} s: checking everything that it postponed"
            );
            for field in [stops::AT, attempts::AT, effects::DUE_AT, receipts::DUE_AT, texts::DUE_AT]
            {
                let date_back = |found: &_| dated_back(field.collection, found, now, now);
                self.all_later(field, now, limit, date_back).await?;
            }
            // People with a place in one of these minutes get another.
            let give_up = |found: &Document| {
                Some(Write::Delete(at("minutes", &found.id), Some(found.version)))
            };
            self.all_later(minutes::AT, now, limit, give_up).await?;
        }
        let page = self.later(heads::DUE_AT, now, after, limit).await?;
        // No head may be due later than a day from now.
        self.write_each(page.found.iter(), |head| dated_back("heads", head, now, now + DAY))
            .await?;
        Ok(page.map(|head| Some((ConversationId::parse(&head.id)?, time(&head, "due_at")?))))
    }

    /// Whether nothing has ever run on this store, so that this is the first start.
    pub async fn is_untouched(&self) -> Result<bool, Unavailable> {
        Ok(self.last_noted().await?.is_none())
    }

    async fn last_noted(&self) -> Result<Option<(Timestamp, Version)>, Unavailable> {
        let found = self.documents.get_one(at("clock", "current")).await?;
        Ok(found.and_then(|found| {
            let last = Timestamp::from_millisecond(found.fields.get("at")?).ok()?;
            Some((last, found.version))
        }))
    }

    /// Corrects, page by page, every document with a time later than now.
    async fn all_later(
        &self,
        field: Time,
        now: Timestamp,
        limit: u32,
        put_right: impl Fn(&Document) -> Option<Write>,
    ) -> Result<(), Unavailable> {
        let mut after = None;
        loop {
            let page = self.later(field, now, after, limit).await?;
            self.write_each(page.found.iter(), &put_right).await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Writes each document separately, several concurrently. A document that another process has
    /// written since stays as it is: that process's clock is right.
    async fn write_each<'a>(
        &self,
        found: impl Iterator<Item = &'a Document>,
        put_right: impl Fn(&Document) -> Option<Write>,
    ) -> Result<(), Unavailable> {
        let writes =
            found.filter_map(put_right).map(|write| self.documents.if_unchanged(vec![write]));
        let writes: Vec<_> = writes.collect();
        stream::iter(writes).buffered(AT_A_TIME).try_for_each(async |_| Ok(())).await
    }
}

/// The write that brings a document's date back, if it is later than allowed.
fn dated_back(
    collection: &'static str,
    found: &Document,
    latest: Timestamp,
    latest_due: Timestamp,
) -> Option<Write> {
    let is_after = |name: &str, latest: Timestamp| {
        found.fields.get::<i64>(name) > Some(latest.as_millisecond())
    };
    let mut set = Fields::none();
    for (name, latest) in [("at", latest), ("due_at", latest_due)] {
        if is_after(name, latest) {
            set = set.with(name, latest.as_millisecond());
        }
    }
    if is_after("admitted_at", latest) {
        set = set.with("admitted_at", ());
    }
    let is_dated = !set.names().is_empty();
    is_dated.then(|| Write::Amend(at(collection, &found.id), set, found.version))
}

impl Conversation {
    /// Undoes what a clock that was ahead has written: nothing happened later than now, and a process
    /// that may be working on an attempt is soon done with it.
    pub(crate) fn put_right(&mut self, now: Timestamp) {
        self.at = self.at.min(now);
        self.ask_after = self.ask_after.map(|after| after.min(now + PUT_OFF));
        self.quiet_until = self.quiet_until.filter(|until| *until <= now + QUIET);
        if let Some(last) = &mut self.last {
            last.at = last.at.min(now);
        }
        if let Some(over) = &mut self.over {
            over.at = over.at.min(now);
        }
        if let Some(handed_over) = self.handed_over.as_mut().filter(|it| it.at > now + SKEW) {
            let lasts = handed_over.until.duration_since(handed_over.at);
            (handed_over.at, handed_over.until) = (now, now + lasts);
        }
        let Some(open) = &mut self.open else { return };
        open.at = open.at.min(now);
        open.texted_at = open.texted_at.map(|at| at.min(now));
        if let Some(sending) = open.sending.as_mut().filter(|it| it.until > now + UNDER_WAY + SKEW)
        {
            sending.at = sending.at.min(now);
            sending.until = now + UNDER_WAY;
        }
    }
}
