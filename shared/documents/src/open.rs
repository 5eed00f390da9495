//! Which store the owner configured.

#[cfg(feature = "sqlite")]
use std::fs::File;
use std::path::Path;

use firestore::FirestoreDbOptions;
use google::Credentials;
use settings::{Settings, SettingsError};
use thiserror::Error;

use crate::collections::Collection;
use crate::documents::{Documents, Kind};
use crate::firestore::Firestore;
use crate::key::Key;
#[cfg(feature = "sqlite")]
use crate::sqlite::{Sqlite, file};

/// Why there is no store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The settings do not say which.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The embedded store's folder or file cannot be used.
    #[error("DATA_DIR cannot be used: {0}")]
    DataDir(String),
    /// It is of another form, or its names are made with another key.
    #[error("the store cannot be used: {0}")]
    Another(String),
    /// Another process serves from it already.
    #[error(
        "DATA_DIR cannot be used: another textback serves from {0} already: stop that one first, or \
         set DATA_DIR to another folder"
    )]
    Reserved(String),
    /// Another process uses the embedded store.
    #[error(
        "DATA_DIR cannot be used: another process uses the store in {0}: stop textback, and every \
         other program that has textback.db open"
    )]
    InUse(String),
    /// A backup cannot be made or restored.
    #[error("{0}")]
    Backup(String),
}

/// The right to serve from the embedded store, as long as this value and the process live.
#[derive(Debug)]
#[must_use = "dropped, it is somebody else's"]
pub struct Reserved {
    #[cfg(feature = "sqlite")]
    _lock: File,
}

/// The settings that name the store and the key of its names.
const OWN: settings::Names = &[
    "DATA_DIR",
    "FIRESTORE_DATABASE",
    "FIRESTORE_EMULATOR_HOST",
    "GOOGLE_CLOUD_PROJECT",
    "NAME_KEY",
];

/// The parts of what [`Documents::open`] reads.
const PARTS: &[settings::Names] = &[OWN, google::SETTINGS];

/// What [`Documents::open`] reads: also our credentials at Google.
pub const SETTINGS: settings::Names = &settings::joined::<{ settings::count(PARTS) }>(PARTS);

/// An opened store, and the key of the names in it.
type Opened = (Documents, Key);

impl Documents {
    /// Opens the store that the settings name, with these collections: Firestore if a Google project is
    /// set, otherwise the embedded one in `DATA_DIR`. Firestore is connected to on first use.
    pub fn open(
        settings: &Settings,
        collections: &'static [Collection],
    ) -> Result<Opened, OpenError> {
        match firestore(settings, collections)? {
            Some(firestore) => Ok(firestore),
            None => embedded(data_dir(settings), Key::from_settings(settings)?, collections),
        }
    }

    /// The same for reading only: creates no folder and no file. `None`: nothing was ever stored in
    /// `DATA_DIR`.
    pub fn open_existing(
        settings: &Settings,
        collections: &'static [Collection],
    ) -> Result<Option<Opened>, OpenError> {
        match firestore(settings, collections)? {
            Some(firestore) => Ok(Some(firestore)),
            None => existing(data_dir(settings), Key::from_settings(settings)?, collections),
        }
    }

    /// Opens the embedded store in this folder, whatever the settings say.
    #[cfg(feature = "sqlite")]
    pub fn open_in(folder: &Path, collections: &'static [Collection]) -> Result<Opened, OpenError> {
        embedded(folder, None, collections)
    }

    /// Fails if the store says that it belongs to another installation. The embedded store checks that
    /// when it is opened. A store that says nothing may be ours; the first use will tell.
    pub async fn check(&self) -> Result<(), OpenError> {
        self.another().await.map_or(Ok(()), |why| Err(OpenError::Another(why)))
    }
}

/// Makes sure that nobody else serves from `DATA_DIR`: two sweeps would pay twice for each answer.
/// Other processes may still use it. `None`: many may serve from Firestore.
pub fn reserve(settings: &Settings) -> Result<Option<Reserved>, OpenError> {
    // Needs no collections.
    match firestore(settings, &[])? {
        Some(_) => Ok(None),
        None => reserved(data_dir(settings)).map(Some),
    }
}

pub(crate) fn data_dir(settings: &Settings) -> &Path {
    Path::new(settings.get("DATA_DIR").unwrap_or(".textback"))
}

/// Whether a setting says that the store is a Firestore.
pub(crate) fn is_firestore(settings: &Settings) -> bool {
    settings.any(&["GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "FIRESTORE_EMULATOR_HOST"])
}

/// Firestore, if it is configured.
fn firestore(
    settings: &Settings,
    collections: &'static [Collection],
) -> Result<Option<Opened>, SettingsError> {
    if !is_firestore(settings) {
        return Ok(None);
    }
    let project = settings.required("Firestore", "GOOGLE_CLOUD_PROJECT")?;
    let key = Key::from_settings(settings)?.ok_or_else(no_key)?;
    let mut options = FirestoreDbOptions::new(project.into());
    if let Some(database) = settings.get("FIRESTORE_DATABASE") {
        options.database_id = database.into();
    }
    let credentials = match settings.get("FIRESTORE_EMULATOR_HOST") {
        Some(host) => {
            options.firebase_api_url = Some(format!("http://{host}"));
            Credentials::of_emulator()
        }
        None => Credentials::from_settings(settings)?,
    };
    let firestore = Firestore::new(options, credentials, &key, collections);
    Ok(Some((Documents::new(Kind::Firestore(Box::new(firestore))), key)))
}

/// All users of a database share its names, so none may make up a key.
fn no_key() -> SettingsError {
    SettingsError::Invalid {
        name: "NAME_KEY",
        problem: "it is not set, and Firestore is used: set the one that the database was begun \
                  with, or what `openssl rand -base64 32` prints if nothing is in it"
            .into(),
    }
}

#[cfg(feature = "sqlite")]
fn embedded(
    folder: &Path,
    given: Option<Key>,
    collections: &'static [Collection],
) -> Result<Opened, OpenError> {
    match Sqlite::open(folder, given, collections) {
        Ok((sqlite, key)) => Ok((Documents::new(Kind::Sqlite(sqlite)), key)),
        Err(file::Unusable(why)) => Err(OpenError::DataDir(why)),
    }
}

#[cfg(feature = "sqlite")]
fn existing(
    folder: &Path,
    given: Option<Key>,
    collections: &'static [Collection],
) -> Result<Option<Opened>, OpenError> {
    match file::is_there(folder) {
        Ok(true) => embedded(folder, given, collections).map(Some),
        Ok(false) => Ok(None),
        Err(error) => Err(OpenError::DataDir(error.to_string())),
    }
}

#[cfg(feature = "sqlite")]
fn reserved(folder: &Path) -> Result<Reserved, OpenError> {
    let unusable = |file::Unusable(why)| OpenError::DataDir(why);
    match file::reserve(folder).map_err(unusable)? {
        Some(lock) => Ok(Reserved { _lock: lock }),
        None => {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            Err(OpenError::Reserved(folder.display().to_string()))
        }
    }
}

#[cfg(not(feature = "sqlite"))]
fn embedded(_: &Path, _: Option<Key>, _: &'static [Collection]) -> Result<Opened, OpenError> {
    Err(SettingsError::Missing { owner: "the store", missing: vec!["GOOGLE_CLOUD_PROJECT"] }.into())
}

#[cfg(not(feature = "sqlite"))]
fn existing(
    folder: &Path,
    given: Option<Key>,
    collections: &'static [Collection],
) -> Result<Option<Opened>, OpenError> {
    embedded(folder, given, collections).map(Some)
}

#[cfg(not(feature = "sqlite"))]
fn reserved(folder: &Path) -> Result<Reserved, OpenError> {
    embedded(folder, None, &[]).map(|_| Reserved {})
}
