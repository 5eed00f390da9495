//! The meaning of providers' codes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Check, Finding, SendError};

/// A provider's code, or one of ours where it gave none.
///
/// Tables contain only known codes; any other concerns [`About::Route`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// As the provider writes it in a refusal or a receipt.
    pub code: &'static str,
    /// What it concerns, which decides what is done.
    pub about: About,
    /// What happened, as a sentence.
    pub happened: &'static str,
    /// How to fix it, as a sentence. Empty if there is nothing to do.
    pub fix: &'static str,
}

impl fmt::Display for Code {
    /// What happened and how to fix it, as sentences.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fix {
            "" => formatter.write_str(self.happened),
            fix => write!(formatter, "{} {fix}", self.happened),
        }
    }
}

/// What a code concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The account: nothing goes by this provider until a person acts (no credit, not activated,
    /// suspended, wrong credentials).
    Account,
    /// The sender, or the country for this sender: nothing takes this route until a person acts
    /// (unregistered sender, country not permitted or not priced).
    Sender,
    /// The route, for the moment: the network, the carrier, the provider itself, too many requests.
    /// Another provider may do better.
    Route,
    /// The number: nobody can text it (a landline, no such number). It shows nothing about the
    /// route.
    Number,
    /// The phone, for the moment: by its provider's documentation it was off, out of reach or busy.
    /// The same text may get there later. It shows nothing about the route.
    Phone,
    /// The words: filtered, or too long. The same words are not sent again by any provider.
    Content,
    /// The person: they have opted out with the provider.
    Person,
    /// Our request: a fault in textback.
    Request,
}

/// Our own codes, for failures without a provider's code: see [`crate::SendError`].
const OURS: &[Code] = &[
    Code {
        code: "http 401",
        about: About::Account,
        happened: "The credentials were refused.",
        fix: "Copy them again from the provider's console.",
    },
    Code {
        code: "http 403",
        about: About::Account,
        happened: "The account may not do this.",
        fix: "Check in the provider's console that the account is activated and may send texts.",
    },
    Code {
        code: "http 429",
        about: About::Route,
        happened: "Too many requests came at once.",
        fix: "",
    },
    Code {
        code: "http 503",
        about: About::Route,
        happened: "The provider accepts no requests for the moment.",
        fix: "",
    },
    Code {
        code: "connect",
        about: About::Route,
        happened: "The provider could not be reached.",
        fix: "See the provider's status page, and check that this machine reaches the internet.",
    },
    Code {
        code: "timeout",
        about: About::Route,
        happened: "The provider did not answer in time.",
        fix: "See the provider's status page.",
    },
    Code {
        code: "cut",
        about: About::Route,
        happened: "The connection broke before the provider had answered.",
        fix: "See the provider's status page.",
    },
    Code {
        code: "unreadable",
        about: About::Route,
        happened: "The provider answered in a form that its documentation does not describe.",
        fix: "Check whether something else answers at the provider's address.",
    },
    Code {
        code: "never taken",
        about: About::Route,
        happened: "The request never reached the provider.",
        fix: "",
    },
];

/// The consequence of a refusal with this code for the text.
pub fn refused(table: &'static [Code], code: impl Into<String>) -> SendError {
    let code = code.into();
    match find(table, &code).map(|known| known.about) {
        Some(About::Person) => SendError::OptedOut { code },
        Some(About::Number | About::Phone | About::Content) => SendError::Undeliverable { code },
        _ => SendError::Refused { code },
    }
}

/// Whether this code means that the person has opted out with the provider.
pub fn is_stop(table: &'static [Code], code: &str) -> bool {
    find(table, code).is_some_and(|known| known.about == About::Person)
}

/// The finding if a provider answers with this code, or not at all, instead of the data.
pub fn unseen(table: &'static [Code], company: &str, check: Check, code: &str) -> Finding {
    let fix = find(table, code).map(|known| known.fix).filter(|fix| !fix.is_empty());
    Finding::doubtful(
        check,
        format!("{company} gives no usable answer ({code})"),
        fix.unwrap_or("See the provider's status page, and try again."),
    )
}

/// The meaning of a code from this table, or of one of ours.
pub fn find(table: &'static [Code], code: &str) -> Option<&'static Code> {
    table.iter().chain(OURS).find(|known| known.code == code)
}
