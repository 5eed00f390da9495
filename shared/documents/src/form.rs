//! The form of what is stored: which fields and names, and by which key.
//!
//! A store of another form is never opened as if it were empty: it may hold stops.

/// The number of the form that this version reads and writes. Each change of the form takes another,
/// with a migration (docs/store.md).
pub(crate) const FORM: i32 = 2;

/// Why a store whose names are made with another key is refused.
pub(crate) const OTHER_KEY: &str = "the names in it, those of who has stopped included, were made with \
                                    another NAME_KEY: set the one that it was begun with";
