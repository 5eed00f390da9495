//! Whether we can do our work: store texts, and wake turns for them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use conversations::Store;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use jiff::Timestamp;
use queue::Queue;

use crate::Error;

/// How old an answer may be. Strangers may ask as often as they like: it costs one write in this time.
const FRESH: Duration = Duration::from_secs(10);

/// The timeout of a check. Less than that, so that two checks never overlap.
const WITHIN: Duration = Duration::from_secs(9);

/// Put into the calls of a function whose current settings can no longer be used: it continues with the
/// previous ones.
#[derive(Clone)]
pub(crate) struct Outdated;

/// `GET /readyz` and `/ready`: `ready` with 200 if the store takes a write, the queue exists and the
/// settings can be used, otherwise `not ready` with 503. The reason is only in the log.
pub fn readiness(store: &Arc<Store>, queue: Option<&Queue>) -> Router {
    let (store, queue) = (Arc::clone(store), queue.cloned());
    let look = move || {
        let (store, queue) = (Arc::clone(&store), queue.clone());
        async move {
            let (written, reached) = tokio::join!(store.try_writing(Timestamp::now()), async {
                match queue {
                    Some(queue) => queue.reachable().await,
                    None => Ok(()),
                }
            });
            written?;
            Ok(reached?)
        }
        .boxed()
    };
    router(Readiness::of(look))
}

/// The same for a function that writes nothing, and need not be allowed to: the store only has to
/// answer.
pub fn readiness_to_read(store: &Arc<Store>) -> Router {
    let store = Arc::clone(store);
    let look = move || {
        let store = Arc::clone(&store);
        // No attempt has this name, but looking for it takes everything that any read takes.
        async move { Ok(store.attempt("none").await.map(drop)?) }.boxed()
    };
    router(Readiness::of(look))
}

fn router(readiness: Readiness) -> Router {
    let answer = async |State(readiness): State<Arc<Readiness>>, call: Request| {
        let outdated = call.extensions().get::<Outdated>().is_some();
        match readiness.seen(SystemTime::now()).await && !outdated {
            true => (StatusCode::OK, "ready\n"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        }
    };
    Router::new()
        .route("/readyz", get(answer))
        .route("/ready", get(answer))
        .with_state(Arc::new(readiness))
}

type Look = dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

/// The result of the latest check, shared by all who ask.
struct Readiness {
    look: Box<Look>,
    /// When the check began, and its result. By the wall clock, since others stop while a sandbox is
    /// frozen.
    latest: Mutex<Option<(SystemTime, Shared<BoxFuture<'static, bool>>)>>,
    /// The problem that the log last reported.
    said: Arc<Mutex<Option<String>>>,
}

impl Readiness {
    fn of(
        look: impl Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync + 'static,
    ) -> Self {
        let (latest, said) = Default::default();
        Self { look: Box::new(look), latest, said }
    }

    /// Whether all is well, according to the latest or a running check.
    async fn seen(&self, now: SystemTime) -> bool {
        let seen = {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            // After the clock was set back, do not wait for the time it showed before.
            let fresh = |at: SystemTime| now.duration_since(at).is_ok_and(|age| age < FRESH);
            match latest.as_ref().filter(|(at, _)| fresh(*at)) {
                Some((_, seen)) => seen.clone(),
                None => {
                    let seen = self.looking();
                    *latest = Some((now, seen.clone()));
                    seen
                }
            }
        };
        seen.await
    }

    /// Runs the check to its end even if nobody waits for it any more: an abandoned one would keep its
    /// place in the store's queue.
    fn looking(&self) -> Shared<BoxFuture<'static, bool>> {
        let (look, said) = ((self.look)(), Arc::clone(&self.said));
        let looking = tokio::spawn(async move {
            let late = || format!("no answer within {} seconds", WITHIN.as_secs());
            let seen = match tokio::time::timeout(WITHIN, look).await {
                Ok(seen) => seen.err().map(|error| error.to_string()),
                Err(_) => Some(late()),
            };
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            match &seen {
                Some(why) if *said != seen => tracing::warn!("not ready: {why}"),
                None if said.is_some() => tracing::info!("ready again"),
                _ => {}
            }
            *said = seen;
            said.is_none()
        });
        looking.map(|seen| seen.unwrap_or(false)).boxed().shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn callers_cause_one_check_in_ten_seconds_even_if_they_leave() {
        let looks = Arc::new([0, 0].map(AtomicU64::new));
        let counted = Arc::clone(&looks);
        let readiness = Readiness::of(move || {
            let counted = Arc::clone(&counted);
            counted[0].fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                counted[1].fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            .boxed()
        });
        let looks = || looks.each_ref().map(|counted| counted.load(Ordering::Relaxed));
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..100 {
            assert_eq!(readiness.seen(at(0)).now_or_never(), None);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(looks(), [1, 1]);
        let all = join_all((0..10_000).map(|asked| readiness.seen(at(asked % 10)))).await;
        assert!(all.into_iter().all(|ready| ready));
        assert_eq!(looks(), [1, 1]);
        assert!(readiness.seen(at(10)).await);
        assert_eq!(looks(), [2, 2]);
        // The clock was set back.
        assert!(readiness.seen(at(5)).await);
        assert_eq!(looks(), [3, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_answer_is_not_ready() {
        let never = Readiness::of(|| futures::future::pending().boxed());
        assert!(!never.seen(SystemTime::now()).await);
        let broken = Readiness::of(|| async { panic!("a mistake of ours") }.boxed());
        assert!(!broken.seen(SystemTime::now()).await);
    }
}
