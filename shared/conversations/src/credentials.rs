//! Who we are to Firestore.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use firestore::gcloud_sdk::google_cloud_auth::credentials::{
    CacheableResource, Credentials as GoogleCredentials, CredentialsProvider, EntityTag,
};
use firestore::gcloud_sdk::google_cloud_auth::errors::CredentialsError;
use firestore::gcloud_sdk::tonic::codegen::http::{Extensions, HeaderValue, header::AUTHORIZATION};
use firestore::gcloud_sdk::{GoogleAuthHeaders, HeaderMap};
use gcp_auth::{CustomServiceAccount, MetadataServiceAccount, Token, TokenProvider};

use crate::documents::Unavailable;

const SCOPES: &[&str] = &["https://www.googleapis.com/auth/datastore"];

/// What shows Firestore that it is us, as the owner configured it. Nothing is guessed: looking for
/// credentials in several places means asking a metadata server on machines that have none.
pub(crate) enum Credentials {
    /// The emulator, which knows only its owner.
    Emulator,
    /// A service account's key file.
    File(PathBuf),
    /// The metadata server of the Google machine we run on.
    Metadata,
}

impl Credentials {
    /// Headers for every request, renewed before they expire.
    pub(crate) async fn headers(&self) -> Result<GoogleAuthHeaders, Unavailable> {
        let provider: Arc<dyn TokenProvider> = match self {
            Self::Emulator => return Ok(GoogleCredentials::from(Owner).into()),
            Self::File(file) => Arc::new(CustomServiceAccount::from_file(file).map_err(|_| {
                Unavailable::new("GOOGLE_APPLICATION_CREDENTIALS is no service account's key file")
            })?),
            Self::Metadata => Arc::new(MetadataServiceAccount::new().await.map_err(|_| {
                Unavailable::new(
                    "no Google metadata server here: set GOOGLE_APPLICATION_CREDENTIALS",
                )
            })?),
        };
        Ok(GoogleCredentials::from(Bearer { provider, served: Mutex::default() }).into())
    }
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
struct Bearer {
    provider: Arc<dyn TokenProvider>,
    /// The token that was served last, and the tag under which it is known to be cached.
    served: Mutex<Option<(Arc<Token>, EntityTag)>>,
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
        let token = self
            .provider
            .token(SCOPES)
            .await
            .map_err(|error| CredentialsError::from_source(true, error))?;
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
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        std::fs::write(&file, KEY.replace("TOKEN_URI", &url)).unwrap();

        let provider = Arc::new(CustomServiceAccount::from_file(&file).unwrap());
        let bearer = Bearer { provider, served: Mutex::default() };
        let CacheableResource::New { entity_tag, data } =
            bearer.headers(Extensions::new()).await.unwrap()
        else {
            panic!("the first headers are new");
        };
        assert_eq!(data[AUTHORIZATION], "Bearer a.b.c");
        assert!(data[AUTHORIZATION].is_sensitive());

        let mut known = Extensions::new();
        known.insert(entity_tag);
        let again = bearer.headers(known).await.unwrap();
        assert!(matches!(again, CacheableResource::NotModified));
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn says_that_a_file_is_no_key() {
        let error = Credentials::File("Cargo.toml".into()).headers().await.err().unwrap();
        assert_eq!(
            error.to_string(),
            "the store is unavailable: GOOGLE_APPLICATION_CREDENTIALS is no service account's key file"
        );
    }
}
