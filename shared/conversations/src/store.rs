//! Where everything is remembered. What can be done there stands with what it is about.

use std::sync::Arc;

use documents::{Documents, Text, Unavailable, at};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::names::Names;
use crate::uncounted::Uncounted;

/// Where everything is remembered.
pub struct Store {
    pub(crate) documents: Documents,
    pub(crate) names: Names,
    /// The name of this process, which nobody else has.
    pub(crate) process: Uuid,
    pub(crate) uncounted: Uncounted,
}

impl Store {
    pub(crate) fn new(documents: Documents, names: Names) -> Self {
        Self { documents, names, process: Uuid::new_v4(), uncounted: Uncounted::default() }
    }

    /// What everything is called here that has to do with people.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Where it is remembered.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Does what a first use would have to wait for: connects, and shows who we are. Fails silently,
    /// since the first use will meet the same.
    pub async fn prepare(self: Arc<Self>) {
        if !self.documents.are_embedded() {
            // There is none of this name. To look for it takes all that any request takes.
            let _ = self.documents.get(&[at("claims", "none")]).await;
        }
    }

    pub(crate) async fn equal<T: DeserializeOwned>(
        &self,
        field: Text,
        text: &str,
    ) -> Result<Vec<T>, Unavailable> {
        self.documents.list(field.equal(text, 200)).await
    }
}
