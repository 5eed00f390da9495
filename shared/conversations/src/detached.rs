//! Attempts that belong to no conversation: texts by hand, test sends and probes. What they cost is counted,
//! and no cap stops them.

use documents::{Unavailable, Write, WriteError, at};
use money::Amount;
use sms::Status;

use crate::attempts::{Attempt, StatusUpdate};
use crate::budget::{Booking, OWNER};
use crate::store::Store;

impl Store {
    /// Stores an attempt that belongs to no conversation, and counts what it costs, on condition that the
    /// person has not opted out. If they have, returns false: nothing was stored, and nothing may be sent.
    pub async fn begin(&self, attempt: &Attempt) -> Result<bool, Unavailable> {
        let allowed =
            Write::Absent(at("stops", &self.names.person(&attempt.provider, &attempt.to)));
        let mut writes = vec![allowed, attempt.keep(&self.lifetimes)];
        writes.extend(self.counting(attempt).await?);
        match self.documents.commit(writes).await {
            Ok(_) => Ok(true),
            Err(WriteError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The write that counts what such an attempt costs, for the commit that stores it.
    pub async fn counting(&self, attempt: &Attempt) -> Result<Option<Write>, Unavailable> {
        self.booking(attempt, attempt.cost).await
    }

    /// Stores the outcome of such an attempt, if it is still there, and gives back what it would have cost
    /// if it certainly was not taken.
    pub async fn conclude(
        &self,
        attempt: &Attempt,
        update: StatusUpdate,
    ) -> Result<(), Unavailable> {
        let is_unpaid = attempt.updated(&update).status() == Status::Failed;
        let update = StatusUpdate { is_unpaid, ..update };
        let mut writes = vec![update.write(&[]).if_there()];
        if is_unpaid {
            writes.extend(self.booking(attempt, Amount::ZERO.saturating_sub(attempt.cost)).await?);
        }
        self.documents.if_unchanged(writes).await?;
        Ok(())
    }

    async fn booking(
        &self,
        attempt: &Attempt,
        spent: Amount,
    ) -> Result<Option<Write>, Unavailable> {
        let Some(period) = attempt.booked.filter(|_| spent != Amount::ZERO) else {
            return Ok(None);
        };
        let shard = match attempt.tried_out {
            true => OWNER.to_owned(),
            false => self.any_shard().await?,
        };
        Ok(Some(Booking { shard, period, spent, released: None }.write()))
    }
}
