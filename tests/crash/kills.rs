//! Kills: at each system call, and at random.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::strace::{self, sample};
use super::tally::Tally;
use super::world::{DIRECTORY, FILE, World};
use crate::home::{random, setting};

/// A lock directory that a killed run has left has to be waited for: many worlds side by side.
fn lanes(version: &str) -> usize {
    if version == DIRECTORY { 16 } else { 4 }
}

/// A kill at each call of a run that delivers to so many agents.
pub fn at_calls(version: &str, agents: usize) -> Tally {
    let what = format!("SIGKILL at each system call, {agents} agents, OpenClaw {version}");
    let calls = match strace::calls(&mut World::new(version, agents)) {
        Ok(calls) => sample(&calls, setting("OCSYNC_CRASH_CALLS", 60)),
        Err(why) => return Tally::skipped(&what, why),
    };
    Tally::of(
        what,
        calls.len(),
        lanes(version),
        || World::new(version, agents),
        |world, number, tally| {
            let run = strace::at(world, &calls[number], "signal=KILL");
            let line = &calls[number].line;
            // After a call that another thread has overtaken, there is nothing left to kill.
            if run.signal != Some(9) && run.code != Some(0) {
                tally.wrong.push(format!("{line}: {run:?}"));
            }
            world.judge(run.code, line, tally);
        },
    )
}

/// Kills at random moments of a run; only those that hit one are counted, and looked at.
pub fn at_random(default: u64) -> Tally {
    let total = usize::try_from(setting("OCSYNC_CRASH_KILLS", default)).unwrap();
    let longest = measure();
    let each = |world: &mut World, number: usize, tally: &mut Tally| {
        // A kill that comes too late is no kill.
        for _ in 0..100 {
            let running = world.home.start(world.home.command(&["sync"]));
            std::thread::sleep(Duration::from_micros(random(longest)));
            running.signal(Signal::KILL);
            let run = running.end();
            if run.signal == Some(9) {
                return world.judge(None, &format!("random kill {number}"), tally);
            }
            world.judge(run.code, "a run that was not hit", &mut Tally::default());
        }
        tally.wrong.push("no run could be hit".to_owned());
    };
    let agents = 3;
    let what = format!("SIGKILL at a random moment, {agents} agents, OpenClaw {FILE}");
    Tally::of(what, total, 6, || World::new(FILE, agents), each)
}

/// How many microseconds a run lasts here.
pub fn measure() -> u64 {
    let world = World::new(FILE, 3);
    let start = Instant::now();
    world.home.run(&["sync"]).code(0);
    u64::try_from(start.elapsed().as_micros()).unwrap()
}
