//! Verified calls that were not understood, and how they become answers.

use std::time::Duration;

use agent::Turn as Entry;
use conversations::Kept;
use fakes::{InboundShape, WebhookCall};
use jiff::Timestamp;
use product::{ANN, BOB, Product, WEBHOOK_TOKEN, between};
use serde_json::json;
use telemetry::TraceId;

/// A form that our guesses do not cover.
const UNHEARD_OF: InboundShape = InboundShape {
    json: true,
    from: "cli",
    to: "did",
    text: "payload",
    id: Some("ref"),
    time: None,
};

/// A call for a text in a form that no guess of ours finds.
fn not_understood(product: &Product, person: &str, text: &str) -> WebhookCall {
    let (company, route) = (&product.companies.messagecentral, product.route());
    company.inbound(&route, WEBHOOK_TOKEN, &UNHEARD_OF, person, text)
}

/// Posts three texts in a form that no guess of ours finds, one of them twice. Returns the calls, and
/// the trace of each.
async fn unheard_of(product: &mut Product) -> ([WebhookCall; 3], Vec<TraceId>) {
    let call = |person, text| not_understood(product, person, text);
    let calls = [call(ANN, "My tap drips"), call(BOB, "My sink leaks"), call(ANN, "And my roof")];
    let mut traces = Vec::new();
    for call in &calls {
        let answer = product.post(call).await;
        assert_eq!(answer.status, 200);
        traces.push(TraceId::parse(answer.headers["x-trace-id"].to_str().unwrap()).unwrap());
    }
    // Impatient, as providers are.
    product.post(&calls[1]).await;
    (calls, traces)
}

#[tokio::test]
async fn a_form_never_seen_is_listed_without_what_was_said() {
    let mut product = Product::start(&["messagecentral"]).await;
    unheard_of(&mut product).await;
    let listed = product.run(&["quarantine"], "").await.printed.join("\n");
    for expected in [
        "messagecentral /webhooks/messagecentral/inbound: no sender or no text was found in it",
        "fields: cli, did, payload, ref",
        "came 4 times, kept 3",
    ] {
        assert!(listed.contains(expected), "{expected} is missing in {listed}");
    }
    for private in ["drips", "2025550143", WEBHOOK_TOKEN] {
        assert!(!listed.contains(private), "{listed}");
    }
    let alarms = |product: &Product| {
        let logged = product.process.logged();
        logged.iter().filter(|line| line.contains(r#""alarm":"webhook.quarantined""#)).count()
    };
    assert_eq!((alarms(&product), product.notices().await.len()), (1, 1));
}

#[tokio::test]
async fn a_form_never_seen_becomes_an_answered_text_by_a_change_of_settings() {
    let mut product = Product::start(&["messagecentral"]).await;
    let (calls, traces) = unheard_of(&mut product).await;
    let replay = ["quarantine", "replay"];
    let ran = product.run(&replay, "").await;
    assert_eq!((ran.code, ran.printed.len()), (Some(1), 3));
    assert!(
        ran.printed[0]
            .ends_with("stays: verified but not understood: no sender or no text was found in it"),
        "{ran:?}"
    );

    product.stop().await;
    let fields = "from=cli,to=did,text=payload,id=ref";
    product.settings.insert("MC_INBOUND_FIELDS".into(), fields.into());
    product.start_again().await;
    let ran = product.run(&replay, "").await;
    assert_eq!((ran.code, ran.printed.len()), (Some(0), 3), "{ran:?}");
    product.settled().await;
    let answered = |product: &Product| {
        [ANN, BOB].map(|person| product.companies.messagecentral.texts_to(person))
    };
    let [to_ann, to_bob] = answered(&product);
    assert_eq!(to_ann.concat().matches("My tap drips").count(), 1, "{to_ann:?}");
    assert_eq!(to_ann.concat().matches("And my roof").count(), 1, "{to_ann:?}");
    assert_eq!(to_bob, ["You said: My sink leaks"]);
    for trace in &traces[..2] {
        let steps = product.store.trace(trace).await.unwrap().unwrap().steps;
        let steps: Vec<_> = steps.iter().map(|step| step.what.as_str()).collect();
        assert_eq!(steps[..3], ["received", "taken out of quarantine", "took up"], "{steps:?}");
    }

    // Once more by hand, and once more by the provider.
    let ran = product.run(&replay, "").await;
    assert_eq!((ran.code, ran.printed), (Some(0), vec![]));
    for call in &calls {
        let body = std::str::from_utf8(&call.body).unwrap();
        let route = product.route();
        let call =
            product.companies.messagecentral.raw(&route, WEBHOOK_TOKEN, "application/json", body);
        assert_eq!(product.post(&call).await.status, 200);
    }
    product.settled().await;
    assert_eq!(answered(&product), [to_ann, to_bob]);
    assert_eq!(product.run(&["quarantine"], "").await.printed, ["Every call was understood."]);
    assert_eq!(product.notices().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_unreadable_part_hides_neither_a_text_nor_a_stop() {
    const CARA: &str = "+12025550145";
    let mut product = Product::start(&["messagecentral"]).await;
    let body = json!([
        { "from": "BANK", "text": "Your code is 1" },
        { "from": ANN, "text": "STOP", "id": "1" },
        { "cli": CARA, "payload": "And my roof", "id": "2" },
        { "from": BOB, "text": "My sink leaks", "id": "3" },
    ]);
    let (route, body) = (product.route(), body.to_string());
    let call =
        product.companies.messagecentral.raw(&route, WEBHOOK_TOKEN, "application/json", &body);
    for _ in 0..2 {
        assert_eq!(product.post(&call).await.status, 200);
    }
    product.settled().await;
    assert!(
        product.companies.messagecentral.texts_to(ANN).concat().contains("You are unsubscribed")
    );
    assert_eq!(product.companies.messagecentral.texts_to(BOB), ["You said: My sink leaks"]);
    let kept = product.store.quarantined(10).await.unwrap();
    assert_eq!((kept.len(), kept[0].seen), (1, 2));
    let kept = |word| kept[0].body.contains(word);
    assert_eq!(
        (kept("code is 1"), kept("roof"), kept("STOP"), kept("sink")),
        (true, true, false, false)
    );

    // After a replay, too, only the unreadable rest is kept.
    product.settings.insert("MC_INBOUND_FIELDS".into(), "from=cli,text=payload".into());
    let ran = product.run(&["quarantine", "replay"], "").await;
    assert_eq!(ran.code, Some(1));
    let rest = "understood: texts 1, receipts 0, and the rest stays: \
                the sender is a short code or a name, which cannot be answered";
    assert!(ran.printed[0].ends_with(rest), "{ran:?}");
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(CARA), ["You said: And my roof"]);
    let kept = product.store.quarantined(10).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].body.contains("code is 1") && !kept[0].body.contains("roof"));
}

#[tokio::test]
async fn a_replay_that_dies_before_it_deletes_answers_nobody_twice() {
    let fields = [("MC_INBOUND_FIELDS", "from=cli,text=payload")];
    let shape = InboundShape { id: None, ..UNHEARD_OF };
    let mut product = Product::start(&["messagecentral"]).await;
    let call = product.companies.messagecentral.inbound(
        &product.route(),
        WEBHOOK_TOKEN,
        &shape,
        ANN,
        "My tap drips",
    );
    product.post(&call).await;
    let kept = product.store.quarantined(10).await.unwrap().remove(0);
    product.settings.extend(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let id = product.store.names().quarantined(&kept);
    for _ in 0..2 {
        let ran = product.run(&["quarantine", "replay", &id[..8]], "").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        product.settled().await;
        assert_eq!(product.companies.messagecentral.texts_to(ANN), ["You said: My tap drips"]);
        assert_eq!(product.store.quarantine(&kept, None).await.unwrap(), Kept::First);
    }
}

#[tokio::test]
async fn a_late_answer_keeps_the_time_of_its_text_and_continues_from_now() {
    let mut product = Product::start(&["messagecentral"]).await;
    let call = not_understood(&product, ANN, "My tap drips");
    product.post(&call).await;
    product.as_if_later(Duration::from_secs(2 * 86_400));
    let came = product.store.quarantined(1).await.unwrap()[0].at;
    let fields = "from=cli,to=did,text=payload,id=ref";
    product.settings.insert("MC_INBOUND_FIELDS".into(), fields.into());
    assert_eq!(product.run(&["quarantine", "replay"], "").await.code, Some(0));
    product.settled().await;

    let id = between("messagecentral", ANN);
    let conversation =
        product.store.load(&id, Timestamp::now()).await.unwrap().unwrap().conversation;
    let first = serde_json::from_value(conversation.turns[0].clone()).unwrap();
    assert!(matches!(first, Entry::Person { at, .. } if at == came), "{first:?}");
    // Otherwise it would be over, like one that was quiet for a day.
    assert!(conversation.due_at.unwrap() > Timestamp::now());
    assert!(product.store.ended(&id).await.unwrap().is_empty());
}

#[tokio::test]
async fn show_prints_a_call_whole_but_for_its_token() {
    let mut product = Product::start(&["messagecentral"]).await;
    let call = not_understood(&product, ANN, "My tap drips");
    product.post(&call).await;
    let kept = product.store.quarantined(1).await.unwrap().remove(0);
    let id = product.store.names().quarantined(&kept);
    let ran = product.run(&["quarantine", "show", &id], "").await;
    assert_eq!(ran.printed[0], "POST /webhooks/messagecentral/inbound");
    assert_eq!(ran.printed.last().unwrap().as_bytes(), call.body);
    assert!(!ran.printed.concat().contains(WEBHOOK_TOKEN));
    let ran = product.run(&["quarantine", "show", "nothing"], "").await;
    assert_eq!(ran.said, ["error: no call nothing is kept: `quarantine` lists those that are"]);
}

#[tokio::test]
async fn a_text_that_came_to_the_wrong_address_is_answered_after_all() {
    let mut product = Product::start(&["twilio"]).await;
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", ANN),
        ("To", product.companies.twilio.number()),
        ("Body", "My tap drips"),
    ];
    let call =
        product.companies.twilio.signed(&product.route(), "/webhooks/twilio/status", &fields);
    assert_eq!(product.post(&call).await.status, 200);
    assert!(product.companies.twilio.messages().is_empty());
    assert_eq!(product.run(&["quarantine", "replay"], "").await.code, Some(0));
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
}
