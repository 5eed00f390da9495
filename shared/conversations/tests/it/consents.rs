//! What every store promises about consents.

use std::sync::Arc;

use conversations::{Consent, Given, Store};
use futures::future::join_all;
use sms::Number;

use fakes::Asked;

use crate::common::*;

pub(crate) async fn keeps_a_consent_for_longer_than_a_claim_may_take(store: Arc<Store>) {
    let consent = Consent {
        theirs: person(),
        page: "0a1b".into(),
        address: "https://home.example/opt-in".into(),
        language: "es".into(),
        words: "Acepto recibir mensajes de \u{201c}Handy Home\u{201d}.".into(),
        network: "192.0.2.0/24".into(),
        at: now(),
    };
    let again = Consent { at: later(now(), 60), ..consent.clone() };
    let newer = Consent { page: "2c3d".into(), at: later(now(), 120), ..consent.clone() };
    for consent in [&consent, &again, &newer] {
        assert_eq!(store.consent(consent, None).await.unwrap(), Given::Recorded);
    }
    assert_eq!(store.consents_of(&person()).await.unwrap(), [consent, newer]);
    assert_eq!(store.consents_of(&Number::parse("+12025550144").unwrap()).await.unwrap(), []);

    // Where the store expires documents itself, this changes nothing.
    let years = |years: i64| later(now(), years * 365 * 24 * 3600);
    store.expire(years(4)).await.unwrap();
    assert_eq!(store.consents_of(&person()).await.unwrap().len(), 2);
    if store.documents().are_embedded() {
        // The counts expire first.
        for day in 3..6 {
            store.expire(later(years(5), day * 24 * 3600)).await.unwrap();
        }
        assert_eq!(store.consents_of(&person()).await.unwrap(), []);
    }
}

pub(crate) async fn limits_consents_that_all_come_at_once(store: Arc<Store>) {
    let operations = Asked::listen();
    let give = |number: u8| {
        let consent = Consent {
            theirs: Number::parse(&format!("+120255501{number:02}")).unwrap(),
            page: "0a1b".into(),
            address: "https://home.example/opt-in".into(),
            language: "en".into(),
            words: "I agree.".into(),
            network: "192.0.2.0/24".into(),
            at: now(),
        };
        let store = Arc::clone(&store);
        async move { store.consent(&consent, Some([192, 0, 2, 7].into())).await.unwrap() }
    };
    let given = join_all((0..40).map(give)).await;
    let recorded = given.iter().filter(|given| **given == Given::Recorded).count();
    assert!((10..=20).contains(&recorded), "{recorded}");
    assert!(
        operations.take().iter().all(|it| it != "replace consents_given"),
        "each is written once"
    );
}

pub(crate) async fn limits_the_consents_of_an_address_and_of_all_together(store: Arc<Store>) {
    let mut number = 1_000;
    let mut give = async |address: Option<[u8; 4]>, at| {
        number += 1;
        let consent = Consent {
            theirs: Number::parse(&format!("+1202555{number}")).unwrap(),
            page: "0a1b".into(),
            address: "https://home.example/opt-in".into(),
            language: "en".into(),
            words: "I agree.".into(),
            network: "192.0.2.0/24".into(),
            at,
        };
        let given = store.consent(&consent, address.map(Into::into)).await.unwrap();
        let recorded = store.consents_of(&consent.theirs).await.unwrap().len();
        assert_eq!(recorded, usize::from(given == Given::Recorded));
        given
    };
    let (one, other) = (Some([192, 0, 2, 7]), Some([192, 0, 2, 8]));
    for _ in 0..20 {
        assert_eq!(give(one, now()).await, Given::Recorded);
    }
    assert_eq!(give(one, now()).await, Given::TooMany);
    assert_eq!(give(one, later(now(), 60)).await, Given::TooMany);
    // Nobody else is kept out by it, nor for long.
    for _ in 0..20 {
        assert_eq!(give(other, now()).await, Given::Recorded);
    }
    assert_eq!(give(one, later(now(), 3600)).await, Given::Recorded);

    for _ in 0..20 {
        assert_eq!(give(None, now()).await, Given::Recorded);
    }
    assert_eq!(give(None, now()).await, Given::TooMany);
    assert_eq!(give(Some([203, 0, 113, 9]), now()).await, Given::TooMany);
    assert_eq!(give(None, later(now(), 60)).await, Given::Recorded);
}
