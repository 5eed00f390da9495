//! Calls to our webhooks.

use std::sync::LazyLock;

use bytes::Bytes;
use fakes::Companies;
use http::Request;
use policy::{Keyword, asked};
use providers::{ENTRIES, Role};
use settings::Settings;
use sms::{Event, Genuine, Number, Provider, Providers, WebhookError};
use uuid::Uuid;

use crate::call::call;
use crate::wait;

pub(crate) const PUBLIC_URL: &str = "https://text.example.test";

/// The companies, and the product's side of each.
pub(crate) struct World {
    pub(crate) companies: Companies,
    pub(crate) providers: Providers,
}

/// Every company that there is.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| {
    let companies = wait(Companies::start(PUBLIC_URL));
    let of_companies = companies.all().into_iter().flat_map(|company| company.settings());
    let mut settings: Vec<_> = of_companies.collect();
    settings.push(("USE_MOCK", "true".into()));
    // What need not be set, but opens a way in.
    let known: Vec<_> = settings.iter().map(|(name, _)| *name).collect();
    let secrets = ENTRIES.iter().flat_map(|entry| entry.settings).filter(|it| it.is_secret);
    let others = secrets.map(|it| it.name).filter(|name| !known.contains(name));
    settings.extend(others.map(|name| (name, Uuid::new_v4().simple().to_string())));
    let settings: Settings = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let providers = providers::configured(&settings, PUBLIC_URL, Role::Everything).unwrap();
    World { companies, providers }
});

/// A call that nobody has signed, to every provider that there is: none believes it, and what each would
/// make of it, if it were genuine, is kept whole.
pub fn calls(data: &[u8]) {
    let Some(call) = call(data) else { return };
    for entry in ENTRIES {
        let provider = WORLD.providers.named(entry.name).unwrap();
        let proven = wait(provider.prove(WORLD.providers.http(), call.clone()));
        let why = proven.err().expect("nobody signed it");
        let read = provider.read(&Genuine::new(call.clone()));
        // What is broken is nobody's, and never kept.
        if !matches!(why, WebhookError::Malformed(_)) {
            check_kept(provider, &call, &read);
        }
        read.iter().flatten().for_each(|event| check(provider, &call, event));
        check_seen(provider, &call);
    }
}

/// What is kept of a call reads as the call did, but for what lets somebody act for us.
fn check_kept(
    provider: &dyn Provider,
    call: &Request<Bytes>,
    read: &Result<Vec<Event>, WebhookError>,
) {
    let kept = Genuine::kept(call.clone().map(|body| provider.keepable(&body)));
    match read.as_deref() {
        Ok([Event::Subscription(_)]) => assert!(provider.read(&kept).is_err()),
        _ => assert_eq!(provider.read(&kept), *read, "{}", provider.name()),
    }
}

/// Whoever is to be answered has a whole number, and of what is left nothing is read twice.
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
            let left = Genuine::kept(call.clone().map(|_| rest.body.clone().into()));
            assert_eq!(provider.read(&left), Err(WebhookError::Unreadable(rest.reason)));
        }
        Event::Subscription(url) => assert!(url.query().is_some()),
    }
}

/// What is seen in a call that is not understood is a stop of somebody's.
fn check_seen(provider: &dyn Provider, call: &Request<Bytes>) {
    let is_stop = |words: &str| asked(None, words) == Some(Keyword::Stop);
    for seen in provider.glimpse(call, &is_stop) {
        assert!(seen.handled.is_some() || is_stop(&seen.words));
    }
}
