//! A conversation that a person of the business takes over, and gives back.

use axum::http::Method;
use product::{ANN, Product, between, until};
use serde_json::Value;

#[tokio::test]
async fn the_agent_is_silent_after_a_hand_over_until_the_conversation_is_given_back() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    product.openai.says("Somebody calls you.");
    product.text(ANN, "A human please, my tap drips").await;
    product.settled().await;
    product.text(ANN, "And it is 5 Main Street").await;
    product.settled().await;

    let ran = product.run(&["send", ANN, "We come at nine"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let id = between("twilio", ANN);
    let thread = get(&product, &format!("conversations/{id}")).await;
    let bubbles: Vec<_> = thread["messages"].as_array().unwrap().iter().map(bubble).collect();
    assert_eq!(
        bubbles,
        [
            "person: A human please, my tap drips",
            "agent: Somebody calls you.",
            "person: And it is 5 Main Street (with a person)",
            "business: We come at nine",
        ]
    );
    let notice = get(&product, "notices").await["notices"][0]["sentence"].to_string();
    for said in [ANN, "wants a human", "A human please, my tap drips"] {
        assert!(notice.contains(said), "{notice}");
    }
    assert_eq!(product.companies.twilio.texts_to(ANN), ["Somebody calls you.", "We come at nine"]);

    let path = format!("/console/api/conversations/{id}/give-back");
    let given_back = product.known(Method::POST, &path).send().await.unwrap();
    assert_eq!(given_back.status(), 200);
    until("the agent to answer what waited", async || {
        product.companies.twilio.texts_to(ANN).len() == 3
    })
    .await;
    let asked = product.openai.requests().pop().unwrap()["messages"].to_string();
    assert!(asked.contains("5 Main Street") && asked.contains("We come at nine"), "{asked}");
    product.stop().await;
}

fn bubble(message: &Value) -> String {
    let word = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    match message["aside"].as_str() {
        Some(why) => format!("{}: {} ({why})", word("who"), word("text")),
        None => format!("{}: {}", word("who"), word("text")),
    }
}

async fn get(product: &Product, path: &str) -> Value {
    let answer = product.known(Method::GET, &format!("/console/api/{path}")).send().await.unwrap();
    answer.json().await.unwrap()
}
