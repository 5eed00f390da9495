//! Looking at attempts: what has become of them, and what that shows of their routes.

use std::time::Duration;

use conversations::{Attempt, DueAttempt, Joined, Unavailable};
use futures::stream;
use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use sms::{Found, Receipt, Status};
use tokio::time::sleep;

use crate::Sweep;

/// How long after it was begun an attempt is looked at, if nothing is heard of it: soon, because
/// another provider may still send it; and until after three days a carrier says no more
/// (AWS: its own final word comes after 72 hours).
const LOOKS: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(3),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(73),
];

/// How many questions are open at once.
const AT_ONCE: usize = 8;

/// How long providers are asked in one run, so that one that hangs does not keep the minute from its
/// other work.
const LONGEST: Duration = Duration::from_secs(25);

impl Sweep {
    /// Looks at these attempts, asks the providers about those of which too little is known, and
    /// counts them all for or against their routes. Whether a reply turned out not to have arrived.
    pub(crate) async fn look(
        &self,
        due: Vec<DueAttempt>,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        // Collected first: a stream that borrows as it goes cannot be sent to another thread.
        let asked: Vec<_> = due.iter().map(|due| self.ask(&due.attempt, now)).collect();
        let in_time = stream::iter(asked).buffered(AT_ONCE).take_until(sleep(LONGEST));
        let heard: Vec<_> = in_time.collect().await;
        // Those that there was no time for stay due.
        let due: Vec<_> = due.into_iter().take(heard.len()).collect();
        let attempts: Vec<_> = due.iter().map(|due| due.attempt.clone()).collect();
        let left = self.store.weigh_due(&self.providers, &attempts, now).await?;
        self.store.note_begun(&attempts, now).await?;
        // Those that are not counted yet stay due as well.
        let counted = due.into_iter().filter(|due| !left.contains(&due.attempt.id));
        let looked_at = counted.map(|due| {
            let next = next_look(&due.attempt, now);
            self.store.looked_at(due, next)
        });
        let looked_at: Vec<_> = looked_at.collect();
        stream::iter(looked_at).buffered(AT_ONCE).try_collect::<()>().await?;
        heard.into_iter().try_fold(false, |any, heard| Ok(any || heard?))
    }

    /// Asks a provider about an attempt, if that may help. What it says is taken like a receipt.
    /// Whether it says that the text did not arrive.
    async fn ask(&self, attempt: &Attempt, now: Timestamp) -> Result<bool, Unavailable> {
        let status = attempt.status();
        let open = matches!(status, Status::Unknown | Status::Accepted | Status::Sent);
        // Nothing is asked about what was answered, nor before a receipt had time to come.
        if !open || attempt.answered || now < attempt.at + LOOKS[0] {
            return Ok(false);
        }
        let Some(provider) = self.providers.named(&attempt.provider) else { return Ok(false) };
        let (http, message) = (self.providers.http(), attempt.outgoing());
        let found = match attempt.message_id() {
            Some(id) => provider.poll(http, id, &message, attempt.at).await,
            None => provider.find(http, &message, attempt.at).await,
        };
        match found {
            Ok(Found::Known(receipt)) => {
                let receipt = Receipt { attempt: Some(attempt.id.clone()), ..receipt };
                let joined = self.store.receive(provider.name(), &receipt, now).await?;
                Ok(matches!(joined, Joined::Attempt { failed: Some(_), .. }))
            }
            Ok(Found::Absent | Found::CannotAsk) => Ok(false),
            Err(error) => {
                // The next look asks again.
                tracing::info!(provider.name = provider.name(), %error, "could not ask: {error}");
                Ok(false)
            }
        }
    }
}

/// When an attempt is looked at again. `None`: nothing more is to be learned of it, unless a
/// receipt says so by itself.
fn next_look(attempt: &Attempt, now: Timestamp) -> Option<Timestamp> {
    let status = attempt.status();
    if status == Status::Delivered || status.is_failure() {
        return None;
    }
    LOOKS.into_iter().map(|after| attempt.at + after).find(|look| *look > now)
}
