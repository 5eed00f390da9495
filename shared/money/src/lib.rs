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
pub use caps::Caps;
pub use currency::Currency;
pub use price::{Basis, ModelPrice, SegmentPrice};
pub use prices::Prices;

/// What the settings mean, as in the table of `docs/settings.md`.
pub const MEANINGS: [(&str, &str); 8] = [
    (
        "CAP_TURN",
        "the most that one turn may cost, from the texts that were waiting to the reply; default 0.10. \
         An amount, or `off` for no cap, as for all caps",
    ),
    ("CAP_PERSON_DAY", "the most that one person may cost in a day; default 1"),
    ("CAP_DAY", "the most that everybody together may cost in a day; default 10"),
    ("CAP_OWNER_DAY", "the most that may be spent for the owner in a day; default 1"),
    ("CAP_MONTH", "the most that everybody together may cost in a month; default: no cap"),
    ("CAP_TOTAL", "the most that everybody together may ever cost; default: no cap"),
    (
        "CAP_CURRENCY",
        "the currency of the caps, in three letters, default `USD`. The prices must be in it as well",
    ),
    (
        "PRICES_FILE",
        "a file of [prices](costs.md#prices) that replace the built-in ones or add to them; default: the \
         [built-in](../shared/money/prices.toml)",
    ),
];
