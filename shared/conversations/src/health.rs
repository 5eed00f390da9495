//! What is thought of all routes, which every turn reads with its conversation. Others write it.

use documents::{Document, Unavailable, at};
use evidence::Health;
use serde::de::DeserializeOwned;

use crate::store::Store;

impl Store {
    /// What is known of all routes.
    pub async fn health(&self) -> Result<Health, Unavailable> {
        let found = self.documents.get_one(at("health", "current")).await?;
        Ok(found.as_ref().and_then(opened).unwrap_or_default())
    }
}

/// The content of a document that is text to the store, so that it indexes none of it; if it is in
/// the form that this version writes.
pub fn opened<T: DeserializeOwned>(document: &Document) -> Option<T> {
    let content: Option<String> = document.fields.get("content");
    let content = content.and_then(|content| serde_json::from_str(&content).ok());
    if content.is_none() {
        tracing::error!("forgot what was known of routes: another version has written it");
    }
    content
}
