//! The time during which a person of the business has a conversation and the agent is silent.

use agent::Turn as Entry;
use conversations::{
    Conversation, Ended, FollowUp, HandedOver, Loaded, Order, OrderKind, Reply, SetAside,
    TEXTS_IN_ONE_TURN, Unavailable, Waiting,
};
use jiff::Timestamp;

use crate::Wake;
use crate::edit::Draft;
use crate::run::Run;
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
        let until = self.handed_over_until(at);
        next.handed_over = Some(HandedOver::new(at, until));
        next.given_back_at = None;
    }

    /// Until when a person has a conversation that they get at this moment.
    pub(crate) fn handed_over_until(&self, at: Timestamp) -> Timestamp {
        at.checked_add(self.turn.agent.page.handover).unwrap_or(HandedOver::NEVER)
    }

    /// Whether the agent says nothing to a run now, because a reply is open or a person has the
    /// conversation.
    pub(crate) fn is_silent(&self, Loaded { conversation, .. }: &Loaded, run: &Run) -> bool {
        let is_taken = run.thinks() && conversation.is_with_person(self.clock.now());
        is_taken || conversation.open.is_some()
    }

    /// Whether a reply may still be sent although it was not on its way at once: not one of the agent from
    /// before an operator has taken the conversation, or wants it.
    pub(crate) fn may_still_say(&self, loaded: &Loaded, reply: &Reply) -> bool {
        let silences =
            |order: &Order| matches!(order.kind, OrderKind::Take | OrderKind::Say { .. });
        if reply.by.is_some() || reply.despite_stop {
            return true;
        }
        let conversation = &loaded.conversation;
        let since = conversation.handed_over.as_ref().map(|it| it.at);
        let is_taken = conversation.taken_by(self.clock.now()).is_some();
        let is_before = is_taken && since.is_some_and(|since| reply.at <= since);
        !is_before && !loaded.orders.iter().any(silences)
    }

    /// Takes a conversation back once it was given back, or once its time with a person is over and
    /// the person texts again. The texts from that time wait again.
    pub(crate) async fn take_back(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let Some(handed_over) = &loaded.conversation.handed_over else { return Ok(()) };
        let given_back = loaded.conversation.given_back_at.is_some();
        // The agent never writes first, and what operators want comes before that.
        if !loaded.orders.is_empty()
            || loaded.conversation.is_with_person(now)
            || (loaded.waiting.is_empty() && !given_back)
        {
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
            match &handed_over.by {
                Some(by) => draft.next.turns.push(note(&given_back_by(&by.name))),
                None if handed_over.held > 0 => draft.next.turns.push(note(GIVEN_BACK)),
                None => {}
            }
            (draft.next.handed_over, draft.next.given_back_at) = (None, None);
            draft.next.coded.iter_mut().for_each(|coded| coded.ends(now));
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

/// The same, if somebody had taken it.
fn given_back_by(name: &str) -> String {
    format!(
        "{name}, a person of the business, had taken over this conversation. It is yours again: what \
         they wrote is above, and what this person has texted since, if anything, is below."
    )
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
