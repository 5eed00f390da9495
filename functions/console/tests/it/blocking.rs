//! Blocking a number from the console.

use conversations::Taken;
use jiff::Timestamp;
use serde_json::{Value, json};
use sms::Status;

use crate::conversation::*;
use crate::{Browser, at_home};

#[tokio::test]
async fn blocks_a_number_shows_what_it_sent_since_and_unblocks_it() {
    let console = at_home();
    answer(&console.store, 0, "What is it about?", Status::Delivered).await;
    let path = format!("conversations/{}", id());
    assert_eq!(console.get(&path).await["blocked"], Value::Null);
    let before = Timestamp::now().as_millisecond();
    assert_eq!(console.asks("block").await, (200, json!({ "blocked": true })));
    for second in [60, 61] {
        assert_eq!(console.takes("Buy my pills", second).await, Taken::Blocked);
        console.store.count_blocked("mock", &person()).await;
    }
    let thread = console.get(&path).await;
    assert_eq!((&thread["blocked"]["texts"], &thread["stopped"]), (&json!(2), &json!(false)));
    assert!(thread["blocked"]["at"].as_i64() >= Some(before), "{thread}");
    assert_eq!(bubbles(&thread).len(), 2, "none of it is kept");

    assert_eq!(console.asks("unblock").await, (200, json!({ "unblocked": true })));
    assert_eq!(console.get(&path).await["blocked"], Value::Null);
    assert_eq!(console.takes("Hello", 90).await, Taken::New);
    let not = json!({ "error": "this number is not blocked" });
    assert_eq!(console.asks("unblock").await, (409, not));
}

#[tokio::test]
async fn blocks_for_every_provider_and_says_when_a_block_by_hand_is_lifted() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    console.asks("block").await;
    assert!(console.store.is_blocked("twilio", &person()).await.unwrap());
    console.asks("block").await;
    assert!(console.store.unblock(&person()).await.unwrap());
    assert_eq!(console.get(&format!("conversations/{}", id())).await["blocked"], Value::Null);
}

#[tokio::test]
async fn lets_no_stranger_and_no_other_page_block_anybody() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let acting = console.acting().await;
    let foreign = format!("{acting}\nOrigin: https://elsewhere.example");
    for action in ["block", "unblock"] {
        let path = format!("POST /console/api/conversations/{}/{action}", id());
        assert_eq!(console.call(&path, "").await.0, 403, "{action}");
        assert_eq!(console.call(&path, &foreign).await.0, 403, "{action}");
        assert_eq!(console.call(&path, &console.known()).await.0, 403, "{action}");
        let read = path.replace("POST", "GET");
        assert_eq!(console.call(&read, &console.known()).await.0, 405, "{action}");
        let nobody = format!("POST /console/api/conversations/nobody/{action}");
        assert_eq!(console.call(&nobody, &acting).await.0, 404, "{action}");
    }
    assert!(!console.store.is_blocked("mock", &person()).await.unwrap());
}

impl Browser {
    /// What becomes of a text.
    async fn takes(&self, body: &str, second: i64) -> Taken {
        self.store.take(&arrival(&self.store, body, second)).await.unwrap()
    }

    /// The answer to an action on the conversation.
    async fn asks(&self, action: &str) -> (u16, Value) {
        let path = format!("POST /console/api/conversations/{}/{action}", id());
        let (status, _, body) = self.call(&path, &self.acting().await).await;
        (status.as_u16(), serde_json::from_str(&body).unwrap())
    }
}
