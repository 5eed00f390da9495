//! What the embedded store finds within fields after an expiry, and in files of older versions.

use documents::{Documents, Fields, Write, at};
use serde_json::json;

use crate::contract::kept::found;
use crate::contract::names;
use crate::{open, open_with};

/// What the version before these searches declares.
mod older {
    documents::collections! {
        things [Expires FromTheFirst] { DUE_AT: Time = "due_at", PLACE: Text = "place", }
        stops [InLedger] {}
    }
}

#[tokio::test]
async fn an_expired_document_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&[("DATA_DIR", folder.path().join("data").to_str().unwrap())]);
    keep(&store, "a", 1_000).await;
    keep(&store, "b", 3_000).await;
    store.expire(2_000, 0).await.unwrap();
    assert_eq!(found(&store).await, ["b"; 2]);
}

#[tokio::test]
async fn an_older_file_is_completed_and_still_the_older_versions() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let place = [("DATA_DIR", data.to_str().unwrap())];
    let thing = || Write::keep(at("things", "a"), Fields::of(&json!({ "due_at": 1 })));
    open_with(&place, older::ALL).commit(vec![thing()]).await.unwrap();
    keep(&open(&place), "a", 1_000).await;
    let before = open_with(&place, older::ALL);
    before.commit(vec![thing()]).await.unwrap();
    assert_eq!(before.purge().await.unwrap(), None);
    drop(before);
    let store = open(&place);
    assert_eq!(found(&store).await, ["a"; 2]);
    keep(&store, "b", 1_000).await;
    assert_eq!(found(&store).await, ["a b"; 2]);
}

async fn keep(store: &Documents, name: &str, expires: i64) {
    let fields = json!({ "tokens": ["a1"], "said": "It drips", "expires_at": expires });
    store.commit(vec![Write::Create(at("found", name), Fields::of(&fields))]).await.unwrap();
}

/// What both searches find.
async fn found(store: &Documents) -> [String; 2] {
    let [mut by_token, mut by_word] = [
        names(store, found::TOKENS.contains("a1", 9)).await,
        names(store, found::SAID.all_of("drips", 9)).await,
    ];
    by_token.sort();
    by_word.sort();
    [by_token.join(" "), by_word.join(" ")]
}
