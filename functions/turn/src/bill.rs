//! What a turn costs, and which cap it may reach.

use money::{Amount, Cap};

/// What the drafts of a turn have cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bill {
    /// What the model charges for them.
    pub(crate) spent: Amount,
    /// Whether money is reserved for them.
    pub(crate) is_open: bool,
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
