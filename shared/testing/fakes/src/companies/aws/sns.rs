//! How SNS signs what it posts, and what it asks of addresses that want its calls.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::Value;

use super::Account;
use crate::network::parameters;

/// The keys that SNS signs with, and a stranger. Making one takes up to a second.
pub(super) static SNS: LazyLock<Signer> = LazyLock::new(Signer::new);
pub(super) static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// A key of SNS's, or somebody's, and its certificate.
pub(super) struct Signer {
    key: RsaKeyPair,
    certificate: String,
}

impl Signer {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let names = vec!["sns.test.invalid".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap().pem();
        Self { key: RsaKeyPair::from_pkcs8(key.serialized_der()).unwrap(), certificate }
    }

    /// Signs by version 2: the values in the order of their names, as far as they are signed.
    pub(super) fn sign(&self, mut message: Value) -> String {
        let names: &[&str] = match message["Type"].as_str().unwrap() {
            "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
            _ => {
                &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
            }
        };
        let line = |name: &&str| Some(format!("{name}\n{}\n", message[*name].as_str()?));
        let signed: String = names.iter().filter_map(line).collect();
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        message["Signature"] = STANDARD.encode(signature).into();
        message.to_string()
    }
}

pub(super) async fn certificate(State(account): State<Arc<Account>>) -> Response {
    account.certificates.apply(async { SNS.certificate.clone().into_response() }).await
}

/// The visit to a `SubscribeURL`, which needs no credentials.
pub(super) async fn confirm(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let Ok(given) = parameters(query.as_bytes(), "Action TopicArn Token") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let confirmed = account.state.change(|records| {
        let mut subscriptions = records.subscriptions.iter_mut();
        let it = subscriptions.find(|it| given.get("Token") == Some(&it.token))?;
        it.confirmed = true;
        Some(())
    });
    match (confirmed, given.get("Action").map(String::as_str)) {
        (Some(()), Some("ConfirmSubscription")) => "<ConfirmSubscriptionResponse/>".into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
