//! Pauses before something is tried again. Each is a random part of the stated pause, at least half of
//! it, so that what failed together is not tried again together.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The pause after a try, if so many before it failed: the first pause doubles with each, up to the
/// longest.
pub(crate) fn after(tries: u32, (first, longest): (Duration, Duration)) -> Duration {
    let mut pauses = ExponentialBuilder::new()
        .with_min_delay(first / 2)
        .with_max_delay(longest / 2)
        .without_max_times()
        .with_jitter()
        .build();
    pauses.nth(tries as usize).expect("they do not end")
}

/// The pause after a try, however many there were before it.
pub(crate) fn spread(pause: Duration) -> Duration {
    after(0, (pause, pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_up_to_the_longest_and_is_half_of_it_at_least() {
        let (first, longest) = (Duration::from_secs(15), Duration::from_mins(5));
        for (tries, most) in [(0, 15), (1, 30), (2, 60), (4, 240), (5, 300), (100, 300)] {
            let most = Duration::from_secs(most);
            for pause in std::iter::repeat_with(|| after(tries, (first, longest))).take(100) {
                assert!(most / 2 <= pause && pause <= most, "{pause:?} after {tries}");
            }
        }
        assert_ne!(spread(first), spread(first));
    }
}
