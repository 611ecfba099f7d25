//! Kills a run before a certain system call. A dry pass says which calls there are; the kernel, told
//! by strace, kills the next run when it is about to make one of them.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::{Home, OCSYNC, Run};

const STRACE: &str = "/usr/bin/strace";
/// What changes a file, a lock or the server, or learns something from them. Memory and threads are not
/// here: their calls come in another order with each run.
const CALLS: &[&str] = &[
    "mkdir",
    "mkdirat",
    "open",
    "openat",
    "openat2",
    "flock",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "fallocate",
    "ftruncate",
    "fsync",
    "fdatasync",
    "fchown",
    "chown",
    "lchown",
    "fchmod",
    "chmod",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "utimensat",
    "socket",
    "connect",
    "sendto",
    "sendmsg",
    "recvfrom",
    "close",
];

/// A command whose `statfs` says that every file is on a file system with this magic number.
pub fn on_file_system(home: &Home, magic: u32, args: &[&str]) -> Command {
    let poke: String = magic.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = Command::new(STRACE);
    home.dress(&mut command).args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=statfs", "-e"]);
    command.arg(format!("inject=statfs:poke_exit=@arg2={poke}00000000")).arg(OCSYNC).args(args);
    command
}

/// What fails where there are no hard links: on vfat; on exFAT in user space, which cannot rename without replacing and
/// promises no room either (exfat-fuse 1.3.0).
pub const NO_LINKS: [&[&str]; 2] =
    [&["linkat:error=EPERM"], &["linkat:error=EPERM", "renameat2:error=EINVAL", "fallocate:error=EOPNOTSUPP"]];

/// A command for which these calls fail.
pub fn with_faults(home: &Home, faults: &[&str], args: &[&str]) -> Command {
    let mut command = Command::new(STRACE);
    home.dress(&mut command).args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=linkat,renameat,renameat2,fallocate",
    ]);
    for fault in faults {
        command.arg("-e").arg(format!("inject={fault}"));
    }
    command.arg(OCSYNC).args(args);
    command
}

/// What only looks.
const LOOKS: &[&str] = &[
    "statx",
    "newfstatat",
    "fstat",
    "readlink",
    "fcntl",
    "getdents64",
    "ioctl",
    "setsockopt",
    "getsockopt",
    "lseek",
    "geteuid",
    "faccessat2",
];

/// A call of a run: the `nth` of its name in its thread.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub nth: usize,
    pub line: String,
}

/// Says why nothing can be traced here; `None` where it can.
pub fn missing() -> Option<&'static str> {
    if !fs::exists(STRACE).unwrap() {
        return Some("strace is not installed");
    }
    let traced = Command::new(STRACE).args(["-f", "-qq", "-o", "/dev/null", OCSYNC, "--version"]).output().unwrap();
    (!traced.status.success()).then_some("strace may not trace here")
}

/// Runs to the end; the calls in their order, but for those that cannot be told from another thread's.
pub fn calls(home: &Home, args: &[&str], every: bool) -> Vec<Call> {
    let log = home.root().join("trace");
    let names = if every { [CALLS, LOOKS].concat() } else { CALLS.to_vec() }.join(",");
    let mut command = Command::new(STRACE);
    command.args(["-f", "-qq", "-y", "-e", &format!("trace={names}"), "-e", "signal=none", "-o"]);
    command.arg(&log).arg(OCSYNC).args(args);
    home.dress(&mut command);
    home.start(command).end().code(0);
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    let main = text.split_whitespace().next().unwrap();
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let Some((name, _)) = rest.trim_start().split_once('(') else { continue };
        let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_name || name.starts_with("exit") || name == "execve" {
            continue;
        }
        let nth = seen.entry((pid, name)).or_default();
        *nth += 1;
        calls.push((pid == main, Call { name: name.to_owned(), nth: *nth, line: rest.to_owned() }));
    }
    // Calls are counted by thread: another thread's nth call is only met if no other comes to its nth before.
    let shared =
        |call: &Call| seen.iter().filter(|((_, name), count)| *name == call.name && **count >= call.nth).count();
    calls.into_iter().filter(|(is_main, call)| *is_main || shared(call) == 1).map(|(_, call)| call).collect()
}

/// A run that is killed when it is about to make this call.
pub fn killed_at(home: &Home, args: &[&str], call: &Call) -> Run {
    let mut command = Command::new(STRACE);
    let inject = format!("inject={}:signal=KILL:when={}", call.name, call.nth);
    command.args([
        "-f",
        "-qq",
        "-e",
        &format!("trace={}", call.name),
        "-e",
        "signal=none",
        "-e",
        &inject,
        "-o",
        "/dev/null",
    ]);
    command.arg(OCSYNC).args(args);
    home.dress(&mut command);
    home.start(command).end()
}

impl Home {
    /// The directories that a killed run has left as Claude Code's locks, dated beyond Claude Code's own
    /// limit; none may be dated later than now, or it would last longer.
    pub fn age_locks(&self) {
        let names = [".oauth_refresh.lock", ".claude.lock", ".storage-write.lock"];
        let locks: Vec<PathBuf> =
            self.tree().into_keys().filter(|path| names.iter().any(|name| path.ends_with(name))).collect();
        for lock in locks {
            let dir = fs::File::open(&lock).unwrap();
            assert!(dir.metadata().unwrap().modified().unwrap() <= SystemTime::now());
            dir.set_modified(SystemTime::now() - Duration::from_secs(61)).unwrap();
        }
    }
}
