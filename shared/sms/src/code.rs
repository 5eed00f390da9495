//! What the codes of a provider mean.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Check, Finding, SendError};

/// A code of a provider's, or one of ours in its place.
///
/// Only codes that are known stand in a table; any other speaks of [`About::Route`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// As the provider writes it, in a refusal or in a receipt.
    pub code: &'static str,
    /// What it speaks of, which decides what is done.
    pub about: About,
    /// What happened, as a sentence.
    pub happened: &'static str,
    /// What to do about it, as a sentence. Empty: there is nothing to do.
    pub fix: &'static str,
}

impl fmt::Display for Code {
    /// What happened and what to do, as sentences.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fix {
            "" => formatter.write_str(self.happened),
            fix => write!(formatter, "{} {fix}", self.happened),
        }
    }
}

/// What a code speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The account: nothing goes by this provider until a person has acted (no credit, not
    /// activated, suspended, wrong credentials).
    Account,
    /// The sender, or the country for this sender: nothing goes this way until a person has acted
    /// (unregistered sender, country not permitted or not priced).
    Sender,
    /// The way there, for the moment: the network, the carrier, the provider itself, too many at
    /// once. Another provider may do better.
    Route,
    /// The number: nobody can text it (a landline, no such number). It says nothing of the route.
    Number,
    /// The phone, for the moment: its provider's documentation says that it was not reached, as it is
    /// off, out of reach or busy. The same text may get there later. It says nothing of the route.
    Phone,
    /// The words: filtered, too long. The same words are not sent again by anybody.
    Content,
    /// The person: they have told the provider to stop.
    Person,
    /// Our request: a fault in textback.
    Request,
}

/// Codes in our own words, for what no provider put into any: see [`crate::SendError`].
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
        fix: "See in the provider's console whether the account is activated and may send texts.",
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
        happened: "The provider takes no requests for the moment.",
        fix: "",
    },
    Code {
        code: "connect",
        about: About::Route,
        happened: "The provider could not be reached.",
        fix: "See the provider's status page, and whether this machine reaches the internet.",
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
        fix: "See whether something else answers at the provider's address.",
    },
    Code {
        code: "never taken",
        about: About::Route,
        happened: "The request never reached the provider.",
        fix: "",
    },
];

/// What a refusal with this code means for the text.
pub fn refused(table: &'static [Code], code: impl Into<String>) -> SendError {
    let code = code.into();
    match find(table, &code).map(|known| known.about) {
        Some(About::Person) => SendError::OptedOut { code },
        Some(About::Number | About::Phone | About::Content) => SendError::Undeliverable { code },
        _ => SendError::Refused { code },
    }
}

/// Whether this code means that the person has told the provider to stop.
pub fn is_stop(table: &'static [Code], code: &str) -> bool {
    find(table, code).is_some_and(|known| known.about == About::Person)
}

/// What is found out where a company's answer, or the lack of one, comes to this code instead.
pub fn unseen(table: &'static [Code], company: &str, check: Check, code: &str) -> Finding {
    let fix = find(table, code).map(|known| known.fix).filter(|fix| !fix.is_empty());
    Finding::doubtful(
        check,
        format!("{company} does not say ({code})"),
        fix.unwrap_or("See the provider's status page, and try again."),
    )
}

/// What a code of this table means, or one of ours.
pub fn find(table: &'static [Code], code: &str) -> Option<&'static Code> {
    table.iter().chain(OURS).find(|known| known.code == code)
}
