//! Refusing a store of another form or with another key, and finding everything again after a restart.

use std::sync::Arc;

use conversations::{Attempt, Change, ConversationId, Joined, Reply, Sending, Stop, Store, Taken};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use settings::Settings;
use sms::{Number, Receipt, Status};
use tempfile::TempDir;

use crate::common::{
    arrival, attempt_called, claim, id, later, load, names, now, receipt, reply, said,
};

const ANOTHER_KEY: &str = "YW5vdGhlciBrZXksIHdoaWNoIG5hbWVzIG5vYm9keSE=";

/// The settings that say where a store is.
pub(crate) type Place = Vec<(&'static str, String)>;

pub(crate) fn in_folder(folder: &TempDir) -> Place {
    let data = folder.path().join("data");
    vec![("DATA_DIR", data.to_str().unwrap().into()), ("NAME_KEY", fakes::NAME_KEY.into())]
}

/// A project of its own: nobody else's documents.
pub(crate) async fn at_the_emulator() -> Option<Place> {
    let emulator = fakes::firestore().await?;
    Some(vec![
        ("GOOGLE_CLOUD_PROJECT", fakes::unique_name()),
        ("FIRESTORE_EMULATOR_HOST", emulator.host),
        ("NAME_KEY", fakes::NAME_KEY.into()),
    ])
}

/// Everything that is found only by a name: waiting texts, an open reply, an attempt that failed late,
/// receipts, claims and opt-outs.
pub(crate) async fn finds_everything_by_its_name_after_a_restart(place: Place) {
    let store = open(&place);
    for message in ["SM1", "SM2"] {
        store.take(&arrival(message, "Hi", now())).await.unwrap();
    }
    let mut loaded = load(&store).await;
    let open_one = Reply {
        sending: Some(Sending {
            attempt: "a-1".into(),
            provider: "twilio".into(),
            at: now(),
            until: later(now(), 30),
        }),
        ..reply()
    };
    let mut next = loaded.conversation.clone();
    next.open = Some(open_one.clone());
    let begun = ["a-1", "a-2"].map(|name| Change::Attempt(attempt_called(name)));
    store.commit(&mut loaded, next, begun.into()).await.unwrap();
    let early = receipt(Status::Sent, None);
    assert_eq!(store.receive("twilio", &early, now()).await.unwrap(), Joined::NotYet);
    let failed = Receipt { message: "SM8".into(), ..receipt(Status::Failed, Some("a-2")) };
    store.receive("twilio", &failed, now()).await.unwrap();
    store.stop(&claim("SM3"), &stranger(), &stop(), &said("STOP")).await.unwrap();
    drop((store, loaded));

    let store = open(&place);
    let loaded = load(&store).await;
    assert!(loaded.conversation.open == Some(open_one));
    assert_eq!((loaded.waiting.len(), loaded.stop.is_some()), (2, false));
    assert_eq!(loaded.conversation.failed, ["a-2"]);
    assert_eq!(store.take(&arrival("SM1", "Hi", now())).await.unwrap(), Taken::Repeat);
    let to_stranger = Attempt { to: stranger(), ..attempt_called("a-3") };
    assert!(!store.begin(&to_stranger).await.unwrap());

    let names_it = receipt(Status::Delivered, Some("a-1"));
    let joined = store.receive("twilio", &names_it, now()).await.unwrap();
    assert!(matches!(joined, Joined::Attempt { .. }));
    store.receive("twilio", &names_it, now()).await.unwrap();
    assert_eq!(store.attempt("a-1").await.unwrap().unwrap().steps.len(), 1, "a repeat is none");
    let joined = store.receive("twilio", &early, now()).await.unwrap();
    assert!(matches!(joined, Joined::Attempt { .. }), "the one of before the restart");
}

pub(crate) async fn refuses_another_key_and_still_accepts_its_own(place: Place) {
    let store = open(&place);
    store.stop(&claim("SM1"), &stranger(), &stop(), &said("STOP")).await.unwrap();
    drop(store);
    let told = refused(&with_key(&place, ANOTHER_KEY)).await;
    assert!(
        told.contains("were made with another NAME_KEY: set the one that it was begun"),
        "{told}"
    );
    let again = Attempt { to: stranger(), ..attempt_called("a-1") };
    assert!(!open(&place).begin(&again).await.unwrap(), "the stop is there as it was");
}

/// Whoever has the file has its key.
#[tokio::test]
async fn the_embedded_store_knows_its_key_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_folder(&folder);
    drop(open(&place));
    let without = open(&with_key(&place, ""));
    assert_eq!(without.names().conversation("twilio", &stranger()), id_of_stranger());
    // A store that was begun without a key gets one of its own.
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let names = folders.each_ref().map(|folder| {
        let store = open(&with_key(&in_folder(folder), ""));
        store.names().conversation("twilio", &stranger())
    });
    assert!(names[0] != names[1] && !names.contains(&id_of_stranger()));
}

#[test]
fn firestore_is_not_opened_without_a_key() {
    let without = Settings::from([("GOOGLE_CLOUD_PROJECT", "p")]);
    let told = Store::open(&without).err().unwrap().to_string();
    assert!(told.starts_with("NAME_KEY cannot be used: it is not set, and Firestore is"), "{told}");
    assert!(told.contains("`openssl rand -base64 32`"), "{told}");
}

#[tokio::test]
async fn a_firestore_of_another_form_is_refused_and_an_empty_one_set_up_by_the_first_write() {
    let Some(place) = at_the_emulator().await else { return };
    let mark = "form/current";
    let reading = open(&place);
    assert!(reading.load(&id(), now()).await.unwrap().is_none());
    reading.documents().check().await.unwrap();
    assert_eq!(ask(&place, Method::GET, mark, None).await.0, StatusCode::NOT_FOUND);

    open(&place).stop(&claim("SM1"), &stranger(), &stop(), &said("STOP")).await.unwrap();
    let (_, marked) = ask(&place, Method::GET, mark, None).await;
    let (number, key) = (
        &marked["fields"]["number"]["integerValue"],
        &marked["fields"]["fingerprint"]["stringValue"],
    );
    assert_eq!((number, key.as_str().unwrap().len()), (&json!("2"), 32));
    reading.documents().check().await.unwrap();

    for (number, version) in [(1, "an older version"), (99, "a newer version")] {
        let other = json!({ "fields": { "number": { "integerValue": number.to_string() } } });
        ask(&place, Method::PATCH, mark, Some(other)).await;
        let told = refused(&place).await;
        assert!(told.contains(version), "{told}");
    }
    // As an older version left it, before there were forms.
    ask(&place, Method::DELETE, mark, None).await;
    let told = refused(&place).await;
    assert!(told.contains("an older version of textback: start that one, or set FIR"), "{told}");
    assert_eq!(ask(&place, Method::GET, mark, None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn several_that_begin_one_firestore_at_once_agree_on_a_key() {
    let Some(place) = at_the_emulator().await else { return };
    let others = with_key(&place, ANOTHER_KEY);
    let stores = [&place, &others, &place, &others].map(open);
    let tries = stores.iter().map(|store| store.try_writing(now()));
    let wrote = futures::future::join_all(tries).await;
    assert_eq!(wrote.iter().filter(|wrote| wrote.is_ok()).count(), 2, "{wrote:?}");
}

pub(crate) fn open(place: &Place) -> Arc<Store> {
    Arc::new(Store::open(&settings(place)).unwrap())
}

pub(crate) fn settings(place: &Place) -> Settings {
    place.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn with_key(place: &Place, key: &str) -> Place {
    let others = place.iter().filter(|(name, _)| *name != "NAME_KEY").cloned();
    others.chain([("NAME_KEY", key.to_owned())]).collect()
}

/// The message for whoever opens the store, or reads and writes.
async fn refused(place: &Place) -> String {
    let store = match Store::open(&settings(place)) {
        Err(error) => return error.to_string(),
        Ok(store) => store,
    };
    let told = store.documents().check().await.unwrap_err().to_string();
    let why = told.strip_prefix("the store cannot be used: ").unwrap();
    let read = store.load(&id(), now()).await.err().unwrap().to_string();
    let written = store.take(&arrival("SM7", "Hi", now())).await.unwrap_err().to_string();
    let found = store.notices(1).await.err().unwrap().to_string();
    assert!([read, written, found].iter().all(|said| said.ends_with(why)), "{why}");
    told
}

/// Asks the emulator behind our back for a document, as its owner may.
async fn ask(
    place: &Place,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let of = |name| &place.iter().find(|(known, _)| *known == name).unwrap().1;
    let (host, project) = (of("FIRESTORE_EMULATOR_HOST"), of("GOOGLE_CLOUD_PROJECT"));
    let address =
        format!("http://{host}/v1/projects/{project}/databases/(default)/documents/{path}");
    let request = Client::builder().no_proxy().build().unwrap().request(method, address);
    let answer = request.bearer_auth("owner").json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

fn stranger() -> Number {
    Number::parse("+12025550144").unwrap()
}

fn id_of_stranger() -> ConversationId {
    names().conversation("twilio", &stranger())
}

fn stop() -> Stop {
    Stop { at: now(), provider: "twilio".into(), confirmed: false }
}
