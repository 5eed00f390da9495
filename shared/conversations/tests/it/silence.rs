//! What every store promises about people who come back after a long silence.

use std::sync::Arc;

use conversations::{Change, Store};
use documents::{Write, at};
use serde_json::json;

use crate::common::*;

const YEAR: i64 = 365 * 24 * 3600;

pub(crate) async fn forgets_a_person_after_a_year_of_silence(store: Arc<Store>) {
    told(&store).await;
    let text = arrival("SM2", "Hi", later(now(), YEAR));
    store.take(&text).await.unwrap();
    let load = async || store.load(&id(), text.at).await.unwrap().unwrap();
    let mut loaded = load().await;
    for _ in 0..2 {
        let known = &loaded.conversation;
        assert!(known.turns.is_empty() && known.brief.is_empty() && known.answers == 0);
        assert_eq!(known.number, 2);
        let next = known.clone();
        store.commit(&mut loaded, next, vec![]).await.unwrap();
        loaded = load().await;
    }
    let ended = store.ended(&id()).await.unwrap();
    assert_eq!((ended.len(), &ended[0].turns), (1, &vec![json!({"person": "Hi"})]));
    assert_eq!((ended[0].number, ended[0].at), (1, now()));
}

pub(crate) async fn knows_a_person_after_less_than_a_year(store: Arc<Store>) {
    told(&store).await;
    let text = arrival("SM2", "Hi", later(now(), YEAR - 1));
    store.take(&text).await.unwrap();
    let loaded = store.load(&id(), text.at).await.unwrap().unwrap();
    assert_eq!((loaded.conversation.turns.len(), loaded.conversation.number), (1, 1));
}

/// A store may delete one of them a day before the other.
pub(crate) async fn tells_nobody_what_is_left_of_an_expired_conversation(store: Arc<Store>) {
    told(&store).await;
    let head = Write::Delete(at("heads", id().as_str()), None);
    store.documents().commit(vec![head]).await.unwrap();
    store.take(&arrival("SM2", "Hi", later(now(), 60))).await.unwrap();
    for _ in 0..2 {
        let mut loaded = load(&store).await;
        assert!(loaded.conversation.turns.is_empty() && loaded.conversation.brief.is_empty());
        let next = loaded.conversation.clone();
        store.commit(&mut loaded, next, vec![]).await.unwrap();
    }
}

/// A conversation in which something was said and collected.
async fn told(store: &Store) {
    let mut loaded = taken(store).await;
    let mut next = loaded.conversation.clone();
    next.turns.push(json!({"person": "Hi"}));
    next.brief.insert("rooms".into(), json!(3));
    next.answers = 1;
    let texts = loaded.waiting.clone();
    store.commit(&mut loaded, next, vec![Change::TakenUp(texts)]).await.unwrap();
}
