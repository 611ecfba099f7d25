//! Stores that lie where OpenClaw does not look for them.
//!
//! People copy a store to the top of the state directory, or set `OPENCLAW_STATE_DIR` to the directory above or below
//! the right one. OpenClaw then works with other stores, or with none. A run that finds no store names the files that
//! were probably meant.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use crate::model::agent::{AGENT_DATABASE, JSON_STORE};
use crate::sys::fs::list::list;

/// The names of the files that hold profiles.
pub const NAMES: [&str; 2] = [JSON_STORE, AGENT_DATABASE];

/// How deep below the state directory a file is searched.
const DEPTH: usize = 6;
/// How many directory entries are looked at, all in all.
const ENTRIES: usize = 5_000;

/// The files below a state directory that have the name of a store, the nearest first. No link is followed. The
/// search is bounded, and looks first at what is near.
pub fn stores_below(state_dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = VecDeque::from([(state_dir.to_owned(), 0)]);
    let mut seen = 0;
    while let Some((dir, depth)) = left.pop_front() {
        // A directory that cannot be listed holds nothing to name.
        let mut entries = list(&dir).unwrap_or_default();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind) in entries {
            seen += 1;
            if seen > ENTRIES {
                return found;
            }
            let path = dir.join(&name);
            if kind == FileType::Directory && depth < DEPTH {
                left.push_back((path, depth + 1));
            } else if kind != FileType::Directory && NAMES.iter().any(|known| name == *known) {
                found.push(path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_found_at_every_depth_up_to_a_limit_and_never_through_a_link() {
        let dir = crate::sys::fs::test_dir();
        let put = |path: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        put("auth-profiles.json");
        put("agents/main/agent/agent/openclaw-agent.sqlite");
        put("agents/main/auth-profiles.json");
        put("agents/main/agent/auth-state.json");
        put("1/2/3/4/5/6/auth-profiles.json");
        put("1/2/3/4/5/6/7/auth-profiles.json");
        std::os::unix::fs::symlink("agents", dir.path().join("linked")).unwrap();
        let found = stores_below(dir.path());
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap()).collect();
        let expected = [
            "auth-profiles.json",
            "agents/main/auth-profiles.json",
            "agents/main/agent/agent/openclaw-agent.sqlite",
            "1/2/3/4/5/6/auth-profiles.json",
        ];
        assert_eq!(names, expected);
        assert!(stores_below(&dir.path().join("gone")).is_empty());
    }

    #[test]
    fn a_search_among_very_many_files_ends() {
        let dir = crate::sys::fs::test_dir();
        for n in 0..ENTRIES {
            std::fs::write(dir.path().join(format!("{n:05}")), "").unwrap();
        }
        std::fs::write(dir.path().join("auth-profiles.json"), "").unwrap();
        assert!(stores_below(dir.path()).is_empty());
    }
}
