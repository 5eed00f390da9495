//! Twilio's signatures of its calls, and how to sign a call as Twilio does:
//! <https://www.twilio.com/docs/usage/webhooks/webhooks-security>.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Method, Request};
use secrecy::{ExposeSecret as _, SecretString};
use settings::Settings;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{ACCOUNT_SID, AUTH_TOKEN, ENTRY, FROM, OVERRIDES, SHARED_KEY, Twilio, parameters};
use crate::address::{self, query};
use crate::entry::{Sample, Signed};

/// A call that brings a text, with the token's signature in `X-Twilio-Signature`.
pub(super) fn sign(settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
    let account = settings.together(ENTRY.company, [ACCOUNT_SID, AUTH_TOKEN])?;
    let Some([account_sid, token]) = account else { return Ok(None) };
    let address = address::incoming(public_url, ENTRY.name)?;
    let form = [
        ("AccountSid", account_sid),
        ("Body", sample.body),
        ("From", sample.from.as_str()),
        ("MessageSid", &format!("SM{}", sample.id)),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
        // With a messaging service, the settings do not contain its numbers.
        ("To", settings.get(FROM).unwrap_or(sample.from.as_str())),
    ];
    let signed = form.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let mac: Hmac<Sha1> = mac(&token.into(), address.as_str(), &signed_parameters(signed));
    let call = Request::post(address.as_str())
        .header("x-twilio-signature", BASE64.encode(mac.finalize().into_bytes()));
    Ok(Some(address::form(call, &form)))
}

/// The hash of the body, which a JSON call carries in its address.
pub(super) fn body_hash(call: &Request<Bytes>) -> Option<String> {
    query(call).find(|(name, _)| name == "bodySHA256").map(|(_, hash)| hash)
}

/// The hash algorithm of a call that is signed with a shared key.
pub(super) fn algorithm(call: &Request<Bytes>) -> Option<String> {
    let settings = call.headers().get(SHARED_KEY)?.to_str().ok()?;
    let mut pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == "algorithm")?;
    Some(value.trim().to_ascii_lowercase())
}

/// Whether a key produces this signature of an address and parameters.
pub(super) type IsMac = fn(&SecretString, &str, &str, &[u8]) -> bool;

pub(super) fn is_mac<M: Mac + KeyInit>(
    key: &SecretString,
    address: &str,
    parameters: &str,
    signature: &[u8],
) -> bool {
    mac::<M>(key, address, parameters).verify_slice(signature).is_ok()
}

pub(super) fn mac<M: Mac + KeyInit>(key: &SecretString, address: &str, parameters: &str) -> M {
    <M as KeyInit>::new_from_slice(key.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length")
        .chain_update(address)
        .chain_update(parameters)
}

/// The signed part after the address: names and values without separators, names in byte order,
/// each value of a name once.
pub(super) fn signed_parameters(parameters: Vec<(String, String)>) -> String {
    let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (name, value) in parameters {
        values.entry(name).or_default().insert(value);
    }
    let pairs = values.iter().flat_map(|(name, values)| values.iter().map(move |v| (name, v)));
    pairs.flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect()
}

impl Twilio {
    /// Whether one of our keys signed a call for our address.
    pub(super) fn is_signed(&self, call: &Request<Bytes>) -> bool {
        let signature = call.headers().get("x-twilio-signature");
        let signature = signature.and_then(|signature| BASE64.decode(signature).ok());
        let Some(signature) = signature else { return false };
        let signed = match body_hash(call) {
            Some(hash) => {
                let actual = Sha256::digest(call.body());
                let actual: String = actual.iter().map(|byte| format!("{byte:02x}")).collect();
                if !bool::from(actual.as_bytes().ct_eq(hash.as_bytes())) {
                    return false;
                }
                String::new()
            }
            None if call.method() == Method::GET => String::new(),
            None => signed_parameters(parameters(call)),
        };
        let path = call.uri().path_and_query().map_or("/", |path| path.as_str());
        let addresses = address::signed(&self.public_url, path);
        // It is not documented whether the fragment of the entered address is signed.
        let addresses = addresses.iter().flat_map(|it| [it.clone(), format!("{it}{OVERRIDES}")]);
        let addresses: Vec<_> = addresses.collect();
        let is_of = |key: &SecretString, hash: IsMac| {
            addresses.iter().any(|address| hash(key, address, &signed, &signature))
        };
        let tokens = [Some(&self.auth_token), self.next_auth_token.as_ref()];
        tokens.into_iter().flatten().any(|token| is_of(token, is_mac::<Hmac<Sha1>>))
            || match (&self.shared_key, algorithm(call).as_deref()) {
                (Some(key), Some("hmac_sha256")) => is_of(key, is_mac::<Hmac<Sha256>>),
                (Some(key), Some("hmac_sha1")) => is_of(key, is_mac::<Hmac<Sha1>>),
                _ => false,
            }
    }
}
