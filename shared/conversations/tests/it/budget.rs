//! The account in money.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use conversations::budget::{Booking, Payer, Period, Reservation, Shard, Sums, by_day, sum_of};
use conversations::{Attempt, Change, Charged, Loaded, StatusUpdate, Store};
use futures::future::join_all;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use money::{Amount, Currency};
use sms::{Charge, Number, Receipt, Status};

use crate::common::*;

/// How many try at once.
const PEOPLE: u32 = 50;

const PAYER: Payer = Payer::People(4);

pub(crate) async fn counts_what_is_reserved_and_what_was_spent(store: Arc<Store>) {
    store.divide(PAYER, period(now())).await.unwrap();
    let mut loaded = paid(&store, "SM1", &person()).await;
    let reservation = reserve(&store, &mut loaded, cents(10)).await.unwrap();
    assert_eq!(all(&store).await, Sums { held: cents(10), ..Sums::default() });

    let next = loaded.conversation.clone();
    let paid = vec![booked(cents(3), Some(reservation)), booked(cents(1), None)];
    store.commit(&mut loaded, next, paid).await.unwrap();
    let spent = cents(4);
    assert_eq!(all(&store).await, Sums { held: cents(0), day: spent, month: spent, total: spent });
}

pub(crate) async fn reserves_nothing_in_a_shard_that_was_written_since(store: Arc<Store>) {
    store.divide(Payer::People(1), period(now())).await.unwrap();
    let payer = Payer::People(1);
    let mut first = paid_by(&store, "SM1", &person(), payer).await;
    let mut second = paid_by(&store, "SM2", &someone(2), payer).await;
    reserve(&store, &mut first, cents(10)).await.unwrap();
    assert!(reserve(&store, &mut second, cents(10)).await.is_none());
    let mut again = store.load_paid_by(&second.id, now(), Some(payer)).await.unwrap().unwrap();
    reserve(&store, &mut again, cents(10)).await.unwrap();
}

pub(crate) async fn keeps_what_the_owner_tries_out_apart(store: Arc<Store>) {
    for payer in [Payer::People(1), Payer::Owner] {
        store.divide(payer, period(now())).await.unwrap();
    }
    let people = store.shards(Payer::People(1)).await.unwrap();
    let owner = store.shards(Payer::Owner).await.unwrap();
    assert!(people[0].is_of(Payer::People(1)) && !people[0].is_of(Payer::Owner));
    assert!(owner[0].is_of(Payer::Owner) && !owner[0].is_of(Payer::People(1)));
}

pub(crate) async fn takes_no_shard_again_before_all_others(store: Arc<Store>) {
    let taken = taken(&store).await;
    let mut names = BTreeSet::new();
    for _ in 0..20 {
        let payer = Some(Payer::People(20));
        let loaded = store.load_paid_by(&taken.id, now(), payer).await.unwrap().unwrap();
        names.insert(loaded.shard.unwrap().name().to_owned());
    }
    assert_eq!(names.len(), 20);
}

pub(crate) async fn shows_the_shards_after_one(store: Arc<Store>) {
    let shards = store.shards(PAYER).await.unwrap();
    for (most, names) in [(2, vec!["3", "0"]), (9, vec!["3", "0", "1", "2"])] {
        let after = store.shards_after(PAYER, &shards[2], most).await.unwrap();
        assert_eq!(after.iter().map(Shard::name).collect::<Vec<_>>(), names);
    }
}

pub(crate) async fn counts_a_reservation_that_nobody_settles_for_a_day(store: Arc<Store>) {
    store.divide(PAYER, period(now())).await.unwrap();
    let mut loaded = paid(&store, "SM1", &person()).await;
    reserve(&store, &mut loaded, cents(10)).await.unwrap();
    for (hours, held) in [(0, 10), (23, 10), (25, 0)] {
        let period = period(now() + SignedDuration::from_hours(hours));
        let shards = store.shards(PAYER).await.unwrap();
        assert_eq!(sum_of(&shards, period).held, cents(held), "after {hours} hours");
    }
}

pub(crate) async fn loses_nothing_when_an_account_is_divided_anew(store: Arc<Store>) {
    // Before it was divided for the first time.
    let mut loaded = taken(&store).await;
    let next = loaded.conversation.clone();
    let yesterday = period(now() - SignedDuration::from_hours(24));
    let (shard, spent) = ("0".to_owned(), cents(2));
    let earlier = Booking { shard, period: yesterday, spent, released: None };
    let changes = vec![booked(cents(5), None), Change::Booked(earlier)];
    store.commit(&mut loaded, next, changes).await.unwrap();
    for shards in [4, 1024, 1, 7] {
        let payer = Payer::People(shards);
        store.divide(payer, period(now())).await.unwrap();
        let found = store.shards(payer).await.unwrap();
        assert!(found.iter().all(|shard| shard.is_of(payer)), "{shards}");
        assert_eq!(sum_of(&found, period(now())).total, cents(7), "{shards}");
        let days = by_day(&found, period(now()), 2).into_iter().map(|(_, spent)| spent);
        assert_eq!(days.collect::<Vec<_>>(), [cents(5), cents(2)], "{shards}");
    }
    let (a, b) = tokio::join!(
        store.divide(Payer::People(3), period(now())),
        store.divide(Payer::People(5), period(now()))
    );
    a.and(b).unwrap();
    store.divide(PAYER, period(now())).await.unwrap();
    assert_eq!(all(&store).await.total, cents(7));
}

pub(crate) async fn forgets_how_many_texts_were_left_long_ago(store: Arc<Store>) {
    let days = |days: i64| period(now() + SignedDuration::from_hours(24 * days));
    for (after, texts, counted) in [(0, 3, 3), (39, 1, 1), (0, 0, 3), (40, 2, 2), (0, 0, 0)] {
        assert_eq!(store.count_left(texts, days(after)).await.unwrap(), counted, "on day {after}");
    }
}

pub(crate) async fn counts_what_texts_by_hand_and_test_sends_cost(store: Arc<Store>) {
    store.divide(PAYER, period(now())).await.unwrap();
    let begun = Attempt { cost: cents(3), booked: Some(period(now())), ..attempt_called("a-1") };
    let by_hand = Attempt { detached: true, ..begun };
    let refused = Attempt { id: "a-2".into(), ..by_hand.clone() };
    let test_send = Attempt { id: "a-3".into(), tried_out: true, ..by_hand.clone() };
    for attempt in [&by_hand, &refused, &test_send] {
        assert!(store.begin(attempt).await.unwrap());
    }
    let failed = StatusUpdate::new("a-2", Status::Failed, now());
    store.conclude(&refused, failed).await.unwrap();
    let accepted = StatusUpdate::new("a-3", Status::Accepted, now());
    store.conclude(&test_send, accepted).await.unwrap();
    let of_owner = async || store.shard(Payer::Owner).await.unwrap().sums(period(now())).total;
    assert_eq!((all(&store).await.total, of_owner().await), (cents(3), cents(3)));
    // What its provider charges is put right where it was counted.
    let due = store.attempts_due(later(now(), 60), None, 10).await.unwrap().found.into_iter();
    let due = due.filter(|due| due.attempt.id == "a-3");
    let charged: Vec<_> = due.map(|due| Charged { due, next: None, amount: cents(5) }).collect();
    store.count_charges(&charged).await.unwrap();
    assert_eq!((all(&store).await.total, of_owner().await), (cents(3), cents(5)));
}

/// Ten thousand reservations at the edge of a cap, from several processes; a fifth of that on the
/// emulator, which is slower.
pub(crate) async fn reserves_no_more_than_there_is_however_many_try_at_once(
    place: Vec<(&'static str, String)>,
) {
    let is_embedded = place.iter().any(|(name, _)| *name == "DATA_DIR");
    let times = if is_embedded { 200 } else { 40 };
    let stores: Vec<_> = (0..4).map(|_| crate::open(&place)).collect();
    let (each, turn, granted) = (cents(500), cents(10), AtomicU32::new(0));
    stores[0].divide(PAYER, period(now())).await.unwrap();
    let try_all = async |number: u32| {
        let store = &stores[number as usize % stores.len()];
        let mut loaded = paid(store, &format!("SM{number}"), &someone(number)).await;
        for _ in 0..times {
            loaded = store.load_paid_by(&loaded.id, now(), Some(PAYER)).await.unwrap().unwrap();
            let used = loaded.shard.as_ref().unwrap().sums(period(now())).held;
            let amount = turn.min(each.saturating_sub(used));
            if amount > Amount::ZERO && reserve(store, &mut loaded, amount).await.is_some() {
                granted.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    join_all((0..PEOPLE).map(try_all)).await;
    let shards = stores[0].shards(PAYER).await.unwrap();
    for shard in &shards {
        assert_eq!(shard.sums(period(now())).held, each, "{}", shard.name());
    }
    assert_eq!(granted.into_inner(), 4 * 50, "each was granted in full");
}

pub(crate) async fn counts_once_what_a_provider_charges_instead_of_the_price(store: Arc<Store>) {
    store.divide(PAYER, period(now())).await.unwrap();
    let mut loaded = taken(&store).await;
    let next = loaded.conversation.clone();
    let attempt = |cost, name| {
        let booked = Some(period(now()));
        Change::Attempt(Attempt { cost, booked, ..attempt_called(name) })
    };
    let changes = vec![attempt(cents(3), "a-1"), attempt(cents(3), "a-2"), booked(cents(6), None)];
    store.commit(&mut loaded, next, changes).await.unwrap();
    let amount = cents(5);
    let charge = Some(Charge { amount, currency: Currency::USD });
    let told = Receipt { charge, ..receipt(Status::Delivered, Some("a-1")) };
    store.receive("twilio", &told, now()).await.unwrap();

    // Two processes look at the same time.
    let look = later(now(), 60);
    let charged = async || {
        let due = store.attempts_due(look, None, 10).await.unwrap().found.into_iter();
        let due = due.filter(|due| due.attempt.charged(Currency::USD) == Some(amount));
        due.map(|due| Charged { due, next: None, amount }).collect::<Vec<_>>()
    };
    let seen = [charged().await, charged().await];
    assert_eq!(seen.each_ref().map(Vec::len), [1, 1]);
    for seen in seen {
        store.count_charges(&seen).await.unwrap();
        let spent = all(&store).await;
        assert_eq!([spent.day, spent.month, spent.total], [cents(8); 3]);
    }
    assert!(charged().await.is_empty());
    assert_eq!(store.attempt("a-1").await.unwrap().unwrap().cost, amount);
}

fn cents(cents: i64) -> Amount {
    Amount::from_billionths(cents * 10_000_000)
}

fn period(now: Timestamp) -> Period {
    Period::of(now, &TimeZone::UTC)
}

fn someone(number: u32) -> Number {
    Number::parse(&format!("+1202555{number:04}")).unwrap()
}

async fn all(store: &Store) -> Sums {
    sum_of(&store.shards(PAYER).await.unwrap(), period(now()))
}

async fn paid(store: &Store, message: &str, theirs: &Number) -> Loaded {
    paid_by(store, message, theirs, PAYER).await
}

/// The conversation of somebody who has texted, with a shard.
async fn paid_by(store: &Store, message: &str, theirs: &Number, payer: Payer) -> Loaded {
    let text = conversations::Arrival { theirs: theirs.clone(), ..arrival(message, "Hi", now()) };
    store.take(&text).await.unwrap();
    let id = names().conversation("twilio", theirs);
    store.load_paid_by(&id, now(), Some(payer)).await.unwrap().unwrap()
}

/// Reserves an amount in the shard that was loaded. `None`: somebody else was faster.
async fn reserve(store: &Store, loaded: &mut Loaded, amount: Amount) -> Option<Reservation> {
    let (shard, period): (Shard, _) = (loaded.shard.clone().unwrap(), period(now()));
    let reservation = Reservation::of(&shard, amount, period);
    let next = loaded.conversation.clone();
    let change = vec![Change::Reserved(shard, amount, period)];
    match store.commit(loaded, next, change).await {
        Ok(()) => Some(reservation),
        Err(conversations::CommitError::Conflict) => None,
        Err(error) => panic!("{error}"),
    }
}

fn booked(spent: Amount, released: Option<Reservation>) -> Change {
    let shard = released.as_ref().map_or("0".to_owned(), |it| it.shard.clone());
    Change::Booked(Booking { shard, period: period(now()), spent, released })
}
