use evidence::{Record, Sample, Signal};
use proptest::prelude::*;
use sms::About;

use crate::story::{minute, route, sample};

pub(crate) fn signal() -> impl Strategy<Value = Signal> {
    let about = prop_oneof![Just(About::Account), Just(About::Sender), Just(About::Route)];
    let about = prop_oneof![about, Just(About::Number)].boxed();
    let code = prop_oneof![Just(None), Just(Some("a".to_owned())), Just(Some("b".to_owned()))];
    prop_oneof![
        Just(Signal::Unknown),
        Just(Signal::Waiting),
        Just(Signal::Sent),
        (code.clone(), about.clone()).prop_map(|(code, about)| Signal::Refused { code, about }),
        (code, about).prop_map(|(code, about)| Signal::Failed { code, about }),
        Just(Signal::Delivered),
        Just(Signal::Answered),
    ]
}

/// Some texts with several signals each, more of them in a minute than are kept.
fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let heard = (0..60_u32, 0..40_u32, signal());
    prop::collection::vec(heard, 1..120).prop_map(|heard| {
        let told = heard.into_iter().map(|(text, after, signal)| {
            let at = f64::from(text / 2) / 8.0 + f64::from(text % 2) * 200.0;
            sample(&format!("text-{text:02}"), at, at + f64::from(after), signal)
        });
        told.collect()
    })
}

fn record(samples: &[Sample]) -> Record {
    let mut record = Record::new(route("twilio", "1"));
    samples.iter().cloned().for_each(|sample| record.note(sample));
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_order_of_noting_does_not_matter(
        (samples, shuffled) in
            samples().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        now in 0..400_u32,
    ) {
        let (one, other) = (record(&samples), record(&shuffled));
        prop_assert_eq!(one.judge(&[], minute(now.into())), other.judge(&[], minute(now.into())));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn noting_twice_changes_nothing(samples in samples()) {
        let once = record(&samples);
        let twice = record(&[samples.clone(), samples].concat());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn nothing_is_lost_by_storing(samples in samples(), now in 0..400_u32) {
        let record = record(&samples);
        let stored = serde_json::to_string(&record).unwrap();
        let read: Record = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(read.judge(&[], minute(now.into())), record.judge(&[], minute(now.into())));
    }
}

#[test]
fn a_record_stays_small_however_many_texts_there_were() {
    let mut record = Record::new(route("twilio", "1"));
    for text in 0..5000 {
        let at = f64::from(text) / 60.0;
        record.note(sample(
            &format!("0123456789abcdef0123456789abcdef-{text:08}"),
            at,
            at,
            Signal::Delivered,
        ));
    }
    let stored = serde_json::to_string(&record).unwrap();
    assert!(stored.len() < 12_000, "{} bytes", stored.len());
}
