//! Clocks that are wrong: long ago, far ahead, and going backwards.

use std::time::Instant;

use super::tally::Tally;
use super::world::{FILE, World};
use crate::home::{iso, now};

/// Before and after 1970, 2100, and the ends of what a calendar holds.
const TIMES: [&str; 6] = [
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00Z",
    "1970-01-02T00:00:00Z",
    "2100-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
];

/// A run at each wrong time, the next one at the right time; then a clock that goes backwards by a
/// day with every run.
pub fn all() -> Tally {
    let start = Instant::now();
    let mut tally = Tally { what: format!("wrong clock, 3 agents, OpenClaw {FILE}"), ..Tally::default() };
    let mut world = World::new(FILE, 3);
    let backwards = (0..10).map(|day| iso(now() - day * 86_400_000));
    for time in TIMES.map(str::to_owned).into_iter().chain(backwards) {
        let run = world.home.run(&["sync", &format!("--now={time}")]);
        // Codes 0 to 4 are results: a login that is over by then is one.
        if !run.code.is_some_and(|code| (0..=4).contains(&code)) {
            tally.wrong.push(format!("now={time}: {run:?}"));
        }
        world.judge(run.code, &format!("now={time}"), &mut tally);
    }
    tally.seconds = start.elapsed().as_secs_f64();
    tally
}
