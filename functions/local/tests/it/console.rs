//! The operator's page, from wherever somebody may call it.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::product::{ANN, Product};

const PAGES: [&str; 4] = [
    "/console",
    "/console/api/about",
    "/console/api/notices",
    "/console/api/phones/%2B12025550143",
];
const AT_HOME: (&str, &str) = ("PUBLIC_URL", "");
const PASSWORD: &str = "correct-horse-battery";

#[tokio::test]
async fn at_home_it_needs_no_password_and_elsewhere_it_is_not_there() {
    let product = Product::start_with(&["mock"], &[AT_HOME]).await;
    for path in PAGES {
        let with =
            |name: &str, value: &str| status(product.call(Method::GET, path).header(name, value));
        assert_eq!(status(product.call(Method::GET, path)).await, 200, "{path}");
        assert_eq!(with("host", "localhost:5000").await, 200, "{path}");
        assert_eq!(with("x-forwarded-for", "203.0.113.7").await, 404, "{path}");
        assert_eq!(with("forwarded", "for=127.0.0.1").await, 404, "{path}");
        assert_eq!(with("host", "sms.example.test").await, 404, "{path}");
        assert_eq!(with("host", "localhost.example.test").await, 404, "{path}");
        assert_eq!(with("origin", "https://elsewhere.example.test").await, 404, "{path}");
        assert_eq!(with("origin", "null").await, 404, "{path}");
    }
}

#[tokio::test]
async fn where_others_can_come_it_is_not_there_without_a_password() {
    let everywhere = [AT_HOME, ("HOST", "0.0.0.0")];
    for product in
        [Product::start(&["mock"]).await, Product::start_with(&["mock"], &everywhere).await]
    {
        for path in PAGES {
            assert_eq!(status(product.call(Method::GET, path)).await, 404, "{path}");
            let told = product.call(Method::GET, path).basic_auth("", Some(""));
            assert_eq!(status(told).await, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn whoever_knows_the_password_sees_it_from_anywhere() {
    let locked = [("CONSOLE_PASSWORD", PASSWORD)];
    let product = Product::start_with(&["mock"], &locked).await;
    for path in PAGES {
        let call = || product.call(Method::GET, path).header("x-forwarded-for", "203.0.113.7");
        assert_eq!(status(call()).await, 401, "{path}");
        assert_eq!(status(call().basic_auth("owner", Some("guess"))).await, 401, "{path}");
        let known = || call().basic_auth("owner", Some(PASSWORD));
        assert_eq!(status(known()).await, 200, "{path}");
        assert_eq!(status(known().header("origin", "https://elsewhere.test")).await, 403, "{path}");
    }
}

#[tokio::test]
async fn it_shows_what_was_said_and_how_it_came_about() {
    let mut product = Product::start_with(&["mock"], &[AT_HOME]).await;
    product.text_mock(ANN, "My tap drips").await;
    product.settled().await;
    let phone = ask(&product, PAGES[3]).await;
    let said: Vec<_> = phone["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["who"].as_str().unwrap(), message["text"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("person", "My tap drips"), ("agent", "You said: My tap drips")]);

    let trace = phone["attempts"][0]["trace"].as_str().unwrap();
    let trace = ask(&product, &format!("/console/api/traces/{trace}")).await;
    let steps = trace["steps"].as_array().unwrap();
    let steps: Vec<_> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
    for what in ["received", "asked the model", "sent"] {
        assert!(steps.contains(&what), "{what} is missing in {steps:?}");
    }
    assert_eq!(trace["attempts"][0]["status"], "accepted");
}

async fn status(call: RequestBuilder) -> u16 {
    call.send().await.unwrap().status().as_u16()
}

async fn ask(product: &Product, path: &str) -> Value {
    product.call(Method::GET, path).send().await.unwrap().json().await.unwrap()
}
