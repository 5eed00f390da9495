use evidence::{Choice, Health, State, Verdict, choose};

use crate::story::{minute, route};

fn verdict(state: State) -> Verdict {
    Verdict {
        state,
        why: "So it is.".into(),
        code: None,
        since: minute(0.0),
        probe_at: None,
        full: false,
        lost: 0,
    }
}

/// Chooses among providers called `a`, `b`, `c` with these verdicts.
fn choice(verdicts: &[Verdict]) -> Choice {
    let names = ["a", "b", "c"];
    let routes: Vec<_> = names[..verdicts.len()].iter().map(|name| route(name, "1")).collect();
    let known = routes.iter().map(evidence::Route::id).zip(verdicts.iter().cloned());
    choose(&routes, None, &Health { verdicts: known.collect(), ..Health::default() }, minute(10.0))
        .expect("there are candidates")
}

fn states(states: &[State]) -> usize {
    choice(&states.iter().map(|state| verdict(*state)).collect::<Vec<_>>()).index
}

#[test]
fn healthy_comes_first_then_unproven_then_suspect() {
    use State::{Down, Healthy, Suspect, Unproven};
    assert_eq!(states(&[Unproven, Suspect, Healthy]), 2);
    assert_eq!(states(&[Down, Suspect, Unproven]), 2);
    assert_eq!(states(&[Down, Suspect]), 1);
    assert_eq!(states(&[Healthy, Healthy]), 0);
}

#[test]
fn the_number_that_was_texted_answers_while_its_route_is_healthy_or_unproven() {
    use State::{Down, Healthy, Suspect, Unproven};
    let routes = [route("a", "1"), route("b", "1")];
    for (texted, probe_at, answers) in [
        (verdict(Healthy), None, 1),
        (verdict(Unproven), None, 1),
        (Verdict { full: true, ..verdict(Unproven) }, None, 1),
        // Nor is it left to probe another route.
        (verdict(Healthy), Some(minute(1.0)), 1),
        (verdict(Suspect), None, 0),
        (verdict(Down), None, 0),
    ] {
        let a = Verdict { probe_at, ..verdict(if probe_at.is_some() { Suspect } else { Healthy }) };
        let verdicts = [(routes[0].id(), a), (routes[1].id(), texted)].into();
        let known = Health { verdicts, ..Health::default() };
        assert_eq!(choose(&routes, Some(1), &known, minute(10.0)).unwrap().index, answers);
    }
    let choice = choose(&routes, Some(1), &Health::default(), minute(0.0)).unwrap();
    let why = "b is unproven. Nothing is known about it yet. The person has texted its number.";
    assert_eq!(choice.why, why);
}

#[test]
fn the_configured_order_decides_when_nothing_is_known() {
    let routes = [route("a", "1"), route("b", "1")];
    let choice = choose(&routes, None, &Health::default(), minute(0.0)).unwrap();
    assert_eq!((choice.index, &*choice.why), (0, "a is unproven. Nothing is known about it yet."));
}

#[test]
fn an_untried_route_does_not_overtake_an_unproven_one() {
    let routes = [route("a", "1"), route("b", "1")];
    let known = Health {
        verdicts: [(routes[0].id(), verdict(State::Unproven))].into(),
        ..Health::default()
    };
    assert_eq!(choose(&routes, None, &known, minute(0.0)).unwrap().index, 0);
}

#[test]
fn an_unproven_route_gets_no_fourth_text_while_there_is_another() {
    let full = Verdict { full: true, ..verdict(State::Unproven) };
    let choice = choice(&[full.clone(), verdict(State::Unproven)]);
    let why = "b is unproven. So it is. Passed over: a is unproven. So it is. No more take this \
               route until one of them shows a signal.";
    assert_eq!((choice.index, &*choice.why), (1, why));
    assert_eq!(self::choice(&[full, verdict(State::Suspect)]).index, 0);
}

#[test]
fn among_suspect_routes_the_one_that_loses_least_is_taken() {
    let losing = |lost| Verdict { lost, ..verdict(State::Suspect) };
    assert_eq!(choice(&[losing(100), losing(20), losing(50)]).index, 1);
}

#[test]
fn a_probe_that_is_due_goes_out_of_turn() {
    let due = |at| Verdict { probe_at: Some(minute(at)), ..verdict(State::Suspect) };
    let choice = choice(&[verdict(State::Healthy), due(10.0)]);
    let why = "b is suspect. So it is. This text probes whether it works again.";
    assert_eq!((choice.index, choice.probe, &*choice.why), (1, true, why));
    assert_eq!(self::choice(&[verdict(State::Healthy), due(10.1)]).index, 0);
}

#[test]
fn if_all_are_down_the_one_to_be_probed_next_is_asked() {
    let down = |at| Verdict { probe_at: Some(minute(at)), ..verdict(State::Down) };
    let choice = choice(&[down(40.0), down(20.0)]);
    assert_eq!((choice.index, choice.probe), (1, true));
    assert!(choice.why.starts_with(
        "b is down. So it is. It is asked anyway, because no other is left. Passed over: a is"
    ));
}

#[test]
fn without_candidates_there_is_no_choice() {
    assert_eq!(choose(&[], None, &Health::default(), minute(0.0)), None);
}

#[test]
fn says_what_is_wrong_with_each_route_when_nothing_works() {
    let routes = [route("messagecentral", "1"), route("twilio", "1")];
    let refused = Verdict { code: Some("20003".into()), ..verdict(State::Down) };
    let mut health = Health::default();
    health.verdicts.insert(routes[0].id(), verdict(State::Suspect));
    let fix = |provider: &str, code: &str| Some(format!("Mend {code} at {provider}."));
    assert_eq!(health.nothing_works(&routes, fix), None);
    health.verdicts.insert(routes[1].id(), refused);
    let said = health.nothing_works(&routes, fix).unwrap();
    let expected = "No provider works. messagecentral: So it is. twilio: So it is. Mend 20003 at \
                    twilio.";
    assert_eq!(said, expected);
}
