//! What a turn needs to know of routes, and of what else it depends on.

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
    /// Texts have been seen to arrive, and nothing has spoken against it since.
    Healthy,
    /// No text has ever been seen to arrive, and too few were sent to hold that against it.
    Unproven,
    /// Texts are taken, and seem not to arrive; or several in a row could not be handed over.
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

/// What the evidence says of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How far it is trusted.
    pub state: State,
    /// Why, as one sentence with a full stop. Holds nothing personal.
    pub why: String,
    /// The code that decided, where one did: the provider's, or ours.
    pub code: Option<String>,
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// From when on one real text may find out whether it works again.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub probe_at: Option<Timestamp>,
    /// Whether as many texts are out without a signal as an unproven route is trusted with.
    pub full: bool,
    /// Of a hundred texts that it takes, how many seem lost. For a choice between bad routes.
    pub lost: u8,
}

/// What the evidence says of all routes. Small: read with every turn. By default nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// By [`Route::id`].
    pub verdicts: BTreeMap<String, Verdict>,
    /// What the siblings of each have to know of it, by the same names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub standings: BTreeMap<String, Standing>,
    /// What else fails, or did, by the names that turns give it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub incidents: BTreeMap<String, Incident>,
}

impl Health {
    /// What is known of a route.
    pub fn verdict(&self, route: &Route) -> Option<&Verdict> {
        self.verdicts.get(&route.id())
    }

    /// How far a route is trusted. One that nobody has tried is unproven.
    pub fn state(&self, route: &Route) -> State {
        self.verdict(route).map_or(State::Unproven, |verdict| verdict.state)
    }

    /// All routes of which anything is known, the worst first.
    pub fn routes(&self) -> Vec<(Route, &Verdict)> {
        let routes = self.verdicts.iter();
        let routes = routes.filter_map(|(id, verdict)| Some((Route::named(id)?, verdict)));
        let mut routes: Vec<_> = routes.collect();
        routes.sort_by_key(|(_, verdict)| Reverse(verdict.state));
        routes
    }

    /// That none of these routes works, if so, and what is wrong with each: `explain` says for a
    /// provider's name and its code whose fix it is, in sentences.
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

    /// Remembers an incident, and forgets those that have been over for long.
    pub fn remember(&mut self, name: &str, incident: Incident, now: Timestamp) {
        self.incidents.retain(|_, known| !known.is_past(now));
        self.incidents.insert(name.to_owned(), incident);
    }

    /// What is to be remembered of something, now that this is seen of it, and what somebody has to
    /// hear. `None`: nothing that is not known already, which is how it is with nearly every text.
    pub fn sees(&self, name: &str, seen: Seen, now: Timestamp) -> Option<(Incident, News)> {
        Incident::after(self.incidents.get(name), seen, now)
    }
}
