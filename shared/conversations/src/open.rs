//! The store that the owner configured.

#[cfg(feature = "sqlite")]
use std::path::Path;

use documents::{Documents, Key, OpenError};
use settings::Settings;

use crate::collections::ALL;
use crate::names::Names;
use crate::store::Store;

impl Store {
    /// What [`Store::open`] reads.
    pub const SETTINGS: settings::Names = documents::SETTINGS;

    /// Opens the store that the settings name ([`Documents::open`]).
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self::of(Documents::open(settings, ALL)?))
    }

    /// The same for reading only: creates no folder and no file. `None`: nothing was ever stored in
    /// `DATA_DIR`.
    pub fn open_existing(settings: &Settings) -> Result<Option<Self>, OpenError> {
        Ok(Documents::open_existing(settings, ALL)?.map(Self::of))
    }

    /// Opens the embedded store in this folder, whatever the settings say.
    #[cfg(feature = "sqlite")]
    pub fn open_in(folder: &Path) -> Result<Self, OpenError> {
        Ok(Self::of(Documents::open_in(folder, ALL)?))
    }

    fn of((documents, key): (Documents, Key)) -> Self {
        Self::new(documents, Names { key })
    }
}
