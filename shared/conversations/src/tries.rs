//! Whether the store takes writes, asked of it itself.

use jiff::Timestamp;

use crate::Store;
use crate::documents::Unavailable;
use crate::fields::Fields;
use crate::store::{DAY, at, expiring, keep};

impl Store {
    /// Writes something of no meaning, to see whether anything can be written.
    ///
    /// Each process writes a document of its own, again and again: one of Firestore's takes about a
    /// write a second, so that many sandboxes would get into each other's way, and none is
    /// left behind for longer than a day.
    pub async fn try_writing(&self, now: Timestamp) -> Result<(), Unavailable> {
        let tried = expiring(Fields::none().with("at", now.as_millisecond()), now, DAY);
        self.documents.commit(vec![keep(at("tries", &self.process.to_string()), tried)]).await?;
        Ok(())
    }
}
