//! How long a model is waited for.

use std::time::Duration;

use tokio::time::Instant;

/// How often a pause doubles before it stays as it is.
const DOUBLINGS: u32 = 3;

/// How long a model is waited for, and how often it is asked again.
///
/// A model that hangs, fails or talks nonsense is asked again after a pause that doubles three
/// times and is jittered by a quarter, for as long as the time of the turn lasts. With the
/// defaults one that is down for ten seconds is not noticed by the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one request. Default 20 seconds.
    pub request: Duration,
    /// For everything that is asked in one turn, pauses included. Default 40 seconds.
    pub turn: Duration,
    /// Before the second try. Default half a second, so that it is never above five.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(20),
            turn: Duration::from_secs(40),
            pause: Duration::from_millis(500),
        }
    }
}

/// The patience that is left in one turn.
pub(crate) struct Left {
    patience: Patience,
    until: Instant,
    pauses: u32,
}

impl Left {
    pub(crate) fn new(patience: Patience) -> Self {
        Self { patience, until: Instant::now() + patience.turn, pauses: 0 }
    }

    /// How long the next request may take.
    pub(crate) fn request(&self) -> Duration {
        self.patience.request.min(self.until.saturating_duration_since(Instant::now()))
    }

    /// Waits before the next try, at least as long as the model `asked` for.
    ///
    /// Returns false, without waiting, when no time would be left afterwards.
    pub(crate) async fn pause(&mut self, asked: Option<Duration>) -> bool {
        let pause = self.patience.pause * 2_u32.pow(self.pauses.min(DOUBLINGS));
        // Conversations that failed together do not come back together.
        let pause = pause.mul_f64(0.75 + fastrand::f64() / 2.0);
        let pause = pause.max(asked.unwrap_or_default());
        if Instant::now() + pause >= self.until {
            return false;
        }
        self.pauses += 1;
        tokio::time::sleep(pause).await;
        true
    }
}
