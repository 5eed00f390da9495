//! What the texts of late have shown of the ways by which they went.

use conversations::Store;
use evidence::{State, Verdict};
use sms::{Finding, Providers};
use tokio::time::timeout;

use crate::doctor::ourselves::STORE_PATIENCE;
use crate::doctor::report::{Check, Section};

/// A section about the configured providers, unless nothing was sent by them yet. What keeps the
/// store from being read is told where the store is.
pub(crate) async fn look(providers: &Providers, store: &Store) -> Option<Section> {
    let health = timeout(STORE_PATIENCE, store.health()).await.ok()?.ok()?;
    let findings: Vec<_> = health
        .verdicts
        .iter()
        .filter_map(|(route, verdict)| {
            let (provider, rest) = route.split_once('/')?;
            let (sender, country) = rest.rsplit_once('/')?;
            providers.named(provider)?;
            let way = format!("{provider}, from {sender} to +{country}");
            Some(found(providers, provider, &way, verdict))
        })
        .collect();
    let name = "what the last texts have shown".into();
    (!findings.is_empty()).then_some(Section { name, findings })
}

fn found(providers: &Providers, provider: &str, way: &str, verdict: &Verdict) -> Finding<Check> {
    let seen = format!("{way}, is {}: {}", verdict.state, verdict.why.trim_end_matches('.'));
    let code = verdict.code.as_deref().and_then(|code| providers.explain(provider, code));
    let fix = code.map(|code| code.fix).filter(|fix| !fix.is_empty());
    match verdict.state {
        // Nothing speaks against a way that is young. Its words say that nothing speaks for it.
        State::Healthy | State::Unproven => Finding::works(Check::Route, seen),
        State::Suspect => Finding::broken(
            Check::Route,
            seen,
            fix.unwrap_or(
                "Ask the provider what became of the texts that the console shows as unconfirmed.",
            ),
        ),
        State::Down => Finding::broken(
            Check::Route,
            seen,
            fix.unwrap_or("See to the account in the provider's console."),
        ),
    }
}
