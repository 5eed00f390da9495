//! What the routes of a provider have to know of each other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::acceptance::{Acceptance, Shut};
use crate::{Record, Route};

/// What a route's siblings, the other routes of its provider, have to know of it, and when it is to
/// be judged again by itself.
///
/// Small, so that it can lie beside the verdicts of all: nobody has to read a whole record to judge
/// another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Shut because of the account, which concerns all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Shut>,
    /// When a text was last taken.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub(crate) taken: Option<Timestamp>,
    /// When a text was last handed over that arrived.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub(crate) arrived: Option<Timestamp>,
    /// Whether its texts have been seen to arrive, and nothing in them speaks against it since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) healthy: bool,
    /// Whether any has ever been seen to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) proven: bool,
    /// When time alone may have changed what is to be thought of it.
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

    /// Whether this route took texts again after that acceptance was shut.
    fn reopens(&self, shut: &Shut) -> bool {
        let proof = if shut.late { self.arrived } else { self.taken };
        proof.is_some_and(|proof| proof > shut.last)
    }

    /// The same, as far as it concerns the siblings, as it was `before`: while no account is shut it
    /// is nobody's business when a text was last taken, and that changes with every text.
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

/// Because of what the account of a provider is shut, if it is: said of any of its routes, and no text
/// was taken by any since.
pub(crate) fn account<'a>(
    provider: impl Iterator<Item = &'a Standing> + Clone,
) -> Option<&'a Shut> {
    let reopened = |shut: &&Shut| provider.clone().any(|standing| standing.reopens(shut));
    let shut = provider.clone().filter_map(|standing| standing.account.as_ref());
    // Whoever asks for it, of two at the same moment it is the same.
    shut.filter(|shut| !reopened(shut)).max_by_key(|it| (it.last, it.since, it.late, &it.code))
}

/// Whether texts of a route's sender arrive by another of the provider's routes.
pub(crate) fn is_vouched_for(route: &Route, provider: &[(Route, Standing)]) -> bool {
    provider
        .iter()
        .any(|(other, standing)| other != route && other.sender == route.sender && standing.healthy)
}

impl Record {
    /// What the siblings of the route have to know of it now.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let standing = self.standing_by(&self.tally(now));
        Standing { look_at: self.next_look(now), ..standing }
    }
}
