//! Unsigned calls to the webhooks.

use std::sync::LazyLock;

use bytes::Bytes;
use fakes::Companies;
use http::Request;
use policy::{Keyword, asked};
use providers::{ENTRIES, Role};
use settings::Settings;
use sms::{Event, Number, Provider, Providers, Verified, WebhookError};
use uuid::Uuid;

use crate::call::call;
use crate::wait;

pub(crate) const PUBLIC_URL: &str = "https://text.example.test";

/// The stand-ins of the companies, and our providers configured for them.
pub(crate) struct World {
    pub(crate) companies: Companies,
    pub(crate) providers: Providers,
}

/// All companies.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| {
    let companies = wait(Companies::start(PUBLIC_URL));
    let of_companies = companies.all().into_iter().flat_map(|company| company.settings());
    let mut settings: Vec<_> = of_companies.collect();
    settings.push(("USE_MOCK", "true".into()));
    // Optional secrets, which open further ways in.
    let known: Vec<_> = settings.iter().map(|(name, _)| *name).collect();
    let secrets = ENTRIES.iter().flat_map(|entry| entry.settings).filter(|it| it.is_secret);
    let others = secrets.map(|it| it.name).filter(|name| !known.contains(name));
    settings.extend(others.map(|name| (name, Uuid::new_v4().simple().to_string())));
    let settings: Settings = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let providers = providers::configured(&settings, PUBLIC_URL, Role::Everything).unwrap();
    World { companies, providers }
});

/// An unsigned call to every provider: none believes it. What each would parse from it, if it were
/// genuine, survives being stored.
pub fn calls(data: &[u8]) {
    let Some(call) = call(data) else { return };
    for entry in ENTRIES {
        let provider = WORLD.providers.named(entry.name).unwrap();
        let verified = wait(provider.verify(WORLD.providers.http(), call.clone()));
        let why = verified.err().expect("nobody signed it");
        let parsed = provider.parse(&Verified::new(call.clone()));
        // A malformed call is never stored.
        if !matches!(why, WebhookError::Malformed(_)) {
            check_kept(provider, &call, &parsed);
        }
        parsed.iter().flatten().for_each(|event| check(provider, &call, event));
        check_seen(provider, &call);
    }
}

/// A stored call parses as the call did, except that it does not contain what would let a reader act
/// for us.
fn check_kept(
    provider: &dyn Provider,
    call: &Request<Bytes>,
    parsed: &Result<Vec<Event>, WebhookError>,
) {
    let kept = Verified::stored(call.clone().map(|body| provider.keepable(&body)));
    match parsed.as_deref() {
        Ok([Event::Subscription(_)]) => assert!(provider.parse(&kept).is_err()),
        _ => assert_eq!(provider.parse(&kept), *parsed, "{}", provider.name()),
    }
}

/// Whoever is to be answered has a complete number, and the unreadable rest is not parsed twice.
fn check(provider: &dyn Provider, call: &Request<Bytes>, event: &Event) {
    match event {
        Event::Text(text) => {
            assert_eq!(Number::parse(text.from.as_str()).as_ref(), Ok(&text.from));
            provider.answers(&text.body, &text.to);
        }
        Event::Receipt(receipt) => {
            assert!(receipt.part.is_none_or(|part| (1..=part.of).contains(&part.number)));
        }
        Event::Rest(rest) => {
            let left = Verified::stored(call.clone().map(|_| rest.body.clone().into()));
            assert_eq!(provider.parse(&left), Err(WebhookError::Unreadable(rest.reason)));
        }
        Event::Subscription(url) => assert!(url.query().is_some()),
    }
}

/// What is glimpsed in a call that cannot be parsed is somebody's opt-out.
fn check_seen(provider: &dyn Provider, call: &Request<Bytes>) {
    let is_stop = |words: &str| asked(None, words) == Some(Keyword::Stop);
    for seen in provider.glimpse(call, &is_stop) {
        assert!(seen.handled.is_some() || is_stop(&seen.words));
    }
}
