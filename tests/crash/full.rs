//! No room: a file system in memory that is full, and a limit on the size of a file.

use std::fs;
use std::process::Command;
use std::time::Instant;

use super::mount::{self, Mount};
use super::tally::Tally;
use super::world::{FILE, World};
use crate::home::{OCSYNC, Run};

/// A tmpfs of 64 KiB, with no page free, one, two, and so on, until all is delivered.
pub fn of_memory() -> Tally {
    let what = format!("tmpfs of 64 KiB that is full, 3 agents, OpenClaw {FILE}");
    let mount = match mount::refused() {
        Some(why) => return Tally::skipped(&what, why),
        None => Mount::memory("64k"),
    };
    let Some(mount) = mount else { return Tally::skipped(&what, "no tmpfs can be mounted here") };
    let start = Instant::now();
    let mut tally = Tally { what, ..Tally::default() };
    let mut world = World::within(&mount.path(), FILE, 3);
    for pages in 0..6 {
        let filler = mount.path().join("filler");
        let room = usize::try_from(rustix::fs::statvfs(mount.path()).unwrap().f_bavail).unwrap();
        fs::write(&filler, vec![b'x'; room.saturating_sub(pages) * 4096]).unwrap();
        let run = world.home.run(&["sync"]);
        fs::remove_file(filler).unwrap();
        judge(&mut world, &run, &format!("{pages} pages free"), &mut tally);
    }
    tally.seconds = start.elapsed().as_secs_f64();
    tally
}

/// A limit of so many blocks of 512 bytes on the size of a file: of none, to more than is needed.
pub fn of_a_limit() -> Tally {
    let start = Instant::now();
    let mut tally = Tally { what: format!("RLIMIT_FSIZE, 3 agents, OpenClaw {FILE}"), ..Tally::default() };
    let mut world = World::new(FILE, 3);
    for limit in 0..8 {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -f {limit}; exec \"$@\""), "sh", OCSYNC, "sync"]);
        world.home.dress(&mut command);
        let run = world.home.start(command).end();
        judge(&mut world, &run, &format!("at most {limit} blocks"), &mut tally);
    }
    tally.seconds = start.elapsed().as_secs_f64();
    tally
}

fn judge(world: &mut World, run: &Run, done: &str, tally: &mut Tally) {
    let root = world.home.root().to_str().unwrap();
    if run.code.is_none_or(|code| code == 70 || code != 0 && !run.stderr.contains(root)) {
        tally.wrong.push(format!("{done}: {run:?}"));
    }
    let left = world.home.leftovers();
    if !left.is_empty() {
        tally.left.push(format!("{done}: {left:?} by the run itself"));
    }
    world.judge(run.code, done, tally);
}
