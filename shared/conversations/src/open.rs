//! The store that the owner configured.

#[cfg(feature = "sqlite")]
use std::path::Path;

use documents::{Documents, Key, OpenError};
use settings::Settings;

use crate::collections::ALL;
use crate::lifetimes::Lifetimes;
use crate::names::Names;
use crate::store::Store;

/// The parts of what [`Store::open`] reads.
const PARTS: &[settings::Names] = &[documents::SETTINGS, Lifetimes::SETTINGS];

impl Store {
    /// What [`Store::open`] reads.
    pub const SETTINGS: settings::Names = &settings::joined::<{ settings::count(PARTS) }>(PARTS);

    /// Opens the store that the settings name ([`Documents::open`]).
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        let lifetimes = Lifetimes::from_settings(settings)?;
        Ok(Self::of(Documents::open(settings, ALL)?, lifetimes))
    }

    /// The same for reading only: creates no folder and no file. `None`: nothing was ever stored in
    /// `DATA_DIR`.
    pub fn open_existing(settings: &Settings) -> Result<Option<Self>, OpenError> {
        let lifetimes = Lifetimes::from_settings(settings)?;
        let opened = Documents::open_existing(settings, ALL)?;
        Ok(opened.map(|opened| Self::of(opened, lifetimes)))
    }

    /// Opens the embedded store in this folder, whatever the settings say. Everything is kept for as long
    /// as by default.
    #[cfg(feature = "sqlite")]
    pub fn open_in(folder: &Path) -> Result<Self, OpenError> {
        Ok(Self::of(Documents::open_in(folder, ALL)?, Lifetimes::default()))
    }

    fn of((documents, key): (Documents, Key), lifetimes: Lifetimes) -> Self {
        Self::new(documents, Names { key }, lifetimes)
    }
}
