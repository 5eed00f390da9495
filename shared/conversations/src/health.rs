//! The health of all routes. Every turn reads it with its conversation; other functions write it.

use documents::{Document, Unavailable, at};
use evidence::Health;
use serde::de::DeserializeOwned;

use crate::store::Store;

impl Store {
    /// The health of all routes.
    pub async fn health(&self) -> Result<Health, Unavailable> {
        let found = self.documents.get_one(at("health", "current")).await?;
        Ok(found.as_ref().and_then(opened).unwrap_or_default())
    }
}

/// The content of a document that is stored as one text, so that the store indexes none of it. `None`
/// if it is not in the form that this version writes.
pub fn opened<T: DeserializeOwned>(document: &Document) -> Option<T> {
    let content: Option<String> = document.fields.get("content");
    let content = content.and_then(|content| serde_json::from_str(&content).ok());
    if content.is_none() {
        tracing::error!(
            "discarded the health of routes: another version of textback has written it"
        );
    }
    content
}
