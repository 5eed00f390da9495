//! Money for what the owner tries out outside any conversation.

use documents::Unavailable;
use money::Amount;

use crate::budget::{Booking, Period, Reservation, Shard};
use crate::store::Store;

impl Store {
    /// Reserves an amount in a shard. `None`: somebody has written to it since it was read.
    pub async fn reserve_in(
        &self,
        shard: &Shard,
        amount: Amount,
        period: Period,
    ) -> Result<Option<Reservation>, Unavailable> {
        let reserved = self.documents.if_unchanged(vec![shard.reserve(amount, period)]).await?;
        Ok(reserved.then(|| Reservation::of(shard, amount, period)))
    }

    /// Books what was spent.
    pub async fn book(&self, booking: &Booking) -> Result<(), Unavailable> {
        self.documents.commit(vec![booking.write()]).await?;
        Ok(())
    }
}
