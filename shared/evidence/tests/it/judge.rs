use evidence::Signal::{Answered, Delivered, Sent, Unknown, Waiting};
use evidence::State::{Down, Healthy, Suspect, Unproven};
use sms::About;

use crate::story::{Story, failed, minute, refused, story};

#[test]
fn an_untried_route_is_unproven() {
    let verdict = story().verdict(0.0);
    assert_eq!((verdict.state, &*verdict.why), (Unproven, "Nothing is known about it yet."));
}

#[test]
fn three_texts_without_a_signal_are_too_many() {
    let story = story().text(0.0, Waiting).text(0.1, Sent).text(0.2, Waiting);
    assert_eq!((story.state(0.9), story.state(1.0)), (Unproven, Suspect));
    let verdict = story.verdict(1.0);
    assert_eq!(verdict.why, "It was handed 3 texts, and nothing has ever shown that one arrived.");
    assert_eq!((verdict.since, verdict.probe_at), (minute(1.0), Some(minute(31.0))));
}

#[test]
fn ten_minutes_without_a_signal_are_too_long_even_for_a_single_text() {
    let story = story().text(0.0, Waiting);
    assert_eq!((story.state(9.9), story.state(10.0)), (Unproven, Suspect));
    let why = "It was handed one text, and nothing has ever shown that one arrived.";
    assert_eq!(story.verdict(10.0).why, why);
}

#[test]
fn three_unconfirmed_texts_use_up_the_allowance_of_an_unproven_route() {
    let two = story().text(0.0, Waiting).text(0.1, Waiting);
    assert!(!two.verdict(0.2).full);
    assert!(two.text(0.2, Waiting).verdict(0.3).full);
}

#[test]
fn an_answer_makes_a_route_healthy_even_without_receipts() {
    let verdict = story().text(0.0, Waiting).text(1.0, Answered).verdict(1.1);
    assert_eq!((verdict.state, &*verdict.why), (Healthy, "A person has texted back."));
}

#[test]
fn a_receipt_makes_a_route_healthy() {
    let verdict = story().text(0.0, Delivered).verdict(0.1);
    let why = "A receipt has confirmed that a text arrived.";
    assert_eq!((verdict.state, &*verdict.why), (Healthy, why));
}

#[test]
fn one_signal_ends_the_suspicion_of_an_unproven_route() {
    let story = story().hourly(5, 0.0, Waiting);
    assert_eq!(story.state(300.0), Suspect);
    assert_eq!(story.text(300.0, Delivered).state(301.0), Healthy);
}

#[test]
fn a_late_signal_of_an_early_text_ends_it_too() {
    let story = story().hourly(3, 0.0, Waiting).later(1, 0.0, 130.0, Answered);
    assert_eq!(story.state(131.0), Healthy);
}

#[test]
fn an_account_code_shuts_all_routes_of_the_provider_at_once() {
    let shut = || story().to("44").text(5.0, refused("20003", About::Account));
    let verdict = story().text(0.0, Delivered).beside(shut()).verdict(6.0);
    let why = "It refuses texts because of the account (code 20003).";
    assert_eq!((verdict.state, &*verdict.why), (Down, why));
    assert_eq!((verdict.code.as_deref(), verdict.probe_at), (Some("20003"), Some(minute(10.0))));
}

#[test]
fn a_text_that_is_taken_anywhere_opens_all_routes_again() {
    let shut = story().to("44").text(0.0, Delivered).text(5.0, refused("20003", About::Account));
    assert_eq!(shut.state(6.0), Down);
    let open = shut.beside(story().text(10.0, Waiting));
    assert_eq!(open.state(11.0), Healthy);
}

#[test]
fn a_text_taken_before_the_last_refusal_opens_nothing() {
    let refused = || refused("20003", About::Account);
    let shut = story().to("44").text(5.0, refused()).text(10.0, refused());
    assert_eq!(shut.beside(story().text(7.0, Waiting)).state(11.0), Down);
}

#[test]
fn a_route_that_opens_again_is_judged_by_its_evidence() {
    let never = story().text(0.0, refused("20003", About::Account));
    assert_eq!(never.text(5.0, Waiting).state(6.0), Unproven);
}

#[test]
fn a_sender_code_shuts_its_own_route_only() {
    let shut = || story().text(1.0, refused("21612", About::Sender));
    assert_eq!(shut().state(2.0), Down);
    assert_eq!(story().to("44").text(0.0, Delivered).beside(shut()).state(2.0), Healthy);
}

#[test]
fn an_account_that_takes_texts_and_fails_them_later_only_opens_with_an_arrival() {
    let story = story().text(0.0, Delivered).text(10.0, Waiting);
    let story = story.later(2, 10.0, 11.0, failed("30002", About::Account));
    assert_eq!(story.verdict(12.0).why, "It loses texts because of the account (code 30002).");
    let probed = story.text(60.0, Waiting);
    assert_eq!(probed.state(61.0), Down);
    assert_eq!(probed.later(3, 60.0, 62.0, Delivered).state(63.0), Healthy);
}

#[test]
fn the_wait_between_probes_of_a_shut_route_doubles_up_to_an_hour() {
    let mut story = story();
    let (mut at, mut waits) = (0.0, vec![]);
    for _ in 0..7 {
        story = story.text(at, refused("20003", About::Account));
        let probe = story.verdict(at).probe_at.unwrap();
        let wait = probe.duration_since(minute(at)).as_mins();
        waits.push(wait);
        at += wait as f64;
    }
    assert_eq!(waits, [5, 5, 10, 20, 40, 60, 60]);
}

#[test]
fn failures_due_to_the_number_the_words_the_person_or_us_say_nothing_about_the_route() {
    for about in [About::Number, About::Phone, About::Content, About::Person, About::Request] {
        let failed = story().text(0.0, Delivered).hourly(40, 1.0, failed("x", about));
        assert_eq!(failed.state(5000.0), Healthy, "{about:?}");
        let refused = story().text(0.0, Delivered).hourly(40, 1.0, refused("x", about));
        assert_eq!(refused.state(5000.0), Healthy, "{about:?}");
    }
}

#[test]
fn three_texts_in_a_row_that_cannot_be_dispatched_are_too_many() {
    let two = || {
        let busy = || refused("http 429", About::Route);
        story().text(0.0, Delivered).text(1.0, busy()).text(2.0, busy())
    };
    assert_eq!(two().state(3.0), Healthy);
    let verdict = two().text(3.0, refused("connect", About::Route)).verdict(3.0);
    let why = "The last 3 texts could not be dispatched (code connect).";
    assert_eq!((verdict.state, &*verdict.why), (Suspect, why));
    assert_eq!(verdict.probe_at, Some(minute(8.0)));
    assert_eq!(two().text(3.0, Unknown).verdict(3.0).state, Suspect);
}

#[test]
fn an_accepted_text_ends_such_a_row() {
    let busy = || refused("http 429", About::Route);
    let row = story().text(0.0, Delivered).hourly(5, 1.0, busy()).text(300.0, Waiting);
    assert_eq!(row.state(300.5), Healthy);
}

#[test]
fn a_loss_is_noticed_even_at_one_text_an_hour() {
    let story = story().hourly(100, 0.0, Delivered).hourly(4, 6000.0, Waiting);
    let verdict = story.verdict(6240.0);
    let why = "4 of its last 4 texts show no signal of arrival; about 2 in 100 is usual.";
    assert_eq!((verdict.state, &*verdict.why), (Suspect, why));
    assert_eq!(verdict.lost, 100);
}

#[test]
fn a_failure_counts_as_a_loss() {
    let lost = || failed("30003", About::Route);
    let story = story().hourly(100, 0.0, Delivered).hourly(4, 6000.0, lost());
    assert_eq!(story.state(6240.0), Suspect);
}

#[test]
fn a_late_receipt_undoes_a_silence() {
    let story = story().hourly(100, 0.0, Delivered).hourly(4, 6000.0, Waiting);
    assert_eq!(story.state(6240.0), Suspect);
    assert_eq!(story.later(102, 6060.0, 6300.0, Delivered).state(6300.0), Healthy);
}

#[test]
fn a_route_without_receipts_is_not_blamed_for_that() {
    let answered_half = (0..60).fold(story(), |story, text| {
        let signal = if text % 2 == 0 { Answered } else { Waiting };
        story.text(60.0 * f64::from(text), signal)
    });
    assert_eq!(answered_half.state(4000.0), Healthy);
}

#[test]
fn missing_answers_are_noticed_without_receipts() {
    let story = story().hourly(60, 0.0, Answered).hourly(20, 3600.0, Waiting);
    assert_eq!(story.state(4900.0), Suspect);
}

#[test]
fn one_answer_vouches_for_seven_texts_without_an_answer() {
    let story = |texts| story().text(0.0, Answered).hourly(texts, 1.0, Waiting);
    assert_eq!((story(7).state(1000.0), story(8).state(1000.0)), (Healthy, Suspect));
}

#[test]
fn a_country_may_stay_silent_longer_if_the_sender_is_proven_elsewhere() {
    let proven = || story().text(0.0, Delivered);
    let country = |texts| story().to("49").hourly(texts, 0.0, Waiting).beside(proven());
    assert_eq!((country(11).state(1000.0), country(12).state(1000.0)), (Unproven, Suspect));
    assert!(!country(11).verdict(1000.0).full);
}

#[test]
fn another_sender_vouches_for_nothing() {
    let mut other = story().text(0.0, Delivered);
    other.record.route.sender = "+12025550101".into();
    let country = story().to("49").hourly(3, 0.0, Waiting).beside(other);
    assert_eq!(country.state(200.0), Suspect);
}

#[test]
fn failures_count_in_a_country_even_if_the_sender_is_proven_elsewhere() {
    let lost = || failed("30003", About::Route);
    let country = story().to("49").hourly(3, 0.0, lost()).beside(story().text(0.0, Delivered));
    assert_eq!(country.state(200.0), Suspect);
}

#[test]
fn two_texts_that_arrive_end_the_suspicion_that_nothing_does() {
    let lost = story().hourly(100, 0.0, Delivered).hourly(6, 6000.0, Waiting);
    let one = lost.text(6400.0, Delivered);
    assert_eq!(one.state(6410.0), Suspect);
    assert_eq!(one.verdict(6410.0).probe_at, Some(minute(6430.0)));
    let verdict = one.text(6430.0, Delivered).verdict(6433.0);
    assert_eq!((verdict.state, &*verdict.why), (Healthy, "Texts arrive again."));
}

#[test]
fn texts_already_out_when_the_suspicion_arose_do_not_end_it() {
    let lost = story().hourly(100, 0.0, Delivered).hourly(4, 6000.0, Waiting);
    let arrived =
        (1..=5).fold(lost, |story, text| story.text(6180.0 + 0.3 * f64::from(text), Delivered));
    assert_eq!(arrived.state(6200.0), Suspect);
}

#[test]
fn an_arrival_counts_only_at_the_age_at_which_a_loss_would() {
    let lost = story().hourly(100, 0.0, Delivered).hourly(6, 6000.0, Waiting);
    let arrived = lost.text(6400.0, Delivered).text(6400.1, Delivered);
    assert_eq!((arrived.state(6401.0), arrived.state(6402.1)), (Suspect, Healthy));
}

#[test]
fn unknown_outcomes_are_reported_above_a_rate() {
    let two = story().hourly(10, 0.0, Delivered).text(601.0, Unknown).text(602.0, Unknown);
    assert_eq!(two.record.too_many_unknown(minute(610.0)), None);
    let three = two.text(603.0, Unknown);
    let why = "It is unknown whether 3 of the last 13 texts by twilio to +1 were sent.";
    assert_eq!(three.record.too_many_unknown(minute(610.0)).as_deref(), Some(why));
    assert_eq!(three.record.too_many_unknown(minute(610.0 + 1440.0)), None);
}

#[test]
fn a_route_is_judged_again_whenever_silence_comes_to_mean_more() {
    let story = story().text(0.0, Waiting);
    let (mut now, mut looks) = (minute(0.0), vec![]);
    while let Some(look) = story.record.next_look(now) {
        looks.push(look.duration_since(minute(0.0)).as_mins());
        now = look;
    }
    assert_eq!(looks, [1, 2, 5, 10, 30]);
}

#[test]
fn a_country_where_eight_texts_show_no_signal_is_reported_before_it_is_suspect() {
    let home = || story().text(0.0, Delivered);
    let abroad = |texts| story().to("44").hourly(texts, 0.0, Waiting).beside(home());
    let said = "twilio was handed 8 texts to +44, and nothing has ever shown that one arrived.";
    let told = |story: Story, at| story.record.no_evidence(minute(at));
    assert_eq!(told(abroad(8), 424.0), None, "the last is too young to be answered");
    assert_eq!(told(abroad(8), 425.0).as_deref(), Some(said));
    assert_eq!(abroad(8).state(425.0), Unproven);
    assert_eq!(told(abroad(8).text(421.0, Answered), 430.0), None);
    assert_eq!(told(abroad(8), 425.0 + 24.0 * 60.0), None, "nobody there is texted any more");
}
