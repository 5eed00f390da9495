//! What is watched across all conversations.

use conversations::{Attempt, Store, opened};
use documents::{Fields, Unavailable};
use evidence::{Record, Rhythm};
use jiff::Timestamp;

use crate::routes::records_by;
use crate::shared::{By, current};

/// The record of every route of these providers.
pub async fn records(store: &Store, providers: &[&str]) -> Result<Vec<Record>, Unavailable> {
    let mut records = Vec::new();
    for provider in providers {
        records.extend(records_by(store, provider).await?.iter().filter_map(opened));
    }
    Ok(records)
}

/// When conversations usually begin.
pub async fn rhythm(store: &Store) -> Result<Rhythm, Unavailable> {
    Ok(current(store, "rhythm").await?.content)
}

/// Notes when the conversations opened by these attempts began. To be called once a run, with
/// everything that the sweep checked.
///
/// None is counted twice, since anything not later than the last note is ignored. That occasionally
/// ignores one that was overtaken by a later one, at a constant rate.
pub async fn note_begun(
    store: &Store,
    attempts: &[Attempt],
    now: Timestamp,
) -> Result<(), Unavailable> {
    let opens = |attempt: &&Attempt| attempt.opens && !attempt.is_pretended();
    let mut begun: Vec<_> = attempts.iter().filter(opens).map(|attempt| attempt.at).collect();
    if begun.is_empty() {
        return Ok(());
    }
    let known = current::<Rhythm>(store, "rhythm").await?;
    let mut rhythm = known.content.clone();
    begun.retain(|at| rhythm.last().is_none_or(|last| *at > last));
    if begun.is_empty() {
        return Ok(());
    }
    begun.sort_unstable();
    begun.into_iter().for_each(|at| rhythm.note(at));
    let rhythm = known.with(rhythm);
    let noted = rhythm.write(By::Sweep, "rhythm", "current", Fields::none(), now);
    // If another process notes at this moment, these are noted at their next check.
    store.documents().if_unchanged(vec![noted]).await?;
    Ok(())
}
