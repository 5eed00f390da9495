//! The form of the store: its fields and names, and the key of the names.
//!
//! A store of another form is never opened as if it were empty: it may contain opt-outs.

/// The number of the form that this version reads and writes. Each change of the form increases it,
/// with a migration (docs/store.md).
pub(crate) const FORM: i32 = 2;

/// The message when the names in a store were made with another key.
pub(crate) const OTHER_KEY: &str = "the names in it, those of who has stopped included, were made with \
                                    another NAME_KEY: set the one that it was begun with";
