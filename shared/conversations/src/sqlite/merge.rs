//! Changes to a document as it is stored: what is not changed is not looked into.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::documents::{Fields, Unavailable};

/// A document, field by field, as it is stored.
#[derive(Default)]
pub(super) struct Stored<'a>(BTreeMap<String, Cow<'a, RawValue>>);

impl<'a> Stored<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Unavailable> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text)
            .map_err(|_| Unavailable::new("a document in the file is not JSON"))?;
        let fields = fields.into_iter().map(|(name, value)| (name, Cow::Borrowed(value)));
        Ok(Self(fields.collect()))
    }

    pub(super) fn set(&mut self, set: &Fields) -> Result<(), Unavailable> {
        for (name, value) in set {
            self.0.insert(name.clone(), Cow::Owned(written(value)?));
        }
        Ok(())
    }

    /// Adds elements to an array that it does not hold yet.
    pub(super) fn append(&mut self, name: &str, elements: &[Value]) -> Result<(), Unavailable> {
        let array = self.0.get(name).map_or("[]", |array| array.get());
        let array: Vec<&RawValue> = serde_json::from_str(array).unwrap_or_default();
        // Everything here was written by us, and the same is written the same.
        let mut all: Vec<Cow<'_, RawValue>> = array.into_iter().map(Cow::Borrowed).collect();
        for element in elements {
            let element = written(element)?;
            if all.iter().all(|known| known.get() != element.get()) {
                all.push(Cow::Owned(element));
            }
        }
        let all = written(&all)?;
        self.0.insert(name.to_owned(), Cow::Owned(all));
        Ok(())
    }

    /// Adds one to a number.
    pub(super) fn count(&mut self, name: &str) -> Result<(), Unavailable> {
        let count = self.0.get(name).and_then(|count| count.get().parse::<i64>().ok());
        let count = written(&(count.unwrap_or_default() + 1))?;
        self.0.insert(name.to_owned(), Cow::Owned(count));
        Ok(())
    }

    pub(super) fn write(&self) -> Result<String, Unavailable> {
        serde_json::to_string(&self.0).map_err(|_| unwritable())
    }
}

pub(super) fn unwritable() -> Unavailable {
    Unavailable::new("a document cannot be written as JSON")
}

fn written(value: &impl serde::Serialize) -> Result<Box<RawValue>, Unavailable> {
    to_raw_value(value).map_err(|_| unwritable())
}
