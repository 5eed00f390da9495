use conversations::budget::{Booking, Payer, Period};
use conversations::{
    Attempt, Change, Ended, FollowUp, HandedOver, Notice, Quarantined, StatusUpdate,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sms::{Number, Receipt, Status};

use crate::at_home;
use crate::conversation::*;

#[tokio::test]
async fn says_what_is_real() {
    let about = at_home().get("about").await;
    assert_eq!(
        about,
        json!({
            "agent": "Handy Home",
            "model": "offline",
            "model_offline": true,
            "providers": ["mock"],
            "mock": true,
            "store": "embedded",
            "public_url": "http://localhost:5000",
            "turns": 7,
            "currency": "USD",
            "fields": ["task", "day"],
        })
    );
}

#[tokio::test]
async fn shows_a_phone_that_was_never_used() {
    let phone = at_home().get("phones/+12025550143").await;
    assert_eq!((&phone["messages"], &phone["waiting"]), (&json!([]), &json!(0)));
    assert_eq!(phone["theirs"], "+12025550143");
}

#[tokio::test]
async fn shows_a_text_before_it_is_answered() {
    let console = at_home();
    take(&console.store, "A tap drips", 0).await;
    let phone = console.get("phones/%2B12025550143").await;
    assert_eq!(bubbles(&phone), ["person: A tap drips"]);
    assert_eq!(phone["waiting"], 1);
    assert_eq!(phone["messages"][0]["trace"], trace(0).as_str());
    assert_eq!(phone["messages"][0]["at"], at(0).as_millisecond());
}

#[tokio::test]
async fn shows_texts_that_were_set_aside_and_why() {
    let console = at_home();
    answer(&console.store, 0, "Which day?", Status::Delivered).await;
    take(&console.store, "I am out of the office", 60).await;
    let mut loaded = load(&console.store).await;
    let (next, aside) = (loaded.conversation.clone(), loaded.waiting.clone());
    let aside = Change::SetAside(aside, "loop");
    console.store.commit(&mut loaded, next, vec![aside]).await.unwrap();
    let phone = console.get("phones/+12025550143").await;
    let message = &phone["messages"][2];
    assert_eq!(
        (&message["text"], &message["aside"]),
        (&json!("I am out of the office"), &json!("loop"))
    );
    assert_eq!((&phone["waiting"], &phone["messages"][0]["aside"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn gives_a_conversation_that_was_handed_over_back_to_the_agent() {
    let console = at_home();
    answer(&console.store, 0, "Somebody calls you", Status::Delivered).await;
    let path = format!("POST /console/api/conversations/{}/give-back", id());
    let acting = console.acting().await;
    assert_eq!(console.call(&path, &acting).await.0, 409, "the agent has it");
    let mut loaded = load(&console.store).await;
    let mut next = loaded.conversation.clone();
    let (now, until) = (Timestamp::now(), Timestamp::now() + SignedDuration::from_hours(1));
    next.handed_over = Some(HandedOver::new(at(0), until));
    next.turns.push(said("by_hand", "We come at nine", 10));
    console.store.commit(&mut loaded, next, vec![]).await.unwrap();
    let phone = console.get("phones/+12025550143").await;
    assert_eq!(phone["with_person_until"], until.as_millisecond());
    assert_eq!(bubbles(&phone)[2], "business: We come at nine");
    assert_eq!(console.get("conversations").await[0]["state"], "handed_over");

    assert_eq!(console.call(&path, "").await.0, 403);
    let foreign = format!("{acting}\nOrigin: https://elsewhere.example");
    assert_eq!(console.call(&path, &foreign).await.0, 403);
    assert_eq!(console.call(&path, &console.known()).await.0, 403);
    assert!(load(&console.store).await.conversation.is_with_person(now));
    assert_eq!(console.call(&path, &acting).await.0, 200);
    assert!(!load(&console.store).await.conversation.is_with_person(now));
    let phone = console.get("phones/+12025550143").await;
    assert_eq!(phone["with_person_until"], Value::Null);
    let nobody = format!("POST /console/api/conversations/{}/give-back", "nobody");
    assert_eq!(console.call(&nobody, &acting).await.0, 404);
}

#[tokio::test]
async fn says_whom_a_notice_is_about() {
    let console = at_home();
    let follow_up =
        FollowUp { theirs: person(), why: "wants a human".into(), said: "My tap drips".into() };
    let notice = Notice {
        id: "handed-over".into(),
        sentence: "The agent handed a conversation over.".into(),
        conversation: Some(id()),
        trace: None,
        follow_up: Some(follow_up),
        at: at(0),
    };
    console.store.notice(&notice).await.unwrap();
    let shown = &console.get("notices").await["notices"][0];
    assert_eq!(
        shown["sentence"],
        "The agent handed a conversation over. It is +12025550143. Why: wants a human. They last \
         said: “My tap drips”."
    );
}

#[tokio::test]
async fn gives_each_reply_its_own_delivery() {
    let console = at_home();
    answer(&console.store, 0, "Where do you live?", Status::Delivered).await;
    answer(&console.store, 60, "Which day?", Status::Accepted).await;
    let phone = console.get("phones/+12025550143").await;
    assert_eq!(
        bubbles(&phone),
        [
            "person: Text",
            "agent: Where do you live? (delivered by mock as m-0)",
            "person: Text",
            "agent: Which day? (accepted by mock as m-60)",
        ]
    );
    let traces: Vec<_> = (0..4).map(|index| phone["messages"][index]["trace"].clone()).collect();
    assert_eq!(traces, [&trace(0), &trace(0), &trace(60), &trace(60)].map(|trace| json!(trace)));
}

#[tokio::test]
async fn claims_nothing_about_a_reply_that_no_provider_took() {
    let console = at_home();
    answer(&console.store, 0, "Where?", Status::Delivered).await;
    take(&console.store, "Here", 60).await;
    let mut turns = load(&console.store).await.conversation.turns;
    turns.extend([said("person", "Here", 60), said("agent", "Which day?", 61)]);
    commit(&console.store, turns, vec![]).await;
    let bubbles = bubbles(&console.get("phones/+12025550143").await);
    assert_eq!(
        bubbles[1..],
        ["agent: Where? (delivered by mock as m-0)", "person: Here", "agent: Which day?"]
    );
}

#[tokio::test]
async fn shows_the_last_attempt_at_a_reply() {
    let console = at_home();
    take(&console.store, "Text", 0).await;
    let turns = vec![said("person", "Text", 0), said("agent", "Where?", 1)];
    let mut attempts = vec![attempt(0, 1), attempt(0, 2)];
    attempts[1].id = "second".into();
    attempts[1].provider = "twilio".into();
    commit(&console.store, turns, attempts).await;
    let mut loaded = load(&console.store).await;
    let next = loaded.conversation.clone();
    let refused = status_update("a-0", Status::Failed, Some("21408"));
    console.store.commit(&mut loaded, next, vec![refused]).await.unwrap();
    let phone = console.get("phones/+12025550143").await;
    assert_eq!(bubbles(&phone), ["person: Text", "agent: Where? (sending by twilio as null)"]);
    assert_eq!(phone["attempts"][0]["code"], "21408");
}

#[tokio::test]
async fn keeps_the_messages_of_ended_conversations() {
    let console = at_home();
    answer(&console.store, 0, "Goodbye", Status::Delivered).await;
    let mut loaded = load(&console.store).await;
    let mut next = loaded.conversation.clone();
    let ended = Ended {
        conversation: id(),
        number: 1,
        ours: "mock".into(),
        theirs: person(),
        via: String::new(),
        why: None,
        ending: "finished".into(),
        brief: json!({ "task": "a tap" }).as_object().unwrap().clone(),
        turns: std::mem::take(&mut next.turns),
        cost: "0.03".parse().unwrap(),
        at: at(5),
    };
    next.number = 2;
    console.store.commit(&mut loaded, next, vec![Change::Ended(ended)]).await.unwrap();
    take(&console.store, "Me again", 60).await;

    let phone = console.get("phones/+12025550143").await;
    assert_eq!(
        bubbles(&phone),
        ["person: Text", "agent: Goodbye (delivered by mock as m-0)", "person: Me again",]
    );
    let before = json!([{
        "number": 1,
        "ending": "finished",
        "cost": "0.03",
        "brief": { "task": "a tap" },
        "at": at(5).as_millisecond(),
    }]);
    assert_eq!((&phone["number"], &phone["ended"]), (&json!(2), &before));
    assert_eq!(console.get(&format!("conversations/{}", id())).await, phone);
}

#[tokio::test]
async fn marks_fixed_texts_and_notes_to_the_model() {
    let console = at_home();
    take(&console.store, "STOP", 0).await;
    let turns = vec![
        said("person", "STOP", 0),
        said("fixed", "You are unsubscribed.", 1),
        json!({ "kind": "note", "text": "It is not known." }),
        json!({ "kind": "of a later version" }),
    ];
    commit(&console.store, turns, vec![]).await;
    assert_eq!(
        bubbles(&console.get("phones/+12025550143").await),
        ["person: STOP", "product: You are unsubscribed.", "note: It is not known."]
    );
}

#[tokio::test]
async fn shows_texts_in_the_order_of_a_phone() {
    let console = at_home();
    take(&console.store, "First", 0).await;
    take(&console.store, "While it thinks", 1).await;
    let mut loaded = load(&console.store).await;
    let mut next = loaded.conversation.clone();
    let first = Change::TakenUp(loaded.waiting[..1].to_vec());
    next.turns = vec![
        said("person", "First", 0),
        said("agent", "Where?", 2),
        json!({ "kind": "note", "text": "It is not known." }),
    ];
    console.store.commit(&mut loaded, next, vec![first]).await.unwrap();
    assert_eq!(
        bubbles(&console.get("phones/+12025550143").await),
        ["person: First", "person: While it thinks", "agent: Where?", "note: It is not known."]
    );
}

#[tokio::test]
async fn lists_conversations() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let listed = console.get("conversations").await;
    assert_eq!(
        listed,
        json!([{
            "id": id(),
            "ours": "mock",
            "theirs": "+12025550143",
            "number": 1,
            "answers": 0,
            "waiting": true,
            "state": "thinking",
            "at": at(0).as_millisecond(),
        }])
    );
}

#[tokio::test]
async fn shows_until_when_an_answer_waits() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let mut loaded = load(&console.store).await;
    let mut next = loaded.conversation.clone();
    let until = Timestamp::now() + SignedDuration::from_hours(8);
    next.quiet_until = Some(until);
    console.store.commit(&mut loaded, next, vec![]).await.unwrap();
    let listed = console.get("conversations").await;
    let phone = console.get("phones/+12025550143").await;
    assert_eq!(
        (&listed[0]["state"], &phone["waits_until"]),
        (&json!("quiet"), &json!(until.as_millisecond()))
    );
}

#[tokio::test]
async fn shows_a_trace_from_the_webhook_to_the_receipt() {
    let console = at_home();
    answer(&console.store, 0, "Where?", Status::Accepted).await;
    let report = Receipt {
        message: "m-0".into(),
        attempt: Some("a-0".into()),
        part: None,
        status: Status::Delivered,
        raw_status: "delivered".into(),
        code: None,
        opted_out: false,
        charge: None,
    };
    console.store.receive("mock", &report, at(9)).await.unwrap();
    let shown = console.get(&format!("traces/{}", trace(0))).await;
    let steps = shown["steps"].as_array().unwrap();
    let whats: Vec<_> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["received", "receipt"]);
    assert_eq!(
        (&shown["conversation"], &shown["attempts"][0]["status"]),
        (&json!(id()), &json!("delivered"))
    );
}

#[tokio::test]
async fn shows_the_limits_and_what_the_last_days_have_cost() {
    let console = at_home();
    let period = Period::of(Timestamp::now(), &TimeZone::UTC);
    let shard = console.store.shards(Payer::People(1)).await.unwrap().remove(0).name().to_owned();
    let spent = "0.25".parse().unwrap();
    take(&console.store, "My tap drips", 0).await;
    let mut loaded = load(&console.store).await;
    let next = loaded.conversation.clone();
    let booked = Change::Booked(Booking { shard, period, spent, released: None });
    console.store.commit(&mut loaded, next, vec![booked]).await.unwrap();

    let shown = console.get("limits").await;
    let of = |setting: &str| {
        let limits = shown["limits"].as_array().unwrap();
        limits.iter().find(|limit| limit["setting"] == setting).unwrap().clone()
    };
    assert_eq!(
        (&of("CAP_DAY")["limit"], &of("CAP_DAY")["used"]),
        (&"10.00".into(), &"0.25".into())
    );
    assert_eq!(of("REPLIES_PER_HOUR")["used"], Value::Null);
    assert_eq!(shown["days"][0]["spent"], "0.25");
}

#[tokio::test]
async fn knows_nothing_of_strangers() {
    let console = at_home();
    for path in [
        format!("traces/{}", trace(0)),
        "traces/x".into(),
        format!("conversations/{}", id()),
        "conversations/x".into(),
        "phones/x".into(),
    ] {
        let call = format!("GET /console/api/{path}");
        assert_eq!(console.call(&call, &console.known()).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn shows_what_needs_a_person() {
    let console = at_home();
    let call = Quarantined {
        provider: "messagecentral".into(),
        reason: "no sender".into(),
        fields: vec![],
        method: "POST".into(),
        path: "/webhooks/messagecentral/inbound".into(),
        query: String::new(),
        content_type: "application/json".into(),
        body: "{}".into(),
        base64: false,
        seen: 1,
        trace: trace(0),
        at: at(0),
    };
    console.store.quarantine(&call, None).await.unwrap();
    let shown = console.get("notices").await;
    assert_eq!(shown["quarantined"][0]["body"], "{}");
    let sentence = shown["notices"][0]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("A verified call from messagecentral was not understood"));
}

#[tokio::test]
async fn says_what_the_code_of_a_reply_means() {
    let console = at_home();
    take(&console.store, "Text", 0).await;
    let turns = vec![said("person", "Text", 0), said("agent", "Where?", 1)];
    let attempt = Attempt { provider: "twilio".into(), ..attempt(0, 1) };
    commit(&console.store, turns, vec![attempt]).await;
    let mut loaded = load(&console.store).await;
    let next = loaded.conversation.clone();
    let lost = status_update("a-0", Status::Undelivered, Some("30034"));
    console.store.commit(&mut loaded, next, vec![lost]).await.unwrap();
    let delivery = &console.get("phones/+12025550143").await["messages"][1]["delivery"];
    assert_eq!(
        (&delivery["status"], &delivery["conflicted"]),
        (&json!("undelivered"), &false.into())
    );
    assert_eq!(
        delivery["means"],
        "The number is not registered for the United States (A2P 10DLC). Register brand and \
         campaign in Twilio's console and add the number to the campaign."
    );
}

#[tokio::test]
async fn shows_a_reply_that_was_reported_both_as_lost_and_as_delivered() {
    let console = at_home();
    answer(&console.store, 0, "Where?", Status::Undelivered).await;
    let mut loaded = load(&console.store).await;
    let next = loaded.conversation.clone();
    let after_all = status_update("a-0", Status::Delivered, None);
    console.store.commit(&mut loaded, next, vec![after_all]).await.unwrap();
    let shown = console.get(&format!("traces/{}", trace(0))).await;
    let attempt = &shown["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["conflicted"]), (&json!("delivered"), &true.into()));
}

#[tokio::test]
async fn shows_the_state_of_each_route_and_why_the_worst_first() {
    let console = at_home();
    assert_eq!(console.get("notices").await["routes"], json!([]));
    let attempt = |provider: &str, to: &str, status, code: Option<&str>| {
        let (id, provider) = (format!("a-{provider}-{to}"), provider.to_owned());
        let (sender, to) = ("+12025550100".into(), Number::parse(to).unwrap());
        Attempt { id, provider, sender, to, ..attempt(0, 1) }.updated(&StatusUpdate {
            code: code.map(str::to_owned),
            ..StatusUpdate::new("a", status, at(2))
        })
    };
    let attempts = [
        attempt("twilio", "+12025550143", Status::Delivered, None),
        attempt("twilio", "+447700900143", Status::Failed, Some("21408")),
        // It is not configured, so nobody can do anything about it.
        attempt("plivo", "+12025550143", Status::Failed, Some("http 401")),
    ];
    routing::weigh(&console.store, &console.providers, &attempts, at(3)).await.unwrap();
    let routes = &console.get("notices").await["routes"];
    assert_eq!(
        routes[0],
        json!({
            "provider": "twilio",
            "sender": "+12025550100",
            "country": "44",
            "state": "down",
            "why": "It refuses texts because of the sender, or of the country for this sender \
                    (code 21408).",
            "fix": "Switch the country on in Twilio's console under Messaging, Settings, Geo \
                    permissions.",
            "since": at(1).as_millisecond(),
        })
    );
    assert_eq!((&routes[1]["country"], &routes[1]["state"]), (&json!("1"), &json!("healthy")));
    assert_eq!((&routes[1]["fix"], &routes[2]), (&Value::Null, &Value::Null));
}
