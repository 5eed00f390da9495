//! Traces and logs: the steps of a turn, without any words of the conversation.
//!
//! A [`TraceId`] is made where a webhook call arrives and travels with the text through the queue, the
//! turn and the attempt to its receipt. Every log line of ours carries it, and the steps taken under it
//! are stored as [`Step`]s. Whatever needs a person is an [`Alarm`].

#![warn(missing_docs)]

mod alarms;
mod logs;
pub mod steps;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use alarms::Alarm;
pub use logs::{LogFormat, init, understands};
#[doc(hidden)]
pub use tracing;

/// The id that connects everything one text caused. 32 hexadecimal digits, ordered by time, usable as a
/// W3C trace id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceId(String);

impl TraceId {
    /// A new id.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::now_v7().simple().to_string())
    }

    /// Parses an id that we printed.
    pub fn parse(id: &str) -> Option<Self> {
        let valid = id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(id.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A step taken under a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What happened, in a word or two: one of [`steps`], or `ran` and the name of a tool.
    pub what: String,
    /// When it began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// How long it took, for a step that takes time. Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Figures and names that explain it: tokens, segments, provider, outcome. Never any words of the
    /// conversation, and never a number.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

impl Step {
    /// A step without duration.
    pub fn new(what: impl Into<String>, at: Timestamp) -> Self {
        Self { what: what.into(), at, took_ms: None, details: Map::new() }
    }

    /// How long the step took.
    #[must_use]
    pub fn took(mut self, duration: Duration) -> Self {
        self.took_ms = Some(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Adds a figure or a name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }
}
