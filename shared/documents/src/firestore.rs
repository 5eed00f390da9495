//! The store on Google's Firestore.

mod database;
mod failure;
mod form;
mod questions;
mod values;
mod writes;

use firestore::FirestoreDbOptions;
use google::Credentials;

use crate::collections::{Collection, Query};
use crate::document::{Document, Path, Version, Write};
use crate::error::{Unavailable, WriteError};
use crate::key::Key;
use crate::outages::Asked;
use database::Database;
use form::Form;

/// A database, which is not trusted before it is known to be ours.
pub(crate) struct Firestore {
    database: Database,
    form: Form,
}

impl Firestore {
    pub(crate) fn new(
        options: FirestoreDbOptions,
        credentials: Credentials,
        key: &Key,
        collections: &[Collection],
    ) -> Self {
        Self { database: Database::new(options, credentials), form: Form::of(key, collections) }
    }

    /// Why the database belongs to another installation, if it says so.
    pub(crate) async fn another(&self) -> Option<String> {
        self.form.another(&self.database).await
    }

    pub(crate) async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        self.form.is_ours(&self.database, Asked::Read).await?;
        self.database.get(paths).await
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        self.form.is_ours(&self.database, Asked::Write).await?;
        self.database.commit(writes).await
    }

    /// Carries out each write independently. A document that another writer has changed since is left
    /// as it is.
    pub(crate) async fn each(&self, writes: &[Write]) -> Result<(), Unavailable> {
        self.form.is_ours(&self.database, Asked::Write).await?;
        self.database.each(writes).await
    }

    pub(crate) async fn find(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
        self.form.is_ours(&self.database, Asked::Read).await?;
        self.database.find(&query).await
    }

    pub(crate) async fn count(&self, query: Query) -> Result<u64, Unavailable> {
        self.form.is_ours(&self.database, Asked::Read).await?;
        self.database.count(&query).await
    }
}
