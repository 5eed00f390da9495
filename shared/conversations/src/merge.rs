//! Changes to a document as it is stored: what is not changed is not looked into.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::documents::Unavailable;
use crate::fields::{Each, Fields, raw};

/// A document, field by field, as it is stored.
pub(crate) struct Stored<'a>(Vec<(&'a str, Cow<'a, RawValue>)>);

impl<'a> Stored<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Unavailable> {
        let each = Each::of(text)?;
        Ok(Self(each.iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect()))
    }

    /// Sets fields.
    pub(crate) fn set(&mut self, set: &'a Fields) -> Result<(), Unavailable> {
        for (name, value) in set.each()?.iter() {
            self.put(name, Cow::Borrowed(value));
        }
        Ok(())
    }

    /// Adds elements to an array that it does not hold yet.
    pub(crate) fn append(&mut self, name: &'a str, elements: &[Box<RawValue>]) {
        let before = self.get(name).map_or("[]", RawValue::get);
        let mut all: Vec<&RawValue> = serde_json::from_str(before).unwrap_or_default();
        for element in elements {
            // Everything here was written by us, and the same is written the same.
            if all.iter().all(|known| known.get() != element.get()) {
                all.push(element);
            }
        }
        let all = raw(&all);
        self.put(name, Cow::Owned(all));
    }

    /// Adds one to a number.
    #[cfg(feature = "sqlite")]
    pub(crate) fn count(&mut self, name: &'a str) {
        let count = self.get(name).and_then(|count| count.get().parse::<i64>().ok());
        self.put(name, Cow::Owned(raw(&(count.unwrap_or_default() + 1))));
    }

    pub(crate) fn write(&self) -> Fields {
        Fields::of(self)
    }

    fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(its, _)| *its == name).map(|(_, value)| &**value)
    }

    fn put(&mut self, name: &'a str, value: Cow<'a, RawValue>) {
        match self.0.iter_mut().find(|(its, _)| *its == name) {
            Some((_, before)) => *before = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
