//! Judging routes one by one gives the same verdicts as judging them together.

use evidence::{Health, Record, Route, Signal, State};
use proptest::prelude::*;
use sms::About;

use crate::order::signal;
use crate::story::{failed, minute, refused, sample};

/// All routes of a provider, and the verdicts on them.
struct Provider {
    records: Vec<Record>,
    health: Health,
    /// How many siblings were read.
    read: usize,
}

impl Provider {
    /// Routes to this many countries from each of two senders.
    fn to(countries: usize) -> Self {
        let senders = ["+12025550100", "+12025550101"];
        let routes = (0..countries).flat_map(|to| senders.map(|from| (from, to)));
        let routes = routes.map(|(from, to)| Route::new("twilio", from, to.to_string()));
        let records = routes.map(Record::new).collect();
        Self { records, health: Health::default(), read: 0 }
    }

    fn note(&mut self, route: usize, text: &str, begun: f64, now: f64, signal: Signal) {
        self.records[route].note(sample(text, begun, now, signal));
        self.judge(vec![route], now);
    }

    fn judge(&mut self, routes: Vec<usize>, now: f64) {
        let records: Vec<_> = routes.iter().map(|route| &self.records[*route]).collect();
        let again = self.health.judge(&records, minute(now));
        self.read += again.len();
        if !again.is_empty() {
            let again = again.iter().map(|route| self.place(route));
            let all = routes.iter().copied().chain(again.collect::<Vec<_>>()).collect();
            self.judge(all, now);
        }
    }

    fn place(&self, route: &Route) -> usize {
        self.records
            .iter()
            .position(|record| record.route == *route)
            .expect("each route is one of them")
    }

    fn state(&self, route: usize) -> State {
        self.health.state(&self.records[route].route)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn judging_one_by_one_gives_the_same_verdicts_as_judging_all(
        heard in prop::collection::vec((0..6_usize, 0..40_u32, signal()), 1..120),
    ) {
        let (mut one_by_one, now) = (Provider::to(3), 400.0);
        for (number, (route, begun, signal)) in heard.into_iter().enumerate() {
            let text = format!("text-{route}-{}", number % 60);
            one_by_one.note(route, &text, f64::from(begun * 10), now, signal);
        }
        let Provider { records, health, .. } = &one_by_one;
        let standings = records.iter().map(|it| (it.route.clone(), it.standing(minute(now))));
        let standings: Vec<_> = standings.collect();
        for record in records {
            if let Some(verdict) = health.verdict(&record.route) {
                prop_assert_eq!(verdict, &record.judge(&standings, minute(now)));
            }
        }
    }
}

#[test]
fn a_text_reads_its_siblings_only_if_it_affects_them() {
    let mut provider = Provider::to(50);
    for route in 0..100 {
        provider.note(route, "first", 0.0, 0.0, Signal::Waiting);
    }
    for text in 1..20 {
        let at = f64::from(text);
        provider.note(0, &format!("{text}"), at, at, Signal::Waiting);
    }
    assert_eq!((provider.read, provider.state(0)), (0, State::Suspect));
    // It vouches for its sender's other 49.
    provider.note(0, "19", 19.0, 20.0, Signal::Answered);
    provider.note(2, "1", 20.0, 20.0, Signal::Answered);
    assert_eq!(provider.read, 49);
}

#[test]
fn an_account_that_is_refused_again_and_again_is_read_once() {
    let (mut provider, refused) = (Provider::to(50), || refused("20003", About::Account));
    for route in 0..100 {
        provider.note(route, "first", 0.0, 0.0, Signal::Delivered);
    }
    for text in 1..10 {
        let at = f64::from(text);
        provider.note(0, &format!("{text}"), at, at, refused());
        let probes = provider.health.verdicts.values().map(|verdict| verdict.probe_at);
        assert!((0..100).all(|route| provider.state(route) == State::Down));
        assert!(
            probes
                .into_iter()
                .all(|at| at == provider.health.verdicts.values().next().unwrap().probe_at)
        );
    }
    assert_eq!(provider.read, 99);
    provider.note(7, "taken", 11.0, 11.0, Signal::Waiting);
    assert!((0..100).all(|route| provider.state(route) == State::Healthy));
    assert_eq!(provider.read, 2 * 99);
}

#[test]
fn a_text_accepted_before_a_code_was_reported_counts_once_it_is_reported() {
    let mut provider = Provider::to(1);
    provider.note(0, "1", 0.0, 0.0, Signal::Delivered);
    provider.note(1, "1", 0.0, 0.0, Signal::Delivered);
    // It takes one more, which is no news, and only then an earlier failure is reported.
    provider.note(1, "2", 6.0, 6.0, Signal::Delivered);
    provider.note(0, "2", 2.0, 7.0, failed("30002", About::Account));
    assert_eq!(provider.state(1), State::Down, "it was heard of later");
    provider.note(0, "3", 5.0, 8.0, refused("20003", About::Account));
    assert_eq!(provider.state(0), State::Down);
    provider.note(1, "3", 9.0, 9.0, Signal::Delivered);
    assert_eq!((provider.state(0), provider.state(1)), (State::Healthy, State::Healthy));
}

#[test]
fn the_passing_of_time_alone_can_make_a_route_due() {
    let mut provider = Provider::to(1);
    provider.note(0, "1", 0.0, 0.0, Signal::Waiting);
    assert!(provider.health.due(minute(0.9)).is_empty());
    for at in [1.0, 2.0, 5.0, 10.0] {
        assert_eq!(provider.state(0), State::Unproven);
        assert_eq!(provider.health.due(minute(at)).len(), 1, "{at}");
        provider.judge(vec![0], at);
    }
    assert_eq!(provider.state(0), State::Suspect);
    provider.judge(vec![0], 30.0);
    assert!(provider.health.due(minute(9_999.0)).is_empty(), "nothing is left to come");
}

#[test]
fn while_all_is_well_a_text_changes_nothing_that_every_turn_reads() {
    let mut provider = Provider::to(1);
    provider.note(0, "0", 0.0, 0.0, Signal::Delivered);
    let before = provider.health.clone();
    for text in 1..50 {
        let at = f64::from(text) / 60.0;
        provider.note(0, &format!("{text}"), at, at, Signal::Delivered);
    }
    assert_eq!(provider.health, before);
}
