//! Who has opted out: one document per person, for all of our numbers and all providers.

use documents::{Fields, Unavailable, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::Number;

use crate::id::ConversationId;
use crate::names::Claim;
use crate::store::Store;

/// The provider of a stop that was entered from a list.
const LISTED: &str = "list";

/// The provider of a stop that was entered for one person.
const BY_HAND: &str = "by hand";

/// A person's wish to get no more texts from any of our numbers, through any provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// When they last said so.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The provider through which we know.
    pub provider: String,
    /// Whether the opt-out was confirmed to them. It is confirmed once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

impl Stop {
    /// Changes nothing, on condition that this person has not opted out.
    pub fn none(id: &ConversationId) -> Write {
        Write::Absent(at("stops", id.person()))
    }
}

impl Store {
    /// Records that a person opted out. Takes effect once for each message, so that a replay of the
    /// call does nothing after a later START; an opt-out that cannot be told from a repeat counts as
    /// one.
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

    /// Records an opt-out that somebody enters for this number, also as one of the mock's people.
    pub async fn stop_by_hand(&self, theirs: &Number, at: Timestamp) -> Result<(), Unavailable> {
        let stop = Stop { at, provider: BY_HAND.to_owned(), confirmed: true };
        let people = self.names.people(theirs);
        let kept = people.iter().map(|person| keep_stop(person, &stop)).collect();
        self.documents.commit(kept).await?;
        Ok(())
    }

    /// Lifts the opt-out of this number. False if there was none.
    pub async fn start_by_hand(&self, theirs: &Number) -> Result<bool, Unavailable> {
        let stops = self.names.people(theirs).map(|person| at("stops", &person));
        let found = self.documents.get(&stops).await?;
        self.documents.commit(stops.map(|stop| Write::Delete(stop, None)).into()).await?;
        Ok(found.iter().any(Option::is_some))
    }

    /// Records that a person is on an opt-out list, which has been confirmed to them.
    pub async fn stop_listed(&self, theirs: &Number, at: Timestamp) -> Result<(), Unavailable> {
        let stop = Stop { at, provider: LISTED.to_owned(), confirmed: true };
        self.documents.commit(vec![keep_stop(&self.names.person(LISTED, theirs), &stop)]).await?;
        Ok(())
    }

    /// Records that a person opted in again at this time, through this provider. Takes effect once for
    /// each message, and not if they have opted out since. An opt-out from the future, by a clock that
    /// was ahead, counts as one of now. Returns whether an opt-out was found.
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

/// A blind write, so that a person who got the confirmation does not get it again: a flag that is false
/// is not written.
fn keep_stop(person: &str, stop: &Stop) -> Write {
    Write::keep(at("stops", person), Fields::of(stop))
}

/// An opt-out reported by a provider, which has confirmed it to the person as well.
pub(crate) fn stopped(id: &ConversationId, now: Timestamp, provider: &str) -> Write {
    keep_stop(id.person(), &Stop { at: now, provider: provider.to_owned(), confirmed: true })
}
