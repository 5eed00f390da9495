//! Writes in Firestore's API.

use firestore::gcloud_sdk::google::firestore::v1 as api;
use firestore::gcloud_sdk::prost_types::Timestamp;
use serde_json::value::RawValue;

use super::values;
use crate::document::{Path, Version, Write};
use crate::fields::Fields;

use api::document_transform::{FieldTransform, field_transform::TransformType};
use api::precondition::ConditionType;
use api::write::Operation;

/// One part of a commit to this database.
pub(super) fn encode(write: &Write, database: &str) -> api::Write {
    let update = |path: &Path, fields: &Fields| {
        Some(Operation::Update(api::Document {
            name: name(path, database),
            fields: values::encode_fields(fields),
            ..Default::default()
        }))
    };
    let mask = |set: &Fields| Some(api::DocumentMask { field_paths: set.names() });
    let on = |condition| Some(api::Precondition { condition_type: Some(condition) });
    match write {
        Write::Create(path, fields) => api::Write {
            operation: update(path, fields),
            current_document: on(ConditionType::Exists(false)),
            ..Default::default()
        },
        Write::Replace(path, fields, version) => api::Write {
            operation: update(path, fields),
            current_document: on(unchanged(version)),
            ..Default::default()
        },
        Write::Amend(path, set, version) => api::Write {
            operation: update(path, set),
            update_mask: mask(set),
            current_document: on(unchanged(version)),
            ..Default::default()
        },
        Write::Merge { path, set, append } | Write::Extend { path, set, append } => api::Write {
            operation: update(path, set),
            // Without the mask the append would replace the whole document.
            update_mask: mask(set),
            update_transforms: append.iter().map(|(field, values)| add(field, values)).collect(),
            current_document: there(write),
        },
        Write::Count { path, set, add } => api::Write {
            operation: update(path, set),
            update_mask: mask(set),
            update_transforms: add.iter().map(|field| increment(field, 1)).collect(),
            current_document: there(write),
        },
        Write::Add(path, more) => api::Write {
            operation: update(path, &Fields::none()),
            // Without the mask the additions would replace the whole document.
            update_mask: mask(&Fields::none()),
            update_transforms: more.iter().map(|(field, more)| increment(field, *more)).collect(),
            ..Default::default()
        },
        Write::Delete(path, version) => api::Write {
            operation: Some(Operation::Delete(name(path, database))),
            current_document: version.as_ref().and_then(|version| on(unchanged(version))),
            ..Default::default()
        },
        // Deleting a document that must not exist changes nothing, and can carry the condition.
        Write::Absent(path) => api::Write {
            operation: Some(Operation::Delete(name(path, database))),
            current_document: on(ConditionType::Exists(false)),
            ..Default::default()
        },
    }
}

/// The condition of a write that needs a document.
fn there(write: &Write) -> Option<api::Precondition> {
    let needs = matches!(write, Write::Extend { .. } | Write::Count { .. });
    let condition_type = Some(ConditionType::Exists(true));
    needs.then_some(api::Precondition { condition_type })
}

/// The full name of a document in this database.
pub(super) fn name(path: &Path, database: &str) -> String {
    format!("{database}/documents/{}/{}", path.collection, path.id)
}

fn unchanged(Version(seconds, nanos): &Version) -> ConditionType {
    ConditionType::UpdateTime(Timestamp { seconds: *seconds, nanos: *nanos })
}

fn add(field: &str, elements: &[Box<RawValue>]) -> FieldTransform {
    let values = elements.iter().map(|element| values::encode(element)).collect();
    FieldTransform {
        field_path: field.to_owned(),
        transform_type: Some(TransformType::AppendMissingElements(api::ArrayValue { values })),
    }
}

fn increment(field: &str, more: i64) -> FieldTransform {
    FieldTransform {
        field_path: field.to_owned(),
        transform_type: Some(TransformType::Increment(values::integer(more))),
    }
}
