//! What the names of counters hold.

use figures::{Counts, Filter, Key, Over, Row, Sent, add, difference, folded, person};

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

#[test]
fn a_person_is_counted_once_a_day_a_week_and_a_month() {
    // Friday, 27 November 2026, to Tuesday, 1 December.
    let friday = 20_784;
    let mut all = Counts::new();
    let days = [friday, friday + 2, friday + 3, friday + 4];
    let mut last = None;
    for day in days {
        add(&mut all, &person(&key("twilio", "1"), day, last));
        last = Some(day);
    }
    let row = Row::of(&all, &Filter::default());
    assert_eq!(row.people, [4, 2, 2], "days, weeks, months");
}

#[test]
fn says_where_people_left_and_why_they_were_handed_over() {
    let over = |ending, missing, handed_over| {
        let over = Over { ending, turns: 3, missing, handed_over, cost: 5 };
        over.counts(&key("twilio", "1"))
    };
    let mut all = over("quiet", Some("street_name"), None);
    add(&mut all, &over("handed_over", None, Some("too_long")));
    let row = Row::of(&all, &Filter::default());
    assert_eq!((row.conversations(), row.turns["3"], row.conversation_cost), (2, 2, 10));
    assert_eq!((row.left["3_street_name"], row.handed_over["too_long"]), (1, 1));
    add(&mut all, &difference(&over("quiet", Some("street_name"), None), &Counts::new()));
    assert_eq!(Row::of(&all, &Filter::default()).conversations(), 1);
}

#[test]
fn too_many_counters_for_a_document_are_those_of_fewer_countries() {
    let mut all = Counts::new();
    for country in 1..=300 {
        let turns = if country == 7 { 60 } else { 40 };
        for turns in 0..turns {
            all.insert(key("twilio", &country.to_string()).name(&format!("turns_{turns}")), 1);
        }
    }
    let (before, folded) = (all.values().sum::<i64>(), folded(all));
    assert!(folded.len() <= 8_000 && folded.contains_key("front_desk__twilio__7__turns_59"));
    assert_eq!(folded.values().sum::<i64>(), before);
    assert!(folded["front_desk__twilio__other__turns_0"] > 90);
}
