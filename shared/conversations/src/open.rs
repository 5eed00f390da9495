//! Which store the owner configured.

use std::path::Path;

use firestore::FirestoreDbOptions;
use settings::{Names, Settings, SettingsError};
use thiserror::Error;

use crate::Store;
use crate::credentials::Credentials;
use crate::documents::Documents;
use crate::federation::Federation;
use crate::firestore::Firestore;

/// The embedded store's file in its folder.
const FILE: &str = "textback.db";

/// Why there is no store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The settings do not say which.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The embedded store's folder or file cannot be used.
    #[error("DATA_DIR cannot be used: {0}")]
    DataDir(String),
}

impl Store {
    /// What [`Store::open`] reads.
    pub const SETTINGS: Names = &[
        "AWS_ACCESS_KEY_ID",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "DATA_DIR",
        "FIRESTORE_DATABASE",
        "FIRESTORE_EMULATOR_HOST",
        "GCP_WIF_CONFIG",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CLOUD_PROJECT",
    ];

    /// The store that the settings name: Firestore when a Google project is set, otherwise the
    /// embedded one in `DATA_DIR`. Firestore is connected to on first use.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        match firestore(settings)? {
            Some(firestore) => Ok(firestore),
            None => embedded(data_dir(settings)),
        }
    }

    /// The same, for whoever only looks: makes no folder and no file. `None`: nothing was ever kept
    /// in `DATA_DIR`.
    pub fn open_existing(settings: &Settings) -> Result<Option<Self>, OpenError> {
        if let Some(firestore) = firestore(settings)? {
            return Ok(Some(firestore));
        }
        let folder = data_dir(settings);
        match folder.join(FILE).try_exists() {
            Ok(true) => embedded(folder).map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(OpenError::DataDir(error.to_string())),
        }
    }
}

fn data_dir(settings: &Settings) -> &Path {
    Path::new(settings.get("DATA_DIR").unwrap_or(".textback"))
}

/// Firestore, if it is the one.
fn firestore(settings: &Settings) -> Result<Option<Store>, SettingsError> {
    let names = ["GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "FIRESTORE_EMULATOR_HOST"];
    if !settings.any(&names) {
        return Ok(None);
    }
    let project = settings.required("Firestore", "GOOGLE_CLOUD_PROJECT")?;
    let mut options = FirestoreDbOptions::new(project.into());
    if let Some(database) = settings.get("FIRESTORE_DATABASE") {
        options.database_id = database.into();
    }
    let credentials = match settings.get("FIRESTORE_EMULATOR_HOST") {
        Some(host) => {
            options.firebase_api_url = Some(format!("http://{host}"));
            Credentials::of_emulator()
        }
        None => credentials(settings)?,
    };
    let firestore = Firestore::new(options, credentials);
    Ok(Some(Store::new(Documents::Firestore(Box::new(firestore)))))
}

/// Keyless goes first, so that a key that is still about does not have to go on the same day.
fn credentials(settings: &Settings) -> Result<Credentials, SettingsError> {
    if let Some(configuration) = settings.get("GCP_WIF_CONFIG") {
        let federation = Federation::open(configuration, settings)?;
        return Ok(Credentials::of_federation(federation));
    }
    if let Some(key) = settings.get("GOOGLE_APPLICATION_CREDENTIALS") {
        return Credentials::of_service_account(key);
    }
    // What answers there is no server of Google's.
    if settings.get("AWS_LAMBDA_RUNTIME_API").is_some() {
        let missing = vec!["GCP_WIF_CONFIG (or GOOGLE_APPLICATION_CREDENTIALS)"];
        return Err(SettingsError::Missing { owner: "Firestore", missing });
    }
    Ok(Credentials::of_machine())
}

#[cfg(feature = "sqlite")]
fn embedded(folder: &Path) -> Result<Store, OpenError> {
    use std::os::unix::fs::DirBuilderExt;

    // What people texted is nobody else's business on this machine.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| OpenError::DataDir(error.to_string()))?;
    let sqlite = crate::sqlite::Sqlite::open(&folder.join(FILE))
        .map_err(|error| OpenError::DataDir(error.to_string()))?;
    Ok(Store::new(Documents::Sqlite(sqlite)))
}

#[cfg(not(feature = "sqlite"))]
fn embedded(_folder: &Path) -> Result<Store, OpenError> {
    Err(SettingsError::Missing { owner: "the store", missing: vec!["GOOGLE_CLOUD_PROJECT"] }.into())
}
