//! Checks that a database has our form and that its names are made with our key, before anything in it
//! is trusted: under other names, no opt-out would be found.

use firestore::gcloud_sdk::google::firestore::v1 as api;
use futures::future::try_join_all;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::database::{Database, TIMEOUT};
use crate::collections::{Collection, Holds};
use crate::document::{Path, Write, at};
use crate::error::{Unavailable, WriteError};
use crate::fields::Fields;
use crate::form::{FORM, OTHER_KEY};
use crate::key::Key;
use crate::outages::Asked;

const OTHER: &str = "or set FIRESTORE_DATABASE to another database to start from scratch, without what people \
                     said, their stops included";

/// What is known about the database.
pub(super) struct Form {
    fingerprint: String,
    /// The collections that have documents in every used store.
    used: Vec<&'static str>,
    /// Set once it is known to be ours: checked once per process.
    ours: OnceCell<()>,
}

/// Why it is not known to be ours.
enum Unknown {
    /// It is empty, and nobody writes.
    Empty,
    /// It belongs to another installation, for this reason.
    Another(String),
    /// It does not answer.
    Unavailable(Unavailable),
}

impl Form {
    pub(super) fn of(key: &Key, collections: &[Collection]) -> Self {
        let used = collections.iter().filter(|it| it.holds(Holds::FromTheFirst));
        let used = used.map(|collection| collection.name).collect();
        Self { fingerprint: key.fingerprint(), used, ours: OnceCell::new() }
    }

    /// Fails unless the database is ours. The first write makes an empty one ours.
    pub(super) async fn is_ours(
        &self,
        database: &Database,
        asked: Asked,
    ) -> Result<(), Unavailable> {
        match self.look(database, asked).await {
            Ok(()) | Err(Unknown::Empty) => Ok(()),
            Err(Unknown::Another(why)) => Err(Unavailable::refused(why)),
            Err(Unknown::Unavailable(error)) => Err(error),
        }
    }

    /// Why the database belongs to another installation, if it says so.
    pub(super) async fn another(&self, database: &Database) -> Option<String> {
        match self.look(database, Asked::Read).await {
            Err(Unknown::Another(why)) => Some(why),
            _ => None,
        }
    }

    /// Waits no longer than a connection and a request take, however many check concurrently.
    async fn look(&self, database: &Database, asked: Asked) -> Result<(), Unknown> {
        // Boxed: the future is deeply nested, and every request waits for it.
        let looking = self.ours.get_or_try_init(|| Box::pin(self.look_once(database, asked)));
        let late = |_| Unavailable::new("no answer within ten seconds");
        timeout(2 * TIMEOUT, looking).await.map_err(late)?.copied()
    }

    async fn look_once(&self, database: &Database, asked: Asked) -> Result<(), Unknown> {
        if self.is_marked(database).await? {
            return Ok(());
        }
        if self.is_used(database).await? {
            let older = "the database was written by an older version of textback: start that one";
            return Err(Unknown::Another(format!("{older}, {OTHER}")));
        }
        if let Asked::Read = asked {
            return Err(Unknown::Empty);
        }
        let mark = Fields::none().with("number", FORM).with("fingerprint", &self.fingerprint);
        match database.commit(vec![Write::Create(path(), mark)]).await {
            Ok(_) => Ok(()),
            // Another process has just set it up, with its own key or ours.
            Err(WriteError::Conflict) if self.is_marked(database).await? => Ok(()),
            Err(error) => Err(Unavailable::from(error).into()),
        }
    }

    /// Whether the form and the key are recorded. If they are, they have to be ours.
    async fn is_marked(&self, database: &Database) -> Result<bool, Unknown> {
        let Some(mark) = database.get(&[path()]).await?.pop().flatten() else { return Ok(false) };
        let form: Option<i64> = mark.fields.get("number");
        let fingerprint: Option<String> = mark.fields.get("fingerprint");
        let why = if form != Some(FORM.into()) {
            let version = if form > Some(FORM.into()) { "a newer" } else { "an older" };
            format!(
                "the database was written by {version} version of textback: start that one, {OTHER}"
            )
        } else if fingerprint.as_ref() != Some(&self.fingerprint) {
            format!("{OTHER_KEY}, {OTHER}")
        } else {
            return Ok(true);
        };
        Err(Unknown::Another(why))
    }

    async fn is_used(&self, database: &Database) -> Result<bool, Unavailable> {
        let used = self.used.iter().map(async |collection| {
            let request = api::ListDocumentsRequest {
                parent: format!("{}/documents", database.database),
                collection_id: (*collection).into(),
                page_size: 1,
                ..Default::default()
            };
            database
                .read(|mut client| {
                    let request = request.clone();
                    async move { Ok(client.list_documents(request).await?.into_inner()) }
                })
                .await
        });
        Ok(try_join_all(used).await?.iter().any(|found| !found.documents.is_empty()))
    }
}

impl From<Unavailable> for Unknown {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

fn path() -> Path {
    at("form", "current")
}
