//! `doctor`'s findings about each provider: only ticks for a correct account, and for each fault
//! one sentence and a fix.

use fakes::{AwsSms, Mode, Plivo, TwilioSetup, Vonage};
use product::{PUBLIC_URL, Ran, WEBHOOK_TOKEN};
use serde_json::{Value, json};

use super::{Deployed, check, not_ticked};

#[tokio::test]
async fn a_correct_account_at_twilio_is_all_ticks() {
    let mut deployed = twilio().await;
    assert_eq!(
        ticks(&deployed.doctor(&[]).await, "twilio"),
        [
            "credentials: Twilio lets us in",
            "account: the account is active",
            "balance: 42.50 USD are left",
            "number: +12025550100 is ours and can text",
            "webhook: texts to +12025550100 come to https://sms.example.test/webhooks/twilio/inbound",
            "registration: +12025550100 has a registered campaign",
            "countries: texts to US are permitted",
            "errors: no complaint since yesterday",
        ]
    );
}

#[tokio::test]
async fn a_correct_pair_of_the_house_is_all_ticks() {
    let mut deployed = of_the_house().await;
    let ran = deployed.doctor(&[]).await;
    assert_eq!(
        ticks(&ran, "messagecentral"),
        ["credentials: MessageCentral lets us in", "balance: 100.00 credits are left"]
    );
    assert_eq!(ticks(&ran, "twilio").len(), 8);
    let webhooks = "    ✓ webhooks: forged calls as messagecentral and twilio are refused";
    assert!(ran.printed.iter().any(|line| line == webhooks), "{ran:?}");
}

#[tokio::test]
async fn a_correct_account_at_vonage_is_all_ticks() {
    let (mut deployed, _vonage) = vonage().await;
    assert_eq!(
        ticks(&deployed.doctor(&[]).await, "vonage"),
        ["credentials: Vonage accepts the application's key"]
    );
}

#[tokio::test]
async fn a_correct_account_at_plivo_is_all_ticks() {
    let (mut deployed, _plivo) = plivo().await;
    assert_eq!(
        ticks(&deployed.doctor(&[]).await, "plivo"),
        [
            "credentials: Plivo lets us in",
            "balance: 14.89 dollars are left",
            "number: +12025550120 is ours and can text",
            "webhook: texts to the number lead to https://sms.example.test/webhooks/plivo/inbound",
            "registration: the number is registered (10DLC)",
            "errors: nothing failed within a day except on people's own phones",
        ]
    );
}

#[tokio::test]
async fn a_correct_account_at_aws_is_all_ticks() {
    let (mut deployed, _aws) = aws().await;
    assert_eq!(
        ticks(&deployed.doctor(&[]).await, "aws"),
        [
            "credentials: AWS lets us in",
            "account: the account texts everybody",
            "balance: 50 US dollars a month may be spent on texts",
            "number: +12025550100 is ours and can text",
            "webhook: arn:aws:sns:us-east-1:123456789012:texts calls \
             https://sms.example.test/webhooks/aws/inbound",
            "registration: the registration of +12025550100 is COMPLETE",
            "webhook: arn:aws:sns:us-east-1:123456789012:events calls \
             https://sms.example.test/webhooks/aws/status",
        ]
    );
}

#[tokio::test]
async fn each_setting_of_a_provider_that_is_wrong_is_named_and_nothing_else() {
    let mut deployed = of_the_house().await;
    let right = deployed.product.settings.clone();
    for (setting, found, fix) in [
        (
            ("TWILIO_AUTH_TOKEN", "not-the-token"),
            "✗ credentials: Twilio does not let us in: the credentials are wrong",
            "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again",
        ),
        (
            ("TWILIO_FROM", "+12025550177"),
            "✗ number: +12025550177 is not a number of this account",
            "Set TWILIO_FROM to a number that the account owns",
        ),
        (
            ("MC_PASSWORD", "not-the-password"),
            "✗ credentials: MessageCentral gives no token: the customer id or the password is wrong",
            "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
        ),
        (
            ("MC_WEBHOOK_TOKEN", ""),
            "✗ webhook: every text that comes in is refused",
            "Set MC_WEBHOOK_TOKEN to what `openssl rand -base64 24` prints",
        ),
    ] {
        deployed.product.settings.clone_from(&right);
        deployed.set(&[setting]);
        check(&deployed.doctor(&[]).await, found, fix);
    }
}

#[tokio::test]
async fn each_fault_of_an_account_at_twilio_is_named_and_nothing_else() {
    type Fault = fn(&mut TwilioSetup);
    let faults: [(Fault, &str, &str); 9] = [
        (
            |setup| setup.status = "suspended",
            "✗ account: the account is suspended",
            "See the reason in Twilio's console",
        ),
        (
            |setup| setup.kind = "Trial",
            "! account: this is a trial account, which only texts verified numbers",
            "Upgrade the account in Twilio's console.",
        ),
        (|setup| setup.balance = 0.0, "✗ balance: 0.00 USD are left", "Pay in"),
        (
            |setup| setup.can_text = false,
            "✗ number: +12025550100 cannot text",
            "Set TWILIO_FROM to a number with the capability SMS.",
        ),
        (
            |setup| setup.sms_url = "https://demo.twilio.com/welcome/sms/reply".into(),
            "✗ webhook: +12025550100 sends texts to https://demo.twilio.com/welcome/sms/reply",
            "Enter https://sms.example.test/webhooks/twilio/inbound#rc=5&rp=all with HTTP \
             POST in Twilio's console, at the number, under Messaging.",
        ),
        (
            |setup| (setup.campaign, setup.campaign_errors) = (Some("FAILED"), vec![30908]),
            "✗ registration: the campaign was rejected: the privacy policy is missing, cannot be \
             opened, or allows sharing of mobile data (30908)",
            "Have the policy say that numbers and consent are shared with nobody for marketing",
        ),
        (
            |setup| setup.campaign = None,
            "✗ registration: +12025550100 is not registered for the United States (A2P 10DLC)",
            "Register brand and campaign",
        ),
        (
            |setup| setup.permitted = false,
            "✗ countries: texts to US are switched off",
            "Switch the country on in Twilio's console",
        ),
        (
            |setup| setup.alerts = vec![11200, 11200],
            "! errors: 11200 came 2 times since yesterday: Our address did not answer",
            "Look for the answer in the log",
        ),
    ];
    let mut deployed = twilio().await;
    for (fault, found, fix) in faults {
        deployed.product.companies.twilio.set_up(|setup| {
            *setup = TwilioSetup::default();
            setup.sms_url = ours("twilio") + "#rc=5&rp=all";
            fault(setup);
        });
        check(&deployed.doctor(&[]).await, found, fix);
    }
}

#[tokio::test]
async fn each_fault_of_an_account_at_messagecentral_is_named_and_nothing_else() {
    let mut deployed = of_the_house().await;
    deployed.product.companies.messagecentral.credit(0.0);
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ balance: there is no credit left on the account", "Buy credit");

    // The password is right, but the account is not ready for texts.
    let inactive = json!({ "status": 913, "message": "SMS_SUBSCRIPTION_NOT_ACTIVE" });
    deployed.product.companies.messagecentral.tokens.set(Mode::Fails(200, inactive.to_string()));
    let ran = deployed.doctor(&[]).await;
    check(
        &ran,
        "✗ account: Texts are not activated on the account (913)",
        "Write to MessageCentral's support",
    );
}

#[tokio::test]
async fn each_fault_of_an_account_at_vonage_is_named_and_nothing_else() {
    let (mut deployed, vonage) = vonage().await;
    for (code, found, fix) in [
        (
            "unauthorized",
            "✗ credentials: Vonage does not let us in: application and private key do not belong \
             together",
            "Copy VONAGE_APPLICATION_ID from Vonage's dashboard again",
        ),
        ("low-balance", "✗ balance: The account has too little credit", "Top it up"),
        ("account-suspended", "✗ account: The account is suspended", "Write to Vonage's support."),
    ] {
        vonage.refuse_with(code);
        check(&deployed.doctor(&[]).await, found, fix);
    }
    vonage.accept();
    deployed.set(&[("VONAGE_APPLICATION_ID", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab")]);
    let ran = deployed.doctor(&[]).await;
    check(&ran, "✗ credentials: Vonage does not let us in", "Copy VONAGE_APPLICATION_ID");
    assert!(vonage.messages().is_empty(), "looking sends nothing");
}

#[tokio::test]
async fn each_fault_of_an_account_at_plivo_is_named_and_nothing_else() {
    type Fault = fn(&Plivo);
    let faults: [(Fault, &str, &str); 4] = [
        (|plivo| plivo.leave("0.00000"), "✗ balance: 0.00 dollars are left", "Top it up"),
        (
            |plivo| plivo.register("UNREGISTERED"),
            "✗ registration: the number is not registered for the United States (10DLC)",
            "Register brand and campaign in Plivo's console",
        ),
        (
            |plivo| plivo.enter("https://elsewhere.example/sms"),
            "✗ webhook: texts to the number lead elsewhere",
            "Enter as the message URL of its application in Plivo's console \
             https://sms.example.test/webhooks/plivo/inbound",
        ),
        (
            |plivo| plivo.refuse_with(403),
            "✗ account: Plivo knows the account, but does not let it do this",
            "Check in Plivo's console that the account is activated.",
        ),
    ];
    let (mut deployed, plivo) = plivo().await;
    for (fault, found, fix) in faults {
        plivo.leave("14.88860");
        plivo.register("COMPLETED");
        plivo.enter(&with_token());
        fault(&plivo);
        check(&deployed.doctor(&[]).await, found, fix);
    }
    plivo.accept();
    let right = deployed.product.settings.clone();
    for (setting, found, fix) in [
        (
            ("PLIVO_AUTH_TOKEN", "not-the-token"),
            "✗ credentials: Plivo does not let us in: the credentials are wrong",
            "Copy PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN from Plivo's console again.",
        ),
        (
            ("PLIVO_FROM", "+12025550177"),
            "✗ number: +12025550177 is not a number of the account",
            "Set PLIVO_FROM to a number that the account has rented.",
        ),
        (
            ("PLIVO_WEBHOOK_TOKEN", "another-word-of-the-owner"),
            "✗ webhook: the address is ours, but lacks the right token",
            "Enter as the message URL",
        ),
    ] {
        deployed.product.settings.clone_from(&right);
        deployed.set(&[setting]);
        check(&deployed.doctor(&[]).await, found, fix);
    }
}

#[tokio::test]
async fn each_fault_of_an_account_at_aws_is_named_and_nothing_else() {
    type Fault = fn(&mut Value);
    let faults: [(&str, Fault, &str, &str); 5] = [
        (
            "DescribeAccountAttributes",
            |shown| shown["AccountAttributes"][0]["Value"] = "SANDBOX".into(),
            "! account: the account is in the SMS sandbox",
            "Ask AWS for production access",
        ),
        (
            "DescribeSpendLimits",
            |shown| shown["SpendLimits"][0]["EnforcedLimit"] = 0.into(),
            "✗ balance: 0 US dollars a month may be spent on texts",
            "Raise the limit in AWS's console",
        ),
        (
            "DescribePhoneNumbers",
            |shown| shown["PhoneNumbers"][0]["NumberCapabilities"] = json!(["VOICE"]),
            "✗ number: +12025550100 cannot text",
            "Set AWS_SMS_ORIGINATION to a number with the capability SMS.",
        ),
        (
            "DescribePhoneNumbers",
            |shown| shown["PhoneNumbers"][0]["TwoWayEnabled"] = false.into(),
            "✗ webhook: texts to +12025550100 go nowhere",
            "Switch two-way messaging on for it",
        ),
        (
            "DescribeRegistrations",
            |shown| shown["Registrations"][0]["RegistrationStatus"] = "REQUIRES_UPDATES".into(),
            "✗ registration: the registration of +12025550100 is REQUIRES_UPDATES",
            "See in AWS's console under AWS End User Messaging, Registrations",
        ),
    ];
    let (mut deployed, aws) = aws().await;
    for (action, fault, found, fix) in faults {
        aws.show(action, fault);
        check(&deployed.doctor(&[]).await, found, fix);
        aws.show(action, |_| {});
    }
    deployed.set(&[("AWS_SECRET_ACCESS_KEY", "not-the-key")]);
    let ran = deployed.doctor(&[]).await;
    check(
        &ran,
        "✗ credentials: AWS rejects the signature: the secret key or the clock is wrong",
        "Copy AWS_SECRET_ACCESS_KEY again",
    );
}

/// Twilio, set up correctly.
pub(super) async fn twilio() -> Deployed {
    let deployed = Deployed::start(&["twilio"]).await;
    deployed
        .product
        .companies
        .twilio
        .set_up(|setup| setup.sms_url = ours("twilio") + "#rc=5&rp=all");
    deployed
}

/// MessageCentral and Twilio, set up correctly.
pub(super) async fn of_the_house() -> Deployed {
    let deployed = Deployed::start(&["messagecentral", "twilio"]).await;
    deployed
        .product
        .companies
        .twilio
        .set_up(|setup| setup.sms_url = ours("twilio") + "#rc=5&rp=all");
    deployed
}

async fn vonage() -> (Deployed, Vonage) {
    let vonage = Vonage::start().await;
    let settings = [
        ("VONAGE_APPLICATION_ID", vonage.application_id()),
        ("VONAGE_BASE_URL", &vonage.url()),
        ("VONAGE_FROM", vonage.number()),
        ("VONAGE_PRIVATE_KEY", vonage.private_key()),
        ("VONAGE_SIGNATURE_SECRET", vonage.signature_secret()),
    ];
    (Deployed::start_with(&[], &settings).await, vonage)
}

async fn plivo() -> (Deployed, Plivo) {
    let plivo = Plivo::start().await;
    plivo.enter(&with_token());
    let settings = [
        ("PLIVO_AUTH_ID", plivo.auth_id()),
        ("PLIVO_AUTH_TOKEN", plivo.auth_token()),
        ("PLIVO_BASE_URL", &plivo.url()),
        ("PLIVO_FROM", plivo.number()),
        ("PLIVO_WEBHOOK_TOKEN", WEBHOOK_TOKEN),
    ];
    (Deployed::start_with(&[], &settings).await, plivo)
}

async fn aws() -> (Deployed, AwsSms) {
    let aws = AwsSms::start().await;
    let settings = aws.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut deployed = Deployed::start_with(&[], &settings).await;
    let route = deployed.product.route();
    for call in [aws.subscribe_texts(&route), aws.subscribe_events(&route)] {
        assert_eq!(deployed.product.post(&call).await.status, 200);
    }
    (deployed, aws)
}

/// The address that a provider's texts have to go to.
fn ours(provider: &str) -> String {
    format!("{PUBLIC_URL}/webhooks/{provider}/inbound")
}

fn with_token() -> String {
    format!("{}?token={WEBHOOK_TOKEN}", ours("plivo"))
}

/// The findings about a provider, if nothing is wrong anywhere.
fn ticks<'a>(ran: &'a Ran, provider: &str) -> Vec<&'a str> {
    assert_eq!(not_ticked(ran), [""; 0], "{ran:?}");
    assert_eq!(ran.code, Some(0));
    let title = format!("[✓] {provider}");
    let lines = ran.printed.iter().skip_while(|line| **line != title).skip(1);
    lines.map_while(|line| line.strip_prefix("    ✓ ")).collect()
}
