//! What can go wrong when a reply is handed over.

use std::fmt;

use fakes::Mode;

/// What can happen to a request by which a reply is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nobody can be reached.
    Unreachable,
    /// It is turned away in so many words.
    Refused,
    /// It is not handled now, as 503 has it.
    Busy,
    /// The connection breaks once all is said, and nothing was done.
    Cut,
    /// The same, and it was done.
    CutWhenTaken,
    /// Nobody answers, and nothing was done.
    Silence,
    /// The same, and it was done.
    SilenceWhenTaken,
    /// A gateway fails, and nothing was done.
    Gateway,
    /// The same, and it was done.
    GatewayWhenTaken,
    /// It was done, and answered with something that nobody can read.
    Unreadable,
    /// We die when all is said, and nothing was done.
    Death,
    /// The same, and it was done.
    DeathWhenTaken,
    /// We die with the answer in hand, before it is written down.
    DeathBeforeRecord,
}

impl Fault {
    /// Each of them.
    pub const ALL: [Self; 13] = [
        Self::Unreachable,
        Self::Refused,
        Self::Busy,
        Self::Cut,
        Self::CutWhenTaken,
        Self::Silence,
        Self::SilenceWhenTaken,
        Self::Gateway,
        Self::GatewayWhenTaken,
        Self::Unreadable,
        Self::Death,
        Self::DeathWhenTaken,
        Self::DeathBeforeRecord,
    ];

    /// What the provider does to bring it about. `None`: it comes about on our side.
    pub(crate) fn mode(self) -> Option<Mode> {
        Some(match self {
            Self::Refused => Mode::Fails(429, String::new()),
            Self::Busy => Mode::Fails(503, String::new()),
            Self::Cut => Mode::CutsBefore,
            Self::CutWhenTaken => Mode::CutsAfter,
            Self::Silence | Self::Death => Mode::HangsBefore,
            Self::SilenceWhenTaken | Self::DeathWhenTaken => Mode::HangsAfter,
            Self::Gateway => Mode::Fails(502, String::new()),
            Self::GatewayWhenTaken => Mode::FailsAfter(502, String::new()),
            Self::Unreadable => Mode::Nonsense,
            Self::Unreachable | Self::DeathBeforeRecord => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Unreachable => "no connection",
            Self::Refused => "refused",
            Self::Busy => "503",
            Self::Cut => "cut, not taken",
            Self::CutWhenTaken => "cut, taken",
            Self::Silence => "no answer, not taken",
            Self::SilenceWhenTaken => "no answer, taken",
            Self::Gateway => "502, not taken",
            Self::GatewayWhenTaken => "502, taken",
            Self::Unreadable => "unreadable answer, taken",
            Self::Death => "death, not taken",
            Self::DeathWhenTaken => "death before the answer, taken",
            Self::DeathBeforeRecord => "death between answer and record",
        })
    }
}
