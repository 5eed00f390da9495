//! What is due, page by page.

use std::collections::BTreeSet;
use std::sync::Arc;

use conversations::{Arrival, Batch, Joined, Store};
use jiff::Timestamp;
use sms::{Number, Status};

use crate::common::{arrival, attempt_called, later, now, receipt};

/// Many people text at one moment. No number is used twice in a test; `first` is the first.
pub(crate) async fn crowd(store: &Store, at: Timestamp, first: u32, people: u32) {
    for person in first..first + people {
        let theirs = Number::parse(&format!("+1202556{person:04}")).unwrap();
        let text = arrival(&format!("SM{person}"), "Hi", at);
        store.take(&Arrival { theirs, ..text }).await.unwrap();
    }
}

pub(crate) async fn lists_everything_due_once_whatever_the_page_size(store: Arc<Store>) {
    let moments = [0, 1, 2].map(|second| later(now(), second));
    crowd(&store, moments[1], 1, 5).await;
    crowd(&store, moments[0], 6, 2).await;
    crowd(&store, moments[2], 8, 1).await;
    let (mut names, mut times, mut sizes, mut after) = (BTreeSet::new(), vec![], vec![], None);
    loop {
        let Batch { found, since, next } = store.due(moments[1], after, 3).await.unwrap();
        assert_eq!(since, found.first().map(|(_, since)| *since));
        sizes.push(found.len());
        for (name, since) in found {
            names.insert(name.to_string());
            times.push(since);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((sizes, names.len()), (vec![3, 3, 1], 7));
    assert_eq!(times, [vec![moments[0]; 2], vec![moments[1]; 5]].concat());
}

pub(crate) async fn looks_for_the_attempt_of_a_receipt_less_and_less_often(store: Arc<Store>) {
    let came = receipt(Status::Delivered, None);
    assert_eq!(store.receive("twilio", &came, now()).await.unwrap(), Joined::NotYet);
    let mut looks = vec![];
    for minute in (0..5).chain(8..12).chain(58..62).chain([479, 480, 481, 4379, 4380, 4381, 9999]) {
        let now = later(now(), minute * 60);
        let due = store.receipts_due(now, None, 10).await.unwrap().found;
        if !due.is_empty() {
            looks.push(minute);
            assert!(store.join_due(due, now).await.unwrap().is_empty());
        }
    }
    assert_eq!(looks, [1, 10, 60, 480, 4380]);
}

pub(crate) async fn finds_the_attempt_of_a_receipt_that_was_skipped(store: Arc<Store>) {
    let came = receipt(Status::Delivered, Some("a-1"));
    assert_eq!(store.receive("twilio", &came, now()).await.unwrap(), Joined::NotYet);
    assert!(store.begin(&attempt_called("a-1")).await.unwrap());
    let later = later(now(), 60);
    let due = store.receipts_due(later, None, 10).await.unwrap().found;
    assert_eq!(store.join_due(due, later).await.unwrap().len(), 1);
    assert!(store.receipts_due(later, None, 10).await.unwrap().found.is_empty());
    let status = store.attempt("a-1").await.unwrap().unwrap().status();
    assert_eq!(status, Status::Delivered);
}
