//! Whatever happens to texts on the way, nobody gets one twice.

use std::collections::BTreeMap;

use fakes::{Companies, Mode};
use scene::Scene;
use scene::ordeal::{Fault, Outcome, runs};

const RUNS: u64 = 1_000;

#[test]
fn texts_nobody_twice_in_a_thousand_runs_through_every_fault() {
    let outcomes = runs(0..RUNS);
    let unsound: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_sound()).collect();
    let first = unsound.first().map(ToString::to_string).unwrap_or_default();
    assert!(unsound.is_empty(), "{} runs, the first of them {first}", unsound.len());

    let mut met = BTreeMap::<_, usize>::new();
    for cell in outcomes.iter().flat_map(|outcome| &outcome.met) {
        *met.entry(*cell).or_default() += 1;
    }
    for cell in
        Fault::ALL.iter().flat_map(|fault| Companies::NAMES.map(|provider| (*fault, provider)))
    {
        assert!(met.contains_key(&cell), "{cell:?} was never met");
    }
    let arrived = |outcome: &Outcome| outcome.arrived.values().any(|it| *it == 1);
    let arrived = outcomes.iter().filter(|outcome| arrived(outcome)).count();
    assert!(arrived > outcomes.len() / 2, "in {arrived} runs anything arrived at all");
}

/// We treat its documented 500 as a refusal: otherwise its most frequent fault would leave
/// everybody without an answer.
#[tokio::test]
async fn texts_twice_where_messagecentral_took_what_it_says_it_failed_to() {
    let scene = Scene::sending_by("messagecentral,twilio").await;
    let failure = r#"{"responseCode":500,"message":"SERVER_ERROR","data":null}"#;
    scene.companies.messagecentral.switch.set(Mode::FailsAfter(500, failure.into()));
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"; 2]);
}
