//! The machine's resources: cores for both sides, folders, and the cost of a sync in them.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The core of the program, and that of its surroundings.
const PROGRAM: &str = "0";
const AROUND: &str = "1";

/// How long syncs are counted.
const SYNCED: Duration = Duration::from_millis(500);

/// Gives this core to everything that this thread starts from now on, as far as the machine allows.
/// False if there is only one core, or it cannot be set.
pub(crate) fn on_core_of_program<T>(start: impl FnOnce() -> T) -> T {
    stay_on(PROGRAM);
    let started = start();
    stay_on(AROUND);
    started
}

/// Keeps the surroundings off the program's core.
pub(crate) fn leave_core() -> bool {
    stay_on(AROUND)
}

fn stay_on(core: &str) -> bool {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "--pid", core, &std::process::id().to_string()]);
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// Where folders can be created in memory, and on a disk.
pub(crate) fn in_memory() -> Option<PathBuf> {
    Some(PathBuf::from("/dev/shm")).filter(|folder| folder.is_dir())
}

pub(crate) fn on_disk() -> PathBuf {
    env!("CARGO_TARGET_TMPDIR").into()
}

/// A private folder inside this one, as the store requires.
pub(crate) fn private_folder(place: &Path) -> TempDir {
    let ours = Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(ours).tempdir_in(place).unwrap()
}

/// The average time to write a page in this folder and sync it.
pub(crate) fn sync(folder: &Path) -> Duration {
    let path = folder.join("synced");
    let mut file = File::create(&path).unwrap();
    let (begun, mut syncs) = (Instant::now(), 0);
    while begun.elapsed() < SYNCED {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    let took = begun.elapsed() / syncs;
    std::fs::remove_file(path).unwrap();
    took
}
