//! The names of people, which reveal no number without the key.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use conversations::{Arrival, Names, Store, Waiting};
use serde_json::json;
use sha2::{Digest, Sha256};
use telemetry::TraceId;

use crate::common::{arrival, load, names, now, person, taken};
use crate::quarantine::misread;

const OTHER: &str = "YW5vdGhlciBrZXksIHdoaWNoIG5hbWVzIG5vYm9keSE=";

pub(crate) async fn continues_with_a_person_who_texts_another_of_our_numbers(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let mut next = loaded.conversation.clone();
    next.turns = vec![json!({ "person": "Hi" })];
    store.commit(&mut loaded, next.clone(), vec![]).await.unwrap();
    let elsewhere = Arrival {
        text: Waiting::new("plivo", "+12025550199", "And you?", &TraceId::fresh(), now()),
        ..arrival("another", "And you?", now())
    };
    store.take(&elsewhere).await.unwrap();
    let loaded = load(&store).await;
    assert_eq!((loaded.conversation.turns, loaded.waiting.len()), (next.turns, 2));
    assert_eq!(loaded.conversation.ours, "+12025550199");
}

#[test]
fn nobody_can_make_a_name_without_the_key() {
    let other = Names::by(&OTHER.into()).unwrap();
    let (ours, theirs) = (all(&names()), all(&other));
    assert_eq!(ours, all(&names()));
    assert!(ours.is_disjoint(&theirs));
    // A name that anybody can compute is reversed with a list of all numbers.
    let [number, body] = [person().as_str().to_owned(), "yes".into()];
    let plain = [vec!["theirs", &number], vec![&number], vec!["twilio", &number], vec![&body]];
    let plain: Vec<_> = plain.iter().flat_map(|words| plain_hashes(words)).collect();
    assert!(ours.iter().all(|name| plain.iter().all(|plain| !name.contains(plain))));
}

#[test]
fn a_key_is_32_bytes_in_base64_or_hexadecimal() {
    let key = "c29tZSBrZXkgd2l0aCB3aGljaCB0ZXN0cyBuYW1lIGE";
    let hexadecimal = "736f6d65206b65792077697468207768696368207465737473206e616d652061";
    for written in [key, &format!("{key}="), hexadecimal, &hexadecimal.to_uppercase()] {
        assert_eq!(all(&Names::by(&written.into()).unwrap()), all(&names()), "{written}");
    }
    for wrong in ["x", &key[..42], &hexadecimal[..62], &format!("{hexadecimal}00"), "c2hvcnQ="] {
        let told = Names::by(&wrong.into()).err().expect(wrong).to_string();
        let expected = "NAME_KEY cannot be used: write 32 bytes, as `openssl rand -base64 32` prints \
                        them";
        assert_eq!(told, expected, "{wrong}");
    }
}

/// A name of each kind.
fn all(names: &Names) -> HashSet<String> {
    let [conversation, mocks] = ["twilio", "mock"].map(|by| names.conversation(by, &person()));
    let probe = names.probe("twilio", &person());
    let ids = [conversation, mocks, probe].map(|id| id.to_string());
    let window = Duration::from_secs(120);
    let claims = [
        names.message("twilio", "SM1"),
        names.words("twilio", &[person().as_str(), "yes"], window),
    ];
    let others =
        [names.test_send("twilio", &person(), "4821"), names.quarantined(&misread("STOP", now()))];
    let halves = ids.iter().flat_map(|id| id.split('-')).map(str::to_owned);
    let claims = claims.iter().map(|claim| claim.name().to_owned());
    halves.chain(claims).chain(others).collect()
}

/// The plain hashes that an attacker would try, in hexadecimal: of the words concatenated, and with the
/// length of each in front.
fn plain_hashes(words: &[&str]) -> [String; 2] {
    let mut with_lengths = Sha256::new();
    for word in words {
        with_lengths.update((word.len() as u64).to_be_bytes());
        with_lengths.update(word);
    }
    [Sha256::digest(words.concat()), with_lengths.finalize()]
        .map(|hash| hash[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}
