mod diagnosis;
mod received;
mod reports;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sms::{Outgoing, Provider as _, WebhookError};

use super::{InboundFields, MessageCentral, MessageCentralSettings};
use crate::harness::hostile::{Described, check_hostile};
use crate::harness::{
    SECRET, Script, SendCase, Texts, check_send, check_texts, outgoing, patient, receive, request,
    told,
};

const INBOUND: &str = "POST /webhooks/messagecentral/inbound";

/// Expires in the year 2100.
const LASTING: &str = r#"{"status":200,"token":"e30.eyJleHAiOjQxMDI0NDQ4MDB9.x"}"#;

const TOKEN: &str = "GET /auth/v1/authentication/token?customerId=C-1&key=T3Blbi1TZXNhbWUtNzE%3D\
    &scope=NEW&email=owner%40text.example";
const NOON: &str = "POST /verification/v3/send?countryCode=1&mobileNumber=2025550143&flowType=SMS\
    &type=SMS&message=Noon%3F&senderId=TEXTBK e30.eyJleHAiOjQxMDI0NDQ4MDB9.x";

const TAKEN: (u16, &str) = (
    200,
    r#"{"responseCode":200,"message":"SUCCESS","data":{"verificationId":"474097",
        "mobileNumber":"2025550143","responseCode":"200","errorMessage":null,"timeout":"60",
        "smsCLI":null,"transactionId":null}}"#,
);

#[tokio::test]
async fn sends() {
    check_send(
        |url| messagecentral(url, SECRET),
        &[
            answered("taken", TAKEN, "sent 474097"),
            answered(
                "taken, in numbers",
                (200, r#"{"responseCode":"200","data":{"verificationId":474097}}"#),
                "sent 474097",
            ),
            answered(
                "taken, by its other id",
                (200, r#"{"responseCode":200,"data":{"transactionId":"T1"}}"#),
                "sent T1",
            ),
            answered(
                "taken without an id",
                (200, r#"{"responseCode":200}"#),
                "unknown: unreadable",
            ),
            answered("no credit", (200, r#"{"responseCode":508}"#), "refused: 508"),
            answered("no credit, as HTTP has it", (400, r#"{"responseCode":508}"#), "refused: 508"),
            answered("not activated", (200, r#"{"responseCode":"913"}"#), "refused: 913"),
            answered("a destination without a price", (400, NOT_PRICED), "refused: 400"),
            answered("a fault of theirs", (200, r#"{"responseCode":500}"#), "refused: 500"),
            answered("a fault, as HTTP has it", (500, r#"{"responseCode":500}"#), "refused: 500"),
            answered("one is still open", (200, r#"{"responseCode":506}"#), "refused: 506"),
            answered("refused further in", (200, REFUSED_WITHIN), "refused: 508"),
            answered("a success with an error", (200, SUCCESS_WITH_ERROR), "unknown: unreadable"),
            answered("a code nobody explains", (200, r#"{"responseCode":707}"#), "unknown: 707"),
            answered("the same in an error", (502, r#"{"responseCode":707}"#), "unknown: http 502"),
            answered("not handled", (503, r#"{"responseCode":503}"#), "refused: http 503"),
            answered("a success in an error", (500, TAKEN.1), "unknown: http 500"),
            answered("the same, not handled", (503, TAKEN.1), "unknown: http 503"),
            answered("nothing at all", (200, ""), "unknown: unreadable"),
        ],
    )
    .await;
}

const NOT_PRICED: &str = r#"{"responseCode":400,"message":"pricing not found for +12025550143"}"#;
const REFUSED_WITHIN: &str = r#"{"responseCode":200,"data":{"verificationId":"1",
    "responseCode":"508","errorMessage":"no credit"}}"#;
const SUCCESS_WITH_ERROR: &str = r#"{"responseCode":200,"data":{"verificationId":"1",
    "responseCode":"200","errorMessage":"no idea"}}"#;

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    let exchange = vec![(TOKEN, (200, LASTING)), (NOON, answer)];
    SendCase { name, text: "Noon?", exchange, outcome }
}

#[tokio::test]
async fn sends_by_the_registered_sender_whichever_was_texted() {
    let token = TOKEN.strip_suffix("&email=owner%40text.example").unwrap();
    let noon = "POST /verification/v3/send?countryCode=1&mobileNumber=2025550143&flowType=SMS\
        &type=SMS&message=%C2%BFNoon+%26+caf%C3%A9%3F&senderId=TEXTBK \
        e30.eyJleHAiOjQxMDI0NDQ4MDB9.x";
    let script = Script::answering(&[(token, (200, LASTING)), (noon, TAKEN)]).await;
    let messagecentral = MessageCentral::new(MessageCentralSettings {
        email: None,
        ..settings(script.url.clone(), SECRET)
    });
    let message = Outgoing { from: Some("12025550100".into()), ..outgoing("¿Noon & café?") };
    assert_eq!(told(&messagecentral.send(&patient(), &message).await), "sent 474097");
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    let texts = Texts {
        call: INBOUND,
        pictures: r#"{"from":"12025550143","message":"","mediaUrls":["https://a.test/0","https://a.test/1"]}"#,
        hollow: r#"{"from":"12025550143","message":"Noon","messageId":"","to":null,"time":"noon",
            "media":""}"#,
        by_rcs: r#"{"from":"rcs:+12025550143","message":"Noon"}"#,
        by_another: Some(r#"{"from":"whatsapp:+12025550143","message":"Noon"}"#),
        of_nobody: r#"{"from":"Oakwood","message":"Noon"}"#,
        unreadable: r#"{"cli":"12025550143","did":"12025550100","payload":"STOP","ref":"1"}"#,
        handled: &[],
    };
    check_texts(messagecentral(String::new(), SECRET), sign, &texts).await;
}

#[tokio::test]
async fn believes_no_hostile_call() {
    let described = Described {
        call: INBOUND,
        body: r#"{"from":"12025550143","text":"Noon"}"#,
        headers: &[],
        covers: &[],
    };
    check_hostile(|secret| messagecentral(String::new(), secret), sign, &described).await;
    // It counts where it was pasted and nowhere else.
    let closed = messagecentral(String::new(), SECRET);
    for query in ["Token=Open-Sesame-71", "token[]=Open-Sesame-71", "a=1;token=Open-Sesame-71"] {
        let call = request(&format!("{INBOUND}?{query}"), described.body);
        assert_eq!(receive(&closed, &call).await, Err(WebhookError::Forged), "{query}");
    }
    let mut call =
        request(INBOUND, r#"{"from":"12025550143","text":"Noon","token":"Open-Sesame-71"}"#);
    for name in ["token", "authorization", "x-token"] {
        call.headers_mut().insert(name, "Open-Sesame-71".parse().unwrap());
    }
    assert_eq!(receive(&closed, &call).await, Err(WebhookError::Forged));
}

#[tokio::test]
async fn believes_nobody_without_a_token() {
    let body = r#"{"from":"12025550143","text":"Noon"}"#;
    let open = MessageCentral::new(MessageCentralSettings {
        webhook_token: None,
        ..settings(String::new(), SECRET)
    });
    let closed = messagecentral(String::new(), SECRET);
    for call in [INBOUND.to_owned(), format!("{INBOUND}?token="), format!("{INBOUND}?token=Open")] {
        assert_eq!(receive(&open, &request(&call, body)).await, Err(WebhookError::Forged));
        assert_eq!(receive(&closed, &request(&call, body)).await, Err(WebhookError::Forged));
    }
}

/// Base64 contains characters that addresses escape.
#[tokio::test]
async fn believes_a_token_pasted_as_it_was_printed_and_escaped() {
    let closed = messagecentral(String::new(), "b3Blbi+z/ZX=");
    for token in ["b3Blbi+z/ZX=", "b3Blbi%2Bz%2FZX%3D"] {
        let call = sign(token, request(INBOUND, r#"{"from":"12025550143","text":"Noon"}"#));
        assert!(receive(&closed, &call).await.is_ok(), "{token}");
    }
}

fn messagecentral(base_url: String, secret: &str) -> MessageCentral {
    MessageCentral::new(settings(base_url, secret))
}

/// The account's password and the token of its webhook are the same here.
fn settings(base_url: String, secret: &str) -> MessageCentralSettings {
    MessageCentralSettings {
        customer_id: "C-1".into(),
        password_base64: Some(STANDARD.encode(secret).into()),
        email: Some("owner@text.example".into()),
        sender_id: "TEXTBK".into(),
        base_url,
        webhook_token: Some(secret.into()),
        inbound_fields: InboundFields::default(),
        country: None,
    }
}

/// Adds the token, as the owner does when pasting the address.
fn sign(token: &str, mut call: http::Request<Bytes>) -> http::Request<Bytes> {
    let separator = if call.uri().query().is_some() { '&' } else { '?' };
    *call.uri_mut() = format!("{}{separator}token={token}", call.uri()).parse().unwrap();
    call
}
