//! A gateway that has a database open, as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use rusqlite::Connection;

use crate::home::alone::again;

/// A gateway: another process that has a database open. Whoever opens and closes a file of its own loses
/// the locks that he holds on it, so a test that looks at bytes cannot hold them itself.
pub struct Holder(Child, BufReader<ChildStdout>);

/// What the process does: SQL, a line of it at a time, until its input ends.
#[test]
#[ignore = "a process that others start"]
fn holder() {
    let Ok(path) = std::env::var("OCSYNC_HOLD") else { return };
    let database = Connection::open(path).unwrap();
    database.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    for line in std::io::stdin().lines() {
        database.execute_batch(&line.unwrap()).unwrap();
        println!("\nheld");
    }
}

impl Holder {
    pub fn of(path: &Path, sql: &str) -> Self {
        let mut command = again(module_path!(), "holder");
        command.env("OCSYNC_HOLD", path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut holder = Self(child, out);
        holder.does(sql);
        holder
    }

    pub fn does(&mut self, sql: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{}", sql.replace('\n', " ")).unwrap();
        let held = self.1.by_ref().lines().any(|line| line.unwrap() == "held");
        assert!(held, "the holder has failed");
    }

    pub fn puts(&mut self, rows: &str) {
        self.does(&format!("INSERT OR REPLACE INTO auth_profile_store VALUES ('primary', '{rows}', 1)"));
    }

    pub fn ends(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }

    /// As a gateway that is killed: its log and the index of it stay.
    pub fn kill_hard(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
