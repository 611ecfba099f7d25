//! Eight ocsync loops and one writer that follows OpenClaw's protocol change one store at once.
//! Only OpenClaw's lock separates them: every loop has a state file of its own. No update is
//! lost, no reader sees anything but whole JSON, and the newest token is there in the end.
//!
//! `OCSYNC_SOAK_SECONDS` says for how long; 60 is the proof, the default is short.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::home::{self, CLAUDE, Home, Stop, at, hours, iso, now, oauth, setting};
use serde_json::{Value, json};

const LOOPS: usize = 8;

/// What the loops and the writer contend with.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Lock files, as from 2026.2.17 on.
    File,
    /// Lock files, and now and then one that a killed run of ocsync has left: it is taken away by
    /// whoever sees it, and never somebody's living lock with it.
    FileAndDead,
    /// Lock directories, as up to 2026.2.12.
    Directory,
}

/// OpenClaw's own way: create the lock, or wait; read, change, replace; remove the lock.
fn update_as_openclaw(store: &Path, lock: &Path, kind: Kind) {
    let start = Instant::now();
    loop {
        let made = match kind {
            Kind::Directory => fs::create_dir(lock),
            _ => fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(lock)
                .and_then(|file| sign(&file)),
        };
        match made {
            Ok(()) => break,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists),
        }
        assert!(start.elapsed() < Duration::from_secs(40), "the writer never had the lock");
        std::thread::sleep(Duration::from_millis(3));
    }
    let mut document: Value = serde_json::from_slice(&fs::read(store).unwrap()).unwrap();
    let count = document["profiles"]["openai:default"]["count"].as_u64().unwrap();
    document["profiles"]["openai:default"]["count"] = (count + 1).into();
    let temp = store.with_file_name("auth-profiles.json.openclaw-save");
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temp)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    fs::rename(&temp, store).unwrap();
    match kind {
        Kind::Directory => fs::remove_dir(lock).unwrap(),
        _ => fs::remove_file(lock).unwrap(),
    }
}

/// Writes who holds a lock file.
fn sign(mut file: &fs::File) -> std::io::Result<()> {
    let me = std::process::id();
    let stat = fs::read_to_string(format!("/proc/{me}/stat"))?;
    let started: u64 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap();
    let payload = json!({ "pid": me, "createdAt": iso(now()), "starttime": started });
    file.write_all((serde_json::to_string_pretty(&payload).unwrap() + "\n").as_bytes())
}

/// Leaves the lock of a killed run, where there is none.
fn leave_a_dead_lock(lock: &Path) {
    let pid = home::DEAD_PID;
    let here = ocsync::testing::sys::process::host::own();
    let payload = json!({ "pid": pid, "createdAt": iso(now()), "starttime": 1, "holder": "ocsync", "holderPid": pid,
        "pidNamespace": here.namespace, "machine": here.machine, "boot": here.boot });
    let temp = lock.with_file_name("dead");
    home::put(&temp, &payload.to_string());
    let _ = fs::hard_link(&temp, lock);
    fs::remove_file(&temp).unwrap();
}

#[test]
fn no_update_is_lost_and_no_reader_sees_a_part() {
    contend(Kind::File, setting("OCSYNC_SOAK_SECONDS", 5));
}

#[test]
fn no_update_is_lost_where_killed_runs_have_left_locks() {
    contend(Kind::FileAndDead, setting("OCSYNC_SOAK_SECONDS", 4));
}

#[test]
fn no_update_is_lost_where_the_lock_is_a_directory() {
    contend(Kind::Directory, setting("OCSYNC_SOAK_SECONDS", 4));
}

fn contend(kind: Kind, seconds: u64) {
    let first = hours(4);
    let api_key = json!({ "type": "api_key", "provider": "openai", "key": "sk-canary-key", "count": 0 });
    let profiles = [(CLAUDE, oauth("gen-0", first)), ("openai:default", api_key)];
    let home = Home::new().claude("gen-0", first).agent("main", &home::store(&profiles));
    let home = home.version(if kind == Kind::Directory { "2026.2.12" } else { "2026.5.28" });
    let (store, lock) = (home.store_path("main"), home.lock_path("main"));
    let (done, generation) = (AtomicBool::new(false), AtomicU64::new(0));
    let counts: [AtomicU64; 5] = Default::default();
    let [written, reads, runs, updates, busy] = counts.each_ref();
    let goes_on = || !done.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        let _stop = Stop(&done);
        scope.spawn(|| {
            while goes_on() {
                update_as_openclaw(&store, &lock, kind);
                let count = written.fetch_add(1, Ordering::Relaxed);
                if kind == Kind::FileAndDead && count % 3 == 0 {
                    leave_a_dead_lock(&lock);
                }
                std::thread::sleep(Duration::from_millis(4));
            }
        });
        scope.spawn(|| {
            while goes_on() {
                let bytes = fs::read(&store).unwrap();
                let document: Value = serde_json::from_slice(&bytes).expect("a reader saw a part of the store");
                assert!(document["profiles"][CLAUDE]["access"].is_string());
                reads.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_micros(500));
            }
        });
        scope.spawn(|| {
            while goes_on() {
                let next = generation.load(Ordering::Relaxed) + 1;
                let expires = first + i64::try_from(next).unwrap() * 1000;
                home::put(
                    &home.path(".claude/.credentials.json"),
                    &home::claude_json(&format!("gen-{next}"), expires),
                );
                generation.store(next, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(if kind == Kind::File { 150 } else { 40 }));
            }
        });
        for number in 0..LOOPS {
            let (home, goes_on) = (&home, &goes_on);
            scope.spawn(move || {
                while goes_on() {
                    let mut command = home.command(&["sync", "--reload", "never", "--wait", "30"]);
                    command.env("XDG_STATE_HOME", home.path(&format!("state-{number}")));
                    let output = command.output().unwrap();
                    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
                    assert!(!told.contains(home::CANARY), "{told}");
                    match output.status.code() {
                        Some(0) => {}
                        // Somebody kept writing the store in between: the next run catches up.
                        Some(75) => drop(busy.fetch_add(1, Ordering::Relaxed)),
                        code => panic!("{code:?}: {told}"),
                    }
                    updates.fetch_add(u64::from(told.contains("updated main")), Ordering::Relaxed);
                    runs.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end && goes_on() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    home.run(&["sync", "--reload", "never"]).code(0);
    let document: Value = serde_json::from_str(&home.store_text("main")).unwrap();
    let number = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{} runs made {} updates ({} busy) beside {} of the writer; {} reads; {} rotations",
        number(runs),
        number(updates),
        number(busy),
        number(written),
        number(reads),
        number(&generation)
    );
    assert_eq!(document["profiles"]["openai:default"]["count"].as_u64(), Some(number(written)));
    assert_eq!(home.access("main"), at(&format!("gen-{}", number(&generation))));
    assert!(number(updates) > 0 && number(written) > 10 && number(reads) > 100);
    home.nothing_left();
}
