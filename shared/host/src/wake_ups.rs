//! Functions that work on wake-ups.

use std::collections::HashSet;
use std::fmt::Display;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use axum::Router;
use lambda_runtime::{LambdaEvent, service_fn};
use queue::{Queue, WakeUp};
use settings::Settings;

use crate::port::{bind, serve};
use crate::{Error, on_lambda, stop_signal};

/// The error of a function that is started alone without a queue.
pub const NO_QUEUE: &str =
    "set TURN_QUEUE_URL: alone this function has no queue, `textback` brings its own";

/// How many wake-ups one process handles concurrently. They spend their time waiting for a model.
const CONCURRENCY: u32 = 100;

/// Passes wake-ups to `handler`, either from Lambda or from `TURN_QUEUE_URL` until the process is asked
/// to stop. A failed one comes again. Meanwhile `router` answers calls.
pub(crate) async fn serve_queue<F, E>(
    settings: &Settings,
    router: Router,
    handler: impl Fn(WakeUp) -> F + Send + Sync + 'static,
) -> Result<(), Error>
where
    F: Future<Output = Result<(), E>> + Send,
    E: Display,
{
    if on_lambda(settings) {
        let handle = async |event: LambdaEvent<SqsEvent>| {
            Ok::<_, Error>(work_on(event.payload, &handler).await)
        };
        return lambda_runtime::run(service_fn(handle)).await;
    }
    let Some(queue) = Queue::from_settings(settings)? else {
        return Err(NO_QUEUE.into());
    };
    let listener = bind(settings).await?;
    let stop = stop_signal();
    tokio::join!(
        serve(listener, router, stop.clone()),
        queue::consume(&queue, CONCURRENCY, stop, handler)
    );
    Ok(())
}

/// Handles a batch and returns what has to come again: in each group the first that failed and all
/// behind it, because the group would lose its order otherwise. Other groups continue.
async fn work_on<F, E>(batch: SqsEvent, handler: &impl Fn(WakeUp) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let mut response = SqsBatchResponse::default();
    let mut stuck = HashSet::new();
    for mut record in batch.records {
        let group = record.attributes.remove("MessageGroupId");
        let done = !stuck.contains(&group)
            && match parse(record.body.as_deref()) {
                Some(wake_up) => queue::attempt(wake_up, handler).await,
                None => {
                    tracing::error!("left a message in the queue that is not a wake-up");
                    false
                }
            };
        if !done {
            stuck.insert(group);
            response.add_failure(record.message_id.unwrap_or_default());
        }
    }
    response
}

fn parse(body: Option<&str>) -> Option<WakeUp> {
    serde_json::from_str(body?).ok()
}
