//! The audit: what operators did, by which way, and when. It never has words of a conversation.

use documents::{Fields, Place, Unavailable, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::by::By;
use crate::collections::audit;
use crate::due::Batch;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::store::Store;

/// Something that an operator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The conversation that it concerns, if it concerns one.
    #[serde(default, rename = "conversation")]
    pub about: Option<ConversationId>,
    /// Who did it.
    #[serde(flatten)]
    pub by: By,
    /// What was done, in a word or two.
    pub did: String,
    /// What it was done to, or why it was refused: never words of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Act {
    /// The names of its fields, as they are exported. More may follow some day; these stay.
    pub const COLUMNS: [&str; 6] = ["at", "by", "via", "did", "what", "conversation"];

    /// Something that was done, to a conversation or a person if it concerns one.
    pub fn new(by: By, did: &str, about: Option<ConversationId>, at: Timestamp) -> Self {
        Self { about, by, did: did.to_owned(), what: None, at }
    }

    /// Its fields, as they are exported, in the order of [`Self::COLUMNS`].
    pub fn columns(&self) -> [String; 6] {
        [
            self.at.to_string(),
            self.by.name.clone(),
            self.by.via.word().to_owned(),
            self.did.clone(),
            self.what.clone().unwrap_or_default(),
            self.about.as_ref().map_or(String::new(), ToString::to_string),
        ]
    }

    /// Keeps it, as part of the commit of what was done.
    pub(crate) fn keep(&self, lifetimes: &Lifetimes) -> Write {
        let name = Uuid::now_v7().simple().to_string();
        let place = self
            .about
            .as_ref()
            .map(|id| format!("{}{:015}-{name}", id.prefix(), self.at.as_millisecond()));
        let kept = Fields::of(self).with("place", place).expiring(self.at, lifetimes.audit());
        Write::Create(at("audit", &name), kept)
    }
}

impl Store {
    /// Writes down what an operator did.
    pub async fn write_down(&self, act: &Act) -> Result<(), Unavailable> {
        self.documents.commit(vec![act.keep(&self.lifetimes)]).await?;
        Ok(())
    }

    /// What operators did, the latest first, in pages.
    pub async fn acts(&self, before: Option<Place>, limit: u32) -> Result<Batch<Act>, Unavailable> {
        let page = self.latest_page(audit::AT, before, limit).await?;
        Ok(page.map(|found| found.fields.decode().ok()))
    }

    /// What was done in a conversation, earliest first, as far as it is shown.
    pub async fn acts_in(&self, id: &ConversationId, limit: u32) -> Result<Vec<Act>, Unavailable> {
        let mut found: Vec<Act> =
            self.documents.list(audit::PLACE.last_within(id.prefix(), limit)).await?;
        found.reverse();
        Ok(found)
    }
}
