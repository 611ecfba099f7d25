//! Codex's login in SQLite: OpenClaw from 2026.9.5 on does not read it by itself any more.

use crate::home::provide::codex_json;
use crate::home::sqlite::{STATE, state_database};
use crate::home::{Home, hours, put, store};
use serde_json::json;

#[test]
fn the_way_without_a_copy_is_named_where_openclaw_does_not_read_the_login() {
    for (version, is_named) in [("2026.9.4", false), ("2026.9.5", true), ("2026.9.6", true)] {
        let config = json!({ "meta": { "lastTouchedVersion": version },
                             "agents": { "defaults": { "model": { "primary": "openai/gpt-5.5" } } } });
        let home = Home::new().file(".openclaw/openclaw.json", &config.to_string());
        put(&home.path(".codex/auth.json"), &codex_json(hours(8)).0);
        drop(state_database(&home.path(STATE), &store(&[])));
        std::fs::create_dir_all(home.path(".openclaw/agents/main/agent")).unwrap();
        let run = home.run(&["status"]);
        run.says("no profile of OpenClaw is bound to codex");
        let command = "openclaw config set plugins.entries.codex.config.appServer.homeScope user";
        assert_eq!(run.stderr.contains(command), is_named, "{version}: {run:?}");
    }
}
