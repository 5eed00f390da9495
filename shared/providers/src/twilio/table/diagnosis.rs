use fakes::TwilioSetup;
use sms::Provider as _;

use crate::harness::{Script, complaints, outgoing, patient, seen};
use crate::twilio::Twilio;

#[tokio::test]
async fn finds_nothing_wrong_with_a_correct_account() {
    let works = [
        "Works Credentials: Twilio lets us in",
        "Works Account: the account is active",
        "Works Balance: 42.50 USD are left",
        "Works Number: +12025550100 is ours and can text",
        "Works Webhook: texts to +12025550100 come to https://text.example/webhooks/twilio/inbound",
        "Works Registration: +12025550100 has a registered campaign",
        "Works Countries: texts to US are permitted",
        "Works Errors: no complaint since yesterday",
    ];
    let company = fakes::Twilio::start().await;
    assert_eq!(seen(&account(&company)).await, works);
    assert_eq!(seen(&by_service(&company)).await, works);
    assert_eq!(seen(&Twilio { from: None, ..by_service(&company) }).await, works);
}

#[tokio::test]
async fn says_nothing_of_the_united_states_where_a_number_is_toll_free() {
    let company = fakes::Twilio::with_number("+18005550100").await;
    company.set_up(|setup| setup.campaign = None);
    let seen = seen(&account(&company)).await;
    assert_eq!(complaints(&account(&company)).await, [""; 0]);
    assert!(seen.contains(&"Works Registration: +18005550100 is verified".into()), "{seen:?}");
}

#[tokio::test]
async fn takes_an_address_for_ours_however_it_is_written() {
    for url in [
        "https://text.example/webhooks/twilio/inbound#rp=all",
        "https://TEXT.example:443/webhooks/twilio/inbound#rc=3&rp=all",
    ] {
        let said = complaint(|setup| setup.sms_url = url.into()).await;
        assert_eq!(said, "", "{url}");
    }
    let ours = || Some("https://text.example/webhooks/twilio/inbound#rc=5&rp=all".into());
    assert_eq!(complaint(|setup| setup.service_url = ours()).await, "");
    assert_eq!(complaint(|setup| setup.application_url = ours()).await, "");
}

#[tokio::test]
async fn says_what_is_wrong_with_the_account() {
    for (fault, said) in [
        (
            fault(|setup| setup.kind = "Trial"),
            "Doubtful Account: this is a trial account, which only texts verified numbers. Upgrade \
             the account in Twilio's console.",
        ),
        (
            fault(|setup| setup.status = "suspended"),
            "Broken Account: the account is suspended. See the reason in Twilio's console, and \
             write to Twilio's support.",
        ),
        (
            fault(|setup| setup.balance = -0.25),
            "Broken Balance: -0.25 USD are left. Pay in, and switch automatic recharging on, in \
             Twilio's console under Billing.",
        ),
        (
            fault(|setup| setup.spent = 15.0),
            "Doubtful Balance: 42.50 USD are left, which last 3 days at the pace of this week. Pay \
             in, and switch automatic recharging on, in Twilio's console under Billing.",
        ),
        (
            fault(|setup| (setup.balance, setup.spent) = (0.5, 0.0)),
            "Doubtful Balance: 0.50 USD are left. Pay in, and switch automatic recharging on, in \
             Twilio's console under Billing.",
        ),
        (
            fault(|setup| setup.permitted = false),
            "Broken Countries: texts to US are switched off. Switch the country on in Twilio's \
             console under Messaging, Settings, Geo permissions.",
        ),
    ] {
        assert_eq!(complaint(fault).await, said);
    }
}

#[tokio::test]
async fn says_what_is_wrong_with_the_number() {
    for (fault, said) in [
        (
            fault(|setup| setup.owned = false),
            "Broken Number: +12025550100 is not a number of this account. Set TWILIO_FROM to a number \
             that the account owns, as +12025550100.",
        ),
        (
            fault(|setup| setup.can_text = false),
            "Broken Number: +12025550100 cannot text. Set TWILIO_FROM to a number with the \
             capability SMS.",
        ),
    ] {
        assert_eq!(complaint(fault).await, said);
    }
}

#[tokio::test]
async fn says_what_is_wrong_with_a_messaging_service() {
    let company = fakes::Twilio::start().await;
    let nameless = Twilio { from: None, ..by_service(&company) };
    company.set_up(|setup| setup.service = false);
    assert_eq!(
        complaints(&nameless).await,
        ["Broken Number: Twilio knows no such messaging service. Copy \
             TWILIO_MESSAGING_SERVICE_SID from Twilio's console again."]
    );
    company.set_up(|setup| (setup.service, setup.pooled) = (true, false));
    assert_eq!(
        complaints(&nameless).await,
        ["Broken Number: the messaging service has no number. Add a number to the messaging \
             service in Twilio's console."]
    );
}

#[tokio::test]
async fn says_when_twilio_would_give_up_a_text() {
    const OURS: &str = "https://text.example/webhooks/twilio/inbound";
    for ending in ["", "#rc=5", "#rc=5&rp=5xx,ct,rt"] {
        let setup = fault(move |setup| setup.sms_url = format!("{OURS}{ending}"));
        assert_eq!(
            complaint(setup).await,
            "Doubtful Webhook: +12025550100 gives up a text that we cannot take at once. Enter \
             https://text.example/webhooks/twilio/inbound#rc=5&rp=all with HTTP POST in Twilio's \
             console, at the number, under Messaging.",
            "{ending}"
        );
    }
}

#[tokio::test]
async fn says_where_texts_go_that_do_not_come_to_us() {
    const AT_THE_NUMBER: &str = "Enter \
        https://text.example/webhooks/twilio/inbound#rc=5&rp=all with HTTP POST in Twilio's \
        console, at the number, under Messaging.";
    for (fault, said) in [
        (
            fault(|setup| setup.sms_url = "https://demo.twilio.com/welcome?token=Noon".into()),
            "Broken Webhook: +12025550100 sends texts to https://demo.twilio.com/welcome",
        ),
        (
            fault(|setup| setup.sms_url = "http://text.example/webhooks/twilio/inbound".into()),
            "Broken Webhook: +12025550100 sends texts to \
             http://text.example/webhooks/twilio/inbound",
        ),
        (
            fault(|setup| setup.sms_url = "https://text.example/webhooks/twilio/inbound/".into()),
            "Broken Webhook: +12025550100 sends texts to \
             https://text.example/webhooks/twilio/inbound/",
        ),
        (
            fault(|setup| setup.sms_url = String::new()),
            "Broken Webhook: texts to +12025550100 are dropped: +12025550100 has no address to \
             send them to",
        ),
        (
            fault(|setup| setup.sms_method = "GET"),
            "Broken Webhook: +12025550100 calls our address with GET instead of POST",
        ),
    ] {
        assert_eq!(complaint(fault).await, format!("{said}. {AT_THE_NUMBER}"));
    }
    for (fault, said) in [
        (
            fault(|setup| setup.service_url = Some(String::new())),
            "Broken Webhook: texts to +12025550100 are dropped: the messaging service of \
             +12025550100 has no address to send them to. Enter",
        ),
        (
            fault(|setup| setup.service_url = Some("https://old.example/sms".into())),
            "Broken Webhook: the messaging service of +12025550100 sends texts to \
             https://old.example/sms. Enter",
        ),
        (
            fault(|setup| setup.application_url = Some("https://old.example/sms".into())),
            "Broken Webhook: the TwiML application of +12025550100 sends texts to \
             https://old.example/sms. Enter",
        ),
    ] {
        let complaint = complaint(fault).await;
        assert!(complaint.starts_with(said), "{complaint}");
    }
}

#[tokio::test]
async fn says_that_nobody_can_call_this_machine() {
    let company = fakes::Twilio::start().await;
    let at_home =
        Twilio { public_url: "http://localhost:5000".parse().unwrap(), ..account(&company) };
    assert_eq!(
        complaints(&at_home).await,
        ["Broken Webhook: Twilio cannot call http://localhost:5000/, which is only \
          on this machine. Set PUBLIC_URL to an address at which Twilio reaches this machine."]
    );
}

#[tokio::test]
async fn says_how_far_registration_is() {
    for (fault, said) in [
        (
            fault(|setup| setup.campaign = None),
            "Broken Registration: +12025550100 is not registered for the United States (A2P \
             10DLC), where carriers refuse its texts. Register brand and campaign",
        ),
        (
            fault(|setup| setup.pooled = false),
            "Broken Registration: +12025550100 is not registered for the United States (A2P \
             10DLC), where carriers refuse its texts. Register brand and campaign",
        ),
        (
            fault(|setup| setup.campaign = Some("IN_PROGRESS")),
            "Broken Registration: the campaign is in review, and carriers of the United States \
             refuse texts until it is through. Wait",
        ),
        (
            fault(|setup| setup.campaign = Some("SUSPENDED")),
            "Broken Registration: the campaign is suspended. See the reason",
        ),
        (
            fault(|setup| (setup.campaign, setup.brand) = (None, Some("IN_REVIEW"))),
            "Broken Registration: the brand is in review, and carriers of the United States wait \
             for it. Wait",
        ),
        (
            fault(|setup| {
                (setup.brand, setup.brand_feedback) = (Some("FAILED"), vec!["TAX_ID"]);
            }),
            "Broken Registration: the brand was rejected: the tax number does not belong to this \
             business. Correct it",
        ),
        (
            fault(|setup| setup.brand = Some("SUSPENDED")),
            "Broken Registration: the brand is suspended. See the reason",
        ),
    ] {
        let complaint = complaint(fault).await;
        assert!(complaint.starts_with(said), "{complaint}");
    }
}

#[tokio::test]
async fn explains_why_a_campaign_was_rejected() {
    for (codes, again) in [
        (vec![30908, 30909, 30917, 30919, 30924, 30891, 30893, 30910, 30513], true),
        (vec![30883], false),
        (vec![30885], false),
        (vec![30897], false),
        (vec![30952], false),
    ] {
        for code in codes {
            let said = rejected_for(vec![code]).await;
            assert!(said.contains(&format!("({code}). ")), "{said}");
            assert!(!said.contains("has been reviewed"), "{code} is not explained: {said}");
            assert_eq!(said.ends_with("It cannot be submitted again."), !again, "{said}");
        }
    }
    assert_eq!(
        rejected_for(vec![30908, 30883]).await,
        "Broken Registration: the campaign was rejected: the privacy policy is missing, cannot be \
         opened, or allows sharing of mobile data (30908); sex, hate, alcohol, firearms or tobacco \
         are not permitted (30883). Have the policy say that numbers and consent are shared with \
         nobody for marketing; the page /privacy of the function site does. Do not text \
         about it from a number in the United States. It cannot be submitted again."
    );
    assert_eq!(
        rejected_for(vec![30900]).await,
        "Broken Registration: the campaign was rejected: The campaign submission has been reviewed \
         and it was rejected (30900). See the reason in Twilio's console, and correct it. Then \
         submit it again, which may cost the vetting fee once more."
    );
}

async fn rejected_for(codes: Vec<u32>) -> String {
    complaint(move |setup| (setup.campaign, setup.campaign_errors) = (Some("FAILED"), codes)).await
}

#[tokio::test]
async fn says_how_far_the_verification_of_a_toll_free_number_is() {
    let company = fakes::Twilio::with_number("+18885550100").await;
    for (status, said) in [
        (
            None,
            "Broken Registration: +18885550100 is not verified, and carriers accept nothing from it \
             until it is",
        ),
        (
            Some("IN_REVIEW"),
            "Broken Registration: +18885550100 is being verified, and carriers accept nothing from \
             it until it is",
        ),
    ] {
        company.set_up(|setup| setup.verification = status);
        let [complaint] = &complaints(&account(&company)).await[..] else { panic!("{status:?}") };
        assert!(complaint.starts_with(said), "{complaint}");
    }
    company.set_up(|setup| {
        setup.verification = Some("TWILIO_REJECTED");
        setup.verification_error = Some(30513);
        setup.edit_expiration = Some("2026-11-30T00:00:00Z");
    });
    let rejected = "Broken Registration: the verification of +18885550100 was rejected: it is not \
        clear that people agree to be texted (30513). Ask for consent to text messages in plain \
        words, apart from accepting the terms.";
    assert_eq!(
        complaints(&account(&company)).await,
        [format!("{rejected} It can be corrected until 2026-11-30.")]
    );
    company.set_up(|setup| setup.edit_expiration = None);
    assert_eq!(
        complaints(&account(&company)).await,
        [format!("{rejected} It cannot be submitted again.")]
    );
}

#[tokio::test]
async fn counts_complaints_and_explains_them() {
    let company = fakes::Twilio::start().await;
    company.set_up(|setup| setup.alerts = vec![30007, 11200, 30003, 11200, 99999, 21610, 11200]);
    assert_eq!(
        complaints(&account(&company)).await,
        [
            "Doubtful Errors: 11200 came 3 times since yesterday: Our address did not answer with \
             a success. Look for the answer in the log, and check that PUBLIC_URL leads here.",
            "Doubtful Errors: 30007 came once since yesterday: A carrier filtered the text out, as \
             unwanted. See in Twilio's console which rule it met; links and words of advertising \
             are the usual reasons.",
            "Doubtful Errors: 99999 came once since yesterday: An error that is not on our \
             list. Look it up at https://www.twilio.com/docs/api/errors/99999.",
        ]
    );
    company.set_up(|setup| setup.alerts = vec![30003, 21610]);
    assert_eq!(complaints(&account(&company)).await, [""; 0]);
}

#[tokio::test]
async fn looks_no_further_without_credentials() {
    for (status, body, said) in [
        (
            401,
            r#"{"code":20003,"message":"Authenticate"}"#,
            "Broken Credentials: Twilio does not let us in: the credentials are wrong, or the \
             account is suspended (20003)",
        ),
        (
            403,
            r#"{"code":20008}"#,
            "Broken Credentials: These are test credentials, which send nothing (20008)",
        ),
        (404, r#"{"code":20404}"#, "Broken Credentials: Twilio knows no such account (20404)"),
        (200, "<html>It works!</html>", "Broken Credentials: The provider answered in a form"),
    ] {
        let asked = format!("GET /2010-04-01/Accounts/AC1.json {}", super::BASIC);
        let script = Script::answering(&[(&asked, (status, body))]).await;
        let twilio = super::twilio(script.url.clone(), super::SECRET);
        let seen = seen(&twilio).await;
        assert!(seen.len() == 1 && seen[0].starts_with(said), "{seen:?}");
        assert_eq!(script.seen(), [asked]);
    }
}

#[tokio::test]
async fn doubts_what_it_may_not_see() {
    for (path, check, what) in [
        ("/Balance.json", "Balance", "the balance"),
        ("/IncomingPhoneNumbers.json", "Number", "the account's numbers"),
        ("/Services", "Number", "the messaging services"),
        ("/Usa2p", "Registration", "the campaign of +12025550100"),
        ("/Alerts", "Errors", "its alerts"),
        ("/GeoPermissions", "Countries", "the permitted countries"),
    ] {
        assert_eq!(
            complaint(move |setup| setup.hidden = vec![path]).await,
            format!(
                "Doubtful {check}: Twilio does not show {what}: these credentials may not see it \
                 (20006). See it in Twilio's console, or try again."
            )
        );
    }
    assert_eq!(complaint(|setup| setup.hidden = vec!["/Daily.json"]).await, "");
}

#[tokio::test]
async fn changes_nothing_there() {
    let company = fakes::Twilio::start().await;
    let twilio = account(&company);
    twilio.send(&patient(), &outgoing("Noon?")).await.unwrap();
    seen(&twilio).await;
    assert_eq!(company.messages().len(), 1);
}

/// The finding about an account with this fault: one at most.
async fn complaint(fault: impl FnOnce(&mut TwilioSetup)) -> String {
    let company = fakes::Twilio::start().await;
    company.set_up(fault);
    let complaints = complaints(&account(&company)).await;
    assert!(complaints.len() <= 1, "{complaints:#?}");
    complaints.concat()
}

/// One of several accounts with different faults.
fn fault(change: impl FnOnce(&mut TwilioSetup) + 'static) -> Box<dyn FnOnce(&mut TwilioSetup)> {
    Box::new(change)
}

fn account(company: &fakes::Twilio) -> Twilio {
    Twilio {
        account_sid: company.account_sid().into(),
        auth_token: company.auth_token().into(),
        from: Some(company.number().into()),
        ..super::twilio(company.url(), super::SECRET)
    }
}

fn by_service(company: &fakes::Twilio) -> Twilio {
    let service = Some(company.messaging_service().into());
    Twilio { messaging_service_sid: service, ..account(company) }
}
