//! Which connections are open, and which is closed if there is no more room.
//!
//! A stranger can open connections faster than any timeout ends them, and leave bodies unfinished that
//! each take memory. So both are limited, and at the limit the connection that has kept us waiting
//! longest is closed: a genuine caller sends everything within a moment. A connection that waits for us
//! is never closed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::turned_away::{Reason, TurnedAway};

/// The most connections, and half of the available descriptors: the other half is for our own requests,
/// the store and the log.
const MOST: usize = 1024;

/// How many bytes of unfinished bodies are held in total: 8 KiB for each connection, or thirty-two of the
/// largest that webhooks accept. A process grows by several times this in a flood, because a closed
/// connection frees its memory a moment later, and the allocator keeps what was freed for a while.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The connections of a port.
pub(crate) struct Crowd {
    room: usize,
    bytes: usize,
    inside: Mutex<Inside>,
    pub(crate) turned_away: TurnedAway,
}

#[derive(Default)]
struct Inside {
    seats: BTreeMap<u64, Seated>,
    bytes: usize,
    /// Counts events: later is larger.
    clock: u64,
}

struct Seated {
    /// Whose share it counts towards; the shares of this machine and of trusted proxies are unlimited.
    of: Option<IpAddr>,
    awaits: Awaits,
    since: u64,
    bytes: usize,
    leave: Arc<Notify>,
}

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaits {
    /// A call, the first or another.
    Call,
    /// The rest of a body.
    Body,
    /// Our answer.
    Answer,
    /// An answer that is held back, for which nobody else may be turned away.
    HeldBack,
}

/// An accepted connection, until it is dropped.
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    id: u64,
    /// Notified when somebody else needs the room.
    pub(crate) leave: Arc<Notify>,
}

impl Crowd {
    /// As large as the process can handle.
    pub(crate) fn new() -> Arc<Self> {
        Self::of(descriptors().map_or(MOST, |limit| MOST.min(limit / 2)), MOST_BYTES)
    }

    fn of(room: usize, bytes: usize) -> Arc<Self> {
        let (inside, turned_away) = Default::default();
        Arc::new(Self { room, bytes, inside, turned_away })
    }

    /// Accepts a connection, unless all others are waiting for us. `of` is whose share it counts
    /// towards: nobody gets more than half of the room, so that one stranger leaves enough for all
    /// others, and a provider that calls from one address has hundreds.
    pub(crate) fn enter(self: &Arc<Self>, of: Option<IpAddr>) -> Option<Seat> {
        let mut inside = self.inside();
        let share = inside.seats.values().filter(|seated| of.is_some() && seated.of == of).count();
        if share >= self.room / 2 {
            let own = |seated: &Seated| seated.of == of;
            self.make_room(&mut inside, Reason::Share, own)?;
        } else if inside.seats.len() >= self.room {
            self.make_room(&mut inside, Reason::Room, |_| true)?;
        }
        let (id, leave) = (inside.tick(), Arc::new(Notify::new()));
        let seated =
            Seated { of, awaits: Awaits::Call, since: id, bytes: 0, leave: Arc::clone(&leave) };
        inside.seats.insert(id, seated);
        Some(Seat { crowd: Arc::clone(self), id, leave })
    }

    /// Closes one because the process has run out of descriptors.
    pub(crate) fn shrink(&self) {
        self.make_room(&mut self.inside(), Reason::Descriptors, |_| true);
    }

    /// Closes the connection that has kept us waiting longest, among those of whoever has the most.
    /// Returns `None` if nobody keeps us waiting.
    fn make_room(
        &self,
        inside: &mut Inside,
        reason: Reason,
        among: impl Fn(&Seated) -> bool,
    ) -> Option<()> {
        self.turned_away.note(reason);
        let mut shares: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for of in inside.seats.values().filter_map(|seated| seated.of) {
            *shares.entry(of).or_default() += 1;
        }
        let waiting = inside.seats.iter().filter(|(_, seated)| seated.awaits != Awaits::Answer);
        let share = |seated: &Seated| seated.of.map_or(1, |of| shares[&of]);
        let (&id, _) = waiting
            .filter(|(_, seated)| among(seated))
            .max_by_key(|(_, seated)| (share(seated), Reverse(seated.since)))?;
        inside.send_away(id);
        Some(())
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn send_away(&mut self, id: u64) {
        if let Some(seated) = self.seats.remove(&id) {
            self.bytes -= seated.bytes;
            seated.leave.notify_one();
        }
    }
}

impl Seat {
    /// Records what the connection waits for from now on. False if it has to close.
    pub(crate) fn awaits(&self, awaits: Awaits) -> bool {
        let mut inside = self.crowd.inside();
        let now = inside.tick();
        let Some(seated) = inside.seats.get_mut(&self.id) else { return false };
        (seated.awaits, seated.since) = (awaits, now);
        if awaits == Awaits::Call {
            let bytes = std::mem::take(&mut seated.bytes);
            inside.bytes -= bytes;
        }
        true
    }

    /// Holds this many more bytes of a body, for which others may have to be closed. False if this one
    /// has to be closed itself.
    pub(crate) fn holds(&self, bytes: usize) -> bool {
        let mut inside = self.crowd.inside();
        let Some(seated) = inside.seats.get_mut(&self.id) else { return false };
        seated.bytes += bytes;
        inside.bytes += bytes;
        while inside.bytes > self.crowd.bytes {
            let unfinished = |seated: &Seated| seated.awaits == Awaits::Body && seated.bytes > 0;
            if self.crowd.make_room(&mut inside, Reason::Bytes, unfinished).is_none() {
                break;
            }
        }
        inside.seats.contains_key(&self.id)
    }

    /// Counts a call that was turned away.
    pub(crate) fn note(&self, reason: Reason) {
        self.crowd.turned_away.note(reason);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.inside().send_away(self.id);
    }
}

/// How many descriptors the process may open.
fn descriptors() -> Option<usize> {
    #[cfg(unix)]
    return usize::try_from(rustix::process::getrlimit(rustix::process::Resource::Nofile).current?)
        .ok();
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Connections by the last number of their address, 0 for this machine.
    fn enter(crowd: &Arc<Crowd>, of: u8) -> Option<Seat> {
        crowd.enter((of > 0).then(|| [192, 0, 2, of].into()))
    }

    fn inside(seats: &[&Seat]) -> Vec<bool> {
        seats.iter().map(|seat| seat.crowd.inside().seats.contains_key(&seat.id)).collect()
    }

    #[test]
    fn closes_the_longest_silent_first_and_nobody_who_waits_for_us() {
        let crowd = Crowd::of(3, 100);
        let [first, second, third] = [0; 3].map(|of| enter(&crowd, of).unwrap());
        assert!(first.awaits(Awaits::Answer) && second.awaits(Awaits::Body));
        let fourth = enter(&crowd, 0).unwrap();
        assert_eq!(inside(&[&first, &second, &third, &fourth]), [true, true, false, true]);
        assert!(!third.awaits(Awaits::Answer), "it says something after it was sent away");
        for seat in [&second, &fourth] {
            seat.awaits(Awaits::Answer);
        }
        assert!(enter(&crowd, 0).is_none());
        first.awaits(Awaits::HeldBack);
        let fifth = enter(&crowd, 0).unwrap();
        assert_eq!(inside(&[&first, &fifth]), [false, true]);
        fifth.awaits(Awaits::Answer);
        drop(second);
        assert!(enter(&crowd, 0).is_some());
    }

    #[test]
    fn a_stranger_with_many_connections_loses_some_to_others() {
        let crowd = Crowd::of(8, 100);
        let provider = enter(&crowd, 1).unwrap();
        let stranger: Vec<_> = (0..6).map(|_| enter(&crowd, 2).unwrap()).collect();
        // No more than half of the room.
        assert_eq!(
            inside(&stranger.iter().collect::<Vec<_>>()),
            [false, false, true, true, true, true]
        );
        for waits in [Awaits::Answer, Awaits::Call] {
            stranger[2..].iter().for_each(|seat| assert!(seat.awaits(waits)));
            let more = enter(&crowd, 2).is_some();
            assert_eq!((more, inside(&[&provider])), (waits == Awaits::Call, vec![true]));
        }
        let here: Vec<_> = (0..5).map(|_| enter(&crowd, 0).unwrap()).collect();
        assert_eq!(inside(&[&provider, &stranger[5], &here[0]]), [true, true, true]);
        assert_eq!(inside(&[&stranger[3], &stranger[4]]), [false, true]);
    }

    #[test]
    fn unfinished_bodies_make_room_for_one_that_continues() {
        let crowd = Crowd::of(8, 100);
        let [first, second, third] = [1, 2, 3].map(|of| enter(&crowd, of).unwrap());
        for seat in [&first, &second, &third] {
            assert!(seat.awaits(Awaits::Body));
        }
        assert!(first.holds(40) && second.holds(40) && third.holds(40));
        assert_eq!(inside(&[&first, &second, &third]), [false, true, true]);
        // An answered body no longer counts.
        second.awaits(Awaits::Answer);
        second.awaits(Awaits::Call);
        assert!(third.holds(60) && inside(&[&second])[0]);
        assert!(!third.holds(1), "it alone is more than there is room for");
    }
}
