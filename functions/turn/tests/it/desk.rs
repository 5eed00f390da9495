//! What the lists of the console show of a conversation, and how it is found.

use std::collections::BTreeSet;

use conversations::{OrderKind, Row, Speaker, Standing, View};
use documents::{Write, at};
use fakes::{Mode, OpenAi};
use scene::Scene;
use serde_json::json;
use sms::Number;

const HOUR: i64 = 3_600;

/// The person's rows in a list.
async fn list(scene: &Scene, view: View) -> Vec<Row> {
    let page = scene.process.store.rows(view, scene.now, None, 50).await.unwrap();
    let count = scene.process.store.count_rows(view, scene.now, 50).await.unwrap();
    assert_eq!(count, page.found.len() as u64, "a count is that of the list");
    page.found.into_iter().map(|(_, row)| row).collect()
}

/// The lists that the person is in.
async fn lists(scene: &Scene) -> Vec<View> {
    let mut lists = vec![];
    for view in View::ALL {
        if !list(scene, view).await.is_empty() {
            lists.push(view);
        }
    }
    lists
}

/// Whether somebody who types this finds the person.
async fn finds(scene: &Scene, typed: &str) -> bool {
    scene.process.store.search(typed).await.unwrap().ids == BTreeSet::from([scene.id()])
}

#[tokio::test]
async fn a_row_shows_the_last_words_and_whose_turn_it_is() {
    let scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    scene.openai.switch.set(Mode::Holds);
    let seen = async {
        scene.openai.wait_for_requests(1).await;
        // It is answered in time: nobody waits.
        assert_eq!(lists(&scene).await, []);
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), seen);
    let rows = list(&scene, View::All).await;
    let row = &rows[0];
    assert_eq!((row.last.as_str(), row.who), ("You said: My sink leaks", Some(Speaker::Agent)));
    assert_eq!((row.state, row.number), (Standing::Theirs, 1));
    assert_eq!(row.at.map(|at| at.as_second()), Some(scene.now.as_second()));
    assert_eq!(row.theirs.as_ref().map(Number::as_str), Some(scene.person));
    assert_eq!(lists(&scene).await, [View::All]);
}

#[tokio::test]
async fn somebody_waits_while_the_model_does_not_answer_and_not_afterwards() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.text("My sink leaks").await;
    let texted = scene.now;
    scene.live(120).await;
    assert_eq!(lists(&scene).await, [View::Waiting, View::All]);
    let rows = list(&scene, View::Waiting).await;
    assert_eq!((rows[0].state, rows[0].waits_at), (Standing::Waiting, Some(texted)));
    scene.openai.switch.set(Mode::Works);
    scene.live(600).await;
    assert_eq!(lists(&scene).await, [View::All]);
}

#[tokio::test]
async fn a_conversation_is_with_the_business_until_it_is_given_back() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    assert_eq!(lists(&scene).await, [View::HandedOver, View::All]);
    let rows = list(&scene, View::HandedOver).await;
    assert_eq!((rows[0].state, rows[0].why.as_deref()), (Standing::Ours, Some("wants a human")));
    scene.say("Hello?").await;
    let row = list(&scene, View::HandedOver).await.remove(0);
    let reason = Some("wants a human");
    assert_eq!((row.last.as_str(), row.why.as_deref()), ("Somebody calls you.", reason));
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    assert_eq!(lists(&scene).await, [View::All]);
}

#[tokio::test]
async fn somebody_who_was_handed_over_and_whom_nobody_answered_waits_once_that_time_is_over() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    let handed_over = list(&scene, View::HandedOver).await[0].ours_at;
    scene.pass(13 * HOUR);
    scene.sweep().await;
    assert_eq!(lists(&scene).await, [View::Waiting, View::All]);
    let row = list(&scene, View::Waiting).await.remove(0);
    assert_eq!((row.waits_at, row.why.as_deref()), (handed_over, Some("with a person")));
    scene.order("ann", OrderKind::Done { word: None }).await;
    scene.live(60).await;
    assert_eq!(lists(&scene).await, [View::All]);
}

#[tokio::test]
async fn a_conversation_that_an_operator_took_ends_by_itself_and_shows_what_nobody_answered() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    scene.order("ann", OrderKind::Take).await;
    scene.live(60).await;
    let row = list(&scene, View::HandedOver).await.remove(0);
    assert_eq!((row.by.as_deref(), row.unread), (Some("ann"), 0));
    let say = OrderKind::Say { words: "Which day?".into(), at_night: true };
    scene.order("ann", say).await;
    scene.live(60).await;
    for text in ["Monday", "Or Tuesday"] {
        scene.say(text).await;
    }
    assert_eq!(list(&scene, View::HandedOver).await[0].unread, 2);
    scene.pass(13 * HOUR);
    scene.sweep().await;
    assert_eq!(lists(&scene).await, [View::Waiting, View::All]);
    // The agent never writes first: it takes them up with the next.
    scene.say("Hello?").await;
    let asked = scene.asked().pop().unwrap().join("\n");
    assert!(asked.contains("Monday\nOr Tuesday\n") && asked.ends_with("Hello?"), "{asked}");
    assert_eq!(lists(&scene).await, [View::All]);
}

#[tokio::test]
async fn a_conversation_that_is_given_back_with_nothing_said_since_leaves_the_list() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    assert_eq!(lists(&scene).await, [View::All]);
    assert_eq!(list(&scene, View::All).await[0].state, Standing::Over);
}

#[tokio::test]
async fn a_person_is_found_by_the_name_that_they_gave_in_an_earlier_conversation() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("record", r#"{"field":"name","value":"Zoë Miller"}"#);
    // In no words that could be searched: only in what was collected.
    scene.openai.says("Thank you.");
    scene.say("You have my card").await;
    for task in ["mend a tap", "paint a door"] {
        scene.pass(25 * HOUR);
        scene.sweep().await;
        scene.openai.calls("record", &json!({ "field": "task", "value": task }).to_string());
        scene.openai.says("Noted.");
        scene.say("One more thing").await;
        assert!(finds(&scene, "zoe miller").await && finds(&scene, task).await, "{task}");
        assert_eq!(list(&scene, View::All).await[0].name.as_deref(), Some("Zoë Miller"));
    }
}

#[tokio::test]
async fn who_goes_on_texting_goes_on_being_found() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("Hello").await;
    let until = async |scene: &Scene| -> i64 {
        let found = at("found", scene.id().as_str());
        let found = scene.process.store.documents().get_one(found).await.unwrap().unwrap();
        found.fields.get("expires_at").unwrap()
    };
    let first = until(&scene).await;
    scene.pass(25 * HOUR);
    scene.sweep().await;
    scene.say("Hello again").await;
    let day = 24 * HOUR * 1_000;
    assert!(until(&scene).await >= first + day);
}

#[tokio::test]
async fn a_result_is_new_until_somebody_has_seen_it() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.calls("record", r#"{"field":"name","value":"Zoë O'Brien"}"#);
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("Zoë here, a human please").await;
    assert!(list(&scene, View::NewResults).await[0].name.as_deref() == Some("Zoë O'Brien"));
    scene.process.store.note_seen(&scene.id(), scene.now).await.unwrap();
    assert_eq!(lists(&scene).await, [View::HandedOver, View::All]);
}

#[tokio::test]
async fn a_reply_that_did_not_arrive_is_shown_until_the_person_texts() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    let sid = scene.companies.twilio.messages().last().unwrap().sid.clone();
    scene.report(&scene.receipt(&sid, "undelivered", Some(30005))).await;
    scene.live(300).await;
    assert_eq!(lists(&scene).await, [View::NotDelivered, View::All]);
    scene.say("Are you there?").await;
    assert_eq!(lists(&scene).await, [View::All]);
}

#[tokio::test]
async fn a_person_is_found_by_number_name_and_words() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.calls("record", r#"{"field":"name","value":"Zoë O'Brien"}"#);
    scene.openai.calls("record", r#"{"field":"address","value":"12 Oak Road"}"#);
    scene.openai.says("Thank you, Zoë. We know the way.");
    scene.say("The waterfall in my kitchen").await;
    let number = Number::parse(scene.person).unwrap();
    let last_four = &scene.person[scene.person.len() - 4..];
    for typed in [
        scene.person,
        last_four,
        &number.display(),
        "zoe",
        "ZOE OBRIEN",
        "obri",
        "oak road",
        "Waterfall",
        "kitchen waterfall",
        "know the way",
    ] {
        assert!(finds(&scene, typed).await, "{typed}");
    }
    for typed in ["", "0000", "anna", "oak street", "+1", "\"", "kitchen AND", "*"] {
        assert!(!finds(&scene, typed).await, "{typed}");
    }
}

#[tokio::test]
async fn an_erased_person_is_in_no_list_and_is_not_found() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("record", r#"{"field":"name","value":"Zoë"}"#);
    scene.openai.says("Thank you.");
    scene.say("The waterfall in my kitchen").await;
    scene.pass(HOUR);
    let theirs = Number::parse(scene.person).unwrap();
    scene.process.store.erase(&theirs, || scene.now).await.unwrap();
    assert_eq!(lists(&scene).await, []);
    for typed in [scene.person, "zoe", "waterfall"] {
        assert!(!finds(&scene, typed).await, "{typed}");
    }
    scene.pass(60);
    scene.say("Hello").await;
    assert!(finds(&scene, scene.person).await && !finds(&scene, "zoe").await);
}

#[tokio::test]
async fn conversations_from_before_there_were_rows_are_added() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    let id = scene.id();
    let gone = ["desk", "found"].map(|beside| Write::Delete(at(beside, id.as_str()), None));
    scene.process.store.documents().commit(gone.to_vec()).await.unwrap();
    assert_eq!(lists(&scene).await, []);
    scene.live(60).await;
    assert_eq!(lists(&scene).await, [View::HandedOver, View::All]);
    assert_eq!(list(&scene, View::All).await[0].last, "Somebody calls you.");
    assert!(finds(&scene, scene.person).await);
    // Once they are added, nobody looks any more.
    let gone = Write::Delete(at("desk", id.as_str()), None);
    scene.process.store.documents().commit(vec![gone]).await.unwrap();
    scene.live(120).await;
    assert_eq!((lists(&scene).await, json!(scene.heard().len())), (vec![], json!(1)));
}
