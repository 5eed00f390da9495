//! Vonage's signatures of its calls, and how to sign a call as Vonage does:
//! <https://developer.vonage.com/en/getting-started/concepts/signing-messages>.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use settings::Settings;
use sha2::{Digest as _, Sha256};
use sms::WebhookError;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{ENTRY, FROM, ID, SECRET, Vonage};
use crate::address;
use crate::digits::without_plus;
use crate::entry::{Sample, Signed};

/// The maximum age of a webhook call: Vonage repeats one for 24 hours, and whether each repeat is
/// signed anew is not documented. Claims are remembered for longer than that, so a replay has no
/// effect.
pub(super) const OLDEST_CALL: Duration = Duration::from_secs(25 * 60 * 60);

/// How far Vonage's clock may be ahead of ours.
pub(super) const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// The claims of Vonage's token.
#[derive(Deserialize)]
pub(super) struct Claims {
    iat: i64,
    /// Names the call. The callers already recognise a repeat by the message's id.
    #[serde(rename = "jti")]
    _jti: String,
    /// SHA-256 of the body, in hexadecimal digits.
    payload_hash: String,
    application_id: Option<String>,
}

/// A call that brings a text, with a token that the account's secret has signed.
pub(super) fn sign(settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
    let names = [ID, SECRET, FROM];
    let Some([id, secret, from]) = settings.together(ENTRY.company, names)? else {
        return Ok(None);
    };
    let body = json!({
        "channel": "sms",
        "message_uuid": sample.id,
        "message_type": "text",
        "from": without_plus(sample.from.as_str()),
        "to": without_plus(from),
        "text": sample.body,
        "timestamp": Timestamp::now(),
    })
    .to_string();
    let hash: String =
        Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = json!({
        "iat": Timestamp::now().as_second(),
        "jti": Uuid::new_v4().to_string(),
        "payload_hash": hash,
        "application_id": id,
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .expect("claims of ours can be signed");
    let call = Request::post(address::incoming(public_url, ENTRY.name)?.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    Ok(Some(call.body(body.into()).expect("an address and headers of ours are sound")))
}

/// Whether a call has the form of the older SMS API, which signs differently.
pub(super) fn is_of_sms_api(call: &Request<Bytes>) -> bool {
    call.body().windows(6).any(|word| word == b"msisdn")
}

impl Vonage {
    /// Whether Vonage signed this call for this application, this body and about this time.
    pub(super) fn check(&self, call: &Request<Bytes>, now: Timestamp) -> Result<(), WebhookError> {
        let Some(authorization) = call.headers().get(header::AUTHORIZATION) else {
            return Err(WebhookError::Unverifiable(match is_of_sms_api(call) {
                true => {
                    "it comes from the SMS API: in Vonage's dashboard, under API settings, make \
                         the Messages API the default for SMS"
                }
                false => "it is not signed, and Vonage signs it when it sends it again",
            }));
        };
        let token = authorization.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let claims: Option<Claims> = self.claims(token.ok_or(WebhookError::Forged)?);
        let claims = claims.ok_or(WebhookError::Forged)?;

        let hash: String =
            Sha256::digest(call.body()).iter().map(|byte| format!("{byte:02x}")).collect();
        let same = hash.as_bytes().ct_eq(claims.payload_hash.to_ascii_lowercase().as_bytes());
        let ours = claims.application_id.is_none_or(|id| id == self.application_id);
        let signed_at = Timestamp::from_second(claims.iat).map_err(|_| WebhookError::Forged)?;
        let fresh = (now - OLDEST_CALL..=now + CLOCK_SLACK).contains(&signed_at);
        match bool::from(same) && ours && fresh {
            true => Ok(()),
            false => Err(WebhookError::Forged),
        }
    }

    /// The claims of a token that the account's secret has signed.
    pub(super) fn claims<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let mut how = Validation::new(Algorithm::HS256);
        // It contains when it was made, not when it expires.
        how.required_spec_claims.clear();
        how.validate_exp = false;
        how.validate_aud = false;
        let secret = self.signature_secret.as_ref()?.expose_secret();
        let key = DecodingKey::from_secret(secret.as_bytes());
        Some(jsonwebtoken::decode(token, &key, &how).ok()?.claims)
    }
}
