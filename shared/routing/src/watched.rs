//! What is watched over all conversations.

use conversations::{Attempt, Store, opened};
use documents::{Fields, Unavailable};
use evidence::{Record, Rhythm};
use jiff::Timestamp;

use crate::routes::records_by;
use crate::shared::{By, current};

/// What is remembered of every route by these providers.
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

/// Notes when the conversations began that these attempts open. To be called once a run, of all
/// that the sweep looked at.
///
/// None is counted twice, since what is no later than the last one noted is left out. That leaves
/// one out now and then which was overtaken by a later one, and as many usually.
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
    // If somebody else notes at this moment, these get their turn when they are looked at again.
    store.documents().if_unchanged(vec![noted]).await?;
    Ok(())
}
