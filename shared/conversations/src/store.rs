//! What is remembered, and the conditions under which it changes.

use documents::{
    Documents, Fields, Path, Text, Unavailable, Version, Write, WriteError, at, once_each, raw,
};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use evidence::Health;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sms::Number;
use telemetry::{Step, TraceId};
use thiserror::Error;
use uuid::Uuid;

use crate::attempts::settled;
use crate::collections::effects;
use crate::health::opened;
use crate::lifetimes::{CLAIMS_LIVE, CONVERSATIONS_LIVE, NOTICES_LIVE};
use crate::quarantine::Uncounted;
use crate::receipts::Told;
use crate::steps;
use crate::texts::{AT_ONCE, put_aside, taken_up, wait_again};
use crate::{
    Admission, Attempt, Conversation, ConversationId, Effect, Ended, Learned, Names, Notice, Said,
    Stop, Waiting,
};

/// What of a conversation lies beside its head, because it is too long to be written for each text.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct InFull<'a> {
    turns: Cow<'a, [Value]>,
    brief: Cow<'a, Map<String, Value>>,
}

/// Where everything is remembered.
pub struct Store {
    pub(crate) documents: Documents,
    pub(crate) names: Names,
    /// The name of this process, which nobody else has.
    pub(crate) process: Uuid,
    pub(crate) uncounted: Uncounted,
}

/// The right to handle a message, given once ([`Names::message`], [`Names::words`]).
#[derive(Clone, Debug)]
pub struct Claim {
    name: String,
    again_after: Option<Duration>,
}

impl Claim {
    pub(crate) fn called(name: String, again_after: Option<Duration>) -> Self {
        Self { name, again_after }
    }

    /// The name of the claim: the same for the same message, and nothing to be read from it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The claim on what a message means, beside the claim on the message itself: either commit may
    /// be the one that a crash leaves undone.
    fn of_keyword(&self) -> Self {
        Self { name: format!("{}-keyword", self.name), again_after: self.again_after }
    }

    fn path(&self) -> Path {
        at("claims", &self.name)
    }
}

/// A conversation as it was read, with what must be known before anything is said in it.
#[derive(Clone)]
pub struct Loaded {
    /// Its name.
    pub id: ConversationId,
    /// What it held.
    pub conversation: Conversation,
    /// The texts that wait, in the order they came: no more than a turn takes up at once.
    pub waiting: Vec<Waiting>,
    /// Whether more wait behind those.
    pub more: bool,
    /// Whether the person has stopped.
    pub stop: Option<Stop>,
    /// What is known of the ways that a reply can go.
    pub health: Health,
    version: Version,
    stop_version: Option<Version>,
}

/// Something that follows from a turn, and is stored in the same commit.
#[derive(Clone)]
pub enum Change {
    /// The person, being new, has this place, on condition that nobody else was given it.
    LetIn(Admission),
    /// Texts that waited have been taken up: what was said in them is in the conversation.
    TakenUp(Vec<Waiting>),
    /// Texts that waited are not answered, for this reason.
    SetAside(Vec<Waiting>, &'static str),
    /// Texts that were set aside wait again.
    Waits(Vec<Waiting>),
    /// A new attempt, on condition that the person has not stopped.
    Attempt(Attempt),
    /// A new attempt, whether or not the person has stopped: to confirm that they have.
    AttemptDespiteStop(Attempt),
    /// The person is told that they have stopped, on condition that the stop is the one that was
    /// loaded.
    Confirmed,
    /// Something was learned of an attempt.
    Learned(Learned),
    /// A receipt told of an attempt, before that was known by its message.
    Told(Told),
    /// The person texted back after what was said last, at this time.
    Answered(Said, Timestamp),
    /// The failing of an attempt has been dealt with.
    Settled(String),
    /// Something must leave the system.
    Effect(Effect),
    /// A conversation is over.
    Ended(Ended),
    /// The conversation of this number was over, and is under way again.
    GoesOn(u64),
    /// A person should look at something.
    Notice(Notice),
    /// The provider says that the person has stopped.
    Stopped {
        /// When we heard.
        at: Timestamp,
        /// From whom.
        provider: String,
    },
    /// The person is back, on condition that the stop is the one that was loaded.
    Started,
    /// Steps were taken under a trace.
    Steps(TraceId, Vec<Step>),
    /// A text was answered under the trace of another one.
    AnsweredIn(TraceId, TraceId),
}

/// Why a commit did not go through.
#[derive(Debug, Error)]
pub enum CommitError {
    /// Somebody else has written since: load again and think again. Nothing was stored.
    #[error("the conversation has changed")]
    Conflict,
    /// It would not fit: store less. Nothing was stored.
    #[error("too much for one document")]
    TooLarge,
    /// It may have been stored or not: load again and look.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Store {
    pub(crate) fn new(documents: Documents, names: Names) -> Self {
        Self { documents, names, process: Uuid::new_v4(), uncounted: Uncounted::default() }
    }

    /// What everything is called here that has to do with people.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Where it is remembered.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Does what a first use would have to wait for: connects, and shows who we are. Fails silently,
    /// since the first use will meet the same.
    pub async fn prepare(self: Arc<Self>) {
        if !self.documents.are_embedded() {
            // There is none of this name. To look for it takes all that any request takes.
            let _ = self.documents.get(&[at("claims", "none")]).await;
        }
    }

    /// Carries writes out in one commit with a claim. False if the claim was given before: nothing
    /// was written.
    pub(crate) async fn claim(
        &self,
        claim: &Claim,
        now: Timestamp,
        mut writes: Vec<Write>,
    ) -> Result<bool, WriteError> {
        writes.push(Write::Create(claim.path(), claim_fields(now)));
        let again = claim.again_after.map(|_| writes.clone());
        match self.documents.commit(writes).await {
            Err(WriteError::Conflict) => {}
            answer => return answer.map(|_| true),
        }
        let Some(mut writes) = again else { return Ok(false) };
        let Some(renewed) = self.stale(claim, now).await? else { return Ok(false) };
        writes.pop();
        writes.push(renewed);
        match self.documents.commit(writes).await {
            Err(WriteError::Conflict) => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// The write that renews a claim whose window has passed.
    async fn stale(&self, claim: &Claim, now: Timestamp) -> Result<Option<Write>, Unavailable> {
        let Some(window) = claim.again_after else { return Ok(None) };
        let Some(found) = self.documents.get_one(claim.path()).await? else { return Ok(None) };
        let claimed = found.fields.get::<i64>("at").unwrap_or_default();
        // Also for words that came long before those: they were kept meanwhile.
        let passed =
            i128::from(now.as_millisecond().abs_diff(claimed)) > window.as_millis() as i128;
        Ok(passed.then(|| Write::Replace(claim.path(), claim_fields(now), found.version)))
    }

    /// Writes down that a person stopped. Once for each message, so that a replay of the call has
    /// no effect after a later START; a stop that cannot be told from a repeat is taken for one.
    ///
    /// Does not depend on whether the text itself can be stored.
    pub async fn stop(
        &self,
        claim: &Claim,
        theirs: &Number,
        stop: &Stop,
    ) -> Result<(), Unavailable> {
        let stopped = keep_stop(&self.names.person(&stop.provider, theirs), stop);
        if claim.again_after.is_some() {
            self.documents.commit(vec![stopped]).await?;
        } else {
            self.claim(&claim.of_keyword(), stop.at, vec![stopped]).await?;
        }
        Ok(())
    }

    /// Writes down that a person is back, as they said at this time by a provider. Once for each
    /// message, and not if they have stopped since. A stop that lies in the future, by a clock that
    /// was ahead, is one of now. Whether a stop was found.
    pub async fn start(
        &self,
        claim: &Claim,
        provider: &str,
        theirs: &Number,
        said: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let stop = at("stops", &self.names.person(provider, theirs));
        let found = self
            .documents
            .get_one(stop.clone())
            .await?
            .map(|found| found.fields.read::<Stop>())
            .transpose()?;
        if found.as_ref().is_none_or(|found| found.at.min(now) <= said) {
            self.claim(&claim.of_keyword(), said, vec![Write::Delete(stop, None)]).await?;
        }
        Ok(found.is_some())
    }

    /// Reads a conversation and the texts that wait in it, whether its person has stopped, how
    /// replies may go, and how many new people this minute has seen, in one round trip.
    pub async fn load(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Loaded>, Unavailable> {
        let paths = [
            at("heads", id.as_str()),
            at("conversations", id.as_str()),
            at("stops", id.person()),
            at("health", "current"),
        ];
        let (found, mut waiting) = tokio::try_join!(self.documents.get(&paths), self.waiting(id))?;
        let mut found = found.into_iter();
        let mut next = || found.next().flatten();
        let Some(head) = next() else { return Ok(None) };
        let (said, stop, health) = (next(), next(), next());
        let version = head.version;
        let mut conversation: Conversation = head.fields.read()?;
        let InFull { turns, brief } =
            said.map(|found| found.fields.read()).transpose()?.unwrap_or_default();
        (conversation.turns, conversation.brief) = (turns.into_owned(), brief.into_owned());
        conversation.put_right(now);
        // The texts were read beside the head, so that one of them may have come in between.
        let is_known = |waiting: &[Waiting]| {
            !conversation.is_waiting()
                || waiting.len() > AT_ONCE
                || waiting.iter().any(|text| conversation.newest.as_ref() == Some(&text.name))
        };
        if !is_known(&waiting) {
            waiting = self.waiting(id).await?;
        }
        let more = waiting.len() > AT_ONCE;
        waiting.truncate(AT_ONCE);
        Ok(Some(Loaded {
            id: id.clone(),
            version,
            conversation,
            waiting,
            more,
            stop_version: stop.as_ref().map(|stop| stop.version),
            stop: stop.map(|found| found.fields.read()).transpose()?,
            health: health.as_ref().and_then(opened).unwrap_or_default(),
        }))
    }

    /// Stores the next state of a conversation and everything that follows from it, if nobody has
    /// written to it since it was loaded; `loaded` is then what was stored.
    pub async fn commit(
        &self,
        loaded: &mut Loaded,
        mut next: Conversation,
        changes: Vec<Change>,
    ) -> Result<(), CommitError> {
        let mut waiting = loaded.waiting.clone();
        for change in &changes {
            if let Change::TakenUp(texts) | Change::SetAside(texts, _) = change {
                waiting.retain(|text| !texts.contains(text));
            }
            if let Change::Waits(texts) = change {
                waiting.extend(texts.iter().cloned());
                waiting.sort_by_key(|text| text.at);
                next.done = None;
            }
        }
        if waiting.is_empty() && !loaded.more {
            next.done.clone_from(&next.newest);
        }
        for change in &changes {
            if let Change::Told(told) = change
                && told.fails
            {
                next.failed.push(told.learned.attempt.clone());
                next.due_at = Some(told.learned.at);
            }
        }
        let is_back = changes.iter().any(|change| matches!(change, Change::Started));
        let steps = steps::kept(loaded, &changes);
        steps::note(&mut waiting, &changes);
        let path = at("heads", loaded.id.as_str());
        let mut writes = vec![Write::Replace(path, Fields::of(&next), loaded.version)];
        let before = &loaded.conversation;
        if next.turns != before.turns || next.brief != before.brief {
            let (turns, brief) = (Cow::Borrowed(&*next.turns), Cow::Borrowed(&next.brief));
            let said = Fields::of(&InFull { turns, brief });
            let said = said.expiring(next.at, CONVERSATIONS_LIVE);
            writes.push(Write::keep(at("conversations", loaded.id.as_str()), said));
        }
        writes.extend(changes.into_iter().flat_map(|change| self.writes(loaded, change)));
        writes.extend(steps);
        match self.documents.commit(once_each(writes)?).await {
            Ok(version) => {
                loaded.version = version.unwrap_or(loaded.version);
                loaded.waiting = waiting;
                loaded.conversation = next;
                if is_back {
                    (loaded.stop, loaded.stop_version) = (None, None);
                }
                Ok(())
            }
            Err(WriteError::Conflict) => Err(CommitError::Conflict),
            Err(WriteError::TooLarge) => Err(CommitError::TooLarge),
            Err(error) => Err(CommitError::Unavailable(error.into())),
        }
    }

    fn writes(&self, loaded: &Loaded, change: Change) -> Vec<Write> {
        let stop = || at("stops", loaded.id.person());
        match change {
            Change::LetIn(place) => vec![place.take()],
            Change::TakenUp(texts) => texts.iter().map(taken_up).collect(),
            Change::SetAside(texts, why) => {
                texts.iter().map(|text| put_aside(&loaded.id, text, why)).collect()
            }
            Change::Waits(texts) => texts.iter().map(|text| wait_again(&loaded.id, text)).collect(),
            Change::Attempt(attempt) => vec![Stop::none(&loaded.id), attempt.keep()],
            Change::AttemptDespiteStop(attempt) => vec![attempt.keep()],
            Change::Confirmed => vec![match (&loaded.stop, loaded.stop_version) {
                (Some(found), Some(version)) => {
                    let confirmed = Stop { confirmed: true, ..found.clone() };
                    Write::Replace(stop(), Fields::of(&confirmed), version)
                }
                // Nobody has stopped: a condition that cannot hold, unless that changed.
                _ => Write::Replace(stop(), Fields::none(), Version::NONE),
            }],
            Change::Learned(learned) => vec![learned.write(&[])],
            Change::Told(told) => told.writes(),
            Change::Answered(said, at) => {
                vec![Attempt::note_answer(&said.attempt, said.look_at(at))]
            }
            Change::Settled(attempt) => vec![settled(&attempt)],
            Change::Effect(effect) => vec![keep_effect(&effect)],
            Change::Ended(ended) => {
                let (id, number) = (&ended.conversation, ended.number);
                let place = format!("{}{number:020}", prefix(id));
                let kept = Fields::of(&ended).expiring(ended.at, CONVERSATIONS_LIVE);
                vec![Write::keep(ended_at(id, number), kept.with("place", place))]
            }
            Change::GoesOn(number) => vec![Write::Delete(ended_at(&loaded.id, number), None)],
            Change::Notice(notice) => vec![notice.keep()],
            Change::Stopped { at, provider } => vec![stopped(&loaded.id, at, &provider)],
            Change::Started => vec![Write::Delete(stop(), loaded.stop_version)],
            // They are kept where there is most to be written already.
            Change::Steps(..) | Change::AnsweredIn(..) => vec![],
        }
    }

    /// Keeps something that a person should look at.
    pub async fn notice(&self, notice: &Notice) -> Result<(), Unavailable> {
        self.documents.commit(vec![notice.keep()]).await?;
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

    /// Effects of a conversation that have not left yet.
    pub async fn effects_of(&self, id: &ConversationId) -> Result<Vec<Effect>, Unavailable> {
        self.equal(effects::CONVERSATION, id.as_str()).await
    }

    /// Forgets an effect that was delivered.
    pub async fn delivered(&self, effect: &Effect) -> Result<(), Unavailable> {
        self.documents.commit(vec![Write::Delete(at("effects", &effect.id), None)]).await?;
        Ok(())
    }

    /// Puts an effect off that could not be delivered.
    pub async fn put_off(&self, effect: &Effect, until: Timestamp) -> Result<(), Unavailable> {
        // Whole, so that one that somebody else has just delivered is not left in part.
        let effect = Effect { tries: effect.tries + 1, due_at: until, ..effect.clone() };
        self.documents.commit(vec![keep_effect(&effect)]).await?;
        Ok(())
    }

    pub(crate) async fn equal<T: DeserializeOwned>(
        &self,
        field: Text,
        text: &str,
    ) -> Result<Vec<T>, Unavailable> {
        self.documents.list(field.equal(text, 200)).await
    }
}

/// Lets a conversation know that a reply of its did not arrive, and makes it due.
///
/// Blind, as an arriving text is: whoever works on the conversation meanwhile has to look again.
pub(crate) fn failed(attempt: &Attempt, now: Timestamp) -> Write {
    let set = Fields::none().with("due_at", now.as_millisecond());
    let path = at("heads", attempt.conversation.as_str());
    Write::Merge { path, set, append: vec![("failed", vec![raw(&attempt.id)])] }
}

/// Blind, so that a person who has been told so is not told again: what is not true is not written.
fn keep_stop(person: &str, stop: &Stop) -> Write {
    Write::keep(at("stops", person), Fields::of(stop))
}

/// A stop that a provider tells us of. It has told the person as well.
pub(crate) fn stopped(id: &ConversationId, now: Timestamp, provider: &str) -> Write {
    keep_stop(id.person(), &Stop { at: now, provider: provider.to_owned(), confirmed: true })
}

fn claim_fields(now: Timestamp) -> Fields {
    Fields::none().with("at", now.as_millisecond()).expiring(now, CLAIMS_LIVE)
}

fn keep_effect(effect: &Effect) -> Write {
    Write::keep(
        at("effects", &effect.id),
        Fields::of(effect).expiring(effect.at, CONVERSATIONS_LIVE),
    )
}

pub(crate) fn message_name(provider: &str, id: &str) -> String {
    format!("{provider}:{id}")
}

pub(crate) fn ended_at(id: &ConversationId, number: u64) -> Path {
    at("ended", &format!("{id}-{number}"))
}

/// What the places of everything that belongs to a conversation begin with.
pub(crate) fn prefix(id: &ConversationId) -> String {
    format!("{id}/")
}
