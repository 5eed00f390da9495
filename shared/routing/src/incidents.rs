//! What we depend on beside routes, and who was told that it fails.
//!
//! It lies with what is known of routes, which every turn has read already: as long as all works,
//! nothing is read or written for it.

use conversations::{Notice, Store};
use documents::{Fields, Unavailable, hash};
use evidence::{Health, News, Seen};
use jiff::Timestamp;

use crate::shared::{ATTEMPTS, By, current};

/// Notes what is seen of something that we depend on, and returns what somebody has to hear of it:
/// to one of all who see the same. That is kept as a notice as well, in these sentences. `None`: what
/// was written a moment ago is left alone, and it has to be seen once more.
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
                    whom: None,
                    id: format!("incident-{}-{}", hash(&[name]), now.as_millisecond()),
                    sentence: sentence.to_owned(),
                    conversation: None,
                    trace: None,
                    at: now,
                }
                .keep(),
            );
        }
        if store.documents().if_unchanged(writes).await? {
            return Ok(Some(news));
        }
    }
    // Those who were faster have seen it too, or somebody will see it with the next text.
    Ok(None)
}
