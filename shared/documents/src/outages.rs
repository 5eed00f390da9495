//! Alerts the operator when the store fails. The store itself cannot record that, so each process keeps
//! track for itself.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use telemetry::{Alarm, raise};

/// How long the operator is not alerted again about a store that does some of its work and refuses the
/// rest.
const AGAIN: Duration = Duration::from_secs(600);

/// How long temporary failures are tolerated.
const TOLERANCE: Duration = Duration::from_secs(180);

/// What the store was asked to do.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    Read,
    Write,
}

/// What the store failed to do, and whether the operator knows.
#[derive(Default)]
pub(crate) struct Outages(Mutex<Alerted>);

#[derive(Default)]
struct Alerted {
    /// Since when every read, and every write, has failed.
    since: [Option<Instant>; 2],
    /// When the operator was last alerted.
    at: Option<Instant>,
    /// Whether the recovery has not been reported since.
    is_open: bool,
}

impl Outages {
    /// It failed for this reason. `surely`: it will also fail next time.
    pub(crate) fn failed(&self, asked: Asked, reason: &str, surely: bool, now: Instant) {
        let mut alerted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *alerted.since[asked as usize].get_or_insert(now);
        let lately = alerted.at.is_some_and(|at| now.duration_since(at) < AGAIN);
        let in_time = !surely && now.duration_since(since) < TOLERANCE;
        if alerted.is_open || lately || in_time {
            return;
        }
        (alerted.at, alerted.is_open) = (Some(now), true);
        let what = match asked {
            Asked::Read => "nothing can be read from the store",
            Asked::Write => "the store takes no writes",
        };
        raise!(Alarm::StoreRefuses, "{what}: {reason}");
    }

    /// It succeeded.
    pub(crate) fn worked(&self, asked: Asked) {
        let mut alerted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = alerted.since[asked as usize].take().is_some() && alerted.since == [None; 2];
        if is_over && std::mem::take(&mut alerted.is_open) {
            match asked {
                Asked::Read => tracing::info!("the store can be read again"),
                Asked::Write => tracing::info!("the store takes writes again"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;

    const FULL: (&str, bool) = ("the disk is full", true);
    const AWAY: (&str, bool) = ("no connection", false);

    #[test]
    fn alerts_once_and_about_a_flapping_store_every_ten_minutes() {
        let said = said(|outages, at| {
            outages.worked(Asked::Write);
            for second in 0..1_000 {
                outages.failed(Asked::Write, FULL.0, FULL.1, at(second));
                outages.worked(Asked::Read);
            }
            for second in 1_000..2_200 {
                outages.worked(Asked::Write);
                outages.failed(Asked::Write, FULL.0, FULL.1, at(second));
            }
        });
        let said: Vec<_> = said.lines().map(|line| line.contains("store.refuses")).collect();
        assert_eq!(said, [true, false, true, false, true, false]);
    }

    #[test]
    fn reports_temporary_failures_after_three_minutes_for_reads_and_writes_together() {
        for (seconds, lines) in [(179, 0), (1_000, 1)] {
            let said = said(|outages, at| {
                for second in 0..=seconds {
                    outages.failed(Asked::Read, AWAY.0, AWAY.1, at(second));
                    outages.failed(Asked::Write, AWAY.0, AWAY.1, at(second));
                }
                outages.worked(Asked::Read);
            });
            assert_eq!(said.matches("nothing can be read from the store: no con").count(), lines);
            assert_eq!(said.lines().count(), lines);
        }
        let over = said(|outages, at| {
            for second in 0..10_000 {
                outages.failed(Asked::Read, AWAY.0, AWAY.1, at(second));
                if second % 100 == 99 {
                    outages.worked(Asked::Read);
                }
            }
        });
        assert_eq!(over, "");
    }

    /// What is logged meanwhile.
    fn said(happens: impl FnOnce(Outages, &dyn Fn(u64) -> Instant)) -> String {
        let log = Log::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().json().flatten_event(true).without_time();
        let subscriber = lines.with_writer(move || writer.clone()).finish();
        let start = Instant::now();
        tracing::subscriber::with_default(subscriber, || {
            happens(Outages::default(), &|seconds| start + Duration::from_secs(seconds));
        });
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
