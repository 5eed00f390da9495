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

#[tokio::test]
async fn an_operator_takes_answers_and_closes_a_conversation_from_the_command_line() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    let (code, said) = told(&mut product, &["take", ANN, "--as", "ann"]).await;
    assert!(code == Some(0) && said.contains("ann has this person now"), "{said}");
    let say = ["send", "--as", "ben", "--at-night", ANN, "We come at nine"];
    let (code, said) = told(&mut product, &say).await;
    assert!(code == Some(1) && said.contains("nothing was done: ann has it"), "{said}");
    let (code, said) = told(&mut product, &[&say[..], &["--from", "ann"]].concat()).await;
    assert!(code == Some(0) && said.contains("twilio: accepted, 1 segment(s)"), "{said}");
    assert_eq!(product.companies.twilio.texts_to(ANN).pop().unwrap(), "We come at nine");
    let (code, said) = told(&mut product, &["done", ANN, "they come at nine", "--as", "ben"]).await;
    assert!(code == Some(0) && said.contains("the agent answers the next text"), "{said}");
    let (code, said) = told(&mut product, &["give-back", ANN]).await;
    assert!(code == Some(1) && said.contains("the agent has it"), "{said}");
    told(&mut product, &["person", "+12025550198", "block"]).await;
    let (code, said) = told(&mut product, &["take", "+12025550199"]).await;
    assert!(code == Some(1) && said.contains("no conversation"), "{said}");
    let (_, audit) = told(&mut product, &["audit", "--csv"]).await;
    let acts: Vec<_> = audit.lines().map(|line| line.split(',').collect::<Vec<_>>()).collect();
    let acts: Vec<_> = acts.iter().skip(1).map(|act| (act[1], act[3], act[4])).collect();
    let expected = [
        ("ann", "take", ""),
        ("ben", "say", ""),
        ("ben", "say refused", "ann has it"),
        ("ben", "say", ""),
        ("ben", "done", ""),
        ("owner", "give back", ""),
        ("owner", "give back refused", "the agent has it"),
        ("owner", "block", ""),
    ];
    assert_eq!(acts, expected);
    product.stop().await;
}

/// The exit code of a command, and what it prints.
async fn told(product: &mut Product, arguments: &[&str]) -> (Option<i32>, String) {
    let ran = product.run(arguments, "").await;
    (ran.code, [ran.printed, ran.said].concat().join("\n"))
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
