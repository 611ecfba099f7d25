//! Files that must not or cannot be read or written: the right code, the file as it was, nothing
//! left behind.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::home::users::{NOBODY, copy_for_all, give, nobody};
use crate::home::{self, Home, Run, at, chmod, claude_store, hours, is_root, oauth, store};

const SOURCE: &str = ".claude/.credentials.json";

/// The run is refused with this code, and everything in the agent's directory is as it was.
#[track_caller]
fn refused(home: &Home, code: i32, part: &str) -> Run {
    let agents = home.path(".openclaw/agents");
    let of_agents = || {
        home.tree().into_iter().filter(|(path, _)| path.starts_with(&agents)).map(|(path, mut seen)| {
            // A temporary file that came and went has touched the directory.
            if seen.mode & 0o170_000 == 0o040_000 {
                (seen.changed, seen.modified) = ((0, 0), (0, 0));
            }
            (path, seen)
        })
    };
    let before: Vec<_> = of_agents().collect();
    let start = Instant::now();
    let run = home.run(&["sync", "--wait", "1"]);
    run.code(code).says(part);
    assert_eq!(run.stdout, "");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(of_agents().collect::<Vec<_>>(), before);
    home.nothing_left();
    run
}

#[test]
fn a_read_only_store_is_left_alone() {
    let home = Home::stale();
    chmod(&home.store_path("main"), 0o400);
    refused(&home, 77, "auth-profiles.json is read-only");
}

#[test]
fn a_hard_linked_store_is_left_alone() {
    let home = Home::stale();
    fs::hard_link(home.store_path("main"), home.path("backup.json")).unwrap();
    refused(&home, 77, "more than one hard link");
}

#[test]
fn a_store_in_a_directory_that_everybody_may_write_is_left_alone() {
    for mode in [0o777, 0o1777] {
        let home = Home::stale();
        chmod(home.store_path("main").parent().unwrap(), mode);
        refused(&home, 77, "is writable by everybody");
    }
}

#[test]
fn a_linked_store_is_written_through_and_the_link_kept() {
    for relative in [false, true] {
        let home = Home::stale();
        let (link, target) = (home.store_path("main"), home.path(".openclaw/agents/shared.json"));
        fs::rename(&link, &target).unwrap();
        symlink(if relative { PathBuf::from("../../shared.json") } else { target.clone() }, &link).unwrap();
        home.run(&["sync"]).code(0).prints("updated main");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&target).unwrap().is_file());
        assert!(fs::read_to_string(&target).unwrap().contains(&at("new")));
        home.nothing_left();
    }
}

#[test]
fn a_link_that_leads_nowhere_is_no_store_and_stays() {
    let home = Home::new().claude("new", hours(8)).agent("ops", &claude_store("new", hours(8))).agent("main", "{}");
    fs::remove_file(home.store_path("main")).unwrap();
    symlink("nowhere.json", home.store_path("main")).unwrap();
    let run = home.run(&["sync", "--create"]);
    assert_ne!(run.code, Some(70));
    assert_eq!(fs::read_link(home.store_path("main")).unwrap(), Path::new("nowhere.json"));
    home.nothing_left();
}

/// Puts something that is no ordinary file at a path.
fn odd(path: &Path, what: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(path);
    match what {
        "fifo" => assert!(Command::new("/usr/bin/mkfifo").arg(path).status().unwrap().success()),
        "directory" => fs::create_dir(path).unwrap(),
        "device" => symlink("/dev/zero", path).unwrap(),
        _ => fs::write(path, format!("{{\"profiles\":{{}},\"x\":\"{}\"}}", "x".repeat(5 << 20))).unwrap(),
    }
}

#[test]
fn what_is_no_ordinary_file_is_no_store_and_no_login() {
    for (what, part) in
        [("fifo", "regular"), ("directory", "regular"), ("device", "regular"), ("large", "larger than 4 MiB")]
    {
        let home = Home::stale();
        odd(&home.store_path("main"), what);
        refused(&home, 65, part).says("auth-profiles.json");
        let home = Home::stale();
        odd(&home.path(SOURCE), what);
        refused(&home, 65, part).says(".credentials.json");
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    // A limit on the size of files stands for it: of nothing, then of less than the store.
    let home = Home::stale();
    let before = home.tree();
    let limited = |home: &Home, limit: u32| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -f {limit}; exec \"$@\""), "sh", home::OCSYNC, "sync"]);
        home.dress(&mut command);
        home.start(command).end()
    };
    limited(&home, 0).code(74).says("cannot write");
    assert_eq!(home.store_text("main"), claude_text(&before, &home));
    home.nothing_left();

    let padding: Vec<String> = (0..400).map(|number| format!("padding:{number:04}")).collect();
    let mut profiles = vec![(home::CLAUDE, oauth("old", hours(1)))];
    profiles.extend(padding.iter().map(|id| (id.as_str(), oauth("pad", 1))));
    let home = Home::new()
        .claude("new", hours(8))
        .agent("main", &store(&profiles))
        .agent("ops", &claude_store("old", hours(1)));
    let text = home.store_text("main");
    let run = limited(&home, 64);
    run.code(4).says("cannot write").prints("updated ops");
    assert_eq!((home.store_text("main"), home.access("ops")), (text, at("new")));
    home.nothing_left();
    home.run(&["sync"]).code(0).prints("updated main");
}

/// The text of the main store, which must still be the very file of `before`.
fn claude_text(before: &std::collections::BTreeMap<PathBuf, home::Seen>, home: &Home) -> String {
    let path = home.store_path("main");
    assert_eq!(home.tree().get(&path), before.get(&path));
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(&at("old")));
    text
}

#[test]
fn a_umask_that_forbids_everything_locks_no_later_run_out() {
    let home = Home::stale();
    if is_root() {
        give(home.root(), NOBODY);
    }
    let program = home.root().join("bin/ocsync");
    copy_for_all(home::OCSYNC.as_ref(), &program);
    for login in ["new", "newer"] {
        home::put(&home.path(".claude/.credentials.json"), &home::claude_json(login, hours(8)));
        if is_root() {
            give(&home.path(".claude"), NOBODY);
        }
        let mut command = if is_root() { nobody("/bin/sh".as_ref()).unwrap() } else { Command::new("/bin/sh") };
        command.args(["-c", "umask 0777; exec \"$0\" sync"]).arg(&program);
        home.dress(&mut command);
        home.start(command).end().code(0).prints("updated main");
    }
}

#[test]
fn a_store_wider_than_0600_is_narrowed() {
    let home = Home::stale();
    chmod(&home.store_path("main"), 0o644);
    home.run(&["sync"]).code(0);
    assert_eq!(fs::metadata(home.store_path("main")).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(home.state_dir().join("state.json")).unwrap().mode() & 0o777, 0o600);
}
