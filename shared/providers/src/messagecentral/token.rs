//! The temporary token with which we call MessageCentral.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sms::{Http, SendError};

use super::{MessageCentral, response_code, word};

/// How long a token without an expiry time is used. Lifetimes of a week and more were seen.
const LIFE_WITHOUT_END: Duration = Duration::from_secs(10 * 60);

/// How long before its expiry a token is no longer used for a message.
const MARGIN: Duration = Duration::from_secs(60);

/// How long before its expiry a token is renewed in advance, or a quarter of its lifetime if that
/// is shorter.
const AHEAD: Duration = Duration::from_secs(60 * 60);

#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: SecretString,
    pub(super) renew_from: Timestamp,
    pub(super) usable_until: Timestamp,
}

/// The payload of a token, which is a JWT.
#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

impl Token {
    fn new(value: String, now: Timestamp) -> Self {
        let end = end_of(&value).unwrap_or(now + LIFE_WITHOUT_END).max(now);
        let life = Duration::try_from(end.duration_since(now)).unwrap_or_default();
        let usable_until = end - MARGIN;
        Self { value: value.into(), renew_from: usable_until - AHEAD.min(life / 4), usable_until }
    }
}

fn end_of(token: &str) -> Option<Timestamp> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    Timestamp::from_second(claims.exp).ok()
}

impl MessageCentral {
    /// The token, or a new one if it has expired. Without one nothing was sent, so every failure is
    /// a refusal.
    pub(super) async fn token(
        &self,
        http: &Http,
        end: impl Fn(&Token) -> Timestamp,
    ) -> Result<Token, SendError> {
        let asked = Instant::now();
        let lasts = |token: &Token| Timestamp::now() < end(token);
        if let Some(token) = self.known_token().filter(lasts) {
            return Ok(token);
        }
        let mut failure = self.fetching.lock().await;
        if let Some(token) = self.known_token().filter(lasts) {
            return Ok(token);
        }
        if let Some((_, error)) = failure.as_ref().filter(|(at, _)| *at > asked) {
            return Err(error.clone());
        }
        match self.request_token(http).await {
            Ok(token) => {
                *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                Ok(token)
            }
            Err(error) => {
                *failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    pub(super) async fn request_token(&self, http: &Http) -> Result<Token, SendError> {
        let settings = &self.settings;
        let refused = |reason: &str| SendError::Refused { code: format!("token: {reason}") };
        let password = settings.password_base64.as_ref().ok_or_else(|| refused("no password"))?;
        let mut query = vec![
            ("customerId", settings.customer_id.as_str()),
            ("key", password.expose_secret()),
            ("scope", "NEW"),
        ];
        query.extend(settings.email.as_deref().map(|email| ("email", email)));
        let request =
            http.get(format!("{}/auth/v1/authentication/token", settings.base_url)).query(&query);
        let answer = http.send(request).await.map_err(|error| refused(error.code()))?;
        let body: Value = answer.json().unwrap_or_default();
        let token = word(&body["token"]).or_else(|| word(&body["data"]["token"]));
        match token {
            Some(token) if answer.is_success() => Ok(Token::new(token, Timestamp::now())),
            // A wrong password is also answered with HTTP 200.
            _ => Err(refused(
                &response_code(&body["status"]).unwrap_or(answer.status.into()).to_string(),
            )),
        }
    }

    pub(super) fn known_token(&self) -> Option<Token> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops a token, unless it has been replaced already.
    pub(super) fn forget(&self, token: &Token) {
        let mut known = self.token.write().unwrap_or_else(PoisonError::into_inner);
        known.take_if(|known| known.value.expose_secret() == token.value.expose_secret());
    }
}
