//! A clock that was wrong, and the harm that it did not do.

use std::time::Duration;

use fakes::Mode;
use jiff::Timestamp;
use product::{ANN, Product, between, until};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_person_it_put_off_for_a_day_waits_a_minute() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.switch.set(Mode::HangsAfter);
    product.text(ANN, "My sink leaks").await;
    product.companies.twilio.wait_for_messages(1).await;
    product.kill();
    product.as_if_earlier(DAY);
    product.companies.twilio.switch.set(Mode::Works);
    product.start_again().await;
    product.process.logs("the clock went back").await;
    product.text(ANN, "In the kitchen").await;
    until("the attempt to end today", async || {
        let sql = "SELECT max(body ->> '$.open.sending.until') FROM heads";
        let ends: i64 = product.database().query_row(sql, [], |row| row.get(0)).unwrap();
        ends < Timestamp::now().as_millisecond() + 65_000
    })
    .await;
    product.kill();
    product.as_if_later(Duration::from_secs(65));
    product.start_again().await;
    product.settled().await;
    let heard = ["You said: My sink leaks", "You said: In the kitchen"];
    assert_eq!(product.companies.twilio.texts_to(ANN), heard);
}

#[tokio::test]
async fn a_stop_dated_tomorrow_holds_today() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.text_by("messagecentral", ANN, "STOP").await;
    product.settled().await;
    product.kill();
    product.as_if_earlier(DAY);
    product.start_again().await;
    product.text_by("messagecentral", ANN, "My sink leaks").await;
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN).len(), 1);
    product.text_by("messagecentral", ANN, "START").await;
    product.settled().await;
    product.text_by("messagecentral", ANN, "It still leaks").await;
    product.settled().await;
    let heard = product.companies.messagecentral.texts_to(ANN);
    assert_eq!((heard.len(), &*heard[2]), (3, "You said: It still leaks"));
}

#[tokio::test]
async fn a_jump_of_a_hundred_days_forgets_nothing() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My sink leaks").await;
    product.settled().await;
    until("the clock to be noted", async || product.clock_is_noted()).await;
    product.kill();
    product.as_if_later(100 * DAY);
    product.start_again().await;
    product.process.logs("so no expired documents are deleted yet").await;
    let said = product.replies(&between("twilio", ANN)).await;
    assert_eq!(said, ["You said: My sink leaks"]);
}
