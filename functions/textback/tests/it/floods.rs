//! What strangers can cause in the running program, with its default limits.

use std::time::Duration;

use product::{ANN, BOB, Product, between, until};

const DEFAULTS: [(&str, &str); 2] = [("REPLIES_PER_MINUTE", ""), ("NEW_PEOPLE_PER_MINUTE", "")];

#[tokio::test]
async fn an_auto_reply_is_left_alone() {
    let mut product = Product::start_with(&["twilio"], &DEFAULTS).await;
    for _ in 0..12 {
        product.text(ANN, "I am out of the office. I will answer on Monday.").await;
        until("it to be answered or not", async || !waits(&product)).await;
    }
    assert_eq!(
        (product.openai.requests().len(), product.companies.twilio.messages().len()),
        (1, 1)
    );
    let told = product.notices().await;
    assert_eq!(told.iter().filter(|notice| notice.contains("a machine")).count(), 1, "{told:?}");
    product.process.logs("person.loop").await;
}

#[tokio::test]
async fn a_number_that_costs_extra_or_is_far_away_gets_no_answer() {
    let mut product = Product::start_with(&["twilio"], &DEFAULTS).await;
    let far = [
        "+19005550143",
        "+8821234567",
        "+979123456789",
        "+994401234567",
        "+21641234567",
        "+5312345678",
        "+37112345678",
        "+9609001234",
        "+17675550143",
        "+18765550143",
        "+6858412345",
        "+2399012345",
        "+881612345678",
        "+870773123456",
    ];
    for person in far {
        product.text(person, "My sink leaks").await;
    }
    product.text(ANN, "My sink leaks").await;
    until("all to be looked at", async || !waits(&product)).await;
    product.settled().await;
    let answered: Vec<_> =
        product.companies.twilio.messages().into_iter().map(|sent| sent.to).collect();
    assert_eq!(answered, [ANN]);
    assert_eq!(product.openai.requests().len(), 1);
}

#[tokio::test]
async fn one_person_who_never_stops_costs_a_few_answers_and_loses_no_word() {
    let mut product = Product::start_with(&["twilio"], &DEFAULTS).await;
    let route = product.route();
    let text = |number| product.companies.twilio.inbound(&route, ANN, &format!("Text {number}"));
    let calls: Vec<_> = (0..300).map(text).collect();
    for calls in calls.chunks(50) {
        let answers = product.post_all(calls).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    }
    let id = between("twilio", ANN);
    // Another person is answered meanwhile.
    product.text(BOB, "My sink leaks").await;
    until("the other to be answered", async || !product.companies.twilio.texts_to(BOB).is_empty())
        .await;
    until("the flood to be set aside", async || {
        product.store.set_aside(&id, 300).await.unwrap().len() >= 100
    })
    .await;
    assert!(product.openai.requests().len() <= 1 + 6);
    product.kill();
    let aside = product.store.set_aside(&id, 300).await.unwrap().len();
    let waiting = product.store.waiting_behind(&id, 0, 300).await.unwrap().len();
    let said =
        product.openai.requests().iter().filter(|it| it.to_string().contains("Text ")).count();
    assert!(said <= 6 && aside + waiting >= 300 - 20 * said, "{aside} and {waiting}, {said}");
}

#[tokio::test]
async fn new_people_beyond_the_limit_wait_for_their_minute() {
    let bound = [("NEW_PEOPLE_PER_MINUTE", "4")];
    let mut product = Product::start_with(&["twilio"], &bound).await;
    product.text(BOB, "My sink leaks").await;
    product.settled().await;
    let people: Vec<_> = (0..40).map(|number| format!("+121255501{number:02}")).collect();
    let route = product.route();
    let calls: Vec<_> =
        people.iter().map(|from| product.companies.twilio.inbound(&route, from, "Hi")).collect();
    product.post_all(&calls).await;
    product.text(BOB, "It still leaks").await;
    until("who is known to be answered", async || {
        product.companies.twilio.texts_to(BOB).len() == 2
    })
    .await;
    product.process.logs("people.flood").await;
    // The minute may end in between.
    assert!(product.openai.requests().len() <= 2 + 2 * 4);
}

#[tokio::test]
async fn a_store_that_takes_no_writes_buys_no_answers() {
    let mut product = Product::start(&["twilio"]).await;
    let people = ["+12025550150", "+12025550151", "+12025550152"];
    let full = "CREATE TRIGGER full BEFORE UPDATE ON heads
                WHEN NEW.body ->> '$.open' IS NOT NULL
                BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
    product.database().execute_batch(full).unwrap();
    for person in people {
        product.text(person, "My sink leaks").await;
    }
    let failed = |line: &&String| line.contains("a wake-up failed");
    // The second attempt is a quarter of a minute later, whatever wakes it meanwhile.
    until("all to have failed twice", async || {
        product.process.logged().iter().filter(failed).count() >= 2 * people.len()
    })
    .await;
    assert_eq!(product.openai.requests().len(), 2 * people.len());
    product.database().execute_batch("DROP TRIGGER full").unwrap();
    product.as_if_later(Duration::from_secs(60));
    product.settled().await;
    for person in people {
        assert_eq!(product.companies.twilio.texts_to(person), ["You said: My sink leaks"]);
    }
}

/// Whether a text waits without a decision.
fn waits(product: &Product) -> bool {
    let sql = "SELECT count(*) FROM texts WHERE waiting IS NOT NULL";
    product.database().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0
}
