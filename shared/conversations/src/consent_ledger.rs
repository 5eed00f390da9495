//! Reading the consent ledger, page by page.

use documents::{Document, Place, Unavailable};
use jiff::Timestamp;
use sms::Number;

use crate::collections::consent_events;
use crate::consent_events::{ConsentEvent, prefix};
use crate::due::Batch;
use crate::store::Store;

impl Store {
    /// One page of the ledger, earliest first.
    pub async fn consent_events(
        &self,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<ConsentEvent>, Unavailable> {
        events(self.later(consent_events::AT, Timestamp::UNIX_EPOCH, after, limit).await?)
    }

    /// One page of the ledger, latest first.
    pub async fn latest_consent_events(
        &self,
        before: Option<Place>,
        limit: u32,
    ) -> Result<Batch<ConsentEvent>, Unavailable> {
        events(self.latest_page(consent_events::AT, before, limit).await?)
    }

    /// One page of the events of a number, earliest first, and the place after which there may be more.
    pub async fn consent_events_of(
        &self,
        theirs: &Number,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<ConsentEvent>, Option<String>), Unavailable> {
        let query = consent_events::PLACE.within_after(prefix(theirs), after, limit);
        let found = self.documents.find(query).await?;
        let is_full = found.len() >= limit as usize;
        let next = found.last().filter(|_| is_full).and_then(|last| last.fields.get("place"));
        let events = found.into_iter().map(decoded).collect::<Result<_, _>>()?;
        Ok((events, next))
    }
}

fn events(page: Batch<Document>) -> Result<Batch<ConsentEvent>, Unavailable> {
    let Batch { found, since, next } = page;
    let found = found.into_iter().map(decoded).collect::<Result<_, _>>()?;
    Ok(Batch { found, since, next })
}

fn decoded(document: Document) -> Result<ConsentEvent, Unavailable> {
    document.fields.decode()
}
