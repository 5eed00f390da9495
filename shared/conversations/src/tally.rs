//! As what something was counted, so that it can be counted anew.

use figures::Counts;
use money::Amount;
use serde::{Deserialize, Serialize};
use sms::Status;

/// As what an attempt was counted, as far as that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) cost: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) accepted_in: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivered_in: Option<u16>,
}

/// What else is counted with an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Also {
    /// On which day, counted from 1970, in the owner's time zone.
    pub day: i64,
    /// What.
    pub counts: Counts,
}

/// When a person was last counted, and the provider that they texted through then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The day, counted from 1970, in the owner's time zone.
    pub day: i64,
    /// The provider.
    pub via: String,
}

/// As what the end of a conversation was counted, so that it can be taken back should the conversation
/// go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedEnd {
    pub(crate) day: i64,
    pub(crate) counts: Counts,
}

/// The word under which an attempt of this status is counted, and which the step of a receipt holds.
pub(crate) fn word(status: Status) -> &'static str {
    match status {
        Status::Sending => "sending",
        Status::Unknown => "unknown",
        Status::Accepted => "accepted",
        Status::Sent => "sent",
        Status::Failed => "failed",
        Status::Undelivered => "undelivered",
        Status::Delivered => "delivered",
    }
}
