//! Places for new people, minute by minute.
//!
//! Whoever is new picks a place by chance; if somebody has it, the free ones are looked for. Of a crowd
//! everybody wants the same few, and all but some lose them to others. So the new people of a process
//! are given theirs one after the other, and those in later minutes are taken several at once, by one
//! commit. What a process does not give away before it ends stays empty.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Admission, Loaded, Notice, Unavailable, minute_of};
use jiff::{SignedDuration, Timestamp};
use telemetry::{Alarm, raise};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Wake;
use crate::edit::Draft;
use crate::pause::spread;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// How many places are taken at once.
const MOST_FREED: usize = 10;

/// How often places are asked for that other processes take at the same moment.
const ATTEMPTS: u32 = 10;

/// How long after others were faster it is tried again, at most.
const PAUSE: Duration = Duration::from_millis(50);

/// How long after it was told of a flood the operator is told again.
const FLOOD_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// The places of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<Left>>);

/// What is left of them, for one new person at a time.
pub(crate) type Turnstile = OwnedMutexGuard<Left>;

#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The last minute of which it is known that it has no place any more.
    full: Option<Timestamp>,
    taken: Option<Taken>,
}

/// Places of a later minute.
#[derive(Debug)]
struct Taken {
    minute: Timestamp,
    /// How many of them nobody has yet.
    left: usize,
    /// When they were taken: once the clock has gone back, their minute may be far away.
    at: Timestamp,
}

impl Places {
    /// Waits until the new people before this one have theirs.
    pub(crate) async fn enter(&self) -> Turnstile {
        Arc::clone(&self.0).lock_owned().await
    }
}

impl Left {
    /// What is to be tried first in this minute, of so many places: nothing, if it is known that it
    /// has none.
    pub(crate) fn guess(&self, now: Timestamp, bound: u32) -> Option<Admission> {
        let minute = minute_of(now);
        (self.full != Some(minute)).then(|| Admission::any(minute, bound))
    }

    /// Notes that this minute has no place any more.
    pub(crate) fn note_full(&mut self, now: Timestamp) {
        self.full = Some(minute_of(now));
    }
}

impl Wake<'_> {
    /// Finds a place for a new person in a later minute, who is answered then.
    pub(crate) async fn let_in_later(
        &self,
        loaded: &mut Loaded,
        mut turnstile: Turnstile,
        bound: u32,
    ) -> Result<(), Unavailable> {
        let place = self.place(&mut turnstile, bound).await?;
        // The next may enter.
        drop(turnstile);
        match place {
            Some(place) => self.wait_for_place(loaded, place).await?,
            None => tracing::warn!("left a new person for later: too many come at once"),
        }
        Ok(())
    }

    /// A place in the next minute that has one, if one is to be had.
    async fn place(&self, left: &mut Left, bound: u32) -> Result<Option<Timestamp>, Unavailable> {
        let now = self.clock.now();
        if let Some(taken) = &mut left.taken
            && taken.left > 0
            && taken.minute > now
            && taken.at <= now + MINUTE
        {
            taken.left -= 1;
            return Ok(Some(taken.minute));
        }
        let store = &self.turn.store;
        for _ in 0..ATTEMPTS {
            let next = minute_of(self.clock.now() + MINUTE);
            let last = store.last_minute().await?.filter(|last| *last >= next);
            let mut minute = last.unwrap_or(next);
            let mut free = store.free_places(minute, bound).await?;
            if free.is_empty() {
                minute += MINUTE;
                free = store.free_places(minute, bound).await?;
            }
            free.truncate(MOST_FREED);
            if free.is_empty() || !store.take_places(&free).await? {
                tokio::time::sleep(spread(PAUSE)).await;
                continue;
            }
            left.taken = Some(Taken { minute, left: free.len() - 1, at: now });
            if last != Some(minute) {
                self.tell_of_flood().await?;
            }
            return Ok(Some(minute));
        }
        Ok(None)
    }

    /// Stores the place of a new person, who is answered then.
    async fn wait_for_place(
        &self,
        loaded: &mut Loaded,
        place: Timestamp,
    ) -> Result<(), Unavailable> {
        let written = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            if draft.next.admitted_at.is_some() || draft.is_empty() || draft.next.open.is_some() {
                return None;
            }
            draft.next.admitted_at = Some(place);
            draft.next.due_at = Some(place);
            Some(draft)
        });
        written.await.map(drop)
    }

    async fn tell_of_flood(&self) -> Result<(), Unavailable> {
        let sentence = "More new people text than are answered in a minute: the rest are answered \
                        in the minutes after, and everybody who is known at once. If they are not \
                        customers, block them at the provider; NEW_PEOPLE_PER_MINUTE is the limit.";
        let notice = Notice {
            whom: None,
            id: "flood".into(),
            sentence: sentence.into(),
            conversation: None,
            trace: None,
            at: self.clock.now(),
        };
        if self.turn.store.notice_anew(&notice, Some(FLOOD_AGAIN)).await? {
            raise!(Alarm::Flood, "more new people text than are answered in a minute");
        }
        Ok(())
    }
}
