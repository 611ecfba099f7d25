//! Every system call that does input or output fails, with every error that it could.

use super::strace::{self, Call, sample};
use super::tally::Tally;
use super::world::World;
use crate::home::{Run, setting};

const ERRORS: [&str; 8] = ["ENOSPC", "EIO", "EACCES", "EDQUOT", "EINTR", "EROFS", "EMFILE", "ENOMEM"];
/// What is no input or output: memory, signals, who and when. Rust's library ends a process whose
/// memory or signal stacks fail, and a thread that was not to be had is done without.
const OTHERS: [&str; 22] = [
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "madvise",
    "sigaltstack",
    "rt_sigaction",
    "rt_sigprocmask",
    "getpid",
    "gettid",
    "geteuid",
    "getegid",
    "getrandom",
    "prlimit64",
    "umask",
    "uname",
    "futex",
    "clone3",
    "rseq",
    "set_robust_list",
    "exit_group",
    "exit",
];

/// Each call of a run that delivers to so many agents fails with each error.
pub fn at_calls(version: &str, agents: usize) -> Tally {
    let what = format!("a system call fails, {agents} agents, OpenClaw {version}");
    let calls = match strace::calls(&mut World::new(version, agents)) {
        Ok(calls) => calls,
        Err(why) => return Tally::skipped(&what, why),
    };
    let io = calls.iter().filter(|call| !OTHERS.contains(&call.name.as_str()));
    let all: Vec<(Call, &str)> = io.flat_map(|call| ERRORS.map(|error| (call.clone(), error))).collect();
    let all = sample(&all, setting("OCSYNC_CRASH_FAULTS", 120));
    Tally::of(
        what,
        all.len(),
        3,
        || World::new(version, agents),
        |world, number, tally| {
            let (call, error) = &all[number];
            let run = strace::at(world, call, &format!("error={error}"));
            let done = format!("{error} from {}", call.line);
            if let Some(why) = wrong(&run, world) {
                tally.wrong.push(format!("{done}: {why}: {:?} {}", run.code, run.stderr));
            }
            world.judge(run.code, &done, tally);
        },
    )
}

/// What is wrong with how a run has ended that something failed under.
fn wrong(run: &Run, world: &World) -> Option<&'static str> {
    let root = world.home.root().to_str().unwrap();
    match run.code {
        None => Some("died"),
        Some(0) => None,
        Some(70) => Some("a bug"),
        Some(_) if run.stderr.contains(root) => None,
        // What cannot be said cannot be named.
        Some(_) if run.stderr.contains("standard output") || run.stderr.is_empty() => None,
        Some(_) => Some("no file is named"),
    }
}
