//! The sandbox of the units, applied by bubblewrap with the binds and limits that the units list.
//! `tests/ship/sandbox_settings.rs` tries every setting in it, `tests/ship/manager.rs` has them run by systemd, where that can be had.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::home::users::copy_for_all;
use crate::home::{self, DEAD_PID, Home, Run, at, claude_json, claude_store, hours, now, put};

pub(super) const SYNC: &str = include_str!("../../contrib/systemd/user/ocsync-sync.service");
pub(super) const SYNC_OF_SYSTEM: &str = include_str!("../../contrib/systemd/system/ocsync-sync@.service");
pub(super) const REFRESH: &str = include_str!("../../contrib/systemd/user/ocsync-refresh.service");
pub(super) const REFRESH_OF_SYSTEM: &str = include_str!("../../contrib/systemd/system/ocsync-refresh@.service");
const CHECK: &str = include_str!("../../contrib/systemd/user/ocsync-check.service");
const CHECK_OF_SYSTEM: &str = include_str!("../../contrib/systemd/system/ocsync-check@.service");
/// Every unit that runs ocsync.
pub(super) const ALL: [&str; 6] = [SYNC, SYNC_OF_SYSTEM, REFRESH, REFRESH_OF_SYSTEM, CHECK, CHECK_OF_SYSTEM];
/// The directory that the drop-in `elsewhere.conf` names.
pub(super) const OUT: &str = "/opt/openclaw";
/// Where the home is inside.
const INSIDE: &str = "/home/someone";
pub(super) const PROGRAM: &str = "/home/someone/.local/bin/ocsync";

/// The words of a setting, over all of its lines.
fn setting<'a>(unit: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = unit.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix('='));
    lines.flat_map(str::split_whitespace)
}

pub(super) fn works(program: &str, args: &[&str]) -> bool {
    let output = Command::new(program).args(args).output();
    let works = output.is_ok_and(|output| output.status.success());
    if !works {
        println!("SKIPPED: {program} is missing, or may not do here what it is for");
    }
    works
}

/// A command line that runs a program in the sandbox of a unit, with this home. `srv` and `out` beside it stand for `/srv`
/// and [`OUT`].
fn bubble(home: &Home, unit: &str) -> Command {
    assert!(unit.contains("ProtectSystem=strict\nProtectHome=tmpfs\n"), "other binds than this test applies");
    let network = setting(unit, "RestrictAddressFamilies").collect::<Vec<_>>();
    assert_eq!(network, ["AF_UNIX", "AF_INET", "AF_INET6"], "a ping and the hooks need it");
    assert!(!unit.contains("PrivateNetwork") && !unit.contains("IPAddressDeny=any"), "the same");
    let mut args: Vec<String> = ["--ro-bind", "/", "/", "--dev", "/dev"].map(str::to_owned).into();
    for dir in ["/home", "/root", "/run/user"].into_iter().filter(|dir| Path::new(dir).exists()) {
        args.extend(["--tmpfs".to_owned(), dir.to_owned()]);
    }
    args.extend(["--tmpfs", "/opt", "--dir", OUT, "--remount-ro", "/opt"].map(str::to_owned));
    for (key, flag) in [("BindReadOnlyPaths", "--ro-bind"), ("BindPaths", "--bind"), ("ReadWritePaths", "--bind")] {
        for path in setting(unit, key) {
            let inside = path.trim_start_matches('-').replace("%h", INSIDE).replace("/home/%i", INSIDE);
            let within = inside.strip_prefix(INSIDE).map(|rest| home.path(rest.trim_start_matches('/')));
            let outside = within.unwrap_or_else(|| match inside.as_str() {
                "/srv" => home.root().join("srv"),
                OUT => home.root().join("out"),
                _ => inside.clone().into(),
            });
            if !path.starts_with('-') || outside.exists() {
                args.extend([flag.to_owned(), outside.to_str().unwrap().to_owned(), inside]);
            }
        }
    }
    let mut command = Command::new("bwrap");
    home.dress(&mut command).env("HOME", INSIDE).env("PATH", "/usr/bin:/bin").current_dir("/").args(args);
    // UMask= and LimitCORE=, and the namespaces of PrivateUsers= and ProtectHostname=.
    command.args(["--unshare-user", "--unshare-uts", "--die-with-parent", "sh", "-c"]);
    command.arg("umask 0077; ulimit -c 0; exec \"$@\"").arg("sh");
    command
}

/// Runs what the unit runs.
pub(super) fn start(home: &Home, unit: &str) -> Run {
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let mut command = bubble(home, unit);
    command.arg(PROGRAM).args(line.split_whitespace().skip(1));
    home.start(command).end()
}

fn sync(home: &Home, unit: &str) -> Run {
    let mut command = bubble(home, unit);
    command.args([PROGRAM, "sync", "--wait", "1"]);
    home.start(command).end()
}

/// The program is where a unit has it, as the sandbox hides all other homes.
pub(super) fn installed(home: Home) -> Home {
    fs::create_dir_all(home.root().join("srv")).unwrap();
    copy_for_all(home::OCSYNC.as_ref(), &home.path(".local/bin/ocsync"));
    home
}

fn prepared() -> Home {
    installed(Home::stale())
}

#[test]
fn inside_the_sandbox_sync_works_and_a_living_lock_outside_is_respected() {
    if !works("bwrap", &["--unshare-user", "--ro-bind", "/", "/", "true"]) {
        return;
    }
    for unit in [SYNC, SYNC_OF_SYSTEM] {
        let home = prepared();
        home.old_lock(std::process::id());
        sync(&home, unit).code(75).says("auth-profiles.json is locked");
        assert_eq!(home.access("main"), at("old"));
        home.old_lock(DEAD_PID);
        sync(&home, unit).code(0).prints("updated main");
        assert_eq!(home.access("main"), at("new"));
        home.nothing_left();
        assert!(home.path(".local/state/ocsync/state.json").exists());
    }
}

#[test]
fn inside_the_sandbox_the_home_srv_and_tmp_can_be_written_and_nothing_else() {
    if !works("bwrap", &["--unshare-user", "--ro-bind", "/", "/", "true"]) {
        return;
    }
    for unit in ALL {
        let home = prepared();
        fs::create_dir(home.path(".claude/deep")).unwrap();
        let tries = |path: &str| {
            let mut command = bubble(&home, unit);
            command.args(["touch", path]);
            home.start(command).end()
        };
        for path in ["/usr/x", "/etc/x", "/var/x", "/opt/x"] {
            tries(path).code(1).says("Read-only file system");
        }
        for path in ["/home/someone/x", "/home/someone/.claude/deep/x", "/srv/x"] {
            tries(path).code(0);
        }
        assert!(home.root().join("srv/x").exists() && home.path("x").exists());
        let temp = tempfile::tempdir_in("/tmp").unwrap();
        tries(temp.path().join("x").to_str().unwrap()).code(0);
        assert_eq!(setting(unit, "InaccessiblePaths").count(), 2);
    }
}

/// Claude Code up to 2.1.112 locks beside its directory, and keeps more than its login there.
#[test]
fn inside_the_sandbox_a_cli_can_lock_and_save() {
    if !works("bwrap", &["--unshare-user", "--ro-bind", "/", "/", "true"]) {
        return;
    }
    for unit in [REFRESH, REFRESH_OF_SYSTEM] {
        let home = Home::new().claude("old", now() + 60_000).agent("main", &claude_store("old", now() + 60_000));
        let home = installed(home);
        put(&home.path(".claude/new"), &claude_json("new", hours(8)));
        let claude = home.path(".local/bin/claude");
        put(
            &claude,
            "#!/bin/sh\n[ \"$1\" = --help ] && exit\nset -e\nmkdir \"$HOME/.claude.lock\" \"$HOME/.claude/.oauth_refresh.lock\"\n\
             cd \"$HOME/.claude\"; mv new .credentials.json\nrmdir .oauth_refresh.lock ../.claude.lock\n",
        );
        home::chmod(&claude, 0o755);
        let mut command = bubble(&home, unit);
        command.args([PROGRAM, "refresh", "--interval", "4m"]);
        home.start(command).end().code(0).prints("refreshed claude").prints("updated main");
        assert_eq!(home.access("main"), at("new"));
    }
}

#[test]
fn a_lock_is_respected_where_proc_hides_its_holder_and_where_it_does_not() {
    let mount = "mount -t proc -o hidepid=invisible,subset=pid proc /proc";
    if !works("unshare", &["--mount", "sh", "-c", mount]) {
        return;
    }
    // A user's manager puts PrivateUsers= between the two; the system's does not.
    for (users, seen) in [("unshare --user", false), ("", true)] {
        let home = prepared();
        let mut command = Command::new("chown");
        assert!(command.args(["-R", "65534:65534"]).arg(home.root()).status().unwrap().success());
        let program = home.path(".local/bin/ocsync");
        let become_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
        let mut holder = Command::new("setpriv");
        holder.args(become_nobody.split(' ').skip(1)).args(["sleep", "60"]);
        let mut holder = holder.spawn().unwrap();
        // setpriv itself is root's, until it has become `sleep`.
        std::thread::sleep(Duration::from_millis(200));
        home.old_lock(holder.id());
        let look = format!(
            "if [ -e /proc/{} ]; then echo seen; else echo hidden; fi; exec {} sync --wait 0",
            holder.id(),
            program.display()
        );
        let script = format!("{mount}; exec {become_nobody} {users} sh -c '{look}'");
        let mut command = Command::new("unshare");
        home.dress(&mut command).env("PATH", "/usr/bin:/bin").args(["--mount", "sh", "-c", &script]);
        let run = home.start(command).end();
        let _ = (holder.kill(), holder.wait());
        run.code(75).prints(if seen { "seen" } else { "hidden" });
        assert_eq!(home.access("main"), at("old"));
    }
}
