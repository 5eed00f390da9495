use super::{BASIC, REFUSED, SECRET, plivo};
use crate::harness::diagnosed;

const ACCOUNT: &str = r#"{"account_type":"standard","api_id":"1","auth_id":"MA1",
    "auto_recharge":false,"billing_mode":"prepaid","cash_credits":"14.88860","state":""}"#;
const NUMBER: &str = r#"{"api_id":"1","number":"12025550100","number_type":"local",
    "application":"/v1/Account/MA1/Application/29986316244302815/","sms_enabled":true,
    "tendlc_campaign_id":"C1","tendlc_registration_status":"COMPLETED"}"#;
const APPLICATION: &str = r#"{"api_id":"1","message_method":"POST",
    "message_url":"https://text.example/webhooks/plivo/inbound?token=Shut-Rye-33"}"#;
const NOTHING: &str = r#"{"api_id":"1","meta":{"total_count":0},"objects":[]}"#;

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
