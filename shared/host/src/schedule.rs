//! Functions that run at intervals.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use futures::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use settings::Settings;
use tokio::time::MissedTickBehavior;

use crate::port::{bind, serve};
use crate::{Error, on_lambda, stop_signal};

/// Runs `handler` whenever Lambda's scheduler says so, or immediately and then at each interval `every`
/// until the process is asked to stop. Meanwhile `router` answers calls.
pub(crate) async fn serve_schedule<F, E>(
    settings: &Settings,
    every: Duration,
    router: Router,
    handler: impl Fn() -> F,
) -> Result<(), Error>
where
    F: Future<Output = Result<(), E>>,
    E: Into<Error>,
{
    if on_lambda(settings) {
        // The content of the scheduler's event is of no use to us.
        let handle = async |_: LambdaEvent<Value>| handler().await.map_err(Into::into);
        return lambda_runtime::run(service_fn(handle)).await;
    }
    let listener = bind(settings).await?;
    let stop = stop_signal();
    tokio::join!(serve(listener, router, stop.clone()), repeat(every, stop, handler));
    Ok(())
}

/// Runs `handler` immediately and then at each interval `every` until `stop`, never twice at the same
/// time. A run that has begun is finished. A failure or a panic is logged and ends nothing.
pub async fn repeat<F, E>(every: Duration, stop: impl Future<Output = ()>, handler: impl Fn() -> F)
where
    F: Future<Output = Result<(), E>>,
    E: Into<Error>,
{
    let mut stop = std::pin::pin!(stop);
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        match AssertUnwindSafe(async { handler().await }).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = error.into();
                tracing::error!(%error, "a scheduled run failed: {error}");
            }
            Err(_) => tracing::error!("a scheduled run failed: it panicked"),
        }
    }
}
