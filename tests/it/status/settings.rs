//! What the configuration says can be said for one run on the command line, and `status -v` shows
//! what it comes to.

use crate::home::{Home, at};
use serde_json::json;

#[test]
fn status_prints_the_effective_values_and_no_secret_part_of_them() {
    let home = Home::stale().config(&json!({
        "share": { "claude": "access" }, "bind": { "anthropic:work": "claude" }, "openclaw": ["/opt/openclaw"],
        "hooks": { "on_problem": ["notify-me", "secret-chat"] }, "ping": "https://hc.test/secret-uuid", "wait": 3,
    }));
    let run = home.run(&["status", "-v", "--bind", "x/anthropic:b=none", "--share", "codex=access"]);
    for line in [
        "share: claude=access codex=access minimax=lineage qwen=lineage",
        "bind: anthropic:work=claude x/anthropic:b=none",
        "openclaw: /opt/openclaw",
        "hooks.on_problem: notify-me\n",
        "hook_timeout: 30s",
        "notify_every: 1d 0h",
        "ping: hc.test\n",
        "wait: 3s",
    ] {
        run.says(line);
    }
    assert!(!run.stderr.contains("secret"), "{run:#?}");
}

#[test]
fn a_binding_of_the_command_line_protects_a_profile() {
    let home = Home::stale();
    home.run(&["sync", "--bind", "anthropic:default=none"]).code(0);
    assert_eq!(home.access("main"), at("old"));
    home.run(&["sync", "--share", "access"]).code(0).prints("updated");
    assert!(!home.store_text("main").contains("refresh"));
    home.run(&["sync", "--bind", "anthropic:default=clade"]).code(64).says("did you mean \"claude\"?");
}
