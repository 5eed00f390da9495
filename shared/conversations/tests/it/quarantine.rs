//! What every store promises about calls that no parser understood.

use std::sync::Arc;

use conversations::{Kept, Quarantined, Store};
use futures::future::join_all;
use telemetry::TraceId;

use crate::common::{later, now};
use fakes::Asked;

pub(crate) async fn keeps_a_call_whole(store: Arc<Store>) {
    let call = misread(r#"{"what":"is this"}"#, now());
    assert_eq!(store.quarantine(&call, None).await.unwrap(), Kept::First);
    let again = Quarantined { at: later(now(), 60), trace: TraceId::fresh(), ..call.clone() };
    assert_eq!(store.quarantine(&again, None).await.unwrap(), Kept::Repeat);
    let other = misread(r#"{"what":"is that"}"#, later(now(), 30));
    assert_eq!(store.quarantine(&other, None).await.unwrap(), Kept::Another);

    let kept = store.quarantined_since(now(), 10).await.unwrap();
    let seen: Vec<_> = kept.iter().map(|call| (call.body.as_str(), call.seen)).collect();
    assert_eq!(seen, [(r#"{"what":"is this"}"#, 2), (r#"{"what":"is that"}"#, 1)]);
    assert_eq!((kept[0].at, &kept[0].trace), (now(), &call.trace));
    assert_eq!(store.seen(&call.shape()).await.unwrap(), 3);
    assert_eq!(store.quarantined_since(later(now(), 1), 10).await.unwrap().len(), 1);
    assert_eq!(store.notices(10).await.unwrap().len(), 1);
}

pub(crate) async fn keeps_every_call_of_several_at_once(store: Arc<Store>) {
    let calls = (0..8).map(|number| misread(&number.to_string(), now()));
    let kept = calls.map(|call| {
        let store = Arc::clone(&store);
        async move { store.quarantine(&call, None).await.unwrap() }
    });
    let kept = join_all(kept).await;
    assert_eq!(kept.iter().filter(|kept| **kept == Kept::First).count(), 1);
    assert_eq!(store.quarantined(10).await.unwrap().len(), 8);
    assert_eq!(store.seen(&misread("", now()).shape()).await.unwrap(), 8);
}

pub(crate) async fn only_counts_calls_that_come_too_often_in_a_day(store: Arc<Store>) {
    let mut outcomes = Vec::new();
    for (body, hours) in [("1", 0), ("2", 0), ("3", 0), ("2", 0), ("4", 24), ("5", 24)] {
        let call = misread(body, later(now(), hours * 3600));
        outcomes.push(store.quarantine(&call, Some(2)).await.unwrap());
    }
    let expected = [Kept::First, Kept::Another, Kept::Counted, Kept::Repeat];
    assert_eq!(outcomes[..4], expected);
    assert_eq!(outcomes[4..], [Kept::Another, Kept::Another]);
    assert_eq!(store.seen(&misread("", now()).shape()).await.unwrap(), 6);
}

pub(crate) async fn counts_the_calls_of_a_few_seconds_together(store: Arc<Store>) {
    let operations = Asked::listen();
    for number in 0..20 {
        let call = misread(&number.to_string(), now());
        store.quarantine(&call, Some(15)).await.unwrap();
    }
    assert_eq!(operations.writes("shapes"), 1);
    let shape = misread("", now()).shape();
    assert_eq!(store.quarantined(50).await.unwrap().len(), 15);
    assert_eq!(store.seen(&shape).await.unwrap(), 20);
    let later = misread("one more", later(now(), 5));
    assert_eq!(store.quarantine(&later, Some(15)).await.unwrap(), Kept::Counted);
    assert_eq!((operations.writes("shapes"), store.seen(&shape).await.unwrap()), (1, 21));
}

pub(crate) async fn forgets_a_form_with_its_last_call(store: Arc<Store>) {
    let [one, two] = ["1", "2"].map(|body| misread(body, now()));
    for call in [&one, &two] {
        store.quarantine(call, None).await.unwrap();
    }
    store.release(&one).await.unwrap();
    assert!(!store.release_shape(&one.shape()).await.unwrap());
    store.release(&two).await.unwrap();
    assert!(store.release_shape(&one.shape()).await.unwrap());
    assert_eq!(store.notices(10).await.unwrap().len(), 0);
    assert_eq!(store.quarantine(&two, None).await.unwrap(), Kept::First);
}

/// A call that no parser understood.
pub(crate) fn misread(body: &str, at: jiff::Timestamp) -> Quarantined {
    Quarantined {
        provider: "messagecentral".into(),
        reason: "no sender".into(),
        fields: vec!["what".into()],
        method: "POST".into(),
        path: "/webhooks/messagecentral/inbound".into(),
        query: String::new(),
        content_type: "application/json".into(),
        body: body.into(),
        base64: false,
        seen: 1,
        trace: TraceId::fresh(),
        at,
    }
}
