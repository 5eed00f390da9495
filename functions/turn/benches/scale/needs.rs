//! What a rate of texts needs, which limits it meets first, and what it costs.

use crate::Load;

/// How long a function takes for a call: the model answers within 3 s, a provider takes a text
/// within 0.4 s, and Firestore answers a request within 0.04 s.
const INBOUND: f64 = 0.08;
const TURN: f64 = 3.0 + 0.4 + 6.0 * 0.04;
const RECEIPT: f64 = 0.12;
const SWEEP: f64 = 40.0;

/// The number of receipts for a reply.
pub(crate) const RECEIPTS: f64 = 2.0;

/// How long Firestore takes for a page of 200 of the sweep, which are read one after another; and
/// the processor time for one of the 200, in seconds of a whole processor.
const PAGE: f64 = 0.08;
const LOOK: f64 = 0.000_15;

/// The share of a processor that comes with 256 MB: 1,769 MB make a whole one ("Configure Lambda
/// function memory" in AWS's documentation).
const SHARE: f64 = 256.0 / 1769.0;

/// The collections with an index on a time that increases with each write.
const IN_ORDER: [&str; 3] = ["attempts", "heads", "receipts"];

/// Firestore's prices for 100,000 documents read, written and deleted, in US dollars (us-central1,
/// "Firestore pricing"); AWS's for a GB-second of Lambda on arm64, a million calls of it, a million
/// requests to a FIFO queue, and a million calls of an HTTP API (us-east-1, "AWS Lambda pricing",
/// "Amazon SQS pricing", "Amazon API Gateway pricing"): November 2026.
const FIRESTORE: [f64; 3] = [0.03, 0.09, 0.01];
const GB_SECOND: f64 = 0.000_013_333_4;
const CALLS: f64 = 0.20;
const QUEUE: f64 = 0.50;
const API: f64 = 1.00;

/// A limit, and how it is lifted.
pub(crate) struct Limit {
    name: &'static str,
    need: f64,
    bound: f64,
    lift: &'static str,
}

pub(crate) struct Needs {
    rate: f64,
    pub(crate) reads: f64,
    pub(crate) writes: f64,
    pub(crate) deletes: f64,
    pub(crate) commits: f64,
    pub(crate) in_order: (String, f64),
    hottest: f64,
    pub(crate) messages: f64,
    turns: f64,
    pub(crate) at_once: f64,
    pub(crate) looks: f64,
    pub(crate) capacity: f64,
}

impl Needs {
    pub(crate) fn of(load: &Load) -> Self {
        let Load { rate, texts, seen, wake_ups, hottest } = load;
        let each = |count: f64| count / texts * rate;
        let in_order = seen.written.iter().filter(|(name, _)| IN_ORDER.contains(&name.as_str()));
        let in_order = in_order.map(|(name, count)| (name.clone(), each(*count)));
        let in_order = in_order.max_by(|(_, one), (_, other)| one.total_cmp(other));
        let messages = each(*wake_ups);
        let turns = messages * TURN;
        Self {
            rate: *rate,
            reads: each(seen.reads),
            writes: each(seen.writes),
            deletes: each(seen.deletes),
            commits: each(seen.commits),
            in_order: in_order.unwrap_or_default(),
            hottest: f64::from(hottest.1),
            messages,
            turns,
            at_once: rate * (INBOUND + RECEIPTS * RECEIPT) + turns + SWEEP / 60.0,
            looks: each(seen.looks) * 60.0,
            capacity: (SWEEP / PAGE * 200.0).min(SWEEP / LOOK * SHARE),
        }
    }

    fn calls(&self) -> f64 {
        self.rate * (1.0 + RECEIPTS)
    }

    /// What it costs a day, in US dollars.
    pub(crate) fn a_day(&self) -> f64 {
        let Self { rate, reads, writes, deletes, messages, turns, .. } = self;
        let memory = rate * 0.5 * (INBOUND + RECEIPTS * RECEIPT) + turns * 0.25 + 0.25;
        let documents = [reads, writes, deletes].into_iter().zip(FIRESTORE);
        let per_second = memory * GB_SECOND
            + (self.calls() + messages) * CALLS / 1e6
            + messages * 3.0 * QUEUE / 1e6
            + self.calls() * API / 1e6
            + documents.map(|(n, it)| n * it).sum::<f64>() / 1e5;
        per_second * 86_400.0
    }

    /// The limits that are met, the furthest over its bound first.
    pub(crate) fn met(&self) -> Vec<Limit> {
        let limits = self.limits().into_iter();
        let mut met: Vec<_> = limits.filter(|limit| limit.need > limit.bound).collect();
        met.sort_by(|one, other| other.excess().total_cmp(&one.excess()));
        met
    }

    fn limits(&self) -> [Limit; 7] {
        [
            Limit {
                name: "turns at once",
                need: self.turns,
                bound: 5.0,
                lift: "`maximum_concurrency`, once AWS has given the account more than ten functions",
            },
            Limit {
                name: "calls of the API a second",
                need: self.calls(),
                bound: 50.0,
                lift: "`throttling_rate_limit` in infra/api.tf",
            },
            Limit {
                name: "functions at once in an account",
                need: self.at_once,
                bound: 1_000.0,
                lift: "ask AWS under Service Quotas",
            },
            Limit {
                // "Amazon SQS message quotas": for each action, in high throughput mode, which is 300
                // for each partition; in Frankfurt, where they are fewer than in Virginia.
                name: "requests of a kind to the queue a second",
                need: self.messages,
                bound: 19_000.0,
                lift: "a region that takes more",
            },
            Limit {
                // "Best practices for Cloud Firestore", high write rates to sequential values.
                name: "writes a second to a collection asked by time",
                need: self.in_order.1,
                bound: 500.0,
                lift: "shards of `due_at` and `at` as Firestore's page \"Sharded timestamps\" has it, \
                       or a database for each part of the numbers",
            },
            Limit {
                name: "writes of a shared document in 3 s",
                need: self.hottest,
                bound: 3.0,
                lift: "more shards, `money::MOST_SHARES`, if it is `budget`, or else a mistake of ours",
            },
            Limit {
                name: "attempts that the sweep looks at in a minute",
                need: self.looks,
                bound: self.capacity,
                lift: "more memory for `sweep`, which brings processor",
            },
        ]
    }
}

impl Limit {
    fn excess(&self) -> f64 {
        self.need / self.bound
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, need, bound, lift } = self;
        write!(formatter, "{name}: {need:.0} of {bound:.0}. {lift}")
    }
}
