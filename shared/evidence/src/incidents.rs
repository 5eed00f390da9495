//! Failures of other things we depend on, and whether somebody has been told.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How soon after a recovery a new failure counts, so that flapping is not stored with every text.
const WAVERS: SignedDuration = SignedDuration::from_secs(10);

/// How long repeated failures are not reported again.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How long a recovered incident is kept: longer than anybody waits to hear of it.
const OVER: SignedDuration = SignedDuration::from_hours(24);

/// How far the clocks of two machines may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The last observation of something that we depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    fails: bool,
    /// Since when it fails, or no longer fails.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    since: Timestamp,
    /// When somebody was last told.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    told: Option<Timestamp>,
}

/// An observation of something that we depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It did what we asked for.
    Works,
    /// It failed. Somebody has to know if that goes on for this long.
    Fails(SignedDuration),
}

/// The news that somebody has to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It fails. Reported once, until it has worked again.
    Fails,
    /// It works again, after a failure was reported.
    Works,
    /// Nothing, or nothing yet.
    Nothing,
}

impl Incident {
    /// Whether it was over long enough ago to be deleted.
    pub(crate) fn is_past(&self, now: Timestamp) -> bool {
        !self.fails && now >= self.since + OVER
    }

    /// The incident to store, given the known one and this observation, and the news somebody has to
    /// hear. `None`: nothing new.
    pub(crate) fn after(known: Option<&Self>, seen: Seen, now: Timestamp) -> Option<(Self, News)> {
        match seen {
            Seen::Works => {
                let over = known.filter(|known| known.fails)?;
                let news = if over.is_known() { News::Works } else { News::Nothing };
                Some((Self { fails: false, since: now, told: over.told }, news))
            }
            Seen::Fails(tolerance) => {
                let told = known.and_then(|known| known.told);
                let mut next = match known {
                    // An incident written by a clock that was ahead starts again.
                    Some(known) if known.since > now + SKEW => Self::begun(now, None),
                    Some(known) if known.fails => known.clone(),
                    Some(known) if now < known.since + WAVERS => return None,
                    _ => Self::begun(now, told),
                };
                let lately = next.told.is_some_and(|told| now < told + AGAIN);
                let tells = !next.is_known() && !lately && now >= next.since + tolerance;
                if tells {
                    next.told = Some(now);
                }
                let news = if tells { News::Fails } else { News::Nothing };
                (known != Some(&next)).then_some((next, news))
            }
        }
    }

    fn begun(since: Timestamp, told: Option<Timestamp>) -> Self {
        Self { fails: true, since, told }
    }

    fn is_known(&self) -> bool {
        self.told.is_some_and(|told| told >= self.since)
    }
}
