//! Who has opted out: one document per person, for all of our numbers and all providers.

use documents::{Fields, Unavailable, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::Number;

use crate::attempts::Attempt;
use crate::consent_events::{ConsentEvent, ConsentKind, Proof};
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::names::Claim;
use crate::store::Store;

/// The provider of a stop that was imported from a list.
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
    /// Whether it is known from the person or a provider, and not from the owner.
    pub(crate) fn is_theirs(&self) -> bool {
        ![LISTED, BY_HAND].contains(&self.provider.as_str())
    }

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
        proof: &Proof<'_>,
    ) -> Result<(), Unavailable> {
        let event = ConsentEvent::texted(ConsentKind::Stop, theirs, &stop.provider, proof, stop.at);
        let claim = claim.again_after.is_none().then(|| claim.of_keyword());
        self.enter_stop(claim.as_ref(), stop, &event).await
    }

    /// Records that a person is on this opt-out list, which has been confirmed to them.
    pub async fn stop_listed(
        &self,
        theirs: &Number,
        list: &str,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        let stop = Stop { at, provider: LISTED.to_owned(), confirmed: true };
        self.enter_stop(None, &stop, &ConsentEvent::imported(theirs, list, at)).await
    }

    /// Records that a provider refused an attempt that belongs to no conversation, since the person has
    /// opted out.
    pub async fn stop_refused(
        &self,
        attempt: &Attempt,
        code: &str,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let event = ConsentEvent::returned(attempt, code, now);
        let (id, provider) = (&attempt.conversation, &attempt.provider);
        self.documents.commit(stopped(id, provider, &event, &self.lifetimes)).await?;
        Ok(())
    }

    /// Records an opt-out of somebody who was erased meanwhile: it alone stays.
    pub async fn stop_erased(
        &self,
        id: &ConversationId,
        provider: &str,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.documents.commit(vec![stop_of(id, provider, at)]).await?;
        Ok(())
    }

    /// Stores a stop together with its event, in one commit if the person has not stopped yet.
    async fn enter_stop(
        &self,
        claim: Option<&Claim>,
        stop: &Stop,
        event: &ConsentEvent,
    ) -> Result<(), Unavailable> {
        let person = self.names.person(&stop.provider, &event.theirs);
        let new = Write::Create(at("stops", &person), Fields::of(stop));
        if !self
            .commit_once(claim, stop.at, vec![new, event.enter(&person, &self.lifetimes)])
            .await?
        {
            // They have stopped already, or this message was taken before.
            let again = vec![keep_stop(&person, stop), event.enter_again(&person, &self.lifetimes)];
            self.commit_once(claim, stop.at, again).await?;
        }
        Ok(())
    }

    /// Commits these writes, with the claim if there is one. False if a condition does not hold.
    async fn commit_once(
        &self,
        claim: Option<&Claim>,
        now: Timestamp,
        writes: Vec<Write>,
    ) -> Result<bool, Unavailable> {
        match claim {
            Some(claim) => Ok(self.claim(claim, now, writes).await?),
            None => self.documents.if_unchanged(writes).await,
        }
    }

    /// Records an opt-out that somebody enters for this number, also as one of the mock's people.
    pub async fn stop_by_hand(&self, theirs: &Number, at: Timestamp) -> Result<(), Unavailable> {
        let event = ConsentEvent::of(ConsentKind::Stop, theirs, BY_HAND, at);
        let stop = Stop { at, provider: BY_HAND.to_owned(), confirmed: true };
        let people = self.names.people(theirs);
        let mut writes: Vec<_> = people.iter().map(|person| keep_stop(person, &stop)).collect();
        writes.push(event.enter(&people[0], &self.lifetimes));
        self.documents.commit(writes).await?;
        Ok(())
    }

    /// Lifts the opt-out of this number. False if there was none.
    pub async fn start_by_hand(
        &self,
        theirs: &Number,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let people = self.names.people(theirs);
        let stops = people.each_ref().map(|person| at("stops", person));
        let event = ConsentEvent::of(ConsentKind::Start, theirs, BY_HAND, now);
        loop {
            let found = self.documents.get(&stops).await?;
            if found.iter().all(Option::is_none) {
                return Ok(false);
            }
            let read = stops.iter().cloned().zip(found);
            let mut writes: Vec<_> = read
                .map(|(stop, found)| match found {
                    Some(found) => Write::Delete(stop, Some(found.version)),
                    None => Write::Absent(stop),
                })
                .collect();
            writes.push(event.enter(&people[0], &self.lifetimes));
            if self.documents.if_unchanged(writes).await? {
                return Ok(true);
            }
            self.documents.step_aside().await;
        }
    }

    /// Records that a person opted in again at this time, through this provider. Takes effect once for
    /// each message, and not if they have opted out since. An opt-out from the future, by a clock that
    /// was ahead, counts as one of now. Returns whether an opt-out was found.
    pub async fn start(
        &self,
        claim: &Claim,
        provider: &str,
        theirs: &Number,
        proof: &Proof<'_>,
        said: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let person = self.names.person(provider, theirs);
        let stop = at("stops", &person);
        let found = self
            .documents
            .get_one(stop.clone())
            .await?
            .map(|found| found.fields.decode::<Stop>())
            .transpose()?;
        if found.as_ref().is_none_or(|found| found.at.min(now) <= said) {
            let kind = if found.is_some() { ConsentKind::Start } else { ConsentKind::Keyword };
            let event = ConsentEvent::texted(kind, theirs, provider, proof, said);
            let entered = match found {
                Some(_) => event.enter(&person, &self.lifetimes),
                None => event.enter_again(&person, &self.lifetimes),
            };
            let writes = vec![Write::Delete(stop, None), entered];
            self.claim(&claim.of_keyword(), said, writes).await?;
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
pub(crate) fn stopped(
    id: &ConversationId,
    provider: &str,
    event: &ConsentEvent,
    lifetimes: &Lifetimes,
) -> Vec<Write> {
    vec![stop_of(id, provider, event.at), event.enter(id.person(), lifetimes)]
}

/// The same without its event.
pub(crate) fn stop_of(id: &ConversationId, provider: &str, at: Timestamp) -> Write {
    let stop = Stop { at, provider: provider.to_owned(), confirmed: true };
    keep_stop(id.person(), &stop)
}
