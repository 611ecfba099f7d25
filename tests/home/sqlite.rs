//! Databases as OpenClaw 2026.6.5 to 2026.9.6 make them, and a look at a home that misses no byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{CLAUDE, Home, chmod, hours, oauth, store};

/// The database of the main agent.
pub const MAIN: &str = ".openclaw/agents/main/agent/openclaw-agent.sqlite";
/// The state database.
pub const STATE: &str = ".openclaw/state/openclaw.sqlite";
/// The secret provider that reads Claude Code's file.
const LINK: &str = r#"{"type":"token","provider":"anthropic","tokenRef":{"source":"file","provider":"claudecli","id":"/claudeAiOauth/accessToken"}}"#;

fn fresh(path: &Path, version: u32) -> Connection {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // SQLite gives the log the mode of the database.
    super::put(path, "");
    let database = Connection::open(path).unwrap();
    database.pragma_update(None, "journal_mode", "wal").unwrap();
    database.pragma_update(None, "user_version", version).unwrap();
    database
}

/// An agent's database, and the connection that made it: what was written is in its log until that ends.
pub fn agent_database(path: &Path, version: u32, rows: &str) -> Connection {
    let database = fresh(path, version);
    meta(
        &database,
        "agent",
        version,
        path.ancestors().nth(2).and_then(Path::file_name).and_then(|name| name.to_str()),
    );
    let tables = "CREATE TABLE auth_profile_store (store_key TEXT NOT NULL PRIMARY KEY, store_json TEXT NOT NULL, updated_at INTEGER NOT NULL);
        CREATE TABLE auth_profile_state (state_key TEXT NOT NULL PRIMARY KEY, state_json TEXT NOT NULL, updated_at INTEGER NOT NULL);";
    database.execute_batch(tables).unwrap();
    put_rows(&database, rows);
    database
}

/// What a database says of itself.
fn meta(database: &Connection, role: &str, version: u32, agent: Option<&str>) {
    let table = "CREATE TABLE schema_meta (meta_key TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, schema_version INTEGER NOT NULL,
        agent_id TEXT, app_version TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)";
    database.execute_batch(table).unwrap();
    let put = "INSERT INTO schema_meta VALUES ('primary', ?1, ?2, ?3, NULL, 1, 1)";
    database.execute(put, rusqlite::params![role, version, agent]).unwrap();
}

/// Puts the profiles of an agent into its database.
pub fn put_rows(database: &Connection, rows: &str) {
    let put = "INSERT OR REPLACE INTO auth_profile_store VALUES ('primary', ?1, 1)";
    database.execute(put, [rows]).unwrap();
}

/// The state database of 2026.9.6 with these shared profiles.
pub fn state_database(path: &Path, rows: &str) -> Connection {
    let database = fresh(path, 18);
    meta(&database, "global", 18, None);
    let table = "CREATE TABLE config_machine_state (state_key TEXT NOT NULL PRIMARY KEY, value_json TEXT NOT NULL, updated_at_ms INTEGER NOT NULL) STRICT;
        INSERT INTO config_machine_state VALUES ('auth.sharedStore', '{\"location\":\"state-db\"}', 1);";
    database.execute_batch(table).unwrap();
    let put = "INSERT INTO config_machine_state VALUES ('authProfiles.store', ?1, 1)";
    database.execute(put, [rows]).unwrap();
    database
}

/// Profiles: one out of step, one linked to the CLI's file, a setup token.
pub fn rows(name: &str) -> String {
    let setup = json!({ "type": "token", "provider": "anthropic", "token": "sk-ant-oat01-canary-setup" });
    let link: Value = serde_json::from_str(LINK).unwrap();
    store(&[(CLAUDE, oauth(name, hours(1))), ("anthropic:linked", link), ("anthropic:setup", setup)])
}

/// OpenClaw's lock on a state database, which is in `/tmp` and nowhere else: there for as long as this is.
pub struct Coordinator(pub PathBuf);

impl Coordinator {
    pub fn of(database: &Path) -> Self {
        use std::os::unix::fs::DirBuilderExt as _;
        let real = fs::canonicalize(database).unwrap();
        let digest = <sha2::Sha256 as sha2::Digest>::digest(real.to_str().unwrap());
        let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let dir = format!("/tmp/openclaw-state-locks-{}", rustix::process::geteuid().as_raw());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).unwrap();
        let path = Path::new(&dir).join(format!("state-lifecycle.{hash}.lock.sqlite"));
        super::put(&path, "");
        Self(path)
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The text of an agent's row, or of the shared one, as somebody else reads it.
pub fn text(path: &Path) -> String {
    let database = Connection::open(path).unwrap();
    let own = "SELECT store_json FROM auth_profile_store WHERE store_key = 'primary'";
    let shared = "SELECT value_json FROM config_machine_state WHERE state_key = 'authProfiles.store'";
    let select = if path.ends_with("openclaw.sqlite") { shared } else { own };
    database.query_row(select, [], |row| row.get(0)).unwrap()
}

/// Changes a database as its owner does, and leaves no log.
pub fn change(path: &Path, sql: &str) {
    let database = Connection::open(path).unwrap();
    database.execute_batch(sql).unwrap();
    assert_eq!(database.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
}

impl Home {
    /// A home of this version, whose `claudecli` is a link to Claude Code's file, and a fresh login.
    pub fn linked(version: &str) -> Self {
        let path = "~/.claude/.credentials.json";
        let providers = json!({ "claudecli": { "source": "file", "path": path, "mode": "json" } });
        let config = json!({ "meta": { "lastTouchedVersion": version }, "secrets": { "providers": providers } });
        Self::new().file(".openclaw/openclaw.json", &config.to_string()).claude("new", hours(8))
    }

    /// The first layout: a database for each agent.
    pub fn per_agent() -> Self {
        let home = Self::linked("2026.6.10");
        drop(agent_database(&home.path(MAIN), 1, &rows("old")));
        home
    }

    /// The second: the state database, and the agents' own over it.
    pub fn shared() -> Self {
        let home = Self::linked("2026.9.6");
        drop(state_database(&home.path(STATE), &rows("old")));
        drop(agent_database(&home.path(MAIN), 23, &store(&[])));
        home
    }

    /// The same home, whose databases are read only.
    pub fn never_written(self) -> Self {
        self.config(&json!({ "sqlite_write": "never" }))
    }

    /// What real programs wrote, 28,800 s before their tokens end.
    pub fn with_fixture(self, name: &str, place: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openclaw-sqlite").join(name);
        let to = self.path(place);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, &to).unwrap();
        chmod(&to, 0o600);
        self
    }

    /// Everything in OpenClaw's directory: what tells a change, and every byte. What is mapped into
    /// memory changes without a new time.
    pub fn bytes(&self) -> BTreeMap<PathBuf, (super::Seen, Vec<u8>)> {
        let of_openclaw = self.tree().into_iter().filter(|(path, _)| path.starts_with(self.path(".openclaw")));
        of_openclaw.map(|(path, seen)| (path.clone(), (seen, fs::read(&path).unwrap_or_default()))).collect()
    }

    /// Runs, and nothing of OpenClaw's may be another afterwards.
    #[track_caller]
    pub fn look(&self, args: &[&str]) -> super::Run {
        let before = self.bytes();
        let run = self.run(args);
        let after = self.bytes();
        let names = |tree: &BTreeMap<PathBuf, _>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&before), names(&after), "{args:?}");
        for (path, was) in &before {
            let mut is = after[path].clone();
            let name = path.to_string_lossy();
            if super::is_root() && (name.ends_with("-wal") || name.ends_with("-shm")) {
                // SQLite as root gives them to the owner that they have.
                is.0.changed = was.0.changed;
            }
            assert!(is == *was, "{args:?} has changed {}", path.display());
        }
        assert!(!run.stdout.contains("FAKE") && !run.stderr.contains("FAKE"), "a token in {run:?}");
        run
    }
}

/// A value of a profile's row.
#[track_caller]
pub fn value(report: &Value, agent: &str, profile: &str, key: &str) -> String {
    let rows = report["profiles"].as_array().unwrap();
    let row = rows.iter().find(|row| row["agent"] == agent && row["profile"] == profile);
    let row = row.unwrap_or_else(|| panic!("no {agent} {profile} in {report:#}"));
    row[key].as_str().unwrap_or_default().to_owned()
}
