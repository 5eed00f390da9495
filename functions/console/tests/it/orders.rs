//! What operators do about a conversation.

use conversations::{OrderKind, Ordered};
use serde_json::{Value, json};

use crate::conversation::*;
use crate::{Browser, at_home};

#[tokio::test]
async fn a_post_that_comes_twice_is_one_order() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let said = json!({ "nonce": "1", "words": " We come at nine " });
    assert_eq!(console.wants("say", &said).await, (200, json!({ "ordered": "new" })));
    assert_eq!(console.wants("say", &said).await, (200, json!({ "ordered": "repeat" })));
    let loaded = load(&console.store).await;
    assert_eq!(loaded.orders.len(), 1);
    let order = &loaded.orders[0];
    assert!(matches!(&order.kind, OrderKind::Say { words, .. } if words == "We come at nine"));
    assert_eq!(
        (order.by.name.as_str(), format!("{order:?}").as_str()),
        ("owner", "Order(say by owner)")
    );
    let acts = console.get("audit").await;
    let act = (&acts[0]["name"], &acts[0]["via"], &acts[0]["did"]);
    assert_eq!(
        (act, acts.as_array().unwrap().len()),
        ((&json!("owner"), &json!("console"), &json!("say")), 1)
    );
}

#[tokio::test]
async fn takes_forms_as_well_and_shows_the_page_that_they_name() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let session = console.get("session").await;
    let token = session["form_token"].as_str().unwrap();
    let form = "Content-Type: application/x-www-form-urlencoded";
    let headers = format!("{}\n{form}", console.known());
    let path = format!("POST /console/api/conversations/{}/say", id());
    let body = |token: &str, next: &str| {
        format!("form_token={token}&nonce=1&words=At+nine&at_night=on&next={next}")
    };
    assert_eq!(console.leads(&path, &headers, &body("guessed", "/console")).await.0, 403);
    let (status, to) = console.leads(&path, &headers, &body(token, "/console/inbox/a")).await;
    assert_eq!((status, to.as_str()), (303, "/console/inbox/a"));
    let (status, _) = console.leads(&path, &headers, &body(token, "//elsewhere.example")).await;
    assert_eq!(status, 200);
    let orders = load(&console.store).await.orders;
    assert!(
        matches!(orders[..], [ref it] if matches!(it.kind, OrderKind::Say { at_night: true, .. }))
    );
}

#[tokio::test]
async fn refuses_what_nobody_could_carry_out() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let unfit = json!({ "error": "nothing is said" });
    assert_eq!(console.wants("say", &json!({ "words": " " })).await, (422, unfit));
    let long = json!({ "words": "a".repeat(671) });
    assert_eq!(console.wants("say", &long).await.0, 422);
    let unknown = json!({ "number": 1, "field": "nothing", "value": "a" });
    assert_eq!(console.wants("correct", &unknown).await.0, 422);
    let no_day = json!({ "number": 1, "field": "day", "value": "soon" });
    let (status, told) = console.wants("correct", &no_day).await;
    assert!(status == 422 && told["error"].as_str().unwrap().contains("2"), "{told}");
    assert_eq!(console.wants("give-back", &json!({})).await.0, 409);
    console.wants("block", &json!({})).await;
    let stopped = json!({ "error": "the person has stopped" });
    assert_eq!(console.wants("say", &json!({ "words": "Hello" })).await, (409, stopped));
    assert!(load(&console.store).await.orders.is_empty());
    let path = format!("POST /console/api/conversations/{}/take", id());
    assert_eq!(console.call(&path, &console.known()).await.0, 403, "it shows no token");
    let nobody = "POST /console/api/conversations/nobody/take";
    assert_eq!(console.call(nobody, &console.acting().await).await.0, 404);
}

#[tokio::test]
async fn tells_a_second_operator_who_has_it() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let mut loaded = load(&console.store).await;
    let mut next = loaded.conversation.clone();
    let now = jiff::Timestamp::now();
    let until = now + jiff::SignedDuration::from_hours(1);
    let by = conversations::By { name: "ann".into(), via: conversations::Via::Console };
    let taken = conversations::HandedOver::new(at(0), until);
    next.handed_over = Some(conversations::HandedOver { by: Some(by), ..taken });
    console.store.commit(&mut loaded, next, vec![]).await.unwrap();
    let said = json!({ "words": "Hello" });
    let told = json!({ "error": "somebody else has this conversation", "with": "ann" });
    assert_eq!(console.wants("say", &said).await, (409, told.clone()));
    assert_eq!(console.wants("take", &json!({ "expects": "ben" })).await, (409, told));
    assert_eq!(console.wants("take", &json!({ "expects": "ann" })).await.0, 200);
}

#[tokio::test]
async fn knows_a_repeat_after_the_order_was_carried_out_and_gives_none_to_nobody() {
    let console = at_home();
    let claim = console.store.names().order("1");
    let order = |at| conversations::Order {
        id: String::new(),
        kind: OrderKind::Take,
        by: conversations::By { name: "ann".into(), via: conversations::Via::Command },
        expects: None,
        trace: telemetry::TraceId::fresh(),
        at,
    };
    let given = console.store.order(&claim, &id(), &order(at(0))).await.unwrap();
    assert_eq!(given, Ordered::NoConversation);
    take(&console.store, "Hi", 0).await;
    assert_eq!(console.store.order(&claim, &id(), &order(at(1))).await.unwrap(), Ordered::New);
    let mut loaded = load(&console.store).await;
    let done = conversations::Change::CarriedOut(loaded.orders[0].clone());
    let next = loaded.conversation.clone();
    console.store.commit(&mut loaded, next, vec![done]).await.unwrap();
    assert!(loaded.conversation.ordered_at.is_none() && loaded.orders.is_empty());
    assert_eq!(console.store.order(&claim, &id(), &order(at(2))).await.unwrap(), Ordered::Repeat);
    assert!(load(&console.store).await.orders.is_empty());
}

impl Browser {
    /// The answer to an act on the conversation that comes as JSON.
    async fn wants(&self, act: &str, body: &Value) -> (u16, Value) {
        let path = format!("POST /console/api/conversations/{}/{act}", id());
        let (status, _, answer) = self.sends(&path, &self.acting().await, &body.to_string()).await;
        (status.as_u16(), serde_json::from_str(&answer).unwrap_or_default())
    }

    /// The status of the answer, and the page that it leads to.
    async fn leads(&self, path: &str, headers: &str, body: &str) -> (u16, String) {
        let (status, headers, _) = self.sends(path, headers, body).await;
        let to = headers.get("location").map(|to| to.to_str().unwrap().to_owned());
        (status.as_u16(), to.unwrap_or_default())
    }
}
