//! Firestore's encoding of a document's fields.
//!
//! JSON in both directions, with one addition: a top-level field named `at`, or with a name ending in
//! `_at`, is a time in milliseconds for us and a timestamp in Firestore, whose TTL policies need one.
//! Firestore allows no array directly within an array; our documents have none.

use std::collections::HashMap;
use std::fmt;

use firestore::gcloud_sdk::google::firestore::v1 as api;
use firestore::gcloud_sdk::prost_types::Timestamp;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use api::value::ValueType;

use crate::fields::Fields;

const JSON: &str = "what is stored was written as JSON";

/// A Firestore value, for serde.
struct Valued(api::Value);

/// The same, borrowed.
struct AsJson<'a>(&'a api::Value);

pub(super) fn encode_fields(fields: &Fields) -> HashMap<String, api::Value> {
    let fields: HashMap<String, Valued> = serde_json::from_str(fields.as_str()).expect(JSON);
    let encode = |(name, Valued(value)): (String, Valued)| match value.value_type {
        Some(ValueType::IntegerValue(ms)) if is_time(&name) => (name, time(ms)),
        _ => (name, value),
    };
    fields.into_iter().map(encode).collect()
}

pub(super) fn decode_fields(fields: &HashMap<String, api::Value>) -> Fields {
    let shown: HashMap<_, _> = fields.iter().map(|(name, value)| (name, AsJson(value))).collect();
    Fields::of(&shown)
}

fn is_time(name: &str) -> bool {
    name == "at" || name.ends_with("_at")
}

pub(super) fn time(ms: i64) -> api::Value {
    let nanos = i32::try_from(ms.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
    wrap(ValueType::TimestampValue(Timestamp { seconds: ms.div_euclid(1000), nanos }))
}

/// A JSON value.
pub(super) fn encode(value: &RawValue) -> api::Value {
    let Valued(value) = serde_json::from_str(value.get()).expect(JSON);
    value
}

pub(super) fn string(text: &str) -> api::Value {
    wrap(ValueType::StringValue(text.to_owned()))
}

pub(super) fn integer(number: i64) -> api::Value {
    wrap(ValueType::IntegerValue(number))
}

/// A number that is not negative.
pub(super) fn whole(value: &api::Value) -> Option<u64> {
    match value.value_type {
        Some(ValueType::IntegerValue(number)) => number.try_into().ok(),
        _ => None,
    }
}

fn wrap(value: ValueType) -> api::Value {
    api::Value { value_type: Some(value) }
}

impl<'de> Deserialize<'de> for Valued {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Json).map(wrap).map(Self)
    }
}

struct Json;

impl<'de> Visitor<'de> for Json {
    type Value = ValueType;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<ValueType, E> {
        Ok(ValueType::NullValue(0))
    }

    fn visit_bool<E>(self, switch: bool) -> Result<ValueType, E> {
        Ok(ValueType::BooleanValue(switch))
    }

    fn visit_i64<E>(self, number: i64) -> Result<ValueType, E> {
        Ok(ValueType::IntegerValue(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<ValueType, E> {
        Ok(i64::try_from(number)
            .map_or(ValueType::DoubleValue(number as f64), ValueType::IntegerValue))
    }

    fn visit_f64<E>(self, number: f64) -> Result<ValueType, E> {
        Ok(ValueType::DoubleValue(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<ValueType, E> {
        Ok(ValueType::StringValue(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<ValueType, E> {
        Ok(ValueType::StringValue(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<ValueType, A::Error> {
        let mut values = Vec::new();
        while let Some(Valued(value)) = array.next_element()? {
            values.push(value);
        }
        Ok(ValueType::ArrayValue(api::ArrayValue { values }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<ValueType, A::Error> {
        let mut fields = HashMap::new();
        while let Some((name, Valued(value))) = object.next_entry::<String, _>()? {
            fields.insert(name, value);
        }
        Ok(ValueType::MapValue(api::MapValue { fields }))
    }
}

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value_type {
            Some(ValueType::BooleanValue(switch)) => serializer.serialize_bool(*switch),
            Some(ValueType::IntegerValue(whole)) => serializer.serialize_i64(*whole),
            Some(ValueType::DoubleValue(number)) => serializer.serialize_f64(*number),
            Some(ValueType::StringValue(text)) => serializer.serialize_str(text),
            Some(ValueType::TimestampValue(time)) => {
                serializer.serialize_i64(time.seconds * 1000 + i64::from(time.nanos) / 1_000_000)
            }
            Some(ValueType::ArrayValue(array)) => {
                serializer.collect_seq(array.values.iter().map(AsJson))
            }
            Some(ValueType::MapValue(map)) => {
                let fields = map.fields.iter().map(|(name, value)| (name, AsJson(value)));
                serializer.collect_map(fields)
            }
            // We never store the other kinds (bytes, places, references).
            _ => serializer.serialize_unit(),
        }
    }
}
