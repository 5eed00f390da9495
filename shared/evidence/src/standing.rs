//! What the routes of a provider need to know about each other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::acceptance::{Acceptance, Shut};
use crate::{Record, Route};

/// What a route's siblings, the other routes of its provider, need to know about it, and when it is to
/// be judged again by itself.
///
/// Small enough to be stored beside all verdicts, so that judging one route does not take reading the
/// record of another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Shut because of the account, which concerns all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Shut>,
    /// When a text was last accepted.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub(crate) taken: Option<Timestamp>,
    /// When a text was last dispatched that arrived.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub(crate) arrived: Option<Timestamp>,
    /// Whether its texts have been seen to arrive, and nothing since speaks against it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) healthy: bool,
    /// Whether any has ever been seen to arrive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) proven: bool,
    /// When the passing of time may have changed the verdict on it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub(crate) look_at: Option<Timestamp>,
}

impl Standing {
    pub(crate) fn new(acceptance: &Acceptance, healthy: bool, proven: bool) -> Self {
        let Acceptance { account, taken, arrived, .. } = acceptance;
        let (account, taken, arrived) = (account.clone(), *taken, *arrived);
        Self { account, taken, arrived, healthy, proven, look_at: None }
    }

    /// Whether this route accepted texts again after the account was shut.
    fn reopens(&self, shut: &Shut) -> bool {
        let proof = if shut.late { self.arrived } else { self.taken };
        proof.is_some_and(|proof| proof > shut.last)
    }

    /// The same, but as it was `before` where the siblings need not know: while no account is shut,
    /// they have no use for the time of the last accepted text, which changes with every text.
    pub(crate) fn unless_news(self, before: &Self, provider: &[(Route, Self)]) -> Self {
        let reopens_the_same = || {
            let shut = provider.iter().filter_map(|(_, standing)| standing.account.as_ref());
            shut.into_iter().all(|shut| self.reopens(shut) == before.reopens(shut))
        };
        let Self { account, healthy, proven, .. } = before;
        let same = (&self.account, self.healthy, self.proven) == (account, *healthy, *proven);
        match same && reopens_the_same() {
            true => Self { look_at: self.look_at, ..before.clone() },
            false => self,
        }
    }
}

/// Why the account of a provider is shut, if it is: reported on any of its routes, with no text
/// accepted by any since.
pub(crate) fn account<'a>(
    provider: impl Iterator<Item = &'a Standing> + Clone,
) -> Option<&'a Shut> {
    let reopened = |shut: &&Shut| provider.clone().any(|standing| standing.reopens(shut));
    let shut = provider.clone().filter_map(|standing| standing.account.as_ref());
    // Of two at the same moment, the choice must not depend on who asks.
    shut.filter(|shut| !reopened(shut)).max_by_key(|it| (it.last, it.since, it.late, &it.code))
}

/// Whether texts of a route's sender arrive on another of the provider's routes.
pub(crate) fn is_vouched_for(route: &Route, provider: &[(Route, Standing)]) -> bool {
    provider
        .iter()
        .any(|(other, standing)| other != route && other.sender == route.sender && standing.healthy)
}

impl Record {
    /// What the siblings of the route need to know about it now.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let standing = self.standing_by(&self.tally(now));
        Standing { look_at: self.next_look(now), ..standing }
    }
}
