//! Wrong attempts: an address that makes many has to wait, and the operator hears of many in total.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use telemetry::{Alarm, raise};

/// How many wrong attempts of one address are answered immediately. A person who mistypes makes fewer.
const BURST: u32 = 5;

/// How long each further answer is delayed. Not longer, since it may be an owner with the wrong
/// password.
const WAIT: Duration = Duration::from_secs(1);

/// How many wrong attempts from all addresses together alert the operator.
const MANY: u32 = 100;

/// The period in which wrong attempts are counted together.
const COUNTED: Duration = Duration::from_secs(600);

/// How many addresses are distinguished. All further ones wait.
const ADDRESSES: usize = 10_000;

/// The wrong attempts of the last minutes.
#[derive(Default)]
pub(crate) struct Tries(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    since: Option<Instant>,
    in_all: u32,
    by_address: HashMap<IpAddr, u32>,
}

impl Tries {
    /// Counts a wrong attempt, and returns how long its answer is delayed.
    pub(crate) fn wrong(&self, address: IpAddr, now: Instant) -> Duration {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.since.is_none_or(|since| now.duration_since(since) >= COUNTED) {
            *counted = Counted { since: Some(now), ..Counted::default() };
        }
        counted.in_all += 1;
        if counted.in_all == MANY {
            raise!(
                Alarm::Guesses,
                "somebody is guessing the console's password: {MANY} wrong attempts within {} minutes",
                COUNTED.as_secs() / 60
            );
        }
        let room = counted.by_address.len() < ADDRESSES;
        match counted.by_address.get_mut(&address) {
            Some(tries) => {
                *tries = tries.saturating_add(1);
                if *tries > BURST { WAIT } else { Duration::ZERO }
            }
            None if room => {
                counted.by_address.insert(address, 1);
                Duration::ZERO
            }
            None => WAIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(0x0a00_0000 + last).into()
    }

    #[test]
    fn only_an_address_that_guesses_has_to_wait() {
        let (tries, now) = (Tries::default(), Instant::now());
        let waits = |last| tries.wrong(address(last), now) > Duration::ZERO;
        assert_eq!(
            (0..8).map(|_| waits(1)).collect::<Vec<_>>(),
            [false, false, false, false, false, true, true, true]
        );
        assert!(!waits(2));
        assert_eq!(tries.wrong(address(1), now + COUNTED), Duration::ZERO);
    }

    #[test]
    fn addresses_beyond_the_limit_all_have_to_wait() {
        let (tries, now) = (Tries::default(), Instant::now());
        let most = u32::try_from(ADDRESSES).unwrap();
        assert!((0..most).all(|last| tries.wrong(address(last), now).is_zero()));
        assert_eq!(tries.wrong(address(most), now), WAIT);
        assert_eq!(tries.wrong(address(0), now), Duration::ZERO);
    }
}
