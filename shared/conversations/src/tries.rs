//! Checks whether the store takes writes.

use documents::{Fields, Unavailable, Write, at};
use jiff::Timestamp;

use crate::lifetimes::DAY;
use crate::store::Store;

impl Store {
    /// Writes a document without meaning, to see whether writing works.
    ///
    /// Each process overwrites a document of its own: one Firestore document takes about one write a
    /// second, so many sandboxes sharing one would get in each other's way. None is kept for longer
    /// than a day.
    pub async fn try_writing(&self, now: Timestamp) -> Result<(), Unavailable> {
        let tried = Fields::none().with("at", now.as_millisecond()).expiring(now, DAY);
        self.documents
            .commit(vec![Write::keep(at("tries", &self.process.to_string()), tried)])
            .await?;
        Ok(())
    }
}
