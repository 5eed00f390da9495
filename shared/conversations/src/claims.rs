//! Claims: each message is handled once, by whichever process claims it first.

use documents::{Fields, Unavailable, Write, WriteError};
use jiff::Timestamp;

use crate::names::Claim;
use crate::store::Store;

impl Store {
    /// Commits the writes together with a claim. If the claim exists already, writes nothing and
    /// returns false.
    pub(crate) async fn claim(
        &self,
        claim: &Claim,
        now: Timestamp,
        mut writes: Vec<Write>,
    ) -> Result<bool, WriteError> {
        writes.push(Write::Create(claim.path(), self.claimed(now)));
        let again = claim.again_after.map(|_| writes.clone());
        match self.documents.commit(writes).await {
            Err(WriteError::Conflict) => {}
            answer => return answer.map(|_| true),
        }
        let Some(mut writes) = again else { return Ok(false) };
        let Some(renewed) = self.stale(claim, now).await? else { return Ok(false) };
        writes.pop();
        writes.push(renewed);
        match self.documents.commit(writes).await {
            Err(WriteError::Conflict) => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// Whether a message was claimed.
    pub async fn is_claimed(&self, claim: &Claim) -> Result<bool, Unavailable> {
        Ok(self.documents.get_one(claim.path()).await?.is_some())
    }

    /// The write that renews a claim whose window has passed.
    async fn stale(&self, claim: &Claim, now: Timestamp) -> Result<Option<Write>, Unavailable> {
        let Some(window) = claim.again_after else { return Ok(None) };
        let Some(found) = self.documents.get_one(claim.path()).await? else { return Ok(None) };
        let claimed = found.fields.get::<i64>("at").unwrap_or_default();
        // Also for words that arrived long before those but were kept elsewhere meanwhile.
        let passed =
            i128::from(now.as_millisecond().abs_diff(claimed)) > window.as_millis() as i128;
        Ok(passed.then(|| Write::Replace(claim.path(), self.claimed(now), found.version)))
    }

    fn claimed(&self, now: Timestamp) -> Fields {
        Fields::none().with("at", now.as_millisecond()).expiring(now, self.lifetimes.claims())
    }
}
