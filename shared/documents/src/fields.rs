//! A document's fields, kept as the text of a JSON object: the store parses only the fields used in
//! queries, and readers decode the rest straight into their own types.

use std::fmt::{self, Write as _};

use jiff::{SignedDuration, Timestamp};
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::error::Unavailable;

/// The fields of a document. A top-level field whose name is `at` or ends in `_at` is a time, in
/// milliseconds since 1970 (Firestore keeps it as a timestamp, which is what its TTL policies need).
#[derive(Clone, Debug)]
pub struct Fields(String);

/// The value of each field, unparsed.
pub(crate) struct Each<'a>(Vec<(&'a str, &'a RawValue)>);

impl Fields {
    /// No fields.
    pub fn none() -> Self {
        Self("{}".to_owned())
    }

    /// The fields of one of our own types, or of an object.
    pub fn of(document: &impl Serialize) -> Self {
        Self(text(document))
    }

    /// The fields stored as this text.
    #[cfg(feature = "sqlite")]
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The same with one more field, which must not be there yet.
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        debug_assert!(self.each().is_ok_and(|each| each.get(name).is_none()), "{name} is there");
        let end = self.0.pop();
        let comma = if self.0.len() > 1 { "," } else { "" };
        let _ = write!(self.0, "{comma}\"{name}\":{}", text(&value));
        self.0.extend(end);
        self
    }

    /// The same, expiring this long after this moment.
    pub fn expiring(self, now: Timestamp, after: SignedDuration) -> Self {
        self.with("expires_at", (now + after).as_millisecond())
    }

    /// The stored text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes all of them.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Unavailable> {
        // The error of serde would quote the stored content.
        serde_json::from_str(&self.0)
            .map_err(|_| Unavailable::new("a document is not in the form that this version writes"))
    }

    /// Decodes one field, if it exists and has this type.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.each().ok()?.get(name)?.get()).ok()
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        self.each().map_or(vec![], |each| each.iter().map(|(name, _)| name.to_owned()).collect())
    }

    /// Each of them, unparsed.
    pub(crate) fn each(&self) -> Result<Each<'_>, Unavailable> {
        Each::of(&self.0)
    }
}

/// One of our own types as stored within a document.
pub fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect(STRINGS)
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect(STRINGS)
}

const STRINGS: &str = "our own types have string keys only";

impl<'a> Each<'a> {
    pub(crate) fn of(text: &'a str) -> Result<Self, Unavailable> {
        serde_json::from_str(text).map_err(|_| Unavailable::new("a document is not JSON"))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.iter().find(|(its, _)| *its == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a RawValue)> {
        self.0.iter().copied()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Each<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Each<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Each<'de>, A::Error> {
                let mut each = Vec::new();
                while let Some(field) = object.next_entry()? {
                    each.push(field);
                }
                Ok(Each(each))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
