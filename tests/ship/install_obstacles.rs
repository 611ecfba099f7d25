//! `contrib/install` where something is in the way: a home of an odd name or of somebody else, a stop half way, another
//! ocsync on the machine, what an operator has changed since.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::home::{self, Home, Run, chmod, put};
use crate::install::{contents, install, systemctl, told};

/// A program of the home's own, first in PATH.
fn stand_in(home: Home, name: &str, script: &str) -> Home {
    let path = home.root().join("bin").join(name);
    put(&path, &format!("#!/bin/sh\n{script}\n"));
    chmod(&path, 0o755);
    home
}

/// The installer of another tree than this clone, and no program named.
fn install_from(tree: &Path, home: &Home, args: &[&str]) -> Run {
    let mut command = Command::new(tree.join("contrib/install"));
    home.dress(&mut command).args(args);
    command.env("PATH", format!("{}:/usr/bin:/bin", home.root().join("bin").display()));
    home.start(command).end()
}

/// A tree with what ships beside the program.
fn tree(home: &Home) -> std::path::PathBuf {
    let tree = home.root().join("tree");
    fs::create_dir(&tree).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib");
    assert!(Command::new("cp").arg("-R").arg(from).arg(&tree).status().unwrap().success());
    tree
}

#[test]
fn the_line_for_cron_holds_where_a_home_has_an_odd_name() {
    let odd = "it's 100% mine";
    let home = systemctl(Home::stale(), false);
    let odd = home.path(odd);
    fs::create_dir(&odd).unwrap();
    let before = contents(&odd);
    let home = home.var("HOME", odd.to_str().unwrap());
    let run = install(&home, &["--user"]);
    let line = run.code(0).stdout.lines().find_map(|line| line.strip_prefix("17,47 * * * * ")).unwrap();
    // A % that stands alone ends the command for cron; one behind a backslash is a %.
    assert!(line.replace("\\%", "").find('%').is_none(), "{line}");
    let command = line.replace("\\%", "%").replace("sync --quiet", "--version");
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("ocsync {}\n", env!("CARGO_PKG_VERSION")), "{line}");
    install(&home, &["--uninstall"]).code(0);
    assert_eq!(contents(&odd), before);
}

#[test]
fn a_home_that_is_none_or_another_user_s_is_refused_before_anything_is_done() {
    let home = systemctl(Home::stale(), true);
    fs::create_dir(home.path("theirs")).unwrap();
    let theirs = home.path("theirs").to_str().unwrap().to_owned();
    let mut refused = vec![("", "HOME is not set"), ("relative", "not a whole path"), ("/dev/null", "no directory")];
    if home::is_root() {
        std::os::unix::fs::chown(&theirs, Some(65_534), None).unwrap();
        refused.push((&theirs, "another user's"));
    } else {
        println!("SKIPPED: only root can give a home to another user");
    }
    let before = contents(&home.path(""));
    let mut home = home;
    for (value, says) in refused {
        home = home.var("HOME", value);
        for args in [&["--user"][..], &["--user", "--dry-run"], &["--uninstall"]] {
            install(&home, args).code(1).says(says);
        }
    }
    assert_eq!(contents(&home.path("")), before);
    assert_eq!(told(&home), "");
}

#[test]
fn a_stop_half_way_is_said_and_can_be_gone_on_with_or_undone() {
    for undo in [true, false] {
        // A file is where a directory has to be.
        let home = systemctl(Home::stale().file(".local/share/man", "in the way\n"), true);
        let before = contents(&home.path(""));
        install(&home, &["--user"]).code(1).says("stopped half way");
        assert!(!told(&home).contains("enable "), "{}", told(&home));
        if undo {
            install(&home, &["--uninstall"]).code(0);
            assert_eq!(contents(&home.path("")), before);
            continue;
        }
        fs::remove_file(home.path(".local/share/man")).unwrap();
        install(&home, &["--user"]).code(0);
        assert!(told(&home).contains("enable --now ocsync-sync.timer"), "{}", told(&home));
        assert!(home.path(".local/share/man/man1/ocsync.1").exists());
    }
}

#[test]
fn another_ocsync_on_the_machine_is_named() {
    let home = systemctl(Home::stale(), true);
    let not_in_path = format!("{} is not in PATH", home.path(".local/bin").display());
    install(&home, &["--user"]).code(0).prints(&not_in_path);
    install(&home, &["--uninstall"]).code(0);

    let home = stand_in(home, "ocsync", "exit 0");
    let other = format!("another ocsync comes first in PATH: {}", home.root().join("bin/ocsync").display());
    install(&home, &["--user"]).code(0).prints(&other);
    install(&home, &["--uninstall"]).code(0);

    // A package's drop-ins also go for the units of a home.
    let home = stand_in(home, "dpkg-query", "exit 0");
    install(&home, &["--user"]).code(0).prints("has the units run /usr/bin/ocsync");
    install(&home, &["--uninstall"]).code(0).prints("sudo apt remove ocsync");
}

#[test]
fn uninstall_names_the_line_of_a_crontab_that_would_fail_from_then_on() {
    let line = "17,47 * * * * /home/me/.local/bin/ocsync sync --quiet";
    for (crontab, named) in [(line, true), ("17 * * * * other", false), ("# no ocsync", false)] {
        let home = stand_in(systemctl(Home::stale(), false), "crontab", &format!("echo '{crontab}'"));
        install(&home, &["--user"]).code(0);
        let run = install(&home, &["--uninstall"]);
        assert_eq!(run.code(0).stdout.contains("your crontab still runs ocsync"), named, "{run:?}");
    }
}

#[test]
fn an_upgrade_leaves_disabled_what_somebody_has_disabled() {
    let home = systemctl(Home::stale(), true);
    let log = home.root().join("systemctl");
    install(&home, &["--user"]).code(0);
    let script =
        format!("echo \"$*\" >>{}\n[ \"$*\" != '--user is-enabled --quiet ocsync-check.timer' ]", log.display());
    let home = stand_in(home, "systemctl", &script);
    fs::remove_file(&log).unwrap();
    install(&home, &["--user"]).code(0).prints("left disabled, as you have it: ocsync-check.timer");
    assert!(told(&home).contains("--user enable --now ocsync-sync.timer ocsync-sync.path\n"), "{}", told(&home));
    // What goes away is forgotten, and not disabled once more where an edited unit has stayed.
    put(&home.path(".config/systemd/user/ocsync-sync.timer"), "[Timer]\n");
    install(&home, &["--uninstall"]).code(0);
    install(&home, &["--uninstall", "--force"]).code(0);
    assert!(told(&home).contains("--user disable --now ocsync-sync.timer\n"), "{}", told(&home));
    fs::remove_file(&log).unwrap();
    install(&home, &["--user"]).code(0);
    assert!(told(&home).contains("ocsync-sync.path ocsync-check.timer\n"), "{}", told(&home));
}

#[test]
fn uninstall_takes_links_and_stamps_of_units_along() {
    let home = systemctl(Home::stale(), false);
    install(&home, &["--user"]).code(0);
    let wants = home.path(".config/systemd/user/timers.target.wants");
    fs::create_dir(&wants).unwrap();
    symlink("../ocsync-sync.timer", wants.join("ocsync-sync.timer")).unwrap();
    put(&home.path(".config/systemd/user/other.timer"), "[Timer]\n");
    symlink("../other.timer", wants.join("other.timer")).unwrap();
    let stamp = home.path(".local/share/systemd/timers/stamp-ocsync-sync.timer");
    put(&stamp, "");
    install(&home, &["--uninstall"]).code(0);
    assert!(wants.join("ocsync-sync.timer").symlink_metadata().is_err());
    assert!(wants.join("other.timer").exists() && !stamp.exists());
}

#[test]
fn what_cannot_be_removed_is_remembered_and_the_rest_goes() {
    let home = systemctl(Home::stale(), true);
    install(&home, &["--user"]).code(0);
    let page = home.path(".local/share/man/man1/ocsync.1");
    fs::remove_file(&page).unwrap();
    fs::create_dir(&page).unwrap();
    install(&home, &["--uninstall", "--force"]).code(1).says("ocsync.1");
    assert!(!home.path(".local/bin/ocsync").exists() && page.is_dir());
    fs::remove_dir(&page).unwrap();
    install(&home, &["--uninstall"]).code(0);
    assert!(!home.path(".local/share/ocsync").exists());
}

#[test]
fn the_program_is_that_of_the_tree_and_one_older_than_its_source_is_said_so() {
    let home = systemctl(Home::stale(), true);
    let tree = tree(&home);
    install_from(&tree, &home, &["--user"]).code(1).says("no program at");
    // An archive has the program at its top.
    fs::copy(home::OCSYNC, tree.join("ocsync")).unwrap();
    let run = install_from(&tree, &home, &["--user"]);
    assert!(!run.code(0).stdout.contains("older"), "{run:?}");
    assert_eq!(fs::read(home.path(".local/bin/ocsync")).unwrap(), fs::read(home::OCSYNC).unwrap());
    // A clone has built it.
    put(&tree.join("target/release/ocsync"), "#!/bin/sh\nexit 0\n");
    chmod(&tree.join("target/release/ocsync"), 0o755);
    for file in ["Cargo.toml", "Cargo.lock", "src/main.rs"] {
        put(&tree.join(file), "");
    }
    install_from(&tree, &home, &["--user"]).code(0).prints("older than its source");
    assert_eq!(fs::read(home.path(".local/bin/ocsync")).unwrap(), b"#!/bin/sh\nexit 0\n");
}

#[test]
fn timers_that_stop_at_logout_are_named_and_what_stays_is_at_the_end() {
    let mut home = systemctl(Home::stale().file(".config/ocsync/config.json", "{}"), true);
    home.run(&["sync"]).code(0);
    for (said, stops) in [("exit 1", true), ("echo Linger=no", true), ("echo Linger=yes", false)] {
        home = stand_in(home, "loginctl", said);
        let run = install(&home, &["--user"]);
        assert_eq!(run.code(0).stdout.contains("alerts stop when you log out"), stops, "{said}: {run:?}");
    }
    let run = install(&home, &["--uninstall"]);
    run.code(0).prints(&format!("your configuration stays: {}", home.path(".config/ocsync").display()));
    run.prints(&format!("ocsync's state stays, and may hold tokens: {}", home.state_dir().display()));
}
