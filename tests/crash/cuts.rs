//! Power cuts, under ext4 on a loop device.

use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::mount::{self, Mount};
use super::tally::Tally;
use super::world::{FILE, World};
use crate::home::{chmod, random, setting};

const WHAT: &str = "power cut, 3 agents, OpenClaw 2026.5.28, ext4";

/// A file system with a world on it; `Err` says why there is none.
fn disk() -> Result<(Mount, World), &'static str> {
    if let Some(why) = mount::refused() {
        return Err(why);
    }
    let mount = Mount::image().ok_or("no ext4 can be mounted here (loop devices, mkfs.ext4)")?;
    chmod(&mount.path(), 0o755);
    let world = World::within(&mount.path(), FILE, 3);
    Ok((mount, world))
}

/// Cuts the power at random moments of runs, and a little after their end.
pub fn of_ocsync(default: u64) -> Tally {
    let total = usize::try_from(setting("OCSYNC_CRASH_CUTS", default)).unwrap();
    match disk() {
        Err(why) => return Tally::skipped(WHAT, why),
        Ok((mut mount, _)) => {
            if !(Mount::cut(&mount.path()) && mount.down()) {
                return Tally::skipped(WHAT, "perl cannot cut the power");
            }
        }
    }
    // Two disks, each with runs one after the other.
    let start = Instant::now();
    let (tally, finished) = (Mutex::new(Tally { what: WHAT.to_owned(), ..Tally::default() }), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (mut mount, mut world) = disk().unwrap();
                let (mut own, mut done) = (Tally::default(), 0);
                let mut longest = measure(&mut world);
                for number in 0..total.div_ceil(2) {
                    mount.sync();
                    let (path, delay) = (mount.path(), random(longest));
                    let begin = Instant::now();
                    let running = world.home.start(world.home.command(&["sync"]));
                    std::thread::sleep(Duration::from_micros(delay));
                    assert!(Mount::cut(&path));
                    let run = running.end();
                    done += usize::from(run.code == Some(0));
                    // A machine that is busy: about half of the runs are to be cut in the middle.
                    longest = if run.code == Some(0) { longest * 19 / 20 } else { longest * 20 / 19 }.max(1000);
                    assert!(mount.down() && mount.up(), "the disk does not come back");
                    let code = run.code.filter(|code| *code == 0);
                    let moment = format!("cut {number}, after {} us of {:?}", delay, begin.elapsed());
                    world.judge(code, &moment, &mut own);
                }
                tally.lock().unwrap().add(own);
                *finished.lock().unwrap() += done;
                drop(world);
            });
        }
    });
    let mut tally = tally.into_inner().unwrap();
    tally.what = format!("{WHAT}; {} of the runs had ended with 0", finished.into_inner().unwrap());
    tally.seconds = start.elapsed().as_secs_f64();
    tally
}

/// How many microseconds a run lasts on this disk, and starting what cuts it.
fn measure(world: &mut World) -> u64 {
    let start = Instant::now();
    world.home.run(&["sync"]).code(0);
    world.rotate();
    u64::try_from(start.elapsed().as_micros()).unwrap()
}

/// The control: how many of so many finished runs of a writer that renames and syncs nothing a power
/// cut takes back; `None` where there is nothing to cut.
pub fn of_a_writer_without_fsync(cuts: usize) -> Option<usize> {
    let (mut mount, mut world) = match disk() {
        Ok(both) => both,
        Err(why) => {
            println!("SKIPPED: a writer without fsync: {why}");
            return None;
        }
    };
    let mut lost = 0;
    for _ in 0..cuts {
        mount.sync();
        let (store, new) = world.by_hand();
        let source = mount.path().with_file_name("document");
        fs::write(&source, &new).unwrap();
        let mut writer = Command::new("/bin/sh");
        writer.args(["-c", "cat \"$1\" >\"$2.new\" && mv \"$2.new\" \"$2\"", "sh"]).arg(&source).arg(&store);
        assert!(writer.status().unwrap().success());
        assert_eq!(fs::read_to_string(&store).unwrap(), new);
        assert!(Mount::cut(&mount.path()) && mount.down() && mount.up());
        lost += usize::from(fs::read(&store).unwrap_or_default() != new.as_bytes());
        world.judge(None, "control", &mut Tally::default());
    }
    Some(lost)
}
