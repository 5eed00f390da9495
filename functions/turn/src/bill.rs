//! What a turn costs, and which cap it may reach.

use conversations::budget::Reservation;
use money::{Amount, Cap};

/// What the drafts of a turn have cost so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bill {
    /// What the model charges for them.
    pub(crate) spent: Amount,
    /// Whether the model was asked for any.
    pub(crate) is_open: bool,
    /// What was reserved for them, if they cost anything.
    pub(crate) reserved: Option<Reservation>,
}

/// Whether a turn's money was found.
#[derive(Clone, Copy)]
pub(crate) enum Found {
    /// In the shard that was loaded: this much.
    Enough(Amount),
    /// Not in this shard. Another may have it.
    Elsewhere,
    /// Nowhere, because of what other turns have reserved: with it this cap would be exceeded.
    Held(Cap),
    /// Nowhere, because of this cap.
    Capped(Cap),
}
