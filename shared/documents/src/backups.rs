//! Backups of the embedded store that the settings name.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use settings::{Settings, SettingsError};

use crate::collections::Collection;
use crate::key::Key;
use crate::open::{OpenError, data_dir, is_firestore};
use crate::sqlite::backup::Backup;
use crate::sqlite::file::Unusable;
use crate::sqlite::merge::Wanted;
use crate::sqlite::restore::{Refused, Restoring};

impl Backup {
    /// Copies the embedded store, with everything that its ledger knows, into a new file that only its
    /// owner can read, and checks the copy. Others may use the store meanwhile.
    pub fn write(
        settings: &Settings,
        collections: &'static [Collection],
        file: &Path,
    ) -> Result<Self, OpenError> {
        embedded(settings)?;
        let (folder, key) = (data_dir(settings), Key::from_settings(settings)?);
        let made = Self::make(folder, key, collections, file);
        made.map_err(|Unusable(why)| OpenError::Backup(format!("no backup was made: {why}")))
    }
}

impl Restoring {
    /// Builds the store that this backup and everything known since are together, beside the one in
    /// `DATA_DIR`, which nobody else may use until this value is dropped. `look` sees the backup as it
    /// was.
    pub fn of<T>(
        settings: &Settings,
        collections: &'static [Collection],
        file: &Path,
        wanted: Wanted,
        now: Timestamp,
        look: impl FnOnce(&Backup) -> T,
    ) -> Result<(Self, T), OpenError> {
        embedded(settings)?;
        let (folder, key) = (data_dir(settings), Key::from_settings(settings)?);
        let begun = Self::begin(folder, key.as_ref(), collections, file, wanted, now, look);
        begun.map_err(|refused| error(refused, folder, file))
    }

    /// Lets it take the place of the store in `DATA_DIR`, in one step, and returns the folder that the
    /// other one has become. `None`: there was none.
    pub fn take_place(
        self,
        settings: &Settings,
        file: &Path,
    ) -> Result<Option<PathBuf>, OpenError> {
        self.finish().map_err(|refused| error(refused, data_dir(settings), file))
    }
}

fn error(refused: Refused, folder: &Path, file: &Path) -> OpenError {
    match refused {
        Refused::Backup(why) => {
            OpenError::Backup(format!("{} cannot be restored: {why}", file.display()))
        }
        Refused::Folder(why) => OpenError::DataDir(why),
        Refused::InUse => OpenError::InUse(
            std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string(),
        ),
    }
}

fn embedded(settings: &Settings) -> Result<(), SettingsError> {
    match is_firestore(settings) {
        false => Ok(()),
        true => Err(SettingsError::Invalid {
            name: "GOOGLE_CLOUD_PROJECT",
            problem: "the store is a Firestore, which has backups of its own: see Backup in \
                      docs/operating.md"
                .into(),
        }),
    }
}
