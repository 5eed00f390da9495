//! A store that comes from a backup: what was open then is set aside, since it may have been answered
//! after the backup was made.

use documents::{Fields, Place, Unavailable, Write, at, once_each};
use jiff::Timestamp;
use money::Amount;
use serde_json::Value;
use sms::Status;
use telemetry::{Step, steps};

use crate::attempts::{Attempt, StatusUpdate, settled};
use crate::change::{Change, CommitError, Loaded};
use crate::collections::{attempts, heads};
use crate::id::ConversationId;
use crate::notices::Notice;
use crate::store::Store;

/// How many documents are read at a time.
const PAGE: u32 = 200;

/// The reason that is stored with the texts.
const WHY: &str = "restored";

/// The notice of a store that does not know who has stopped. It does not expire.
const OPT_OUTS_MISSING: &str = "opt-outs-missing";

/// What was set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// How many texts waited.
    pub texts: u64,
    /// How many replies were decided on and not known to be sent.
    pub replies: u64,
    /// How many attempts were under way. They are now *unknown*.
    pub unknown: u64,
}

impl Store {
    /// Sets aside everything that waits or is open, with one notice, so that nothing is answered or sent
    /// because of what was open when the backup was made. What arrives from now on is answered as
    /// always.
    ///
    /// `note` is an entry for the agent of each conversation whose last reply may not have been sent.
    /// `lost` is the number of texts that waited in the store that is replaced.
    pub async fn set_open_aside(
        &self,
        note: &Value,
        lost: u64,
        now: Timestamp,
    ) -> Result<Aside, Unavailable> {
        loop {
            let headless = self.texts_due(Timestamp::MAX, None, PAGE).await?.found;
            if headless.is_empty() {
                break;
            }
            self.adopt(headless, now).await?;
        }
        // What waits no more afterwards is in no list.
        self.show_again().await?;
        let mut aside = Aside { unknown: self.close_attempts(now).await?, ..Aside::default() };
        let mut after = None;
        loop {
            let page = self.later(heads::AT, Timestamp::UNIX_EPOCH, after, PAGE).await?;
            for id in page.found.iter().filter_map(|head| ConversationId::parse(&head.id)) {
                self.set_one_aside(&id, note, now, &mut aside).await?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.notice(&restored(&aside, lost, now)).await?;
        Ok(aside)
    }

    /// Ends every attempt that is still watched, as far as anything could follow from it: one that was
    /// under way is unknown, and a failure that is reported later leads to no other attempt.
    async fn close_attempts(&self, now: Timestamp) -> Result<u64, Unavailable> {
        let (mut unknown, mut after) = (0, None::<Place>);
        loop {
            let page = self.later(attempts::DUE_AT, Timestamp::UNIX_EPOCH, after, PAGE).await?;
            let mut writes = Vec::new();
            for found in page.found {
                // One that cannot be read is not acted on either.
                let Ok(attempt) = found.fields.decode::<Attempt>() else { continue };
                writes.push(settled(&attempt.id));
                if attempt.status() == Status::Sending {
                    unknown += 1;
                    // It stays due when it was, so that the pages stay in order.
                    let update = StatusUpdate::new(&attempt.id, Status::Unknown, now);
                    writes.push(StatusUpdate { at_once: false, ..update }.write(&[]));
                }
            }
            self.documents.each(once_each(writes)?).await?;
            after = page.next;
            if after.is_none() {
                return Ok(unknown);
            }
        }
    }

    async fn set_one_aside(
        &self,
        id: &ConversationId,
        note: &Value,
        now: Timestamp,
        aside: &mut Aside,
    ) -> Result<(), Unavailable> {
        loop {
            let Some(mut loaded) = self.load(id, now).await? else { return Ok(()) };
            let conversation = &loaded.conversation;
            let is_open = conversation.open.is_some();
            let is_reserved = conversation.account.reserved.is_some();
            let is_quiet = loaded.waiting.is_empty() && conversation.failed.is_empty();
            if is_quiet && !is_open && !is_reserved && loaded.orders.is_empty() {
                return Ok(());
            }
            self.hide(id).await?;
            let (texts, more) = (loaded.waiting.len() as u64, loaded.more);
            let mut next = conversation.clone();
            if next.open.take().is_some() {
                next.turns.push(note.clone());
            }
            next.failed.clear();
            // It was settled since, or counts for a day.
            (next.account.reserved, next.account.turn) = (None, Amount::ZERO);
            (next.tries, next.one_by_one, next.apologised) = (0, 0, false);
            (next.ask_after, next.due_at) = (None, Some(now));
            let changes = changes(&loaded, now);
            match self.commit(&mut loaded, next, changes).await {
                Ok(()) => {}
                // Nobody else has this store.
                Err(CommitError::Conflict) => continue,
                Err(CommitError::TooLarge) => {
                    return Err(Unavailable::new("too much for one document"));
                }
                Err(CommitError::Unavailable(error)) => return Err(error),
            }
            aside.texts += texts;
            aside.replies += u64::from(is_open);
            if !more {
                return Ok(());
            }
        }
    }

    /// Whether this store knows who has stopped, as far as we know. If not, nothing may be sent: see
    /// [`Store::opt_outs_imported`].
    pub async fn knows_opt_outs(&self) -> Result<bool, Unavailable> {
        Ok(self.documents.get_one(at("notices", OPT_OUTS_MISSING)).await?.is_none())
    }

    /// Marks a store that does not know who has stopped.
    pub async fn opt_outs_missing(&self, now: Timestamp) -> Result<(), Unavailable> {
        let sentence = "A backup was restored without knowing who has stopped since.".to_owned();
        let mark = Fields::of(&notice(OPT_OUTS_MISSING.into(), sentence, now));
        self.documents.commit(vec![Write::keep(at("notices", OPT_OUTS_MISSING), mark)]).await?;
        Ok(())
    }

    /// Records that the owner has imported the opt-out lists of the providers, so that texts may be sent.
    pub async fn opt_outs_imported(&self) -> Result<(), Unavailable> {
        self.documents.commit(vec![Write::Delete(at("notices", OPT_OUTS_MISSING), None)]).await?;
        Ok(())
    }
}

/// The changes that set aside the waiting texts, and say so under their traces.
fn changes(loaded: &Loaded, now: Timestamp) -> Vec<Change> {
    let step = |trace: &_| {
        let step = Step::new(steps::NOT_ANSWERED, now).with("why", WHY);
        Change::Steps(Clone::clone(trace), vec![step])
    };
    let texts = loaded.waiting.iter().map(|text| &text.trace);
    let open = loaded.conversation.open.iter().map(|reply| &reply.trace);
    let mut changes: Vec<_> = texts.chain(open).map(step).collect();
    for order in &loaded.orders {
        changes.push(Change::CarriedOut(order.clone()));
        changes.push(Change::Audited(order.refused(&loaded.id, WHY, now)));
    }
    changes.push(Change::SetAside(loaded.waiting.clone(), WHY));
    changes
}

/// The one notice of a restored backup.
fn restored(aside: &Aside, lost: u64, now: Timestamp) -> Notice {
    let Aside { texts, replies, .. } = aside;
    let lost = match lost {
        0 => String::new(),
        lost => format!(
            " {lost} texts that waited in the store before are only in the folder that was kept."
        ),
    };
    let sentence = format!(
        "A backup was restored, and nothing that was open in it is answered or sent by itself. Set \
         aside were waiting texts: {texts}, and open replies: {replies}. Read them in their \
         conversations, and answer by hand what was not answered since.{lost}"
    );
    notice(format!("restored-{}", now.as_millisecond()), sentence, now)
}

fn notice(id: String, sentence: String, now: Timestamp) -> Notice {
    Notice { id, sentence, conversation: None, trace: None, follow_up: None, at: now }
}
