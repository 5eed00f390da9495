//! What each operation costs the embedded store, in steps of SQLite's virtual machine: the same,
//! however much was recorded before.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use conversations::{Change, Consent, Effect, Loaded, Notice, StatusUpdate, Store, Unavailable};
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::json;
use sms::Status;
use telemetry::{Step, TraceId};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::common::{
    arrival, attempt_called, claim, ended, id, later, now, person, receipt, reply, said, stop,
};

/// The collections that grow with every text.
const GROWING: [&str; 12] = [
    "attempts",
    "claims",
    "consent_events",
    "consents",
    "conversations",
    "ended",
    "heads",
    "notices",
    "receipts",
    "stops",
    "texts",
    "traces",
];

#[test]
fn each_operation_takes_as_many_steps_with_a_hundred_thousand_texts_as_with_a_thousand() {
    let (few, many) = (steps_with(1_000), steps_with(100_000));
    let differs = |(operation, few): (&&str, &Steps)| {
        let (few, many) = (few.taken, many[operation].taken);
        (many.abs_diff(few) * 5 > few).then(|| format!("{operation}: {few} and {many}"))
    };
    assert_eq!(few.iter().filter_map(differs).collect::<Vec<_>>(), [] as [String; 0]);
    let searches = |(_, steps): (&&str, &Steps)| steps.through_all.clone();
    assert_eq!(many.iter().flat_map(searches).collect::<Vec<_>>(), [] as [String; 0]);
}

/// The cost of an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) taken: u64,
    /// The statements that scanned a whole table, or sorted.
    pub(crate) through_all: Vec<String>,
}

/// The cost of each operation in a store in which this many texts were recorded before.
pub(crate) fn steps_with(texts: u32) -> BTreeMap<&'static str, Steps> {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::sqlite(&folder));
    fill(&folder.path().join("data"), texts);
    let counted = Arc::new(Mutex::new(Steps::default()));
    let counter = Counter(Arc::clone(&counted));
    let _counting = tracing::subscriber::set_default(counter);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(operations(&crate::sqlite(&folder), &counted))
}

/// A life of a text, and what else happens beside it.
async fn operations(store: &Store, counted: &Mutex<Steps>) -> BTreeMap<&'static str, Steps> {
    // A new ledger starts with everybody who has opted out.
    stop(store, "SM30").await;
    store.start(&claim("SM31"), "twilio", &person(), &said("START"), now(), now()).await.unwrap();
    // The index of words reads its own few settings with the first statement that concerns it.
    store.documents().expire(0, 0).await.unwrap();
    let mut counting = Counting { store, counted, all: BTreeMap::new() };
    let mut loaded = counting.takes_a_text().await;
    counting.answers(&mut loaded).await;
    counting.is_told_what_came_of_it().await;
    counting.ends(&mut loaded).await;
    counting.shows().await;
    counting.keeps_calls().await;
    counting.heeds_people().await;
    counting.forgets().await;
    counting.all
}

/// The operations that were carried out so far, and what each took.
struct Counting<'s> {
    store: &'s Store,
    counted: &'s Mutex<Steps>,
    all: BTreeMap<&'static str, Steps>,
}

impl Counting<'_> {
    async fn count<T, E: Debug>(
        &mut self,
        name: &'static str,
        operation: impl Future<Output = Result<T, E>>,
    ) -> T {
        *self.counted.lock().unwrap() = Steps::default();
        let outcome = operation.await.expect(name);
        self.all.insert(name, std::mem::take(&mut *self.counted.lock().unwrap()));
        outcome
    }

    async fn takes_a_text(&mut self) -> Loaded {
        let store = self.store;
        let mut text = arrival("SM1", "Hi", now());
        text.text.trace = trace();
        self.count("a text is taken", store.take(&text)).await;
        self.count("a text is taken again", store.take(&text)).await;
        let found = self.count("what is due is looked for", store.due(now(), None, 20)).await;
        assert_eq!(found.found.len(), 1);
        self.count("the next page is looked for", store.due(now(), found.next, 20)).await;
        self.count("a conversation is loaded", store.load(&id(), now())).await.unwrap()
    }

    async fn answers(&mut self, loaded: &mut Loaded) {
        let store = self.store;
        let mut next = loaded.conversation.clone();
        next.turns = vec![json!({ "person": "Hi" })];
        (next.open, next.due_at) = (Some(reply()), Some(later(now(), 60)));
        let changes = vec![
            Change::TakenUp(loaded.waiting.clone()),
            Change::Attempt(attempt_called("a-1")),
            Change::Steps(trace(), vec![Step::new("answered", now())]),
        ];
        self.count("a turn is committed", store.commit(loaded, next, changes)).await;
    }

    async fn is_told_what_came_of_it(&mut self) {
        let store = self.store;
        let message = Some(("twilio".into(), "SM9".into()));
        let learned = StatusUpdate { message, ..StatusUpdate::new("a-1", Status::Accepted, now()) };
        self.count("an outcome is written down", store.update_status(&learned)).await;
        let known = attempt_called("a-1").updated(&learned);
        self.count("early receipts are looked for", store.told_before(&known)).await;
        self.count("a receipt comes", store.receive("twilio", &receipt(Status::Sent, None), now()))
            .await;
        let unknown = sms::Receipt { message: "SM8".into(), ..receipt(Status::Delivered, None) };
        self.count("a receipt comes early", store.receive("twilio", &unknown, now())).await;
        let soon = later(now(), 60);
        let due = self.count("receipts are due", store.receipts_due(soon, None, 20)).await;
        assert_eq!(due.found.len(), 1);
        self.count("a receipt is looked for", store.join_due(due.found, soon)).await;
        let due = self.count("attempts are due", store.attempts_due(soon, None, 20)).await;
        assert_eq!(due.found.len(), 1);
        let looked = due.found.into_iter().map(|due| (due, None)).collect();
        self.count("an attempt was looked at", store.looked_at(looked)).await;
    }

    async fn ends(&mut self, loaded: &mut Loaded) {
        let store = self.store;
        let mut next = loaded.conversation.clone();
        (next.number, next.open, next.due_at) = (2, None, None);
        let effect = effect();
        let changes =
            vec![Change::Ended(ended()), Change::Effect(effect.clone()), Change::Notice(notice())];
        self.count("a conversation ends", store.commit(loaded, next, changes)).await;
        self.count("effects are due", store.effects_due(now(), None, 20)).await;
        self.count("effects are read", store.effects_of(&id())).await;
        self.count("an effect is delivered", store.delivered(&effect)).await;
        let headless =
            self.count("texts are without a head", store.texts_due(now(), None, 20)).await;
        self.count("a text is adopted", store.adopt(headless.found, now())).await;
        self.count("texts that were set aside are read", store.set_aside(&id(), 20)).await;
    }

    /// Looks at what was written.
    async fn shows(&mut self) {
        let store = self.store;
        self.count("the last minute is read", store.last_minute()).await;
        self.count("a notice is kept once", store.notice_anew(&notice(), None)).await;
        self.count("notices are read", store.notices(1)).await;
        self.count("the latest are read", store.latest(1)).await;
        self.count("what has ended is read", store.ended(&id())).await;
        self.count("attempts are read", store.attempts_of(&id())).await;
        self.count("a trace is read", store.trace(&trace())).await;
        self.count("health is read", store.health()).await;
        self.count("a write is tried", store.try_writing(now())).await;
    }

    async fn keeps_calls(&mut self) {
        let store = self.store;
        let call = crate::quarantine::misread("Badger", now());
        self.count("a call is not understood", store.quarantine(&call, Some(10))).await;
        self.count("calls are listed", store.quarantined(10)).await;
        self.count("calls are listed again", store.quarantined_since(now(), 10)).await;
        self.count("a call is released", store.release(&call)).await;
        self.count("a form is released", store.release_shape(&call.shape())).await;
    }

    async fn heeds_people(&mut self) {
        let store = self.store;
        let consent = Consent {
            theirs: person(),
            page: "1".into(),
            address: "https://home.example/opt-in".into(),
            language: "en".into(),
            words: "Yes".into(),
            network: "192.0.2.0/24".into(),
            at: now(),
        };
        let address: IpAddr = [192, 0, 2, 1].into();
        self.count("a consent is given", store.consent(&consent, Some(address))).await;
        self.count("consents are read", store.consents_of(&person())).await;
        let theirs = person();
        let of = store.consent_events_of(&theirs, None, 20);
        self.count("the ledger of one is read", of).await;
        self.count("a person stops", async {
            stop(store, "SM20").await;
            Ok::<_, Unavailable>(())
        })
        .await;
        self.count(
            "a person is back",
            store.start(&claim("SM21"), "twilio", &person(), &said("START"), now(), now()),
        )
        .await;
    }

    async fn forgets(&mut self) {
        let store = self.store;
        self.count("the clock is noted", store.expire(now())).await;
        self.count("the clock is put right", store.put_right(later(now(), -120), None, 20)).await;
        let soon = now() + SignedDuration::from_mins(6);
        self.count("what has expired is forgotten", store.expire(soon)).await;
    }
}

fn trace() -> TraceId {
    TraceId::parse("0af7651916cd43dd8448eb211c80319c").unwrap()
}

fn effect() -> Effect {
    Effect {
        id: "e-1".into(),
        conversation: id(),
        trace: trace(),
        kind: "conversation.finished".into(),
        payload: json!({}),
        tries: 0,
        at: now(),
        due_at: now(),
    }
}

fn notice() -> Notice {
    Notice {
        id: "n-1".into(),
        sentence: "Look".into(),
        conversation: Some(id()),
        trace: None,
        follow_up: None,
        at: now(),
    }
}

/// Puts as many documents of each kind into the store as this many texts leave behind.
pub(crate) fn fill(data: &Path, texts: u32) {
    let mut file = Connection::open(data.join("textback.db")).unwrap();
    file.pragma_update(None, "synchronous", "OFF").unwrap();
    let filling = file.transaction().unwrap();
    for table in GROWING {
        let (mut names, mut values) = (String::new(), String::new());
        let columns = "SELECT name, type FROM pragma_table_info(?1)
                       WHERE name NOT IN ('number', 'id', 'version', 'body')";
        let mut columns = filling.prepare(columns).unwrap();
        let mut columns = columns.query([table]).unwrap();
        while let Some(column) = columns.next().unwrap() {
            let (name, kind): (String, String) = (column.get(0).unwrap(), column.get(1).unwrap());
            names += &format!(", {name}");
            values += match (name.as_str(), kind.as_str()) {
                // None of it is due, and most of it waits for nothing.
                ("due_at" | "waits_at" | "expires_at", _) => ", 1900000000000 + i",
                ("waiting", _) => ", NULL",
                (_, "INTEGER") => ", 1700000000000 + i",
                _ => ", 'x-' || i",
            };
        }
        let fill = format!(
            "WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted LIMIT {texts})
             INSERT INTO {table} (id, version, body{names})
             SELECT 'x-' || i, 1, '{{}}'{values} FROM counted"
        );
        filling.execute_batch(&fill).unwrap();
    }
    filling.commit().unwrap();
}

/// Counts the steps of the store's statements.
struct Counter(Arc<Mutex<Steps>>);

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlite"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        // Readers get their answer before it.
        if statement.sql == "COMMIT" {
            return;
        }
        let mut counted = self.0.lock().unwrap();
        counted.taken += statement.steps;
        if statement.through_all > 0 {
            counted.through_all.push(statement.sql);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Statement {
    sql: String,
    steps: u64,
    through_all: u64,
}

impl Visit for Statement {
    fn record_i64(&mut self, field: &Field, value: i64) {
        match field.name() {
            "steps" => self.steps = value.unsigned_abs(),
            _ => self.through_all += value.unsigned_abs(),
        }
    }

    fn record_str(&mut self, _: &Field, value: &str) {
        self.sql = value.to_owned();
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
