//! Who has stopped: one document per person, for all of our numbers and all providers.

use documents::{Fields, Unavailable, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::Number;

use crate::id::ConversationId;
use crate::names::Claim;
use crate::store::Store;

/// A person's word that they want no more texts, on any of our numbers, by any provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// When they last said so.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// By which provider we know.
    pub provider: String,
    /// Whether they have been told that it is so. They are told once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

impl Stop {
    /// Changes nothing, on condition that the person of these conversations has not stopped.
    pub fn none(id: &ConversationId) -> Write {
        Write::Absent(at("stops", id.person()))
    }
}

impl Store {
    /// Writes down that a person stopped. Once for each message, so that a replay of the call has
    /// no effect after a later START; a stop that cannot be told from a repeat is taken for one.
    ///
    /// Does not depend on whether the text itself can be stored.
    pub async fn stop(
        &self,
        claim: &Claim,
        theirs: &Number,
        stop: &Stop,
    ) -> Result<(), Unavailable> {
        let stopped = keep_stop(&self.names.person(&stop.provider, theirs), stop);
        if claim.again_after.is_some() {
            self.documents.commit(vec![stopped]).await?;
        } else {
            self.claim(&claim.of_keyword(), stop.at, vec![stopped]).await?;
        }
        Ok(())
    }

    /// Writes down that a person is back, as they said at this time by a provider. Once for each
    /// message, and not if they have stopped since. A stop that lies in the future, by a clock that
    /// was ahead, is one of now. Whether a stop was found.
    pub async fn start(
        &self,
        claim: &Claim,
        provider: &str,
        theirs: &Number,
        said: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let stop = at("stops", &self.names.person(provider, theirs));
        let found = self
            .documents
            .get_one(stop.clone())
            .await?
            .map(|found| found.fields.decode::<Stop>())
            .transpose()?;
        if found.as_ref().is_none_or(|found| found.at.min(now) <= said) {
            self.claim(&claim.of_keyword(), said, vec![Write::Delete(stop, None)]).await?;
        }
        Ok(found.is_some())
    }
}

/// Blind, so that a person who has been told so is not told again: what is not true is not written.
fn keep_stop(person: &str, stop: &Stop) -> Write {
    Write::keep(at("stops", person), Fields::of(stop))
}

/// A stop that a provider tells us of. It has told the person as well.
pub(crate) fn stopped(id: &ConversationId, now: Timestamp, provider: &str) -> Write {
    keep_stop(id.person(), &Stop { at: now, provider: provider.to_owned(), confirmed: true })
}
