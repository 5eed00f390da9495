//! What a text goes by.

use serde::{Deserialize, Serialize};

/// One way a text goes: by a provider, from a sender, to a country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Route {
    /// The provider's name.
    pub provider: String,
    /// The number, name or pool of ours that the text is sent from.
    pub sender: String,
    /// The calling code of the country that it is sent to, without the `+`.
    pub country: String,
}

impl Route {
    /// The way by `provider`, from `sender`, to the country with this calling code.
    pub fn new(
        provider: impl Into<String>,
        sender: impl Into<String>,
        country: impl Into<String>,
    ) -> Self {
        Self { provider: provider.into(), sender: sender.into(), country: country.into() }
    }

    /// Its name among all routes. A sender may hold any character, a provider and a country never
    /// hold a slash, so two routes never share a name.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.provider, self.sender, self.country)
    }

    /// The route of this name.
    pub(crate) fn named(id: &str) -> Option<Self> {
        let (provider, rest) = id.split_once('/')?;
        let (sender, country) = rest.rsplit_once('/')?;
        Some(Self::new(provider, sender, country))
    }
}
