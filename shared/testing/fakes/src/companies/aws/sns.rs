//! SNS: how it signs what it posts, what it asks of addresses that want its calls, and what it does for
//! us.

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
use uuid::Uuid;

use super::{Account, EVENTS, Subscription, TEXTS, call, notification};
use crate::network::parameters;

/// The keys of SNS and of a stranger. Making one takes up to a second.
pub(super) static SNS: LazyLock<Signer> = LazyLock::new(Signer::new);
pub(super) static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// A key with its certificate.
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

    /// Signs by version 2: the signed values in the order of their names.
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

impl Account {
    /// The two actions that are asked for. `url` is where we were asked.
    pub(super) fn of_topic(&self, url: &str, body: &[u8]) -> Response {
        let Ok(given) = parameters(body, "Action Message TopicArn Version") else {
            return invalid();
        };
        let get = |name: &str| given.get(name).map(String::as_str);
        let (Some(action), Some(topic)) = (get("Action"), get("TopicArn")) else {
            return invalid();
        };
        if self.state.read(|records| records.denied.contains(action)) {
            return refused("AuthorizationError");
        }
        match (action, get("Message"), get("Version")) {
            (_, _, version) if version != Some("2010-03-31") => invalid(),
            _ if ![TEXTS, EVENTS].contains(&topic) => refused("NotFound"),
            ("ListSubscriptionsByTopic", None, _) => self.list(topic),
            ("Publish", Some(message), _) if !message.is_empty() => {
                self.deliver(url, topic, message);
                format!(
                    "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
                     <PublishResult><MessageId>{}</MessageId></PublishResult></PublishResponse>",
                    Uuid::new_v4()
                )
                .into_response()
            }
            _ => invalid(),
        }
    }

    fn list(&self, topic: &str) -> Response {
        let member = |it: &Subscription| {
            let arn = format!("{topic}:{}", &it.token);
            let arn = if it.confirmed { &arn } else { "PendingConfirmation" };
            let endpoint = it.endpoint();
            format!(
                "<member><TopicArn>{topic}</TopicArn><Protocol>https</Protocol>\
                 <SubscriptionArn>{arn}</SubscriptionArn><Owner>123456789012</Owner>\
                 <Endpoint>{endpoint}</Endpoint></member>"
            )
        };
        let members: String = self.state.read(|records| {
            records.subscriptions.iter().filter(|it| it.topic == topic).map(member).collect()
        });
        format!(
            "<ListSubscriptionsByTopicResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <ListSubscriptionsByTopicResult><Subscriptions>{members}</Subscriptions>\
             </ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
        )
        .into_response()
    }

    /// Calls whoever has confirmed that they want what is published to this topic.
    fn deliver(&self, url: &str, topic: &str, message: &str) {
        let notification = notification(url, topic, message);
        let wants = |it: &&Subscription| it.confirmed && it.topic == topic;
        let calls: Vec<_> = self.state.read(|records| {
            let wanted = records.subscriptions.iter().filter(wants);
            wanted.map(|it| call(&it.route, it.path, &notification)).collect()
        });
        tokio::spawn(async move {
            for call in calls {
                call.try_post().await;
            }
        });
    }
}

fn invalid() -> Response {
    StatusCode::BAD_REQUEST.into_response()
}

/// A refusal as SNS writes it.
pub(super) fn refused(code: &str) -> Response {
    let status = match code {
        "NotFound" => StatusCode::NOT_FOUND,
        _ => StatusCode::FORBIDDEN,
    };
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>As it is called</Message></Error>\
         </ErrorResponse>"
    );
    (status, body).into_response()
}
