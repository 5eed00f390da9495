//! A database of Google's Firestore.
//!
//! The `firestore` crate connects and authenticates. Commits are built here, because several
//! conditional writes and array appends in one request, without the extra round trips of a transaction,
//! are exactly one `Commit` call of the API.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use backon::{ExponentialBuilder, Retryable as _};
use firestore::gcloud_sdk::GoogleAuthMiddleware;
use firestore::gcloud_sdk::google::firestore::v1 as api;
use firestore::gcloud_sdk::google::firestore::v1::batch_get_documents_response::Result as Answer;
use firestore::gcloud_sdk::prost_types::Timestamp;
use firestore::gcloud_sdk::tonic::{Code, Request, Status};
use firestore::{FirestoreDb, FirestoreDbOptions};
use futures::TryStreamExt;
use google::Credentials;
use tokio::sync::Mutex;

use super::failure::Failure;
use super::{questions, values, writes};
use crate::collections::Query;
use crate::document::{Document, Path, Version, Write};
use crate::error::{Unavailable, WriteError};

/// The timeout of one request. Firestore answers within some tens of milliseconds.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may be idle before it is no longer trusted.
///
/// A frozen sandbox does not notice that its connection has died, and the channel takes two minutes to
/// find out. Reconnecting takes some tens of milliseconds.
const IDLE: Duration = Duration::from_secs(240);

/// The retries of a commit that Firestore aborted for contention without writing anything: after 20 ms
/// at first, then twice as long each time, plus jitter, so that writers that collided do not collide
/// again.
const CONTENDED: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(20))
    .with_max_times(4)
    .with_jitter();

type Client = api::firestore_client::FirestoreClient<GoogleAuthMiddleware>;

/// The address of the database, and our credentials.
pub(super) struct Database {
    options: FirestoreDbOptions,
    credentials: Credentials,
    /// Its name in the API.
    pub(super) database: String,
    /// Connected on first use, so that the start does not wait for it, and again after the connection
    /// has died.
    connection: Mutex<Option<(FirestoreDb, SystemTime)>>,
}

impl Database {
    pub(super) fn new(options: FirestoreDbOptions, credentials: Credentials) -> Self {
        let database =
            format!("projects/{}/databases/{}", options.google_project_id, options.database_id);
        Self { options, credentials, database, connection: Mutex::new(None) }
    }

    async fn connection(&self) -> Result<FirestoreDb, Unavailable> {
        let headers = self.credentials.headers().await?;
        let mut connection = self.connection.lock().await;
        // Wall-clock time continues while a sandbox is frozen. A clock that went back does not count as
        // idle.
        let fresh = |used: &SystemTime| used.elapsed().is_ok_and(|idle| idle < IDLE);
        if let Some((database, used)) = connection.as_mut().filter(|(_, used)| fresh(used)) {
            *used = SystemTime::now();
            return Ok(database.clone());
        }
        let connecting = FirestoreDb::with_options_auth(self.options.clone(), headers);
        let database = tokio::time::timeout(TIMEOUT, connecting)
            .await
            .map_err(|_| Unavailable::new("no connection within five seconds"))?
            .map_err(|_| Unavailable::new("no connection"))?;
        *connection = Some((database.clone(), SystemTime::now()));
        Ok(database)
    }

    /// Runs one request within [`TIMEOUT`]. If it gets no answer, the connection is not used again.
    async fn call<T, F: Future<Output = Result<T, Status>>>(
        &self,
        request: impl FnOnce(Client) -> F,
    ) -> Result<T, Failure> {
        let client = self.connection().await?.client().get();
        let answer = tokio::time::timeout(TIMEOUT, request(client)).await;
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

    /// Runs one request that only reads, and repeats it once on a new connection if there is no answer.
    pub(super) async fn read<T, F: Future<Output = Result<T, Status>>>(
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

    pub(super) async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        let names: Vec<_> = paths.iter().map(|path| writes::name(path, &self.database)).collect();
        let request = api::BatchGetDocumentsRequest {
            database: self.database.clone(),
            documents: names.clone(),
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
        let found = found.into_iter().filter_map(|answer| match answer.result? {
            Answer::Found(found) => Some((found.name.clone(), document(found))),
            Answer::Missing(_) => None,
        });
        let mut found: HashMap<_, _> = found.collect();
        Ok(names.iter().map(|name| found.remove(name)).collect())
    }

    pub(super) async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        let contended = |failure: &Failure| matches!(failure, Failure::Answered(status) if status.code() == Code::Aborted);
        let answer = (|| self.commit_once(&writes)).retry(CONTENDED).when(contended).await?;
        let replaced = writes.iter().position(|w| matches!(w, Write::Replace(..)));
        let result = replaced.and_then(|place| answer.write_results.get(place));
        Ok(result.and_then(|result| result.update_time).map(version))
    }

    async fn commit_once(&self, writes: &[Write]) -> Result<api::CommitResponse, Failure> {
        let request = api::CommitRequest {
            database: self.database.clone(),
            writes: writes.iter().map(|write| writes::encode(write, &self.database)).collect(),
            ..Default::default()
        };
        self.call(|mut client| async move { Ok(client.commit(request).await?.into_inner()) }).await
    }

    /// Carries out each write independently. A document that another writer has changed since is left
    /// as it is.
    pub(super) async fn each(&self, writes: &[Write]) -> Result<(), Unavailable> {
        let request = api::BatchWriteRequest {
            database: self.database.clone(),
            writes: writes.iter().map(|write| writes::encode(write, &self.database)).collect(),
            ..Default::default()
        };
        let answer = self
            .call(|mut client| async move { Ok(client.batch_write(request).await?.into_inner()) });
        for status in answer.await?.status {
            match Failure::Answered(Status::new(status.code.into(), status.message)).into() {
                _ if status.code == Code::Ok as i32 => {}
                // It will be done another time.
                WriteError::Conflict | WriteError::Contended => {}
                error => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) async fn find(&self, query: &Query) -> Result<Vec<Document>, Unavailable> {
        let query = questions::structured(query, &self.database)?;
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

    pub(super) async fn count(&self, query: &Query) -> Result<u64, Unavailable> {
        use api::run_aggregation_query_request::QueryType;

        let query = questions::counting(query, &self.database)?;
        let request = api::RunAggregationQueryRequest {
            parent: format!("{}/documents", self.database),
            query_type: Some(QueryType::StructuredAggregationQuery(query)),
            ..Default::default()
        };
        let rows = self
            .read(|mut client| {
                let request = Request::new(request.clone());
                async move {
                    let rows = client.run_aggregation_query(request).await?;
                    rows.into_inner().try_collect::<Vec<_>>().await
                }
            })
            .await?;
        let counted = rows.iter().filter_map(|row| row.result.as_ref());
        let count =
            counted.flat_map(|result| result.aggregate_fields.values()).find_map(values::whole);
        count.ok_or_else(|| Unavailable::new("it counted nothing"))
    }
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
