//! The queue in the memory of this process.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use telemetry::{Alarm, raise};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::{WakeUp, rest};

/// How long SQS remembers a deduplication id.
const REMEMBERED: Duration = Duration::from_mins(5);

/// How many attempts a wake-up has before it is dropped with an alarm.
const ATTEMPTS: u32 = 3;

#[derive(Default)]
pub(crate) struct InProcess {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The waiting wake-ups, by conversation. The first of each is handed out and stays until it is
    /// settled, so none is empty.
    waiting: HashMap<String, VecDeque<Waiting>>,
    /// The conversations whose first wake-up can be handed out, longest first.
    ready: VecDeque<String>,
    /// The conversations whose first wake-up failed, and when it is ready again, soonest first.
    resting: VecDeque<(Instant, String)>,
    /// The deduplication ids of the last five minutes.
    known: HashSet<Arc<str>>,
    /// When each of them came, oldest first.
    arrivals: VecDeque<(Instant, Arc<str>)>,
}

struct Waiting {
    wake_up: WakeUp,
    failures: u32,
}

impl InProcess {
    pub(crate) fn send(&self, wake_up: &WakeUp, deduplication: &str) {
        let mut state = self.state();
        if !state.is_new(deduplication) {
            return;
        }
        let conversation = &wake_up.conversation;
        let waiting = state.waiting.entry(conversation.clone()).or_default();
        waiting.push_back(Waiting { wake_up: wake_up.clone(), failures: 0 });
        if waiting.len() == 1 {
            state.ready.push_back(conversation.clone());
            self.changed.notify_waiters();
        }
    }

    pub(crate) async fn receive(self: &Arc<Self>) -> (WakeUp, Ticket) {
        loop {
            // Created before looking, so that no change is missed between looking and waiting.
            let changed = self.changed.notified();
            let rested = {
                let mut state = self.state();
                if let Some(wake_up) = state.take() {
                    let conversation = wake_up.conversation.clone();
                    return (wake_up, Ticket { queue: self.clone(), conversation, done: false });
                }
                state.resting.front().map(|(at, _)| *at)
            };
            match rested {
                None => changed.await,
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(at) => {}
                },
            }
        }
    }

    fn settle(&self, conversation: &str, done: bool) {
        let mut state = self.state();
        let Some(waiting) = state.waiting.get_mut(conversation) else { return };
        let Some(first) = waiting.front_mut() else { return };
        first.failures += u32::from(!done);
        let again = !done && first.failures < ATTEMPTS;
        if !done && !again {
            raise!(
                Alarm::DeadLetters,
                trace.id = %first.wake_up.trace,
                "a wake-up failed {ATTEMPTS} times and was dropped"
            );
        }
        if again {
            let at = Instant::now() + rest();
            let place = state.resting.partition_point(|(other, _)| *other <= at);
            state.resting.insert(place, (at, conversation.to_owned()));
        } else {
            waiting.pop_front();
            if waiting.is_empty() {
                state.waiting.remove(conversation);
                return;
            }
            state.ready.push_back(conversation.to_owned());
        }
        self.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the state")
    }
}

impl State {
    /// Whether the id was not seen within five minutes. Records it.
    fn is_new(&mut self, deduplication: &str) -> bool {
        let now = Instant::now();
        while let Some((_, id)) = self.arrivals.pop_front_if(|(at, _)| *at + REMEMBERED <= now) {
            self.known.remove(&id);
        }
        let id: Arc<str> = deduplication.into();
        let new = self.known.insert(id.clone());
        if new {
            self.arrivals.push_back((now, id));
        }
        new
    }

    /// The wake-up that has been ready for longest.
    fn take(&mut self) -> Option<WakeUp> {
        let now = Instant::now();
        while let Some((_, conversation)) = self.resting.pop_front_if(|(at, _)| *at <= now) {
            self.ready.push_back(conversation);
        }
        let conversation = self.ready.pop_front()?;
        Some(self.waiting.get(&conversation)?.front()?.wake_up.clone())
    }
}

/// The right to settle the first wake-up of a conversation. If dropped, the wake-up counts as
/// failed.
pub(crate) struct Ticket {
    queue: Arc<InProcess>,
    conversation: String,
    done: bool,
}

impl Ticket {
    pub(crate) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.queue.settle(&self.conversation, self.done);
    }
}
