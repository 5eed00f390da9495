//! The faults that can occur when a reply is dispatched.

use std::fmt;

use fakes::Mode;

/// A fault in a request that dispatches a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The provider cannot be reached.
    Unreachable,
    /// The provider refuses it explicitly.
    Refused,
    /// The provider is temporarily unavailable (503).
    Busy,
    /// The connection breaks after the request, and nothing was sent.
    Cut,
    /// The same, and it was sent.
    CutWhenTaken,
    /// There is no answer, and nothing was sent.
    Silence,
    /// The same, and it was sent.
    SilenceWhenTaken,
    /// A gateway fails, and nothing was sent.
    Gateway,
    /// The same, and it was sent.
    GatewayWhenTaken,
    /// It was sent, and the answer is unreadable.
    Unreadable,
    /// Our process dies after the request, and nothing was sent.
    Death,
    /// The same, and it was sent.
    DeathWhenTaken,
    /// Our process dies with the answer, before storing it.
    DeathBeforeRecord,
}

impl Fault {
    /// All faults.
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

    /// The provider's mode that causes it. `None`: it happens on our side.
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
