use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::{INBOUND, STATUS, TOKEN, plivo, sign_2, sign_3};
use crate::harness::{SECRET, receive, received_line, request};
use crate::plivo::Plivo;

#[tokio::test]
async fn believes_the_older_signature_with_the_token_alone() {
    const BODY: &str = "From=12025550143&To=12025550100&Text=Noon&MessageUUID=uuid-2";
    const TAKEN: &str = "uuid-2 +12025550143 -> +12025550100: Noon";
    let outcome = async |webhook_token: Option<&str>, call: http::Request<Bytes>| {
        let webhook_token = webhook_token.map(Into::into);
        let plivo = Plivo { webhook_token, ..plivo(String::new(), SECRET) };
        received_line(&receive(&plivo, &call).await)
    };
    let without = || request("POST /webhooks/plivo/inbound", BODY);
    let wrong = request("POST /webhooks/plivo/inbound?token=Shut-Barley-33", BODY);
    let with = || request(INBOUND, BODY);
    assert_eq!(outcome(Some(TOKEN), sign_2(SECRET, with())).await, TAKEN);
    let printed = request("POST /webhooks/plivo/inbound?token=b3Blbi+z/ZX=", BODY);
    assert_eq!(outcome(Some("b3Blbi+z/ZX="), sign_2(SECRET, printed)).await, TAKEN);
    assert_eq!(outcome(Some(TOKEN), sign_2(SECRET, without())).await, "forged");
    assert_eq!(outcome(Some(TOKEN), sign_2(SECRET, wrong)).await, "forged");
    assert_eq!(outcome(Some(TOKEN), with()).await, "forged");
    assert_eq!(
        outcome(None, sign_2(SECRET, with())).await,
        "unverifiable: its signature does not cover what it says: set PLIVO_WEBHOOK_TOKEN, and put \
         ?token= with its value at the end of the address in Plivo's console"
    );
    assert_eq!(outcome(None, sign_3(SECRET, without())).await, TAKEN);
}

#[tokio::test]
async fn believes_nothing_that_was_altered() {
    const BODY: &str = "From=12025550143&To=12025550100&Text=Noon&MessageUUID=uuid-2";
    let altered = async |change: &dyn Fn(&mut http::Request<Bytes>)| {
        let mut call = sign_3(SECRET, request("POST /webhooks/plivo/inbound?attempt=1", BODY));
        change(&mut call);
        received_line(&receive(&plivo(String::new(), SECRET), &call).await)
    };
    let taken = "uuid-2 +12025550143 -> +12025550100: Noon";
    assert_eq!(altered(&|_| ()).await, taken);
    // A caller's own headers are not what it signed.
    assert_eq!(
        altered(&|call| {
            call.headers_mut().insert("host", "elsewhere.example".parse().unwrap());
        })
        .await,
        taken
    );
    assert_eq!(
        altered(&|call| *call.body_mut() = BODY.replace("Noon", "Moon").into()).await,
        "forged"
    );
    assert_eq!(
        altered(&|call| *call.uri_mut() = "/webhooks/plivo/inbound?attempt=2".parse().unwrap())
            .await,
        "forged"
    );
    let nonce = "x-plivo-signature-v3-nonce";
    assert_eq!(
        altered(&|call| {
            call.headers_mut().insert(nonce, "another".parse().unwrap());
        })
        .await,
        "forged"
    );
    assert_eq!(
        altered(&|call| {
            call.headers_mut().remove(nonce);
        })
        .await,
        "forged"
    );
}

#[tokio::test]
async fn believes_any_of_several_signatures_under_either_name() {
    const BODY: &str = "MessageUUID=uuid-1&Status=sent";
    let signed = sign_3(SECRET, request(STATUS, BODY));
    let signature = signed.headers()["x-plivo-signature-v3"].to_str().unwrap().to_owned();
    let of_another = STANDARD.encode([0; 32]);
    for (name, value) in [
        ("x-plivo-signature-v3", format!("{of_another},{signature}")),
        ("x-plivo-signature-ma-v3", format!("{signature}, {of_another}")),
    ] {
        let mut call = signed.clone();
        call.headers_mut().remove("x-plivo-signature-v3");
        call.headers_mut().insert(name, value.parse().unwrap());
        let received = receive(&plivo(String::new(), SECRET), &call).await;
        assert_eq!(received_line(&received), "uuid-1 of attempt-1: Sent (sent)");
    }
}

/// From the tests of Plivo's libraries. They are not texts, so an accepted call is then not
/// understood.
#[tokio::test]
async fn believes_the_signatures_that_plivo_publishes() {
    const FORM: &str = "Direction=outbound&From=19792014278\
        &ALegUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36&CallStatus=in-progress&BillRate=0.002\
        &ParentAuthID=MANWVLYTK4ZWU1YTY4QA\
        &To=sip%3APlivoSignature382029104058171078704104%40phone-qa.voice.plivodev.com\
        &ALegRequestUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36\
        &CallUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36\
        &RequestUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36\
        &SIP-H-To=%3Csip%3APlivoSignature382029104058171078704104%4052.9.11.55%3Btransport%3Dudp%3E\
        %3Btag%3D1&SessionStart=2020-04-08+11%3A34%3A33.238707&Event=StartApp";
    const PATH: &str = "/api/v1/validate_signature03.xml";
    let believed = async |call: String, body: &str, signature: &str| {
        let mut call = request(&call, body);
        let headers = call.headers_mut();
        headers.insert("x-plivo-signature-v3", signature.parse().unwrap());
        headers.insert("x-plivo-signature-v3-nonce", "31627761595286130198".parse().unwrap());
        let plivo = Plivo {
            public_url: "https://plivobin.non-prod.plivops.com".parse().unwrap(),
            ..plivo(String::new(), "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4")
        };
        match received_line(&receive(&plivo, &call).await).as_str() {
            "unreadable: no message id" => true,
            "forged" => false,
            other => panic!("{other}"),
        }
    };
    let post = |query: &str| format!("POST {PATH}{query}");
    let get = |query: &str| format!("GET {PATH}{query}");
    assert!(
        believed(post("/?a=b&c=d"), FORM, "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c=").await
    );
    assert!(believed(post(""), FORM, "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=").await);
    assert!(
        believed(
            get(&format!("/?a=b&c=d&{FORM}")),
            "",
            "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ="
        )
        .await
    );
    assert!(
        believed(get(&format!("?{FORM}")), "", "i/MQsaQSAd6fiKhOh2qeeeLHZ9faldADSb3/7+Akfbc=")
            .await
    );
    assert!(!believed(post("/?a=b"), FORM, "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c=").await);
}

#[tokio::test]
async fn believes_the_older_signatures_of_others() {
    let believed = async |public_url: &str, token: &str, path, nonce: &str, signature: &str| {
        let mut call = request(&format!("POST {path}?token={TOKEN}"), "");
        let headers = call.headers_mut();
        headers.insert("x-plivo-signature-ma-v2", signature.parse().unwrap());
        headers.insert("x-plivo-signature-v2-nonce", nonce.parse().unwrap());
        let public_url = public_url.parse().unwrap();
        let plivo = Plivo { public_url, ..plivo(String::new(), token) };
        received_line(&receive(&plivo, &call).await) == "unreadable: no message id"
    };
    let ours = "8DgkVi/Il5Ni5GwpVjEKvlXPYKwLNA+XZpr/aQsIakc=";
    let nonce = "05429567804466091622";
    let path = "/hooks/plivo/inbound";
    assert!(believed("https://example.test", "test_auth_token", path, nonce, ours).await);
    assert!(!believed("https://example.test", "test_auth_token", "/hooks", nonce, ours).await);
    assert!(!believed("https://example.net", "test_auth_token", path, nonce, ours).await);
    assert!(!believed("https://example.test", "test_auth_token", path, "1", ours).await);
}

#[tokio::test]
async fn believes_a_text_that_is_signed_whole() {
    let body = "From=14155550100&To=14155550101&Text=hello&Type=sms\
                &MessageUUID=11111111-2222-3333-4444-555555555555";
    let mut call = request("POST /hooks/plivo/inbound", body);
    let signature = "T/BZFGS2HKQK3p7OPywdZ7wr2kq0QMlOK8TDOhwOXQA=";
    call.headers_mut().insert("x-plivo-signature-v3", signature.parse().unwrap());
    call.headers_mut()
        .insert("x-plivo-signature-v3-nonce", "05429567804466091622".parse().unwrap());
    let public_url = "https://example.test".parse().unwrap();
    let plivo = Plivo { public_url, ..plivo(String::new(), "test_auth_token") };
    assert_eq!(
        received_line(&receive(&plivo, &call).await),
        "11111111-2222-3333-4444-555555555555 +14155550100 -> +14155550101: hello"
    );
}
