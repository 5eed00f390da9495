//! Whether a provider takes texts at all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::About;

use crate::{Sample, Signal};

/// Whether a provider takes texts for a route, judging by its answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Acceptance {
    /// Shut because of the account, which concerns all routes of the provider.
    pub(crate) account: Option<Shut>,
    /// Shut because of the sender, or of the country for this sender.
    pub(crate) sender: Option<Shut>,
    /// Texts in a row that could not be dispatched, for temporary reasons.
    pub(crate) row: Option<Row>,
    /// When a text was last accepted.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) taken: Option<Timestamp>,
    /// When a text was last dispatched that arrived.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) arrived: Option<Timestamp>,
}

/// Texts are refused until a person has acted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shut {
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) since: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) last: Timestamp,
    /// The latest code.
    pub(crate) code: Option<String>,
    /// Whether texts are accepted and only fail later. If so, acceptance proves nothing.
    pub(crate) late: bool,
}

/// Texts in a row that could not be dispatched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) since: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) last: Timestamp,
    pub(crate) texts: u32,
    pub(crate) code: Option<String>,
    /// Whether one of them may have been sent.
    pub(crate) doubtful: bool,
}

impl Acceptance {
    /// Takes the signals of one more text. The texts must come in order of time.
    pub(crate) fn take(&mut self, sample: &Sample) {
        let Sample { at, heard, signal, .. } = sample;
        match signal {
            Signal::Refused { code, about: About::Account } => {
                shut(&mut self.account, *at, code, false);
            }
            Signal::Refused { code, about: About::Sender } => {
                shut(&mut self.sender, *at, code, false);
            }
            Signal::Refused { code, about: About::Route } => self.stumble(*at, code.clone(), false),
            Signal::Unknown => self.stumble(*at, None, true),
            // At least the provider has looked at it.
            Signal::Refused { .. } => self.row = None,
            Signal::Failed { code, about } => {
                self.row = None;
                match about {
                    About::Account => shut(&mut self.account, *heard, code, true),
                    About::Sender => shut(&mut self.sender, *heard, code, true),
                    _ => self.accept(*at, false),
                }
            }
            Signal::Waiting | Signal::Sent => self.accept(*at, false),
            Signal::Delivered | Signal::Answered => self.accept(*at, true),
        }
    }

    fn accept(&mut self, at: Timestamp, arrived: bool) {
        self.row = None;
        self.taken = self.taken.max(Some(at));
        if arrived {
            self.arrived = self.arrived.max(Some(at));
        }
        for shut in [&mut self.account, &mut self.sender] {
            shut.take_if(|shut| shut.last < at && (arrived || !shut.late));
        }
    }

    fn stumble(&mut self, at: Timestamp, code: Option<String>, doubtful: bool) {
        let row = self.row.get_or_insert(Row {
            since: at,
            last: at,
            texts: 0,
            code: None,
            doubtful: false,
        });
        (row.last, row.texts) = (at, row.texts + 1);
        row.code = code;
        row.doubtful |= doubtful;
    }
}

fn shut(shut: &mut Option<Shut>, at: Timestamp, code: &Option<String>, late: bool) {
    let shut = shut.get_or_insert_with(|| Shut { since: at, last: at, code: None, late });
    if at >= shut.last {
        (shut.last, shut.code) = (at, code.clone());
    }
    shut.late |= late;
}
