//! `refresh --via http` killed before every system call that it makes, from its first lock to its
//! last. Whatever the moment, the login is alive afterwards: the old one, which was never spent, or
//! the new one, in the CLI's file or in the recovery file, from which the next run takes it.
//!
//! One loss is left, and these tests count it: a run that is killed after the request has left and
//! before the one write that follows the answer. Nobody but the server knows the tokens then.
//! The file holds the old login, byte by byte.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::home::strace::{self, Call, calls, killed_at};
use crate::home::token_server::TokenServer;
use crate::home::{Home, setting, store};
use ocsync::testing::model::source::SourceKind;

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];
/// Side by side, for each CLI.
const LANES: usize = 3;
const SYNC: &[&str] = &["sync"];

fn home(kind: SourceKind, server: &TokenServer) -> Home {
    Home::new().agent("main", &store(&[])).login(kind, server, 600)
}

fn refresh(kind: SourceKind, url: &str) -> [&str; 7] {
    ["refresh", "--via", "http", "--source", kind.name(), "--token-url", url]
}

/// Where a call stands in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    /// The request has left, and its answer is not on the disk.
    Between,
    After,
}

/// The calls of a run between its first lock and its last, with where each stands.
fn in_locks(kind: SourceKind) -> Vec<(Call, When)> {
    let server = TokenServer::start();
    let home = home(kind, &server);
    let calls = calls(&home, &refresh(kind, &server.url(kind)), setting("OCSYNC_KILLS", 0) > 0);
    let first = calls.iter().position(|call| call.name == "flock").unwrap();
    let last = calls.iter().rposition(|call| call.name == "flock").unwrap();
    let sent = calls.iter().rposition(|call| call.name == "sendto").unwrap();
    let is_fill = |call: &Call| call.name == "write" && call.line.contains("recovery-");
    let filled = calls.iter().position(is_fill).unwrap();
    assert!(first < sent && sent < filled && filled < last, "{calls:#?}");
    let when = |index| match index {
        index if index <= sent => When::Before,
        index if index <= filled => When::Between,
        _ => When::After,
    };
    let all = calls.into_iter().enumerate().map(|(index, call)| (when(index), index, call));
    all.filter(|(_, index, _)| (first..=last).contains(index)).map(|(when, _, call)| (call, when)).collect()
}

/// What a kill has left.
struct Left {
    old: (String, String),
    text: String,
    posts: usize,
    lost: bool,
}

/// Kills a run of a new home, and looks at what is there.
fn kill(home: &Home, kind: SourceKind, server: &TokenServer, call: &Call, when: When) -> Option<Left> {
    let (old, before) = (home.tokens(kind), server.posts());
    let text = fs::read_to_string(home.login_path(kind)).unwrap();
    let killed = killed_at(home, &refresh(kind, &server.url(kind)), call);
    if killed.signal.is_none() {
        killed.code(0);
        return None;
    }
    // The server may still be reading.
    let patience = Instant::now() + Duration::from_millis(500);
    while when != When::Before && server.alive(&old.1) && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
    let (spent, new) = (!server.alive(&old.1), server.newest(&old.1));
    assert_eq!(spent, when != When::Before, "{call:?}");
    let saved = home.tokens(kind) == (new.access, new.refresh.clone());
    assert!(saved || fs::read_to_string(home.login_path(kind)).unwrap() == text, "torn: {call:?}");
    assert_eq!(fs::metadata(home.login_path(kind)).unwrap().mode() & 0o7777, 0o600);
    let holds = |path: &std::path::PathBuf| fs::read_to_string(path).unwrap().contains(&new.refresh);
    let waits = home.waiting().iter().any(holds);
    let lost = spent && !saved && !waits;
    assert!(!lost || when == When::Between, "lost at {call:?}, {when:?}");
    home.age_locks();
    Some(Left { old, text, posts: server.posts() - before, lost })
}

/// What must hold after the next run, and after one more.
fn is_well(home: &Home, kind: SourceKind, server: &TokenServer, left: &Left, call: &Call) {
    let posts = server.posts();
    home.swept();
    if left.lost {
        assert_eq!(fs::read_to_string(home.login_path(kind)).unwrap(), left.text, "{call:?}");
        return;
    }
    assert!(server.alive(&home.tokens(kind).1), "{call:?}");
    home.refresh_http(kind, server, &[]).code(0);
    let new = server.newest(&left.old.1);
    assert_eq!(home.tokens(kind), (new.access, new.refresh), "{call:?}");
    assert_eq!(server.posts() - posts + left.posts, 1, "{call:?}");
    assert_eq!(fs::metadata(home.login_path(kind)).unwrap().mode() & 0o7777, 0o600);
    // A lock that is dead by its age is in nobody's way; who needs it takes it away.
    if server.posts() > posts {
        home.released()
    } else {
        home.swept()
    };
}

/// Does something with every one of these, side by side.
fn each<T: Sync>(all: &[T], work: impl Fn(&TokenServer, &T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let server = TokenServer::start();
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(&server, one);
                }
                assert_eq!(server.reuses(), 0, "a token was posted twice");
            });
        }
    });
}

#[test]
fn a_run_killed_before_any_system_call_loses_a_login_only_while_the_answer_is_on_its_way() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    for kind in BOTH {
        let points = in_locks(kind);
        let (hit, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
        each(&points, |server, (call, when)| {
            let home = home(kind, server);
            let Some(left) = kill(&home, kind, server, call, *when) else { return };
            hit.fetch_add(1, Ordering::Relaxed);
            lost.fetch_add(usize::from(left.lost), Ordering::Relaxed);
            // `sync` takes up what is left as well as `refresh` does.
            home.run(SYNC).code(0);
            is_well(&home, kind, server, &left, call);
        });
        let (hit, lost, total) = (hit.into_inner(), lost.into_inner(), points.len());
        let between = points.iter().filter(|(_, when)| *when == When::Between).count();
        println!("{}: {total} points, {hit} killed, {lost} of {between} in the window lost", kind.name());
        assert_eq!(hit, total, "not every run was killed");
        assert!(lost <= between && between <= setting("OCSYNC_WINDOW", 12) as usize, "the window has grown");
    }
}

#[test]
fn a_run_killed_while_it_takes_up_an_answer_leaves_it_to_the_next() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    for kind in BOTH {
        // Right before the new login is put in its place.
        let is_rename = |call: &Call| call.name == "renameat2" && !call.line.contains("state.json");
        let points = in_locks(kind);
        let (first, when) = points.iter().find(|(call, _)| is_rename(call)).unwrap();
        let server = TokenServer::start();
        let dry = home(kind, &server);
        kill(&dry, kind, &server, first, *when).unwrap();
        let calls = calls(&dry, SYNC, setting("OCSYNC_KILLS", 0) > 0);
        let from = calls.iter().position(|call| call.name == "flock").unwrap();
        each(&calls[from..], |server, call| {
            let home = home(kind, server);
            let left = kill(&home, kind, server, first, *when).unwrap();
            assert_eq!((left.lost, home.waiting().len()), (false, 1));
            assert!(killed_at(&home, SYNC, call).signal.is_some(), "{call:?}");
            home.age_locks();
            home.run(SYNC).code(0);
            let new = server.newest(&left.old.1);
            assert_eq!(home.tokens(kind), (new.access, new.refresh), "{call:?}");
            is_well(&home, kind, server, &left, call);
            assert_eq!(left.posts, 1);
        });
        println!("{}: killed {} times while taking up", kind.name(), calls.len() - from);
    }
}
