//! Queries in Firestore's API.

use firestore::gcloud_sdk::google::firestore::v1 as api;

use super::values;
use super::writes::name;
use crate::collections::{Filter, Place, Query};
use crate::document::Path;
use crate::error::Unavailable;

use api::structured_query as q;
use api::value::ValueType;

/// The earliest time that Firestore knows: the year 1.
const EARLIEST_MS: i64 = -62_135_596_800_000;

/// A query to this database.
pub(super) fn structured(
    query: &Query,
    database: &str,
) -> Result<api::StructuredQuery, Unavailable> {
    let not_before = |field: &str, time| {
        compare(field, q::field_filter::Operator::GreaterThanOrEqual, values::time(time))
    };
    let (filter, order) = match query.filter() {
        Filter::Equal(field, text) => {
            (Some(compare(field, q::field_filter::Operator::Equal, values::string(text))), None)
        }
        Filter::Contains(field, text) => {
            let contains = q::field_filter::Operator::ArrayContains;
            (Some(compare(field, contains, values::string(text))), None)
        }
        Filter::NotAfter(field, time) => (
            Some(compare(field, q::field_filter::Operator::LessThanOrEqual, values::time(*time))),
            Some((field, q::Direction::Ascending)),
        ),
        Filter::NotBefore(field, time) => {
            (Some(not_before(field, *time)), Some((field, q::Direction::Ascending)))
        }
        // Ordered alone, those with null instead of a time would be among them.
        Filter::Latest(field) => {
            (Some(not_before(field, EARLIEST_MS)), Some((field, q::Direction::Descending)))
        }
        Filter::Within(field, from, end) => {
            (Some(between(field, from, end)), Some((field, q::Direction::Ascending)))
        }
        Filter::LastWithin(field, from, end) => {
            (Some(between(field, from, end)), Some((field, q::Direction::Descending)))
        }
        Filter::AllOf(..) => {
            return Err(Unavailable::new("Firestore cannot search for words in a text"));
        }
        Filter::Behind(id) => return Ok(behind_name(query, id, database)),
    };
    // By name last, as Firestore does implicitly: a place consists of both.
    let order_by = order.into_iter().flat_map(|(field, direction)| {
        [*field, "__name__"].map(|field| q::Order {
            field: Some(q::FieldReference { field_path: field.into() }),
            direction: direction.into(),
        })
    });
    let start_at = query.after().map(|place| behind(query.collection(), place, database));
    let order_by = order_by.collect();
    Ok(api::StructuredQuery { r#where: filter, order_by, start_at, ..from(query) })
}

/// A query for the number of documents that a query finds.
pub(super) fn counting(
    query: &Query,
    database: &str,
) -> Result<api::StructuredAggregationQuery, Unavailable> {
    use api::structured_aggregation_query::aggregation::{Count, Operator};
    use api::structured_aggregation_query::{Aggregation, QueryType};

    let count = Operator::Count(Count { up_to: Some(query.limit().into()) });
    let aggregation = Aggregation { operator: Some(count), ..Default::default() };
    Ok(api::StructuredAggregationQuery {
        query_type: Some(QueryType::StructuredQuery(structured(query, database)?)),
        aggregations: vec![aggregation],
    })
}

/// A query for documents in the order of their names, which is the order without any other.
fn behind_name(query: &Query, id: &str, database: &str) -> api::StructuredQuery {
    let named = |id: &str| {
        let path = Path { collection: query.collection(), id: id.to_owned() };
        let name = ValueType::ReferenceValue(name(&path, database));
        api::Cursor { values: vec![api::Value { value_type: Some(name) }], before: false }
    };
    let order = q::Order {
        field: Some(q::FieldReference { field_path: "__name__".into() }),
        direction: q::Direction::Ascending.into(),
    };
    // No name is empty.
    let start_at = (!id.is_empty()).then(|| named(id));
    api::StructuredQuery { order_by: vec![order], start_at, ..from(query) }
}

fn from(query: &Query) -> api::StructuredQuery {
    api::StructuredQuery {
        from: vec![q::CollectionSelector {
            collection_id: query.collection().into(),
            all_descendants: false,
        }],
        limit: Some(i32::try_from(query.limit()).unwrap_or(i32::MAX)),
        ..Default::default()
    }
}

/// The cursor that starts after a place.
fn behind(collection: &'static str, Place { time, id }: &Place, database: &str) -> api::Cursor {
    let name = ValueType::ReferenceValue(name(&Path { collection, id: id.clone() }, database));
    let values = vec![values::time(*time), api::Value { value_type: Some(name) }];
    api::Cursor { values, before: false }
}

fn between(field: &str, from: &str, end: &str) -> q::Filter {
    use q::field_filter::Operator;

    let bound = |operator, text: &str| compare(field, operator, values::string(text));
    let filters = vec![bound(Operator::GreaterThanOrEqual, from), bound(Operator::LessThan, end)];
    let op = q::composite_filter::Operator::And.into();
    let both = q::CompositeFilter { op, filters };
    q::Filter { filter_type: Some(q::filter::FilterType::CompositeFilter(both)) }
}

fn compare(field: &str, operator: q::field_filter::Operator, value: api::Value) -> q::Filter {
    q::Filter {
        filter_type: Some(q::filter::FilterType::FieldFilter(q::FieldFilter {
            field: Some(q::FieldReference { field_path: field.into() }),
            op: operator.into(),
            value: Some(value),
        })),
    }
}
