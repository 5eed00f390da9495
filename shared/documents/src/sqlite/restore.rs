//! Restoring a backup: a new folder is built beside the present one, and takes its place in one step.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::backup::{Backup, create_private, fault};
use super::entries::LEDGER;
use super::file::{self, FILE, Form, LATEST, SERVED, Unusable};
use super::ledger::{self, Alone};
use super::merge::{self, Wanted};
use super::tables::Tables;
use crate::collections::Collection;
use crate::key::Key;

/// What is known of the time since the backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// Everything: the present store could be read.
    All,
    /// What the ledger has; and why the present store could not be read.
    Ledger(String),
    /// Nothing; and why not.
    Nothing(String),
}

/// Why nothing was restored.
pub(crate) enum Refused {
    /// Because of the backup.
    Backup(String),
    /// Because of the folder of the present store.
    Folder(String),
    /// Another process uses it.
    InUse,
}

impl<E: Into<Unusable>> From<E> for Refused {
    fn from(error: E) -> Self {
        let Unusable(why) = error.into();
        Self::Folder(why)
    }
}

/// A restored store that has not taken the place of the present one yet. Dropped, it is removed.
pub struct Restoring {
    building: Building,
    folder: PathBuf,
    kept: PathBuf,
    since: Since,
    lost: u64,
    /// Held until the end, so that nobody opens either store.
    _present: Option<Connection>,
    _locks: [File; 2],
}

/// The present store.
enum Present {
    Readable(Connection),
    Unreadable(String),
    Missing,
}

impl Restoring {
    /// Builds a store from this backup and from what the folder knows of the time since. `look` sees the
    /// backup as it was.
    pub(crate) fn begin<T>(
        folder: &Path,
        given: Option<&Key>,
        collections: &'static [Collection],
        file: &Path,
        wanted: Wanted,
        now: Timestamp,
        look: impl FnOnce(&Backup) -> T,
    ) -> Result<(Self, T), Refused> {
        if !fs::metadata(file).is_ok_and(|file| file.is_file()) {
            return Err(Refused::Backup("there is no such file".into()));
        }
        let lock = file::reserve(folder)?.ok_or(Refused::InUse)?;
        let folder = fs::canonicalize(folder)?;
        let present = present(&folder, collections)?;
        let ledger = ledger::read_alone(&folder.join(LEDGER))?;

        let time = now.strftime("%Y-%m-%dT%H%M%S.%3fZ");
        let building = Building::new(with_end(&folder, &format!("restoring-{time}")))?;
        let backup = building.take(file, collections)?;
        is_same_installation(&backup, given, &present, &ledger)?;
        let seen = look(&backup);
        drop(backup);

        let copies_ledger = matches!(ledger, Alone::Sound(_));
        let (since, lost, present) = match present {
            Present::Readable(present) => {
                let new = building.path().join(FILE);
                let lost = merge::into(&present, &new, &Tables::of(collections), wanted, now)?;
                (Since::All, lost, Some(present))
            }
            Present::Unreadable(why) if copies_ledger => (Since::Ledger(why), 0, None),
            Present::Missing if copies_ledger => {
                (Since::Ledger(format!("{FILE} is gone")), 0, None)
            }
            Present::Unreadable(why) => (Since::Nothing(why), 0, None),
            Present::Missing => {
                let there =
                    if matches!(ledger, Alone::Damaged) { "a damaged ledger" } else { "no store" };
                (Since::Nothing(format!("DATA_DIR holds {there}")), 0, None)
            }
        };
        if copies_ledger {
            building.copy(&folder.join(LEDGER), LEDGER)?;
        }
        let kept = with_end(&folder, &format!("before-{time}"));
        let second = file::reserve(building.path())?.ok_or(Refused::InUse)?;
        let _locks = [lock, second];
        let restoring = Self { building, folder, kept, since, lost, _present: present, _locks };
        Ok((restoring, seen))
    }

    /// The folder with the restored store, for changes before it is used.
    pub fn folder(&self) -> &Path {
        self.building.path()
    }

    /// What is known of the time since the backup.
    pub fn since(&self) -> &Since {
        &self.since
    }

    /// How many wanted documents are only in the present store.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Puts the restored store in place of the present one, and returns the folder to which that moved.
    /// `None`: there was none.
    pub(crate) fn finish(mut self) -> Result<Option<PathBuf>, Refused> {
        let building = self.building.path().to_owned();
        for entry in fs::read_dir(&building)? {
            let path = entry?.path();
            sync(&path)?;
        }
        sync(&building)?;
        // One step: whenever this process dies, the folder holds one of the two stores.
        renameat_with(CWD, &building, CWD, &self.folder, RenameFlags::EXCHANGE)
            .map_err(|error| not_exchanged(&self.folder, error.into()))?;
        self.building.is_done = true;
        let beside = self.folder.parent().unwrap_or(Path::new("/"));
        sync(beside)?;
        // From here on nothing can be lost, so a failure leaves the old folder under its other name.
        let only_locked = !file::is_there(&building).unwrap_or(true);
        if only_locked
            && fs::remove_file(building.join(SERVED)).is_ok()
            && fs::remove_dir(&building).is_ok()
        {
            return Ok(None);
        }
        let kept = match fs::rename(&building, &self.kept) {
            Ok(()) => self.kept.clone(),
            Err(_) => building,
        };
        let _ = sync(beside);
        Ok(Some(kept))
    }
}

/// The folder that is being built. Removed when dropped, until it is done.
struct Building {
    path: PathBuf,
    is_done: bool,
}

impl Building {
    fn new(path: PathBuf) -> Result<Self, Refused> {
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            Refused::Folder(format!("{} cannot be created: {error}", path.display()))
        })?;
        Ok(Self { path, is_done: false })
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the backup into it, with what may be beside one that was copied by hand.
    fn take(&self, file: &Path, collections: &'static [Collection]) -> Result<Backup, Refused> {
        self.copy(file, FILE)?;
        let mut latest = file.as_os_str().to_owned();
        latest.push("-wal");
        if Path::new(&latest).is_file() {
            self.copy(Path::new(&latest), LATEST)?;
        }
        let copied = Backup::open(&self.path.join(FILE), collections);
        let mut copied = copied.map_err(|Unusable(why)| Refused::Backup(why))?;
        copied.complete(collections)?;
        Ok(copied)
    }

    fn copy(&self, from: &Path, name: &str) -> Result<(), Refused> {
        let copied = File::open(from).and_then(|mut from| {
            let mut to = create_private(&self.path.join(name))?;
            io::copy(&mut from, &mut to)
        });
        let failed =
            |error| Refused::Folder(format!("{} cannot be copied: {error}", from.display()));
        copied.map(|_| ()).map_err(failed)
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Opens the present store for this process alone, and changes nothing about it.
fn present(folder: &Path, collections: &[Collection]) -> Result<Present, Refused> {
    let database = folder.join(FILE);
    let is_there = |name| folder.join(name).try_exists().map_err(Unusable::from);
    if !is_there(FILE)? && !is_there(LATEST)? {
        return Ok(Present::Missing);
    }
    if let Err(Unusable(why)) = file::is_database(&database) {
        return Ok(Present::Unreadable(why));
    }
    let opened = alone(&database).and_then(|connection| {
        let form = file::form(&connection, collections)?;
        let fault = fault(&connection)?;
        Ok((connection, form, fault))
    });
    let why = match opened {
        Ok((connection, Form::Ours, None)) => return Ok(Present::Readable(connection)),
        Ok((_, Form::Ours, Some(fault))) => format!("{FILE} is damaged: {fault}"),
        Ok((_, Form::NotWhole, _)) => format!("{FILE} is not whole"),
        Ok((_, Form::Newer | Form::Older, _)) => {
            format!("{FILE} was written by another version of textback")
        }
        Ok((_, Form::AnotherProgram, _)) => format!("{FILE} is another program's"),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
            return Err(Refused::InUse);
        }
        Err(error) => format!("{FILE} cannot be read: {error}"),
    };
    Ok(Present::Unreadable(why))
}

/// A connection beside which there is no other, in any process.
fn alone(database: &Path) -> rusqlite::Result<Connection> {
    let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, access)?;
    connection.busy_timeout(Duration::ZERO)?;
    // Before the file is first read, because afterwards it would be shared.
    connection.pragma_update(Some("main"), "locking_mode", "EXCLUSIVE")?;
    // What is kept is kept as it is, with the latest commits beside it if they are there.
    let latest = fs::metadata(database.with_file_name(LATEST)).is_ok_and(|latest| latest.len() > 0);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, latest)?;
    connection.table_exists(None, "names")?;
    Ok(connection)
}

/// Whether the backup's names are made with the key of everything else.
fn is_same_installation(
    backup: &Backup,
    given: Option<&Key>,
    present: &Present,
    ledger: &Alone,
) -> Result<(), Refused> {
    let fingerprint = backup.key().fingerprint();
    let of_present = match (present, ledger) {
        (Present::Readable(present), _) => Some(file::key(present, None)?.fingerprint()),
        (_, Alone::Sound(names)) => Some(names.clone()),
        _ => None,
    };
    if of_present.is_some_and(|its| its != fingerprint) {
        return Err(Refused::Backup(
            "its names were made with another NAME_KEY than those of the store in DATA_DIR, so it \
             is another installation's: set DATA_DIR to a new folder to restore it there"
                .into(),
        ));
    }
    if given.is_some_and(|given| given.fingerprint() != fingerprint) {
        return Err(Refused::Backup(
            "its names were made with another NAME_KEY: set the one that its store was begun \
             with, or leave NAME_KEY out, since the backup holds it"
                .into(),
        ));
    }
    Ok(())
}

/// The name of a folder beside this one.
fn with_end(folder: &Path, end: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

fn sync(path: &Path) -> Result<(), Unusable> {
    Ok(File::open(path)?.sync_all()?)
}

fn not_exchanged(folder: &Path, error: io::Error) -> Refused {
    Refused::Folder(format!(
        "{} cannot change places with another folder ({error}): set it to a folder that is not a \
         mount point, on a local file system",
        folder.display()
    ))
}
