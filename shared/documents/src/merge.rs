//! Changes to a stored document, without parsing the unchanged fields.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::document::{Path, Write};
use crate::error::Unavailable;
use crate::fields::{Each, Fields, raw};

/// A stored document, field by field.
pub(crate) struct Stored<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Stored<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Unavailable> {
        let each = Each::of(text)?;
        Ok(Self(each.iter().map(|(name, value)| (name.into(), Cow::Borrowed(value))).collect()))
    }

    /// Sets fields.
    pub(crate) fn set(&mut self, set: &'a Fields) -> Result<(), Unavailable> {
        for (name, value) in set.each()?.iter() {
            self.put(name.into(), Cow::Borrowed(value));
        }
        Ok(())
    }

    /// Appends the elements that an array does not contain yet.
    pub(crate) fn append(&mut self, name: &'a str, elements: &[Box<RawValue>]) {
        let before = self.get(name).map_or("[]", RawValue::get);
        let mut all: Vec<&RawValue> = serde_json::from_str(before).unwrap_or_default();
        for element in elements {
            // All of it was written by us, and equal values are written equally.
            if all.iter().all(|known| known.get() != element.get()) {
                all.push(element);
            }
        }
        let all = raw(&all);
        self.put(name.into(), Cow::Owned(all));
    }

    /// Adds to a number.
    #[cfg(feature = "sqlite")]
    pub(crate) fn add(&mut self, name: &str, more: i64) {
        let number = self.get(name).and_then(|number| number.get().parse::<i64>().ok());
        let sum = number.unwrap_or_default().saturating_add(more);
        self.put(name.to_owned().into(), Cow::Owned(raw(&sum)));
    }

    pub(crate) fn write(&self) -> Fields {
        Fields::of(self)
    }

    fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(its, _)| *its == name).map(|(_, value)| &**value)
    }

    fn put(&mut self, name: Cow<'a, str>, value: Cow<'a, RawValue>) {
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

/// The same writes with each document written once: a merge into a document written earlier becomes
/// part of that write, and so does an addition to one that was added to. A store counts and executes each write separately.
pub fn once_each(writes: Vec<Write>) -> Result<Vec<Write>, Unavailable> {
    let mut all: Vec<Write> = Vec::new();
    for write in writes {
        let (path, set, append) = match write {
            Write::Merge { path, set, append } => (path, set, append),
            Write::Add(path, more) => {
                add(&mut all, path, more);
                continue;
            }
            _ => {
                all.push(write);
                continue;
            }
        };
        let before = all.iter_mut().find_map(|before| match before {
            Write::Create(its, fields) if *its == path => Some((fields, None)),
            Write::Merge { path: its, set, append } if *its == path => Some((set, Some(append))),
            _ => None,
        });
        match before {
            Some((fields, None)) => {
                let mut whole = Stored::parse(fields.as_str())?;
                whole.set(&set)?;
                append.iter().for_each(|(name, more)| whole.append(name, more));
                *fields = whole.write();
            }
            Some((fields, Some(appended))) => {
                let mut whole = Stored::parse(fields.as_str())?;
                whole.set(&set)?;
                *fields = whole.write();
                for (name, more) in append {
                    match appended.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, values)) => values.extend(more),
                        None => appended.push((name, more)),
                    }
                }
            }
            None => all.push(Write::Merge { path, set, append }),
        }
    }
    Ok(all)
}

fn add(all: &mut Vec<Write>, path: Path, more: Vec<(String, i64)>) {
    let before = all.iter_mut().find_map(|before| match before {
        Write::Add(its, before) if *its == path => Some(before),
        _ => None,
    });
    let Some(before) = before else {
        all.push(Write::Add(path, more));
        return;
    };
    for (name, more) in more {
        match before.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum = sum.saturating_add(more),
            None => before.push((name, more)),
        }
    }
}
