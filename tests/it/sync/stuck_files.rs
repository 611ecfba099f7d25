//! States that no later run leaves by itself: each run says what is wrong, and its hint, run as it is printed, ends it.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::home::token_server::TokenServer;
use crate::home::{Home, Run, at, chmod, claude_store, hours, is_root, store};
use ocsync::testing::model::source::SourceKind;

/// The hint of the only error.
#[track_caller]
fn hint(run: &Run) -> String {
    let hints: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("ocsync: hint: ")).collect();
    let [hint] = hints[..] else { panic!("{run:#?}") };
    hint.to_owned()
}

/// Runs a hint as a person would who copies it.
#[track_caller]
fn follow(hint: &str) {
    assert!(Command::new("/bin/sh").args(["-c", hint]).status().unwrap().success(), "{hint}");
}

/// `sync` ends with this code and message. It delivers once its hint was followed.
#[track_caller]
fn ends_by_its_hint(home: &Home, code: i32, message: &str, command: &str) {
    let run = home.run(&["sync", "--wait", "0"]);
    run.code(code).says(message);
    let hint = hint(&run);
    assert!(hint.starts_with(command), "{hint}");
    assert_eq!(home.access("main"), at("old"));
    follow(&hint);
    home.run(&["sync"]).code(0).prints("updated main");
    home.nothing_left();
}

#[test]
fn a_lock_that_is_no_file() {
    for (place, command) in [
        ((|path| fs::create_dir_all(path.join("inside")).unwrap()) as fn(&Path), "rm -r /"),
        (|path| symlink("nowhere", path).unwrap(), "rm /"),
        (|path| symlink(".", path).unwrap(), "rm /"),
    ] {
        let home = Home::stale();
        fs::create_dir_all(home.state_dir()).unwrap();
        place(&home.state_dir().join("state.lock"));
        ends_by_its_hint(&home, 74, "state.lock: it is not a regular file", command);
    }
}

#[test]
fn a_journal_that_may_not_be_written_or_is_a_link_to_nothing() {
    let journal = |home: &Home| home.state_dir().join("state.json");
    let home = Home::stale().file(".local/state/ocsync/state.json", r#"{"version":1}"#);
    chmod(&journal(&home), 0o400);
    ends_by_its_hint(&home, 77, "state.json is read-only", "chmod u+w /");
    for (target, command) in [("state.json", "rm /"), ("away/state.json", "mv /")] {
        let home = Home::stale();
        fs::create_dir_all(home.state_dir()).unwrap();
        symlink(target, journal(&home)).unwrap();
        ends_by_its_hint(&home, 74, "state.json: ", command);
    }
    if is_root() {
        println!("left to an ordinary user, who runs these tests too: root reads what nobody may read");
        return;
    }
    let home = Home::stale().file(".local/state/ocsync/state.json", r#"{"version":1}"#);
    chmod(&journal(&home), 0);
    ends_by_its_hint(&home, 77, "cannot read ", "chmod u+rw /");
}

#[test]
fn a_journal_that_is_too_large_stops_a_run_and_one_that_nearly_is_warns() {
    let home = Home::stale();
    home.run(&["sync"]).code(0);
    let path = home.state_dir().join("state.json");
    let with_blanks = |size: u64| {
        let mut text = fs::read(&path).unwrap();
        text.resize(usize::try_from(size).unwrap(), b' ');
        fs::write(&path, &text).unwrap();
    };
    // A backup of the store is put back: only memory shows that its tokens are dead.
    with_blanks(48 << 20);
    fs::write(home.store_path("main"), claude_store("old", hours(1))).unwrap();
    home.run(&["status"]).code(3).says("state.json has 48 MiB").says("hint: mv /");
    home.run(&["check-expiry", "-v"]).says("state.json has 48 MiB");
    home.run(&["sync", "-v"]).code(0).prints("updated main").says("state.json has 48 MiB");
    fs::write(home.store_path("main"), claude_store("old", hours(1))).unwrap();
    with_blanks((64 << 20) + 1);
    let before = fs::read(&path).unwrap();
    for args in [&["sync"][..], &["sync", "-q"], &["refresh"], &["sync", "--dry-run"]] {
        home.run(args).code(74).says("larger than 64 MiB").says("ocsync forgets lineages");
    }
    home.run(&["status"]).says("larger than 64 MiB");
    assert!(fs::read(&path).unwrap() == before && home.access("main") == at("old"));
    ends_by_its_hint(&home, 74, "larger than 64 MiB", "mv /");
}

#[test]
fn a_journal_that_is_none_is_never_set_aside_in_silence() {
    for args in [&["sync"][..], &["sync", "-q"], &["refresh"]] {
        let home = Home::stale().file(".local/state/ocsync/state.json", "{");
        home.run(args).code(0).says("state.json: line 1 column 1: not a journal; ocsync begins a new one");
        home.run(args).code(0).silent();
    }
}

/// Marks a file so that nobody may change it, until this is dropped.
struct Marked<'a>(&'a Path);

impl<'a> Marked<'a> {
    /// `None` where that cannot be done.
    fn new(path: &'a Path) -> Option<Self> {
        let done = Command::new("chattr").arg("+i").arg(path).output();
        if done.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        println!("SKIPPED: chattr needs root and a file system that has it");
        None
    }
}

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-i").arg(self.0).output();
    }
}

#[test]
fn what_nobody_may_change() {
    let (marked, denied) = ("is marked so that nobody may change it", "operation not permitted");
    for (of, message) in [
        ((|home| home.store_path("main")) as fn(&Home) -> PathBuf, marked),
        (|home| home.store_path("main").parent().unwrap().to_owned(), denied),
        (|home| home.state_dir().join("state.json"), marked),
        (|home| home.state_dir().join("state.lock"), denied),
        (Home::state_dir, denied),
    ] {
        let home = Home::stale().file(".local/state/ocsync/state.json", r#"{"version":1}"#);
        File::create(home.state_dir().join("state.lock")).unwrap();
        let path = of(&home);
        let Some(_marked) = Marked::new(&path) else { return };
        ends_by_its_hint(&home, 77, message, &format!("chattr -i -a {}", path.display()));
    }
}

#[test]
fn a_login_that_nobody_may_change() {
    for kind in [SourceKind::Claude, SourceKind::Codex] {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 1800);
        let file = home.login_path(kind);
        for path in [file.parent().unwrap(), &file] {
            let Some(_marked) = Marked::new(path) else { return };
            let run = home.refresh_http(kind, &server, &[]);
            run.code(4);
            assert_eq!(server.posts(), 0, "nothing is asked for that cannot be saved");
            let hint = hint(&run);
            assert_eq!(hint, format!("chattr -i -a {}", path.display()));
            follow(&hint);
        }
        home.refresh_http(kind, &server, &[]).code(0).prints("refreshed");
    }
}

#[test]
fn a_flag_that_cannot_be_removed_or_read() {
    let flag = |home: &Home| home.path("flag");
    let with = |text: &str| {
        let home = Home::stale().config(&json!({ "flag_file": "~/flag" }));
        if text.is_empty() { home } else { home.file("flag", text) }
    };
    let home = with("ocsync: login needed\n");
    let path = flag(&home);
    if let Some(_marked) = Marked::new(&path) {
        let run = home.run(&["sync", "-v", "--reload", "never"]);
        run.code(0).says("cannot remove ");
        follow(&format!("chattr -i -a {}", path.display()));
        assert!(run.stderr.contains(&format!("hint: chattr -i -a {}", path.display())), "{run:#?}");
        home.run(&["sync"]).code(0).silent();
        assert!(!path.exists());
    }
    for place in [(|path| symlink("flag", path).unwrap()) as fn(&Path), |path| fs::create_dir(path).unwrap()] {
        let home = with("");
        place(&flag(&home));
        let run = home.run(&["sync"]);
        run.code(0).says("cannot read ");
        let hints: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("ocsync: hint: rm")).collect();
        let [hint] = hints[..] else { panic!("{run:#?}") };
        follow(&format!("rm{hint}"));
        home.run(&["sync"]).code(0).silent();
    }
    let home = with("ocsync: login needed\n");
    fs::remove_dir_all(home.path(".claude")).unwrap();
    let run = home.run(&["sync"]);
    run.code(66).says("flag stays: ocsync finds no login");
    assert!(run.stderr.contains(&format!("hint: rm {}\n", flag(&home).display())), "{run:#?}");
    fs::remove_file(flag(&home)).unwrap();
    assert!(!home.run(&["sync"]).code(66).stderr.contains("flag"));
}
