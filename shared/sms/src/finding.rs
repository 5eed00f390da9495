//! The findings of `doctor`.

use serde::Serialize;

/// The result of one check.
///
/// Contains no secret and no person's number; our own numbers are displayed. Checks other than of
/// providers have names of their own, `C`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding<C = Check> {
    /// The check.
    pub check: C,
    /// Whether it is in order.
    pub verdict: Verdict,
    /// The observation, in words without a full stop.
    pub seen: String,
    /// How to fix it, as a sentence. `None` if all is well.
    pub fix: Option<String>,
}

/// The checks of a provider. Their names are part of the output of `doctor --json`, and never
/// change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether the provider accepts our credentials.
    Credentials,
    /// The remaining balance.
    Balance,
    /// Whether the account is active, and not a trial.
    Account,
    /// Whether the number we send from is ours and can text.
    Number,
    /// Whether the address that is configured there is ours.
    Webhook,
    /// Whether the sender is registered where the law requires it (10DLC, toll-free).
    Registration,
    /// Whether texts to our countries are permitted.
    Countries,
    /// The provider's recent complaints.
    Errors,
}

/// Whether something is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In order.
    Works,
    /// It cannot be determined, or will not last.
    Doubtful,
    /// It keeps texts from going out or coming in.
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
