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

#[tokio::test]
async fn the_page_draws_what_was_counted_with_its_table_and_its_words() {
    let console = at_home();
    let now = Timestamp::now();
    for number in 0..3 {
        let begun = Attempt { at: now, due_at: Some(now), ..attempt(number, 0) };
        assert!(console.store.begin(&begun).await.unwrap());
    }
    let (_, page) = console.page("/console/figures", "en").await;
    assert!(page.contains("Nothing was counted in this time."), "{page}");
    let due = console.store.attempts_due(now, None, 20).await.unwrap().found;
    console.store.looked_at(due.into_iter().map(|due| (due, None)).collect()).await.unwrap();

    let (status, page) = console.page("/console/figures?by=month&provider=mock&from=", "en").await;
    assert_eq!(status, 200);
    for shown in [
        "<h2>How far texts got</h2>",
        // The axes, the pattern, the legend, the table.
        "<bdi>texts</bdi>",
        "<bdi>month</bdi>",
        "url(#look-6)",
        "sending… <b class=\"count\">3</b>",
        "data-label=\"delivered\">0</td>",
        "Its arrival was confirmed.",
        "<option value=\"mock\" selected>",
        "/console/figures.csv?by=month&#38;provider=mock",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let (_, page) = console.page("/console/figures", "ar").await;
    assert!(page.contains("إلى أين وصلت الرسائل"), "{page}");
    let (status, _) = console.page("/console/figures?from=yesterday", "en").await;
    assert_eq!(status, 400);
    let (_, table) = console.page("/console/figures.csv?by=month&provider=mock", "en").await;
    assert!(table.starts_with("from,attempts,delivered,"), "{table}");
    assert_eq!(table.lines().count(), 2);
}
