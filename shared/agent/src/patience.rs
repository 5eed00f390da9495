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
        // Nor those that were all asked for the same.
        let asked = asked.unwrap_or_default().mul_f64(1.0 + fastrand::f64() / 10.0);
        let pause = pause.max(asked);
        if Instant::now() + pause >= self.until {
            return false;
        }
        self.pauses += 1;
        tokio::time::sleep(pause).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tries(patience: Patience) -> Vec<Duration> {
        let began = Instant::now();
        let mut left = Left::new(patience);
        let mut tries = vec![Duration::ZERO];
        while left.pause(None).await {
            tries.push(began.elapsed());
        }
        tries
    }

    #[tokio::test(start_paused = true)]
    async fn rides_out_ten_seconds_without_hammering() {
        let tries = tries(Patience::default()).await;
        let back = tries.iter().find(|at| at.as_secs() >= 10).unwrap();
        assert!(back.as_secs() < 15, "answered {back:?} after it went down");
        assert!(tries.len() <= 16, "asked {} times", tries.len());
        assert!(tries.last().unwrap().as_secs() < 40);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_it_is_asked_to_if_it_can() {
        let began = Instant::now();
        let mut left = Left::new(Patience::default());
        assert!(left.pause(Some(Duration::from_secs(7))).await);
        assert_eq!(began.elapsed().as_secs(), 7);
        assert!(!left.pause(Some(Duration::from_secs(60))).await);
        assert_eq!(began.elapsed().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn leaves_no_request_more_time_than_the_turn_has() {
        let mut left = Left::new(Patience::default());
        assert_eq!(left.request(), Duration::from_secs(20));
        assert!(left.pause(Some(Duration::from_secs(35))).await);
        assert!(left.request() <= Duration::from_secs(5));
    }
}
