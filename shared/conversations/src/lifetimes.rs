//! For how long things are kept.

use jiff::SignedDuration;

pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A claim outlives any replay of the call: Twilio's signature carries no time, and Twilio itself
/// keeps a message for 400 days.
pub(crate) const CLAIMS_LIVE: SignedDuration = DAY.checked_mul(400).expect("400 days fit");
/// What was said is kept for as long as a customer may come back to it.
pub(crate) const CONVERSATIONS_LIVE: SignedDuration = DAY.checked_mul(90).expect("90 days fit");
/// What happened is kept for as long as somebody may ask why.
pub(crate) const RECORDS_LIVE: SignedDuration = DAY.checked_mul(30).expect("30 days fit");

/// What a person should look at is kept as long as what was said.
pub(crate) const NOTICES_LIVE: SignedDuration = CONVERSATIONS_LIVE;
