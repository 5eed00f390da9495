//! What counts as a loss.

use agent::{Expect, Page};
use money::Amount;
use rehearsal::{Difference, Outcome, Totals};
use serde_json::{Map, Value, json};

/// What came of a conversation that finished, with this brief.
fn outcome(brief: &Value) -> Outcome {
    let brief: Map<String, Value> = brief.as_object().unwrap().clone();
    let model_cost = Some(Amount::from_billionths(1_000_000));
    Outcome {
        ending: "finished".into(),
        brief,
        turns: 4,
        segments: 5,
        model_cost,
        ..Outcome::default()
    }
}

/// The keys of what is lost, if a page expects this much.
fn lost(expect: &Expect, then: &Outcome, now: &Outcome) -> Vec<&'static str> {
    let mut totals = Totals::default();
    totals.add(&Page::default(), then, now);
    totals.losses(expect).into_iter().map(|loss| loss.key).collect()
}

/// Everything stays as it is.
fn strict() -> Expect {
    Expect {
        fields: Some(100),
        endings: Some(100),
        turns: Some(0),
        segments: Some(0),
        money: Some(0),
        refusals: Some(0),
    }
}

#[test]
fn a_text_may_be_in_other_words_and_a_day_may_not_be_another() {
    let then = outcome(&json!({ "task": "fix the tap", "day": "2026-11-27" }));
    let reworded = outcome(&json!({ "task": "repair a tap", "day": "2026-11-27" }));
    assert_eq!(lost(&strict(), &then, &reworded), [""; 0]);
    let another = outcome(&json!({ "task": "fix the tap", "day": "2026-11-28" }));
    assert_eq!(lost(&strict(), &then, &another), ["fields"]);
    let more = outcome(&json!({ "task": "fix the tap", "day": "2026-11-27", "name": "Ann" }));
    assert_eq!(lost(&strict(), &then, &more), [""; 0]);
}

#[test]
fn each_key_forbids_its_own_loss_and_nothing_is_forbidden_without_one() {
    let then = outcome(&json!({ "task": "fix the tap" }));
    let dear = Some(Amount::from_billionths(1_100_000));
    for (key, now) in [
        ("fields", Outcome { brief: Map::new(), ..then.clone() }),
        ("endings", Outcome { ending: "quiet".into(), ..then.clone() }),
        ("turns", Outcome { turns: 5, ..then.clone() }),
        ("segments", Outcome { segments: 6, ..then.clone() }),
        ("money", Outcome { model_cost: dear, ..then.clone() }),
        ("refusals", Outcome { refusals: 1, ..then.clone() }),
    ] {
        assert_eq!(lost(&strict(), &then, &now), [key]);
        assert_eq!(lost(&Expect::default(), &then, &now), [""; 0]);
        assert_eq!(lost(&strict(), &now, &then), if key == "endings" { vec![key] } else { vec![] });
    }
}

#[test]
fn a_share_is_of_all_conversations_together() {
    let (then, longer) = (outcome(&json!({})), Outcome { turns: 5, ..outcome(&json!({})) });
    let mut totals = Totals::default();
    for now in [&then, &then, &longer] {
        totals.add(&Page::default(), &then, now);
    }
    let losses = |turns| totals.losses(&Expect { turns: Some(turns), ..Expect::default() });
    assert_eq!(losses(9), []);
    let sentence = "13 answers instead of 12, and the page expects at most +8 %";
    assert_eq!(losses(8)[0].sentence, sentence);
}

#[test]
fn what_differs_is_said_side_by_side() {
    let then = outcome(&json!({ "day": "2026-11-27" }));
    let now = Outcome { brief: Map::new(), ending: "quiet".into(), ..then.clone() };
    let all: Vec<_> = Difference::all(&then, &now)
        .into_iter()
        .map(|it| format!("{}: {} | {}", it.what, it.then, it.now))
        .collect();
    assert_eq!(all, ["ending: finished | quiet", "day: 2026-11-27 | -"]);
    assert_eq!(Difference::all(&then, &then), []);
}
