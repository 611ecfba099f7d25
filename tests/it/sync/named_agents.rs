//! `sync --create` for an agent that inherits from the main one: the command that the hint names serves it.

use crate::home::{Home, at, hours, put, store};

/// The command of the hint, without the program's name.
fn hint(stderr: &str) -> Vec<String> {
    let line = stderr.lines().find_map(|line| line.strip_prefix("ocsync: hint: ocsync ")).unwrap();
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn the_hint_serves_the_agent_by_the_main_one() {
    let home = Home::new().version("2026.5.28").claude("new", hours(8));
    for agent in ["main", "work"] {
        put(&home.path(&format!(".openclaw/agents/{agent}/agent/.keep")), "");
    }
    let named = ["sync", "--create", "--agent", "work"];
    for args in [&named[..], &[&named[..], &["-q"]].concat()] {
        let run = home.run(args);
        run.code(4).says("agent work: it inherits from the main agent, which has no profile of anthropic");
        assert!(!home.store_path("main").exists());
        assert_eq!(hint(&run.stderr), ["sync", "--create", "--agent", "main"]);
    }
    let run = home.run(&named);
    let words: Vec<String> = hint(&run.stderr);
    home.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).code(0).prints("created main anthropic:default");
    home.run(&named).code(0).says("agent work: it inherits anthropic:default of the main agent: nothing is added");
    home.run(&["sync", "--create", "--agent", "work", "-q"]).code(0).silent();
    assert_eq!((home.access("main"), home.store_path("work").exists()), (at("new"), false));
}

#[test]
fn an_inherited_profile_that_is_dead_is_named_until_the_hint_has_run() {
    let home = Home::stale().version("2026.5.28");
    put(&home.path(".openclaw/agents/work/agent/auth-profiles.json"), &store(&[]));
    let named = ["sync", "--create", "--agent", "work"];
    let run = home.run(&named);
    run.code(4).says("which is not in step");
    let words: Vec<String> = hint(&run.stderr);
    home.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).code(0).prints("updated main anthropic:default");
    home.run(&named).code(0).says("nothing is added");
}
