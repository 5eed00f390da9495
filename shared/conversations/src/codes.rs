//! Codes by which an owner's phone names a conversation that was handed over.

use documents::{Fields, Unavailable, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::store::Store;

/// None of these is taken for another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// How many characters a code has.
const LENGTH: usize = 4;

/// How long after the end of a hand-over its code is still understood.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(24);

/// A code: four characters of 32 by chance, unique in the installation as long as it is kept. `Debug` does
/// not print it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// One by chance.
    pub fn random() -> Self {
        // RFC 9562 leaves the first six bytes of a version 4 to chance.
        let bytes = Uuid::new_v4().into_bytes();
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Self(bytes[..LENGTH].iter().map(letter).collect())
    }

    /// A code as somebody types it, in capitals or not.
    pub fn parse(typed: &str) -> Option<Self> {
        let code = typed.to_ascii_uppercase();
        let is_code = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then_some(Self(code))
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Keeps whose code it is. Fails the commit if it is somebody else's.
    pub(crate) fn keep(&self, id: &ConversationId, now: Timestamp, kept: &Lifetimes) -> Write {
        let fields = Fields::of(&json!({ "conversation": id, "at": now.as_millisecond() }));
        Write::Create(at("codes", &self.0), fields.expiring(now, kept.conversations()))
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Code")
    }
}

/// The code of a conversation, and until when it is understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coded {
    /// The code.
    pub code: Code,
    /// Until when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}

impl Coded {
    /// A code by chance, for a hand-over that ends by itself then.
    pub fn until(end: Timestamp) -> Self {
        Self { code: Code::random(), until: end.checked_add(AFTERWARDS).unwrap_or(end) }
    }

    /// Whether it is this code, and still understood.
    pub(crate) fn is(&self, code: &Code, now: Timestamp) -> bool {
        self.code == *code && now < self.until
    }

    /// Notes that the hand-over is over.
    pub fn ends(&mut self, now: Timestamp) {
        self.until = now + AFTERWARDS;
    }
}

impl Store {
    /// The conversation that a code was made for.
    pub async fn conversation_of(
        &self,
        code: &Code,
    ) -> Result<Option<ConversationId>, Unavailable> {
        let found = self.documents.get_one(at("codes", code.as_str())).await?;
        let id = found.and_then(|found| found.fields.get::<String>("conversation"));
        Ok(id.and_then(|id| ConversationId::parse(&id)))
    }
}
