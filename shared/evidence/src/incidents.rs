//! What else we depend on, and whether somebody knows that it fails.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Health;

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
    fn is_known(&self) -> bool {
        self.told.is_some_and(|told| told >= self.since)
    }
}

impl Health {
    /// Remembers an incident, and forgets those that have been over for long.
    pub fn remember(&mut self, name: &str, incident: Incident, now: Timestamp) {
        self.incidents.retain(|_, known| known.fails || now < known.since + OVER);
        self.incidents.insert(name.to_owned(), incident);
    }

    /// What is to be remembered of something, now that this is seen of it, and what somebody has to
    /// hear. `None`: nothing that is not known already, which is how it is with nearly every text.
    pub fn sees(&self, name: &str, seen: Seen, now: Timestamp) -> Option<(Incident, News)> {
        let known = self.incidents.get(name);
        match seen {
            Seen::Works => {
                let over = known.filter(|known| known.fails)?;
                let news = if over.is_known() { News::Works } else { News::Nothing };
                Some((Incident { fails: false, since: now, told: over.told }, news))
            }
            Seen::Fails(patience) => {
                let told = known.and_then(|known| known.told);
                let mut next = match known {
                    // What a clock that was ahead has written begins anew.
                    Some(known) if known.since > now + SKEW => begun(now, None),
                    Some(known) if known.fails => known.clone(),
                    Some(known) if now < known.since + WAVERS => return None,
                    _ => begun(now, told),
                };
                let lately = next.told.is_some_and(|told| now < told + AGAIN);
                let tells = !next.is_known() && !lately && now >= next.since + patience;
                if tells {
                    next.told = Some(now);
                }
                let news = if tells { News::Fails } else { News::Nothing };
                (known != Some(&next)).then_some((next, news))
            }
        }
    }
}

fn begun(since: Timestamp, told: Option<Timestamp>) -> Incident {
    Incident { fails: true, since, told }
}
