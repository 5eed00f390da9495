//! How long things are kept.
//!
//! What is written says until when it is kept, so a change of these settings concerns what is written
//! afterwards.

use std::fmt;

use jiff::SignedDuration;
use settings::{Names, Settings, SettingsError};

pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long things are kept, by kind. Stops are kept for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Conversations, after the latest text, and what belongs to them: for as long as a customer may come
    /// back to them.
    pub conversations_days: u16,
    /// Attempts and traces: for as long as somebody may ask why something happened.
    pub records_days: u16,
    /// Receipts that belong to no attempt of ours, as far as we know.
    pub receipts_days: u16,
    /// Calls that no parser understood.
    pub quarantine_days: u16,
    /// Claims: they outlive any replay of the call.
    pub claims_days: u16,
    /// Consents, and the consent ledger.
    pub consents_years: u16,
    /// What operators did.
    pub audit_days: u16,
}

/// A lifetime that is a setting.
struct Kept {
    setting: &'static str,
    least: u16,
    most: u16,
    /// Why it is not shorter.
    because: &'static str,
}

const CONVERSATIONS: Kept = Kept {
    setting: "KEEP_CONVERSATIONS_DAYS",
    least: 7,
    most: 3650,
    because: "results that could not be delivered are tried again for days",
};
const RECORDS: Kept = Kept {
    setting: "KEEP_RECORDS_DAYS",
    least: 7,
    most: 3650,
    because: "receipts come up to three days later, and show which providers deliver",
};
const RECEIPTS: Kept = Kept {
    setting: "KEEP_RECEIPTS_DAYS",
    least: 4,
    most: 3650,
    because: "their attempts are looked for during three days",
};
const QUARANTINE: Kept = Kept {
    setting: "KEEP_QUARANTINE_DAYS",
    least: 1,
    most: 3650,
    because: "somebody has to have the time to look at them",
};
/// Twilio's signature contains no time, and Twilio itself keeps a message for 400 days.
const CLAIMS: Kept = Kept {
    setting: "KEEP_CLAIMS_DAYS",
    least: 400,
    most: 3650,
    because: "a call that a provider signed can be repeated for so long, and would be answered again",
};
/// A person can claim for four years that they were texted without consent (28 U.S.C. 1658); one more
/// year allows for the claim to arrive.
const CONSENTS: Kept = Kept {
    setting: "KEEP_CONSENTS_YEARS",
    least: 4,
    most: 100,
    because: "in the USA a person can claim for so long that they were texted without consent",
};

/// Somebody who asks who did something usually asks within a year.
const AUDIT: Kept = Kept {
    setting: "KEEP_AUDIT_DAYS",
    least: 7,
    most: 3650,
    because: "what was done in a conversation is asked about while it is still remembered",
};

impl Lifetimes {
    /// What [`Lifetimes::from_settings`] reads.
    pub const SETTINGS: Names = &[
        "KEEP_AUDIT_DAYS",
        "KEEP_CLAIMS_DAYS",
        "KEEP_CONSENTS_YEARS",
        "KEEP_CONVERSATIONS_DAYS",
        "KEEP_QUARANTINE_DAYS",
        "KEEP_RECEIPTS_DAYS",
        "KEEP_RECORDS_DAYS",
    ];

    /// The lifetimes as configured, or their defaults.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let standard = Self::default();
        let read = |kept: &Kept, standard| kept.read(settings, standard);
        Ok(Self {
            conversations_days: read(&CONVERSATIONS, standard.conversations_days)?,
            records_days: read(&RECORDS, standard.records_days)?,
            receipts_days: read(&RECEIPTS, standard.receipts_days)?,
            quarantine_days: read(&QUARANTINE, standard.quarantine_days)?,
            claims_days: read(&CLAIMS, standard.claims_days)?,
            consents_years: read(&CONSENTS, standard.consents_years)?,
            audit_days: read(&AUDIT, standard.audit_days)?,
        })
    }

    pub(crate) fn conversations(&self) -> SignedDuration {
        days(self.conversations_days)
    }

    pub(crate) fn records(&self) -> SignedDuration {
        days(self.records_days)
    }

    /// Notices are kept for as long as the conversations they refer to.
    pub(crate) fn notices(&self) -> SignedDuration {
        self.conversations()
    }

    pub(crate) fn receipts(&self) -> SignedDuration {
        days(self.receipts_days)
    }

    pub(crate) fn quarantine(&self) -> SignedDuration {
        days(self.quarantine_days)
    }

    pub(crate) fn claims(&self) -> SignedDuration {
        days(self.claims_days)
    }

    pub(crate) fn audit(&self) -> SignedDuration {
        days(self.audit_days)
    }

    pub(crate) fn consents(&self) -> SignedDuration {
        let years = self.consents_years;
        days(years * 365 + years / 4 + 1)
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            conversations_days: 90,
            records_days: 30,
            receipts_days: 7,
            quarantine_days: 7,
            claims_days: 400,
            consents_years: 5,
            audit_days: 400,
        }
    }
}

impl fmt::Display for Lifetimes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            conversations_days,
            records_days,
            receipts_days,
            quarantine_days,
            claims_days,
            consents_years,
            audit_days,
        } = self;
        write!(
            formatter,
            "what was said for {conversations_days} days, attempts and traces for {records_days}, \
             receipts for {receipts_days}, quarantine for {quarantine_days}, claims for {claims_days}, \
             what operators did for {audit_days} days, consents for {consents_years} \
             years"
        )
    }
}

impl Kept {
    fn read(&self, settings: &Settings, standard: u16) -> Result<u16, SettingsError> {
        let Self { setting: name, least, most, because } = *self;
        let Some(written) = settings.get(name) else { return Ok(standard) };
        match written.parse() {
            Ok(kept) if (least..=most).contains(&kept) => Ok(kept),
            _ => {
                let problem =
                    format!("write a number from {least} to {most}; not fewer, since {because}");
                Err(SettingsError::Invalid { name, problem })
            }
        }
    }
}

fn days(count: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}
