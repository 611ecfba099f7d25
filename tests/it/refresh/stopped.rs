//! `refresh --via http` told to stop at any moment, most of them while the server thinks. What was
//! posted is saved; the run dies of the signal then, and leaves nothing. As root: what a killed run
//! has made for the owner of a login is that owner's at every moment.

use std::fs;
use std::time::{Duration, Instant};

use crate::home::token_server::TokenServer;
use crate::home::{Home, random, setting, store, strace};
use ocsync::testing::model::source::SourceKind;
use rustix::process::Signal;

/// How long the server thinks.
const DELAY: Duration = Duration::from_millis(60);

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];

fn args(kind: SourceKind, url: &str) -> [&str; 7] {
    ["refresh", "--via", "http", "--source", kind.name(), "--token-url", url]
}

/// The microseconds of a run that no signal stops: the signals are spread over as long, on a busy machine as well.
fn whole_run(kind: SourceKind, server: &TokenServer) -> u64 {
    let home = Home::new().agent("main", &store(&[])).login(kind, server, 600);
    server.delay(DELAY);
    let begun = Instant::now();
    home.refresh_http(kind, server, &[]).code(0);
    u64::try_from(begun.elapsed().as_micros()).unwrap()
}

#[test]
fn a_run_that_is_told_to_stop_saves_what_it_has_asked_for_and_leaves_nothing() {
    let rounds = setting("OCSYNC_SIGNALS", 120);
    let strike = |kind: SourceKind, lane: u64| {
        let server = TokenServer::start();
        let (mut hit, mut in_post) = (0, 0);
        let span = 110_000.max(whole_run(kind, &server));
        for round in 0..rounds / 4 {
            server.delay(Duration::ZERO);
            let home = Home::new().agent("main", &store(&[])).login(kind, &server, 600);
            let (old, posts, url) = (home.tokens(kind), server.posts(), server.url(kind));
            server.delay(DELAY);
            let signal = if (round + lane).is_multiple_of(2) { Signal::TERM } else { Signal::INT };
            let run = home.start(home.command(&args(kind, &url)));
            std::thread::sleep(Duration::from_micros(random(span)));
            let before = server.posts() - posts;
            let is_saved = home.tokens(kind) != old;
            run.signal(signal);
            let run = run.end();
            match run.signal {
                Some(number) => assert_eq!(number, signal.as_raw()),
                None => drop(run.code(0)),
            }
            hit += u64::from(run.signal.is_some());
            in_post += u64::from(before == 1 && !is_saved);
            let new = server.newest(&old.1);
            assert_eq!(home.tokens(kind), (new.access, new.refresh), "round {round}: {run:#?}");
            home.released();
            home.refresh_http(kind, &server, &[]).code(0);
            assert_eq!(server.posts() - posts, 1, "round {round}");
            home.released();
        }
        assert_eq!(server.reuses(), 0);
        (hit, in_post)
    };
    let (hit, in_post) = std::thread::scope(|scope| {
        let lanes = BOTH.map(|kind| [0, 1].map(|lane| scope.spawn(move || strike(kind, lane))));
        let ended = lanes.into_iter().flatten().map(|lane| lane.join().unwrap());
        ended.fold((0, 0), |sum, lane| (sum.0 + lane.0, sum.1 + lane.1))
    });
    println!("{hit} runs of {rounds} died of the signal; {in_post} were waiting for the server");
    assert!(hit > rounds / 4 && in_post > rounds / 8, "{hit} hit, {in_post} in the post");
}

/// Where the login is a link, what is on its way lies beside the file that it leads to.
#[test]
fn what_a_killed_run_leaves_beside_a_linked_login_is_swept() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    for kind in BOTH {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 600);
        let elsewhere = home.path("vault/login.json");
        fs::create_dir(elsewhere.parent().unwrap()).unwrap();
        fs::rename(home.login_path(kind), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, home.login_path(kind)).unwrap();
        let url = server.url(kind);
        let is_connect = strace::Call { name: "connect".to_owned(), nth: 1, line: String::new() };
        assert!(strace::killed_at(&home, &args(kind, &url), &is_connect).signal.is_some());
        let of_run = |path: &std::path::PathBuf| path.to_string_lossy().contains("vault/.login.json.ocsync-");
        assert_eq!(home.tree().into_keys().filter(of_run).count(), 1, "nothing was on its way");
        home.age_locks();
        home.run(&["sync"]).code(0);
        home.swept();
        home.refresh_http(kind, &server, &[]).code(0).prints("refreshed");
        assert!(fs::symlink_metadata(home.login_path(kind)).unwrap().is_symlink());
        home.released();
    }
}

/// Another run's locks are taken away by moving them aside first: beside Claude Code's directory as well.
#[test]
fn a_run_killed_while_it_takes_dead_locks_away_leaves_nothing_to_nobody() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    let server = TokenServer::start();
    let home = || {
        let home = Home::new().agent("main", &store(&[])).login(SourceKind::Claude, &server, 600);
        for lock in [".claude/.oauth_refresh.lock", ".claude.lock", ".claude/.storage-write.lock"] {
            fs::create_dir(home.path(lock)).unwrap();
        }
        home.age_locks();
        home
    };
    let url = server.url(SourceKind::Claude);
    let calls = strace::calls(&home(), &args(SourceKind::Claude, &url), false);
    let of_locks = |call: &&strace::Call| matches!(call.name.as_str(), "mkdirat" | "unlinkat" | "renameat");
    for call in calls.iter().filter(of_locks).filter(|call| call.line.contains("lock")) {
        let home = home();
        assert!(strace::killed_at(&home, &args(SourceKind::Claude, &url), call).signal.is_some());
        home.age_locks();
        home.run(&["sync"]).code(0);
        home.swept();
        home.refresh_http(SourceKind::Claude, &server, &[]).code(0);
        assert!(server.alive(&home.tokens(SourceKind::Claude).1), "{call:?}");
        home.swept();
    }
}
