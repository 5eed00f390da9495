//! A document, where it is, and what can be done to it.

use serde_json::value::RawValue;

use crate::fields::Fields;

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The collection that it is in.
    pub collection: &'static str,
    /// Its name there.
    pub id: String,
}

/// A document as it was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name in its collection.
    pub id: String,
    /// What stands in it.
    pub fields: Fields,
    /// Which state of it this is.
    pub version: Version,
}

/// Which state of a document was read; changes with every write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub(crate) i64, pub(crate) i32);

/// One part of a commit. All parts are carried out, or none.
#[derive(Clone, Debug)]
pub enum Write {
    /// Stores a document, on condition that there is none.
    Create(Path, Fields),
    /// Stores a document in place of the one that was read, on condition that it is unchanged.
    Replace(Path, Fields, Version),
    /// Sets some fields of the document that was read, on condition that it is unchanged.
    Amend(Path, Fields, Version),
    /// Sets some fields and adds to arrays what they do not hold yet, whatever was there before.
    Merge {
        /// The document.
        path: Path,
        /// What is set.
        set: Fields,
        /// What is added, and to which arrays.
        append: Vec<(&'static str, Vec<Box<RawValue>>)>,
    },
    /// Sets some fields and adds one to others, on condition that there is a document. Those who
    /// count at the same time do not get into each other's way.
    Count {
        /// The document.
        path: Path,
        /// What is set.
        set: Fields,
        /// The fields that one is added to.
        add: Vec<&'static str>,
    },
    /// Removes a document, if there is one; given a version, on condition that it is unchanged.
    Delete(Path, Option<Version>),
    /// Changes nothing, on condition that there is no such document.
    Absent(Path),
}

impl Version {
    /// That of no document: a condition that cannot hold.
    pub const NONE: Self = Self(0, 0);
}

/// The document of this name in a collection.
pub fn at(collection: &'static str, id: &str) -> Path {
    Path { collection, id: id.to_owned() }
}

impl Write {
    /// Sets some fields, whatever was there before: blind, so that a document of the same name is
    /// written over rather than refused with all the rest.
    pub fn keep(path: Path, set: Fields) -> Self {
        Self::Merge { path, set, append: vec![] }
    }

    /// The document that it writes, or whose absence it asks for.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Create(path, _)
            | Self::Replace(path, ..)
            | Self::Amend(path, ..)
            | Self::Merge { path, .. }
            | Self::Count { path, .. }
            | Self::Delete(path, _)
            | Self::Absent(path) => path,
        }
    }

    /// What it does, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Create(..) => "create",
            Self::Replace(..) => "replace",
            Self::Amend(..) => "amend",
            Self::Merge { .. } => "merge",
            Self::Count { .. } => "count",
            Self::Delete(..) => "delete",
            Self::Absent(_) => "absent",
        }
    }
}
