//! Randomised pauses.

use std::time::Duration;

use jiff::SignedDuration;

/// A random pause between half of `pause` and all of it, so that what failed together is not
/// retried together.
pub(crate) fn spread(pause: SignedDuration) -> SignedDuration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// The same, for a wait in place.
pub(crate) fn spread_wait(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}
