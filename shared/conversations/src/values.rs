//! Firestore's encoding of a document's fields.
//!
//! JSON both ways, with one addition: a top-level field whose name ends in `_at`, or is `at`, is a
//! time in milliseconds for us and a timestamp for Firestore, whose TTL policies need one. An array
//! directly within an array is not possible there, and nothing of ours has one.

use std::collections::HashMap;

use firestore::gcloud_sdk::google::firestore::v1 as api;
use firestore::gcloud_sdk::prost_types::Timestamp;
use serde_json::{Map, Number, Value};

use api::value::ValueType;

use crate::documents::Fields;

pub(crate) fn encode_fields(fields: &Fields) -> HashMap<String, api::Value> {
    let encode_field = |(name, value): (&String, &Value)| {
        let encoded = match value.as_i64() {
            Some(ms) if is_time(name) => time(ms),
            _ => encode(value),
        };
        (name.clone(), encoded)
    };
    fields.iter().map(encode_field).collect()
}

pub(crate) fn decode_fields(fields: HashMap<String, api::Value>) -> Fields {
    fields.into_iter().map(|(name, value)| (name, decode(value))).collect()
}

fn is_time(name: &str) -> bool {
    name == "at" || name.ends_with("_at")
}

pub(crate) fn time(ms: i64) -> api::Value {
    let nanos = i32::try_from(ms.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
    wrap(ValueType::TimestampValue(Timestamp { seconds: ms.div_euclid(1000), nanos }))
}

pub(crate) fn encode(value: &Value) -> api::Value {
    wrap(match value {
        Value::Null => ValueType::NullValue(0),
        Value::Bool(switch) => ValueType::BooleanValue(*switch),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => ValueType::IntegerValue(whole),
            None => ValueType::DoubleValue(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => ValueType::StringValue(text.clone()),
        Value::Array(values) => {
            ValueType::ArrayValue(api::ArrayValue { values: values.iter().map(encode).collect() })
        }
        Value::Object(fields) => ValueType::MapValue(api::MapValue {
            fields: fields.iter().map(|(name, value)| (name.clone(), encode(value))).collect(),
        }),
    })
}

fn decode(value: api::Value) -> Value {
    match value.value_type {
        Some(ValueType::BooleanValue(switch)) => switch.into(),
        Some(ValueType::IntegerValue(whole)) => whole.into(),
        Some(ValueType::DoubleValue(number)) => Number::from_f64(number).into(),
        Some(ValueType::StringValue(text)) => text.into(),
        Some(ValueType::TimestampValue(time)) => {
            (time.seconds * 1000 + i64::from(time.nanos) / 1_000_000).into()
        }
        Some(ValueType::ArrayValue(array)) => array.values.into_iter().map(decode).collect(),
        Some(ValueType::MapValue(map)) => {
            let fields = map.fields.into_iter().map(|(name, value)| (name, decode(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        // The other kinds (bytes, places, references) are none of ours.
        _ => Value::Null,
    }
}

fn wrap(value: ValueType) -> api::Value {
    api::Value { value_type: Some(value) }
}
