//! The health of routes and of other things a turn depends on.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Incident, News, Route, Seen, Standing};

/// How far a route is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A text has arrived, and nothing since speaks against it.
    Healthy,
    /// No text has been seen to arrive, and too few were sent to count that against it.
    Unproven,
    /// Texts are accepted and seem not to arrive, or several in a row could not be dispatched.
    Suspect,
    /// It takes no texts until a person has acted.
    Down,
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Healthy => "healthy",
            Self::Unproven => "unproven",
            Self::Suspect => "suspect",
            Self::Down => "down",
        })
    }
}

/// The verdict on a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How far it is trusted.
    pub state: State,
    /// The reason, as one sentence with a full stop. Contains nothing personal.
    pub why: String,
    /// The code that decided it, if any: the provider's, or ours.
    pub code: Option<String>,
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// From when on one real text may probe whether it works again.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub probe_at: Option<Timestamp>,
    /// Whether an unproven route has used up its allowance of unconfirmed texts.
    pub full: bool,
    /// What percentage of its texts seems lost. Used to choose between bad routes.
    pub lost: u8,
}

/// The verdicts on all routes. Small, because every turn reads it. Empty by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// By [`Route::id`].
    pub verdicts: BTreeMap<String, Verdict>,
    /// What the siblings of each route need to know about it, under the same names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub standings: BTreeMap<String, Standing>,
    /// Other failures, present and past, under the names that turns give them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub incidents: BTreeMap<String, Incident>,
}

impl Health {
    /// The verdict on a route, if there is one.
    pub fn verdict(&self, route: &Route) -> Option<&Verdict> {
        self.verdicts.get(&route.id())
    }

    /// How far a route is trusted. An untried route is unproven.
    pub fn state(&self, route: &Route) -> State {
        self.verdict(route).map_or(State::Unproven, |verdict| verdict.state)
    }

    /// All routes with a verdict, the worst first.
    pub fn routes(&self) -> Vec<(Route, &Verdict)> {
        let routes = self.verdicts.iter();
        let routes = routes.filter_map(|(id, verdict)| Some((Route::named(id)?, verdict)));
        let mut routes: Vec<_> = routes.collect();
        routes.sort_by_key(|(_, verdict)| Reverse(verdict.state));
        routes
    }

    /// If none of these routes works, says so and why for each. `explain` turns a provider's name and
    /// its code into sentences that say who can fix it.
    pub fn nothing_works(
        &self,
        candidates: &[Route],
        explain: impl Fn(&str, &str) -> Option<String>,
    ) -> Option<String> {
        let reasons = candidates.iter().map(|route| {
            let verdict = self.verdict(route)?;
            let bad = matches!(verdict.state, State::Suspect | State::Down);
            let fix = verdict.code.as_deref().and_then(|code| explain(&route.provider, code));
            let fix = fix.map_or(String::new(), |fix| format!(" {fix}"));
            bad.then(|| format!("{}: {}{fix}", route.provider, verdict.why))
        });
        let reasons: Option<Vec<_>> = reasons.collect();
        let reasons = reasons.filter(|reasons| !reasons.is_empty())?;
        Some(format!("No provider works. {}", reasons.join(" ")))
    }

    /// Records an incident, and deletes those that have been over for a long time.
    pub fn remember(&mut self, name: &str, incident: Incident, now: Timestamp) {
        self.incidents.retain(|_, known| !known.is_past(now));
        self.incidents.insert(name.to_owned(), incident);
    }

    /// The incident to store after this observation, and the news somebody has to hear. `None`: nothing
    /// new, as with nearly every text.
    pub fn sees(&self, name: &str, seen: Seen, now: Timestamp) -> Option<(Incident, News)> {
        Incident::after(self.incidents.get(name), seen, now)
    }
}
