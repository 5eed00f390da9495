//! The route of a text.

use serde::{Deserialize, Serialize};

/// A route: a provider, a sender and a country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Route {
    /// The provider's name.
    pub provider: String,
    /// Our number, sender name or pool that the text is sent from.
    pub sender: String,
    /// The calling code of the country that it is sent to, without the `+`.
    pub country: String,
}

impl Route {
    /// The route by `provider`, from `sender`, to the country with this calling code.
    pub fn new(
        provider: impl Into<String>,
        sender: impl Into<String>,
        country: impl Into<String>,
    ) -> Self {
        Self { provider: provider.into(), sender: sender.into(), country: country.into() }
    }

    /// Its unique name. A sender may contain any character, but a provider and a country never contain
    /// a slash, so no two routes share a name.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.provider, self.sender, self.country)
    }

    /// The route with this name.
    pub(crate) fn named(id: &str) -> Option<Self> {
        let (provider, rest) = id.split_once('/')?;
        let (sender, country) = rest.rsplit_once('/')?;
        Some(Self::new(provider, sender, country))
    }
}
