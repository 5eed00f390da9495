//! Messages that SNS posts, and the proof that SNS posted them:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;
use x509_cert::Certificate;
use x509_cert::der::DecodePem as _;

use crate::{Http, WebhookError};

/// How long after its time a message is still taken. SNS goes on trying for an hour.
const LATEST: Duration = Duration::from_secs(70 * 60);

/// How many certificates are kept. SNS changes its own now and then, each region for itself.
const KEPT: usize = 8;

/// What SNS posts. It has no `Debug`, since it holds what a person said.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    pub(super) kind: Kind,
    /// What was published, or a sentence for people.
    pub(super) message: String,
    message_id: String,
    subject: Option<String>,
    timestamp: String,
    token: Option<String>,
    topic_arn: String,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    /// Something was published.
    Notification,
    /// Somebody wants us to be told what is published.
    SubscriptionConfirmation,
    /// We are not told any more.
    UnsubscribeConfirmation,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// Who proves messages, with the certificates that it has met.
pub(super) struct Notary {
    /// Where SNS is besides AWS's own addresses: a stand-in, or an endpoint in a private network.
    elsewhere: Option<Url>,
    known: Mutex<Vec<(Url, SigningCertificate)>>,
}

impl Notary {
    pub(super) fn new(elsewhere: Option<Url>) -> Self {
        Self { elsewhere, known: Mutex::default() }
    }

    /// Proves that SNS posted this lately for one of these topics. Asks for a certificate that it
    /// does not know yet.
    pub(super) async fn prove(
        &self,
        http: &Http,
        envelope: &Envelope,
        topics: &[String],
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        let url = self.of_sns(&envelope.signing_cert_url);
        let url = url.filter(|url| url.path().ends_with(".pem")).ok_or(WebhookError::Forged)?;
        if !topics.contains(&envelope.topic_arn) || !envelope.is_of(now) {
            return Err(WebhookError::Forged);
        }
        let known = self.known(&url);
        let certificate = match &known {
            Some(certificate) => certificate.clone(),
            None => fetch(http, &url).await?,
        };
        if !certificate.is_valid(now.into()) {
            return Err(WebhookError::Unprovable(
                "the certificate is not valid today, unless the clock is wrong",
            ));
        }
        if !envelope.is_signed_by(&certificate) {
            return Err(WebhookError::Forged);
        }
        // Only one that has proven something, or a stranger could push the others out.
        if known.is_none() {
            self.keep(url, certificate);
        }
        Ok(())
    }

    /// The address that has to be asked to confirm a subscription, if it is one of SNS's.
    pub(super) fn confirmation(&self, envelope: &Envelope) -> Option<Url> {
        self.of_sns(envelope.subscribe_url.as_deref()?)
    }

    /// Reads an address, if it is one of SNS's.
    fn of_sns(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let elsewhere = self.elsewhere.as_ref().is_some_and(|it| it.origin() == url.origin());
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && (elsewhere || is_at_aws(&url))).then_some(url)
    }

    fn known(&self, url: &Url) -> Option<SigningCertificate> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(known, _)| known == url).map(|(_, certificate)| certificate.clone())
    }

    fn keep(&self, url: Url, certificate: SigningCertificate) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == KEPT {
            known.remove(0);
        }
        known.push((url, certificate));
    }
}

/// Whether this is `https://sns.<region>.amazonaws.com` or its like in China, at the usual port.
fn is_at_aws(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host.strip_prefix("sns.").and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    let is_region = |region: &str| {
        region.len() >= 3 && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    url.scheme() == "https" && url.port().is_none() && region.is_some_and(is_region)
}

/// Asks for a certificate. That it comes from AWS is what TLS proves, as AWS's own validators have
/// it.
async fn fetch(http: &Http, url: &Url) -> Result<SigningCertificate, WebhookError> {
    let answer = http.send(http.get(url.clone())).await.ok().filter(|answer| answer.status == 200);
    let answer = answer.ok_or(WebhookError::Unprovable("SNS does not give its certificate"))?;
    SigningCertificate::read(answer.bytes())
        .ok_or(WebhookError::Unprovable("what SNS gives is no certificate"))
}

/// A key of SNS's, and when it holds.
#[derive(Clone)]
struct SigningCertificate {
    /// In the form of PKCS#1.
    key: Vec<u8>,
    holds: (SystemTime, SystemTime),
}

impl SigningCertificate {
    fn read(pem: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_pem(pem).ok()?;
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        Some(Self {
            key: certificate.subject_public_key_info().subject_public_key.as_bytes()?.to_vec(),
            holds: (validity.not_before.to_system_time(), validity.not_after.to_system_time()),
        })
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        (self.holds.0..=self.holds.1).contains(&now)
    }
}

impl Envelope {
    fn is_of(&self, now: Timestamp) -> bool {
        self.timestamp.parse().is_ok_and(|time: Timestamp| now <= time + LATEST)
    }

    fn is_signed_by(&self, certificate: &SigningCertificate) -> bool {
        let Ok(signature) = BASE64.decode(&self.signature) else { return false };
        let algorithm = match self.signature_version.as_str() {
            // What topics are made with, unless somebody asks for 2.
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        let key = UnparsedPublicKey::new(algorithm, &certificate.key);
        key.verify(self.signed().as_bytes(), &signature).is_ok()
    }

    /// What the signature is over: names and values, each on a line, in the order of the names.
    fn signed(&self) -> String {
        let (subject, subscribe_url, token) = match self.kind {
            Kind::Notification => (self.subject.as_deref(), None, None),
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => {
                (None, self.subscribe_url.as_deref(), self.token.as_deref())
            }
        };
        [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(&self.message_id)),
            ("Subject", subject),
            ("SubscribeURL", subscribe_url),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", token),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(self.kind.name())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}\n{}\n", value?)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Made for these tests, with a key that nobody has kept.
    const CERTIFICATE: &[u8] = include_bytes!("../../tests/it/aws/certificate.pem");
    const MESSAGES: &str = include_str!("../../tests/it/aws/messages.json");

    const WHILE_IT_HOLDS: &str = "2027-01-01T00:00:00Z";

    #[test]
    fn believes_both_versions_of_signatures_and_a_confirmation() {
        let signed: Vec<_> = messages().iter().map(is_signed).collect();
        assert_eq!(signed, [true, true, true]);
    }

    #[test]
    fn notices_every_change() {
        let of_all = ["Message", "MessageId", "Timestamp", "TopicArn", "Signature"];
        let of_confirmations = ["Token", "SubscribeURL"];
        for message in messages() {
            let names = of_all.iter().chain(&of_confirmations);
            for name in names.filter(|name| !message[**name].is_null()) {
                let mut changed = message.clone();
                changed[name] = "changed".into();
                assert!(!is_signed(&changed), "{name}");
            }
            for (name, value) in [("SignatureVersion", "3"), ("Type", "UnsubscribeConfirmation")] {
                let mut changed = message.clone();
                changed[name] = value.into();
                assert!(!is_signed(&changed), "{name}");
            }
        }
        let mut with_subject = messages().remove(0);
        with_subject["Subject"] = json!("Hello");
        assert!(!is_signed(&with_subject), "Subject");
    }

    #[test]
    fn takes_a_message_for_as_long_as_it_is_repeated() {
        let envelope = envelope(&messages()[0]);
        let taken = |now: &str| envelope.is_of(now.parse().unwrap());
        assert!(taken("2026-01-01T00:00:00Z"));
        assert!(taken("2026-01-01T01:10:00Z"));
        assert!(!taken("2026-01-01T01:10:01Z"));
    }

    #[test]
    fn knows_when_a_certificate_holds() {
        let certificate = SigningCertificate::read(CERTIFICATE).unwrap();
        let valid = |now: &str| certificate.is_valid(now.parse::<Timestamp>().unwrap().into());
        assert!(valid(WHILE_IT_HOLDS));
        assert!(!valid("2026-01-01T00:00:00Z"));
        assert!(!valid("2127-01-01T00:00:00Z"));
        assert!(SigningCertificate::read(b"<html>It works!</html>").is_none());
    }

    #[test]
    fn goes_to_nobody_but_sns() {
        let notary = Notary::new(None);
        for url in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-test.pem",
        ] {
            assert!(notary.of_sns(url).is_some(), "{url}");
        }
        for url in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com:8443/a.pem",
            "https://sns.us-east-1.amazonaws.com.elsewhere.example/a.pem",
            "https://sns.elsewhere.example/a.pem",
            "https://elsewhere.example/sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com@elsewhere.example/a.pem",
            "https://somebody@sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.amazonaws.com/a.pem",
            "https://sns.a.b.amazonaws.com/a.pem",
            "https://s3.amazonaws.com/sns.us-east-1.amazonaws.com/a.pem",
            "http://127.0.0.1:4566/a.pem",
            "a.pem",
        ] {
            assert!(notary.of_sns(url).is_none(), "{url}");
        }
    }

    #[test]
    fn goes_to_the_address_that_stands_for_aws() {
        let notary = Notary::new(Some("http://127.0.0.1:4566".parse().unwrap()));
        assert!(notary.of_sns("http://127.0.0.1:4566/a.pem").is_some());
        assert!(notary.of_sns("http://127.0.0.1:4567/a.pem").is_none());
        assert!(notary.of_sns("http://somebody@127.0.0.1:4566/a.pem").is_none());
    }

    fn is_signed(message: &Value) -> bool {
        envelope(message).is_signed_by(&SigningCertificate::read(CERTIFICATE).unwrap())
    }

    fn envelope(message: &Value) -> Envelope {
        serde_json::from_value(message.clone()).unwrap()
    }

    fn messages() -> Vec<Value> {
        serde_json::from_str(MESSAGES).unwrap()
    }
}
