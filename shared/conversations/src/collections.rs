//! What is kept, and what it is asked by: the one list of both.
//!
//! A [`Query`] is made of nothing but what stands here, and the embedded store has a column and an
//! index for each of it, so that no question reads a collection. Firestore indexes every field by
//! itself.

use jiff::Timestamp;

/// A kind of document.
#[derive(Debug)]
pub(crate) struct Collection {
    /// What it is called in the store.
    pub(crate) name: &'static str,
    /// The fields that it is asked by.
    pub(crate) asked: &'static [Field],
    /// What else holds for all its documents.
    holds: &'static [Holds],
}

/// A field that documents are asked by. Those that do not have it are not found by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// What stands in it.
    pub(crate) kind: Kind,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Milliseconds since 1970.
    Time,
    /// A text.
    Text,
}

/// What may hold for all documents of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Each says until when it is kept.
    Expires,
    /// Each write is entered in the ledger beside the database too.
    InLedger,
}

impl Collection {
    /// Whether this holds for all its documents.
    #[cfg(feature = "sqlite")]
    pub(crate) fn holds(&self, what: Holds) -> bool {
        self.holds.contains(&what)
    }
}

macro_rules! collections {
    ($(
        $(#[$about:meta])*
        $collection:ident [$($holds:ident)*] { $($name:ident: $kind:ident = $field:literal,)* }
    )*) => {
        $(
            $(#[$about])*
            pub(crate) mod $collection {
                $(pub(crate) const $name: super::$kind = super::$kind {
                    collection: stringify!($collection),
                    field: $field,
                };)*
            }
        )*

        /// All that there are.
        pub(crate) const ALL: &[Collection] = &[$(Collection {
            name: stringify!($collection),
            asked: &[$(Field { name: $field, kind: Kind::$kind },)*],
            holds: &[$(Holds::$holds,)*],
        },)*];
    };
}

collections! {
    /// Every try to hand a reply to a provider.
    attempts [Expires] {
        AT: Time = "at",
        DUE_AT: Time = "due_at",
        MESSAGE: Text = "message",
        PLACE: Text = "place",
        TRACE: Text = "trace",
    }
    /// What was taken, so that a repeat of it is known.
    claims [Expires] {}
    /// What the clock said last.
    clock [] {}
    /// Who agreed to be texted.
    consents [Expires InLedger] { THEIRS: Text = "theirs", }
    /// How many did, by window of time.
    consents_given [Expires] {}
    /// What was said, beside the head of its conversation.
    conversations [Expires] {}
    /// What must leave the system.
    effects [Expires] { CONVERSATION: Text = "conversation", DUE_AT: Time = "due_at", }
    /// Conversations that are over.
    ended [Expires] { PLACE: Text = "place", }
    /// Conversations under way, without what was said.
    heads [Expires] { AT: Time = "at", DUE_AT: Time = "due_at", }
    /// What is thought of all routes.
    health [] {}
    /// How many new people were let in.
    minutes [Expires] { AT: Time = "at", }
    /// What a person should look at.
    notices [Expires] { AT: Time = "at", }
    /// The latest probe of each way.
    probes [] {}
    /// Calls that nobody understood.
    quarantine [Expires] { AT: Time = "at", SHAPE: Text = "shape", }
    /// What providers reported. One that waits for its attempt is due when to look for it.
    receipts [Expires] { DUE_AT: Time = "due_at", MESSAGE: Text = "message", }
    /// When conversations usually begin.
    rhythm [] {}
    /// What is remembered of each route.
    routes [] { PROVIDER: Text = "provider", }
    /// The forms of calls that nobody understood.
    shapes [Expires] {}
    /// Who has stopped.
    stops [InLedger] { AT: Time = "at", }
    /// Texts that wait, or were set aside.
    texts [Expires] {
        ASIDE: Text = "aside",
        DUE_AT: Time = "due_at",
        TRACE: Text = "trace",
        WAITING: Text = "waiting",
    }
    /// What happened, turn by turn.
    traces [Expires] {}
    /// What was written to see whether anything can be.
    tries [Expires] {}
}

/// A time that the documents of a collection are asked by.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) collection: &'static str,
    pub(crate) field: &'static str,
}

impl Time {
    /// Those whose time is not later; earliest first.
    pub(crate) fn not_after(self, time: Timestamp, limit: u32) -> Query {
        self.query(Filter::NotAfter(self.field, time.as_millisecond()), limit)
    }

    /// Those whose time is not earlier; earliest first.
    pub(crate) fn not_before(self, time: Timestamp, limit: u32) -> Query {
        self.query(Filter::NotBefore(self.field, time.as_millisecond()), limit)
    }

    /// All that have the time; latest first.
    pub(crate) fn latest(self, limit: u32) -> Query {
        self.query(Filter::Latest(self.field), limit)
    }

    fn query(self, filter: Filter, limit: u32) -> Query {
        Query { collection: self.collection, filter, after: None, limit }
    }
}

/// A text that the documents of a collection are asked by.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub(crate) collection: &'static str,
    pub(crate) field: &'static str,
}

impl Text {
    /// Those that have this text, in any order.
    pub(crate) fn equal(self, text: &str, limit: u32) -> Query {
        self.query(Filter::Equal(self.field, text.to_owned()), limit)
    }

    /// Those whose text begins with this; in the order of their texts.
    pub(crate) fn within(self, prefix: String, limit: u32) -> Query {
        self.query(Filter::Within(self.field, prefix), limit)
    }

    /// The same, from the end.
    pub(crate) fn last_within(self, prefix: String, limit: u32) -> Query {
        self.query(Filter::LastWithin(self.field, prefix), limit)
    }

    fn query(self, filter: Filter, limit: u32) -> Query {
        Query { collection: self.collection, filter, after: None, limit }
    }
}

/// Documents of a collection that match on one field.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    collection: &'static str,
    filter: Filter,
    after: Option<Place>,
    limit: u32,
}

/// A place in an order of time: a document's time, and its name. Which of several of one time comes
/// first is the store's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(crate) time: i64,
    pub(crate) id: String,
}

/// Which documents, and in which order: see [`Time`] and [`Text`].
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    Equal(&'static str, String),
    NotAfter(&'static str, i64),
    NotBefore(&'static str, i64),
    Latest(&'static str),
    Within(&'static str, String),
    LastWithin(&'static str, String),
}

impl Query {
    /// Those alone that stand behind this place, where a time is asked by, earliest first.
    pub(crate) fn behind(self, after: Option<Place>) -> Self {
        Self { after, ..self }
    }

    pub(crate) fn collection(&self) -> &'static str {
        self.collection
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(crate) fn after(&self) -> Option<&Place> {
        self.after.as_ref()
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }
}

/// The first text that is greater than all that begin with `prefix`, whose last character is ASCII.
pub(crate) fn end_of(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    let last = end.pop().unwrap_or('\u{0}');
    end.push(char::from_u32(u32::from(last) + 1).unwrap_or(last));
    end
}
