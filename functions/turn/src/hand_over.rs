//! The time during which a person of the business has a conversation and the agent is silent.

use agent::Turn as Entry;
use conversations::{
    Conversation, Ended, FollowUp, HandedOver, Loaded, SetAside, TEXTS_IN_ONE_TURN, Unavailable,
    Waiting,
};

use crate::Wake;
use crate::edit::Draft;
use crate::transcript::{entries, note};

/// The reason that is stored with texts set aside during that time.
pub(crate) const WITH_PERSON: &str = "with a person";

/// How many of the texts set aside last are searched for those.
const LATEST: u32 = 200;

/// How much of the last texts the operator is shown, in characters.
const SHOWN: usize = 300;

/// The agent's note when it has the conversation again.
const GIVEN_BACK: &str = "A person of the business had taken over this person's last conversation. \
                          It is yours again: what they have texted since is below.";

impl Wake<'_> {
    /// Leaves a person to the business from now on. That ends by itself, given back or not.
    pub(crate) fn leave_to_business(&self, next: &mut Conversation) {
        let at = self.clock.now();
        let until = at + self.turn.agent.page.handover;
        next.handed_over = Some(HandedOver { at, until, held: 0 });
        next.given_back_at = None;
    }

    /// Takes a conversation back once it was given back, or once its time with a person is over and
    /// the person texts again. The texts from that time wait again.
    pub(crate) async fn take_back(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let Some(handed_over) = &loaded.conversation.handed_over else { return Ok(()) };
        let given_back = loaded.conversation.given_back_at.is_some();
        // The agent never writes first.
        if loaded.conversation.is_with_person(now) || (loaded.waiting.is_empty() && !given_back) {
            return Ok(());
        }
        let held = match handed_over.held {
            0 => vec![],
            held => self.held(held as usize).await?,
        };
        let edited = self.edit(loaded, |loaded| {
            let handed_over = loaded.conversation.handed_over.as_ref()?;
            if loaded.conversation.is_with_person(now) {
                return None;
            }
            let mut draft = Draft::of(loaded);
            if handed_over.held > 0 {
                draft.next.turns.push(note(GIVEN_BACK));
            }
            (draft.next.handed_over, draft.next.given_back_at) = (None, None);
            draft.wait_again(&held);
            if draft.next.open.is_none() {
                draft.set_due(now);
            }
            Some(draft)
        });
        if edited.await?.is_stored() && !held.is_empty() {
            // A turn takes up only so many texts.
            self.reload(loaded).await?;
        }
        Ok(())
    }

    /// The latest texts that were set aside because a person had the conversation: at most as many
    /// as a turn takes up.
    async fn held(&self, many: usize) -> Result<Vec<Waiting>, Unavailable> {
        let aside = self.turn.store.set_aside(&self.id, LATEST).await?;
        let held = aside.into_iter().filter(|SetAside { why, .. }| why == WITH_PERSON);
        let mut held: Vec<_> = held.map(|SetAside { text, .. }| text).collect();
        let told = held.len().min(many).min(TEXTS_IN_ONE_TURN);
        Ok(held.split_off(held.len() - told))
    }
}

/// What the operator sees about the person in a conversation that was handed over.
pub(crate) fn follow_up(ended: &Ended, reason: &str) -> FollowUp {
    let last = entries(&ended.turns).filter_map(|entry| match entry {
        Entry::Person { text, .. } | Entry::Unanswered { text, .. } => Some(text),
        _ => None,
    });
    let said = last.last().unwrap_or_default().chars().take(SHOWN).collect();
    FollowUp { theirs: ended.theirs.clone(), why: reason.to_owned(), said }
}
