//! What is counted of people, conversations and money, and that the record says the same.

use std::collections::BTreeMap;

use agent::HAND_OVER_KINDS;
use conversations::{Asked, Attempt, Ended, Figures, Filter, LeftAt, PeriodFigures};
use fakes::{Mode, OpenAi};
use jiff::Timestamp;
use jiff::civil::Date;
use money::Amount;
use scene::Scene;
use serde_json::json;
use sms::{Number, Status};
use telemetry::steps;

const DAY: i64 = 24 * 3_600;

/// Two fields, one of which is enough.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/after.md");

const PRICES: &str = "[models.\"gpt-4.1-mini\"]\ninput = 1\noutput = 100\n[segments.twilio.US]\nsegment = 0.01\n[segments.messagecentral.US]\nsegment = 0.02\n";

#[tokio::test]
async fn agree_with_a_recount_of_the_record_on_the_embedded_store() {
    agree_with_a_recount(&[]).await;
}

#[tokio::test]
async fn agree_with_a_recount_of_the_record_on_firestore() {
    let Some(emulator) = fakes::firestore().await else { return };
    let project = fakes::unique_name();
    let settings = [
        ("GOOGLE_CLOUD_PROJECT", project.as_str()),
        ("FIRESTORE_EMULATOR_HOST", &emulator.host),
        ("NAME_KEY", fakes::NAME_KEY),
    ];
    agree_with_a_recount(&settings).await;
}

async fn agree_with_a_recount(store: &[(&str, &str)]) {
    let prices = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(prices.path(), PRICES).unwrap();
    let path = prices.path().display().to_string();
    let settings = [store, &[("PRICES_FILE", path.as_str()), ("AGENT_FILE", PAGE)]].concat();
    let mut scene = Scene::with("twilio,messagecentral", &settings).await;
    let people = ["+12025550101", "+12025550102", "+12025550103", "+12025550104", "+12025550105"];
    for day in 0..3 {
        let begins = scene.now;
        for (number, person) in people.into_iter().enumerate() {
            scene.person = person;
            somebody_texts(&mut scene, (number + day) % people.len()).await;
        }
        scene.live(120).await;
        scene.pass(DAY - scene.now.duration_since(begins).as_secs());
    }
    // Whoever has left has left, and all that is sent was looked at.
    scene.pass(2 * DAY);
    for _ in 0..2 {
        scene.live(70).await;
    }
    for provider in [None, Some("twilio"), Some("messagecentral")] {
        let counted = figures(&scene, provider).await;
        let counted = counted.periods.iter().map(lines).filter(|lines| !lines.1.is_empty());
        let counted: Vec<_> = counted.collect();
        assert!(counted.len() >= 3, "{counted:#?}");
        assert_eq!(counted, recount(&scene, &people, provider).await, "by {provider:?}");
    }
    let whole = figures(&scene, None).await.whole;
    let endings: Vec<_> = whole.ended.keys().collect();
    assert_eq!(endings, ["finished", "handed_over", "quiet"]);
    let wrong = [whole.failovers, whole.opt_outs, whole.statuses["undelivered"]];
    assert_eq!(wrong, [3, 3, 3]);
    assert!(whole.model_errors["unavailable"] > 0 && whole.model_cost > Amount::ZERO);
    assert_eq!(whole.handed_over, BTreeMap::from([("upset".to_owned(), 3)]));
}

/// One of five days of a person.
async fn somebody_texts(scene: &mut Scene, which: usize) {
    match which {
        0 => scene.companies.twilio.refuse_with(20003),
        1 => {
            scene.openai.calls("hand_over", r#"{"reason":"shouts","kind":"upset"}"#);
            scene.openai.says("Somebody calls you.");
        }
        2 => scene.openai.switch.set(OpenAi::overloaded()),
        3 => {
            scene.openai.calls("record", r#"{"name":"Ann"}"#);
            scene.openai.calls("finish", "{}");
            scene.openai.says("Goodbye, Ann.");
        }
        _ => {}
    }
    scene.say("My sink leaks").await;
    scene.companies.twilio.accept();
    scene.openai.switch.set(Mode::Works);
    // A crash after all of it is stored, and a sweep by two processes.
    scene.restart();
    scene.live(70).await;
    tokio::join!(scene.sweep(), scene.sweep());
    match which {
        // It goes on, and ends again.
        3 => {
            scene.openai.calls("record", r#"{"day":"2026-01-09"}"#);
            scene.openai.says("Noted.");
            scene.say("Make it Friday, please").await;
        }
        4 => {
            let sent = scene.companies.twilio.messages().last().unwrap().sid.clone();
            scene.report(&scene.receipt(&sent, "undelivered", Some(30003))).await;
            scene.say("STOP").await;
            scene.live(70).await;
            scene.say("START").await;
        }
        _ => {}
    }
    scene.live(70).await;
}

#[tokio::test]
async fn says_where_people_leave_and_moves_it_when_they_go_on() {
    let mut scene = Scene::with("twilio", &[("AGENT_FILE", PAGE)]).await;
    scene.say("My tap drips").await;
    scene.say("It is in the kitchen").await;
    scene.pass(DAY + 60);
    scene.sweep().await;
    let whole = figures(&scene, None).await.whole;
    assert_eq!(whole.left, [LeftAt { turn: 2, field: "name".into(), count: 1 }]);
    assert_eq!((whole.ended["quiet"], whole.turns[&2]), (1, 1));
    // It goes on for an answer, and ends again: it is counted once, as what it is now.
    scene.say("Hello again").await;
    scene.live(70).await;
    let now = figures(&scene, None).await;
    assert_eq!(now.whole.left, [LeftAt { turn: 3, field: "name".into(), count: 1 }]);
    assert_eq!((now.whole.conversations(), now.whole.turns[&3], now.whole.turns.len()), (1, 1, 1));
    assert_eq!((now.whole.people, now.periods.len()), (2, 2), "on two days");
}

#[tokio::test]
async fn counts_the_kind_of_reason_that_the_agent_chooses_from_a_list() {
    let mut scene = Scene::sending_by("twilio").await;
    let chosen = HAND_OVER_KINDS.iter().map(|kind| json!({ "reason": "why", "kind": kind }));
    let others = [json!({ "reason": "x" }), json!({ "kind": "my name is Ann", "reason": "x" })];
    for (number, arguments) in chosen.chain(others).enumerate() {
        scene.person = format!("+120255502{number:02}").leak();
        scene.openai.calls("hand_over", &arguments.to_string());
        scene.openai.says("Somebody calls you.");
        scene.say("A human please").await;
    }
    scene.live(70).await;
    let counted = figures(&scene, None).await.whole.handed_over;
    let counted: Vec<_> = counted.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    let each = [("agent", 2), ("asked", 1), ("cannot", 1), ("danger", 1), ("upset", 1)];
    assert_eq!(counted, each);
}

#[tokio::test]
async fn counts_nothing_of_a_test_number() {
    let mut scene = Scene::sending_by("twilio").await;
    // Of Twilio's magic numbers, the one that works.
    scene.person = "+15005550006";
    scene.say("My tap drips").await;
    scene.live(70).await;
    assert!(figures(&scene, None).await.periods.is_empty());
}

async fn figures(scene: &Scene, provider: Option<&str>) -> Figures {
    let filter = Filter { provider: provider.map(str::to_owned), ..Filter::default() };
    let zone = &scene.process.turn.agent.page.time_zone;
    let asked = Asked { filter, ..Asked::default() };
    scene.process.store.figures(&asked, scene.now, zone).await.unwrap()
}

/// What is counted of a period, as lines.
fn lines(period: &PeriodFigures) -> Lines {
    let mut lines = Lines::new(period.from);
    for (status, count) in &period.statuses {
        lines.add(status, *count);
    }
    lines.add("segments", period.segments);
    lines.add("failovers", period.failovers);
    lines.add("cost", period.cost.billionths());
    lines.add("model", period.model_cost.billionths());
    lines.add("accepted in", period.accepted.count);
    lines.add("delivered in", period.delivered.count);
    lines.add("people", period.people);
    period.ended.iter().for_each(|(ending, count)| lines.add(ending, *count));
    period.turns.iter().for_each(|(turns, count)| lines.add(&format!("{turns} turns"), *count));
    for LeftAt { turn, field, count } in &period.left {
        lines.add(&format!("left {turn} {field}"), *count);
    }
    period.handed_over.iter().for_each(|(kind, count)| lines.add(kind, *count));
    lines.add("of conversations", period.conversation_cost.billionths());
    lines
}

/// What was counted on a day.
#[derive(Debug, PartialEq, Eq)]
struct Lines(Date, BTreeMap<String, i64>);

impl Lines {
    fn new(day: Date) -> Self {
        Self(day, BTreeMap::new())
    }

    fn add(&mut self, what: &str, count: i64) {
        if count != 0 {
            *self.1.entry(what.to_owned()).or_default() += count;
        }
    }
}

/// The same from the attempts, the conversations that are over, and those under way.
async fn recount(scene: &Scene, people: &[&str], provider: Option<&str>) -> Vec<Lines> {
    let (store, mut days) = (&scene.process.store, Days(scene, BTreeMap::new()));
    for person in people {
        let id = store.names().conversation("twilio", &Number::parse(person).unwrap());
        let is_wanted = |by: &str| provider.is_none_or(|wanted| wanted == by);
        for attempt in store.attempts_of(&id).await.unwrap() {
            if is_wanted(&attempt.provider) {
                count_attempt(days.on(attempt.at), &attempt);
            }
        }
        if !is_wanted("twilio") {
            // They have texted no other.
            continue;
        }
        let (mut texts, head) = (vec![], store.load(&id, scene.now).await.unwrap().unwrap());
        texts.extend(texted(&head.conversation.turns));
        for ended in store.ended(&id).await.unwrap() {
            texts.extend(texted(&ended.turns));
            count_ended(days.on(ended.at), &ended);
        }
        texts.sort_by_key(|at| day_of(scene, *at));
        texts.dedup_by_key(|at| day_of(scene, *at));
        texts.into_iter().for_each(|at| days.on(at).add("people", 1));
    }
    let days = days.1.into_values().filter(|lines| !lines.1.is_empty());
    days.collect()
}

struct Days<'s>(&'s Scene, BTreeMap<Date, Lines>);

impl Days<'_> {
    fn on(&mut self, at: Timestamp) -> &mut Lines {
        let day = day_of(self.0, at);
        self.1.entry(day).or_insert_with(|| Lines::new(day))
    }
}

fn day_of(scene: &Scene, at: Timestamp) -> Date {
    at.to_zoned(scene.process.turn.agent.page.time_zone.clone()).date()
}

fn count_attempt(lines: &mut Lines, attempt: &Attempt) {
    let status = json!(attempt.status());
    let reply = &attempt.reply;
    lines.add(status.as_str().unwrap(), 1);
    lines.add("segments", attempt.segments as i64);
    let is_again = reply.after.is_some() || reply.rounds > 0 || !reply.refused_by.is_empty();
    lines.add("failovers", is_again.into());
    lines.add("cost", attempt.cost.billionths());
    lines.add("model", attempt.thought.map_or(0, Amount::billionths));
    let is_timed = reply.texted_at.is_some() && reply.held_until.is_none();
    let mut sent = attempt.steps.iter().filter(|step| step.what == steps::SENT);
    let was_accepted = sent.any(|step| step.details["outcome"] == "accepted");
    lines.add("accepted in", (is_timed && was_accepted).into());
    lines.add("delivered in", (is_timed && attempt.status() == Status::Delivered).into());
}

fn count_ended(lines: &mut Lines, ended: &Ended) {
    let turns = texted(&ended.turns).count();
    lines.add(&ended.ending, 1);
    lines.add(&format!("{turns} turns"), 1);
    if ended.ending == "quiet" && !ended.brief.contains_key("name") {
        lines.add(&format!("left {turns} name"), 1);
    }
    ended.why.iter().for_each(|kind| lines.add(kind, 1));
    lines.add("of conversations", ended.cost.billionths());
}

/// When a person texted in a conversation.
fn texted(turns: &[serde_json::Value]) -> impl Iterator<Item = Timestamp> {
    let is_theirs = |turn: &&serde_json::Value| turn["kind"] == "person";
    let theirs = turns.iter().filter(is_theirs);
    theirs.map(|turn| turn["at"].as_str().unwrap().parse().unwrap())
}
