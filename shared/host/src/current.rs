//! What handles calls, and is replaced while they come.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt;

use crate::ready::Outdated;

/// The handler in use. Whoever has taken it keeps it until the work is done.
#[derive(Debug)]
pub struct Current<H> {
    handler: Mutex<H>,
    is_outdated: AtomicBool,
}

impl<H: Clone> Current<H> {
    /// The first one.
    pub fn new(handler: H) -> Self {
        Self { handler: Mutex::new(handler), is_outdated: AtomicBool::new(false) }
    }

    /// The handler for what comes now.
    pub fn handler(&self) -> H {
        self.handler.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces it.
    pub fn replace(&self, handler: H) {
        *self.handler.lock().unwrap_or_else(PoisonError::into_inner) = handler;
    }

    /// Says whether the settings have changed to something that no handler can be built from. Then we are
    /// not [ready](crate::readiness()), and go on with this one.
    pub(crate) fn outdate(&self, is_outdated: bool) {
        self.is_outdated.store(is_outdated, Ordering::Relaxed);
    }

    /// Whether the settings have changed to something that no handler can be built from.
    pub(crate) fn is_outdated(&self) -> bool {
        self.is_outdated.load(Ordering::Relaxed)
    }

    /// Lets a router answer a call, and tells it whether it still matches the settings.
    pub(crate) async fn answer(&self, router: Router, mut call: Request) -> Response {
        if self.is_outdated() {
            call.extensions_mut().insert(Outdated);
        }
        let Ok(response) = router.oneshot(call).await;
        response
    }
}

impl<H: Clone + Send + 'static> Current<H> {
    /// A router that has each call answered by that of the handler in use.
    pub fn router(
        self: Arc<Self>,
        router: impl Fn(H) -> Router + Clone + Send + Sync + 'static,
    ) -> Router {
        Router::new().fallback(move |call: Request| {
            let (current, router) = (Arc::clone(&self), router.clone());
            async move { current.answer(router(current.handler()), call).await }
        })
    }
}
