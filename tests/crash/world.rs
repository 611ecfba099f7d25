//! A home in step, whose login is then rotated, again and again: each time there is an old document of
//! every store, and a new one.

use std::path::Path;

use super::tally::Tally;
use crate::home::{Home, Run, claude_json, claude_store, hours, put};

/// The last OpenClaw whose lock is a directory, and one whose lock is a file.
pub const DIRECTORY: &str = "2026.2.12";
pub const FILE: &str = "2026.5.28";

/// The home.
pub struct World {
    pub home: Home,
    agents: usize,
    generation: i64,
    first: i64,
}

impl World {
    pub fn new(version: &str, agents: usize) -> Self {
        Self::within(&std::env::temp_dir(), version, agents)
    }

    /// The same on another file system.
    pub fn within(dir: &Path, version: &str, agents: usize) -> Self {
        let mut world = Self { home: Home::within(dir).version(version), agents, generation: 0, first: hours(8) };
        for number in 0..agents {
            put(&world.home.store_path(&agent(number)), &world.document(0));
        }
        world.login();
        world.home.run(&["sync"]).code(0);
        world.rotate();
        world
    }

    /// What the CLI does: from now on the documents of the last generation are the old ones.
    pub fn rotate(&mut self) {
        self.generation += 1;
        self.login();
    }

    fn login(&self) {
        let (name, expires) = self.tokens(self.generation);
        put(&self.home.path(".claude/.credentials.json"), &claude_json(&name, expires));
    }

    fn tokens(&self, generation: i64) -> (String, i64) {
        (format!("gen-{generation:06}"), self.first + generation * 1000)
    }

    fn document(&self, generation: i64) -> String {
        let (name, expires) = self.tokens(generation);
        claude_store(&name, expires)
    }

    /// What the stores hold that are not whole; and whether all hold the new document.
    pub fn stores(&self) -> (Vec<String>, bool) {
        let (old, new) = (self.document(self.generation - 1), self.document(self.generation));
        let held: Vec<Vec<u8>> = (0..self.agents)
            .map(|number| std::fs::read(self.home.store_path(&agent(number))).unwrap_or_default())
            .collect();
        let torn = held.iter().filter(|held| **held != old.as_bytes() && **held != new.as_bytes());
        let torn = torn.map(|held| String::from_utf8_lossy(held).into_owned()).collect();
        (torn, held.iter().all(|held| held == new.as_bytes()))
    }

    /// The path of something to write an agent's new document to, and the document.
    pub fn by_hand(&self) -> (std::path::PathBuf, String) {
        (self.home.store_path("main"), self.document(self.generation))
    }

    /// Looks at what a run has left that something was done to; then lets the next run finish, looks
    /// again, and rotates.
    pub fn judge(&mut self, code: Option<i32>, done: &str, tally: &mut Tally) {
        tally.count += 1;
        let (torn, all_new) = self.stores();
        tally.torn.extend(torn.into_iter().map(|held| format!("{done}: a store holds {held:?}")));
        if code == Some(0) && !all_new {
            tally.lost.push(format!("{done}: exit code 0, and a store is old"));
        }
        let before = self.home.leftovers();
        let Run { code, stderr, .. } = self.home.run(&["sync", "--wait", "20"]);
        if code != Some(0) {
            tally.wrong.push(format!("{done}: the next run: {code:?} {stderr}"));
        } else if !self.stores().1 {
            tally.lost.push(format!("{done}: the next run leaves a store as it was"));
        }
        if stderr.contains("begins anew") {
            tally.torn.push(format!("{done}: the journal: {stderr}"));
        }
        let left = self.home.leftovers();
        if !left.is_empty() {
            tally.left.push(format!("{done}: {left:?} of {before:?}"));
        }
        self.rotate();
    }
}

fn agent(number: usize) -> String {
    if number == 0 { "main".to_owned() } else { format!("agent-{number:02}") }
}
