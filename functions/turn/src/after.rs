//! Texts after the goodbye: thanks need no answer, second thoughts continue the conversation.

use agent::Turn as Entry;
use conversations::{Change, Conversation, Loaded, Previous, Unavailable};
use policy::{asks, is_thanks, reaction};
use serde_json::Value;

use crate::Wake;
use crate::edit::Draft;
use crate::run::Run;
use crate::transcript::{entries, note};

/// How many more answers a conversation may have after its end.
const MORE_ANSWERS: u32 = 2;

/// The agent's instructions for a conversation that continues.
const WAS_OVER: &str = "The conversation was over, and what you recorded is with the business. The \
                        person texts again: if they correct or add something, record it, if they \
                        take something back, forget it, and say so in a sentence; the business is \
                        told of the change. Ask only what you must.";

impl Wake<'_> {
    /// Continues the previous conversation, if it ended only recently and the waiting texts are
    /// more than thanks.
    pub(crate) async fn reopen(&self, loaded: &mut Loaded, run: &Run) -> Result<(), Unavailable> {
        let Some(over) = self.goes_on_in(&loaded.conversation, run).cloned() else {
            return Ok(());
        };
        let ended = self.turn.store.ended_as(&self.id, over.number).await?;
        // It has been deleted.
        let Some(ended) = ended else { return Ok(()) };
        self.edit(loaded, |loaded| {
            if self.goes_on_in(&loaded.conversation, run) != Some(&over) {
                return None;
            }
            let mut draft = Draft::of(loaded);
            draft.next.number = ended.number;
            draft.next.brief = ended.brief.clone();
            let since = std::mem::replace(&mut draft.next.turns, ended.turns.clone());
            draft.next.turns.extend(since);
            let account = &mut draft.next.account;
            account.cost = account.cost.saturating_add(ended.cost);
            draft.next.turns.push(note(WAS_OVER));
            // The remaining number of answers.
            draft.next.answers = self.turn.agent.page.turns.saturating_sub(over.left).max(1);
            draft.changes.push(Change::GoesOn(ended.number));
            Some(draft)
        })
        .await?;
        Ok(())
    }

    fn goes_on_in<'c>(&self, conversation: &'c Conversation, run: &Run) -> Option<&'c Previous> {
        let over = before(conversation)?;
        let now = self.clock.now();
        let lately = now < over.at + self.turn.agent.page.grace;
        let goes_on = lately
            && over.left > 0
            && !["handed_over", "done"].contains(&over.ending.as_str())
            && run.thinks()
            && !conversation.is_with_person(now)
            && needs_no_answer(conversation, run).is_none();
        goes_on.then_some(over)
    }

    /// The record of the conversation that ends now, and that may have ended once `before`.
    pub(crate) fn over(
        &self,
        next: &Conversation,
        before: Option<&Previous>,
        ending: &str,
        (results, result): (u32, String),
    ) -> Previous {
        let left = match before {
            Some(_) => self.turn.agent.page.turns.saturating_sub(next.answers),
            None => MORE_ANSWERS,
        };
        Previous {
            number: next.number,
            ending: ending.to_owned(),
            asks: last_said(&next.turns).is_some_and(|said| asks(&said)),
            left,
            results,
            result,
            called: next.called(),
            counted: None,
            at: self.clock.now(),
        }
    }
}

/// The reason, in a word, if these texts need no answer: they are reactions or thanks after the
/// end, and we asked nothing.
pub(crate) fn needs_no_answer(conversation: &Conversation, run: &Run) -> Option<&'static str> {
    let over = before(conversation)?;
    let asks = last_said(&conversation.turns).map_or(over.asks, |said| asks(&said));
    if asks || run.texts.iter().any(|text| text.media > 0) {
        return None;
    }
    let reacts = |body: &&str| reaction(body).is_some();
    let bodies = run.bodies();
    match bodies.iter().all(reacts) {
        true => Some("reaction"),
        false => bodies.iter().all(|body| reacts(body) || is_thanks(body)).then_some("thanks"),
    }
}

/// The conversation that ended, if none has begun since.
fn before(conversation: &Conversation) -> Option<&Previous> {
    let over = conversation.over.as_ref()?;
    (conversation.answers == 0 && over.number + 1 == conversation.number).then_some(over)
}

/// The last thing said on our side, by the agent, the product or a person.
fn last_said(turns: &[Value]) -> Option<String> {
    let said = entries(turns).filter_map(|entry| match entry {
        Entry::Agent { text, .. } => text,
        Entry::Fixed { text, .. } | Entry::ByHand { text, .. } => Some(text),
        _ => None,
    });
    said.last()
}
