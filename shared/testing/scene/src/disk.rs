//! The file of the embedded store, for what no interface of it does.

use crate::scene::Scene;

impl Scene {
    /// From now on the embedded store reads and does not write conversations, until
    /// [`Self::free_disk`].
    pub fn fill_disk(&self) {
        self.disk(
            "CREATE TRIGGER full BEFORE UPDATE ON heads
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        );
    }

    /// From now on the embedded store takes nothing new about attempts by this provider, until
    /// [`Self::free_disk`].
    pub fn fill_disk_for(&self, provider: &str) {
        self.disk(&format!(
            "CREATE TRIGGER full BEFORE UPDATE ON attempts
             WHEN NEW.body ->> '$.provider' = '{provider}'
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        ));
    }

    /// From now on it writes everything again.
    pub fn free_disk(&self) {
        self.disk("DROP TRIGGER full");
    }

    /// From now on the embedded store knows no conversation, until [`Self::find_store`].
    pub fn lose_store(&self) {
        self.disk("ALTER TABLE heads RENAME TO lost");
    }

    /// From now on it knows all conversations again.
    pub fn find_store(&self) {
        self.disk("ALTER TABLE lost RENAME TO heads");
    }

    fn disk(&self, statement: &str) {
        self.file().execute_batch(statement).unwrap();
    }

    /// Whether an attempt is in the embedded store, looked up without letting anything else happen.
    pub fn has_attempted(&self) -> bool {
        let sql = "SELECT count(*) FROM attempts";
        self.file().query_one(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0
    }

    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("data/textback.db")).unwrap()
    }
}
