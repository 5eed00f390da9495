use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use providers::{Plivo, Role};
use settings::Settings;
use sha2::Sha256;
use sms::{Found, Handled, Outgoing, Provider as _, Receipt, SendError, Status};
use url::form_urlencoded;

use crate::harness::{
    ReceiveCase, SECRET, Script, SendCase, Texts, check_receive, check_send, check_texts,
    diagnosed, outgoing, patient, receive, received_line, request,
};
use crate::hostile::{Covers, Described, check_hostile};

const PUBLIC_URL: &str = "https://text.example";
const TOKEN: &str = "Shut-Rye-33";
const INBOUND: &str = "POST /webhooks/plivo/inbound?token=Shut-Rye-33";
const STATUS: &str = "POST /webhooks/plivo/status?attempt=attempt-1&token=Shut-Rye-33";

const NOON: &str = r#"POST /v1/Account/MA1/Message/ {"dst":"12025550143","method":"POST","src":"12025550100","text":"Noon?","type":"sms","url":"https://text.example/webhooks/plivo/status?attempt=attempt-1&token=Shut-Rye-33"} Basic TUExOk9wZW4tU2VzYW1lLTcx"#;

const QUEUED: &str = r#"{"api_id":"1","message":"message(s) queued","message_uuid":["uuid-1"]}"#;
const REFUSED: &str = r#"{"api_id":"1","error":"dst is invalid"}"#;

#[tokio::test]
async fn sends() {
    check_send(
        |url| plivo(url, SECRET),
        &[
            answered("queued", (202, QUEUED), "sent uuid-1"),
            answered("queued, with another success", (200, QUEUED), "sent uuid-1"),
            answered("not what they want", (400, REFUSED), "refused: http 400"),
            answered("a wrong token", (401, REFUSED), "refused: http 401"),
            answered("no such account", (404, REFUSED), "refused: http 404"),
            answered("too many at once", (429, REFUSED), "refused: http 429"),
            answered("a fault of theirs", (500, REFUSED), "unknown: http 500"),
            answered("no id", (202, r#"{"message_uuid":[]}"#), "unknown: unreadable"),
        ],
    )
    .await;
}

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    SendCase { name, text: "Noon?", exchange: vec![(NOON, answer)], outcome }
}

#[tokio::test]
async fn sends_from_the_number_that_was_texted_and_asks_for_no_receipt_on_loopback() {
    let line = r#"POST /v1/Account/MA1/Message/ {"dst":"12025550143","src":"12025550101","text":"Noon?","type":"sms"} Basic TUExOk9wZW4tU2VzYW1lLTcx"#;
    let script = Script::answering(&[(line, (202, QUEUED))]).await;
    let plivo = Plivo {
        public_url: "http://localhost:5000".parse().unwrap(),
        ..plivo(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some("+12025550101".into()), ..outgoing("Noon?") };
    assert!(plivo.send(&patient(), &message).await.is_ok());
}

const CASES: &[ReceiveCase<'_>] = &[
    ReceiveCase {
        name: "a text",
        call: INBOUND,
        body: "To=12025550100&From=12025550143&TotalRate=0&Units=1&Type=sms&TotalAmount=0\
               &Text=Noon+%26+caf%C3%A9+%F0%9F%8E%89%0A&MessageUUID=uuid-2&MessageIntent=",
        outcome: "uuid-2 +12025550143 -> +12025550100: Noon & café 🎉\n",
    },
    ReceiveCase {
        name: "a text in another spelling",
        call: INBOUND,
        body: "to=%2B12025550100&from=%2B12025550143&text=Noon&messageuuid=uuid-2\
               &Status=received",
        outcome: "uuid-2 +12025550143 -> +12025550100: Noon",
    },
    ReceiveCase {
        name: "a picture",
        call: INBOUND,
        body: "To=12025550100&From=12025550143&Type=mms&Body=&MediaCount=2&MessageUUID=uuid-2\
               &Media0=https%3A%2F%2Fmedia.plivo.com%2F0",
        outcome: "uuid-2 +12025550143 -> +12025550100 +2: ",
    },
    ReceiveCase {
        name: "a keyword in another language",
        call: INBOUND,
        body: "MessageUUID=11111111-0000-4000-8000-000000000001&From=12025550143&To=12025550102\
               &Type=sms&Text=ARRET&MessageIntent=optout&Units=1",
        outcome: "11111111-0000-4000-8000-000000000001 +12025550143 -> +12025550102 (Stop): ARRET",
    },
    ReceiveCase {
        name: "a picture, without a field for words",
        call: INBOUND,
        body: "MessageUUID=11111111-0000-4000-8000-000000000004&From=12025550143&To=12025550102\
               &Type=mms&MediaCount=1&Media0=https%3A%2F%2Fexample.test%2F0",
        outcome: "11111111-0000-4000-8000-000000000004 +12025550143 -> +12025550102 +1: ",
    },
    ReceiveCase {
        name: "words in the other field",
        call: INBOUND,
        body: "MessageUUID=uuid-2&From=12025550143&To=12025550100&Type=mms&Text=&Body=Noon\
               &MediaCount=&Media1=https%3A%2F%2Fexample.test%2F1",
        outcome: "uuid-2 +12025550143 -> +12025550100 +1: Noon",
    },
    ReceiveCase {
        name: "a short code",
        call: INBOUND,
        body: "To=12025550100&From=2020&Text=Noon&Type=sms&MessageUUID=uuid-2",
        outcome: "unreadable: the sender is a short code or a name, which cannot be answered",
    },
    ReceiveCase {
        name: "delivered",
        call: STATUS,
        body: "MessageUUID=uuid-1&To=12025550143&From=12025550100&Type=sms&Status=delivered\
               &Units=1&MCC=310&MNC=260&ErrorCode=&Sequence=3&ParentMessageUUID=uuid-1&PartInfo=",
        outcome: "uuid-1 of attempt-1: Delivered (delivered)",
    },
    ReceiveCase {
        name: "the second part of two",
        call: STATUS,
        body: "MessageUUID=uuid-9&Status=undelivered&ErrorCode=30&ParentMessageUUID=uuid-1\
               &PartInfo=2+of+2",
        outcome: "uuid-1 of attempt-1, 2/2: Undelivered (undelivered 30)",
    },
    ReceiveCase {
        name: "a part that is none",
        call: STATUS,
        body: "messageuuid=uuid-1&status=sent&PartInfo=3+of+2&ErrorCode=000",
        outcome: "uuid-1 of attempt-1: Sent (sent)",
    },
    ReceiveCase {
        name: "opted out",
        call: "POST /webhooks/plivo/status?token=Shut-Rye-33",
        body: "MessageUUID=uuid-1&Status=failed&ErrorCode=200",
        outcome: "uuid-1 of -: Failed (failed 200)",
    },
    ReceiveCase {
        name: "queued",
        call: STATUS,
        body: "MessageUUID=uuid-1&Status=queued",
        outcome: "uuid-1 of attempt-1: Accepted (queued)",
    },
    ReceiveCase {
        name: "a word that nobody documents",
        call: STATUS,
        body: "MessageUUID=uuid-1&Status=vaporized",
        outcome: "unreadable: an unknown status",
    },
    ReceiveCase {
        name: "neither",
        call: INBOUND,
        body: "MessageUUID=uuid-1&From=12025550143",
        outcome: "unreadable: neither a text nor a status",
    },
    ReceiveCase { name: "nothing", call: INBOUND, body: "", outcome: "unreadable: no message id" },
];

#[tokio::test]
async fn receives_what_is_signed_whole() {
    check_receive(|secret| plivo(String::new(), secret), sign_3, CASES).await;
}

#[tokio::test]
async fn receives_what_is_signed_in_part_and_knows_the_token() {
    check_receive(|secret| plivo(String::new(), secret), sign_2, CASES).await;
    let by_get = ReceiveCase {
        name: "a text by GET",
        call: "GET /webhooks/plivo/inbound?token=Shut-Rye-33&From=12025550143&To=12025550100\
               &Text=Noon&MessageUUID=uuid-2",
        body: "",
        outcome: "uuid-2 +12025550143 -> +12025550100: Noon",
    };
    check_receive(|secret| plivo(String::new(), secret), sign_2, &[by_get]).await;
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    const HANDLED: [(&str, Handled); 3] = [
        ("MessageUUID=1&From=12025550143&Text=Noon&MessageIntent=optout", Handled::Stop),
        ("MessageUUID=1&From=12025550143&Text=Noon&MessageIntent=optin", Handled::Start),
        ("MessageUUID=1&From=12025550143&Text=Noon&MessageIntent=help", Handled::Help),
    ];
    let texts = Texts {
        call: INBOUND,
        pictures: "MessageUUID=1&From=12025550143&Media0=https%3A%2F%2Fa.test%2F0\
            &Media1=https%3A%2F%2Fa.test%2F1",
        hollow: "MessageUUID=1&From=12025550143&To=&Text=&text=Noon&Body=&Type=&MediaCount=\
            &Status=&MessageIntent=&Units=x&PowerpackUUID=",
        by_rcs: "MessageUUID=1&From=rcs%3A%2B12025550143&To=rcs%3Abrand_agent&Text=Noon&Type=rcs",
        by_another: Some("MessageUUID=1&From=12025550143&To=12025550100&Body=Noon&Type=whatsapp"),
        of_nobody: "MessageUUID=1&From=Oakwood&Text=Noon",
        unreadable: "From=12025550143&To=12025550100&Text=STOP",
        handled: &HANDLED,
    };
    check_texts(plivo(String::new(), SECRET), sign_3, &texts).await;
}

/// The older signature only covers the address: whoever has seen one call could invent others.
#[tokio::test]
async fn believes_no_hostile_call() {
    let whole = Described {
        call: INBOUND,
        body: "From=12025550143&To=12025550100&Text=Noon&MessageUUID=uuid-1&Type=sms",
        headers: &["x-plivo-signature-v3", "x-plivo-signature-v3-nonce"],
        covers: &[Covers::Body, Covers::Path, Covers::Query],
    };
    check_hostile(|secret| plivo(String::new(), secret), sign_3, &whole).await;
    let in_part = Described {
        headers: &["x-plivo-signature-v2", "x-plivo-signature-v2-nonce"],
        covers: &[Covers::Path],
        ..whole
    };
    check_hostile(|secret| plivo(String::new(), secret), sign_2, &in_part).await;
}

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

#[tokio::test]
async fn asks_what_became_of_a_message() {
    let poll = async |answer| {
        let line = format!("GET /v1/Account/MA1/Message/uuid-1/ {BASIC}");
        let script = Script::answering(&[(&line, answer)]).await;
        let plivo = plivo(script.url.clone(), SECRET);
        plivo.poll(&patient(), "uuid-1", &outgoing("Noon?"), Timestamp::UNIX_EPOCH).await
    };
    let undelivered = r#"{"message_uuid":"uuid-1","message_state":"undelivered","error_code":"200",
        "to_number":"12025550143","message_direction":"outbound","units":1}"#;
    assert_eq!(
        poll((200, undelivered)).await,
        Ok(Found::Known(Receipt {
            message: "uuid-1".into(),
            attempt: None,
            part: None,
            status: Status::Undelivered,
            raw_status: "undelivered".into(),
            code: Some("200".into()),
            opted_out: true,
        }))
    );
    let unknown = |code: &str| Err(SendError::Unknown { code: code.into() });
    assert_eq!(poll((404, REFUSED)).await, unknown("http 404"));
    assert_eq!(poll((200, "{}")).await, unknown("unreadable"));
}

#[tokio::test]
async fn cannot_look_for_a_message_by_its_words() {
    let script = Script::answering(&[]).await;
    let plivo = plivo(script.url.clone(), SECRET);
    let found = plivo.find(&patient(), &outgoing("Noon?"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(found, Ok(Found::CannotAsk));
}

#[test]
fn leaves_to_plivo_what_it_answers_itself_in_north_america() {
    let plivo = plivo(String::new(), SECRET);
    let words = ["stop", "Help\n", "QUIT", "stop it", "UNSUBSCRIBE", "START"];
    let answered = |to: &str| words.map(|word| plivo.answers(word, to));
    assert_eq!(answered("+12025550100"), [true, true, true, false, false, false]);
    assert_eq!(answered("+18885550100"), [true, true, true, false, false, true]);
    assert_eq!(answered("+447700900100"), [false; 6]);
    assert_eq!(answered("2020"), [false; 6]);
}

const ACCOUNT: &str = r#"{"account_type":"standard","api_id":"1","auth_id":"MA1",
    "auto_recharge":false,"billing_mode":"prepaid","cash_credits":"14.88860","state":""}"#;
const NUMBER: &str = r#"{"api_id":"1","number":"12025550100","number_type":"local",
    "application":"/v1/Account/MA1/Application/29986316244302815/","sms_enabled":true,
    "tendlc_campaign_id":"C1","tendlc_registration_status":"COMPLETED"}"#;
const APPLICATION: &str = r#"{"api_id":"1","message_method":"POST",
    "message_url":"https://text.example/webhooks/plivo/inbound?token=Shut-Rye-33"}"#;
const NOTHING: &str = r#"{"api_id":"1","meta":{"total_count":0},"objects":[]}"#;
const BASIC: &str = "Basic TUExOk9wZW4tU2VzYW1lLTcx";

/// The findings if these answers differ from those of a correct setup.
async fn found(differences: &[(&str, (u16, &str))]) -> Vec<String> {
    let asked = [
        ("", ACCOUNT),
        ("Number/12025550100/", NUMBER),
        ("Application/29986316244302815/", APPLICATION),
        ("TollfreeVerification/?number=12025550100", ""),
        ("Message/?message_direction=outbound&message_state=failed&limit=20", NOTHING),
        ("Message/?message_direction=outbound&message_state=undelivered&limit=20", NOTHING),
    ];
    let exchange: Vec<_> = asked
        .iter()
        .map(|(path, usual)| {
            let matches = |start: &str| match start {
                "" => path.is_empty(),
                start => path.starts_with(start),
            };
            let different = differences.iter().find(|(start, _)| matches(start));
            let answer = different.map_or((200, *usual), |(_, answer)| *answer);
            (format!("GET /v1/Account/MA1/{path} {BASIC}"), answer)
        })
        .filter(|(_, (status, body))| *status != 0 && !(*status == 200 && body.is_empty()))
        .collect();
    let exchange: Vec<_> = exchange.iter().map(|(line, answer)| (line.as_str(), *answer)).collect();
    diagnosed(|url| plivo(url, SECRET), &exchange).await
}

/// Not requested, since an earlier answer is sufficient.
const NOT_ASKED: (u16, &str) = (0, "");

const LET_IN: &str = "Works Credentials: Plivo lets us in";
const CREDIT: &str = "Works Balance: 14.89 dollars are left";
const OURS: &str = "Works Number: +12025550100 is ours and can text";
const LEADS_HERE: &str =
    "Works Webhook: texts to the number lead to https://text.example/webhooks/plivo/inbound";
const REGISTERED: &str = "Works Registration: the number is registered (10DLC)";
const NO_ERRORS: &str = "Works Errors: nothing failed within a day except on people's own phones";

#[tokio::test]
async fn finds_nothing_where_there_is_nothing() {
    let all_is_well = [LET_IN, CREDIT, OURS, LEADS_HERE, REGISTERED, NO_ERRORS];
    assert_eq!(found(&[]).await, all_is_well);
}

#[tokio::test]
async fn tells_a_wrong_key_from_an_account_that_may_not() {
    let alone = async |answer| {
        let none = [("Number", NOT_ASKED), ("Application", NOT_ASKED), ("Message", NOT_ASKED)];
        found(&[&[("", answer)], &none[..]].concat()).await
    };
    assert_eq!(
        alone((401, REFUSED)).await,
        ["Broken Credentials: Plivo does not let us in: the credentials are wrong. Copy \
          PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN from Plivo's console again."]
    );
    assert_eq!(
        alone((403, REFUSED)).await,
        ["Broken Account: Plivo knows the account, but does not let it do this. Check in Plivo's \
          console that the account is activated."]
    );
    assert_eq!(
        alone((503, "")).await,
        ["Doubtful Credentials: Plivo gives no usable answer (http 503). See the provider's \
          status page, and try again."]
    );
}

#[tokio::test]
async fn says_what_keeps_texts_from_going_and_coming() {
    let one = async |start, answer, index: usize| found(&[(start, answer)]).await.remove(index);
    let number = |part: &str, instead: &str| NUMBER.replace(part, instead);
    let low = ACCOUNT.replace("14.88860", "0.40000");
    assert_eq!(
        one("", (200, &low), 1).await,
        "Doubtful Balance: 0.40 dollars are left. Top it up in Plivo's console, and switch \
         automatic recharge on."
    );
    let recharged = low.replace("false", "true");
    assert_eq!(one("", (200, &recharged), 1).await, "Works Balance: 0.40 dollars are left");
    let empty = ACCOUNT.replace("14.88860", "0.00000");
    assert!(one("", (200, &empty), 1).await.starts_with("Broken Balance: 0.00 dollars"));

    let voice = number(r#""sms_enabled":true"#, r#""sms_enabled":false"#);
    assert_eq!(
        one("Number", (200, &voice), 2).await,
        "Broken Number: +12025550100 cannot text. Set PLIVO_FROM to a number that can text."
    );
    let unregistered = number("COMPLETED", "UNREGISTERED");
    assert_eq!(
        one("Number", (200, &unregistered), 4).await,
        "Broken Registration: the number is not registered for the United States (10DLC), so \
         carriers block it. Register brand and campaign in Plivo's console, and link the number \
         to the campaign."
    );
    let elsewhere = APPLICATION.replace("text.example", "elsewhere.example");
    assert_eq!(
        one("Application", (200, &elsewhere), 3).await,
        "Broken Webhook: texts to the number lead elsewhere. Enter as the message URL of its \
         application in Plivo's console https://text.example/webhooks/plivo/inbound."
    );
    let bare = APPLICATION.replace("?token=Shut-Rye-33", "");
    assert_eq!(
        one("Application", (200, &bare), 3).await,
        "Broken Webhook: the address is ours, but lacks the right token. Enter as the message URL \
         of the number's application in Plivo's console \
         https://text.example/webhooks/plivo/inbound?token= and the value of PLIVO_WEBHOOK_TOKEN."
    );
    let filtered = r#"{"objects":[
        {"message_uuid":"1","message_state":"undelivered","error_code":"30"},
        {"message_uuid":"2","message_state":"undelivered","error_code":"50"},
        {"message_uuid":"3","message_state":"undelivered","error_code":"50"}]}"#;
    let path = "Message/?message_direction=outbound&message_state=undelivered";
    assert_eq!(
        one(path, (200, filtered), 5).await,
        "Doubtful Errors: 1 of the last texts failed with code 30: A carrier filtered the text \
         out, as unwanted. Links and words of advertising are the usual reasons; in the USA see \
         whether the number is registered."
    );
}

#[tokio::test]
async fn says_what_a_number_lacks() {
    let gone = found(&[("Number", (404, REFUSED)), ("Application", NOT_ASKED)]).await;
    assert_eq!(
        gone[2..],
        [
            "Broken Number: +12025550100 is not a number of the account. Set PLIVO_FROM to a \
             number that the account has rented.",
            NO_ERRORS
        ]
    );
    let alone = NUMBER.replace(r#""/v1/Account/MA1/Application/29986316244302815/""#, "null");
    let found_alone = found(&[("Number", (200, &alone)), ("Application", NOT_ASKED)]).await;
    assert_eq!(
        found_alone[3],
        "Broken Webhook: the number belongs to no application, so texts to it lead nowhere. Make \
         an application in Plivo's console with https://text.example/webhooks/plivo/inbound as \
         its message URL, and give the number to it."
    );

    let toll_free = NUMBER.replace("local", "tollfree").replace(r#""COMPLETED""#, "null");
    let verified = async |list: &str| {
        let different = [("Number", (200, &*toll_free)), ("Tollfree", (200, list))];
        found(&different).await.remove(4)
    };
    let approved = r#"{"objects":[{"status":"REJECTED"},{"status":"APPROVED"}]}"#;
    assert_eq!(verified(approved).await, "Works Registration: the toll-free number is verified");
    let submitted = verified(r#"{"objects":[{"status":"SUBMITTED"}]}"#).await;
    assert!(submitted.starts_with("Doubtful Registration: the toll-free number is being"));
    assert!(verified(NOTHING).await.starts_with("Broken Registration: the toll-free number is"));
}

#[test]
fn reads_its_number_however_it_is_written() {
    let from = |from: &str| {
        let settings = Settings::from([
            ("PLIVO_AUTH_ID", "MA1"),
            ("PLIVO_AUTH_TOKEN", "token"),
            ("PLIVO_FROM", from),
        ]);
        let plivo = Plivo::from_settings(&settings, PUBLIC_URL, Role::Everything).unwrap().unwrap();
        plivo.sender().to_owned()
    };
    assert_eq!(from("12025550100"), "+12025550100");
    assert_eq!(from("+12025550100"), "+12025550100");
    assert_eq!(from("Oakwood"), "Oakwood");
}

fn plivo(base_url: String, auth_token: &str) -> Plivo {
    Plivo {
        auth_id: "MA1".into(),
        auth_token: auth_token.into(),
        webhook_token: Some(TOKEN.into()),
        from: "+12025550100".into(),
        base_url,
        public_url: PUBLIC_URL.parse().unwrap(),
    }
}

/// Signs a call as Plivo does by version 3.
fn sign_3(token: &str, call: http::Request<Bytes>) -> http::Request<Bytes> {
    let sorted = |encoded: &[u8]| {
        let mut pairs: Vec<_> = form_urlencoded::parse(encoded).into_owned().collect();
        pairs.sort();
        pairs
    };
    let query = sorted(call.uri().query().unwrap_or_default().as_bytes());
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let form: String = sorted(call.body()).into_iter().flat_map(<[String; 2]>::from).collect();
    let follows = match (query.is_empty(), form.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("?{}", query.join("&")),
        (true, false) => format!("?{form}"),
        (false, false) => format!("?{}.{form}", query.join("&")),
    };
    signed(token, call, "x-plivo-signature-v3", &format!("{follows}."))
}

/// Signs a call as Plivo does by version 2.
fn sign_2(token: &str, call: http::Request<Bytes>) -> http::Request<Bytes> {
    signed(token, call, "x-plivo-signature-v2", "")
}

fn signed(
    token: &str,
    mut call: http::Request<Bytes>,
    name: &'static str,
    follows: &str,
) -> http::Request<Bytes> {
    let nonce = "05429567804466091622";
    let mac = Hmac::<Sha256>::new_from_slice(token.as_bytes())
        .unwrap()
        .chain_update(format!("{PUBLIC_URL}{}{follows}{nonce}", call.uri().path()));
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    call.headers_mut().insert(name, signature.parse().unwrap());
    let of_nonce: http::HeaderName = format!("{name}-nonce").parse().unwrap();
    call.headers_mut().insert(of_nonce, nonce.parse().unwrap());
    call
}
