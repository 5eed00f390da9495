//! What an installation spends: amounts, the prices of models and texts, and caps.
//!
//! Nothing here counts or sends. A price is looked up before something is bought, and always has an
//! answer: a listed price with its source, free, or, for what nobody has listed, a ceiling and the lines
//! that the owner has to add to his own list. Besides that list, `PRICES_FILE`, nothing is read.

#![warn(missing_docs)]

mod amount;
mod caps;
mod currency;
mod price;
mod prices;
mod table;

pub use amount::{Amount, AmountError};
pub use caps::{Cap, Caps, MOST_SHARES};
pub use currency::Currency;
pub use price::{Basis, ModelPrice, SegmentPrice};
pub use prices::Prices;
