//! The owner's limits: how many replies, to which countries and when.

use business::Business;
use hours::QuietHours;
use policy::{Countries, Limits};
use settings::{Settings, SettingsError};
use sms::Providers;

use crate::account::Money;
use crate::places::Places;

/// The limits on what a stranger's text can cause.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// How many replies a person gets, and how many new people are answered.
    pub limits: Limits,
    /// Where replies may go.
    pub countries: Countries,
    /// When nobody is texted unless they are answered, if the agent's page does not say.
    pub quiet_hours: QuietHours,
    /// Prices and caps.
    pub money: Money,
    pub(crate) places: Places,
}

impl Bounds {
    /// The configured limits, and the countries in `COUNTRIES`; if unset, those of our own numbers,
    /// or else that of the business's telephone. If none of these is known, replies go everywhere,
    /// with a warning in the log.
    pub fn from_settings(
        settings: &Settings,
        providers: &Providers,
    ) -> Result<Self, SettingsError> {
        let limits = Limits::from_settings(settings)?;
        let countries = match Countries::from_settings(settings)? {
            Some(countries) => countries,
            None => match Self::at_home(settings, providers)? {
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
        let money = Money::from_settings(settings)?;
        let quiet_hours = QuietHours::from_settings(settings)?;
        Ok(Self { limits, countries, quiet_hours, money, places: Places::default() })
    }

    fn at_home(
        settings: &Settings,
        providers: &Providers,
    ) -> Result<Option<Countries>, SettingsError> {
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
}
