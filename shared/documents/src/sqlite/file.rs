//! Checks the embedded store's file before it is read: that nobody else on this machine can access it,
//! that it is complete, and that it is ours.
//!
//! A damaged file is never mistaken for a new store: a new store has forgotten every opt-out.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::entries::LEDGER;
use super::tables::definition;
use crate::collections::{Collection, Holds};
use crate::form::{FORM, OTHER_KEY};
use crate::key::Key;

/// The database, its latest commits, the memory shared by those who use it, and the append-only ledger.
const FILES: [&str; 4] = [FILE, LATEST, "textback.db-shm", LEDGER];
/// Those whose content is nowhere else.
const KEEPING: [&str; 3] = [FILE, LATEST, LEDGER];
pub(super) const FILE: &str = "textback.db";
pub(super) const LATEST: &str = "textback.db-wal";

/// A file that is still being created.
const UNFINISHED: &str = "textback.db.new";

/// Locked by the process that serves from the folder. The lock ends with the process, whatever ends it.
/// The file is never deleted: a process waiting for the lock would then hold a different file.
pub(super) const SERVED: &str = "textback.lock";

/// Marks the file as ours: `txbk`.
const OURS: i32 = 0x7478_626b;

/// The key of the names: one row, so that whoever has the file has the key too.
const NAMES: &str =
    "CREATE TABLE names (number INTEGER PRIMARY KEY CHECK (number = 1), key BLOB NOT NULL) STRICT";

/// The size of SQLite's header, which describes the rest of the file.
const HEADER: u64 = 100;

/// The first bytes of every SQLite file.
const BEGINNING: &[u8; 16] = b"SQLite format 3\0";

/// Why the store cannot be used, and what to do about it, in one sentence.
pub(crate) struct Unusable(pub(crate) String);

impl<E: std::error::Error> From<E> for Unusable {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Whether anything was ever stored in this folder.
pub(crate) fn is_there(folder: &Path) -> io::Result<bool> {
    for name in KEEPING {
        if folder.join(name).try_exists()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A lock that only one process can hold. `None` while another holds it.
pub(crate) fn reserve(folder: &Path) -> Result<Option<File>, Unusable> {
    make_private(folder)?;
    let mut options = File::options();
    let lock = options.read(true).append(true).create(true).mode(0o600);
    let lock = lock.open(folder.join(SERVED))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Held by one of the processes that start at the same time.
pub(super) struct Starting {
    _lock: File,
}

/// The file in its folder, accessible to its owner only. Creates both where nothing was ever stored,
/// with names made by this key, or by a new one.
///
/// One start at a time, because a half-created file must not be mistaken for a damaged one, and because
/// SQLite does not wait while another process switches a file to WAL mode.
pub(super) fn ready(
    folder: &Path,
    given: Option<&Key>,
    schema: impl FnOnce() -> String,
) -> Result<(PathBuf, Starting), Unusable> {
    make_private(folder)?;
    let lock = File::open(folder).map_err(|error| not_writable(folder, &error))?;
    lock.lock()?;
    let file = folder.join(FILE);
    if !is_there(folder)? {
        make(folder, given.unwrap_or(&Key::fresh()), &schema())?;
        // The name, too, has to survive a power failure.
        lock.sync_all()?;
    }
    for name in FILES {
        keep_private(&folder.join(name))?;
    }
    is_database(&file)?;
    Ok((file, Starting { _lock: lock }))
}

fn make_private(folder: &Path) -> Result<(), Unusable> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| not_writable(folder, &error))?;
    if is_open_to_others(folder)? {
        let mended = quoted(folder);
        let seen = "others on this machine can look into it, or put something there";
        return Err(Unusable(format!("{seen}: chmod 700 {mended}")));
    }
    Ok(())
}

fn not_writable(folder: &Path, error: &io::Error) -> Unusable {
    let folder = folder.display();
    Unusable(format!("{folder} ({error}): write the path of a folder that can be written to"))
}

/// Creates an empty store under another name, and renames it when it is complete.
fn make(folder: &Path, key: &Key, schema: &str) -> Result<(), Unusable> {
    let unfinished = folder.join(UNFINISHED);
    if let Err(error) = fs::remove_file(&unfinished)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error.into());
    }
    // SQLite gives the files beside it the same permissions.
    File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let connection = Connection::open(&unfinished)?;
    // After a crash the unfinished file is discarded, so nothing has to be undone.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "application_id", OURS)?;
    connection.pragma_update(None, "user_version", FORM)?;
    connection.execute_batch(schema)?;
    connection.execute_batch(NAMES)?;
    connection.execute("INSERT INTO names VALUES (1, ?1)", [key.bytes()])?;
    connection.close().map_err(|(_, error)| error)?;
    fs::rename(&unfinished, folder.join(FILE))?;
    Ok(())
}

pub(super) fn is_database(file: &Path) -> Result<(), Unusable> {
    let mut beginning = Vec::new();
    match File::open(file) {
        Ok(file) => file.take(HEADER).read_to_end(&mut beginning)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Unusable(format!(
                "{FILE} is gone, and what belongs to it ({LATEST} or {LEDGER}) is still there: put {FILE} \
                 back, or remove that too to start from scratch, without what people said, their stops included"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    match beginning.as_slice() {
        [] => Err(Unusable(format!("{FILE} is empty, which it never is by itself: {MEND}"))),
        beginning if beginning.starts_with(BEGINNING) => is_uncut(file, beginning),
        _ => Err(Unusable(format!("{FILE} does not begin as a database does: {MEND}"))),
    }
}

/// Whether the file is as long as its header says. While the latest commits are beside it, missing
/// pages may be among them.
fn is_uncut(file: &Path, header: &[u8]) -> Result<(), Unusable> {
    let number = |at| header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    let number = |at| number(at).map_or(0, u32::from_be_bytes);
    // Two bytes, where 1 means 65,536.
    let page = match number(16) >> 16 {
        1 => 65_536,
        bytes => bytes,
    };
    let (pages, is_known) = (number(28), number(24) == number(92));
    let latest = file.with_file_name(LATEST);
    let is_all = !latest.try_exists()? || latest.metadata()?.len() == 0;
    let is_cut = fs::metadata(file)?.len() < u64::from(page) * u64::from(pages);
    if header.len() < HEADER as usize || is_all && is_known && is_cut {
        return Err(Unusable(format!("{FILE} was cut short: {MEND}")));
    }
    Ok(())
}

const MEND: &str = "remove textback.db-wal, if it is there, and put textback.db back from a backup, \
                    or remove both and textback.ledger to start from scratch, without what people said, their stops included";

/// Whose an opened file is, and of which form.
pub(super) enum Form {
    Ours,
    NotWhole,
    Newer,
    Older,
    AnotherProgram,
}

pub(super) fn form(connection: &Connection, collections: &[Collection]) -> rusqlite::Result<Form> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (owner, form) = (number("application_id")?, number("user_version")?);
    let mut is_whole = connection.table_exists(None, "names")?;
    for collection in collections {
        let is_there = connection.table_exists(None, collection.name)?;
        is_whole &= is_there || collection.holds(Holds::Later);
    }
    Ok(match (owner, form) {
        (OURS, FORM) if is_whole => Form::Ours,
        (OURS, FORM) => Form::NotWhole,
        (OURS, form) if form > FORM => Form::Newer,
        (OURS, _) => Form::Older,
        _ => Form::AnotherProgram,
    })
}

/// Whether an opened file is a store of this form.
pub(super) fn is_ours(connection: &Connection, collections: &[Collection]) -> Result<(), Unusable> {
    let of_version = |which| {
        let other = "or set DATA_DIR to another folder to start from scratch, without what people said, \
                     their stops included";
        format!("{FILE} was written by {which} version of textback: start that one, {other}")
    };
    Err(Unusable(match form(connection, collections)? {
        Form::Ours => return Ok(()),
        Form::NotWhole => format!("{FILE} is not whole: {MEND}"),
        Form::Newer => of_version("a newer"),
        Form::Older => of_version("an older"),
        Form::AnotherProgram => {
            format!("{FILE} is another program's: set DATA_DIR to a folder of textback's own")
        }
    }))
}

/// Adds what an opened file lacks because it was made before that was added to its form.
pub(super) fn complete(
    connection: &mut Connection,
    collections: &[Collection],
) -> Result<(), Unusable> {
    let adding = connection.transaction()?;
    for collection in collections.iter().filter(|it| it.holds(Holds::Later)) {
        if !adding.table_exists(None, collection.name)? {
            adding.execute_batch(&definition(collection))?;
        }
    }
    adding.commit()?;
    Ok(())
}

/// The key of the names in an opened file. Fails if a different one was given.
pub(super) fn key(connection: &Connection, given: Option<Key>) -> Result<Key, Unusable> {
    let key = connection.query_row("SELECT key FROM names WHERE number = 1", [], |row| row.get(0));
    let key = Key::of(key?);
    match given {
        Some(given) if given.bytes() != key.bytes() => {
            Err(Unusable(format!("{OTHER_KEY}, or leave NAME_KEY out: {FILE} holds it")))
        }
        _ => Ok(key),
    }
}

fn keep_private(file: &Path) -> io::Result<()> {
    match is_open_to_others(file) {
        Ok(true) => fs::set_permissions(file, Permissions::from_mode(0o600)),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// A path, quoted for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
