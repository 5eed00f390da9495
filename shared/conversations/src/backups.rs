//! Backups of the embedded store, and how one is restored so that nobody is texted twice or after a
//! stop.

use std::path::{Path, PathBuf};

use documents::{Backup, Left, OpenError, Restoring, Since, Unavailable, Wanted};
use jiff::Timestamp;
use serde_json::Value;
use settings::Settings;

use crate::budget::OF;
use crate::collections::{ALL, heads, texts};
use crate::lifetimes::Lifetimes;
use crate::reopened::Aside;
use crate::store::Store;

/// What of the present store a restored one needs, besides stops and consents.
const WANTED: Wanted = Wanted { claims: "claims", spent: ("budget", OF), lost: texts::WAITING };

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// How many people have a conversation.
    pub people: u64,
    /// How many conversations are over.
    pub ended: u64,
    /// How many texts wait for an answer.
    pub waiting: u64,
    /// How many people have stopped.
    pub stops: u64,
    /// How many consents are on record.
    pub consents: u64,
    /// When the latest text came.
    pub latest: Option<Timestamp>,
}

impl Held {
    fn of(backup: &Backup) -> Self {
        Self {
            people: backup.count("heads"),
            ended: backup.count("ended"),
            waiting: backup.count_with(texts::WAITING),
            stops: backup.count("stops"),
            consents: backup.count("consents"),
            latest: backup.latest(heads::AT),
        }
    }
}

/// Writes a backup of the embedded store that the settings name into a new file, also while others use
/// the store, and checks it.
pub fn back_up(settings: &Settings, file: &Path) -> Result<Held, OpenError> {
    Ok(Held::of(&Backup::write(settings, ALL, file)?))
}

/// A backup that is about to be restored: nothing has changed yet.
pub struct Restore {
    restoring: Restoring,
    file: PathBuf,
    held: Held,
}

/// What became of a backup.
#[derive(Debug)]
pub struct Restored {
    /// What was set aside.
    pub aside: Aside,
    /// How many documents were removed of people who were erased after the backup was made.
    pub erased: usize,
    /// Why something of them may still be readable in the files of the store.
    pub left: Option<Left>,
    /// The folder with the store that was replaced, if there was one.
    pub kept: Option<PathBuf>,
}

impl Restore {
    /// Builds a store from a backup and everything that the one in `DATA_DIR` knows of the time since.
    /// Nobody else may use `DATA_DIR` meanwhile.
    pub fn begin(settings: &Settings, file: &Path, now: Timestamp) -> Result<Self, OpenError> {
        let (restoring, held) = Restoring::of(settings, ALL, file, WANTED, now, Held::of)?;
        Ok(Self { restoring, file: file.to_owned(), held })
    }

    /// What the backup holds.
    pub fn held(&self) -> Held {
        self.held
    }

    /// What is known of the time since the backup.
    pub fn since(&self) -> &Since {
        self.restoring.since()
    }

    /// How many texts wait in the present store that the backup does not have. They are not restored,
    /// though their claims are.
    pub fn lost(&self) -> u64 {
        self.restoring.lost()
    }

    /// Sets aside everything that was open, and lets the store take its place. `note` is an entry for
    /// the agent of each conversation whose last reply may not have been sent. Unless the providers'
    /// opt-out lists were imported, a store that knows nothing of the time since says so.
    pub async fn finish(
        self,
        settings: &Settings,
        note: &Value,
        imported: bool,
        now: Timestamp,
    ) -> Result<Restored, OpenError> {
        let failed = |error: Unavailable| OpenError::DataDir(error.to_string());
        let mut store = Store::open_in(self.restoring.folder())?;
        store.lifetimes = Lifetimes::from_settings(settings)?;
        let erased = store.erase_again().await.map_err(failed)?;
        let aside = store.set_open_aside(note, self.lost(), now).await.map_err(failed)?;
        if matches!(self.since(), Since::Nothing(_)) && !imported {
            store.opt_outs_missing(now).await.map_err(failed)?;
        }
        drop(store);
        let kept = self.restoring.take_place(settings, &self.file)?;
        Ok(Restored { aside, erased: erased.total(), left: erased.left, kept })
    }
}
