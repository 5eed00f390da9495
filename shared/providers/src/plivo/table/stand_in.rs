//! Plivo against the stand-in that the rest of the product is tested with.

use jiff::Timestamp;
use sms::{Found, Provider};

use crate::harness::stand_in::{PUBLIC_URL, faults, route, said};
use crate::harness::{THEIRS, outgoing, patient};
use crate::plivo::Plivo;

#[tokio::test]
async fn it_believes_us_and_we_believe_it() {
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
