//! A run of the program, and what must hold after every run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Output};

use serde_json::Value;

use super::files::{Seen, walk};
use super::{CANARY, schema};

/// A run under way.
pub struct Running {
    pub child: Child,
    pub(super) root: PathBuf,
    pub(super) state: PathBuf,
    pub(super) before: BTreeMap<PathBuf, Seen>,
}

impl Running {
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        let _ = rustix::process::kill_process(pid, signal);
    }

    /// Waits for the end, and checks what must hold after every run.
    pub fn end(self) -> Run {
        let Output { status, stdout, stderr } = self.child.wait_with_output().unwrap();
        let run = Run {
            code: status.code(),
            signal: status.signal(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        };
        assert!(!run.stdout.contains(CANARY), "a token on stdout: {}", run.stdout);
        assert!(!run.stderr.contains(CANARY), "a token on stderr: {}", run.stderr);
        assert!(!run.stderr.contains("internal bug"), "{}", run.stderr);
        let mut after = BTreeMap::new();
        walk(&self.root, &mut after);
        for (path, seen) in after {
            let is_file = seen.mode & 0o170_000 == 0o100_000;
            let is_new = self.before.get(&path) != Some(&seen);
            let wide = is_new && seen.mode & 0o077 != 0;
            // An answer that waits to be saved, and what was replaced, is what the state directory may hold, for nobody
            // else.
            let recovery = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("recovery-"))
                || path.parent().is_some_and(|dir| dir.ends_with("replaced"));
            if !is_file || !(wide || path.starts_with(&self.state) && !recovery) {
                continue;
            }
            let holds = fs::read(&path).is_ok_and(|bytes| bytes.windows(6).any(|part| part == CANARY.as_bytes()));
            assert!(!holds, "a token in {} (mode {:o})", path.display(), seen.mode);
        }
        run
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    #[track_caller]
    pub fn code(&self, expected: i32) -> &Self {
        assert_eq!(self.code, Some(expected), "{self:#?}");
        self
    }

    #[track_caller]
    pub fn says(&self, part: &str) -> &Self {
        assert!(self.stderr.contains(part), "\"{part}\" is not in {self:#?}");
        self
    }

    #[track_caller]
    pub fn prints(&self, part: &str) -> &Self {
        assert!(self.stdout.contains(part), "\"{part}\" is not in {self:#?}");
        self
    }

    #[track_caller]
    pub fn silent(&self) -> &Self {
        assert_eq!((self.stdout.as_str(), self.stderr.as_str()), ("", ""));
        self
    }

    /// The report of a run with `--json`, which must be as its schema says.
    #[track_caller]
    pub fn json(&self) -> Value {
        let report = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"));
        assert_eq!(schema::faults(&report), Vec::<String>::new());
        report
    }
}
