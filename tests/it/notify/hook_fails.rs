//! A hook that fails: a later run calls it again, whichever command that is, until it has announced what it should.

use std::fs;

use crate::home::hooks::{ended, events, hook, told};
use crate::home::{Home, claude_store, hours, iso, put};
use serde_json::json;

/// A hook that fails while the file `down` is in the home.
fn faulty(home: &Home) -> String {
    hook(home, "told", &format!("[ ! -e {} ] || exit 7", home.root().join("down").display()))
}

fn set_down(home: &Home, is_down: bool) {
    let down = home.root().join("down");
    if is_down { put(&down, "") } else { fs::remove_file(&down).unwrap() }
}

/// One run with the hook, so many minutes from now: its code, and whether it says that the hook failed.
fn run(home: &Home, command: &str, name: &str, minute: i64) -> (i32, bool) {
    let run = home.run(&[command, "--on-problem", name, "--now", &iso(hours(0) + minute * 60_000)]);
    (run.code.unwrap(), run.stderr.contains("the hook for a"))
}

#[test]
fn a_problem_and_its_end_are_announced_by_a_later_run_when_the_hook_works_again() {
    let home = ended();
    let name = faulty(&home);
    set_down(&home, true);
    // It fails, a run within the pause does not call it, and the next one does, also of another command.
    assert_eq!(run(&home, "sync", &name, 0), (1, true));
    assert_eq!(run(&home, "check-expiry", &name, 4), (1, false));
    assert_eq!(run(&home, "check-expiry", &name, 6), (1, true));
    assert_eq!(told(&home, &name).len(), 2);
    // The second pause is longer.
    set_down(&home, false);
    assert_eq!(run(&home, "sync", &name, 12), (1, false));
    assert_eq!(told(&home, &name).len(), 2);
    assert_eq!(run(&home, "sync", &name, 17), (1, false));
    let calls = told(&home, &name);
    assert_eq!((calls.len(), calls[2].0.as_str(), calls[2].1), (3, "problem", 1));
    assert_eq!(
        calls[2].2["notice"]["problems"], calls[0].2["notice"]["problems"],
        "the same problem, since the same time"
    );
    assert_eq!(run(&home, "sync", &name, 60), (1, false));
    assert_eq!(told(&home, &name).len(), 3, "it is announced, so no further call");
    // The end is not lost either.
    let home = home.claude("new", hours(48)).agent("main", &claude_store("old", hours(47)));
    set_down(&home, true);
    assert_eq!(run(&home, "sync", &name, 70), (0, true));
    set_down(&home, false);
    assert_eq!(run(&home, "check-expiry", &name, 72), (0, false));
    assert_eq!(told(&home, &name).len(), 4);
    assert_eq!(run(&home, "check-expiry", &name, 76), (0, false));
    assert_eq!(run(&home, "sync", &name, 200), (0, false));
    assert_eq!(events(&home, &name), ["problem", "problem", "problem", "recovery", "recovery"]);
}

#[test]
fn a_hook_that_is_installed_later_hears_of_the_problem_and_one_that_hangs_is_called_again() {
    let home = ended();
    assert_eq!(run(&home, "sync", "told", 0), (1, true), "it is not there");
    let name = hook(&home, "told", "");
    assert_eq!(run(&home, "sync", &name, 6), (1, false));
    assert_eq!(events(&home, &name), ["problem"]);

    let home = ended();
    let slow = home.root().join("slow");
    put(&slow, "");
    let name = hook(&home, "told", &format!("[ ! -e {} ] || sleep 30", slow.display()));
    let home = home.config(&json!({ "hook_timeout": "1s" }));
    assert_eq!(run(&home, "check-expiry", &name, 0), (1, true));
    fs::remove_file(&slow).unwrap();
    assert_eq!(run(&home, "check-expiry", &name, 6), (1, false));
    assert_eq!(events(&home, &name), ["problem", "problem"]);
}
