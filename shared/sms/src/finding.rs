//! What `doctor` finds.

use serde::Serialize;

/// One thing that was looked at, and whether it is as it has to be.
///
/// Holds no secret and no person's number; numbers of ours are shown. What can be looked at beside
/// providers has names of its own, `C`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding<C = Check> {
    /// What was looked at.
    pub check: C,
    /// Whether it is well.
    pub verdict: Verdict,
    /// What was seen, in words without a full stop.
    pub seen: String,
    /// What to do about it, as a sentence. None where all is well.
    pub fix: Option<String>,
}

/// What can be looked at. The names are part of the output of `doctor --json`, and stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether the provider lets us in.
    Credentials,
    /// What is left to spend.
    Balance,
    /// Whether the account is active, and no trial.
    Account,
    /// Whether the number we send from is ours and can text.
    Number,
    /// Whether the address that is entered there is ours.
    Webhook,
    /// Whether the sender is registered where that is the law (10DLC, toll-free).
    Registration,
    /// Whether texts to the countries that we text are permitted.
    Countries,
    /// What the provider has lately complained of.
    Errors,
}

/// Whether something is as it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it has to be.
    Works,
    /// It cannot be known, or will not do for long.
    Doubtful,
    /// It keeps texts from going or coming.
    Broken,
}

impl<C> Finding<C> {
    /// All is well.
    pub fn works(check: C, seen: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Works, seen: seen.into(), fix: None }
    }

    /// Somebody should know.
    pub fn doubtful(check: C, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Doubtful, seen: seen.into(), fix: Some(fix.into()) }
    }

    /// Somebody has to act.
    pub fn broken(check: C, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Broken, seen: seen.into(), fix: Some(fix.into()) }
    }

    /// The same, under another name.
    pub fn named<D>(self, name: impl FnOnce(C) -> D) -> Finding<D> {
        let Self { check, verdict, seen, fix } = self;
        Finding { check: name(check), verdict, seen, fix }
    }
}
