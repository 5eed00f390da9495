//! What else we depend on, and whether somebody knows that it fails.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// After how long something that came back may be seen to fail again, so that what wavers is not
/// written down with each text.
const WAVERS: SignedDuration = SignedDuration::from_secs(10);

/// How long nobody is told once more of what wavers.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How long something is remembered that works again: longer than anybody waits to hear of it.
const OVER: SignedDuration = SignedDuration::from_hours(24);

/// What the clocks of two machines may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What was last seen of something that we depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    fails: bool,
    /// Since when it does, or does no more.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    since: Timestamp,
    /// When somebody was told last.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    told: Option<Timestamp>,
}

/// What is seen of something that we depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It did what we asked for.
    Works,
    /// It did not. Somebody has to know if it goes on for so long.
    Fails(SignedDuration),
}

/// What somebody has to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// That it fails. Once, until it has worked again.
    Fails,
    /// That it works again, since they know that it did not.
    Works,
    /// Nothing, or nothing yet.
    Nothing,
}

impl Incident {
    /// Whether it has been over for so long that it need not be remembered.
    pub(crate) fn is_past(&self, now: Timestamp) -> bool {
        !self.fails && now >= self.since + OVER
    }

    /// What is to be remembered of something, of which this is known and that is seen now, and what
    /// somebody has to hear. `None`: nothing that is not known already.
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
                    // What a clock that was ahead has written begins anew.
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
