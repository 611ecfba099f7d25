//! One system call of a run is made to fail, or is its last.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use super::world::World;
use crate::home::{OCSYNC, Run};

const STRACE: &str = "/usr/bin/strace";
const SYNC: [&str; 4] = [OCSYNC, "sync", "--wait", "5"];

/// A system call: the how many-th of its name in a thread of a run, from the start of the program.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    nth: usize,
    /// As strace shows it.
    pub line: String,
}

/// The calls of a `sync` that delivers, from the moment on at which ocsync listens for signals: the
/// loader's and the runtime's before that are not its own. `Err` says why nothing can be traced.
///
/// strace counts the calls of each name in each thread for itself; where several threads make the same
/// ones, they are one here, and what is done to it is done in each.
pub fn calls(world: &mut World) -> Result<Vec<Call>, &'static str> {
    if !fs::exists(STRACE).unwrap() {
        return Err("strace is not installed");
    }
    let log = world.home.root().join("trace");
    let run = traced(world, &["-o", log.to_str().unwrap()]);
    if run.stderr.contains("ptrace") {
        return Err("strace may not trace here");
    }
    run.code(0);
    let text = fs::read_to_string(log).unwrap();
    let (mut counts, mut calls, mut seen) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    let mut listens = false;
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(') else { continue };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let nth = counts.entry((thread, name)).or_insert(0);
        *nth += 1;
        listens |= line.contains("rt_sigaction(SIGXFSZ");
        if listens && seen.insert((name, *nth), ()).is_none() {
            calls.push(Call { name: name.to_owned(), nth: *nth, line: call.trim_start().to_owned() });
        }
    }
    world.rotate();
    Ok(calls)
}

/// A run to which something is done at a call.
pub fn at(world: &World, call: &Call, what: &str) -> Run {
    let inject = format!("inject={}:{what}:when={}", call.name, call.nth);
    traced(world, &["-o", "/dev/null", "-e", &format!("trace={}", call.name), "-e", &inject])
}

fn traced(world: &World, args: &[&str]) -> Run {
    let mut command = Command::new(STRACE);
    world.home.dress(&mut command).args(["-f", "-qq"]).args(args).args(SYNC);
    world.home.start(command).end()
}

/// So many of a list, spread over it from a random start; 0 for all.
pub fn sample<T: Clone>(all: &[T], count: u64) -> Vec<T> {
    let count = usize::try_from(count).unwrap();
    if count == 0 || count >= all.len() {
        return all.to_vec();
    }
    let start = usize::try_from(crate::home::random(all.len() as u64)).unwrap();
    (0..count).map(|number| all[(start + number * all.len() / count) % all.len()].clone()).collect()
}
