//! Who agreed to be texted, and to which words.

use std::net::IpAddr;

use documents::{Fields, Unavailable, Write, WriteError, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::Number;

use crate::collections::consents;
use crate::consent_events::{ConsentEvent, ConsentKind};
use crate::lifetimes::DAY;
use crate::store::Store;

/// Where the number was typed, in place of a provider.
const FORM: &str = "form";

/// How many consents one address may give in an hour: the people of an office, or of a queue at a desk.
const OF_ADDRESS: usize = 20;

/// How many consents all addresses may give in a minute. To block others, an attacker needs several
/// addresses.
const OF_ALL: usize = 60;

/// How often recording is retried because another consent was counted meanwhile.
const ATTEMPTS: u32 = 5;

/// A number was typed into the public form, and whoever typed it agreed to texts.
///
/// It proves what was displayed and when, not whose number it is: only a text from the number shows
/// that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The number that was typed.
    pub theirs: Number,
    /// The version of the page around the words: changes with every letter of it.
    pub page: String,
    /// The address of that page.
    #[serde(default)]
    pub address: String,
    /// The language of the page, such as `es`.
    pub language: String,
    /// The exact words of the agreement.
    pub words: String,
    /// The network that the call came from, such as `192.0.2.0/24`.
    pub network: String,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Consent {
    /// Its entry in the consent ledger.
    fn event(&self) -> ConsentEvent {
        ConsentEvent {
            words: self.words.clone(),
            version: self.page.clone(),
            language: self.language.clone(),
            network: self.network.clone(),
            ..ConsentEvent::of(ConsentKind::Form, &self.theirs, &self.address, self.at)
        }
    }
}

/// What became of a consent that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is on record.
    Recorded,
    /// Too many were given recently, by this address or by all, so this one is not recorded.
    TooMany,
}

impl Store {
    /// Records a consent, unless too many came recently from this address (if it identifies anybody) or
    /// in total. Repeating it on the same day (UTC) changes nothing.
    pub async fn consent(
        &self,
        consent: &Consent,
        address: Option<IpAddr>,
    ) -> Result<Given, Unavailable> {
        for tries in 0..ATTEMPTS {
            match self.consent_once(consent, address, tries > 0).await {
                Err(WriteError::Conflict) => {}
                answer => return Ok(answer?),
            }
        }
        Ok(Given::TooMany)
    }

    /// Each consent takes one of the places of an hour or a minute. A place is a document of its own,
    /// so a crowd that agrees at the same moment rarely writes to the same one twice. Free places are
    /// looked up only after the randomly picked one turned out to be taken (`looks`).
    async fn consent_once(
        &self,
        consent: &Consent,
        address: Option<IpAddr>,
        looks: bool,
    ) -> Result<Given, WriteError> {
        let time = |format: &str| consent.at.strftime(format).to_string();
        let name = self.names.key.name(&[
            "consent",
            consent.theirs.as_str(),
            &consent.page,
            &consent.language,
            &time("%F"),
        ]);
        let path = at("consents", &name);
        let places = |whose: &str, window: &str, most| {
            let name = self.names.key.name(&["address", whose, window]);
            let mut numbers: Vec<_> = (0..most).collect();
            fastrand::shuffle(&mut numbers);
            numbers.truncate(if looks { most } else { 1 });
            let place = |number| at("consents_given", &format!("{name}-{number}"));
            numbers.into_iter().map(place).collect::<Vec<_>>()
        };
        let mut counts = vec![places("all", &time("%FT%H:%M"), OF_ALL)];
        counts.extend(
            address.map(|address| places(&address.to_string(), &time("%FT%H"), OF_ADDRESS)),
        );
        if looks {
            let paths: Vec<_> = std::iter::once(&path).chain(counts.iter().flatten()).collect();
            let paths: Vec<_> = paths.into_iter().cloned().collect();
            let mut found = self.documents.get(&paths).await?.into_iter();
            if found.next().flatten().is_some() {
                return Ok(Given::Recorded);
            }
            for places in &mut counts {
                places.retain(|_| found.next().flatten().is_none());
            }
        }
        let kept = Fields::of(consent).expiring(consent.at, self.lifetimes.consents());
        let person = self.names.person(FORM, &consent.theirs);
        let entered = consent.event().enter(&person, &self.lifetimes);
        let mut writes = vec![Write::Create(path, kept), entered];
        for mut places in counts {
            let Some(place) = places.pop() else { return Ok(Given::TooMany) };
            let given = Fields::none().expiring(consent.at, DAY);
            writes.push(Write::Create(place, given));
        }
        self.documents.commit(writes).await?;
        Ok(Given::Recorded)
    }

    /// The consents of a number, earliest first.
    pub async fn consents_of(&self, theirs: &Number) -> Result<Vec<Consent>, Unavailable> {
        let mut consents: Vec<Consent> = self.equal(consents::THEIRS, theirs.as_str()).await?;
        consents.sort_by_key(|consent| consent.at);
        Ok(consents)
    }
}
