//! The same receipts lead to the same status, in whatever order and however often they come.

use std::collections::BTreeSet;

use conversations::{Attempt, Reported, StatusUpdate, Store};
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use sms::{Part, Receipt, Status};

use crate::common::{attempt_called, later, now};
use crate::sqlite;

const REPORTED: [Status; 5] =
    [Status::Accepted, Status::Sent, Status::Failed, Status::Undelivered, Status::Delivered];

/// What we hear about an attempt once its request has left.
#[derive(Clone, Debug)]
enum Heard {
    /// The answer with the provider's message id.
    Answer,
    /// No readable answer.
    Nothing,
    /// A receipt, which may or may not name the attempt.
    Receipt { status: Status, part: Option<Part>, names: bool },
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_same_receipts_lead_to_the_same_status((set, heard) in in_any_order()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let attempt = runtime.block_on(hear(&heard));
        let expected = words(&set);
        let set_of = |words: &[Reported]| words.iter().copied().collect::<BTreeSet<_>>();
        prop_assert_eq!(set_of(&attempt.reported), set_of(&expected), "nothing is lost");
        let expected = knowing(&expected);
        prop_assert_eq!(attempt.status(), expected.status());
        prop_assert_eq!(attempt.is_conflicted(), expected.is_conflicted());
    }
}

#[test]
fn the_order_of_a_few_statuses_makes_no_difference() {
    let whole = REPORTED.into_iter().chain([Status::Unknown]).map(Reported::Whole);
    let of_parts = [1, 2].into_iter().flat_map(|number| {
        let part = Part { number, of: 2 };
        [Status::Sent, Status::Undelivered, Status::Delivered]
            .map(|status| Reported::OfPart { part, status })
    });
    let all: Vec<_> = whole.chain(of_parts).collect();
    for set in (0_u32..1 << all.len()).filter(|set| set.count_ones() <= 4) {
        let words = (0..all.len()).filter(|index| set >> index & 1 == 1).map(|index| all[index]);
        let words: Vec<_> = words.collect();
        let first = knowing(&words);
        for order in orders(&words) {
            let other = knowing(&order);
            assert_eq!(other.status(), first.status(), "{order:?}");
            assert_eq!(other.is_conflicted(), first.is_conflicted(), "{order:?}");
        }
    }
}

#[test]
fn a_reply_is_as_good_as_its_worst_part() {
    use Status::{Accepted, Delivered, Failed, Sent, Undelivered};
    for (first, second, all) in [
        (Some(Delivered), Some(Delivered), Delivered),
        (Some(Delivered), Some(Sent), Sent),
        (Some(Delivered), None, Accepted),
        (Some(Delivered), Some(Undelivered), Undelivered),
        (Some(Failed), None, Failed),
        (Some(Failed), Some(Undelivered), Undelivered),
    ] {
        let of_part = |(number, status): (u32, Option<Status>)| {
            Some(Reported::OfPart { part: Part { number, of: 2 }, status: status? })
        };
        let parts = [(1, first), (2, second)].into_iter().filter_map(of_part);
        let attempt = knowing(&parts.collect::<Vec<_>>());
        assert_eq!((attempt.status(), attempt.is_conflicted()), (all, false));
    }
}

#[test]
fn a_failure_beside_a_delivery_is_a_contradiction() {
    let of_part = |number, status| Reported::OfPart { part: Part { number, of: 2 }, status };
    let delivered = Reported::Whole(Status::Delivered);
    let failed = Reported::Whole(Status::Failed);
    let [first, second] = [1, 2].map(|number| of_part(number, Status::Delivered));
    for (words, conflicted) in [
        (vec![failed, delivered], true),
        (vec![delivered, of_part(1, Status::Failed)], true),
        (vec![first, of_part(1, Status::Failed)], true),
        (vec![first, second, failed], true),
        (vec![first, of_part(2, Status::Failed)], false),
        (vec![failed, Reported::Whole(Status::Undelivered)], false),
    ] {
        assert_eq!(knowing(&words).is_conflicted(), conflicted, "{words:?}");
    }
}

/// Everything heard about one attempt, and the same in another order with some repeats.
fn in_any_order() -> impl Strategy<Value = (Vec<Heard>, Vec<Heard>)> {
    // All parts are of the same message.
    let parts = select(vec![None, Some(1), Some(2), Some(3)]);
    let receipts = parts.prop_flat_map(|of| {
        let of_part = of.map(|of: u32| (1..=of).map(|number| Some(Part { number, of })).collect());
        let of_part: Vec<_> = of_part.unwrap_or_default();
        let part = select([of_part, vec![None]].concat());
        btree_map((select(&REPORTED[..]), part), any::<bool>(), 0..7)
    });
    let answers = select(vec![vec![], vec![Heard::Answer], vec![Heard::Nothing]]);
    (receipts, answers).prop_flat_map(|(receipts, mut set)| {
        let receipt = |((status, part), names)| Heard::Receipt { status, part, names };
        set.extend(receipts.into_iter().map(receipt));
        let all = set.len();
        let again = subsequence(set.clone(), 0..=all);
        let heard = again.prop_flat_map({
            let set = set.clone();
            move |again| Just([set.clone(), again].concat()).prop_shuffle()
        });
        (Just(set), heard)
    })
}

/// Gives a store everything that was heard, and returns the resulting attempt.
async fn hear(heard: &[Heard]) -> Attempt {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(&folder);
    store.begin(&attempt_called("a-1")).await.unwrap();
    for heard in heard {
        hear_one(&store, heard).await;
    }
    // As the sweep does.
    let later = later(now(), 60);
    let early = store.receipts_due(later, None, 100).await.unwrap().found;
    store.join_due(early, later).await.unwrap();
    store.attempt("a-1").await.unwrap().unwrap()
}

async fn hear_one(store: &Store, heard: &Heard) {
    match *heard {
        Heard::Answer => {
            let message = Some(("twilio".into(), "SM9".into()));
            let accepted = StatusUpdate::new("a-1", Status::Accepted, now());
            store.update_status(&StatusUpdate { message, ..accepted }).await.unwrap();
        }
        Heard::Nothing => {
            store.update_status(&StatusUpdate::new("a-1", Status::Unknown, now())).await.unwrap();
        }
        Heard::Receipt { status, part, names } => {
            let receipt = Receipt {
                message: "SM9".into(),
                attempt: names.then(|| "a-1".into()),
                part,
                status,
                raw_status: format!("{status:?}"),
                code: None,
                opted_out: false,
                charge: None,
            };
            store.receive("twilio", &receipt, now()).await.unwrap();
        }
    }
}

/// The expected statuses: receipts that name no attempt belong to none, unless something else connects
/// their message to one.
fn words(heard: &[Heard]) -> Vec<Reported> {
    let tells = |heard: &Heard| matches!(heard, Heard::Answer | Heard::Receipt { names: true, .. });
    let known = heard.iter().any(tells);
    let word = |heard: &Heard| match *heard {
        Heard::Answer => Some(Reported::Whole(Status::Accepted)),
        Heard::Nothing => Some(Reported::Whole(Status::Unknown)),
        Heard::Receipt { .. } if !known => None,
        Heard::Receipt { status, part: None, .. } => Some(Reported::Whole(status)),
        Heard::Receipt { status, part: Some(part), .. } => Some(Reported::OfPart { part, status }),
    };
    let begun = Reported::Whole(Status::Sending);
    std::iter::once(begun).chain(heard.iter().filter_map(word)).collect()
}

fn knowing(words: &[Reported]) -> Attempt {
    Attempt { reported: words.to_vec(), ..attempt_called("a-1") }
}

/// All orders of these.
fn orders(words: &[Reported]) -> Vec<Vec<Reported>> {
    if words.is_empty() {
        return vec![vec![]];
    }
    let first = |index: usize| {
        let others = [&words[..index], &words[index + 1..]].concat();
        orders(&others).into_iter().map(move |rest| [&[words[index]], &rest[..]].concat())
    };
    (0..words.len()).flat_map(first).collect()
}
