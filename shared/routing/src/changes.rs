//! The notices and alarms about a route whose state has changed.

use conversations::Notice;
use documents::hash;
use evidence::{Health, Route, State, Verdict};
use jiff::Timestamp;
use sms::Providers;
use telemetry::{Alarm, raise};

/// A route whose state has changed.
pub(crate) struct Change<'a> {
    route: Route,
    to: &'a Verdict,
}

/// The routes that became bad or recovered, as far as somebody has to know.
pub(crate) fn changes<'a>(before: &Health, after: &'a Health) -> Vec<Change<'a>> {
    let bad = |state| matches!(state, State::Suspect | State::Down);
    let routes = after.routes().into_iter().map(|(route, to)| (before.state(&route), route, to));
    routes
        .filter(|(from, _, to)| *from != to.state && (bad(*from) || bad(to.state)))
        .map(|(_, route, to)| Change { route, to })
        .collect()
}

impl Change<'_> {
    fn sentence(&self, providers: &Providers) -> String {
        let Route { provider, country, .. } = &self.route;
        let code = self.to.code.as_deref();
        let means = code.map_or(String::new(), |code| providers.meaning(provider, code));
        let state = match self.to.state {
            State::Suspect => "is suspect",
            State::Down => "is down",
            State::Healthy => "works again",
            State::Unproven => "is tried again",
        };
        format!("{provider} to +{country} {state}: {}{means}", self.to.why)
    }

    pub(crate) fn notice(&self, providers: &Providers, now: Timestamp) -> Notice {
        Notice {
            id: format!("route-{}-{}", hash(&[&self.route.id()]), now.as_millisecond()),
            sentence: self.sentence(providers),
            conversation: None,
            trace: None,
            follow_up: None,
            at: now,
        }
    }

    pub(crate) fn say(&self, providers: &Providers) {
        let sentence = self.sentence(providers);
        let (provider, country) = (&self.route.provider, &self.route.country);
        match self.to.state {
            State::Suspect => {
                raise!(Alarm::RouteSuspect, provider.name = provider, country, "{sentence}")
            }
            State::Down => {
                raise!(Alarm::RouteDown, provider.name = provider, country, "{sentence}")
            }
            State::Healthy | State::Unproven => {
                tracing::info!(provider.name = provider, country, "{sentence}")
            }
        }
    }
}
