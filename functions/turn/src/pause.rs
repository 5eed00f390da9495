//! How long nothing is tried again.

use std::time::Duration;

use jiff::SignedDuration;

/// Half of a pause at least, and all of it at most: what failed together is not tried again together.
pub(crate) fn spread(pause: SignedDuration) -> SignedDuration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// The same, of a wait in place.
pub(crate) fn spread_wait(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}
