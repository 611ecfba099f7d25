//! What would keep new tokens from being saved is found before the old one is spent: nothing is
//! posted, the run says which path and what to do, and everything beside the login is as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::home::token_server::TokenServer;
use crate::home::users::{NOBODY, as_nobody, give};
use crate::home::{self, Home, Run, Seen, Stop, chmod, put, store};
use ocsync::testing::model::source::SourceKind;

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];
const A: &str = ".claude/.oauth_refresh.lock";
const B: &str = ".claude.lock";
const C: &str = ".claude/.storage-write.lock";

/// A login that is due, and Codex's lock files, which stay once Codex has made them. There is no
/// OpenClaw: the exit code is the refresh's own, and not 4 because something else was done.
fn home(kind: SourceKind, server: &TokenServer) -> Home {
    let home = Home::new().login(kind, server, 600);
    fs::remove_dir_all(home.path(".openclaw")).unwrap();
    if kind == SourceKind::Codex {
        put(&home.path(".codex/auth.lock"), "");
        put(&home.path(".codex/auth.json.lock"), "");
    }
    home
}

/// All that is not ocsync's own; a directory's times change when something came and went.
fn outside(home: &Home) -> Vec<(PathBuf, Seen)> {
    let own = [home.path(".local"), home.root().join("bin")];
    let outside = home.tree().into_iter().filter(|(path, _)| !own.iter().any(|own| path.starts_with(own)));
    let seen = outside.map(|(path, mut seen)| {
        if seen.mode & 0o170_000 == 0o040_000 {
            (seen.changed, seen.modified) = ((0, 0), (0, 0));
        }
        (path, seen)
    });
    seen.collect()
}

#[track_caller]
fn refused(home: &Home, kind: SourceKind, server: &TokenServer, code: i32, parts: &[&str]) -> Run {
    let before = outside(home);
    let run = home.refresh_http(kind, server, &["--wait", "1"]);
    judge(home, server, &before, &run, code, parts);
    run
}

#[track_caller]
fn judge(home: &Home, server: &TokenServer, before: &[(PathBuf, Seen)], run: &Run, code: i32, parts: &[&str]) {
    run.code(code);
    for part in parts {
        run.says(part);
    }
    assert_eq!(server.posts(), 0, "{run:#?}");
    assert_eq!(outside(home), before, "{run:#?}");
    home.swept();
}

#[test]
fn what_is_at_the_place_of_a_lock_and_is_none() {
    for lock in [A, B, C] {
        let server = TokenServer::start();
        let home = home(SourceKind::Claude, &server);
        put(&home.path(lock), "");
        let path = home.path(lock).display().to_string();
        refused(&home, SourceKind::Claude, &server, 69, &[&path, "it is a file, not a directory", "remove it"]);
        fs::remove_file(home.path(lock)).unwrap();
        put(&home.path(&format!("{lock}/x")), "");
        refused(
            &home,
            SourceKind::Claude,
            &server,
            69,
            &[&path, "the directory is not empty", "remove what is in it"],
        );
        fs::remove_dir_all(home.path(lock)).unwrap();
        symlink("/tmp", home.path(lock)).unwrap();
        refused(&home, SourceKind::Claude, &server, 69, &[&path, "it is a symbolic link"]);
        fs::remove_file(home.path(lock)).unwrap();
        home.refresh_http(SourceKind::Claude, &server, &[]).prints("refreshed claude");
    }
    for lock in [".codex/auth.lock", ".codex/auth.json.lock"] {
        let server = TokenServer::start();
        let home = home(SourceKind::Codex, &server);
        let path = home.path(lock).display().to_string();
        fs::remove_file(home.path(lock)).unwrap();
        fs::create_dir(home.path(lock)).unwrap();
        refused(&home, SourceKind::Codex, &server, 69, &[&path, "it is not a regular file", "remove it"]);
        fs::remove_dir(home.path(lock)).unwrap();
        symlink("auth.json", home.path(lock)).unwrap();
        refused(&home, SourceKind::Codex, &server, 69, &[&path, "it is a symbolic link"]);
    }
}

#[test]
fn a_lock_file_that_codex_could_not_open() {
    for lock in [".codex/auth.lock", ".codex/auth.json.lock"] {
        let server = TokenServer::start();
        let home = home(SourceKind::Codex, &server);
        let (url, path) = (server.url(SourceKind::Codex), home.path(lock));
        let args = ["refresh", "--via", "http", "--source", "codex", "--token-url", &url];
        let parts = [path.to_str().unwrap(), "for reading and writing", "remove it while no Codex runs"];
        for (owner, mode) in [(0, 0o600), (0, 0o644), (NOBODY, 0o444)] {
            if home::is_root() {
                give(home.root(), NOBODY);
                give(&path, owner);
            }
            chmod(&path, mode);
            let before = outside(&home);
            let Some(run) = as_nobody(&home, &args) else { return };
            judge(&home, &server, &before, &run, 69, &parts);
        }
    }
}

#[test]
fn a_file_that_must_not_be_replaced() {
    for kind in BOTH {
        let server = TokenServer::start();
        let home = home(kind, &server);
        let login = home.login_path(kind);
        let (name, dir) = (login.to_str().unwrap(), login.parent().unwrap());
        fs::hard_link(&login, home.path("backup")).unwrap();
        refused(&home, kind, &server, 77, &[name, "more than one hard link", "make it a file of its own"]);
        fs::remove_file(home.path("backup")).unwrap();
        chmod(&login, 0o400);
        refused(&home, kind, &server, 77, &[name, "is read-only", "chmod u+w"]);
        chmod(&login, 0o600);
        chmod(dir, 0o777);
        refused(&home, kind, &server, 77, &[dir.to_str().unwrap(), "writable by everybody", "chmod o-w"]);
        chmod(dir, 0o700);
        home.refresh_http(kind, &server, &[]).prints("refreshed");
    }
}

#[test]
fn what_is_no_login_at_all() {
    for kind in BOTH {
        let server = TokenServer::start();
        let home = home(kind, &server);
        let login = home.login_path(kind);
        fs::remove_file(&login).unwrap();
        symlink("nowhere.json", &login).unwrap();
        refused(&home, kind, &server, 65, &[login.to_str().unwrap(), "a link that leads nowhere"]);
        fs::remove_file(&login).unwrap();
        fs::create_dir(&login).unwrap();
        refused(&home, kind, &server, 65, &[login.to_str().unwrap(), "regular"]);
    }
}

#[test]
fn a_link_is_followed_and_kept_unless_it_leads_to_somebody_elses_file() {
    for kind in BOTH {
        let server = TokenServer::start();
        let home = home(kind, &server);
        let (login, target) = (home.login_path(kind), home.path("vault.json"));
        fs::rename(&login, &target).unwrap();
        symlink("../vault.json", &login).unwrap();
        home.refresh_http(kind, &server, &[]).prints("refreshed");
        assert_eq!(fs::read_link(&login).unwrap(), PathBuf::from("../vault.json"));
        assert!(server.alive(&home.tokens(kind).1) && fs::symlink_metadata(&target).unwrap().is_file());
        home.released();
        let server = TokenServer::start();
        let home = self::home(kind, &server);
        let (login, target) = (home.login_path(kind), home.path("vault.json"));
        fs::rename(&login, &target).unwrap();
        symlink(&target, &login).unwrap();
        if home::is_root() {
            give(home.root(), NOBODY);
            give(&target, 0);
            chmod(&target, 0o644);
        }
        let (url, before) = (server.url(kind), outside(&home));
        let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url];
        let Some(run) = as_nobody(&home, &args) else { return };
        let parts = [target.to_str().unwrap(), "belongs to another user", "run ocsync as uid 0"];
        judge(&home, &server, &before, &run, 77, &parts);
    }
}

#[test]
fn root_leaves_a_users_login_to_the_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for kind in BOTH {
        let server = TokenServer::start();
        let home = home(kind, &server);
        let login = home.login_path(kind);
        give(login.parent().unwrap(), NOBODY);
        let before = fs::read(&login).unwrap();
        let run = home.refresh_http(kind, &server, &[]);
        run.code(77).says("belongs to uid 65534: only that user refreshes it");
        let hint = run.stderr.lines().find_map(|line| line.strip_prefix("ocsync: hint: ")).unwrap();
        assert!(hint.starts_with("runuser -u ") || hint.starts_with("su ") || hint.starts_with("setpriv "), "{hint}");
        assert!(hint.contains(login.parent().unwrap().to_str().unwrap()), "{hint}");
        assert_eq!((server.posts(), fs::read(&login).unwrap()), (0, before));
        let all = fs::read_dir(login.parent().unwrap()).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
        assert!(all.into_iter().all(|meta| (meta.uid(), meta.gid()) == (NOBODY, NOBODY)));
        assert_eq!(fs::metadata(login).unwrap().uid(), NOBODY);
        home.released();
    }
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_no_failure() {
    for lock in [A, B] {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(SourceKind::Claude, &server, 600);
        fs::create_dir(home.path(lock)).unwrap();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop = Stop(&stop);
            scope.spawn(|| {
                let held = fs::File::open(home.path(lock)).unwrap();
                while !stop.load(Ordering::Relaxed) {
                    held.set_modified(SystemTime::now()).unwrap();
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
            let run = home.refresh_http(SourceKind::Claude, &server, &["--wait", "2"]);
            run.code(75).says(home.path(lock).to_str().unwrap()).says("the next run tries again");
        });
        assert_eq!(server.posts(), 0);
        fs::remove_dir(home.path(lock)).unwrap();
        home.refresh_http(SourceKind::Claude, &server, &[]).code(0).prints("refreshed claude");
        home.released();
    }
}
