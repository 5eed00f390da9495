//! Messages that SNS posts, and the verification of their signatures:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use settings::is_loopback;
use url::{Url, form_urlencoded};
use x509_cert::Certificate;
use x509_cert::der::DecodePem as _;

use super::region;
use sms::{Http, WebhookError};

/// How long after its time a message is still accepted. SNS repeats one for an hour.
const LATEST: Duration = Duration::from_secs(70 * 60);

/// How far ahead of our clock the time of a message may be.
const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// The action of a confirmation's address.
const CONFIRM: &str = "ConfirmSubscription";

/// The members of a message that must be kept secret.
const SECRETS: [&str; 4] = ["Signature", "SubscribeURL", "Token", "UnsubscribeURL"];

/// How many certificates are cached. SNS changes its own now and then, separately in each region.
const KEPT: usize = 8;

/// A message from SNS. It has no `Debug`, since it contains a person's words.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    pub(super) kind: Kind,
    /// The published text, or a sentence for people.
    pub(super) message: String,
    message_id: String,
    subject: Option<String>,
    timestamp: String,
    token: Option<String>,
    topic_arn: String,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    /// Missing in a call that was kept.
    #[serde(default)]
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    /// Something was published.
    Notification,
    /// A topic wants to deliver to us.
    SubscriptionConfirmation,
    /// A topic no longer delivers to us.
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

/// Verifies messages, and caches certificates.
pub(super) struct Verifier {
    /// A stand-in for AWS, without a slash at its end.
    stand_in: Option<String>,
    known: Mutex<Vec<(Url, SigningCertificate)>>,
}

impl Verifier {
    /// `endpoint` is where AWS is, if not at its own addresses. It is trusted only on this machine:
    /// nothing but its location verifies a certificate.
    pub(super) fn new(endpoint: Option<&str>) -> Self {
        let is_here = |endpoint: &&str| Url::parse(endpoint).is_ok_and(|url| is_loopback(&url));
        Self { stand_in: endpoint.filter(is_here).map(str::to_owned), known: Mutex::default() }
    }

    /// Verifies that SNS posted this recently for one of these topics. Fetches a certificate that
    /// is not cached.
    pub(super) async fn verify(
        &self,
        http: &Http,
        envelope: &Envelope,
        topics: &[String],
        now: Timestamp,
    ) -> Result<(), WebhookError> {
        if !topics.contains(&envelope.topic_arn) || !envelope.is_of(now) {
            return Err(WebhookError::Forged);
        }
        let url = self.certificate(envelope).ok_or(WebhookError::Forged)?;
        let known = self.known(&url);
        let certificate = match &known {
            Some(certificate) => certificate.clone(),
            None => fetch(http, &url).await?,
        };
        if !certificate.is_valid(now.into()) {
            return Err(WebhookError::Unverifiable(
                "the certificate is not valid today, unless the clock is wrong",
            ));
        }
        if !envelope.is_signed_by(&certificate) {
            return Err(WebhookError::Forged);
        }
        // Only one that has verified a message, or a stranger could push the others out.
        if known.is_none() {
            self.keep(url, certificate);
        }
        Ok(())
    }

    /// The address of the certificate, if it belongs to SNS in the topic's region. Compared byte by
    /// byte: two URL parsers may see different hosts in the same address.
    fn certificate(&self, envelope: &Envelope) -> Option<Url> {
        let url = &envelope.signing_cert_url;
        let path = url.strip_prefix(&self.sns(&envelope.topic_arn)?)?;
        let name = path.strip_prefix("/SimpleNotificationService-")?.strip_suffix(".pem")?;
        let is_known = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        Url::parse(url).ok().filter(|_| is_known)
    }

    /// The address to call to confirm a subscription, if it belongs to SNS in the topic's region.
    pub(super) fn confirmation(&self, envelope: &Envelope) -> Option<Url> {
        let url = envelope.subscribe_url.as_deref()?;
        let query = url.strip_prefix(&self.sns(&envelope.topic_arn)?)?.strip_prefix("/?")?;
        let mut query = form_urlencoded::parse(query.as_bytes());
        let confirms = query.any(|(name, value)| name == "Action" && value == CONFIRM);
        Url::parse(url).ok().filter(|url| confirms && url.fragment().is_none())
    }

    /// The address of SNS in a topic's region, without a slash at its end.
    fn sns(&self, topic: &str) -> Option<String> {
        self.stand_in.clone().or_else(|| Some(amazon::address("sns", region(topic)?)))
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

/// Fetches a certificate. TLS shows that it comes from AWS, as in AWS's own validators.
async fn fetch(http: &Http, url: &Url) -> Result<SigningCertificate, WebhookError> {
    let answer = http.send(http.get(url.clone())).await.ok().filter(|answer| answer.status == 200);
    let answer = answer.ok_or(WebhookError::Unverifiable("SNS does not give its certificate"))?;
    SigningCertificate::from_pem(answer.bytes())
        .ok_or(WebhookError::Unverifiable("what SNS gives is no certificate"))
}

/// A message without its signature, and without anything that confirms or ends a subscription.
pub(super) fn without_secrets(message: &[u8]) -> Option<Bytes> {
    let mut members: Map<String, Value> = serde_json::from_slice(message).ok()?;
    members.retain(|name, _| !SECRETS.contains(&name.as_str()));
    Some(Value::from(members).to_string().into())
}

/// A key of SNS, and its validity period.
#[derive(Clone)]
struct SigningCertificate {
    /// In PKCS#1 form.
    key: Vec<u8>,
    holds: (SystemTime, SystemTime),
}

impl SigningCertificate {
    fn from_pem(pem: &[u8]) -> Option<Self> {
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
        let taken = |time: Timestamp| (time - CLOCK_SLACK..=time + LATEST).contains(&now);
        self.timestamp.parse().is_ok_and(taken)
    }

    fn is_signed_by(&self, certificate: &SigningCertificate) -> bool {
        let Ok(signature) = BASE64.decode(&self.signature) else { return false };
        let algorithm = match self.signature_version.as_str() {
            // The default for topics, unless 2 is requested.
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        let key = UnparsedPublicKey::new(algorithm, &certificate.key);
        key.verify(self.signed().as_bytes(), &signature).is_ok()
    }

    /// The signed text: names and values, each on a line, in the order of the names.
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
    use serde_json::json;

    use super::*;

    /// Made for these tests, with a key that nobody has kept.
    const CERTIFICATE: &[u8] = include_bytes!("table/certificate.pem");
    const MESSAGES: &str = include_str!("table/messages.json");

    const FILE: &str = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

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
    fn accepts_a_message_for_as_long_as_it_is_repeated() {
        let envelope = envelope(&messages()[0]);
        let taken = |now: &str| envelope.is_of(now.parse().unwrap());
        assert!(taken("2026-01-01T00:00:00Z"));
        assert!(taken("2026-01-01T01:10:00Z"));
        assert!(!taken("2026-01-01T01:10:01Z"));
        // Our clock may be slow, but not by much.
        assert!(taken("2025-12-31T23:55:00Z"));
        assert!(!taken("2025-12-31T23:54:59Z"));
    }

    #[test]
    fn knows_when_a_certificate_is_valid() {
        let certificate = SigningCertificate::from_pem(CERTIFICATE).unwrap();
        let valid = |now: &str| certificate.is_valid(now.parse::<Timestamp>().unwrap().into());
        assert!(valid(WHILE_IT_HOLDS));
        assert!(!valid("2026-01-01T00:00:00Z"));
        assert!(!valid("2127-01-01T00:00:00Z"));
        assert!(SigningCertificate::from_pem(b"<html>It works!</html>").is_none());
    }

    #[test]
    fn accepts_a_certificate_only_from_the_region_of_the_topic() {
        let certificate = |endpoint, topic: &str, url: &str| {
            let mut message = messages().remove(0);
            message["TopicArn"] = topic.into();
            message["SigningCertURL"] = url.replace("$", FILE).into();
            Verifier::new(endpoint).certificate(&envelope(&message)).is_some()
        };
        let (here, there) = ("arn:aws:sns:us-east-1:1:texts", "arn:aws-cn:sns:cn-north-1:1:texts");
        assert!(certificate(None, here, "https://sns.us-east-1.amazonaws.com/$"));
        assert!(certificate(None, there, "https://sns.cn-north-1.amazonaws.com.cn/$"));
        for url in [
            "http://sns.us-east-1.amazonaws.com/$",
            "https://sns.us-west-2.amazonaws.com/$",
            "https://sns.us-east-1.amazonaws.com.cn/$",
            // Anybody can have a bucket of this name.
            "https://sns.s3-us-west-2.amazonaws.com/$",
            "https://sns.s3.amazonaws.com/$",
            "https://s3.amazonaws.com/sns.us-east-1.amazonaws.com/$",
            "https://sns.us-east-1.amazonaws.com:443/$",
            "https://sns.us-east-1.amazonaws.com:8443/$",
            "https://sns.us-east-1.amazonaws.com.elsewhere.example/$",
            "https://sns.us-east-1.amazonaws.com@elsewhere.example/$",
            "https://sns.us-east-1.amazonaws.com\t.elsewhere.example/$",
            "https://sns.us-east-1.amazonaws.com#@elsewhere.example/$",
            "https://somebody@sns.us-east-1.amazonaws.com/$",
            "https://SNS.us-east-1.amazonaws.com/$",
            "https://sns.us-east-1.amazonaws.com/a/$",
            "https://sns.us-east-1.amazonaws.com//$",
            "https://sns.us-east-1.amazonaws.com/$?Action=GetEndpointAttributes",
            "https://sns.us-east-1.amazonaws.com/$#a",
            "https://sns.us-east-1.amazonaws.com/?Action=a&f=/$",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/",
            "http://127.0.0.1:4566/$",
            "file:///etc/ssl/$",
            "",
        ] {
            assert!(!certificate(None, here, url), "{url}");
        }
        assert!(!certificate(None, "texts", "https://sns..amazonaws.com/$"));

        let stand_in = Some("http://127.0.0.1:4566");
        assert!(certificate(stand_in, here, "http://127.0.0.1:4566/$"));
        assert!(!certificate(stand_in, here, "http://127.0.0.1:4567/$"));
        assert!(!certificate(stand_in, here, "http://somebody@127.0.0.1:4566/$"));
        // An address that is not on this machine may be anybody's on the way.
        for remote in ["http://aws.example", "http://aws.localhost", "http://0.0.0.0:4566"] {
            assert!(!certificate(Some(remote), here, &format!("{remote}/$")), "{remote}");
            assert!(certificate(Some(remote), here, "https://sns.us-east-1.amazonaws.com/$"));
        }
    }

    #[test]
    fn confirms_only_in_the_region_of_the_topic() {
        let confirmation = |url: &str| {
            let mut message = messages().remove(2);
            message["SubscribeURL"] = url.into();
            Verifier::new(None).confirmation(&envelope(&message)).is_some()
        };
        assert!(confirmation(messages()[2]["SubscribeURL"].as_str().unwrap()));
        for url in [
            "http://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
            "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription",
            "https://sns.s3-us-west-2.amazonaws.com/?Action=ConfirmSubscription",
            "https://sns.us-east-1.amazonaws.com:8443/?Action=ConfirmSubscription",
            "https://sns.us-east-1.amazonaws.com@elsewhere.example/?Action=ConfirmSubscription",
            "https://sns.us-east-1.amazonaws.com/a?Action=ConfirmSubscription",
            "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription#a",
            "https://sns.us-east-1.amazonaws.com/",
        ] {
            assert!(!confirmation(url), "{url}");
        }
    }

    fn is_signed(message: &Value) -> bool {
        envelope(message).is_signed_by(&SigningCertificate::from_pem(CERTIFICATE).unwrap())
    }

    fn envelope(message: &Value) -> Envelope {
        serde_json::from_value(message.clone()).unwrap()
    }

    fn messages() -> Vec<Value> {
        serde_json::from_str(MESSAGES).unwrap()
    }
}
