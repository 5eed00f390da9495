//! The status of a reply, as the page shows it.

use conversations::Attempt;
use serde::Serialize;
use sms::{Providers, Status};
use telemetry::TraceId;

/// The known status of an attempt.
#[derive(Clone, Serialize)]
pub(crate) struct Delivery {
    pub(crate) attempt: String,
    pub(crate) trace: TraceId,
    pub(crate) provider: String,
    /// The provider's id of the message.
    pub(crate) message: Option<String>,
    pub(crate) segments: usize,
    pub(crate) status: Status,
    pub(crate) conflicted: bool,
    pub(crate) code: Option<String>,
    /// What the code means, and how to fix it.
    pub(crate) means: Option<String>,
    pub(crate) at: i64,
}

impl Delivery {
    pub(crate) fn of(attempt: &Attempt, providers: &Providers) -> Self {
        let code = attempt.code.as_deref();
        let means = code.and_then(|code| providers.explain(&attempt.provider, code));
        Self {
            attempt: attempt.id.clone(),
            trace: attempt.trace.clone(),
            provider: attempt.provider.clone(),
            message: attempt.message_id().map(str::to_owned),
            segments: attempt.segments,
            status: attempt.status(),
            conflicted: attempt.is_conflicted(),
            code: attempt.code.clone(),
            means: means.map(ToString::to_string),
            at: attempt.at.as_millisecond(),
        }
    }
}
