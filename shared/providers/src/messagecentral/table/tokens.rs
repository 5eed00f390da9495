use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use jiff::Timestamp;
use sms::Provider as _;

use super::{LASTING, NOON, TAKEN, TOKEN, messagecentral};
use crate::harness::{SECRET, Script, SendCase, check_send, outgoing, patient, told};

/// Expired in the year 1970.
const OVER: &str = r#"{"status":200,"token":"e30.eyJleHAiOjF9.x"}"#;
const NOON_BY_ONE_THAT_IS_OVER: &str = "POST /verification/v3/send?countryCode=1\
    &mobileNumber=2025550143&flowType=SMS&type=SMS&message=Noon%3F&senderId=TEXTBK \
    e30.eyJleHAiOjF9.x";

#[tokio::test]
async fn sends_with_a_token_that_it_has_to_ask_for() {
    check_send(
        |url| messagecentral(url, SECRET),
        &[
            SendCase {
                name: "a token further in",
                text: "Noon?",
                exchange: vec![
                    (TOKEN, (200, r#"{"data":{"token":"e30.eyJleHAiOjQxMDI0NDQ4MDB9.x"}}"#)),
                    (NOON, TAKEN),
                ],
                outcome: "sent 474097",
            },
            renewed("a token that ended early", (401, ""), TAKEN, "sent 474097"),
            renewed("the same as a success", (200, UNAUTHORIZED), TAKEN, "sent 474097"),
            renewed(
                "an account that may not",
                (403, r#"{"responseCode":403}"#),
                (403, r#"{"responseCode":403}"#),
                "refused: 403",
            ),
            renewed("a second refusal", (401, ""), (401, ""), "refused: http 401"),
            SendCase {
                name: "a wrong password",
                text: "Noon?",
                exchange: vec![(TOKEN, (200, r#"{"status":400,"error":"password is invalid"}"#))],
                outcome: "refused: token: 400",
            },
            SendCase {
                name: "no token, and no word about it",
                text: "Noon?",
                exchange: vec![(TOKEN, (502, "<html>"))],
                outcome: "refused: token: 502",
            },
        ],
    )
    .await;
}

const UNAUTHORIZED: &str = r#"{"responseCode":401,"message":"Unauthorized"}"#;

fn renewed<'a>(
    name: &'a str,
    first: (u16, &'a str),
    second: (u16, &'a str),
    outcome: &'a str,
) -> SendCase<'a> {
    let token = (TOKEN, (200, LASTING));
    let exchange = vec![token, (NOON, first), token, (NOON, second)];
    SendCase { name, text: "Noon?", exchange, outcome }
}

#[tokio::test]
async fn fetches_a_token_once_for_all() {
    let script =
        Script::answering(&[(TOKEN, (200, LASTING)), (NOON, TAKEN), (NOON, TAKEN), (NOON, TAKEN)])
            .await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    let message = outgoing("Noon?");
    let sent = join_all([(); 3].map(|()| messagecentral.send(&http, &message))).await;
    assert_eq!(sent.iter().map(told).collect::<Vec<_>>(), ["sent 474097"; 3]);
    assert_eq!(script.seen(), [TOKEN, NOON, NOON, NOON]);
}

#[tokio::test]
async fn fails_once_for_all_who_wait_for_a_token() {
    let script = Script::answering(&[(TOKEN, (503, ""))]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    let message = outgoing("Noon?");
    let sent = join_all([(); 3].map(|()| messagecentral.send(&http, &message))).await;
    assert_eq!(sent.iter().map(told).collect::<Vec<_>>(), ["refused: token: 503"; 3]);
    assert_eq!(script.seen(), [TOKEN]);
}

#[tokio::test]
async fn fetches_a_token_ahead() {
    let script = Script::answering(&[(TOKEN, (200, LASTING)), (NOON, TAKEN)]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    messagecentral.prepare(&http).await;
    messagecentral.prepare(&http).await;
    assert_eq!(script.seen(), [TOKEN]);
    assert_eq!(told(&messagecentral.send(&http, &outgoing("Noon?")).await), "sent 474097");
    assert_eq!(script.seen(), [TOKEN, NOON]);
}

#[tokio::test]
async fn renews_a_token_ahead_of_its_end() {
    let short_lived = ending_in(70);
    let script = Script::answering(&[(TOKEN, (200, &short_lived)), (TOKEN, (200, LASTING))]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    for _ in 0..3 {
        messagecentral.prepare(&http).await;
    }
    assert_eq!(script.seen(), [TOKEN, TOKEN]);
}

#[tokio::test]
async fn uses_a_token_until_it_is_near_its_end() {
    let short_lived = ending_in(5 * 60);
    let payload = short_lived.split('.').nth(1).unwrap();
    let noon = format!("{} e30.{payload}.x", NOON.rsplit_once(' ').unwrap().0);
    let script =
        Script::answering(&[(TOKEN, (200, &short_lived)), (&noon, TAKEN), (&noon, TAKEN)]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    messagecentral.prepare(&http).await;
    for _ in 0..2 {
        assert_eq!(told(&messagecentral.send(&http, &outgoing("Noon?")).await), "sent 474097");
    }
}

/// An answer with a token that expires in so many seconds.
fn ending_in(seconds: i64) -> String {
    let end = Timestamp::now().as_second() + seconds;
    let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iat":0,"exp":{end}}}"#));
    format!(r#"{{"token":"e30.{payload}.x"}}"#)
}

#[tokio::test]
async fn uses_a_token_that_is_over_by_our_clock_no_second_time() {
    let script = Script::answering(&[
        (TOKEN, (200, OVER)),
        (NOON_BY_ONE_THAT_IS_OVER, TAKEN),
        (TOKEN, (200, LASTING)),
        (NOON, TAKEN),
    ])
    .await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    for _ in 0..2 {
        assert_eq!(told(&messagecentral.send(&http, &outgoing("Noon?")).await), "sent 474097");
    }
}
