use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::{Mode, Shown};
use sms::Provider;
use tokio::net::TcpListener;

use super::{SECRET, TOKEN, messagecentral};
use crate::harness::{Script, complaints, outgoing, patient, seen};
use crate::messagecentral::{MessageCentral, MessageCentralSettings};

#[tokio::test]
async fn finds_nothing_wrong_with_a_correct_account() {
    let company = fakes::MessageCentral::start().await;
    company.decide(Shown::Delivered);
    let messagecentral = account(&company);
    messagecentral.send(&patient(), &outgoing("Noon?")).await.unwrap();
    assert_eq!(
        seen(&messagecentral).await,
        [
            "Works Credentials: MessageCentral lets us in",
            "Works Balance: 100.00 credits are left",
            "Works Errors: 1 of the last 1 texts arrived",
        ]
    );
}

#[tokio::test]
async fn leaves_out_what_it_is_not_told() {
    let company = fakes::MessageCentral::start().await;
    for mode in [Mode::Fails(404, "<html>what?</html>".into()), Mode::Nonsense] {
        company.reports.set(mode);
        assert_eq!(
            seen(&account(&company)).await,
            ["Works Credentials: MessageCentral lets us in"]
        );
    }
}

#[tokio::test]
async fn says_that_there_is_no_credit() {
    let company = fakes::MessageCentral::start().await;
    company.no_credit();
    assert_eq!(
        complaints(&account(&company)).await,
        ["Broken Balance: there is no credit left on the account. Buy credit in \
             MessageCentral's console."]
    );
}

#[tokio::test]
async fn says_that_there_is_little_credit() {
    let company = fakes::MessageCentral::start().await;
    company.credit(4.2);
    assert_eq!(
        complaints(&account(&company)).await,
        ["Doubtful Balance: 4.20 credits are left of the 100.00 bought last. Buy credit in \
          MessageCentral's console."]
    );
}

#[tokio::test]
async fn says_that_a_password_is_wrong() {
    let company = fakes::MessageCentral::start().await;
    let settings =
        MessageCentralSettings { password_base64: Some("Z3Vlc3M=".into()), ..settings(&company) };
    assert_eq!(
        seen(&MessageCentral::new(settings)).await,
        ["Broken Credentials: MessageCentral gives no token: the customer id or the password is \
             wrong (token: 400). Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console \
             again."]
    );
}

#[tokio::test]
async fn tells_an_account_that_is_not_activated_from_a_wrong_password() {
    let not_active = r#"{"status":913,"message":"SMS_SUBSCRIPTION_NOT_ACTIVE"}"#;
    let script = Script::answering(&[(TOKEN, (200, not_active))]).await;
    assert_eq!(
        seen(&messagecentral(script.url.clone(), SECRET)).await,
        ["Broken Account: Texts are not activated on the account (913). Write to \
             MessageCentral's support: an account needs their help before its first text \
             (MessageNow)."]
    );
}

#[tokio::test]
async fn says_that_nobody_is_there() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(
        seen(&messagecentral(format!("http://{nobody}"), SECRET)).await,
        ["Broken Credentials: The provider could not be reached (connect). See the provider's \
             status page, and check that this machine reaches the internet."]
    );
}

#[tokio::test]
async fn says_that_calls_cannot_be_told_from_forged_ones() {
    let company = fakes::MessageCentral::start().await;
    let settings = MessageCentralSettings { webhook_token: None, ..settings(&company) };
    assert_eq!(
        complaints(&MessageCentral::new(settings)).await,
        ["Broken Webhook: every text that comes in is refused: MessageCentral signs nothing, \
             and there is no MC_WEBHOOK_TOKEN to know its calls by. Set MC_WEBHOOK_TOKEN to what \
             `openssl rand -base64 24` prints, and have MessageCentral call \
             /webhooks/messagecentral/inbound?token= followed by that, below PUBLIC_URL."]
    );
}

#[tokio::test]
async fn says_that_nothing_arrives() {
    let company = fakes::MessageCentral::start().await;
    let messagecentral = account(&company);
    for fate in [Shown::Waiting, Shown::Waiting, UNDELIVERED] {
        company.decide(fate);
        messagecentral.send(&patient(), &outgoing("Noon?")).await.unwrap();
    }
    let [complaint] = &complaints(&messagecentral).await[..] else { panic!("not one complaint") };
    let seen =
        "Doubtful Errors: 0 of the last 3 texts arrived: ENROUTE 2, UNDELIV 1. See the reports";
    assert!(complaint.starts_with(seen), "{complaint}");
}

const UNDELIVERED: Shown = Shown::Undelivered;

fn account(company: &fakes::MessageCentral) -> MessageCentral {
    MessageCentral::new(settings(company))
}

fn settings(company: &fakes::MessageCentral) -> MessageCentralSettings {
    let encoded = STANDARD.encode(company.password());
    MessageCentralSettings {
        customer_id: company.customer_id().into(),
        password_base64: Some(encoded.into()),
        email: None,
        ..super::settings(company.url(), SECRET)
    }
}
