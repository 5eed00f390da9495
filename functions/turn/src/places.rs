//! Places for new people, minute by minute.
//!
//! A new person tries a random place; if it is taken, the free ones are looked up. In a crowd all
//! compete for the same few places, and most lose. So a process serves its new people one after
//! another, and takes several places of a later minute in one commit. Places that a process has not
//! given away when it ends stay empty.

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

/// How many places are taken in one commit.
const MOST_FREED: usize = 10;

/// How many attempts are made when other processes keep taking the same places.
const ATTEMPTS: u32 = 10;

/// The longest pause after losing places to another process.
const PAUSE: Duration = Duration::from_millis(50);

/// The minimum time between two notices of a flood.
const FLOOD_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// The places of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<Left>>);

/// The unused places, for one new person at a time.
pub(crate) type Turnstile = OwnedMutexGuard<Left>;

#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The last minute that is known to be full.
    full: Option<Timestamp>,
    taken: Option<Taken>,
}

/// Places of a later minute.
#[derive(Debug)]
struct Taken {
    minute: Timestamp,
    /// How many of them are not given away yet.
    left: usize,
    /// When they were taken: if the clock has gone back since, their minute may be far ahead.
    at: Timestamp,
}

impl Places {
    /// Waits until the earlier new people have their places.
    pub(crate) async fn enter(&self) -> Turnstile {
        Arc::clone(&self.0).lock_owned().await
    }
}

impl Left {
    /// The place to try first in this minute, which has `bound` of them; `None` if it is known to
    /// be full.
    pub(crate) fn guess(&self, now: Timestamp, bound: u32) -> Option<Admission> {
        let minute = minute_of(now);
        (self.full != Some(minute)).then(|| Admission::any(minute, bound))
    }

    /// Notes that this minute is full.
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
        // Lets the next person in.
        drop(turnstile);
        match place {
            Some(place) => self.wait_for_place(loaded, place).await?,
            None => tracing::warn!("postponed a new person: too many arrive at once"),
        }
        Ok(())
    }

    /// A place in the next minute that has one, or `None` if other processes were always faster.
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

    /// Stores the place of a new person, who is answered in that minute.
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
                        in later minutes, and known people at once. If they are not \
                        customers, block them at the provider; NEW_PEOPLE_PER_MINUTE sets the limit.";
        let notice = Notice {
            follow_up: None,
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
