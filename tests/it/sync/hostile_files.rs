//! Every path that a command opens, replaced in turn by what is no ordinary file: no command waits for it, dies of it,
//! or says that all is well where something was not done.
//!
//! strace says which paths there are. `OCSYNC_HOSTILE=1` tries all of them with every command, otherwise a sample.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use serde_json::json;

use crate::home::provide::request;
use crate::home::sqlite::{Coordinator, MAIN, STATE};
use crate::home::{Home, Run, at, chmod, claude_store, hours, is_root, put, setting, strace};

/// The longest run. Nothing waits for a lock: `--wait 0`.
const LIMIT: Duration = Duration::from_secs(5);

/// One of so many is tried by default.
const SAMPLE: usize = 23;

/// How many commands are tried at once.
const LANES: usize = 4;

const COMMANDS: [&[&str]; 8] = [
    &["sync", "--wait", "0", "--reload", "never", "--sqlite-write"],
    &["sync", "--wait", "0", "--reload", "never", "--create", "--write-back"],
    &["refresh", "--wait", "0", "--reload", "never", "--sqlite-write"],
    // Nobody listens there, so what is due stays due.
    &[
        "refresh",
        "--wait",
        "0",
        "--via",
        "http",
        "--within",
        "9h",
        "--token-url",
        "http://127.0.0.1:9/v1/oauth/token",
    ],
    &["status"],
    &["check-expiry", "--within", "3h"],
    &["check-expiry", "--format", "prometheus", "--textfile", "home.prom"],
    &["provide", "--wait", "1"],
];

/// What says whose a login is, where its CLI keeps it, what OpenClaw waits for and what was told: nothing of when a token
/// ends, so `check-expiry` is well without it.
const BESIDE: [&str; 7] = [
    ".claude.json",
    ".claude/.config.json",
    ".codex/config.toml",
    ".config/openclaw/gateway.env",
    ".openclaw/.env",
    "auth-state.json",
    "notices.json",
];

/// What takes the place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fifo,
    Socket,
    Device,
    Directory,
    Full,
    Dangling,
    Loop,
    Giant,
    Unreadable,
}

const KINDS: [Kind; 9] = [
    Kind::Fifo,
    Kind::Socket,
    Kind::Device,
    Kind::Directory,
    Kind::Full,
    Kind::Dangling,
    Kind::Loop,
    Kind::Giant,
    Kind::Unreadable,
];

type Era = fn() -> Home;

/// The eras: a home in each where `sync` has something to do and `check-expiry` something to report.
const ERAS: [(&str, Era); 4] = [
    ("file lock", json),
    ("directory lock", directory),
    ("sqlite", Home::per_agent),
    ("state database", Home::shared),
];

fn json() -> Home {
    let config =
        json!({ "hooks": { "on_problem": ["true"] }, "flag_file": "~/flag", "export": { "env_file": "~/env" } });
    let home = Home::new().claude("new", hours(8)).agent("main", &claude_store("old", hours(1))).config(&config);
    let include = json!({ "$include": "more.json", "meta": { "lastTouchedVersion": "2026.5.28" } });
    home.file(".openclaw/openclaw.json", &include.to_string())
        .file(".openclaw/more.json", "{}")
        .file(".openclaw/.env", "A=1\n")
        .file(".claude.json", "{}")
        .file("env", "A=1\n")
        .gateway(1)
}

fn directory() -> Home {
    json().file(".openclaw/openclaw.json", r#"{"meta":{"lastTouchedVersion":"2026.2.9"}}"#)
}

/// A home, with what it needs outside.
fn new(era: Era) -> (Home, Option<Coordinator>) {
    let home = era();
    let coordinator = home.path(STATE).exists().then(|| Coordinator::of(&home.path(STATE)));
    (home, coordinator)
}

/// Runs a command in its home, with a request of OpenClaw's on its standard input. Where `provide` answers, it prints a
/// token: that is thrown away.
fn run(home: &Home, mut command: Command, args: &[&str]) -> Run {
    let asks = home.root().join("request");
    put(&asks, &request(&["claude/access"]));
    home.dress(command.args(args)).stdin(File::open(&asks).unwrap()).current_dir(home.path(""));
    if args[0] == "provide" {
        command.stdout(Stdio::null());
    }
    home.start(command).end()
}

/// The paths below the home that a run opens, whether there is something or not. Temporary names are not the same twice.
fn opened(home: &Home, args: &[&str]) -> BTreeSet<PathBuf> {
    let log = home.root().join("trace");
    let mut command = Command::new("/usr/bin/strace");
    let calls = "trace=open,openat,openat2,mkdir,mkdirat,link,linkat,rename,renameat,renameat2";
    command.args(["-f", "-qq", "-y", "-e", calls, "-e", "signal=none", "-o"]).arg(&log).arg(crate::home::OCSYNC);
    run(home, command, args);
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let mut dir = PathBuf::new();
        // `openat(AT_FDCWD</cwd>, "path"` or `openat(5</dir>, "name"`: each name goes with the directory before it.
        for part in line.split('"').enumerate() {
            match part {
                (n, before) if n % 2 == 0 => {
                    if let Some((start, end)) = before.rfind('<').zip(before.rfind('>')) {
                        dir = PathBuf::from(&before[start + 1..end]);
                    }
                }
                (_, name) => {
                    found.insert(dir.join(name));
                }
            }
        }
    }
    let below = home.root().join("home");
    let is_temp = |path: &Path| path.to_string_lossy().contains(".ocsync-");
    let kept = found.iter().filter(|path| path.starts_with(&below) && !is_temp(path));
    kept.filter_map(|path| Some(path.strip_prefix(&below).ok()?.to_owned()))
        .filter(|path| path != Path::new(""))
        .collect()
}

fn place(kind: Kind, path: &Path) -> Option<UnixListener> {
    if path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        fs::remove_dir_all(path).unwrap();
    } else {
        let _ = fs::remove_file(path);
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let node = |kind, device| mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device).unwrap();
    match kind {
        Kind::Fifo => node(FileType::Fifo, 0),
        // The path of a socket is 107 bytes at most. Its parent by another name is always short enough.
        Kind::Socket => {
            let parent = File::open(path.parent().unwrap()).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            return Some(UnixListener::bind(format!("/proc/self/fd/{}/{name}", parent.as_raw_fd())).unwrap());
        }
        // `/dev/zero`, which never ends.
        Kind::Device => node(FileType::CharacterDevice, makedev(1, 5)),
        Kind::Directory => fs::create_dir(path).unwrap(),
        Kind::Full => put(&path.join("inside"), ""),
        Kind::Dangling => symlink("nowhere", path).unwrap(),
        Kind::Loop => symlink(path.file_name().unwrap(), path).unwrap(),
        Kind::Giant => File::create(path).unwrap().set_len(1 << 40).unwrap(),
        Kind::Unreadable => {
            fs::write(path, "{}").unwrap();
            chmod(path, 0);
        }
    }
    None
}

/// Whether the agent has the login's token: in its store, its database, or the log of that.
fn is_delivered(home: &Home) -> bool {
    let databases = [MAIN, STATE].into_iter().flat_map(|path| [path.to_owned(), format!("{path}-wal")]);
    let paths = databases.map(|path| home.path(&path)).chain([home.store_path("main")]);
    let small = |path: &PathBuf| path.metadata().is_ok_and(|meta| meta.is_file() && meta.len() < 1 << 22);
    let token = at("new");
    let holds = |path: PathBuf| {
        fs::read(path).is_ok_and(|bytes| bytes.windows(token.len()).any(|part| part == token.as_bytes()))
    };
    paths.filter(small).any(holds)
}

/// What a command did with everything that was put in the place of its files, in one era.
#[derive(Default)]
struct Tried {
    runs: usize,
    slowest: Duration,
    faults: Vec<String>,
}

/// Tries one command in one era, in `every` place or in a sample.
fn try_out(name: &str, era: Era, args: &[&str], every: bool) -> Tried {
    let mut tried = Tried::default();
    let paths = { opened(&new(era).0, args) };
    assert!(paths.len() > 5 || args[0] == "provide" && !paths.is_empty(), "{args:?} {paths:?}");
    for (nth, path) in paths.iter().enumerate() {
        for (at, kind) in KINDS.into_iter().enumerate() {
            // Root reads what nobody may read, and only root makes a device.
            let cannot = if is_root() { Kind::Unreadable } else { Kind::Device };
            if kind == cannot || !every && (nth + at) % SAMPLE != 0 {
                continue;
            }
            tried.runs += 1;
            let (home, _coordinator) = new(era);
            let at = home.path(path.to_str().unwrap());
            // An empty directory in the place of another one is as good as none.
            let is_gone = at.is_dir() && matches!(kind, Kind::Directory | Kind::Full) || path == Path::new(".claude");
            let _listening = place(kind, &at);
            let start = Instant::now();
            let run = run(&home, Command::new(crate::home::OCSYNC), args);
            let took = start.elapsed();
            tried.slowest = tried.slowest.max(took);
            let is_done = match args {
                ["status", ..] => false,
                // Nothing ends soon, and that is well; but it says what it could not look at. A log of zeros is none.
                ["check-expiry", ..] => {
                    let is_log = kind == Kind::Giant && path.to_string_lossy().ends_with("-wal");
                    !run.stderr.is_empty() || is_log || BESIDE.iter().any(|name| path.ends_with(name))
                }
                // Its answer names what could not be had.
                ["provide", ..] => true,
                _ => is_delivered(&home),
            };
            let well = run.code == Some(0) && !is_gone && !is_done;
            if took > LIMIT || run.signal.is_some() || run.code.is_none() || well {
                tried.faults.push(format!("{name} {args:?} {kind:?} at {}: {took:?} {run:?}", path.display()));
            }
        }
    }
    tried
}

#[test]
fn nothing_in_the_place_of_a_file_is_waited_for_or_passed_over() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    let every = setting("OCSYNC_HOSTILE", 0) != 0;
    let left: Vec<_> = ERAS.into_iter().flat_map(|era| COMMANDS.map(|args| (era, args))).collect();
    let (left, all) = (Mutex::new(left.into_iter()), Mutex::new(Tried::default()));
    // Half of a run is waiting.
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(((name, era), args)) = { left.lock().unwrap().next() } {
                    let tried = try_out(name, era, args, every);
                    println!("{name} {args:?}: {} runs, {} faults", tried.runs, tried.faults.len());
                    let mut all = all.lock().unwrap();
                    all.runs += tried.runs;
                    all.slowest = all.slowest.max(tried.slowest);
                    all.faults.extend(tried.faults);
                }
            });
        }
    });
    let Tried { runs, slowest, faults } = all.into_inner().unwrap();
    println!("{runs} runs, the slowest took {slowest:?}");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
