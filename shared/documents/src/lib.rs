//! Documents: conditional commits of several at once, and queries on one field. The store is Firestore,
//! or SQLite in a local file; both pass the same tests.
//!
//! Whoever opens a store declares its collections and the fields they are queried by
//! ([`collections!`]). Nothing here knows what the documents mean.

#![warn(missing_docs)]

#[cfg(feature = "sqlite")]
mod backups;
mod collections;
mod document;
mod documents;
mod error;
mod fields;
mod firestore;
mod form;
mod key;
mod merge;
mod open;
mod outages;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use collections::{Collection, Field, Holds, Kind, Place, Query, Text, Texts, Time, Words};
pub use document::{Document, Path, Version, Write, at};
pub use documents::{Documents, RARELY};
pub use error::{Left, Unavailable, WriteError};
pub use fields::{Fields, raw};
pub use key::{Key, hash};
pub use merge::once_each;
pub use open::{OpenError, Reserved, SETTINGS, reserve};
#[cfg(feature = "sqlite")]
pub use sqlite::{
    backup::Backup,
    merge::Wanted,
    restore::{Restoring, Since},
};
