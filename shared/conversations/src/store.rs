//! The store. What it can do is defined in the module of each subject.

use std::sync::Arc;

use documents::{Documents, Text, Unavailable, at};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::lifetimes::Lifetimes;
use crate::names::Names;
use crate::round::Round;
use crate::uncounted::Uncounted;

/// The store of conversations and everything about them.
pub struct Store {
    pub(crate) documents: Documents,
    pub(crate) names: Names,
    pub(crate) lifetimes: Lifetimes,
    /// The unique name of this process.
    pub(crate) process: Uuid,
    pub(crate) uncounted: Uncounted,
    pub(crate) round: Round,
    /// The same for the parts of a day's figures.
    pub(crate) figures_round: Round,
}

impl Store {
    pub(crate) fn new(documents: Documents, names: Names, lifetimes: Lifetimes) -> Self {
        Self {
            documents,
            names,
            lifetimes,
            process: Uuid::new_v4(),
            uncounted: Uncounted::default(),
            round: Round::default(),
            figures_round: Round::default(),
        }
    }

    /// The names under which people and messages are stored.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// How long things are kept.
    pub fn lifetimes(&self) -> &Lifetimes {
        &self.lifetimes
    }

    /// The underlying document store.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Does the work that the first use would have to wait for: connects and authenticates. Fails
    /// silently, since the first use will meet the same error.
    pub async fn prepare(self: Arc<Self>) {
        if !self.documents.are_embedded() {
            // No document has this name, but looking for it takes everything that any request takes.
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
