//! Declares collections and the fields that they are queried by.
//!
//! A [`Query`] can only be built from a declared field, and the embedded store has an index for each, so
//! that no query reads a whole collection. Firestore indexes every field by itself.

use jiff::Timestamp;

/// A kind of document.
#[derive(Debug)]
pub struct Collection {
    /// Its name in the store.
    pub name: &'static str,
    /// The fields that it is queried by.
    pub asked: &'static [Field],
    /// Further properties of all its documents.
    pub holds: &'static [Holds],
}

/// A field that documents are queried by. Documents without it are not found by it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Milliseconds since 1970.
    Time,
    /// A text.
    Text,
    /// An array of texts, each of which finds the document.
    Texts,
    /// A text whose words find the document, in the embedded store.
    Words,
}

/// A property of all documents of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Those with a time in `expires_at` expire then.
    Expires,
    /// Each write is also entered in the ledger beside the database.
    InLedger,
    /// Every store that was ever used contains one.
    FromTheFirst,
    /// The collection is younger than the form: a store of this form may lack it, and gets it when it is
    /// opened.
    Later,
}

impl Collection {
    /// Whether all its documents have this property.
    pub(crate) fn holds(&self, what: Holds) -> bool {
        self.holds.contains(&what)
    }
}

/// A time that the documents of a collection are queried by.
#[derive(Clone, Copy)]
pub struct Time {
    /// Their collection.
    pub collection: &'static str,
    /// The field that contains it.
    pub field: &'static str,
}

impl Time {
    /// Documents whose time is not later; earliest first.
    pub fn not_after(self, time: Timestamp, limit: u32) -> Query {
        self.query(Filter::NotAfter(self.field, time.as_millisecond()), limit)
    }

    /// Documents whose time is not earlier; earliest first.
    pub fn not_before(self, time: Timestamp, limit: u32) -> Query {
        self.query(Filter::NotBefore(self.field, time.as_millisecond()), limit)
    }

    /// All documents that have the time; latest first.
    pub fn latest(self, limit: u32) -> Query {
        self.query(Filter::Latest(self.field), limit)
    }

    fn query(self, filter: Filter, limit: u32) -> Query {
        Query { collection: self.collection, filter, after: None, limit }
    }
}

/// A text that the documents of a collection are queried by.
#[derive(Clone, Copy)]
pub struct Text {
    /// Their collection.
    pub collection: &'static str,
    /// The field that contains it.
    pub field: &'static str,
}

impl Text {
    /// Documents with this text, in any order.
    pub fn equal(self, text: &str, limit: u32) -> Query {
        self.query(Filter::Equal(self.field, text.to_owned()), limit)
    }

    /// Documents whose text begins with this, ordered by their texts.
    pub fn within(self, prefix: String, limit: u32) -> Query {
        self.within_after(prefix, None, limit)
    }

    /// The same, after this text, which none of the others begins with.
    pub fn within_after(self, prefix: String, after: Option<&str>, limit: u32) -> Query {
        let end = end_of(&prefix);
        let from = after.map_or(prefix, |after| format!("{after} "));
        self.query(Filter::Within(self.field, from, end), limit)
    }

    /// The same, from the end.
    pub fn last_within(self, prefix: String, limit: u32) -> Query {
        let end = end_of(&prefix);
        self.query(Filter::LastWithin(self.field, prefix, end), limit)
    }

    fn query(self, filter: Filter, limit: u32) -> Query {
        Query { collection: self.collection, filter, after: None, limit }
    }
}

/// A field with several texts, each of which finds the documents of a collection that have it.
#[derive(Clone, Copy)]
pub struct Texts {
    /// Their collection.
    pub collection: &'static str,
    /// The field that contains them.
    pub field: &'static str,
}

impl Texts {
    /// Documents with this text among the others, in any order.
    pub fn contains(self, text: &str, limit: u32) -> Query {
        let filter = Filter::Contains(self.field, text.to_owned());
        Query { collection: self.collection, filter, after: None, limit }
    }
}

/// A text whose words find the documents of a collection, in the embedded store alone. Firestore has no
/// such index: there the query is an error.
#[derive(Clone, Copy)]
pub struct Words {
    /// Their collection.
    pub collection: &'static str,
    /// The field that contains it.
    pub field: &'static str,
}

impl Words {
    /// Documents with all of these words, in any letter case and with or without accents; the last
    /// created first. Without a word nothing is found.
    pub fn all_of(self, words: &str, limit: u32) -> Query {
        let filter = Filter::AllOf(self.field, words.to_owned());
        Query { collection: self.collection, filter, after: None, limit }
    }
}

/// Documents of a collection that match on one field.
#[derive(Clone, Debug)]
pub struct Query {
    collection: &'static str,
    filter: Filter,
    after: Option<Place>,
    limit: u32,
}

/// A place in an order of time: a document's time and its name. The store decides the order of
/// documents with the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// In milliseconds since 1970.
    pub time: i64,
    /// The name.
    pub id: String,
}

impl Place {
    /// Its time.
    pub fn time(&self) -> Timestamp {
        Timestamp::from_millisecond(self.time).unwrap_or_default()
    }
}

/// Which documents, and in which order: see [`Time`], [`Text`], [`Texts`] and [`Words`].
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    Equal(&'static str, String),
    NotAfter(&'static str, i64),
    NotBefore(&'static str, i64),
    Latest(&'static str),
    Within(&'static str, String, String),
    LastWithin(&'static str, String, String),
    Contains(&'static str, String),
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only the embedded store can"))]
    AllOf(&'static str, String),
    /// By name, after this one.
    Behind(String),
}

impl Query {
    /// All documents of a collection behind the one with this name, in the order of their names. Reads
    /// everything, page by page: only for what somebody does by hand and rarely.
    pub fn behind_name(collection: &'static str, name: String, limit: u32) -> Self {
        Self { collection, filter: Filter::Behind(name), after: None, limit }
    }

    /// Only those after this place, for a query by time, earliest first.
    pub fn behind(self, after: Option<Place>) -> Self {
        Self { after, ..self }
    }

    /// Only those before this place, for a query by time, latest first.
    pub fn before(self, place: Option<Place>) -> Self {
        Self { after: place, ..self }
    }

    pub(crate) fn collection(&self) -> &'static str {
        self.collection
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The place where it begins, in its own order.
    pub(crate) fn after(&self) -> Option<&Place> {
        self.after.as_ref()
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }
}

/// The first text greater than all that begin with `prefix`, whose last character is ASCII.
pub(crate) fn end_of(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    let last = end.pop().unwrap_or('\u{0}');
    end.push(char::from_u32(u32::from(last) + 1).unwrap_or(last));
    end
}

/// Declares the collections: for each a module with a constant for each field that it is queried by,
/// and all of them together as `ALL`.
#[macro_export]
macro_rules! collections {
    ($(
        $(#[$about:meta])*
        $collection:ident [$($holds:ident)*] { $($name:ident: $kind:ident = $field:literal,)* }
    )*) => {
        $(
            $(#[$about])*
            pub mod $collection {
                $(
                #[doc = concat!("By its `", $field, "`.")]
                pub const $name: $crate::$kind = $crate::$kind {
                    collection: stringify!($collection),
                    field: $field,
                };
                )*
            }
        )*

        /// All collections.
        pub const ALL: &[$crate::Collection] = &[$($crate::Collection {
            name: stringify!($collection),
            asked: &[$($crate::Field { name: $field, kind: $crate::Kind::$kind },)*],
            holds: &[$($crate::Holds::$holds,)*],
        },)*];
    };
}
