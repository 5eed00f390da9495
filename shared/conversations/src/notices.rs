//! Notices: what a person should look at.

use std::fmt;

use documents::{Fields, Unavailable, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sms::Number;
use telemetry::TraceId;

use crate::id::ConversationId;
use crate::lifetimes::NOTICES_LIVE;
use crate::store::Store;

/// Something a person should look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// Its name; one of the same name is not stored twice.
    pub id: String,
    /// What happened and what to do, in a sentence without a number or a word of what was said.
    pub sentence: String,
    /// The conversation it is about.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// The trace it is about.
    #[serde(default)]
    pub trace: Option<TraceId>,
    /// The person it is about, where somebody has to go on with them. Shown in the console, and
    /// nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<Whom>,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Notice {
    /// Keeps it, as part of a commit.
    pub fn keep(&self) -> Write {
        let kept = Fields::of(self).expiring(self.at, NOTICES_LIVE);
        Write::keep(at("notices", &self.id), kept)
    }
}

/// A person, for whoever has to go on with them. `Debug` prints nothing of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Whom {
    /// Their number.
    pub theirs: Number,
    /// Why somebody has to.
    pub why: String,
    /// What they said last.
    pub said: String,
}

impl fmt::Debug for Whom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Whom")
    }
}

impl Store {
    /// Keeps something that a person should look at.
    pub async fn notice(&self, notice: &Notice) -> Result<(), Unavailable> {
        self.documents.commit(vec![notice.keep()]).await?;
        Ok(())
    }

    /// Keeps a notice, unless one of its name is kept already and, given `again_after`, was kept that
    /// lately. Whether it was kept now, so that somebody has to be told.
    pub async fn notice_anew(
        &self,
        notice: &Notice,
        again_after: Option<SignedDuration>,
    ) -> Result<bool, Unavailable> {
        let path = at("notices", &notice.id);
        let next = Fields::of(notice).expiring(notice.at, NOTICES_LIVE);
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
