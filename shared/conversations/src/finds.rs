//! The one list of how the documents of a person are found, in every collection.

use documents::{Text, Time};

use crate::collections::{
    ALL, attempts, audit, codes, consent_events, consents, effects, ended, notices, orders,
    quarantine, receipts, said, texts,
};

/// How the documents of a collection are found that concern a person.
#[derive(Clone, Copy)]
pub(crate) enum Finds {
    /// One, under the name of the person's conversations.
    Conversation,
    /// By a text that begins with the person's name.
    Within(&'static [Text]),
    /// By the number.
    Number(Text),
    /// By the number, which the places begin with.
    Ledger(Text),
    /// By the ids of the messages that the person was sent.
    Message(Text),
    /// By looking at each document, in order of time: they are few and live for days.
    Each(Time),
    /// The same in the order of their names: no query is asked of them but this one.
    EachByName,
    /// One, under the person's name, which an erasure leaves.
    Stays,
    /// None: they concern nobody.
    Nobody,
}

/// The answer of each collection, in the order of [`ALL`].
pub(crate) const ANSWERS: &[(&str, Finds)] = &[
    ("attempts", Finds::Within(&[attempts::PLACE])),
    ("audit", Finds::Within(&[audit::PLACE])),
    ("blocked", Finds::Stays),
    ("blocks", Finds::Stays),
    ("budget", Finds::Nobody),
    // A claim is an HMAC of a message's id, or of its words, and a time.
    ("claims", Finds::Nobody),
    ("clock", Finds::Nobody),
    ("codes", Finds::Within(&[codes::CONVERSATION])),
    ("consents", Finds::Number(consents::THEIRS)),
    ("consent_events", Finds::Ledger(consent_events::PLACE)),
    ("consents_given", Finds::Nobody),
    ("conversations", Finds::Conversation),
    ("desk", Finds::Conversation),
    ("effects", Finds::Within(&[effects::CONVERSATION])),
    ("ended", Finds::Within(&[ended::PLACE])),
    ("erasures", Finds::Stays),
    ("figures", Finds::Nobody),
    ("found", Finds::Conversation),
    ("heads", Finds::Conversation),
    ("health", Finds::Nobody),
    // Their causes name routes, providers and our own settings.
    ("incidents", Finds::Nobody),
    ("minutes", Finds::Nobody),
    ("notices", Finds::Each(notices::AT)),
    ("orders", Finds::Within(&[orders::PLACE])),
    // Of our own numbers.
    ("probes", Finds::Nobody),
    ("quarantine", Finds::Each(quarantine::AT)),
    ("receipts", Finds::Message(receipts::MESSAGE)),
    ("rhythm", Finds::Nobody),
    ("routes", Finds::Nobody),
    ("said", Finds::Within(&[said::PLACE])),
    ("shapes", Finds::Nobody),
    ("stops", Finds::Stays),
    ("texts", Finds::Within(&[texts::WAITING, texts::ASIDE])),
    ("traces", Finds::EachByName),
    ("tries", Finds::Nobody),
];

// A collection that is added has to answer here before anything compiles.
const _: () = {
    assert!(ANSWERS.len() == ALL.len());
    let mut at = 0;
    while at < ALL.len() {
        let (answers, asked) = (ANSWERS[at].0.as_bytes(), ALL[at].name.as_bytes());
        assert!(answers.len() == asked.len());
        let mut letter = 0;
        while letter < asked.len() {
            assert!(answers[letter] == asked[letter]);
            letter += 1;
        }
        at += 1;
    }
};
