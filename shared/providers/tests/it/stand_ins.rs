//! The providers against the stand-ins that the rest of the product is tested with.

use bytes::Bytes;
use fakes::{Route, WebhookCall};
use jiff::Timestamp;
use providers::{Plivo, Vonage};
use sms::{Found, Provider, Verdict, WebhookError};

use crate::harness::{THEIRS, outgoing, patient, receive, received_line};

const PUBLIC_URL: &str = "https://text.example";

#[tokio::test]
async fn vonage_believes_us_and_we_believe_vonage() {
    let company = fakes::Vonage::start().await;
    let vonage = Vonage {
        application_id: company.application_id().into(),
        private_key: Some(company.private_key().into()),
        signature_secret: Some(company.signature_secret().into()),
        from: format!("+{}", company.number()),
        base_url: company.url(),
        public_url: PUBLIC_URL.parse().unwrap(),
    };
    let id = vonage.send(&patient(), &outgoing("Noon?")).await.unwrap();
    assert_eq!(company.texts_to(THEIRS), ["Noon?"]);

    let route = route();
    let receipt = company.receipt(&route, &id, "rejected", Some(1240));
    let expected = format!("{id} of attempt-1: Failed (rejected 1240)");
    assert_eq!(said(&vonage, "/webhooks/vonage/status", &receipt).await, expected);

    let text = company.inbound(&route, THEIRS, "Noon!");
    let received = said(&vonage, "/webhooks/vonage/inbound", &text).await;
    assert!(received.contains(&format!("{THEIRS} -> +{}", company.number())), "{received}");
    let forged = company.forged(&route, THEIRS, "Noon!");
    assert_eq!(said(&vonage, "/webhooks/vonage/inbound", &forged).await, "forged");

    assert_eq!(faults(&vonage).await, [""; 0]);
    for (code, check) in
        [("unauthorized", "Credentials"), ("low-balance", "Balance"), ("forbidden", "Account")]
    {
        company.refuse_with(code);
        assert_eq!(faults(&vonage).await, [check]);
    }
    assert_eq!(company.messages().len(), 1, "looking at the account sends nothing");
}

#[tokio::test]
async fn plivo_believes_us_and_we_believe_plivo() {
    let company = fakes::Plivo::start().await;
    let plivo = Plivo {
        auth_id: company.auth_id().into(),
        auth_token: company.auth_token().into(),
        webhook_token: Some("word".into()),
        from: format!("+{}", company.number()),
        base_url: company.url(),
        public_url: PUBLIC_URL.parse().unwrap(),
    };
    let id = plivo.send(&patient(), &outgoing("Noon?")).await.unwrap();
    assert_eq!(company.texts_to(THEIRS), ["Noon?"]);

    let route = route();
    let url = company.messages()[0].url.clone().unwrap();
    let receipt = company.receipt(&route, &id, "undelivered", Some(70));
    let expected = format!("{id} of attempt-1: Undelivered (undelivered 70)");
    assert_eq!(said(&plivo, url.strip_prefix(PUBLIC_URL).unwrap(), &receipt).await, expected);
    let polled = plivo.poll(&patient(), &id, &outgoing("Noon?"), Timestamp::now()).await;
    assert!(matches!(polled, Ok(Found::Known(receipt)) if receipt.raw_status == "undelivered"));

    assert_eq!(faults(&plivo).await, ["Webhook"]);
    company.enter("https://text.example/webhooks/plivo/inbound?token=word");
    assert_eq!(faults(&plivo).await, [""; 0]);

    let text = company.inbound(&route, THEIRS, "Noon!");
    let received = said(&plivo, "/webhooks/plivo/inbound?token=word", &text).await;
    assert!(received.contains(&format!("{THEIRS} -> +{}", company.number())), "{received}");
    let forged = company.forged(&route, THEIRS, "Noon!");
    assert_eq!(said(&plivo, "/webhooks/plivo/inbound?token=word", &forged).await, "forged");

    company.leave("0.00000");
    company.register("UNREGISTERED");
    assert_eq!(faults(&plivo).await, ["Balance", "Registration"]);
    company.refuse_with(403);
    assert_eq!(faults(&plivo).await, ["Account"]);
}

/// The result of a call to this path.
async fn said(provider: &impl Provider, path: &str, call: &WebhookCall) -> String {
    let mut request = http::Request::post(path).body(Bytes::from(call.body.clone())).unwrap();
    *request.headers_mut() = call.headers.clone();
    let received: Result<_, WebhookError> = receive(provider, &request).await;
    received_line(&received)
}

/// The findings that are not in order.
async fn faults(provider: &impl Provider) -> Vec<String> {
    let findings = provider.diagnose(&patient()).await.into_iter();
    findings
        .filter(|finding| finding.verdict != Verdict::Works)
        .map(|finding| format!("{:?}", finding.check))
        .collect()
}

/// Nothing is called: the calls are only inspected.
fn route() -> Route {
    Route::new(PUBLIC_URL, ([127, 0, 0, 1], 1).into())
}
