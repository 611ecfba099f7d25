//! A throw-away home with the real program in it, and what must hold after every run.
//!
//! Every run has a clean environment. After each, three things are checked without being asked:
//! no token on stdout or stderr, none in the state directory, and no file that the run wrote and
//! that holds a token is open to group or others. Tokens are fake and contain `canary`; nothing
//! else does.

#![allow(dead_code, unused_imports, unreachable_pub, missing_docs, reason = "every test file uses a part of it")]
#![allow(clippy::print_stdout, reason = "says what is skipped")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

pub mod clis;
pub mod every_call;
pub mod hooks;
pub mod provide;
pub mod refreshing;
pub mod rotated;
pub mod schema;
pub mod sqlite;
pub mod sqlite_write;
pub mod strace;
pub mod token_ask;
pub mod token_server;
pub mod token_state;
pub mod token_wire;
pub mod users;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The program.
pub const OCSYNC: &str = env!("CARGO_BIN_EXE_ocsync");
/// The id of Claude's profile.
pub const CLAUDE: &str = "anthropic:default";
/// No process has it: beyond what Linux gives out.
pub const DEAD_PID: u32 = 2_147_483_646;
/// The word that no output may hold.
pub const CANARY: &str = "canary";

/// Milliseconds since the epoch.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

thread_local! {
    /// When this test first asked: what it writes as the same expiry twice must not differ by a second.
    static BEGUN: i64 = now() / 1000;
}

/// So many hours from the test's beginning, in milliseconds, on a whole second.
pub fn hours(count: i64) -> i64 {
    BEGUN.with(|begun| (begun + count * 3600) * 1000)
}

/// A time as OpenClaw writes it.
pub fn iso(millis: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(millis).unwrap();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The fake access token of a name.
pub fn at(name: &str) -> String {
    format!("sk-ant-oat01-canary-{name}")
}

/// The fake refresh token of a name.
pub fn rt(name: &str) -> String {
    format!("sk-ant-ort01-canary-{name}")
}

/// What Claude Code's file holds.
pub fn claude_json(name: &str, expires: i64) -> String {
    let oauth = json!({ "accessToken": at(name), "refreshToken": rt(name), "expiresAt": expires,
                        "scopes": ["user:inference"], "subscriptionType": "max" });
    json!({ "claudeAiOauth": oauth }).to_string()
}

/// An `oauth` entry of Anthropic's.
pub fn oauth(name: &str, expires: i64) -> Value {
    json!({ "type": "oauth", "provider": "anthropic", "access": at(name), "refresh": rt(name), "expires": expires })
}

/// A store with these profiles, in OpenClaw's own form.
pub fn store(profiles: &[(&str, Value)]) -> String {
    let profiles: BTreeMap<&str, &Value> = profiles.iter().map(|(id, entry)| (*id, entry)).collect();
    serde_json::to_string_pretty(&json!({ "version": 1, "profiles": profiles })).unwrap() + "\n"
}

/// A store whose only profile is Claude's, with the tokens of a name.
pub fn claude_store(name: &str, expires: i64) -> String {
    store(&[(CLAUDE, oauth(name, expires))])
}

/// Writes a file by rename, 0600.
pub fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let temp = path.with_file_name(format!("{}.put", path.file_name().unwrap().to_str().unwrap()));
    fs::write(&temp, text).unwrap();
    chmod(&temp, 0o600);
    fs::rename(&temp, path).unwrap();
}

pub fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A number that differs from call to call; good enough for a moment to strike at.
pub fn random(below: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish() % below
}

/// How much of something a soak does: the variable, or what every run of the tests does.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tells other threads to stop, also when a test fails: a scope waits for its threads.
pub struct Stop<'a>(pub &'a std::sync::atomic::AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

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

    /// A lock of OpenClaw's that is so old that only the life of its holder speaks for it.
    pub fn old_lock(&self, holder: u32) {
        let lock = self.lock_path("main");
        put(&lock, &json!({ "pid": holder, "createdAt": iso(now() - 200_000) }).to_string());
        let then = SystemTime::now() - std::time::Duration::from_secs(200);
        fs::File::open(lock).unwrap().set_modified(then).unwrap();
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
        walk(self.root(), &mut found);
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
        self.start(self.command(args)).end()
    }

    /// Starts a command in this home; what was open to others before is not the run's doing.
    pub fn start(&self, mut command: Command) -> Running {
        let before = self.tree();
        Running { child: command.spawn().unwrap(), root: self.root().to_owned(), state: self.state_dir(), before }
    }
}

/// What a path was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub inode: u64,
    pub mode: u32,
    pub owner: (u32, u32),
    pub changed: (i64, i64),
    pub modified: (i64, i64),
}

fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, Seen>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.is_dir() {
            walk(&path, found);
        }
        let seen = Seen {
            inode: meta.ino(),
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            modified: (meta.mtime(), meta.mtime_nsec()),
        };
        found.insert(path, seen);
    }
}

/// A run under way.
pub struct Running {
    pub child: Child,
    root: PathBuf,
    state: PathBuf,
    before: BTreeMap<PathBuf, Seen>,
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
            // An answer that waits to be saved is what the state directory may hold, for nobody else.
            let recovery = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("recovery-"));
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
