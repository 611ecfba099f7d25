//! What was counted, and one row of the table.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::world::World;

/// Above the rows.
pub const HEAD: &str = "\
| what | how many | torn | lost | wrong exit | left over | seconds |
|---|--:|--:|--:|--:|--:|--:|";

/// What came of many runs of one kind.
#[derive(Debug, Default)]
pub struct Tally {
    pub what: String,
    /// How often something was done to a run.
    pub count: usize,
    /// A store or the journal was neither the old document nor the new one.
    pub torn: Vec<String>,
    /// Exit code 0, of the run or of the next, and not all was delivered.
    pub lost: Vec<String>,
    /// A run that died, or a failure that names no file; a next run that does not end with 0.
    pub wrong: Vec<String>,
    /// What the next run has left behind.
    pub left: Vec<String>,
    pub seconds: f64,
    pub skipped: bool,
}

impl Tally {
    /// Nothing could be done here; why has been said.
    pub fn skipped(what: &str, why: &str) -> Self {
        println!("SKIPPED: {what}: {why}");
        Self { what: what.to_owned(), skipped: true, ..Self::default() }
    }

    /// Does `each` for every number below `count`, side by side, each lane in a world of its own.
    pub fn of(
        what: String,
        count: usize,
        lanes: usize,
        world: impl Fn() -> World + Sync,
        each: impl Fn(&mut World, usize, &mut Tally) + Sync,
    ) -> Self {
        let start = Instant::now();
        let (next, all) = (AtomicUsize::new(0), Mutex::new(Self { what, ..Self::default() }));
        std::thread::scope(|scope| {
            for _ in 0..lanes.min(count) {
                scope.spawn(|| {
                    let (mut world, mut own) = (world(), Self::default());
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            break;
                        }
                        each(&mut world, number, &mut own);
                    }
                    all.lock().unwrap().add(own);
                });
            }
        });
        let mut all = all.into_inner().unwrap();
        all.seconds = start.elapsed().as_secs_f64();
        all
    }

    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.torn.extend(other.torn);
        self.lost.extend(other.lost);
        self.wrong.extend(other.wrong);
        self.left.extend(other.left);
    }

    /// Prints its row.
    pub fn row(self) -> Self {
        let Self { what, count, torn, lost, wrong, left, seconds, skipped } = &self;
        let (torn, lost, wrong, left) = (torn.len(), lost.len(), wrong.len(), left.len());
        if !skipped {
            println!("| {what} | {count} | {torn} | {lost} | {wrong} | {left} | {seconds:.0} |");
        }
        self
    }

    /// Fails where anything was found.
    #[track_caller]
    pub fn passes(self) {
        let faults: Vec<String> =
            [("torn", &self.torn), ("lost", &self.lost), ("wrong exit", &self.wrong), ("left over", &self.left)]
                .into_iter()
                .flat_map(|(kind, of)| of.iter().map(move |text| format!("{kind}: {text}")))
                .collect();
        println!("{}: {} in {:.0} s", self.what, self.count, self.seconds);
        assert!(self.skipped || self.count > 0, "{}: nothing was done", self.what);
        let shown = faults.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        assert!(faults.is_empty(), "{}: {} of {}:\n{shown}", self.what, faults.len(), self.count);
    }
}
