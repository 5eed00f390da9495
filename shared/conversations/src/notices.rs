//! Notices: what a person should look at.

use std::fmt;

use documents::{Fields, Unavailable, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sms::Number;
use telemetry::TraceId;

use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::store::Store;

/// Something a person should look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// Its name; one of the same name is not stored twice.
    pub id: String,
    /// What happened and what to do, in one sentence without a number or any words of the conversation.
    pub sentence: String,
    /// The conversation it is about.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// The trace it is about.
    #[serde(default)]
    pub trace: Option<TraceId>,
    /// The person it is about, where somebody has to follow up with them. Displayed only in the
    /// console.
    #[serde(default, rename = "whom", skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Notice {
    /// Keeps it, as part of a commit.
    pub fn keep(&self, lifetimes: &Lifetimes) -> Write {
        let kept = Fields::of(self).expiring(self.at, lifetimes.notices());
        Write::keep(at("notices", &self.id), kept)
    }
}

/// A person to follow up with. `Debug` prints none of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct FollowUp {
    /// Their number.
    pub theirs: Number,
    /// Why somebody has to follow up.
    pub why: String,
    /// What they said last.
    pub said: String,
}

impl fmt::Debug for FollowUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FollowUp")
    }
}

impl Store {
    /// Keeps something that a person should look at.
    pub async fn notice(&self, notice: &Notice) -> Result<(), Unavailable> {
        self.documents.commit(vec![notice.keep(&self.lifetimes)]).await?;
        Ok(())
    }

    /// Stores a notice, unless one of its name exists already; given `again_after`, only a notice
    /// younger than that counts. Returns whether it was stored, so that somebody has to be told.
    pub async fn notice_anew(
        &self,
        notice: &Notice,
        again_after: Option<SignedDuration>,
    ) -> Result<bool, Unavailable> {
        let path = at("notices", &notice.id);
        let next = Fields::of(notice).expiring(notice.at, self.lifetimes.notices());
        let write = match self.documents.get_one(path.clone()).await? {
            None => Write::Create(path, next),
            Some(found) => {
                let (version, last) = (found.version, found.fields.decode::<Notice>()?.at);
                if again_after.is_none_or(|after| notice.at < last + after) {
                    return Ok(false);
                }
                Write::Replace(path, next, version)
            }
        };
        self.documents.if_unchanged(vec![write]).await
    }
}
