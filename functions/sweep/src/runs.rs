//! The state that the runs of this process leave for those that follow.

use std::sync::{Arc, Mutex, PoisonError};

use conversations::{Batch, Place};
use evidence::{News, Seen};
use jiff::{SignedDuration, Timestamp};
use telemetry::{Alarm, raise};

use crate::batches::Worked;
use crate::{Sweep, SweepError};

/// A lag longer than this keeps people waiting.
const LONG: SignedDuration = SignedDuration::from_mins(5);

/// What runs remember of earlier ones. It is lost with the process, which costs one run some extra
/// work.
#[derive(Clone, Default)]
pub struct Runs(Arc<Memory>);

#[derive(Default)]
struct Memory {
    heads: Mutex<Woken>,
    effects: Mutex<Woken>,
    clock: Mutex<Option<Timestamp>>,
    waking: Mutex<Lag>,
    looking: Mutex<Lag>,
}

/// The place of work that is woken repeatedly, because only a turn ends its being due.
#[derive(Default)]
pub(crate) struct Woken {
    /// Where a run had to end.
    stopped: Option<Place>,
    /// The place up to which everything was woken in this minute.
    until: Option<(i64, Place)>,
}

/// How far behind the runs are.
#[derive(Default)]
pub(crate) struct Lag {
    last: Option<SignedDuration>,
    /// Whether no alarm is open.
    is_calm: bool,
}

impl Runs {
    pub(crate) fn heads(&self) -> &Mutex<Woken> {
        &self.0.heads
    }

    pub(crate) fn effects(&self) -> &Mutex<Woken> {
        &self.0.effects
    }

    pub(crate) fn waking(&self) -> &Mutex<Lag> {
        &self.0.waking
    }

    pub(crate) fn looking(&self) -> &Mutex<Lag> {
        &self.0.looking
    }

    /// Whether the clock should be checked: once a minute, or when it has gone back.
    pub(crate) fn clock_is_due(&self, now: Timestamp) -> bool {
        let last = *lock(&self.0.clock);
        last.is_none_or(|last| now < last || now >= last + SignedDuration::from_mins(1))
    }

    pub(crate) fn clock_was_seen(&self, now: Timestamp) {
        *lock(&self.0.clock) = Some(now);
    }
}

impl Woken {
    /// Where a run begins: where the last one had to end, if it had to.
    pub(crate) fn begin(&mut self) -> Option<Place> {
        self.stopped.take()
    }

    /// A page without what was woken in this minute: only the first page is looked at again, not
    /// the crowd behind it.
    pub(crate) fn skip<T>(&self, page: Batch<T>, minute: i64) -> Batch<T> {
        let known = self.until.as_ref().filter(|(woken, _)| *woken == minute);
        let next = page.next.map(|next| match known {
            Some((_, until)) if until.time() > next.time() => until.clone(),
            _ => next,
        });
        Batch { next, ..page }
    }

    /// Remembers where a run that began there has ended.
    pub(crate) fn end(&mut self, began: Option<&Place>, worked: &Worked, minute: i64) {
        if !worked.is_whole() {
            self.stopped = worked.until.clone();
        } else if let (None, Some(until)) = (began, &worked.until) {
            self.until = Some((minute, until.clone()));
        }
    }
}

impl Sweep {
    /// Reports how far behind the runs are, and alerts the operator once when the lag is long and
    /// growing.
    pub(crate) async fn note_lag(
        &self,
        lag: &Mutex<Lag>,
        what: &str,
        left: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), SweepError> {
        let behind = left.map_or(SignedDuration::ZERO, |left| now.duration_since(left));
        let behind_s = behind.as_secs();
        if behind.is_positive() {
            tracing::warn!(behind_s, "{what} is {behind_s} s behind");
        }
        let (grows, is_calm) = {
            let mut lag = lock(lag);
            let last = lag.last.replace(behind);
            (last.is_some_and(|last| behind > last), lag.is_calm)
        };
        let (seen, sentence) = match behind > LONG {
            true if !grows => return Ok(()),
            true => {
                let minutes = behind.as_mins();
                let sentence = format!("{what} is {minutes} minutes behind, and the lag grows.");
                (Seen::Fails(SignedDuration::ZERO), sentence)
            }
            false if is_calm => return Ok(()),
            false => (Seen::Works, format!("{what} is no longer behind.")),
        };
        let name = format!("{} {what}", Alarm::Behind);
        let Some(news) = routing::see(&self.store, &name, seen, &sentence, now).await? else {
            return Ok(());
        };
        match news {
            News::Fails => raise!(Alarm::Behind, behind_s, "{sentence}"),
            News::Works => tracing::info!("{sentence}"),
            News::Nothing => {}
        }
        lock(lag).is_calm = seen == Seen::Works;
        Ok(())
    }
}

pub(crate) fn lock<T>(memory: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
