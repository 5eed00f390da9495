//! Simulated traffic, for measuring how soon a loss is detected and how often a healthy route is
//! suspected. Seeded, with only its own clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use evidence::{Health, Record, Route, Sample, Signal, State, choose};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

/// The behaviour of a route, and of its people.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Texts per hour, at random times.
    pub an_hour: f64,
    /// Whether the carriers confirm arrivals.
    pub receipts: bool,
    /// The share of people who answer a text that has arrived.
    pub answers: f64,
    /// The share who send something that looks like an answer to a lost text.
    pub false_answers: f64,
    /// The share of confirmations that never come.
    pub missing: f64,
    /// The share of texts that are lost.
    pub loss: f64,
}

/// The share of people who answer, if anybody does.
pub const ANSWERS: f64 = 0.7;
/// Their delay in seconds.
const ANSWER_MEDIAN: f64 = 60.0;
/// Half of all answers come within a minute, one in ten takes over seven minutes.
const ANSWER_SPREAD: f64 = 1.5;

/// The share of people with a lost text who send something that looks like an answer, after excluding
/// everything recognisable as none.
pub const FALSE_ANSWERS: f64 = 0.03;

/// Nothing is wrong, and there are signals of every kind.
pub const HEALTHY: Traffic = Traffic {
    an_hour: 10.0,
    receipts: true,
    answers: ANSWERS,
    false_answers: 0.0,
    missing: 0.03,
    loss: 0.0,
};

/// Receipts: half within four seconds, one in 28 takes over a minute, one in 1,000 over seven.
const RECEIPT_MEDIAN: f64 = 4.0;
const RECEIPT_SPREAD: f64 = 1.5;
/// The share of receipts that come twice.
const DOUBLED: f64 = 0.1;

/// When signals are noted: once a minute, and for a text without signals once it is a minute old.
const SWEEP: f64 = 60.0;

/// Routes with texts under way.
pub struct World {
    random: Rng,
    now: Timestamp,
    records: Vec<Record>,
    health: Health,
    coming: BinaryHeap<Reverse<Coming>>,
    texts: u64,
}

/// The time, a tie-breaker, the route, and the signal: without one, the route is judged.
type Coming = (Timestamp, u64, usize, Option<Heard>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Heard {
    attempt: String,
    at: Timestamp,
    signal: Signal,
}

impl World {
    /// Routes on which nothing was sent yet.
    pub fn new(seed: u64, routes: &[Route]) -> Self {
        let now = Timestamp::from_second(1_772_442_000).expect("a Monday in 2026");
        let records = routes.iter().cloned().map(Record::new).collect();
        let (health, coming) = (Health::default(), BinaryHeap::new());
        Self { random: Rng::with_seed(seed), now, records, health, coming, texts: 0 }
    }

    /// Lets time pass until the next text, and picks its route among these.
    pub fn next(&mut self, an_hour: f64, candidates: &[usize]) -> (usize, bool) {
        let wait = -self.random.f64().max(1e-12).ln() / an_hour * 3600.0;
        self.pass(self.now + seconds(wait));
        let routes: Vec<_> = candidates.iter().map(|it| self.records[*it].route.clone()).collect();
        let choice = choose(&routes, None, &self.health, self.now);
        let choice = choice.expect("there is always a candidate");
        (candidates[choice.index], choice.probe)
    }

    /// Sends a text on a route with this behaviour.
    pub fn send(&mut self, route: usize, traffic: Traffic) {
        self.texts += 1;
        let (attempt, at) = (format!("text-{}", self.texts), self.now);
        let lost = self.random.f64() < traffic.loss;
        let hear = |world: &mut Self, after: f64, signal: Signal| {
            let noted = at + seconds(after + world.random.f64() * SWEEP);
            let heard = Heard { attempt: attempt.clone(), at, signal };
            let number = world.random.u64(..);
            world.coming.push(Reverse((noted, number, route, Some(heard))));
        };
        if traffic.receipts && !lost && self.random.f64() >= traffic.missing {
            let after = self.log_normal(RECEIPT_MEDIAN, RECEIPT_SPREAD);
            hear(self, after, Signal::Delivered);
            if self.random.f64() < DOUBLED {
                hear(self, after + 30.0, Signal::Delivered);
            }
        }
        if self.random.f64() < if lost { traffic.false_answers } else { traffic.answers } {
            let after = self.log_normal(ANSWER_MEDIAN, ANSWER_SPREAD);
            hear(self, after, Signal::Answered);
        }
        // A text on a route not known to work is noted immediately.
        if self.health.state(&self.records[route].route) == State::Healthy {
            hear(self, SWEEP, Signal::Waiting);
        } else {
            self.note(route, Heard { attempt, at, signal: Signal::Waiting });
        }
    }

    /// Notes and judges everything that is due by then.
    pub fn pass(&mut self, until: Timestamp) {
        while let Some(Reverse((at, ..))) = self.coming.peek() {
            if *at > until {
                break;
            }
            let Some(Reverse((at, _, route, heard))) = self.coming.pop() else { break };
            self.now = at;
            match heard {
                Some(heard) => self.note(route, heard),
                None => self.judge(route),
            }
        }
        self.now = until;
    }

    /// The verdict on a route now.
    pub fn state(&self, route: usize) -> State {
        self.health.state(&self.records[route].route)
    }

    fn note(&mut self, route: usize, heard: Heard) {
        let Heard { attempt, at, signal } = heard;
        self.records[route].note(Sample { attempt, at, heard: self.now, signal });
        self.judge(route);
    }

    fn judge(&mut self, route: usize) {
        let record = &self.records[route];
        let siblings: Vec<_> = self
            .records
            .iter()
            .filter(|it| it.route != record.route && it.route.provider == record.route.provider)
            .map(|it| (it.route.clone(), it.standing(self.now)))
            .collect();
        let verdict = record.judge(&siblings, self.now);
        self.health.verdicts.insert(record.route.id(), verdict);
        if let Some(look) = record.next_look(self.now) {
            // A sweep runs once a minute.
            let look = look.max(self.now + seconds(SWEEP));
            let waits = self.coming.iter().any(|Reverse((at, _, its, heard))| {
                heard.is_none() && *its == route && *at <= look
            });
            if !waits {
                self.coming.push(Reverse((look, 0, route, None)));
            }
        }
    }

    fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        // The Box-Muller transform to a normal distribution.
        let radius = (-2.0 * self.random.f64().max(1e-12).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.random.f64()).cos();
        median * (spread * normal).exp()
    }
}

/// How many texts and minutes it took until a route was suspect.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The number of texts.
    pub texts: u32,
    /// The time since the first of them.
    pub minutes: f64,
}

/// Sends `before` texts on a route that works, then loses this share of them until it is suspect.
/// `None`: that took more than `most` texts.
pub fn detect(seed: u64, before: u32, after: Traffic, most: u32) -> Option<Found> {
    let route = Route::new("messagecentral", "TXTBCK", "1");
    let mut world = World::new(seed, &[route]);
    let healthy = Traffic { loss: 0.0, ..after };
    for _ in 0..before {
        world.next(after.an_hour, &[0]);
        world.send(0, healthy);
    }
    if before > 0 {
        // Let the last signals come in, without any more texts.
        world.pass(world.now + seconds(1800.0));
    }
    let mut first = None;
    for texts in 0..most {
        let wait = -world.random.f64().max(1e-12).ln() / after.an_hour * 3600.0;
        let next = world.now + seconds(wait);
        while world.now < next {
            world.pass((world.now + seconds(10.0)).min(next).max(skip(&world, next)));
            if world.state(0) >= State::Suspect
                && let Some(first) = first
            {
                let minutes = world.now.duration_since(first).as_secs_f64() / 60.0;
                return Some(Found { texts, minutes });
            }
        }
        first.get_or_insert(world.now);
        world.send(0, after);
    }
    None
}

/// The next moment at which something happens, no later than `next`.
fn skip(world: &World, next: Timestamp) -> Timestamp {
    world.coming.peek().map_or(next, |Reverse((at, ..))| (*at).min(next))
}

/// How often a healthy route was suspected over this many texts, starting from nothing.
pub fn false_alarms(seed: u64, texts: u32, traffic: Traffic) -> u32 {
    let route = Route::new("twilio", "+12025550100", "1");
    let mut world = World::new(seed, &[route]);
    let mut alarms = 0;
    let mut before = State::Unproven;
    let mut proven = false;
    for _ in 0..texts {
        world.next(traffic.an_hour, &[0]);
        let state = world.state(0);
        proven |= state == State::Healthy;
        alarms += u32::from(proven && state >= State::Suspect && before < State::Suspect);
        before = state;
        world.send(0, traffic);
    }
    alarms
}

/// Sends healthy texts on the first of two working providers: nine in ten to a country with receipts,
/// of which this share is missing, the others to one without. Returns how many alarms there were,
/// starting from nothing, and how many texts took the second provider.
pub fn two_countries(seed: u64, texts: u32, an_hour: f64, missing: f64) -> (u32, u32) {
    let route = |provider, country| Route::new(provider, "+12025550100", country);
    let routes =
        [route("twilio", "1"), route("twilio", "44"), route("plivo", "1"), route("plivo", "44")];
    let mut world = World::new(seed, &routes);
    let (mut alarms, mut switched) = (0, 0);
    let mut before = [State::Unproven; 4];
    for number in 0..texts {
        let abroad = number % 10 == 9;
        let candidates = if abroad { [1, 3] } else { [0, 2] };
        let (route, _) = world.next(an_hour, &candidates);
        for (index, before) in before.iter_mut().enumerate() {
            let state = world.state(index);
            alarms += u32::from(state >= State::Suspect && *before < State::Suspect);
            *before = state;
        }
        switched += u32::from(route >= 2);
        world.send(route, Traffic { receipts: !abroad, missing, ..HEALTHY });
    }
    (alarms, switched)
}

/// The results of a first provider that loses everything, beside a second that works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// How many texts were lost before it was suspect.
    pub lost: u32,
    /// How many later texts were probes, until it worked again.
    pub probes: u32,
    /// How many hours after its repair it was healthy again.
    pub back_after: Option<f64>,
}

/// Sends texts to a country by two providers: `before` of them while both work, then for this many
/// hours while the first loses everything, then for a day while both work again.
pub fn outage(seed: u64, an_hour: f64, before: u32, hours: f64) -> Outage {
    let route = |provider| Route::new(provider, "+12025550100", "1");
    let mut world = World::new(seed, &[route("messagecentral"), route("twilio")]);
    for _ in 0..before {
        let (route, _) = world.next(an_hour, &[0, 1]);
        world.send(route, HEALTHY);
    }
    let mended = world.now + seconds(hours * 3600.0);
    let mut outage = Outage { lost: 0, probes: 0, back_after: None };
    while world.now < mended + seconds(24.0 * 3600.0) {
        let (route, probe) = world.next(an_hour, &[0, 1]);
        let since = world.now.duration_since(mended).as_secs_f64() / 3600.0;
        if since > 0.0 && world.state(0) == State::Healthy {
            return Outage { back_after: Some(since), ..outage };
        }
        let dead = route == 0 && since <= 0.0;
        outage.lost += u32::from(dead && !probe);
        outage.probes += u32::from(route == 0 && probe);
        world.send(route, Traffic { loss: if dead { 1.0 } else { 0.0 }, ..HEALTHY });
    }
    outage
}

fn seconds(seconds: f64) -> SignedDuration {
    SignedDuration::from_secs_f64(seconds.min(1e9))
}
