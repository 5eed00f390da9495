use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use sha1::Sha1;
use sha2::Sha256;
use sms::WebhookError;
use url::form_urlencoded;

use super::{STATUS, sign, twilio};
use crate::harness::{SECRET, receive, received_line, request};
use crate::twilio::Twilio;

/// From Twilio, whose libraries use them in tests. They are not texts, so an accepted call is then
/// not understood.
#[tokio::test]
async fn believes_the_signatures_that_twilio_publishes() {
    const FORM: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234\
                        &From=%2B14158675309&To=%2B18005551212";
    const REPEATED: &str = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    const JSON: &str = r#"{"property": "value", "boolean": true}"#;
    const PATH: &str = "POST /myapp.php?foo=1&bar=2";
    let json_path = format!(
        "{PATH}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    );
    let believed = async |public_url: &str, call: &str, body: &str, signature: &str| {
        let mut call = request(call, body);
        call.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
        let public_url = public_url.parse().unwrap();
        let twilio = Twilio { public_url, ..twilio(String::new(), "12345") };
        match receive(&twilio, &call).await {
            Err(WebhookError::Unreadable("no message id")) => true,
            Err(WebhookError::Forged) => false,
            other => panic!("{other:?}"),
        }
    };
    let secure = "https://mycompany.com";
    assert!(believed(secure, PATH, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await);
    assert!(believed(secure, PATH, FORM, "kvajT1Ptam85bY51eRf/AJRuM3w=").await);
    assert!(
        believed("https://mycompany.com:443", PATH, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await
    );
    assert!(believed("http://mycompany.com", PATH, FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4=").await);
    assert!(
        believed("http://mycompany.com:1234", PATH, FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=").await
    );
    assert!(believed(secure, &json_path, JSON, "a9nBmqA0ju/hNViExpshrM61xv4=").await);
    assert!(believed(secure, PATH, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU=").await);

    assert!(!believed(secure, PATH, FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=").await);
    assert!(!believed(secure, &json_path, "{}", "a9nBmqA0ju/hNViExpshrM61xv4=").await);
    assert!(!believed(secure, &json_path, FORM, "a9nBmqA0ju/hNViExpshrM61xv4=").await);
    assert!(!believed(secure, "POST /myapp.php?foo=1", FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await);
    assert!(!believed(secure, PATH, "", "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await);
    assert!(!believed(secure, PATH, FORM, "not even Base64").await);
}

#[tokio::test]
async fn believes_a_signed_text_in_utf_8() {
    let mut call = request(
        "POST /hooks/twilio/inbound",
        "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01\
         &Body=hello+%26+caf%C3%A9&From=%2B14155550100&FromCity=&FromCountry=US\
         &MessageSid=SM00000000000000000000000000000001&NumMedia=0&NumSegments=1\
         &SmsStatus=received&To=%2B14155550101",
    );
    call.headers_mut()
        .insert("x-twilio-signature", "n7KGbFKyVmGjbDn7GSf/ywZSkxI=".parse().unwrap());
    // A caller's own headers are not what it signed.
    call.headers_mut().insert("host", "elsewhere.example".parse().unwrap());
    let twilio = Twilio {
        account_sid: "AC00000000000000000000000000000001".into(),
        public_url: "https://example.test".parse().unwrap(),
        ..twilio(String::new(), "test_auth_token")
    };
    assert_eq!(
        received_line(&receive(&twilio, &call).await),
        "SM00000000000000000000000000000001 +14155550100 -> +14155550101: hello & café"
    );
}

#[tokio::test]
async fn believes_the_next_token_but_no_unsigned_call() {
    let body = "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent";
    let twilio =
        Twilio { next_auth_token: Some("the next".into()), ..twilio(String::new(), SECRET) };
    assert!(receive(&twilio, &sign("the next", request(STATUS, body))).await.is_ok());
    assert!(receive(&twilio, &sign(SECRET, request(STATUS, body))).await.is_ok());
    assert_eq!(receive(&twilio, &request(STATUS, body)).await, Err(WebhookError::Forged));
}

/// It is not documented whether the fragment of the entered address is signed.
#[tokio::test]
async fn believes_a_signature_over_the_address_as_it_was_entered() {
    let body = "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent";
    let believed = async |entered: &str| {
        let mut call = request(STATUS, body);
        let signature = signed_over::<Hmac<Sha1>>(SECRET, entered, body);
        call.headers_mut().insert("x-twilio-signature", signature);
        receive(&twilio(String::new(), SECRET), &call).await.is_ok()
    };
    let ours = "https://text.example/webhooks/twilio/status?attempt=attempt-1";
    assert!(believed(ours).await);
    assert!(believed(&format!("{ours}#rc=5&rp=all")).await);
    assert!(!believed(&format!("{ours}#/webhooks/twilio/inbound")).await);
}

#[tokio::test]
async fn believes_a_shared_key_that_it_knows_and_says_what_it_lacks_otherwise() {
    const KEY: &str = "Shut-Rye-33";
    let body = "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent";
    let ours = "https://text.example/webhooks/twilio/status?attempt=attempt-1";
    let outcome = async |known: Option<&str>, how: Option<&str>, signature: HeaderValue| {
        let mut call = request(STATUS, body);
        call.headers_mut().insert("x-twilio-signature", signature);
        let how = how.map(|how| how.parse().unwrap());
        how.map(|how| call.headers_mut().insert("x-twilio-webhooks-signature-settings", how));
        let shared_key = known.map(Into::into);
        let twilio = Twilio { shared_key, ..twilio(String::new(), SECRET) };
        received_line(&receive(&twilio, &call).await)
    };
    let by_256 = || signed_over::<Hmac<Sha256>>(KEY, ours, body);
    let by_1 = || signed_over::<Hmac<Sha1>>(KEY, ours, body);
    let (of_256, of_1) = ("key=webhooks_key_1,algorithm=HMAC_SHA256", "algorithm=HMAC_SHA1, key=1");
    let believed = "SM00000000000000000000000000000001 of attempt-1: Sent (sent)";
    assert_eq!(outcome(Some(KEY), Some(of_256), by_256()).await, believed);
    assert_eq!(outcome(Some(KEY), Some(of_1), by_1()).await, believed);
    assert_eq!(outcome(Some(KEY), Some("algorithm=NONE"), by_256()).await, "forged");
    assert_eq!(outcome(Some(KEY), None, by_256()).await, "forged");
    assert_eq!(outcome(Some("another"), Some(of_256), by_256()).await, "forged");
    assert_eq!(
        outcome(None, Some(of_256), by_256()).await,
        "unverifiable: it is signed with a shared key, as a webhook rule in Twilio says, and not \
         with the account's token: set TWILIO_SHARED_KEY to that key's secret, or take the \
         signature out of the rule's setting"
    );
}

/// The signature of a form to this address.
fn signed_over<M: Mac + KeyInit>(key: &str, address: &str, body: &str) -> HeaderValue {
    let fields: BTreeMap<_, _> = form_urlencoded::parse(body.as_bytes()).collect();
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap().chain_update(address);
    for (name, value) in &fields {
        mac = mac.chain_update(&**name).chain_update(&**value);
    }
    STANDARD.encode(mac.finalize().into_bytes()).parse().unwrap()
}
