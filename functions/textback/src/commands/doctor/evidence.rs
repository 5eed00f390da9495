//! Reports what the latest texts have shown about their routes.

use conversations::Store;
use evidence::{Route, State, Verdict};
use sms::{Finding, Providers};
use tokio::time::timeout;

use crate::commands::doctor::installation::STORE_TIMEOUT;
use crate::commands::doctor::report::{Check, Section};

/// A section about the configured providers, unless they have sent nothing yet. If the store cannot
/// be read, the check of the store says so.
pub(crate) async fn look(providers: &Providers, store: &Store) -> Option<Section> {
    let health = timeout(STORE_TIMEOUT, store.health()).await.ok()?.ok()?;
    let routes = health.routes().into_iter();
    let ours = routes.filter(|(route, _)| providers.named(&route.provider).is_some());
    let findings: Vec<_> = ours.map(|(route, verdict)| found(providers, &route, verdict)).collect();
    let name = "what the last texts have shown".into();
    (!findings.is_empty()).then_some(Section { name, findings })
}

fn found(providers: &Providers, route: &Route, verdict: &Verdict) -> Finding<Check> {
    let Route { provider, sender, country } = route;
    let Verdict { state, why, code, .. } = verdict;
    let why = why.trim_end_matches('.');
    let seen = format!("{provider}, from {sender} to +{country}, is {state}: {why}");
    let code = code.as_deref().and_then(|code| providers.explain(provider, code));
    let fix = code.map(|code| code.fix).filter(|fix| !fix.is_empty());
    match state {
        // Nothing speaks against a new route, and its words already say that nothing speaks for it.
        State::Healthy | State::Unproven => Finding::works(Check::Route, seen),
        State::Suspect => Finding::broken(
            Check::Route,
            seen,
            fix.unwrap_or(
                "Ask the provider about the texts that the console shows as unconfirmed.",
            ),
        ),
        State::Down => Finding::broken(
            Check::Route,
            seen,
            fix.unwrap_or("Check the account in the provider's console."),
        ),
    }
}
