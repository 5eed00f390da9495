//! An invented past: people who texted, day by day, the replies, and their outcomes.
//!
//! It is written as the product writes it, through the store's own interface, a few hundred
//! conversations at a time. The work of every minute's sweep is done once a day here. The same seed
//! produces the same past, except for the order in which documents are written.

#![warn(missing_docs)]

mod shown;

use std::error::Error;

use conversations::{
    Arrival, Attempt, Change, CommitError, Consent, Conversation, Ended, FollowUp, HandedOver,
    LastReply, Loaded, Notice, Previous, Proof, Reply, StatusUpdate, Stop, Store, Unavailable,
    Waiting,
};
use fastrand::Rng;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use providers::Role;
use serde_json::json;
use settings::Settings;
use sms::{Number, Providers, Receipt, Status};
use telemetry::{Step, TraceId, steps};

use crate::shown::commit;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long after our text a person's next one counts as an answer.
const ANSWERED: SignedDuration = SignedDuration::from_hours(72);

/// How many conversations run concurrently.
const CONCURRENCY: usize = 256;

/// Each weekday's share of all texts, starting on a Thursday, as 1 January 1970 was.
const RHYTHM: [f64; 7] = [1.0, 1.1, 0.6, 0.3, 1.2, 1.0, 1.0];

/// How many texts a person sends on average, over all conversations.
const TEXTS_OF_PERSON: usize = 10;

const PROVIDER: &str = "twilio";
const OURS: &str = "+12025550100";

/// The area codes of people, none of whom has a telephone: 555 numbers are not assigned.
const AREAS: [&str; 100] = [
    "201", "203", "205", "206", "207", "208", "209", "210", "212", "213", "214", "215", "216",
    "217", "218", "219", "224", "225", "228", "229", "231", "234", "239", "240", "248", "251",
    "252", "253", "254", "256", "260", "262", "267", "269", "270", "276", "281", "301", "302",
    "303", "304", "305", "307", "308", "309", "310", "312", "313", "314", "315", "316", "317",
    "318", "319", "320", "321", "323", "325", "330", "331", "334", "336", "337", "339", "347",
    "351", "352", "360", "361", "385", "386", "401", "402", "404", "405", "406", "407", "408",
    "409", "410", "412", "413", "414", "415", "417", "419", "423", "424", "425", "430", "432",
    "434", "435", "440", "443", "458", "469", "470", "475", "478",
];

const TEXTS: [&str; 7] = [
    "Hi, do you move pianos as well?",
    "It is an upright, on the second floor without a lift.",
    "From 4 Elm Street to the new library in Springfield.",
    "Would the last Friday of the month be possible?",
    "Mornings are better, the caretaker leaves at noon",
    "there are also some forty boxes of books",
    "My name is Alex Miller, and my sister will be there.",
];
const ANSWERS: [&str; 7] = [
    "We do. Is it an upright or a grand, and on which floor does it stand?",
    "Thank you. Where should we bring it, and which address does it leave from?",
    "Springfield is on our way on most days. Which day would suit you?",
    "Friday looks free so far. Should we come in the morning or after lunch?",
    "Morning it is. Is there anything else that we should carry?",
    "Noted, the boxes go first. Under which name should we put you down?",
    "Thank you, that is all we need. A colleague confirms the price by tomorrow.",
];
const ASKED: [&str; 7] = ["what", "floor", "from", "day", "time", "boxes", "name"];

/// The past to create.
pub struct Past {
    /// The number of texts.
    pub texts: usize,
    /// The number of days, up to the last midnight (UTC).
    pub days: u32,
    /// A different seed produces a different past.
    pub seed: u64,
}

/// One of a million people.
pub fn person(number: usize) -> String {
    let line = number / AREAS.len() % 10_000;
    format!("+1{}555{line:04}", AREAS[number % AREAS.len()])
}

/// Creates a past.
pub async fn fill(store: &Store, past: &Past, now: Timestamp) -> Result<(), Box<dyn Error>> {
    let settings = [
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("TWILIO_FROM", OURS),
    ];
    let providers =
        providers::configured(&Settings::from(settings), "https://example.test", Role::Everything)?;
    let mut random = Rng::with_seed(past.seed);
    // More than come on any day: nobody comes twice in one day.
    let people = past.texts / TEXTS_OF_PERSON + 100;
    let midnight = now - SignedDuration::from_secs(now.as_second().rem_euclid(86_400));
    let first = midnight - DAY * i32::try_from(past.days)?;
    let share = |day: u32| {
        let weekday = (first + DAY * day as i32).as_second().div_euclid(86_400).rem_euclid(7);
        RHYTHM[weekday as usize]
    };
    let all: f64 = (0..past.days).map(share).sum();
    let (mut told, mut due, mut next) = (0, 0.0, 0);
    for day in 0..past.days {
        let begins = first + DAY * day as i32;
        due += past.texts as f64 * share(day) / all;
        let until = if day + 1 == past.days { past.texts } else { due as usize };
        let mut talks = Vec::new();
        while told < until {
            let texts = random.usize(1..=TEXTS.len()).min(until - told);
            told += texts;
            talks.push(Talk::new(next % people, texts, begins, &mut random));
            next += 1;
        }
        talks.sort_by_key(|talk| talk.begins);
        let talks = stream::iter(talks).map(|talk| talk.hold(store));
        talks.buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
        look_after(store, &providers, begins + DAY).await?;
    }
    Ok(())
}

/// The work done once a minute.
async fn look_after(
    store: &Store,
    providers: &Providers,
    now: Timestamp,
) -> Result<(), Unavailable> {
    let mut after = None;
    loop {
        let page = store.attempts_due(now, after, 1000).await?;
        let first = page.found.first().map(|due| due.attempt.clone());
        store.looked_at(page.found.into_iter().map(|due| (due, None)).collect()).await?;
        routing::weigh(store, providers, first.as_slice(), now).await?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    store.expire(now).await
}

/// One conversation: a person and its course.
struct Talk {
    person: usize,
    texts: usize,
    begins: Timestamp,
    goes: Goes,
    random: Rng,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    /// The agent collects all it needs, or the person stops texting.
    On,
    /// One reply does not arrive.
    Undelivered,
    /// A person of the business takes over, and the person texts once more.
    HandedOver,
    /// The person opts out, and comes back if this is set.
    Stopped(bool),
}

impl Talk {
    fn new(person: usize, texts: usize, day: Timestamp, random: &mut Rng) -> Self {
        let mut random = random.fork();
        let goes = match random.u32(..1000) {
            0..20 => Goes::Undelivered,
            20..50 => Goes::HandedOver,
            50..60 => Goes::Stopped(random.bool()),
            _ => Goes::On,
        };
        // From eight in the morning to ten at night, mostly in the middle.
        let second = 8 * 3600 + random.i64(0..7 * 3600) + random.i64(0..7 * 3600);
        let begins = day + SignedDuration::from_secs(second);
        Self { person, texts, begins, goes, random }
    }

    async fn hold(mut self, store: &Store) -> Result<(), CommitError> {
        let theirs = Number::parse(&person(self.person)).expect("eleven digits");
        let mut at = self.begins;
        if self.person.is_multiple_of(20) {
            self.agree(store, &theirs).await?;
        }
        for (text, words) in TEXTS.into_iter().enumerate().take(self.texts) {
            let loaded = self.take(store, &theirs, words, at).await?;
            if loaded.stop.is_some() {
                return self.leave(store, loaded, "stopped").await;
            }
            self.answer(store, loaded, text, at).await?;
            at += SignedDuration::from_secs(self.random.i64(30..600));
        }
        match self.goes {
            Goes::On | Goes::Undelivered => Ok(()),
            Goes::HandedOver => {
                let loaded = self.take(store, &theirs, "Is anybody there?", at).await?;
                self.leave(store, loaded, "with a person").await
            }
            Goes::Stopped(comes_back) => self.stop(store, &theirs, at, comes_back).await,
        }
    }

    /// A text comes, and its conversation is loaded as by a turn.
    async fn take(
        &mut self,
        store: &Store,
        theirs: &Number,
        body: &str,
        at: Timestamp,
    ) -> Result<Loaded, Unavailable> {
        let (trace, message) = (self.trace(), self.sid());
        let took = Step::new(steps::RECEIVED, at).with("provider", PROVIDER);
        let steps = vec![took, Step::new(steps::QUEUED, at)];
        let text = Waiting { message, steps, ..Waiting::new(PROVIDER, OURS, body, &trace, at) };
        let claim = store.names().message(PROVIDER, &text.message);
        let arrival = Arrival { claim, theirs: theirs.clone(), text, at };
        store.take(&arrival).await?;
        let id = store.names().conversation(PROVIDER, theirs);
        let loaded = store.load(&id, at).await?;
        loaded.ok_or_else(|| unreachable!("a text that was taken has a conversation"))
    }

    /// The agent answers, and the reply arrives or does not.
    async fn answer(
        &mut self,
        store: &Store,
        mut loaded: Loaded,
        text: usize,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let said = at + SignedDuration::from_millis(self.random.i64(900..4000));
        let Some(trace) = loaded.waiting.first().map(|text| text.trace.clone()) else {
            return Ok(());
        };
        let is_last = text + 1 == self.texts;
        let mut next = loaded.conversation.clone();
        let theirs = next.theirs.clone();
        let mut changes = vec![Change::TakenUp(loaded.waiting.clone())];
        if let Some(last) = next.last.take().filter(|last| at < last.at + ANSWERED) {
            changes.push(Change::Answered(last, at));
        }
        next.turns.push(json!({ "kind": "person", "text": TEXTS[text], "at": at }));
        next.turns.push(json!({ "kind": "agent", "text": ANSWERS[text], "at": said }));
        next.brief.insert(ASKED[text].into(), TEXTS[text].into());
        next.answers += 1;
        next.answered_at = Some(said);

        let reply = Reply {
            via: PROVIDER.into(),
            ours: OURS.into(),
            texted_at: Some(at),
            ..Reply::alone(ANSWERS[text], &trace, said)
        };
        let name = format!("{trace}-{:08x}", self.random.u32(..));
        let by = (PROVIDER, OURS, Some(OURS.to_owned()));
        let attempt = Attempt::begin(name.clone(), &loaded.id, by, &theirs, reply, said);
        next.last = Some(LastReply { attempt: name, proven: true, at: said });
        let thought = Step::new("model", at).took((said.duration_since(at)).unsigned_abs());
        let thought = thought.with("tokens", 1200).with("model", "gpt-4.1-mini");
        changes.push(Change::Steps(trace.clone(), vec![Step::new(steps::TOOK_UP, at), thought]));
        changes.push(Change::Attempt(attempt.clone()));
        let hands_over = is_last && self.goes == Goes::HandedOver;
        if is_last && (hands_over || text > 2) {
            let ending = if hands_over { "handed_over" } else { "finished" };
            self.end(&loaded, &mut next, ending, said, &mut changes);
        }
        next.due_at = None;
        commit(store, &mut loaded, next, changes, said).await?;

        let sent = said + SignedDuration::from_millis(180);
        let sid = self.sid();
        let update = StatusUpdate::of_outcome(&attempt, &Ok(sid.clone()), sent);
        let step =
            Step::new(steps::SENT, sent).with("provider", PROVIDER).with("outcome", "accepted");
        let changes = vec![Change::Status(update), Change::Steps(trace, vec![step])];
        let next = loaded.conversation.clone();
        commit(store, &mut loaded, next, changes, sent).await?;
        self.report(store, loaded, &attempt, &sid, is_last, sent).await
    }

    /// The company reports what became of a reply.
    async fn report(
        &mut self,
        store: &Store,
        loaded: Loaded,
        attempt: &Attempt,
        sid: &str,
        is_last: bool,
        sent: Timestamp,
    ) -> Result<(), CommitError> {
        let fails = is_last && self.goes == Goes::Undelivered;
        let ends = match fails {
            true => (Status::Undelivered, "undelivered", Some("30003")),
            false => (Status::Delivered, "delivered", None),
        };
        let mut at = sent;
        for (status, word, code) in [(Status::Sent, "sent", None), ends] {
            at += SignedDuration::from_millis(self.random.i64(400..5000));
            let receipt = Receipt {
                message: sid.to_owned(),
                attempt: Some(attempt.id.clone()),
                part: None,
                status,
                raw_status: word.to_owned(),
                code: code.map(str::to_owned),
                opted_out: false,
                charge: None,
            };
            store.receive(PROVIDER, &receipt, at).await?;
        }
        if fails && let Some(mut loaded) = store.load(&loaded.id, at).await? {
            let mut next = loaded.conversation.clone();
            (next.failed, next.due_at) = (vec![], None);
            let settled = vec![Change::Settled(attempt.id.clone())];
            commit(store, &mut loaded, next, settled, at).await?;
        }
        Ok(())
    }

    /// Moves a conversation that is over to a document of its own.
    fn end(
        &self,
        loaded: &Loaded,
        next: &mut Conversation,
        ending: &str,
        at: Timestamp,
        changes: &mut Vec<Change>,
    ) {
        let ended = Ended {
            conversation: loaded.id.clone(),
            number: next.number,
            ours: next.ours.clone(),
            theirs: next.theirs.clone(),
            via: String::new(),
            why: (ending == "handed_over").then(|| "asked".to_owned()),
            ending: ending.to_owned(),
            brief: std::mem::take(&mut next.brief),
            turns: std::mem::take(&mut next.turns),
            cost: Amount::ZERO,
            at,
        };
        if ending == "handed_over" {
            next.handed_over = Some(HandedOver::new(at, at + DAY / 2));
            let id = format!("handed-over-{}-{}", loaded.id, next.number);
            let sentence = "The agent handed a conversation over: answer this person by hand.";
            let said = ended.turns.first().and_then(|turn| turn["text"].as_str());
            let follow_up = FollowUp {
                theirs: next.theirs.clone(),
                why: "asks for a person".into(),
                said: said.unwrap_or_default().to_owned(),
            };
            changes.push(Change::Notice(Notice {
                id,
                sentence: sentence.into(),
                conversation: Some(loaded.id.clone()),
                trace: None,
                follow_up: Some(follow_up),
                at,
            }));
        }
        next.over = Some(Previous {
            number: next.number,
            ending: ending.to_owned(),
            asks: false,
            left: 3,
            results: 0,
            result: String::new(),
            called: None,
            counted: None,
            at,
        });
        next.number += 1;
        next.answers = 0;
        changes.push(Change::Ended(ended));
    }

    /// The waiting texts are set aside.
    async fn leave(
        &self,
        store: &Store,
        mut loaded: Loaded,
        why: &'static str,
    ) -> Result<(), CommitError> {
        let mut next = loaded.conversation.clone();
        next.due_at = None;
        let at = next.at;
        let aside = Change::SetAside(loaded.waiting.clone(), why);
        commit(store, &mut loaded, next, vec![aside], at).await
    }

    /// The person opts out, gets the confirmation, and may come back.
    async fn stop(
        &mut self,
        store: &Store,
        theirs: &Number,
        at: Timestamp,
        comes_back: bool,
    ) -> Result<(), CommitError> {
        let claim = store.names().message(PROVIDER, &self.sid());
        let stop = Stop { at, provider: PROVIDER.into(), confirmed: true };
        let proof = Proof { words: "STOP", ours: OURS, ..Proof::default() };
        store.stop(&claim, theirs, &stop, &proof).await?;
        let loaded = self.take(store, theirs, "STOP", at).await?;
        self.leave(store, loaded, "stopped").await?;
        if comes_back {
            let (back, later) = (store.names().message(PROVIDER, &self.sid()), at + DAY / 24);
            let proof = Proof { words: "START", ours: OURS, ..Proof::default() };
            store.start(&back, PROVIDER, theirs, &proof, later, later).await?;
        }
        Ok(())
    }

    /// The person has agreed to be texted.
    async fn agree(&self, store: &Store, theirs: &Number) -> Result<(), Unavailable> {
        let consent = Consent {
            theirs: theirs.clone(),
            page: "a1b2c3d4".into(),
            address: "https://move.example/opt-in".into(),
            language: "en".into(),
            words: "I agree to be texted about my move.".into(),
            network: "192.0.2.0/24".into(),
            at: self.begins - SignedDuration::from_mins(2),
        };
        store.consent(&consent, None).await?;
        Ok(())
    }

    fn trace(&mut self) -> TraceId {
        let name = format!("{:032x}", self.random.u128(..));
        TraceId::parse(&name).expect("32 digits are a trace")
    }

    fn sid(&mut self) -> String {
        format!("SM{:032x}", self.random.u128(..))
    }
}
