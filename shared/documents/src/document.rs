//! A document, its path, and the writes that can change it.

use serde_json::value::RawValue;

use crate::fields::Fields;

/// The path of a document.
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
    /// Its fields.
    pub fields: Fields,
    /// The version that was read.
    pub version: Version,
}

/// The version of a document, which changes with every write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub(crate) i64, pub(crate) i32);

/// One part of a commit. Either all parts are carried out, or none.
#[derive(Clone, Debug)]
pub enum Write {
    /// Stores a document, on condition that there is none.
    Create(Path, Fields),
    /// Replaces the document that was read, on condition that it is unchanged.
    Replace(Path, Fields, Version),
    /// Sets some fields of the document that was read, on condition that it is unchanged.
    Amend(Path, Fields, Version),
    /// Sets some fields, and appends to arrays the elements they do not contain yet, whatever was there
    /// before.
    Merge {
        /// The document.
        path: Path,
        /// What is set.
        set: Fields,
        /// What is added, and to which arrays.
        append: Vec<(&'static str, Vec<Box<RawValue>>)>,
    },
    /// The same as a merge, on condition that the document exists.
    Extend {
        /// The document.
        path: Path,
        /// What is set.
        set: Fields,
        /// What is added, and to which arrays.
        append: Vec<(&'static str, Vec<Box<RawValue>>)>,
    },
    /// Sets some fields and increments others, on condition that the document exists. Concurrent counts
    /// do not conflict.
    Count {
        /// The document.
        path: Path,
        /// What is set.
        set: Fields,
        /// The fields that one is added to.
        add: Vec<&'static str>,
    },
    /// Adds to some fields, whatever was there before: a document or field that is not there counts as
    /// zero. Concurrent additions do not conflict. The names of the fields begin with a letter and consist of
    /// letters, digits and `_`, since Firestore takes them for paths.
    Add(Path, Vec<(String, i64)>),
    /// Deletes a document, if it exists; given a version, on condition that it is unchanged.
    Delete(Path, Option<Version>),
    /// Changes nothing, on condition that there is no such document.
    Absent(Path),
}

impl Version {
    /// The version of no document: a condition that cannot hold.
    pub const NONE: Self = Self(0, 0);
}

/// The path of the document with this name in a collection.
pub fn at(collection: &'static str, id: &str) -> Path {
    Path { collection, id: id.to_owned() }
}

impl Write {
    /// Sets some fields, whatever was there before: blind, so that a document of the same name is
    /// overwritten instead of failing the whole commit.
    pub fn keep(path: Path, set: Fields) -> Self {
        Self::Merge { path, set, append: vec![] }
    }

    /// The same on condition that the document exists, for a merge, which creates it otherwise.
    pub fn if_there(self) -> Self {
        match self {
            Self::Merge { path, set, append } => Self::Extend { path, set, append },
            other => other,
        }
    }

    /// The document that it writes, or whose absence it requires.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Create(path, _)
            | Self::Replace(path, ..)
            | Self::Amend(path, ..)
            | Self::Merge { path, .. }
            | Self::Extend { path, .. }
            | Self::Count { path, .. }
            | Self::Add(path, _)
            | Self::Delete(path, _)
            | Self::Absent(path) => path,
        }
    }

    /// The kind of write, in one word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Create(..) => "create",
            Self::Replace(..) => "replace",
            Self::Amend(..) => "amend",
            Self::Merge { .. } => "merge",
            Self::Extend { .. } => "extend",
            Self::Count { .. } => "count",
            Self::Add(..) => "add",
            Self::Delete(..) => "delete",
            Self::Absent(_) => "absent",
        }
    }
}
