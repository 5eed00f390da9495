//! Takes delivery reports about our texts from providers.

use std::sync::Arc;

use access::Access;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Request;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use conversations::{ConversationId, Joined, Store, Unavailable};
use jiff::Timestamp;
use queue::{Queue, WakeUp};
use settings::Names;
use sms::{Event, Providers, Receipt};
use telemetry::TraceId;
use tracing::Instrument;

/// The settings that the function reads.
pub const SETTINGS: &[Names] =
    &[host::PUBLIC_URL, Access::SETTINGS, providers::RECEIVING, Store::SETTINGS, Queue::SETTINGS];

/// The function, with its clients.
pub struct Receipts {
    /// Who may call.
    pub providers: Arc<Providers>,
    /// Whose unsigned calls are accepted: the mock's.
    pub access: Access,
    /// The store for attempts.
    pub store: Arc<Store>,
    /// The queue that wakes the turn after a failed text.
    pub queue: Queue,
}

impl Receipts {
    /// `POST /webhooks/{provider}/status`, with or without a slash at the end.
    pub fn router(self) -> Router {
        let receipts = || post(call).fallback(webhooks::lost);
        Router::new()
            .route("/webhooks/{provider}/status", receipts())
            .route("/webhooks/{provider}/status/", receipts())
            .with_state(Arc::new(self))
    }

    /// Answers one call, and returns the trace of its attempt, once that is known.
    pub async fn receive(
        &self,
        provider: &str,
        call: Request<Bytes>,
        trace: &TraceId,
        now: Timestamp,
    ) -> (Response, Option<TraceId>) {
        let read = webhooks::receive(
            &self.providers,
            &self.access,
            &self.store,
            provider,
            &call,
            trace,
            now,
        )
        .await;
        let (provider, events) = match read {
            Ok(read) => read,
            Err(answer) => return (answer, None),
        };
        let mut attempted = None;
        for event in events {
            let receipt = match event {
                Event::Receipt(receipt) => receipt,
                Event::Subscription(_) | Event::Rest(_) => continue,
                Event::Text(_) => {
                    tracing::error!(
                        "a text came to the address for receipts: its address ends in /inbound"
                    );
                    let reason = "a text at the address for receipts";
                    let keep = webhooks::keep(&self.store, provider, &call, reason, trace, now);
                    if let Err(error) = keep.await {
                        return (webhooks::unavailable(&error), None);
                    }
                    continue;
                }
            };
            match self.take(provider.name(), &receipt, now).await {
                Ok(trace) => attempted = trace.or(attempted),
                Err(error) => return (webhooks::unavailable(&error), attempted),
            }
        }
        (webhooks::acknowledge(provider), attempted)
    }

    /// Stores a receipt that came at this time, once, and updates its attempt. Returns the
    /// attempt's trace, once that is known.
    pub async fn take(
        &self,
        provider: &str,
        receipt: &Receipt,
        came: Timestamp,
    ) -> Result<Option<TraceId>, Unavailable> {
        let joined = self.store.receive(provider, receipt, came).await?;
        if let Joined::Attempt { trace, failed } = &joined {
            tracing::Span::current().record("trace.id", trace.as_str());
            if let Some(conversation) = failed {
                self.wake(conversation, trace, receipt).await;
            }
        }
        tracing::info!(
            provider.name = provider,
            message.id = receipt.message,
            code = receipt.code,
            "took a receipt: {}",
            receipt.raw_status
        );
        match joined {
            Joined::Attempt { trace, .. } => Ok(Some(trace)),
            Joined::NotYet => Ok(None),
        }
    }

    /// Another provider may still deliver a failed text. If the queue fails, `sweep` finds it.
    async fn wake(&self, conversation: &ConversationId, trace: &TraceId, receipt: &Receipt) {
        let wake_up = WakeUp { conversation: conversation.to_string(), trace: trace.clone() };
        let once = format!("{trace}-{}", receipt.raw_status);
        if let Err(error) = self.queue.send(&wake_up, &once).await {
            tracing::warn!(%error, "left a wake-up to the sweep: {error}");
        }
    }
}

async fn call(
    State(receipts): State<Arc<Receipts>>,
    Path(provider): Path<String>,
    call: Request<Body>,
) -> Response {
    let fresh = TraceId::fresh();
    let span = tracing::info_span!("receipts", trace.id = %fresh);
    let answer = async {
        match webhooks::whole(&receipts.providers, &provider, call).await {
            Ok(call) => receipts.receive(&provider, call, &fresh, Timestamp::now()).await,
            Err(answer) => (answer, None),
        }
    };
    let (answer, attempted) = answer.instrument(span).await;
    webhooks::with_trace(answer, attempted.as_ref().unwrap_or(&fresh))
}
