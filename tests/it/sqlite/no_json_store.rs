//! Where OpenClaw keeps its profiles in SQLite, no command leaves a file that OpenClaw of before read: on a
//! fresh 2026.9.6 one such file takes the agent's authentication down (`AUTH_PROFILE_MIGRATION_REQUIRED`).

use std::fs;

use crate::home::every_call::{calls, no_file_of_before};
use crate::home::sqlite::{STATE, rows, state_database};
use crate::home::{self, Home, at, put, side_by_side};

/// As the real one answers, when it is told of a link or a change.
const OPENCLAW: &str = r#"case " $* " in
*" --dry-run "*) echo '{"mode":"dry-run","changed":true}' ;;
*" apply "*) echo '{"mode":"write","changed":true}' ;;
*) echo '{"ok":true}' ;;
esac"#;

/// A 2026.9.6 that nobody has started yet: its configuration, and the directory of an agent.
fn fresh() -> Home {
    let home = Home::linked("2026.9.6");
    fs::create_dir_all(home.path(".openclaw/agents/main/agent")).unwrap();
    home
}

/// One whose configuration was written by hand: its state database tells its version.
fn unnamed() -> Home {
    let home = Home::new().claude("new", home::hours(8)).file(".openclaw/openclaw.json", "{}");
    drop(state_database(&home.path(STATE), &rows("old")));
    home
}

#[test]
fn no_command_and_no_flag_leaves_a_file_of_the_json_era_on_2026_9_6() {
    // Where the provider has profiles already, none is made.
    let homes = [(fresh(), true), (unnamed(), false), (Home::shared(), false)];
    side_by_side(homes, |(home, makes)| {
        let home = home.openclaw(OPENCLAW).var("HTTPS_PROXY", "http://127.0.0.1:9");
        put(&home.root().join("written"), "{}");
        let calls = calls();
        assert!(calls.len() > 200, "{}", calls.len());
        no_file_of_before(&home, &calls);
        assert_eq!(home.called().iter().any(|call| call.starts_with("secrets apply")), makes);
        let login = fs::read_to_string(home.path(".claude/.credentials.json")).unwrap();
        assert!(login.contains(&at("new")), "{login}");
    });
}

#[test]
fn the_walk_sees_such_a_file() {
    let home = Home::stale();
    let seen = std::panic::catch_unwind(|| no_file_of_before(&home, &[vec!["status".to_owned()]]));
    assert!(seen.is_err());
}
