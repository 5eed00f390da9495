//! How long things are kept.

use jiff::SignedDuration;

pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A claim outlives any replay of the call: Twilio's signature carries no time, and Twilio itself keeps
/// a message for 400 days.
pub(crate) const CLAIMS_LIVE: SignedDuration = DAY.checked_mul(400).expect("400 days fit");
/// Conversations are kept for as long as a customer may come back to them.
pub(crate) const CONVERSATIONS_LIVE: SignedDuration = DAY.checked_mul(90).expect("90 days fit");
/// Records are kept for as long as somebody may ask why something happened.
pub(crate) const RECORDS_LIVE: SignedDuration = DAY.checked_mul(30).expect("30 days fit");

/// A person can claim for four years that they were texted without consent (28 U.S.C. 1658); one more
/// year allows for the claim to arrive.
pub(crate) const CONSENTS_LIVE: SignedDuration = DAY.checked_mul(5 * 365 + 2).expect("5 years fit");

/// Notices are kept for as long as the conversations they refer to.
pub(crate) const NOTICES_LIVE: SignedDuration = CONVERSATIONS_LIVE;
