//! Watches for what nobody else would notice. Each finding is reported once, not every time it is
//! seen.

use conversations::{Notice, Unavailable};
use evidence::{Route, State};
use jiff::{SignedDuration, Timestamp};
use telemetry::{Alarm, raise};

use crate::{Sweep, SweepError};

/// How often, in minutes: dead letters wait for a person, and the rest takes hours to show.
const EVERY: i64 = 5;

/// After how long a lasting problem is reported again.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

impl Sweep {
    /// Looks every five minutes, though it is called every minute. Every minute, it judges the
    /// routes whose verdict may have changed merely with time, and adds conversations from before an
    /// update to the lists of the console.
    pub async fn watch(&self, now: Timestamp) -> Result<(), SweepError> {
        let judged = routing::weigh_due(&self.store, &self.providers, &[], now).await;
        // Each runs whether or not the others fail.
        let judged = judged.map(|_| ()).map_err(SweepError::from);
        let filled = desk::fill(&self.store, now).await.map_err(SweepError::from);
        let found = self.store.find_orders(now).await.map_err(SweepError::from);
        if now.as_second() / 60 % EVERY != 0 {
            return judged.and(filled).and(found);
        }
        let seen = [
            judged,
            filled,
            found,
            self.dead_letters().await,
            self.routes(now).await.map_err(SweepError::from),
            self.silence(now).await.map_err(SweepError::from),
        ];
        seen.into_iter().collect()
    }

    async fn dead_letters(&self) -> Result<(), SweepError> {
        if let Some(count @ 1..) = self.queue.dead_letters().await? {
            raise!(Alarm::DeadLetters, count, "wake-ups in the dead-letter queue: {count}");
        }
        Ok(())
    }

    /// Doubts about routes that do not count against them.
    async fn routes(&self, now: Timestamp) -> Result<(), Unavailable> {
        let health = self.store.health().await?;
        for record in routing::records(&self.store, &self.providers.names()).await? {
            let Route { provider, country, .. } = &record.route;
            if let Some(sentence) = record.too_many_unknown(now) {
                let notice = notice(format!("unknown-{provider}-{country}"), &sentence, now);
                if self.store.notice_anew(&notice, Some(AGAIN)).await? {
                    raise!(Alarm::UnknownOutcomes, provider.name = provider, country, "{sentence}");
                }
            }
            // A suspect or down route has already been reported.
            let open = health.state(&record.route) == State::Unproven;
            if let Some(sentence) = record.no_evidence(now).filter(|_| open) {
                let notice = notice(format!("no-evidence-{provider}-{country}"), &sentence, now);
                if self.store.notice_anew(&notice, Some(AGAIN)).await? {
                    raise!(Alarm::NoEvidence, provider.name = provider, country, "{sentence}");
                }
            }
        }
        Ok(())
    }

    /// Reports silence where people usually text. Only once: the name of the notice contains when
    /// it began.
    async fn silence(&self, now: Timestamp) -> Result<(), Unavailable> {
        let rhythm = routing::rhythm(&self.store).await?;
        let (Some(since), Some(sentence)) = (rhythm.last(), rhythm.silence(now)) else {
            return Ok(());
        };
        let notice = notice(format!("silence-{}", since.as_millisecond()), &sentence, now);
        if self.store.notice_anew(&notice, None).await? {
            raise!(Alarm::Silence, "{sentence}");
        }
        Ok(())
    }
}

fn notice(id: String, sentence: &str, at: Timestamp) -> Notice {
    Notice {
        id,
        sentence: sentence.to_owned(),
        conversation: None,
        trace: None,
        follow_up: None,
        at,
    }
}
