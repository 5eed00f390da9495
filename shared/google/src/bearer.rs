//! Tokens of a service account whose key we have, or of the Google machine that we run on.

use std::sync::{Arc, Mutex, PoisonError};

use firestore::gcloud_sdk::HeaderMap;
use firestore::gcloud_sdk::google_cloud_auth::credentials::{
    CacheableResource, CredentialsProvider, EntityTag,
};
use firestore::gcloud_sdk::google_cloud_auth::errors::CredentialsError;
use firestore::gcloud_sdk::tonic::codegen::http::{Extensions, HeaderValue, header::AUTHORIZATION};
use gcp_auth::{MetadataServiceAccount, Token, TokenProvider};
use tokio::sync::OnceCell;

use crate::token::SCOPE;

/// Tokens of `gcp_auth`, which tracks their expiry by wall-clock time and renews them on demand: both
/// right for a sandbox that is frozen between requests.
#[derive(Default)]
pub(crate) struct Bearer {
    /// The metadata server, unless it is set from the start.
    source: OnceCell<Arc<dyn TokenProvider>>,
    /// The token that was last served, and the tag under which it is known to be cached.
    served: Mutex<Option<(Arc<Token>, EntityTag)>>,
}

impl Bearer {
    /// Tokens of this account.
    pub(crate) fn of(account: impl TokenProvider + 'static) -> Self {
        let source = OnceCell::new_with(Some(Arc::new(account) as Arc<dyn TokenProvider>));
        Self { source, served: Mutex::default() }
    }

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
            // It reports only a message, and no status, for an answer that is a refusal.
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
