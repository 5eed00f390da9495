//! What the console says of how texts went.

use conversations::Attempt;
use jiff::Timestamp;
use serde_json::json;

use crate::at_home;
use crate::conversation::*;

#[tokio::test]
async fn says_how_many_texts_got_how_far_and_of_which_provider() {
    let console = at_home();
    let now = Timestamp::now();
    for number in 0..3 {
        let begun = Attempt { at: now, due_at: Some(now), ..attempt(number, 0) };
        assert!(console.store.begin(&begun).await.unwrap());
    }
    let due = console.store.attempts_due(now, None, 20).await.unwrap().found;
    console.store.looked_at(due.into_iter().map(|due| (due, None)).collect()).await.unwrap();

    let all = console.get("figures").await;
    assert_eq!((&all["by"], &all["version"]), (&json!("day"), &json!(1)));
    assert_eq!((&all["providers"], &all["countries"]), (&json!(["mock"]), &json!(["1"])));
    assert_eq!(all["periods"][0]["statuses"]["sending"], 3);
    let here = console.get("figures?by=month&provider=mock&country=1").await;
    assert_eq!(here["periods"][0]["attempts"], 3);
    let elsewhere = console.get("figures?country=44").await;
    assert_eq!(elsewhere["periods"][0]["attempts"], 0);
}
