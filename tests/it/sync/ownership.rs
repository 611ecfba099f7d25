//! Whose a file is: what a user may not touch is said so, and root leaves a user's files to the
//! user. A root-owned store would be no store at all to an OpenClaw that runs as somebody else.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use crate::home::users::{NOBODY, as_nobody, give};
use crate::home::{self, Home, at, chmod, hours, now};

const SOURCE: &str = ".claude/.credentials.json";

#[test]
fn what_may_not_be_read_or_written_is_said_so() {
    for (path, part) in [
        (".openclaw/agents/main/agent/auth-profiles.json", "auth-profiles.json"),
        (SOURCE, ".credentials.json"),
        (".openclaw/agents/main/agent", "agents/main/agent"),
        (".openclaw/agents", "agents"),
        (".openclaw/openclaw.json", "openclaw.json"),
    ] {
        let home = Home::stale();
        if home::is_root() {
            give(home.root(), NOBODY);
        }
        chmod(&home.path(path), 0o000);
        let Some(run) = as_nobody(&home, &["sync"]) else { return };
        run.code(77).says(part);
        assert!(run.stderr.contains("permission denied"), "{run:#?}");
        chmod(&home.path(path), 0o700);
        assert_eq!(home.access("main"), at("old"));
        home.nothing_left();
    }
}

#[test]
fn a_directory_that_may_not_be_written_is_said_so() {
    let home = Home::stale();
    if home::is_root() {
        give(home.root(), NOBODY);
    }
    let dir = home.store_path("main").parent().unwrap().to_owned();
    chmod(&dir, 0o500);
    let Some(run) = as_nobody(&home, &["sync"]) else { return };
    run.code(77).says("auth-profiles.json");
    assert_eq!(home.access("main"), at("old"));
    home.nothing_left();
    chmod(&dir, 0o700);
    as_nobody(&home, &["sync"]).unwrap().code(0).prints("updated main");
}

#[test]
fn another_users_store_is_left_alone_unless_one_is_root() {
    let home = Home::stale();
    if home::is_root() {
        give(home.root(), NOBODY);
        std::os::unix::fs::chown(home.store_path("main"), Some(0), Some(0)).unwrap();
        chmod(&home.store_path("main"), 0o644);
    }
    let Some(run) = as_nobody(&home, &["sync"]) else { return };
    run.code(77).says("belongs to another user");
    assert_eq!(home.access("main"), at("old"));
    home.nothing_left();
}

#[test]
fn root_gives_a_replaced_file_back_to_its_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for version in ["2026.2.12", "2026.5.28"] {
        let stats = format!(
            "{{\"usageStats\":{{\"{}\":{{\"cooldownUntil\":{},\"cooldownReason\":\"auth\"}}}}}}",
            home::CLAUDE,
            hours(1)
        );
        let home = Home::stale().version(version).file(".openclaw/agents/main/agent/auth-state.json", &stats);
        give(&home.path(".openclaw"), NOBODY);
        home.run(&["sync"]).code(0).prints("updated main");
        assert_eq!(home.access("main"), at("new"));
        for name in ["auth-profiles.json", "auth-state.json"] {
            let meta = fs::metadata(home.store_path("main").with_file_name(name)).unwrap();
            assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o777), (NOBODY, NOBODY, 0o600), "{name}");
        }
        home.nothing_left();
    }
}

#[test]
fn root_is_not_led_out_of_an_installation_by_a_link() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    let home = Home::stale();
    let (link, target) = (home.store_path("main"), home.path("root-store.json"));
    fs::rename(&link, &target).unwrap();
    symlink(&target, &link).unwrap();
    give(&home.path(".openclaw"), NOBODY);
    let before = fs::read_to_string(&target).unwrap();
    home.run(&["sync"]).code(77).says("belongs to uid 0");
    assert_eq!(fs::read_to_string(&target).unwrap(), before);
    home.nothing_left();
}

/// In a directory of another user a store would be made that was none of the installation's.
#[test]
fn root_creates_nothing_through_a_link_of_a_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for linked in ["agents", "agents/main", "agents/main/agent"] {
        let home = Home::new().claude("new", hours(8)).agent("main", "{}");
        fs::remove_file(home.store_path("main")).unwrap();
        let (link, target) = (home.path(".openclaw").join(linked), home.root().join("of-another"));
        fs::rename(&link, &target).unwrap();
        symlink(&target, &link).unwrap();
        give(&home.path(".openclaw"), NOBODY);
        give(&target, 4711);
        let run = home.run(&["sync", "--create"]);
        assert!(matches!(run.code, Some(4 | 66 | 77)), "{linked}: {run:#?}");
        assert!(!home.tree().keys().any(|path| path.starts_with(&target) && path.is_file()), "{linked}: {run:#?}");
        // What is its owner's own is served.
        give(&target, NOBODY);
        home.run(&["sync", "--create"]).code(0).prints("created main");
    }
}

/// What a user links to, root would read, and deliver to that user.
#[test]
fn root_follows_no_link_of_a_user_to_somebody_elses_login() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for linked in [SOURCE, ".claude"] {
        let home = Home::stale();
        let (link, target) = (home.path(linked), home.root().join("of-root"));
        fs::rename(&link, &target).unwrap();
        symlink(&target, &link).unwrap();
        give(&link, NOBODY);
        home.run(&["sync"]).code(77).says(".credentials.json: leads by a link of uid 65534 to what belongs to uid 0");
        home.run(&["status"]).prints("unreadable");
        assert_eq!(home.access("main"), at("old"));
        // The owner's own file, and what root has linked, are as good as the file itself.
        give(&target, NOBODY);
        home.run(&["sync"]).code(0).prints("updated main");
        give(&target, 0);
        give(&link, 0);
        home.run(&["sync"]).code(0);
        home.nothing_left();
    }
}

/// What is another user's decides what a run does: a home, a configuration, a state directory of ocsync's.
#[test]
fn root_does_not_work_for_another_user_and_says_how_to_do_it_as_that_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    let told = |home: &Home, part: &str| {
        let before = home.tree();
        for args in
            [&["sync"][..], &["refresh"], &["status"], &["check-expiry"], &["provide"], &["sync", "--dry-run"]]
        {
            let run = home.run(args);
            run.code(77).says(part).says("root does not work for another user").says(args[0]);
            assert!(
                ["runuser -u ", "su -s ", "setpriv --reuid"].iter().any(|start| run.stderr.contains(start)),
                "{run:?}"
            );
            assert!(run.stderr.contains("ocsync-sync@"), "{run:?}");
            assert_eq!(home.tree(), before, "{args:?}");
        }
    };
    let hooks = || Home::stale().config(&serde_json::json!({ "hooks": { "on_change": ["touch", "ran"] } }));
    for (path, part) in
        [("", "/home belongs to uid 65534"), (".config", "/.config belongs"), (".local", "/.local belongs")]
    {
        let home = hooks().file(".local/state/ocsync/state.json", "{}");
        give(&home.path(path), NOBODY);
        told(&home, part);
    }
    // By a link as well, and where the user could still make what is not there.
    for path in [".config/ocsync", ".local/state/ocsync/state.lock"] {
        let home = hooks();
        let link = home.path(path);
        let _ = fs::remove_dir_all(&link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink("/nowhere", &link).unwrap();
        give(&link, NOBODY);
        told(&home, path);
    }
    // As printed, the command works.
    let home = Home::stale();
    give(home.root(), NOBODY);
    let program = home.root().join("bin/ocsync");
    crate::home::users::copy_for_all(crate::home::OCSYNC.as_ref(), &program);
    let run = |words: &mut std::process::Command| {
        home.start(std::mem::replace(home.dress(words), std::process::Command::new("true"))).end()
    };
    let refused = run(std::process::Command::new(&program).args(["sync", "--wait", "1"]));
    let hint = refused.code(77).stderr.lines().find_map(|line| line.strip_prefix("ocsync: hint: ")).unwrap();
    let command = hint.split("; regularly").next().unwrap();
    run(std::process::Command::new("/bin/sh")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .args(["-c", &format!("PATH=/usr/sbin:/usr/bin:/sbin:/bin; {command}")]))
    .code(0)
    .prints("updated main");
    assert_eq!(home.access("main"), at("new"));
    let whose = |path: &std::path::Path| fs::symlink_metadata(path).unwrap().uid();
    assert!(home.tree().keys().all(|path| whose(path) == NOBODY || *path == program));
}

/// Its state would be in a directory that the owner of the home cannot enter.
#[test]
fn no_state_is_made_in_a_home_of_another_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    let home = Home::stale();
    give(home.root(), 4711);
    for dir in [home.root(), &home.path("")] {
        chmod(dir, 0o777);
    }
    let before = home.tree().len();
    for args in [&["sync"][..], &["refresh"], &["check-expiry", "--within", "9h", "--on-problem", "true"]] {
        let run = as_nobody(&home, args).unwrap();
        assert!(run.stderr.contains("belongs to uid 4711: ocsync keeps no state of yours there"), "{run:#?}");
        assert!(args[0] == "check-expiry" || run.code == Some(77), "{run:#?}");
    }
    // The program was copied there.
    assert_eq!(home.tree().len(), before + 1);
}

#[test]
fn a_state_that_root_has_left_in_a_users_home_is_named_with_what_gives_it_back() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for (left, mode) in [(".local", 0o700), (".local/state/ocsync", 0o700), (".local/state/ocsync", 0o755)] {
        let home = Home::stale();
        home.run(&["sync", "--dry-run"]).code(3);
        fs::create_dir_all(home.state_dir()).unwrap();
        fs::File::create(home.state_dir().join("state.lock")).unwrap();
        chmod(&home.state_dir().join("state.lock"), 0o600);
        give(home.root(), NOBODY);
        give(&home.path(left), 0);
        chmod(&home.path(left), mode);
        let command = format!("chown -R {NOBODY} {}", home.path(left).display());
        as_nobody(&home, &["sync"]).unwrap().code(77).says(&format!("hint: sudo {command}"));
        assert!(std::process::Command::new("/bin/sh").args(["-c", &command]).status().unwrap().success());
        as_nobody(&home, &["sync"]).unwrap().code(0).prints("updated main");
    }
}

#[test]
fn root_runs_no_openclaw_for_another_user() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    let home = Home::stale().openclaw("echo '{\"ok\":true}'");
    give(&home.path(".openclaw"), NOBODY);
    let home = home.gateway(now() - 1000);
    fs::rename(home.root().join("tmp/openclaw-0"), home.root().join(format!("tmp/openclaw-{NOBODY}"))).unwrap();
    home.run(&["sync"])
        .code(4)
        .prints("updated main")
        .says("root does not run openclaw for uid 65534")
        .says("--state-dir");
    assert_eq!(home.calls(), 0);
    // A command that root has named in its place is root's own.
    fs::copy(home.root().join("bin/openclaw"), home.root().join("bin/inside")).unwrap();
    home.run(&["sync", "--openclaw", "inside exec"]).code(0);
    assert_eq!(home.called(), ["exec secrets reload --json"]);
}

#[test]
fn a_dead_lock_that_may_not_be_taken_away_is_said_so() {
    let home = Home::stale().version("2026.2.12");
    let lock = home.lock_path("main");
    fs::create_dir(&lock).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(900);
    fs::File::open(&lock).unwrap().set_modified(long_ago).unwrap();
    if home::is_root() {
        give(home.root(), NOBODY);
    }
    let dir = lock.parent().unwrap().to_owned();
    chmod(&dir, 0o500);
    let Some(run) = as_nobody(&home, &["sync", "--wait", "0"]) else { return };
    run.code(77).says("auth-profiles.json");
    assert!(lock.is_dir());
    chmod(&dir, 0o700);
    as_nobody(&home, &["sync"]).unwrap().code(0).prints("updated main");
}
