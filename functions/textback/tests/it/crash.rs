//! `kill -9` at every step, and the state afterwards.
//!
//! Before the commit a text is answered exactly once; after it at most one text reaches the person,
//! and exactly one if the provider can be asked.

use std::time::Duration;

use agent::{Agent, OpenAi, Page, Timeouts};
use conversations::Store;
use fakes::Mode;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use product::{ANN, PUBLIC_URL, Product, until};
use providers::Role;
use queue::WakeUp;
use telemetry::TraceId;
use tokio::net::TcpListener;
use turn::{Bounds, Turn};

#[tokio::test]
async fn after_the_claim_before_the_wake_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let queue = format!("http://{}/0/turn.fifo", silent.local_addr().unwrap());
    let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "throw-away-4d1c")];
    let aws = [("TURN_QUEUE_URL", queue.as_str()), ("AWS_REGION", "us-east-1"), keys[0], keys[1]];
    let mut product = Product::start_with(&["twilio"], &aws).await;
    let call = product.companies.twilio.inbound(&product.route(), ANN, "Hi");
    let unanswered = tokio::spawn(async move { call.try_post().await.is_none() });
    until("the text to be stored", async || !waiting(&product).await.is_empty()).await;

    product.kill();
    assert!(unanswered.await.unwrap(), "nobody was promised anything");
    for name in ["TURN_QUEUE_URL", "AWS_REGION", keys[0].0, keys[1].0] {
        product.settings.remove(name);
    }
    product.start_again().await;
    product.companies.twilio.wait_for_messages(1).await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

#[tokio::test]
async fn after_the_wake_up() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "Hi").await;
    product.kill();
    product.start_again().await;
    later(&product, 2).await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

#[tokio::test]
async fn while_the_model_thinks() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::HangsBefore);
    product.text(ANN, "Hi").await;
    until("the model to be asked", async || !product.openai.requests().is_empty()).await;

    product.kill();
    product.openai.switch.set(Mode::Works);
    product.start_again().await;
    product.companies.twilio.wait_for_messages(1).await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

#[tokio::test]
async fn before_the_request_leaves_for_twilio() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.switch.set(Mode::HangsBefore);
    killed_while_sending(&mut product).await;
    product.companies.twilio.switch.set(Mode::Works);

    let began = under_way(&product).await;
    run(&product, began + SignedDuration::from_secs(40)).await;
    assert!(product.companies.twilio.messages().is_empty(), "it may still be on its way");
    run(&product, began + SignedDuration::from_secs(61)).await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
    nothing_follows(&mut product).await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

#[tokio::test]
async fn before_the_request_leaves_for_messagecentral() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.companies.messagecentral.revoke_tokens();
    product.companies.messagecentral.switch.set(Mode::HangsBefore);
    product.text_by("messagecentral", ANN, "Hi").await;
    until("the reply to be under way", async || open(&product).await).await;
    product.kill();
    product.companies.messagecentral.switch.set(Mode::Works);

    later(&product, 2).await;
    assert!(product.companies.messagecentral.messages().is_empty());
    the_unknown_outcome_is_reported(&mut product).await;
}

#[tokio::test]
async fn while_twilio_takes_the_request() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.switch.set(Mode::HangsAfter);
    killed_while_sending(&mut product).await;
    product.companies.twilio.switch.set(Mode::Works);

    later(&product, 2).await;
    assert!(!open(&product).await);
    nothing_follows(&mut product).await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

#[tokio::test]
async fn while_messagecentral_takes_the_request() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.companies.messagecentral.switch.set(Mode::HangsAfter);
    product.text_by("messagecentral", ANN, "Hi").await;
    product.companies.messagecentral.wait_for_messages(1).await;
    product.kill();
    product.companies.messagecentral.switch.set(Mode::Works);

    later(&product, 2).await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN).len(), 1);
    the_unknown_outcome_is_reported(&mut product).await;
}

#[tokio::test]
async fn after_the_answer_before_it_is_written_down() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.switch.set(Mode::Holds);
    product.text(ANN, "Hi").await;
    until("the reply to be under way", async || open(&product).await).await;
    let database = product.database();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    product.companies.twilio.switch.set(Mode::Works);
    product.companies.twilio.wait_for_messages(1).await;

    product.kill();
    database.execute_batch("ROLLBACK").unwrap();
    assert!(open(&product).await, "it could not be written down");
    later(&product, 2).await;
    nothing_follows(&mut product).await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

/// The steps between those above: killed a little later each time.
#[tokio::test]
async fn wherever_it_is() {
    let mut product = Product::start(&["twilio"]).await;
    let pause = Mode::Slow(Duration::from_millis(30));
    product.openai.switch.set(pause.clone());
    product.companies.twilio.switch.set(pause);
    for life in 0..16_u32 {
        let person = format!("+120255501{}", 20 + life);
        let message = format!("SM{life:032x}");
        let call = product.companies.twilio.inbound_as(&product.route(), &message, &person, "Hi");
        let posted = tokio::spawn(async move { call.try_post().await });
        // The only way to hit every step is to kill at any time.
        tokio::time::sleep(Duration::from_millis(8) * life).await;
        product.kill();
        let taken = posted.await.unwrap().is_some_and(|answer| answer.status == 200);
        product.start_again().await;
        if !taken {
            // So Twilio calls again.
            let route = product.route();
            let again = product.companies.twilio.inbound_as(&route, &message, &person, "Hi");
            assert_eq!(again.post().await.status, 200);
        }
        product.kill();
        later(&product, 2).await;
        assert_eq!(
            product.companies.twilio.texts_to(&person).len(),
            1,
            "killed after {life} times 8 ms"
        );
        product.start_again().await;
    }
}

/// Two hundred kills amid more concurrent texts than are ever finished. Unanswered calls are
/// repeated, as Twilio does.
#[tokio::test]
async fn again_and_again() {
    const LIVES: usize = 200;
    const CONCURRENCY: usize = 32;
    let mut product = Product::start(&["twilio"]).await;
    let mut people = (2_000..10_000).map(|number| format!("+1202555{number}"));
    let (mut left, mut taken) = (Vec::new(), Vec::new());
    for life in 0.. {
        // A slow machine needs more kills until enough were taken.
        let ends = life < LIVES || taken.len() <= LIVES;
        left.extend(people.by_ref().take(CONCURRENCY - left.len()));
        let (route, twilio) = (product.route(), &product.companies.twilio);
        let call = |person: &String| {
            let message = format!("SM{:0>32}", &person[1..]);
            twilio.inbound_as(&route, &message, person, "Hi")
        };
        let calls: Vec<_> = left.iter().map(call).collect();
        let posts = tokio::spawn(join_all(calls.into_iter().map(|call| async move {
            call.try_post().await.is_some_and(|answer| answer.status == 200)
        })));
        if ends {
            tokio::time::sleep(Duration::from_millis(10 + 37 * life as u64 % 90)).await;
            // Searching the log for thousands of people takes a while.
            match life % 10 {
                0 => product.kill(),
                _ => product.process.kill(),
            }
        }
        let mut were_taken = posts.await.unwrap().into_iter();
        taken.extend(left.extract_if(.., |_| were_taken.next().unwrap()));
        if !ends {
            break;
        }
        product.start_again().await;
    }
    assert!(left.is_empty() && taken.len() > LIVES, "{} were taken", taken.len());
    product.kill();
    later(&product, 2).await;
    for person in &taken {
        assert_eq!(product.companies.twilio.texts_to(person).len(), 1, "{person}");
    }
}

/// A person whose stop was acknowledged hears only the confirmation, whenever the process was
/// killed.
#[tokio::test]
async fn after_a_stop() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.openai.switch.set(Mode::Slow(Duration::from_millis(20)));
    for life in 0..20_u64 {
        let person = format!("+12025552{}", 100 + life);
        product.text_by("messagecentral", &person, "My sink leaks").await;
        let stop = product.call_by("messagecentral", &person, "STOP");
        let posted = tokio::spawn(async move { stop.try_post().await });
        tokio::time::sleep(Duration::from_millis(3) * life as u32).await;
        product.kill();
        let taken = posted.await.unwrap().is_some_and(|answer| answer.status == 200);
        product.start_again().await;
        if !taken {
            product.text_by("messagecentral", &person, "STOP").await;
        }
        let before = product.companies.messagecentral.texts_to(&person).len();
        product.text_by("messagecentral", &person, "Are you still there?").await;
        product.settled().await;
        product.kill();
        later(&product, 2).await;
        let after = product.companies.messagecentral.texts_to(&person).split_off(before);
        let others = after.iter().filter(|text| **text != Page::default().texts.stop).count();
        assert_eq!(others, 0, "killed after {life} times 3 ms: {after:?}");
        product.start_again().await;
    }
}

async fn killed_while_sending(product: &mut Product) {
    product.text(ANN, "Hi").await;
    until("the reply to be under way", async || open(product).await).await;
    if product.companies.twilio.switch.mode() == Mode::HangsAfter {
        product.companies.twilio.wait_for_messages(1).await;
    }
    product.kill();
}

/// The operator is told, and so is the agent with the next text.
async fn the_unknown_outcome_is_reported(product: &mut Product) {
    assert!(!open(product).await);
    let notices = product.notices().await.join(" ");
    assert!(notices.contains("It is not known whether a reply was sent"), "{notices}");
    product.start_again().await;
    let sent = product.companies.messagecentral.messages().len();
    product.text_by("messagecentral", ANN, "Are you there?").await;
    product.companies.messagecentral.wait_for_messages(sent + 1).await;
    product.settled().await;
    let asked = product.openai.requests().pop().unwrap()["messages"].to_string();
    assert!(asked.contains("not known whether your last reply reached"), "{asked}");
}

/// The process runs again, and has nothing left to do.
async fn nothing_follows(product: &mut Product) {
    product.start_again().await;
    product.settled().await;
    product.stop().await;
}

/// What a process does that looks minutes later: everything due, until nothing is.
async fn later(product: &Product, minutes: i64) {
    for minute in 0..3 {
        run(product, Timestamp::now() + SignedDuration::from_mins(minutes + minute)).await;
    }
}

/// What another process does with the due work at this time.
pub(crate) async fn run(product: &Product, now: Timestamp) {
    let settings: settings::Settings = product.settings.clone().into_iter().collect();
    let store = std::sync::Arc::new(Store::open(&settings).unwrap());
    let page = Page::from_settings(&settings).unwrap();
    let model = OpenAi::from_settings(&settings, &page.model).unwrap().unwrap();
    let providers = providers::configured(&settings, PUBLIC_URL, Role::Everything).unwrap();
    let bounds = Bounds::from_settings(&settings, &providers).unwrap();
    let agent = Agent::new(model, page, Timeouts::default());
    let turn = Turn {
        agent: bounds.money.charging(agent).into(),
        bounds,
        phones: Default::default(),
        providers: providers.into(),
        results: None,
        store,
    };
    // Everything that the sweep would wake.
    for (conversation, _) in turn.store.due(now, None, 10_000).await.unwrap().found {
        let wake_up = WakeUp { conversation: conversation.to_string(), trace: TraceId::fresh() };
        turn.run(&wake_up, now).await.unwrap();
    }
}

async fn waiting(product: &Product) -> Vec<String> {
    let latest = product.store.latest(10).await.unwrap();
    let mut texts = Vec::new();
    for (id, _) in latest {
        let loaded = product.store.load(&id, Timestamp::now()).await.unwrap().unwrap();
        texts.extend(loaded.waiting.into_iter().map(|text| text.body));
    }
    texts
}

async fn open(product: &Product) -> bool {
    product.store.latest(10).await.unwrap().iter().any(|(_, now)| now.open.is_some())
}

/// When the attempt under way began.
async fn under_way(product: &Product) -> Timestamp {
    let latest = product.store.latest(10).await.unwrap();
    let open = latest.into_iter().find_map(|(_, now)| now.open).unwrap();
    open.sending.unwrap().at
}
