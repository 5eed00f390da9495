//! What a stranger's text can cause at most.

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
    /// The limits as configured, and the prices by which money is counted.
    pub fn from_settings(
        settings: &Settings,
        providers: &Providers,
    ) -> Result<Self, SettingsError> {
        let limits::Limits { caps, replies, countries, quiet_hours } =
            limits::Limits::from_settings(settings, providers)?;
        let money = Money::from_settings(settings, caps)?;
        Ok(Self { limits: replies, countries, quiet_hours, money, places: Places::default() })
    }
}
