//! The providers that carry our texts, each a folder that describes itself with an [`Entry`].
//!
//! Code outside of that folder never names a provider: it goes through [`ENTRIES`].

#![warn(missing_docs)]

mod address;
mod aws;
mod channel;
mod described;
mod digits;
mod entry;
mod fields;
#[cfg(test)]
mod harness;
mod messagecentral;
mod mock;
mod plivo;
mod sender;
mod twilio;
mod vonage;

use settings::{Names, Settings, SettingsError};
use sms::{Number, Provider, Providers};

use crate::described::Described;
use crate::digits::with_plus;

pub use entry::{Console, Entry, Purpose, Role, Sample, Setting};
pub use mock::Mock;

/// Every provider, in the order of preference unless `SMS_PROVIDERS` says otherwise.
pub const ENTRIES: &[Entry] =
    &[messagecentral::ENTRY, twilio::ENTRY, vonage::ENTRY, plivo::ENTRY, aws::ENTRY, mock::ENTRY];

/// The setting that orders them.
pub const ORDER: &str = "SMS_PROVIDERS";

macro_rules! names {
    ($($(#[$documentation:meta])* $name:ident = $which:expr;)*) => {$(
        $(#[$documentation])*
        pub const $name: Names = {
            const LIST: [&str; count($which)] = list($which);
            &LIST
        };
    )*};
}

names! {
    /// The settings of a process that does everything with providers.
    SETTINGS = Which::ReadBy(Role::Everything);
    /// The settings of a function that takes their calls.
    RECEIVING = Which::ReadBy(Role::Receiving);
    /// The settings of a function that sends.
    SENDING = Which::ReadBy(Role::Sending);
    /// The settings of a function that polls for statuses.
    POLLING = Which::ReadBy(Role::Polling);
    /// The settings of a function that only describes them: no secret.
    DESCRIBING = Which::ReadBy(Role::Describing);
    /// The settings for calling us as a provider would.
    SIGNING = Which::ReadBy(Role::Signing);
    /// The senders of texts, whoever carries them: those that [`numbers`] reads, and no secret.
    SENDERS = Which::Senders;
}

#[derive(Clone, Copy)]
enum Which {
    ReadBy(Role),
    Senders,
}

impl Which {
    const fn holds(self, setting: &Setting) -> bool {
        match self {
            Self::ReadBy(role) => setting.is_read_by(role),
            Self::Senders => setting.sender.is_some(),
        }
    }

    /// Whether the order of the providers is among them.
    const fn is_ordered(self) -> bool {
        !matches!(self, Self::Senders)
    }
}

const fn count(which: Which) -> usize {
    let mut count = which.is_ordered() as usize;
    let mut entry = 0;
    while entry < ENTRIES.len() {
        let mut setting = 0;
        while setting < ENTRIES[entry].settings.len() {
            count += which.holds(&ENTRIES[entry].settings[setting]) as usize;
            setting += 1;
        }
        entry += 1;
    }
    count
}

const fn list<const COUNT: usize>(which: Which) -> [&'static str; COUNT] {
    let mut names = [ORDER; COUNT];
    let mut count = which.is_ordered() as usize;
    let mut entry = 0;
    while entry < ENTRIES.len() {
        let mut setting = 0;
        while setting < ENTRIES[entry].settings.len() {
            if which.holds(&ENTRIES[entry].settings[setting]) {
                names[count] = ENTRIES[entry].settings[setting].name;
                count += 1;
            }
            setting += 1;
        }
        entry += 1;
    }
    names
}

/// The providers that have settings, for a function in this role. `public_url` is where they reach
/// us.
pub fn configured(
    settings: &Settings,
    public_url: &str,
    role: Role,
) -> Result<Providers, SettingsError> {
    arranged(settings, public_url, role, false)
}

/// The providers that have settings, or the mock if there are none and `USE_MOCK` is not `false`.
pub fn configured_or_pretended(
    settings: &Settings,
    public_url: &str,
) -> Result<Providers, SettingsError> {
    arranged(settings, public_url, Role::Everything, true)
}

/// The description of the provider of this name, if there is one.
pub fn named(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// Our numbers in the settings. Names, pools and ids do not count.
pub fn numbers(settings: &Settings) -> Vec<Number> {
    let senders = SENDERS.iter().filter_map(|name| settings.get(name));
    senders.filter_map(|sender| Number::parse(&with_plus(sender)).ok()).collect()
}

fn arranged(
    settings: &Settings,
    public_url: &str,
    role: Role,
    or_pretended: bool,
) -> Result<Providers, SettingsError> {
    let mut built = Vec::new();
    for entry in ENTRIES {
        built.extend(build(entry, settings, public_url, role)?);
    }
    sender::check(settings)?;
    let real = built.iter().any(|provider| !sms::is_pretended(provider.name()));
    if built.is_empty() && or_pretended && settings.get(mock::SWITCH).is_none() {
        built.push(Box::new(Mock));
    }
    if let Some(order) = settings.get(ORDER) {
        built = in_order(built, order)?;
    }
    let providers = Providers::new(built);
    Ok(if real { providers.beside_others() } else { providers })
}

fn build(entry: &'static Entry, settings: &Settings, public_url: &str, role: Role) -> entry::Built {
    let is_described = match role {
        Role::Describing => true,
        // It would never be called.
        Role::Polling => !entry.is_asked,
        _ => false,
    };
    if !is_described || entry.is_pretended() {
        return (entry.build)(settings, public_url, role);
    }
    let sender = (entry.sender)(settings)?;
    Ok(sender.map(|sender| Box::new(Described { entry, sender }) as Box<dyn Provider>))
}

/// A provider as one of several.
pub(crate) fn boxed<P: Provider + 'static>(company: Option<P>) -> Option<Box<dyn Provider>> {
    company.map(|company| Box::new(company) as Box<dyn Provider>)
}

/// Picks the providers in `SMS_PROVIDERS`, in its order.
fn in_order(
    mut configured: Vec<Box<dyn Provider>>,
    order: &str,
) -> Result<Vec<Box<dyn Provider>>, SettingsError> {
    let invalid = |problem| SettingsError::Invalid { name: ORDER, problem };
    let mut in_order = Vec::new();
    for name in order.split(',').map(|name| name.trim().to_ascii_lowercase()) {
        let Some(Entry { name, .. }) = named(&name) else {
            let known: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
            let problem = format!("write names from {}, separated by commas", known.join(", "));
            return Err(invalid(problem));
        };
        let Some(index) = configured.iter().position(|provider| provider.name() == *name) else {
            return Err(invalid(format!(
                "{name} is named twice or is not configured: leave it out, or set its settings"
            )));
        };
        in_order.push(configured.remove(index));
    }
    Ok(in_order)
}
