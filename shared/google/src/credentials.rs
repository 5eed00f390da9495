//! Our credentials for Firestore, from the settings.

use std::time::Duration;

use firestore::gcloud_sdk::google_cloud_auth::credentials::{
    CacheableResource, Credentials as GoogleCredentials, CredentialsProvider, EntityTag,
};
use firestore::gcloud_sdk::google_cloud_auth::errors::CredentialsError;
use firestore::gcloud_sdk::tonic::codegen::http::{Extensions, HeaderValue, header::AUTHORIZATION};
use firestore::gcloud_sdk::{GoogleAuthHeaders, HeaderMap};
use gcp_auth::CustomServiceAccount;
use serde_json::Value;
use settings::{Settings, SettingsError};

use crate::bearer::Bearer;
use crate::federation::{self, Federation};
use crate::token::NoToken;
use crate::written::{misread, written};

/// What [`Credentials::from_settings`] reads.
pub const SETTINGS: settings::Names = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "GCP_WIF_CONFIG",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// The timeout for getting a token, where nothing else sets one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Our credentials for Firestore, as the owner configured them. Nothing is guessed: looking for
/// credentials in several places means asking a metadata server on machines that have none.
pub struct Credentials {
    google: GoogleCredentials,
    /// What to do if there is no token.
    advice: fn(&CredentialsError) -> &'static str,
}

impl Credentials {
    /// As the settings say. Keyless credentials take precedence, so that a key that is still set need
    /// not be removed on the same day.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        if let Some(configuration) = settings.get("GCP_WIF_CONFIG") {
            let federation = Federation::from_settings(configuration, settings)?;
            return Ok(Self::of_federation(federation));
        }
        if let Some(key) = settings.get("GOOGLE_APPLICATION_CREDENTIALS") {
            return Self::of_service_account(key);
        }
        // The server that answers there is not Google's.
        if settings.get("AWS_LAMBDA_RUNTIME_API").is_some() {
            let missing = vec!["GCP_WIF_CONFIG (or GOOGLE_APPLICATION_CREDENTIALS)"];
            return Err(SettingsError::Missing { owner: "Firestore", missing });
        }
        Ok(Self::of_machine())
    }

    /// The emulator, which knows only its owner.
    pub fn of_emulator() -> Self {
        Self { google: Owner.into(), advice: |_| "the emulator accepts anybody" }
    }

    /// A service account from `GOOGLE_APPLICATION_CREDENTIALS`: its key, which is JSON, or the path of
    /// a file with it.
    fn of_service_account(value: &str) -> Result<Self, SettingsError> {
        const NAME: &str = "GOOGLE_APPLICATION_CREDENTIALS";
        let invalid = |problem: &str| misread(NAME, value, problem);
        let key = written(NAME, value)?;
        let kind = serde_json::from_str::<Value>(&key).unwrap_or_default();
        if kind["type"] == "external_account" {
            return Err(invalid(
                "it is a federation configuration, not a key: set GCP_WIF_CONFIG to it",
            ));
        }
        let account = CustomServiceAccount::from_json(&key).map_err(|_| {
            invalid("write a service account's key as Google gave it (JSON), or its path")
        })?;
        let advice = |_: &CredentialsError| {
            "Google gives no token for the key in GOOGLE_APPLICATION_CREDENTIALS: check whether it \
             is still valid, and the clock"
        };
        Ok(Self { google: Bearer::of(account).into(), advice })
    }

    /// Keyless, for a role at AWS.
    pub(crate) fn of_federation(federation: Federation) -> Self {
        Self { google: federation.into(), advice: federation::advice }
    }

    /// The Google machine that we run on.
    fn of_machine() -> Self {
        let advice = |_: &CredentialsError| "no Google metadata server here: set GOOGLE_APPLICATION_CREDENTIALS or GCP_WIF_CONFIG";
        Self { google: Bearer::default().into(), advice }
    }

    /// Headers for every request, renewed before they expire. Fetches a token now, so that a failure is
    /// reported here, where it can be explained.
    pub async fn headers(&self) -> Result<GoogleAuthHeaders, NoToken> {
        match tokio::time::timeout(TIMEOUT, self.google.headers(Extensions::new())).await {
            Ok(Ok(_)) => Ok(self.google.clone().into()),
            Ok(Err(error)) if error.is_transient() => {
                Err(NoToken::Unanswered((self.advice)(&error)))
            }
            Ok(Err(error)) => Err(NoToken::Refused((self.advice)(&error))),
            Err(late) => {
                let error = CredentialsError::from_source(true, late);
                Err(NoToken::Unanswered((self.advice)(&error)))
            }
        }
    }
}

/// The token that the emulator accepts.
#[derive(Debug)]
struct Owner;

impl CredentialsProvider for Owner {
    async fn headers(
        &self,
        _extensions: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let data = [(AUTHORIZATION, HeaderValue::from_static("Bearer owner"))];
        Ok(CacheableResource::New {
            entity_tag: EntityTag::new(),
            data: data.into_iter().collect(),
        })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::routing::post;
    use axum::{Json, Router};
    use serde_json::json;

    use super::*;

    /// Made for this test; it grants access to nothing.
    const KEY: &str = include_str!("../tests/throwaway-service-account.json");

    #[tokio::test]
    async fn fetches_one_token_for_a_service_account_and_keeps_it() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let token = post(async || {
            ASKED.fetch_add(1, Ordering::Relaxed);
            Json(json!({"access_token": "a.b.c", "expires_in": 3600, "token_type": "Bearer"}))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, Router::new().route("/token", token)).await });
        let key = KEY.replace("TOKEN_URI", &url);

        let credentials = Credentials::of_service_account(&key).unwrap();
        credentials.headers().await.unwrap();
        let first = credentials.google.headers(Extensions::new()).await.unwrap();
        let CacheableResource::New { entity_tag, data } = first else {
            panic!("the first headers are new");
        };
        assert_eq!(data[AUTHORIZATION], "Bearer a.b.c");
        assert!(data[AUTHORIZATION].is_sensitive());

        let mut known = Extensions::new();
        known.insert(entity_tag);
        let again = credentials.google.headers(known).await.unwrap();
        assert!(matches!(again, CacheableResource::NotModified));
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn takes_a_key_from_a_file_and_reports_when_google_refuses_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        // Nothing listens on port 1.
        std::fs::write(&file, KEY.replace("TOKEN_URI", "http://127.0.0.1:1/token")).unwrap();
        let credentials = Credentials::of_service_account(file.to_str().unwrap()).unwrap();
        assert_eq!(
            credentials.headers().await.err().unwrap().to_string(),
            "Google gives no token for the key in \
             GOOGLE_APPLICATION_CREDENTIALS: check whether it is still valid, and the clock"
        );
    }

    #[test]
    fn says_what_is_wrong_with_a_key() {
        let no_key = "write a service account's key as Google gave it (JSON), or its path";
        for (value, problem) in [
            (
                "nowhere.json",
                "write the path of its file, or its content: nowhere.json is not readable: \
                 No such file or directory (os error 2)",
            ),
            (
                r#""private_key": "s3cret"}"#,
                "write the path of its file, or its content: there is no such file: \
                 No such file or directory (os error 2)",
            ),
            ("Cargo.toml", &format!("Cargo.toml: {no_key}")),
            (r#"{"type": "service_account", "private_key": "s3cret"}"#, no_key),
            (
                r#"{"type": "external_account"}"#,
                "it is a federation configuration, not a key: set GCP_WIF_CONFIG to it",
            ),
        ] {
            assert_eq!(
                Credentials::of_service_account(value).err().unwrap().to_string(),
                format!("GOOGLE_APPLICATION_CREDENTIALS cannot be used: {problem}")
            );
        }
    }
}
