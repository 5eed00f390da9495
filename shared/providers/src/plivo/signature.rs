//! Plivo's signatures of its calls, and how to sign a call as Plivo does:
//! <https://www.plivo.com/docs/messaging/concepts/signature-validation>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request};
use secrecy::ExposeSecret as _;
use settings::Settings;
use sha2::Sha256;

use super::{AUTH_ID, AUTH_TOKEN, ENTRY, FROM, Plivo, parameters};
use crate::address::{self, query};
use crate::digits::without_plus;
use crate::entry::{Sample, Signed};

/// A call that brings a text, signed as a whole (version 3).
pub(super) fn sign(settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
    const NONCE: &str = "0";
    let names = [AUTH_ID, AUTH_TOKEN, FROM];
    let Some([_, token, from]) = settings.together(ENTRY.company, names)? else { return Ok(None) };
    let address = address::incoming(public_url, ENTRY.name)?;
    // In the order of their names, as they are signed.
    let form = [
        ("From", without_plus(sample.from.as_str())),
        ("MessageUUID", sample.id),
        ("Text", sample.body),
        ("To", without_plus(from)),
        ("Type", "sms"),
    ];
    let said: String = form.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let mac = Hmac::<Sha256>::new_from_slice(token.as_bytes())
        .expect("HMAC takes a key of any length")
        .chain_update(format!("{address}?{said}.{NONCE}"));
    let call = Request::post(address.as_str())
        .header("x-plivo-signature-v3-nonce", NONCE)
        .header("x-plivo-signature-v3", BASE64.encode(mac.finalize().into_bytes()));
    Ok(Some(address::form(call, &form)))
}

impl Plivo {
    /// Whether our token signed the address and the contents of the call (version 3).
    pub(super) fn is_signed_whole(&self, call: &Request<Bytes>) -> bool {
        let mut query: Vec<_> = query(call).collect();
        query.sort();
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut form = match *call.method() {
            Method::GET => Vec::new(),
            _ => parameters(call),
        };
        form.sort();
        let mut signed = String::new();
        if !query.is_empty() || !form.is_empty() {
            signed = format!("?{}", query.join("&"));
        }
        if !query.is_empty() && !form.is_empty() {
            signed.push('.');
        }
        form.iter().for_each(|(name, value)| signed.extend([name.as_str(), value]));
        signed.push('.');
        self.is_signed(call, ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"], &signed)
    }

    /// Whether our token signed the address, without the rest of the call (version 2).
    pub(super) fn is_address_signed(&self, call: &Request<Bytes>) -> bool {
        self.is_signed(call, ["x-plivo-signature-v2", "x-plivo-signature-ma-v2"], "")
    }

    /// Whether a signature under one of these names, the first of which also names the nonce, is
    /// our token's signature of the address, `follows` and the nonce.
    pub(super) fn is_signed(&self, call: &Request<Bytes>, names: [&str; 2], follows: &str) -> bool {
        let get = |name: &str| call.headers().get(name).and_then(|value| value.to_str().ok());
        let Some(nonce) = get(&format!("{}-nonce", names[0])) else { return false };
        let signatures = names.into_iter().filter_map(get).flat_map(|value| value.split(','));
        let signatures: Vec<_> =
            signatures.filter_map(|signature| BASE64.decode(signature.trim()).ok()).collect();
        address::signed(&self.public_url, call.uri().path()).iter().any(|address| {
            let mac = Hmac::<Sha256>::new_from_slice(self.auth_token.expose_secret().as_bytes())
                .expect("HMAC takes a key of any length")
                .chain_update(address)
                .chain_update(follows)
                .chain_update(nonce);
            signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
        })
    }
}
