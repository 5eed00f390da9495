//! Timeouts for the model.

use std::time::Duration;

use settings::{Names, Settings, SettingsError};
use tokio::time::Instant;

/// How often a pause doubles before it stays constant.
const DOUBLINGS: u32 = 2;

/// How many attempts one turn makes after a failure: for new texts, so that nobody notices ten seconds
/// of an outage, and for texts that have failed before. With the eight tries of a text these are at
/// most twenty requests.
const AGAIN: (u32, u32) = (5, 1);

/// Timeouts for the model, and the pauses between attempts.
///
/// After a failure or an unusable answer, the model is asked again after a pause that doubles twice and
/// is jittered upwards by a quarter, for as long as the turn lasts. With the defaults, the person does
/// not notice that a model was down for ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For one request. Default 45 seconds: a model that has to be loaded from disk takes half a
    /// minute, and starts over when the caller has gone.
    pub request: Duration,
    /// For all requests of one turn, including pauses. Default 75 seconds: together with sending it has
    /// to end within the two minutes of a function.
    pub turn: Duration,
    /// The minimum pause before the second attempt. Default one second.
    pub pause: Duration,
    /// After how long a silence the person is told that they have to wait. Default 20 seconds.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(45),
            turn: Duration::from_secs(75),
            pause: Duration::from_secs(1),
            silence: Duration::from_secs(20),
        }
    }
}

/// How many seconds a setting may allow. A request with a shorter timeout never waits for a model to
/// load; a longer turn leaves no time to send, and a function has two minutes for both.
const SECONDS: std::ops::RangeInclusive<u64> = 5..=90;

impl Timeouts {
    /// What [`Timeouts::from_settings`] reads.
    pub const SETTINGS: Names = &["OPENAI_REQUEST_SECONDS", "OPENAI_TURN_SECONDS"];

    /// The timeouts of `OPENAI_REQUEST_SECONDS` and `OPENAI_TURN_SECONDS`, or the defaults. No request
    /// has more than its turn.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let seconds = |name, default: Duration| {
            let Some(value) = settings.get(name) else { return Ok(default) };
            let seconds = value.trim().parse().ok().filter(|seconds| SECONDS.contains(seconds));
            seconds.map(Duration::from_secs).ok_or_else(|| SettingsError::Invalid {
                name,
                problem: format!(
                    "write a number of seconds from {} to {}, such as {}",
                    SECONDS.start(),
                    SECONDS.end(),
                    default.as_secs()
                ),
            })
        };
        let default = Self::default();
        let turn = seconds("OPENAI_TURN_SECONDS", default.turn)?;
        let request = seconds("OPENAI_REQUEST_SECONDS", default.request)?.min(turn);
        Ok(Self { request, turn, ..default })
    }
}

/// The time and attempts left in one turn.
pub(crate) struct Left {
    timeouts: Timeouts,
    /// The deadline of the turn.
    pub(crate) until: Instant,
    /// How many attempts remain after failures, and after refusals.
    again: u32,
    refusals: u32,
    pauses: u32,
}

impl Left {
    /// The full allowance for texts that have failed this often before, and that may be refused this
    /// often.
    pub(crate) fn new(timeouts: Timeouts, tries: u32, refusals: u32) -> Self {
        let (first, later) = AGAIN;
        Self {
            timeouts,
            until: Instant::now() + timeouts.turn,
            again: if tries == 0 { first } else { later },
            refusals: refusals.saturating_sub(1),
            pauses: 0,
        }
    }

    /// The timeout of the next request.
    pub(crate) fn request(&self) -> Duration {
        self.timeouts.request.min(self.until.saturating_duration_since(Instant::now()))
    }

    /// Waits before the next attempt, at least as long as the model `asked` for.
    ///
    /// Returns false, without waiting, if no attempt is left, or no time would be left afterwards.
    pub(crate) async fn pause(&mut self, asked: Option<Duration>) -> bool {
        let pause = self.timeouts.pause * 2_u32.pow(self.pauses.min(DOUBLINGS));
        // Conversations that failed together should not retry together.
        let pause = pause.mul_f64(1.0 + fastrand::f64() / 4.0);
        // Nor those that were all asked to wait equally long.
        let asked = asked.unwrap_or_default().mul_f64(1.0 + fastrand::f64() / 10.0);
        let pause = pause.max(asked);
        if self.again == 0 || Instant::now() + pause >= self.until {
            return false;
        }
        self.again -= 1;
        self.pauses += 1;
        tokio::time::sleep(pause).await;
        true
    }

    /// The same after a refusal, which says nothing about the server's health: the next form is tried
    /// as soon as possible.
    pub(crate) async fn pause_refused(&mut self) -> bool {
        let pause = self.timeouts.pause.mul_f64(1.0 + fastrand::f64() / 10.0);
        if self.refusals == 0 || self.again == 0 || Instant::now() + pause >= self.until {
            return false;
        }
        self.refusals -= 1;
        self.again -= 1;
        tokio::time::sleep(pause).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(timeouts: Timeouts) -> Left {
        Left::new(timeouts, 0, 4)
    }

    async fn tries(timeouts: Timeouts) -> Vec<Duration> {
        let began = Instant::now();
        let mut left = first(timeouts);
        let mut tries = vec![Duration::ZERO];
        while left.pause(None).await {
            tries.push(began.elapsed());
        }
        tries
    }

    #[tokio::test(start_paused = true)]
    async fn rides_out_ten_seconds_without_hammering() {
        let tries = tries(Timeouts::default()).await;
        let back = tries.iter().find(|at| at.as_secs() >= 10).unwrap();
        assert!(back.as_secs() < 15, "answered {back:?} after it went down");
        assert!(tries.len() <= 6, "asked {} times", tries.len());
        assert!(tries.last().unwrap().as_secs() < 75);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_it_is_asked_to_if_it_can() {
        let began = Instant::now();
        let mut left = first(Timeouts::default());
        assert!(left.pause(Some(Duration::from_secs(7))).await);
        assert_eq!(began.elapsed().as_secs(), 7);
        assert!(!left.pause(Some(Duration::from_secs(80))).await);
        assert_eq!(began.elapsed().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn leaves_no_request_more_time_than_the_turn_has() {
        let mut left = first(Timeouts::default());
        assert_eq!(left.request(), Duration::from_secs(45));
        assert!(left.pause(Some(Duration::from_secs(60))).await);
        assert!(left.request() <= Duration::from_secs(15));
    }
}
