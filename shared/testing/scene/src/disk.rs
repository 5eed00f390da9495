//! Failures of the embedded store, caused in its file.

use crate::scene::Scene;

impl Scene {
    /// From now on the embedded store can read conversations but not write them, until
    /// [`Self::free_disk`].
    pub fn fill_disk(&self) {
        self.disk(
            "CREATE TRIGGER full BEFORE UPDATE ON heads
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        );
    }

    /// From now on the embedded store accepts no writes about attempts by this provider, until
    /// [`Self::free_disk`].
    pub fn fill_disk_for(&self, provider: &str) {
        self.disk(&format!(
            "CREATE TRIGGER full BEFORE UPDATE ON attempts
             WHEN NEW.body ->> '$.provider' = '{provider}'
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        ));
    }

    /// From now on it accepts all writes again.
    pub fn free_disk(&self) {
        self.disk("DROP TRIGGER full");
    }

    /// From now on the embedded store finds no conversation, until [`Self::find_store`].
    pub fn lose_store(&self) {
        self.disk("ALTER TABLE heads RENAME TO lost");
    }

    /// From now on it finds all conversations again.
    pub fn find_store(&self) {
        self.disk("ALTER TABLE lost RENAME TO heads");
    }

    fn disk(&self, statement: &str) {
        self.file().execute_batch(statement).unwrap();
    }

    /// Whether an attempt is in the embedded store, checked without letting anything else run.
    pub fn has_attempted(&self) -> bool {
        let sql = "SELECT count(*) FROM attempts";
        self.file().query_one(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0
    }

    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("data/textback.db")).unwrap()
    }
}
