//! Numbers that the owner has blocked. What they send is counted, and neither stored nor answered.
//!
//! A block is a document of its own, which does not expire. A text is taken on condition that there is
//! none, in the commit that takes it anyway, and a turn reads it together with its conversation: so
//! neither waits for it.

use documents::{Document, Fields, Path, Unavailable, Write, at};
use jiff::Timestamp;
use sms::Number;

use crate::stops::Stop;
use crate::store::Store;

/// The provider of the opt-out as which a block counts in a turn.
const BLOCKED: &str = "blocked";

impl Store {
    /// Blocks a number. A turn under way for it stores nothing more, and what waits is set aside.
    pub async fn block(&self, theirs: &Number, now: Timestamp) -> Result<(), Unavailable> {
        for person in self.names.people(theirs) {
            let block = Fields::none().with("at", now.as_millisecond());
            let block = Write::keep(block_of(&person), block);
            // Whoever works on the conversation has to look again.
            let path = at("heads", self.names.conversation_of(&person).as_str());
            let set = Fields::none().with("due_at", now.as_millisecond());
            let looked_at = Write::Count { path, set, add: vec![] };
            if !self.documents.if_unchanged(vec![block.clone(), looked_at.clone()]).await? {
                // There is no conversation, unless a text has begun one since.
                self.documents.commit(vec![block]).await?;
                self.documents.if_unchanged(vec![looked_at]).await?;
            }
        }
        Ok(())
    }

    /// Lifts the block, and forgets how many texts came meanwhile. False if there was none.
    pub async fn unblock(&self, theirs: &Number) -> Result<bool, Unavailable> {
        let people = self.names.people(theirs);
        let blocks: Vec<_> = people.iter().map(|person| block_of(person)).collect();
        let found = self.documents.get(&blocks).await?;
        let counts = people.iter().map(|person| count_of(person));
        let gone = blocks.iter().cloned().chain(counts).map(|path| Write::Delete(path, None));
        self.documents.commit(gone.collect()).await?;
        Ok(found.iter().any(Option::is_some))
    }

    /// Whether the number of a person who texts through this provider is blocked.
    pub async fn is_blocked(&self, provider: &str, theirs: &Number) -> Result<bool, Unavailable> {
        let block = block_of(&self.names.person(provider, theirs));
        Ok(self.documents.get_one(block).await?.is_some())
    }

    /// How many texts have come from a number since it was blocked, with whichever provider.
    pub async fn blocked_texts(&self, theirs: &Number) -> Result<u64, Unavailable> {
        let people = self.names.people(theirs);
        let counts: Vec<_> = people.iter().map(|person| count_of(person)).collect();
        let found = self.documents.get(&counts).await?.into_iter().flatten();
        Ok(found.filter_map(|it| it.fields.get::<u64>("texts")).sum())
    }

    /// Counts a text from a blocked number. A count that the store does not take is lost: the text was
    /// dealt with all the same.
    pub async fn count_blocked(&self, provider: &str, theirs: &Number) {
        let count = count_of(&self.names.person(provider, theirs));
        let added = self.documents.commit(vec![Write::Add(count, vec![("texts".into(), 1)])]).await;
        if let Err(error) = added {
            tracing::warn!(%error, "did not count a text from a blocked number: {error}");
        }
    }
}

pub(crate) fn block_of(person: &str) -> Path {
    at("blocks", person)
}

fn count_of(person: &str) -> Path {
    at("blocked", person)
}

/// A block counts as an opt-out that was confirmed, so that whatever stops for that stops for this.
pub(crate) fn silent(block: &Document) -> Stop {
    let at = block.fields.get("at").and_then(|at| Timestamp::from_millisecond(at).ok());
    Stop { at: at.unwrap_or_default(), provider: BLOCKED.to_owned(), confirmed: true }
}
