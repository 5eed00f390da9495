//! Incidents of things other than routes, and who was told about them.
//!
//! They are stored with the health of routes, which every turn has already read: while everything
//! works, they cost no read and no write.

use conversations::{Notice, Store};
use documents::{Fields, Unavailable, hash};
use evidence::{Health, News, Seen};
use jiff::Timestamp;

use crate::shared::{ATTEMPTS, By, current};

/// Records an observation of something that we depend on, and returns the news that somebody has to
/// hear: to one of all who observe the same. The news is also stored as a notice, in these sentences.
/// `None`: a document written a moment ago is left alone, so it has to be observed once more.
pub async fn see(
    store: &Store,
    name: &str,
    seen: Seen,
    sentence: &str,
    now: Timestamp,
) -> Result<Option<News>, Unavailable> {
    for _ in 0..ATTEMPTS {
        let known = current::<Health>(store, "health").await?;
        let Some((incident, news)) = known.content.sees(name, seen, now) else {
            return Ok(Some(News::Nothing));
        };
        if known.is_left_alone(By::Witness, now) {
            return Ok(None);
        }
        let mut health = known.content.clone();
        health.remember(name, incident, now);
        let health = known.with(health);
        let mut writes = vec![health.write(By::Witness, "health", "current", Fields::none(), now)];
        if news != News::Nothing {
            writes.push(
                Notice {
                    follow_up: None,
                    id: format!("incident-{}-{}", hash(&[name]), now.as_millisecond()),
                    sentence: sentence.to_owned(),
                    conversation: None,
                    trace: None,
                    at: now,
                }
                .keep(store.lifetimes()),
            );
        }
        if store.documents().if_unchanged(writes).await? {
            return Ok(Some(news));
        }
    }
    // Those who were faster have seen it too, or the next text will show it.
    Ok(None)
}
