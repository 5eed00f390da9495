//! Texts between two of our own numbers, which show whether texts arrive, whatever the receipts say.
//!
//! One document per route holds its latest probe. `sweep` opens it, `turn` sends it, `inbound` sees it
//! arrive, and `sweep` notices that it is missing: each on condition that nobody has written since it
//! was read, so that a probe is sent at most once, whichever process dies.

use conversations::{Attempt, ConversationId, Notice, Stop, Store};
use documents::{Fields, Unavailable, Version, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a probe may take. As long as a reply lives: a later text is no use to its reader.
const ANSWER_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// How often recording an arrival is retried because another writer was faster.
const ATTEMPTS: u32 = 5;

/// A text through one provider to our number at another.
#[derive(Clone, Serialize, Deserialize)]
pub struct Probe {
    /// The provider that sends it.
    pub from: String,
    /// The provider whose number it goes to.
    pub to: String,
    /// A code that is only in this text. Nobody can guess it, so nobody can fake its arrival.
    pub code: String,
    /// The attempt to send it, once there is one.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Whether it has arrived.
    #[serde(default)]
    pub arrived: bool,
    /// Whether a probe went missing on this route, and none has arrived since.
    #[serde(default)]
    pub silent: bool,
    /// When it was decided on.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Probe {
    /// Whether it is to be sent. Not if it is overdue: it would not be judged any more.
    pub fn is_to_be_sent(&self, now: Timestamp) -> bool {
        self.attempt.is_none() && now < self.at + ANSWER_TIMEOUT
    }

    /// Whether it should have arrived by now but has not.
    pub fn is_missing(&self, now: Timestamp) -> bool {
        !self.arrived && now >= self.at + ANSWER_TIMEOUT
    }
}

/// A probe as it was loaded.
pub struct KnownProbe {
    /// The probe.
    pub probe: Probe,
    id: ConversationId,
    version: Version,
}

impl KnownProbe {
    fn becomes(&self, next: &Probe) -> Write {
        Write::Replace(at("probes", self.id.as_str()), Fields::of(next), self.version)
    }
}

/// The latest probe with this name ([`conversations::Names::probe`]).
pub async fn probe(store: &Store, id: &ConversationId) -> Result<Option<KnownProbe>, Unavailable> {
    let Some(found) = store.documents().get_one(at("probes", id.as_str())).await? else {
        return Ok(None);
    };
    let (id, version) = (id.clone(), found.version);
    Ok(Some(KnownProbe { probe: found.fields.decode()?, id, version }))
}

/// Opens the first probe with this name, or the one after `last`. False if another process has.
pub async fn open_probe(
    store: &Store,
    id: &ConversationId,
    last: Option<&KnownProbe>,
    next: &Probe,
) -> Result<bool, Unavailable> {
    store
        .documents()
        .if_unchanged(vec![match last {
            Some(last) => last.becomes(next),
            None => Write::Create(at("probes", id.as_str()), Fields::of(next)),
        }])
        .await
}

/// Begins the one attempt to send a probe. False if another process has, or if the number has opted
/// out, as a stranger's number mistaken for ours may have: nothing may be sent.
pub async fn begin_probe(
    store: &Store,
    known: &KnownProbe,
    attempt: &Attempt,
) -> Result<bool, Unavailable> {
    let next = Probe { attempt: Some(attempt.id.clone()), ..known.probe.clone() };
    let allowed = Stop::none(&known.id);
    let mut writes = vec![known.becomes(&next), allowed, attempt.keep(store.lifetimes())];
    writes.extend(store.counting(attempt).await?);
    store.documents().if_unchanged(writes).await
}

/// If this text is the awaited probe with this name, records its arrival and returns it as it was
/// before. `None` for any other text and for a repeat: nothing was stored.
pub async fn probe_arrived(
    store: &Store,
    id: &ConversationId,
    body: &str,
    now: Timestamp,
) -> Result<Option<Probe>, Unavailable> {
    for _ in 0..ATTEMPTS {
        let Some(known) = probe(store, id).await? else { return Ok(None) };
        let Probe { code, attempt: Some(attempt), arrived: false, .. } = &known.probe else {
            return Ok(None);
        };
        // Trial accounts add words of their own around it.
        if !body.contains(code) {
            return Ok(None);
        }
        let next = Probe { arrived: true, silent: false, ..known.probe.clone() };
        if store
            .documents()
            .if_unchanged(vec![known.becomes(&next), Attempt::note_answer(attempt, Some(now))])
            .await?
        {
            return Ok(Some(known.probe));
        }
        store.documents().step_aside().await;
    }
    Err(Unavailable::new("others keep writing to a probe"))
}

/// Records that nothing arrives on this route, and notifies the operator. False if it has arrived.
pub async fn probe_missed(
    store: &Store,
    known: &KnownProbe,
    notice: &Notice,
) -> Result<bool, Unavailable> {
    let next = Probe { silent: true, ..known.probe.clone() };
    store.documents().if_unchanged(vec![known.becomes(&next), notice.keep(store.lifetimes())]).await
}
