//! A full disk, a read-only one, and a login that is mounted as a single file, each with a mount of
//! its own: found before a token is spent, and nothing is left in the CLI's directory.

use std::fs;
use std::process::Command;

use crate::home::token_server::TokenServer;
use crate::home::users::{NOBODY, as_nobody, give};
use crate::home::{self, Home, OCSYNC, Run, chmod};
use ocsync::testing::model::source::SourceKind;

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];
const UNSHARE: &str = "/usr/bin/unshare";
/// A file system of this size, full to the last page, with what was in the directory before.
const FULL: &str = r#"full() {
    cp -a "$1" "$SAVED/of"
    mount -t tmpfs -o size=$2,mode=0700 none "$1"
    cp -a "$SAVED/of/." "$1"
    dd if=/dev/zero of="$1/filler" bs=4096 2>/dev/null || true
}"#;

/// Runs ocsync where `mount` was done before, if that can be done here: the CLI's directory must be
/// as it was, seen from inside.
fn mounted(home: &Home, kind: SourceKind, server: &TokenServer, mount: &str) -> Option<Run> {
    let script = format!(
        "set -e; export PATH=/usr/sbin:/usr/bin:/sbin:/bin; umask 077\n{FULL}\n{mount}\n\
         cp -a \"$DIR\" \"$SAVED/before\"; set +e; \"$@\"; code=$?\n\
         diff -r \"$SAVED/before\" \"$DIR\" >/dev/null || exit 99\nexit $code"
    );
    let saved = home.root().join("saved");
    fs::create_dir(&saved).unwrap();
    let can = Command::new(UNSHARE).args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(&saved).status();
    if !can.is_ok_and(|status| status.success()) {
        println!("SKIPPED: unshare cannot mount here");
        return None;
    }
    let login = home.login_path(kind);
    let url = server.url(kind);
    let mut command = Command::new(UNSHARE);
    home.dress(&mut command).env("SAVED", &saved).env("DIR", login.parent().unwrap()).env("FILE", &login);
    command.env("STATE", home.state_dir());
    command.args(["-rm", "/bin/sh", "-c", &script, "sh", OCSYNC, "refresh", "--via", "http", "--token-url", &url]);
    command.args(["--source", kind.name()]);
    let run = home.start(command).end();
    fs::remove_dir_all(&saved).unwrap();
    assert_ne!(run.code, Some(99), "the CLI's directory has changed: {run:#?}");
    assert_eq!(server.posts(), 0, "{run:#?}");
    Some(run)
}

/// There is no OpenClaw: the exit code is the refresh's own.
fn home(kind: SourceKind, server: &TokenServer) -> Home {
    let home = Home::new().login(kind, server, 600);
    fs::remove_dir_all(home.path(".openclaw")).unwrap();
    for name in ["auth.lock", "auth.json.lock"] {
        (kind == SourceKind::Codex).then(|| home::put(&home.path(".codex").join(name), ""));
    }
    fs::create_dir_all(home.state_dir()).unwrap();
    home
}

#[test]
fn what_a_mount_forbids() {
    let read_only = "mount --bind \"$DIR\" \"$DIR\"; mount -o remount,ro,bind \"$DIR\"";
    for kind in BOTH {
        for (mount, code, names_dir, why, hint) in [
            ("full \"$DIR\" 256k", 74, true, "no space left on device", "free some space"),
            ("full \"$STATE\" 256k", 74, false, "no space left on device", "free some space"),
            // Enough for the journal, and not for an answer.
            ("mount -t tmpfs -o size=64k,mode=0700 none \"$STATE\"", 74, false, "no space left", "free some space"),
            (read_only, 77, true, "read-only file system", "mounted read-only"),
            ("mount --bind \"$FILE\" \"$FILE\"", 77, true, "is mounted as a single file", "bind-mount the directory"),
        ] {
            let server = TokenServer::start();
            let home = home(kind, &server);
            let before = fs::read(home.login_path(kind)).unwrap();
            let Some(run) = mounted(&home, kind, &server, mount) else { return };
            let dir = if names_dir { home.login_path(kind).parent().unwrap().to_owned() } else { home.state_dir() };
            run.code(code).says(dir.to_str().unwrap()).says(why).says(hint);
            assert_eq!(fs::read(home.login_path(kind)).unwrap(), before);
            home.released();
            home.refresh_http(kind, &server, &[]).prints("refreshed");
        }
    }
}

#[test]
fn a_directory_that_may_not_be_written() {
    for kind in BOTH {
        for own in [false, true] {
            let server = TokenServer::start();
            let home = home(kind, &server);
            let dir = if own { home.state_dir() } else { home.login_path(kind).parent().unwrap().to_owned() };
            if home::is_root() {
                give(home.root(), NOBODY);
            }
            chmod(&dir, 0o500);
            let url = server.url(kind);
            let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url];
            let Some(run) = as_nobody(&home, &args) else { return };
            run.code(77).says(dir.to_str().unwrap()).says("permission denied").says("hint: ");
            assert_eq!(server.posts(), 0);
            home.released();
            chmod(&dir, 0o700);
            as_nobody(&home, &args).unwrap().prints("refreshed");
            home.released();
        }
    }
}

/// Claude Code goes on without the second lock where its place may not be written, and so does ocsync.
#[test]
fn a_home_that_may_not_be_written_is_no_obstacle() {
    let server = TokenServer::start();
    let home = home(SourceKind::Claude, &server);
    fs::create_dir_all(home.state_dir()).unwrap();
    if home::is_root() {
        give(home.root(), NOBODY);
    }
    chmod(&home.path(""), 0o500);
    let url = server.url(SourceKind::Claude);
    let args = ["refresh", "--via", "http", "--source", "claude", "--token-url", &url];
    let Some(run) = as_nobody(&home, &args) else { return };
    run.prints("refreshed claude");
    chmod(&home.path(""), 0o700);
    home.released();
}
