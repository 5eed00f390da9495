//! Delivery of results to the business's own system.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use product::{ANN, Product, between, until};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_c2VhbGVkIHdpdGggdGhyZWUga2lzc2Vz";

/// The business's receiver: it records every call, and answers the first with a failure.
#[derive(Clone, Default)]
struct Business {
    calls: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Business {
    async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/results", listener.local_addr().unwrap());
        let router = Router::new().route("/results", post(hear)).with_state(self.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        url
    }

    /// Waits for a call, and reads it only if its signature is right, as Standard Webhooks
    /// describes.
    async fn call(&self, index: usize) -> (String, Value) {
        until("the business to be called", async || self.calls.lock().unwrap().len() > index).await;
        let (headers, body) = self.calls.lock().unwrap()[index].clone();
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let (id, seconds) = (header("webhook-id"), header("webhook-timestamp"));
        let age = Timestamp::now().as_second() - seconds.parse::<i64>().unwrap();
        assert!((0..300).contains(&age), "{age} seconds old");
        let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        let signature = header("webhook-signature");
        mac.verify_slice(&STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap())
            .unwrap();
        (id, serde_json::from_str(&body).unwrap())
    }
}

async fn hear(State(business): State<Business>, headers: HeaderMap, body: String) -> StatusCode {
    let mut calls = business.calls.lock().unwrap();
    calls.push((headers, body));
    if calls.len() == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT }
}

#[tokio::test]
async fn the_result_of_a_conversation_is_signed_and_repeated_until_it_is_taken() {
    let business = Business::default();
    let url = business.open().await;
    let settings = [("RESULT_WEBHOOK_URL", url.as_str()), ("RESULT_WEBHOOK_SECRET", SECRET)];
    let mut product = Product::start_with(&["twilio"], &settings).await;
    product.openai.calls("record", r#"{"field":"task","value":"The kitchen tap drips"}"#);
    product.openai.calls("hand_over", r#"{"reason":"There is water near the fuse box"}"#);
    product.openai.says("Somebody will call you.");
    product.text(ANN, "My tap drips into the fuse box").await;

    let (id, result) = business.call(0).await;
    assert_eq!(result["type"], "conversation.handed_over");
    let data = &result["data"];
    assert_eq!(
        (&data["from"], &data["to"]),
        (&ANN.into(), &product.companies.twilio.number().into())
    );
    assert_eq!(data["brief"]["task"], "The kitchen tap drips");
    assert_eq!(data["reason"], "There is water near the fuse box");
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["Somebody will call you."]);

    let conversation = between("twilio", ANN);
    until("the failure to be noted", async || {
        product.store.effects_of(&conversation).await.unwrap()[0].tries == 1
    })
    .await;
    product.as_if_later(Duration::from_secs(60));
    let (again, repeated) = business.call(1).await;
    assert_eq!((again, &repeated["data"], &repeated["type"]), (id, data, &result["type"]));
    until("the result to be deleted", async || {
        product.store.effects_of(&conversation).await.unwrap().is_empty()
    })
    .await;
    product.stop().await;
    assert_eq!(business.calls.lock().unwrap().len(), 2);
}
