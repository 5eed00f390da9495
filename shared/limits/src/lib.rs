//! The owner's limits on what strangers' texts can cause, and how much of each is used.
//!
//! `turn` enforces them. Everybody who shows them takes them from here, so that a limit stands in one
//! table, with what happens at it.

#![warn(missing_docs)]

mod table;

use business::Business;
use conversations::budget::Payer;
use hours::QuietHours;
use money::Caps;
use policy::Countries;
use settings::{Names, Settings, SettingsError};
use sms::Providers;

pub use table::{Day, Limit, Table};

/// The parts of what [`Limits::from_settings`] reads.
const PARTS: &[Names] = &[
    Caps::SETTINGS,
    policy::Limits::SETTINGS,
    Countries::SETTINGS,
    QuietHours::SETTINGS,
    Business::SETTINGS,
];

/// The limits as they are set.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most that may be spent.
    pub caps: Caps,
    /// How many replies a person gets, and how many new people are answered.
    pub replies: policy::Limits,
    /// Where replies may go.
    pub countries: Countries,
    /// When nobody is texted unless they are answered, if the agent's page does not say.
    pub quiet_hours: QuietHours,
}

impl Limits {
    /// What [`Self::from_settings`] reads.
    pub const SETTINGS: Names = &settings::joined::<{ settings::count(PARTS) }>(PARTS);

    /// The configured limits, and the countries in `COUNTRIES`; if unset, those of our own numbers, or
    /// else that of the business's telephone. If none of these is known, replies go everywhere, with a
    /// warning in the log.
    pub fn from_settings(
        settings: &Settings,
        providers: &Providers,
    ) -> Result<Self, SettingsError> {
        let countries = match Countries::from_settings(settings)? {
            Some(countries) => countries,
            None => match at_home(settings, providers)? {
                Some(countries) => countries,
                None => {
                    let real = !providers.names().iter().copied().all(sms::is_pretended);
                    if real {
                        tracing::warn!("replies go to every country: set COUNTRIES to limit them");
                    }
                    Countries::ALL
                }
            },
        };
        Ok(Self {
            caps: Caps::from_settings(settings)?,
            replies: policy::Limits::from_settings(settings)?,
            countries,
            quiet_hours: QuietHours::from_settings(settings)?,
        })
    }

    /// The same with the quiet hours of an agent's page, if it says any.
    #[must_use]
    pub fn with_hours(self, page: Option<QuietHours>) -> Self {
        Self { quiet_hours: page.unwrap_or(self.quiet_hours), ..self }
    }
}

/// The account that real people's turns are paid from under these caps.
pub fn people(caps: &Caps) -> Payer {
    Payer::People(u32::try_from(caps.shards()).unwrap_or(1))
}

fn at_home(settings: &Settings, providers: &Providers) -> Result<Option<Countries>, SettingsError> {
    let numbers: Vec<_> = providers.iter().filter_map(|provider| provider.number()).collect();
    if let Some(countries) = Countries::of_numbers(&numbers) {
        return Ok(Some(countries));
    }
    let business = Business::from_settings(settings)?;
    Ok(match business.is_sample {
        true => None,
        false => Countries::of_numbers(&[business.phone]),
    })
}
