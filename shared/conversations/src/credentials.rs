//! Who we are to Firestore.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use firestore::gcloud_sdk::google_cloud_auth::credentials::{
    CacheableResource, Credentials as GoogleCredentials, CredentialsProvider, EntityTag,
};
use firestore::gcloud_sdk::google_cloud_auth::errors::CredentialsError;
use firestore::gcloud_sdk::tonic::codegen::http::{Extensions, HeaderValue, header::AUTHORIZATION};
use firestore::gcloud_sdk::{GoogleAuthHeaders, HeaderMap};
use gcp_auth::{CustomServiceAccount, MetadataServiceAccount, Token, TokenProvider};
use serde_json::Value;
use settings::SettingsError;
use tokio::sync::OnceCell;

use crate::documents::Unavailable;
use crate::federation::{self, Federation};

/// The whole of what we may do at Google.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/datastore";

/// How long it may take to get a token, where nothing else sets a limit.
const PATIENCE: Duration = Duration::from_secs(5);

/// What shows Firestore that it is us, as the owner configured it. Nothing is guessed: looking for
/// credentials in several places means asking a metadata server on machines that have none.
pub(crate) struct Credentials {
    google: GoogleCredentials,
    /// What to do when there is no token.
    advice: fn(&CredentialsError) -> &'static str,
}

impl Credentials {
    /// The emulator, which knows only its owner.
    pub(crate) fn of_emulator() -> Self {
        Self { google: Owner.into(), advice: |_| "the emulator takes anybody" }
    }

    /// A service account, by what stands in `GOOGLE_APPLICATION_CREDENTIALS`: its key, which is
    /// JSON, or the path of a file that holds it.
    pub(crate) fn of_service_account(value: &str) -> Result<Self, SettingsError> {
        const NAME: &str = "GOOGLE_APPLICATION_CREDENTIALS";
        let invalid = |problem: &str| misread(NAME, value, problem);
        let key = written(NAME, value)?;
        let kind = serde_json::from_str::<Value>(&key).unwrap_or_default();
        if kind["type"] == "external_account" {
            return Err(invalid("it is no key but a federation: set GCP_WIF_CONFIG to it"));
        }
        let account = CustomServiceAccount::from_json(&key).map_err(|_| {
            invalid("write a service account's key as Google gave it, which is JSON, or its path")
        })?;
        let advice = |_: &CredentialsError| {
            "Google gives no token for the key in GOOGLE_APPLICATION_CREDENTIALS: see whether it \
             is still valid, and the clock"
        };
        let source = OnceCell::new_with(Some(Arc::new(account) as Arc<dyn TokenProvider>));
        Ok(Self { google: Bearer { source, served: Mutex::default() }.into(), advice })
    }

    /// Keyless, for a role at AWS.
    pub(crate) fn of_federation(federation: Federation) -> Self {
        Self { google: federation.into(), advice: federation::advice }
    }

    /// The Google machine that we run on.
    pub(crate) fn of_machine() -> Self {
        let advice = |_: &CredentialsError| "no Google metadata server here: set GOOGLE_APPLICATION_CREDENTIALS or GCP_WIF_CONFIG";
        Self { google: Bearer::default().into(), advice }
    }

    /// Headers for every request, renewed before they expire. There are some now: what keeps us
    /// from having them is said here, where it can still be put into words.
    pub(crate) async fn headers(&self) -> Result<GoogleAuthHeaders, Unavailable> {
        match tokio::time::timeout(PATIENCE, self.google.headers(Extensions::new())).await {
            Ok(Ok(_)) => Ok(self.google.clone().into()),
            Ok(Err(error)) if error.is_transient() => Err(Unavailable::new((self.advice)(&error))),
            Ok(Err(error)) => Err(Unavailable::refused((self.advice)(&error))),
            Err(late) => {
                let error = CredentialsError::from_source(true, late);
                Err(Unavailable::new((self.advice)(&error)))
            }
        }
    }
}

/// A setting that is JSON, or else the path of a file with it. From Parameter Store it comes as the
/// former.
pub(crate) fn written<'a>(
    name: &'static str,
    value: &'a str,
) -> Result<Cow<'a, str>, SettingsError> {
    if value.starts_with('{') {
        return Ok(value.into());
    }
    std::fs::read_to_string(value).map(Cow::Owned).map_err(|error| SettingsError::Invalid {
        name,
        problem: match is_path(value) {
            true => format!(
                "write the path of its file, or what is in it: {value} is not readable: {error}"
            ),
            false => format!(
                "write the path of its file, or what is in it: no file is called so: {error}"
            ),
        },
    })
}

/// What is wrong with such a setting, under the name of its file where it is one.
pub(crate) fn misread(name: &'static str, value: &str, problem: &str) -> SettingsError {
    let problem = match is_path(value) {
        true => format!("{value}: {problem}"),
        false => problem.to_owned(),
    };
    SettingsError::Invalid { name, problem }
}

/// Whether a value looks like a path and like nothing else: whoever forgot a brace has put a key
/// there, which is not to be printed.
fn is_path(value: &str) -> bool {
    /// No key of Google's is as short.
    const LONGEST: usize = 200;
    let sound = |c: char| c.is_alphanumeric() || "/._-~ ".contains(c);
    let is_named_so = value.ends_with(".json") || Path::new(value).is_file();
    value.len() <= LONGEST && is_named_so && value.chars().all(sound)
}

/// What the emulator takes.
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

/// Tokens of `gcp_auth`, which keeps them by wall-clock time and renews them on demand: both right
/// for a sandbox that is frozen between requests.
#[derive(Default)]
struct Bearer {
    /// The metadata server, unless it is set from the beginning.
    source: OnceCell<Arc<dyn TokenProvider>>,
    /// The token that was served last, and the tag under which it is known to be cached.
    served: Mutex<Option<(Arc<Token>, EntityTag)>>,
}

impl Bearer {
    async fn token(&self) -> Result<Arc<Token>, gcp_auth::Error> {
        let machine = async || {
            let server = MetadataServiceAccount::new().await?;
            Ok::<_, gcp_auth::Error>(Arc::new(server) as Arc<dyn TokenProvider>)
        };
        self.source.get_or_try_init(machine).await?.token(&[SCOPE]).await
    }
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Bearer")
    }
}

impl CredentialsProvider for Bearer {
    async fn headers(
        &self,
        extensions: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let token = self.token().await.map_err(|error| {
            // Words alone are what it makes of an answer that is a refusal.
            let passes = !matches!(error, gcp_auth::Error::Str(_));
            CredentialsError::from_source(passes, error)
        })?;
        let entity_tag = {
            let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
            match &*served {
                Some((last, tag)) if Arc::ptr_eq(last, &token) => tag.clone(),
                _ => {
                    let tag = EntityTag::new();
                    *served = Some((Arc::clone(&token), tag.clone()));
                    tag
                }
            }
        };
        if extensions.get::<EntityTag>() == Some(&entity_tag) {
            return Ok(CacheableResource::NotModified);
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.as_str()))
            .map_err(|error| CredentialsError::from_source(false, error))?;
        bearer.set_sensitive(true);
        Ok(CacheableResource::New {
            entity_tag,
            data: HeaderMap::from_iter([(AUTHORIZATION, bearer)]),
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

    /// Made for this test; it opens nothing.
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
    async fn takes_a_key_from_a_file_and_says_when_google_does_not_take_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        // Nobody listens on port 1.
        std::fs::write(&file, KEY.replace("TOKEN_URI", "http://127.0.0.1:1/token")).unwrap();
        let credentials = Credentials::of_service_account(file.to_str().unwrap()).unwrap();
        assert_eq!(
            credentials.headers().await.err().unwrap().to_string(),
            "the store is unavailable: Google gives no token for the key in \
             GOOGLE_APPLICATION_CREDENTIALS: see whether it is still valid, and the clock"
        );
    }

    #[test]
    fn says_what_is_no_key() {
        let no_key = "write a service account's key as Google gave it, which is JSON, or its path";
        for (value, problem) in [
            (
                "nowhere.json",
                "write the path of its file, or what is in it: nowhere.json is not readable: \
                 No such file or directory (os error 2)",
            ),
            (
                r#""private_key": "s3cret"}"#,
                "write the path of its file, or what is in it: no file is called so: \
                 No such file or directory (os error 2)",
            ),
            ("Cargo.toml", &format!("Cargo.toml: {no_key}")),
            (r#"{"type": "service_account", "private_key": "s3cret"}"#, no_key),
            (
                r#"{"type": "external_account"}"#,
                "it is no key but a federation: set GCP_WIF_CONFIG to it",
            ),
        ] {
            assert_eq!(
                Credentials::of_service_account(value).err().unwrap().to_string(),
                format!("GOOGLE_APPLICATION_CREDENTIALS cannot be used: {problem}")
            );
        }
    }
}
