//! Vonage against the stand-in that the rest of the product is tested with.

use sms::Provider as _;

use crate::harness::stand_in::{PUBLIC_URL, faults, route, said};
use crate::harness::{THEIRS, outgoing, patient};
use crate::vonage::Vonage;

#[tokio::test]
async fn it_believes_us_and_we_believe_it() {
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
    let expected = format!("{id} of attempt-1: Failed (rejected 1240), 0.0333 EUR");
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
