//! What is watched over all conversations, and what was said of it.

use documents::{Fields, Unavailable, Write, at};
use evidence::{Record, Rhythm};
use jiff::{SignedDuration, Timestamp};

use crate::lifetimes::NOTICES_LIVE;
use crate::shared::{By, open};
use crate::{Attempt, Notice, Store};

impl Store {
    /// What is remembered of every route by these providers.
    pub async fn records(&self, providers: &[&str]) -> Result<Vec<Record>, Unavailable> {
        let mut records = Vec::new();
        for provider in providers {
            records.extend(self.records_by(provider).await?.iter().filter_map(open));
        }
        Ok(records)
    }

    /// When conversations usually begin.
    pub async fn rhythm(&self) -> Result<Rhythm, Unavailable> {
        Ok(self.current("rhythm").await?.content)
    }

    /// Notes when the conversations began that these attempts open. To be called once a run, of all
    /// that the sweep looked at.
    ///
    /// None is counted twice, since what is no later than the last one noted is left out. That leaves
    /// one out now and then which was overtaken by a later one, and as many usually.
    pub async fn note_begun(
        &self,
        attempts: &[Attempt],
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let opens = |attempt: &&Attempt| attempt.opens && !attempt.is_pretended();
        let mut begun: Vec<_> = attempts.iter().filter(opens).map(|attempt| attempt.at).collect();
        if begun.is_empty() {
            return Ok(());
        }
        let known = self.current::<Rhythm>("rhythm").await?;
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
        self.documents.if_unchanged(vec![noted]).await?;
        Ok(())
    }

    /// Keeps a notice, unless one of its name is kept already and, given `again_after`, was kept that
    /// lately. Whether it was kept now, so that somebody has to be told.
    pub async fn notice_anew(
        &self,
        notice: &Notice,
        again_after: Option<SignedDuration>,
    ) -> Result<bool, Unavailable> {
        let path = at("notices", &notice.id);
        let next = Fields::of(notice).expiring(notice.at, NOTICES_LIVE);
        let write = match self.documents.get_one(path.clone()).await? {
            None => Write::Create(path, next),
            Some(found) => {
                let (version, last) = (found.version, found.fields.read::<Notice>()?.at);
                if again_after.is_none_or(|after| notice.at < last + after) {
                    return Ok(false);
                }
                Write::Replace(path, next, version)
            }
        };
        self.documents.if_unchanged(vec![write]).await
    }
}
