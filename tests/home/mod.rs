//! A throw-away home with the real program in it, and what must hold after every run.
//!
//! Every run has a clean environment. After each, three things are checked without being asked:
//! no token on stdout or stderr, none in the state directory, and no file that the run wrote and
//! that holds a token is open to group or others. Tokens are fake and contain `canary`; nothing
//! else does.

pub mod alone;
mod amounts;
pub mod clis;
pub mod every_call;
pub mod every_file;
mod files;
pub mod hooks;
pub mod provide;
pub mod refreshing;
pub mod rotated;
mod run;
pub mod schema;
pub mod sqlite;
pub mod sqlite_write;
pub mod strace;
mod texts;
pub mod token_ask;
pub mod token_server;
pub mod token_state;
pub mod token_wire;
pub mod users;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

pub use self::amounts::{Stop, random, setting, side_by_side};
pub use self::files::{Seen, chmod, put, usual_umask};
pub use self::run::{Run, Running};
pub use self::texts::{CANARY, CLAUDE, DEAD_PID, at, claude_json, claude_store, hours, iso, now, oauth, rt, store};
pub use self::users::is_root;

/// The program.
pub const OCSYNC: &str = env!("CARGO_BIN_EXE_ocsync");

/// A home.
pub struct Home {
    dir: tempfile::TempDir,
    vars: BTreeMap<String, String>,
}

impl Home {
    /// An OpenClaw 2026.5.28 without agents, and no login.
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// The same, in a directory that may be on another file system.
    pub fn within(dir: &Path) -> Self {
        usual_umask();
        let dir = tempfile::tempdir_in(dir).unwrap();
        for name in ["home/.openclaw/agents", "tmp", "bin"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let mut home = Self { dir, vars: BTreeMap::new() };
        for (name, at) in [("HOME", "home"), ("TMPDIR", "tmp"), ("PATH", "bin")] {
            let path = home.dir.path().join(at).to_str().unwrap().to_owned();
            home.vars.insert(name.to_owned(), path);
        }
        home.version("2026.5.28")
    }

    /// A login of Claude's that has replaced the one of the only agent, `main`.
    pub fn stale() -> Self {
        Self::new().claude("new", hours(8)).agent("main", &claude_store("old", hours(1)))
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join("home").join(relative)
    }

    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn file(self, relative: &str, text: &str) -> Self {
        put(&self.path(relative), text);
        self
    }

    pub fn version(self, version: &str) -> Self {
        self.file(".openclaw/openclaw.json", &json!({ "meta": { "lastTouchedVersion": version } }).to_string())
    }

    pub fn claude(self, name: &str, expires: i64) -> Self {
        self.file(".claude/.credentials.json", &claude_json(name, expires))
    }

    pub fn agent(self, id: &str, store: &str) -> Self {
        self.file(&format!(".openclaw/agents/{id}/agent/auth-profiles.json"), store)
    }

    /// ocsync's own configuration.
    pub fn config(self, value: &Value) -> Self {
        self.file(".config/ocsync/config.json", &value.to_string())
    }

    /// An `openclaw` that does this; it notes its arguments and its variables first.
    pub fn openclaw(self, script: &str) -> Self {
        let log = self.root().join("calls");
        let text = format!("#!/bin/sh\n{{ echo \"call $*\"; set; }} >>{}\n{script}\n", log.display());
        let path = self.root().join("bin/openclaw");
        put(&path, &text);
        chmod(&path, 0o755);
        self
    }

    /// What `openclaw` was called with, never with a token.
    pub fn called(&self) -> Vec<String> {
        let log = fs::read_to_string(self.root().join("calls")).unwrap_or_default();
        assert!(!log.contains(CANARY), "a token in the arguments or the variables of a child");
        log.lines().filter_map(|line| line.strip_prefix("call ")).map(str::to_owned).collect()
    }

    /// How often it was told to reload, and never anything else.
    pub fn calls(&self) -> usize {
        let calls = self.called();
        assert!(calls.iter().all(|call| call == "secrets reload --json"), "{calls:?}");
        calls.len()
    }

    /// The hint that a gateway leaves while it runs: this process stands for it.
    pub fn gateway(self, started: i64) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let config = self.path(".openclaw/openclaw.json");
        let hint = json!({ "pid": std::process::id(), "createdAt": iso(started), "configPath": config });
        put(&self.root().join(format!("tmp/openclaw-{uid}/gateway.01234567.lock")), &hint.to_string());
        self
    }

    pub fn store_path(&self, agent: &str) -> PathBuf {
        self.path(&format!(".openclaw/agents/{agent}/agent/auth-profiles.json"))
    }

    pub fn lock_path(&self, agent: &str) -> PathBuf {
        self.path(&format!(".openclaw/agents/{agent}/agent/auth-profiles.json.lock"))
    }

    pub fn store_text(&self, agent: &str) -> String {
        fs::read_to_string(self.store_path(agent)).unwrap()
    }

    /// The access token of Claude's profile.
    pub fn access(&self, agent: &str) -> String {
        let store: Value = serde_json::from_str(&self.store_text(agent)).unwrap();
        store["profiles"][CLAUDE]["access"].as_str().unwrap().to_owned()
    }

    pub fn state_dir(&self) -> PathBuf {
        let set = self.vars.get("XDG_STATE_HOME").map(PathBuf::from);
        set.unwrap_or_else(|| self.path(".local/state")).join("ocsync")
    }

    pub fn state(&self) -> Value {
        serde_json::from_slice(&fs::read(self.state_dir().join("state.json")).unwrap()).unwrap()
    }

    /// Everything under the home: path, and what tells a change.
    pub fn tree(&self) -> BTreeMap<PathBuf, Seen> {
        let mut found = BTreeMap::new();
        files::walk(self.root(), &mut found);
        found
    }

    /// What a run must never leave behind.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let is_left = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.contains(".tmp") || name.contains(".ocsync-") || name.ends_with(".json.lock")
        };
        self.tree().into_keys().filter(is_left).collect()
    }

    pub fn nothing_left(&self) -> &Self {
        assert_eq!(self.leftovers(), Vec::<PathBuf>::new());
        self
    }

    /// The program with these arguments, in this home and in a clean environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(OCSYNC);
        self.dress(&mut command);
        command.args(args);
        command
    }

    /// Gives any program this home's environment.
    pub fn dress<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_clear().envs(&self.vars).current_dir(self.root());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())
    }

    pub fn run(&self, args: &[&str]) -> Run {
        let run = self.start(self.command(args)).end();
        let of = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
        let may_be_silent = of(&["-q", "--quiet", "provide"]) || (of(&["check-expiry"]) && !run.stdout.is_empty());
        assert!(
            run.code.is_none_or(|code| code == 0) || may_be_silent || !run.stderr.is_empty(),
            "{args:?}: {run:#?}"
        );
        run
    }

    /// Starts a command in this home; what was open to others before is not the run's doing.
    pub fn start(&self, mut command: Command) -> Running {
        let before = self.tree();
        Running { child: command.spawn().unwrap(), root: self.root().to_owned(), state: self.state_dir(), before }
    }
}
