//! Who is told that the store takes no writes. That alone cannot be noted in it, so each process knows
//! for itself.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use telemetry::{Alarm, raise};

/// How long nobody is told once more of a store that takes some writes and refuses others.
const AGAIN: Duration = Duration::from_secs(600);

/// Whether writes were refused, and who knows.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Told>);

#[derive(Default)]
struct Told {
    /// When somebody was told last.
    at: Option<Instant>,
    /// Whether they have not heard since that it is over.
    refuses: bool,
}

impl Refusals {
    /// A write was refused, for this reason, and the next will be.
    pub(crate) fn refused(&self, reason: &str, now: Instant) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.refuses || told.at.is_some_and(|at| now.duration_since(at) < AGAIN) {
            return;
        }
        *told = Told { at: Some(now), refuses: true };
        raise!(Alarm::StoreRefuses, "the store takes no writes: {reason}");
    }

    /// Something was written.
    pub(crate) fn written(&self) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut told.refuses) {
            tracing::info!("the store takes writes again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn somebody_is_told_once_and_of_a_store_that_wavers_every_ten_minutes() {
        let log = Log::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().json().flatten_event(true).without_time();
        let subscriber = lines.with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let (refusals, start) = (Refusals::default(), Instant::now());
            let at = |seconds| start + Duration::from_secs(seconds);
            refusals.written();
            for second in 0..1_000 {
                refusals.refused("the disk is full", at(second));
            }
            for second in 1_000..2_200 {
                refusals.written();
                refusals.refused("the disk is full", at(second));
            }
        });
        let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let said: Vec<_> = said.lines().map(|line| line.contains("store.refuses")).collect();
        assert_eq!(said, [true, false, true, false, true, false]);
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
