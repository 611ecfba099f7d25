//! The home of the machine: OpenClaw with one agent, a hook, and a Claude Code that does what the vendor answers.

use serde_json::{Value, json};

use crate::home::hooks::hook;
use crate::home::sqlite::{Coordinator, MAIN, STATE, agent_database, state_database, text};
use crate::home::{CLAUDE, Home, chmod, claude_store, oauth, put, store};

/// A Monday, at midnight: 2026-11-16, in milliseconds. The times of a machine are minutes from then.
pub const MONDAY: i64 = 1_794_787_200_000;

/// A login that has ended, as Claude Code leaves it.
pub const EMPTY: &str = r#"{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}"#;

/// What OpenClaw keeps its profiles in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Json,
    Sqlite,
}

/// OpenClaw with an agent whose access token ended an hour before the week begins, and no login.
pub fn installed(era: Era) -> (Home, Option<Coordinator>) {
    let (home, old) = (Home::new(), MONDAY - 3_600_000);
    let (home, coordinator) = match era {
        Era::Json => (home.agent("main", &claude_store("0", old)), None),
        Era::Sqlite => {
            let home = home.version("2026.9.6");
            drop(state_database(&home.path(STATE), &store(&[(CLAUDE, oauth("0", old))])));
            drop(agent_database(&home.path(MAIN), 23, &store(&[])));
            let coordinator = Coordinator::of(&home.path(STATE));
            (home, Some(coordinator))
        }
    };
    let home = home.config(&json!({ "hooks": { "on_problem": ["told"] } }));
    hook(&home, "told", "");
    let claude = home.root().join("bin/claude");
    put(&claude, &claude_code(&home));
    chmod(&claude, 0o755);
    (home, coordinator)
}

/// When the access token of the agent ends, in minutes from the beginning of the week.
pub fn held(home: &Home, era: Era) -> i64 {
    let rows: Value = match era {
        Era::Json => serde_json::from_str(&home.store_text("main")).unwrap(),
        Era::Sqlite => serde_json::from_str(&text(&home.path(STATE))).unwrap(),
    };
    (rows["profiles"][CLAUDE]["expires"].as_i64().unwrap() - MONDAY) / 60_000
}

/// Claude Code: it puts what the vendor answers into its file.
fn claude_code(home: &Home) -> String {
    let (file, root) = (home.path(".claude/.credentials.json"), home.root());
    format!(
        "#!/bin/sh\nif [ \"$1\" = --help ]; then echo '  --strict-mcp-config'; exit 0; fi\nPATH=/usr/bin:/bin\n\
         [ -e {1}/answer ] || exit 1\n: >{1}/asked; mv {1}/answer {0}\n",
        file.display(),
        root.display()
    )
}
