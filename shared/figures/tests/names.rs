//! What the names of counters hold.

use figures::{Counts, Filter, Key, Row, Sent, add, difference};

fn key(provider: &str, country: &str) -> Key {
    Key { agent: "front-desk".into(), provider: provider.into(), country: country.into() }
}

#[test]
fn a_name_is_plain_enough_for_both_stores_and_can_be_read_again() {
    let name = key("Message--Central", "44").name("accepted_in_12");
    assert_eq!(name, "front_desk__message_central__44__accepted_in_12");
    let (key, what) = Key::parse(&name).expect("it is a counter");
    assert_eq!((&*key.agent, &*key.country, what), ("front_desk", "44", "accepted_in_12"));
}

#[test]
fn what_is_counted_anew_replaces_what_was_counted_before() {
    let sent = Sent { status: "accepted", segments: 2, cost: 30, ..Sent::default() };
    let before = sent.counts(&key("twilio", "1"));
    let now = Sent { status: "delivered", cost: 50, ..sent }.counts(&key("twilio", "1"));
    let mut all = Counts::new();
    add(&mut all, &before);
    add(&mut all, &difference(&before, &now));
    let row = Row::of(&all, &Filter::default());
    assert_eq!((row.attempts(), row.statuses[0], row.segments, row.cost), (1, 1, 2, 50));
}

#[test]
fn shows_what_is_asked_for_alone() {
    let mut all = Counts::new();
    let sent = Sent { status: "sent", ..Sent::default() };
    for key in [key("twilio", "1"), key("twilio", "44"), key("mock", "1")] {
        add(&mut all, &sent.counts(&key));
    }
    let of = |provider: Option<&str>, country: Option<&str>| {
        let [provider, country] = [provider, country].map(|it| it.map(str::to_owned));
        Row::of(&all, &Filter { provider, country, agent: None }).attempts()
    };
    assert_eq!((of(None, None), of(Some("twilio"), None)), (3, 2));
    assert_eq!((of(None, Some("+44")), of(Some("mock"), Some("44"))), (1, 0));
}
