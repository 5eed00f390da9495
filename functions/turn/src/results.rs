//! Delivers the results of conversations to the business's own system.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use connections::Connections;
use conversations::{Effect, Unavailable};
use evidence::Health;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretBox};
use serde_json::json;
use settings::{Names, Settings, SettingsError};
use sha2::Sha256;
use tracing::Instrument;

use crate::Wake;
use crate::pause::after;

/// The timeout of a request to the receiver.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The backoff after a failure: the first pause, and the longest.
const AGAIN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// After how many failures in a row the operator is told.
const TELL_AFTER: u32 = 5;

/// The receiver of conversations' results, which are signed as Standard Webhooks describes
/// (<https://www.standardwebhooks.com>).
pub struct Results {
    url: String,
    secret: SecretBox<[u8]>,
    connections: Connections,
}

impl Results {
    /// What [`Results::from_settings`] reads.
    pub const SETTINGS: Names = &["RESULT_WEBHOOK_SECRET", "RESULT_WEBHOOK_URL"];

    /// The receiver at `RESULT_WEBHOOK_URL`, if there is one. `RESULT_WEBHOOK_SECRET` is `whsec_`
    /// and Base64, as in Standard Webhooks, or any other text, used as it is.
    pub fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        let names = ["RESULT_WEBHOOK_URL", "RESULT_WEBHOOK_SECRET"];
        let Some([url, secret]) = settings.together("the result webhook", names)? else {
            return Ok(None);
        };
        if !reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            let problem = "write an address like https://example.com/results".into();
            return Err(SettingsError::Invalid { name: "RESULT_WEBHOOK_URL", problem });
        }
        let secret = settings::key(secret).ok_or_else(|| {
            let problem = "after whsec_ write the output of `openssl rand -base64 24`";
            SettingsError::Invalid { name: "RESULT_WEBHOOK_SECRET", problem: problem.into() }
        })?;
        let connections = Connections::new(|builder| builder.timeout(TIMEOUT));
        Ok(Some(Self { url: url.into(), secret: SecretBox::new(secret.into()), connections }))
    }

    /// Delivers one effect. The error says in a word what happened.
    async fn deliver(&self, effect: &Effect, seconds: i64) -> Result<(), String> {
        let body = json!({
            "type": effect.kind,
            // As precise as it is stored, so that a repeat is identical.
            "timestamp": format!("{:.3}", effect.at),
            "data": effect.payload,
        })
        .to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret())
            .expect("HMAC takes a key of any length");
        mac.update(format!("{}.{seconds}.{body}", effect.id).as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        let request = self
            .connections
            .client()
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", &effect.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", format!("v1,{signature}"))
            .body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("http {}", answer.status().as_u16())),
            Err(error) if error.is_timeout() => Err("timeout".into()),
            Err(_) => Err("unreachable".into()),
        }
    }
}

impl Wake<'_> {
    /// Delivers the effects that are due. One that fails is put off; each is delivered at least
    /// once.
    pub(crate) async fn deliver(&self, health: &Health) -> Result<(), Unavailable> {
        let Some(results) = &self.turn.results else { return Ok(()) };
        let mut effects = self.turn.store.effects_of(&self.id).await?;
        // By name, because by another machine's clock a revision may seem older than what it
        // revises: its name begins with that of the first result, and its number is higher.
        effects.sort_by(|one, other| (one.id.len(), &one.id).cmp(&(other.id.len(), &other.id)));
        // A revision waits until the result that it revises is delivered.
        let mut behind: BTreeMap<String, Timestamp> = BTreeMap::new();
        for effect in effects {
            let revised = effect.payload["revises"].as_str().and_then(|id| behind.get(id)).copied();
            let put_off = match revised {
                Some(until) => {
                    if effect.due_at < until {
                        self.turn.store.put_off(&effect, until).await?;
                    }
                    Some(until)
                }
                None if effect.due_at > self.clock.now() => Some(effect.due_at),
                None => {
                    let work = self.hand_over(results, &effect, health);
                    work.instrument(self.span(&effect.trace)).await?
                }
            };
            if let Some(until) = put_off {
                behind.insert(effect.id, until);
            }
        }
        Ok(())
    }

    /// Delivers one effect or puts it off, and returns until when.
    async fn hand_over(
        &self,
        results: &Results,
        effect: &Effect,
        health: &Health,
    ) -> Result<Option<Timestamp>, Unavailable> {
        let now = self.clock.now();
        let Err(problem) = results.deliver(effect, now.as_second()).await else {
            self.turn.store.delivered(effect).await?;
            tracing::info!(effect.id, "delivered a result");
            self.saw_results(health, None).await;
            return Ok(None);
        };
        let until = now + after(effect.tries, AGAIN);
        self.turn.store.put_off(effect, until).await?;
        tracing::warn!(effect.id, problem, "put off a result: {problem}");
        self.saw_results(health, Some(&problem)).await;
        if effect.tries + 1 == TELL_AFTER {
            let notice = self.notice(
                format!("result-{}", effect.id),
                format!(
                    "The result of a conversation cannot be delivered ({problem}): check whether \
                     RESULT_WEBHOOK_URL answers. Delivery is retried every hour."
                ),
                &effect.trace,
            );
            self.turn.store.notice(&notice).await?;
        }
        Ok(Some(until))
    }
}
