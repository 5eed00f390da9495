//! Who agreed to be texted, and to which words.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sms::Number;

use crate::Store;
use crate::documents::{Unavailable, Write, WriteError};
use crate::id::hash;
use crate::store::{DAY, at, expiring, fields};

/// Somebody may claim for four years that they were texted without consent (28 U.S.C. 1658); a year
/// more is for the claim to arrive.
const CONSENTS_LIVE: SignedDuration = DAY.checked_mul(5 * 365 + 2).expect("5 years fit");

/// That somebody typed a number into the public form and agreed to be texted there.
///
/// It proves what was shown and when, not whose number it is: that is shown by a text from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The number that was typed.
    pub theirs: Number,
    /// The version of what was shown around the words: changes with every letter of it.
    pub page: String,
    /// The language it was shown in, as `es`.
    pub language: String,
    /// The exact words that were agreed to.
    pub words: String,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Store {
    /// Writes a consent down. The same one again on the same day (UTC) changes nothing.
    pub async fn consent(&self, consent: &Consent) -> Result<(), Unavailable> {
        let day = consent.at.strftime("%F").to_string();
        let name = hash(&[consent.theirs.as_str(), &consent.page, &consent.language, &day]);
        let kept = expiring(fields(consent), consent.at, CONSENTS_LIVE);
        match self.documents.commit(vec![Write::Create(at("consents", &name), kept)]).await {
            Ok(_) | Err(WriteError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What was agreed to with a number, earliest first.
    pub async fn consents_of(&self, theirs: &Number) -> Result<Vec<Consent>, Unavailable> {
        let mut consents: Vec<Consent> = self.equal("consents", "theirs", theirs.as_str()).await?;
        consents.sort_by_key(|consent| consent.at);
        Ok(consents)
    }
}
