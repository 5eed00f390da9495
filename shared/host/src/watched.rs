//! A file that is read anew when it changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use settings::Settings;

/// The least time between two looks.
pub(crate) const EVERY: Duration = Duration::from_secs(2);

/// How long after a write a file may still be half of what it becomes.
const WHOLE_AFTER: Duration = Duration::from_millis(500);

/// The file that a setting names, as it was last seen.
#[derive(Debug)]
pub struct Watched {
    path: Option<PathBuf>,
    /// `None`: it could not be read.
    content: Option<Vec<u8>>,
    looked: SystemTime,
}

impl Watched {
    /// The file as it is now. Without the setting there is none, and it never changes. Ask before the file
    /// is used: what changes in between is then noticed.
    pub fn of(settings: &Settings, name: &str, now: SystemTime) -> Self {
        let path = settings.get(name).map(PathBuf::from);
        let content = path.as_deref().and_then(|path| fs::read(path).ok());
        Self { path, content, looked: now }
    }

    /// Whether its content has changed since it was last asked, and nobody has just been writing it. Looks
    /// at most every two seconds.
    pub async fn has_changed(&mut self, now: SystemTime) -> bool {
        let Some(path) = self.path.clone() else { return false };
        // After the clock was set back, do not wait for the time it showed before.
        if now.duration_since(self.looked).is_ok_and(|age| age < EVERY) {
            return false;
        }
        self.looked = now;
        let read = tokio::task::spawn_blocking(move || content(&path, now)).await;
        let Ok(Some(content)) = read else { return false };
        let has_changed = content != self.content;
        self.content = content;
        has_changed
    }
}

/// The content, or `Some(None)` if it cannot be read. `None`: it is being written.
fn content(path: &Path, now: SystemTime) -> Option<Option<Vec<u8>>> {
    let Ok(written) = fs::metadata(path).and_then(|file| file.modified()) else {
        return Some(None);
    };
    let is_whole = now.duration_since(written).map_or(true, |age| age >= WHOLE_AFTER);
    is_whole.then(|| fs::read(path).ok())
}
