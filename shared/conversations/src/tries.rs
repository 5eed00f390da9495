//! Whether the store takes writes, asked of it itself.

use documents::{Fields, Unavailable, Write, at};
use jiff::Timestamp;

use crate::lifetimes::DAY;
use crate::store::Store;

impl Store {
    /// Writes something of no meaning, to see whether anything can be written.
    ///
    /// Each process writes a document of its own, again and again: one of Firestore's takes about a
    /// write a second, so that many sandboxes would get into each other's way, and none is
    /// left behind for longer than a day.
    pub async fn try_writing(&self, now: Timestamp) -> Result<(), Unavailable> {
        let tried = Fields::none().with("at", now.as_millisecond()).expiring(now, DAY);
        self.documents
            .commit(vec![Write::keep(at("tries", &self.process.to_string()), tried)])
            .await?;
        Ok(())
    }
}
