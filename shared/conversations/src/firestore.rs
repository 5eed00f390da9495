//! The store on Google's Firestore.
//!
//! The `firestore` crate connects and authenticates. Commits are built here, because what they
//! need (several conditional writes and array appends in one request, without a transaction's extra
//! round trips) is exactly one `Commit` call of the API.

mod form;

use std::time::{Duration, SystemTime};

use firestore::gcloud_sdk::google::firestore::v1 as api;
use firestore::gcloud_sdk::prost_types::Timestamp;
use firestore::gcloud_sdk::tonic::{Code, Request, Status};
use firestore::{FirestoreDb, FirestoreDbOptions};
use futures::TryStreamExt;
use google::Credentials;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use firestore::gcloud_sdk::GoogleAuthMiddleware;

use crate::Names;
use crate::collections::{Filter, Place, Query, end_of};
use crate::documents::{Document, Path, Unavailable, Version, Write, WriteError};
use crate::fields::Fields;
use crate::refusals::Asked;
use crate::values;

use api::document_transform::{FieldTransform, field_transform::TransformType};
use api::precondition::ConditionType;
use api::structured_query as q;
use api::value::ValueType;
use api::write::Operation;
use form::Form;

/// How long one request may take. Firestore answers in some tens of milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may lie idle before it is not trusted any more.
///
/// A frozen sandbox does not notice that its connection died, and the channel takes two minutes to
/// find out. Connecting again costs some tens of milliseconds.
const IDLE: Duration = Duration::from_secs(240);

/// How often a commit is tried that Firestore gave up for contention, having written nothing.
const CONTENDED_TRIES: u32 = 5;

type Client = api::firestore_client::FirestoreClient<GoogleAuthMiddleware>;

/// Where the database is, and who we are to it.
pub(crate) struct Firestore {
    options: FirestoreDbOptions,
    credentials: Credentials,
    /// The database's name in the API.
    database: String,
    /// Connected on first use, so that a start does not wait for it, and again when it went dead.
    connection: Mutex<Option<(FirestoreDb, SystemTime)>>,
    form: Form,
}

impl Firestore {
    pub(crate) fn new(
        options: FirestoreDbOptions,
        credentials: Credentials,
        names: &Names,
    ) -> Self {
        let database =
            format!("projects/{}/databases/{}", options.google_project_id, options.database_id);
        let (connection, form) = (Mutex::new(None), Form::of(names));
        Self { options, credentials, database, connection, form }
    }

    async fn connection(&self) -> Result<FirestoreDb, Unavailable> {
        let headers = self.credentials.headers().await?;
        let mut connection = self.connection.lock().await;
        // Wall-clock time goes on while a sandbox is frozen; a clock that went back is not idle.
        let fresh = |used: &SystemTime| used.elapsed().is_ok_and(|idle| idle < IDLE);
        if let Some((database, used)) = connection.as_mut().filter(|(_, used)| fresh(used)) {
            *used = SystemTime::now();
            return Ok(database.clone());
        }
        let connecting = FirestoreDb::with_options_auth(self.options.clone(), headers);
        let database = tokio::time::timeout(PATIENCE, connecting)
            .await
            .map_err(|_| Unavailable::new("no connection within five seconds"))?
            .map_err(|_| Unavailable::new("no connection"))?;
        *connection = Some((database.clone(), SystemTime::now()));
        Ok(database)
    }

    /// Runs one request within [`PATIENCE`]. After one that was not answered the connection is not
    /// used again.
    async fn call<T, F: Future<Output = Result<T, Status>>>(
        &self,
        request: impl FnOnce(Client) -> F,
    ) -> Result<T, Failure> {
        let client = self.connection().await?.client().get();
        let answer = tokio::time::timeout(PATIENCE, request(client)).await;
        let status = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(status)) => status,
            Err(_) => Status::deadline_exceeded("no answer"),
        };
        if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Unknown) {
            *self.connection.lock().await = None;
        }
        Err(Failure::Answered(status))
    }

    /// Runs one request that only reads: once more, on a new connection, when the first one gave no
    /// answer.
    async fn read<T, F: Future<Output = Result<T, Status>>>(
        &self,
        request: impl Fn(Client) -> F,
    ) -> Result<T, Unavailable> {
        match self.call(&request).await {
            Err(Failure::Answered(status))
                if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded) =>
            {
                Ok(self.call(&request).await?)
            }
            answer => Ok(answer?),
        }
    }

    pub(crate) async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        self.is_ours(Asked::Read).await?;
        self.read_all(paths).await
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        self.is_ours(Asked::Write).await?;
        self.carry_out(writes).await
    }

    pub(crate) async fn find(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
        self.is_ours(Asked::Read).await?;
        self.ask(query).await
    }

    async fn read_all(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        let request = api::BatchGetDocumentsRequest {
            database: self.database.clone(),
            documents: paths.iter().map(|path| self.name(path)).collect(),
            ..Default::default()
        };
        let found = self
            .read(|mut client| {
                let request = Request::new(request.clone());
                async move {
                    let answers = client.batch_get_documents(request).await?;
                    answers.into_inner().try_collect::<Vec<_>>().await
                }
            })
            .await?;
        // Answers come in any order.
        let mut documents: Vec<Option<Document>> = paths.iter().map(|_| None).collect();
        for answer in found {
            let Some(api::batch_get_documents_response::Result::Found(found)) = answer.result
            else {
                continue;
            };
            let place = paths.iter().position(|path| self.name(path) == found.name);
            if let Some(place) = place {
                documents[place] = Some(document(found));
            }
        }
        Ok(documents)
    }

    async fn carry_out(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.commit_once(&writes).await {
                Err(Failure::Answered(status))
                    if status.code() == Code::Aborted && tries < CONTENDED_TRIES =>
                {
                    // Those who met here do not meet again.
                    let pause = Duration::from_millis(20) * 2_u32.pow(tries);
                    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                }
                Err(failure) => return Err(failure.into()),
                Ok(answer) => {
                    let replaced = writes.iter().position(|w| matches!(w, Write::Replace(..)));
                    let result = replaced.and_then(|place| answer.write_results.get(place));
                    return Ok(result.and_then(|result| result.update_time).map(version));
                }
            }
        }
    }

    async fn commit_once(&self, writes: &[Write]) -> Result<api::CommitResponse, Failure> {
        let request = api::CommitRequest {
            database: self.database.clone(),
            writes: writes.iter().map(|write| self.encode(write)).collect(),
            ..Default::default()
        };
        self.call(|mut client| async move { Ok(client.commit(request).await?.into_inner()) }).await
    }

    /// Carries out each write by itself. What somebody else has changed since is left as it is.
    pub(crate) async fn each(&self, writes: &[Write]) -> Result<(), Unavailable> {
        self.is_ours(Asked::Write).await?;
        let request = api::BatchWriteRequest {
            database: self.database.clone(),
            writes: writes.iter().map(|write| self.encode(write)).collect(),
            ..Default::default()
        };
        let answer = self
            .call(|mut client| async move { Ok(client.batch_write(request).await?.into_inner()) });
        for status in answer.await?.status {
            match Failure::Answered(Status::new(status.code.into(), status.message)).into() {
                _ if status.code == Code::Ok as i32 => {}
                // Another time does as well.
                WriteError::Conflict | WriteError::Contended => {}
                error => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn ask(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
        let (filter, order) = match query.filter() {
            Filter::Equal(field, text) => {
                (Some(compare(field, q::field_filter::Operator::Equal, values::string(text))), None)
            }
            Filter::NotAfter(field, time) => (
                Some(compare(
                    field,
                    q::field_filter::Operator::LessThanOrEqual,
                    values::time(*time),
                )),
                Some((field, q::Direction::Ascending)),
            ),
            Filter::NotBefore(field, time) => (
                Some(compare(
                    field,
                    q::field_filter::Operator::GreaterThanOrEqual,
                    values::time(*time),
                )),
                Some((field, q::Direction::Ascending)),
            ),
            Filter::Latest(field) => (None, Some((field, q::Direction::Descending))),
            Filter::Within(field, prefix) => {
                (Some(within(field, prefix)), Some((field, q::Direction::Ascending)))
            }
            Filter::LastWithin(field, prefix) => {
                (Some(within(field, prefix)), Some((field, q::Direction::Descending)))
            }
        };
        // By name at last, as Firestore does by itself: a place is told in these terms.
        let order_by = order.into_iter().flat_map(|(field, direction)| {
            [*field, "__name__"].map(|field| q::Order {
                field: Some(q::FieldReference { field_path: field.into() }),
                direction: direction.into(),
            })
        });
        let start_at = query.after().map(|place| self.behind(query.collection(), place));
        let query = api::StructuredQuery {
            from: vec![q::CollectionSelector {
                collection_id: query.collection().into(),
                all_descendants: false,
            }],
            r#where: filter,
            order_by: order_by.collect(),
            start_at,
            limit: Some(i32::try_from(query.limit()).unwrap_or(i32::MAX)),
            ..Default::default()
        };
        let request = api::RunQueryRequest {
            parent: format!("{}/documents", self.database),
            query_type: Some(api::run_query_request::QueryType::StructuredQuery(query)),
            ..Default::default()
        };
        let rows = self
            .read(|mut client| {
                let request = Request::new(request.clone());
                async move {
                    let rows = client.run_query(request).await?;
                    rows.into_inner().try_collect::<Vec<_>>().await
                }
            })
            .await?;
        Ok(rows.into_iter().filter_map(|row| row.document).map(document).collect())
    }

    fn name(&self, path: &Path) -> String {
        format!("{}/documents/{}/{}", self.database, path.collection, path.id)
    }

    /// Where what stands behind a place begins.
    fn behind(&self, collection: &'static str, Place { time, id }: &Place) -> api::Cursor {
        let name = ValueType::ReferenceValue(self.name(&Path { collection, id: id.clone() }));
        let values = vec![values::time(*time), api::Value { value_type: Some(name) }];
        api::Cursor { values, before: false }
    }

    fn encode(&self, write: &Write) -> api::Write {
        let update = |path: &Path, fields: &Fields| {
            Some(Operation::Update(api::Document {
                name: self.name(path),
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
            Write::Merge { path, set, append } => api::Write {
                operation: update(path, set),
                // Without the mask the append would replace the whole document.
                update_mask: mask(set),
                update_transforms: append
                    .iter()
                    .map(|(field, values)| add(field, values))
                    .collect(),
                ..Default::default()
            },
            Write::Count { path, set, add } => api::Write {
                operation: update(path, set),
                update_mask: mask(set),
                update_transforms: add.iter().map(|field| count(field)).collect(),
                current_document: on(ConditionType::Exists(true)),
            },
            Write::Delete(path, version) => api::Write {
                operation: Some(Operation::Delete(self.name(path))),
                current_document: version.as_ref().and_then(|version| on(unchanged(version))),
                ..Default::default()
            },
            // Deleting what must not be there changes nothing, and carries the condition.
            Write::Absent(path) => api::Write {
                operation: Some(Operation::Delete(self.name(path))),
                current_document: on(ConditionType::Exists(false)),
                ..Default::default()
            },
        }
    }
}

/// Why a request brought nothing.
enum Failure {
    /// It was not made.
    Connection(Unavailable),
    /// It was made, and this is the answer.
    Answered(Status),
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::Connection(error)
    }
}

impl From<Failure> for Unavailable {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connection(error) => error,
            Failure::Answered(status) => {
                // The message may quote a document's path or a field; the code says enough.
                let reason = format!("Firestore answered {}", status.code());
                match status.code() {
                    Code::PermissionDenied | Code::ResourceExhausted | Code::Unauthenticated => {
                        Self::refused(reason)
                    }
                    _ if is_about_database(&status) => Self::refused(reason),
                    _ => Self::new(reason),
                }
            }
        }
    }
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Answered(status) => match status.code() {
                _ if is_about_database(status) => Self::Unavailable(failure.into()),
                Code::AlreadyExists | Code::FailedPrecondition | Code::NotFound => Self::Conflict,
                Code::Aborted => Self::Contended,
                Code::InvalidArgument if is_about_size(status.message()) => Self::TooLarge,
                _ => Self::Unavailable(failure.into()),
            },
            Failure::Connection(_) => Self::Unavailable(failure.into()),
        }
    }
}

/// Firestore has no code of its own for a document over 1 MiB, only words: "exceeds the maximum
/// allowed size" there, "maximum entity size" in its emulator.
fn is_about_size(message: &str) -> bool {
    message.contains("maximum") && message.contains("size")
}

/// Nor for a database that is not there, or is Datastore's: the codes are those of a condition that
/// does not hold. Whoever took it for that would take every text for a repeat.
fn is_about_database(status: &Status) -> bool {
    let about = |words| status.message().contains(words);
    match status.code() {
        Code::NotFound => about("database") && about("does not exist"),
        Code::FailedPrecondition => about("Datastore Mode"),
        _ => false,
    }
}

fn unchanged(Version(seconds, nanos): &Version) -> ConditionType {
    ConditionType::UpdateTime(Timestamp { seconds: *seconds, nanos: *nanos })
}

fn version(time: Timestamp) -> Version {
    Version(time.seconds, time.nanos)
}

fn document(found: api::Document) -> Document {
    Document {
        id: found.name.rsplit('/').next().unwrap_or_default().to_owned(),
        version: version(found.update_time.unwrap_or_default()),
        fields: values::decode_fields(&found.fields),
    }
}

fn add(field: &str, elements: &[Box<RawValue>]) -> FieldTransform {
    let values = elements.iter().map(|element| values::encode(element)).collect();
    FieldTransform {
        field_path: field.to_owned(),
        transform_type: Some(TransformType::AppendMissingElements(api::ArrayValue { values })),
    }
}

fn count(field: &str) -> FieldTransform {
    FieldTransform {
        field_path: field.to_owned(),
        transform_type: Some(TransformType::Increment(values::integer(1))),
    }
}

fn within(field: &str, prefix: &str) -> q::Filter {
    use q::field_filter::Operator;

    let bound = |operator, text: &str| compare(field, operator, values::string(text));
    let filters = vec![
        bound(Operator::GreaterThanOrEqual, prefix),
        bound(Operator::LessThan, &end_of(prefix)),
    ];
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
