//! The real OpenClaw lets the real Claude Code run a model: Claude Code uses its own login, whatever ocsync does, until
//! a saved profile is handed to it. `status` names that profile, and the command that it prints takes it away.
//!
//! Opt-in as `openclaw_json.rs`: `OCSYNC_REAL_OPENCLAW=1`. Both programs are in the network of a server that stands for
//! Anthropic: it notes what it is shown.

use std::process::Command;

use crate::cage::clis::{Cli, Kind};
use crate::cage::openclaw::{OpenClaw, own};
use crate::cage::server::fingerprint;
use crate::cage::world::World;
use crate::home::{Home, at, put};
use serde_json::{Value, json};

/// The name of a login whose tokens are as long as real ones: `paste-token` refuses shorter ones.
const FIRST: &str = "first-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789";

versions! { crate::cage::openclaw::run_alone;
    v2026_9_6 "2026.9.6": claude_code_uses_its_own_login_until_a_profile_shadows_it;
}

/// The home of a person whose main agent Claude Code runs, and the world around it.
struct Person {
    world: World,
    home: Home,
    turns: std::cell::Cell<usize>,
}

impl Person {
    fn new(openclaw: &OpenClaw, cli: &Cli) -> Self {
        let world = World::new(&openclaw.node);
        let home = world.home();
        cli.install(&home);
        let by_cli = json!({ "anthropic/claude-opus-5": { "agentRuntime": { "id": "claude-cli" } } });
        let config = json!({
            "meta": { "lastTouchedVersion": openclaw.version },
            "gateway": { "mode": "local" },
            "agents": { "defaults": { "model": { "primary": "anthropic/claude-opus-5" }, "models": by_cli, "skipBootstrap": true } },
        });
        put(&home.path(".openclaw/openclaw.json"), &config.to_string());
        std::fs::remove_dir_all(home.path(".openclaw/agents")).unwrap();
        let home = openclaw.install(home, Some(world.pid()));
        let person = Self { world, home, turns: std::cell::Cell::new(0) };
        person.log_in(FIRST);
        person.openclaw(&crate::cage::openclaw::DOCTOR.join(" "));
        person
    }

    /// Claude Code has a new login, or has refreshed the one that it had.
    fn log_in(&self, name: &str) {
        Kind::Claude.login(&self.world, &self.home, name, 6 * 3600, json!({}));
    }

    /// What a person types after `openclaw`; gives what it printed.
    fn openclaw(&self, line: &str) -> String {
        let mut command = Command::new("/bin/sh");
        self.home.dress(&mut command);
        let line = line.strip_prefix("openclaw ").unwrap_or(line);
        let program = self.home.root().join("bin/openclaw");
        let output = command.args(["-c", &format!("{} {line}", program.display())]).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }

    /// Talks to the agent in a new session. Nobody answers: what counts is which tokens Anthropic is shown for a
    /// model's answer, as fingerprints.
    fn shown(&self) -> Vec<String> {
        let before = self.world.requests().len();
        self.turns.set(self.turns.get() + 1);
        let line = format!("agent --local --agent main --session-id s{} --message ok --timeout 60", self.turns.get());
        let said = self.openclaw(&line);
        let asked = self.world.requests().split_off(before);
        let is_question =
            |entry: &&Value| entry["path"].as_str().is_some_and(|path| path.starts_with("/v1/messages"));
        let mut shown: Vec<String> = asked
            .iter()
            .filter(is_question)
            .map(|entry| entry["bearer"].as_str().unwrap_or("none").to_owned())
            .collect();
        shown.dedup();
        assert!(!shown.is_empty(), "nobody was asked: {said} {asked:?}");
        shown
    }
}

fn claude_code_uses_its_own_login_until_a_profile_shadows_it(openclaw: &OpenClaw) {
    let Some(cli) = Cli::newest_claude() else { return };
    let person = Person::new(openclaw, &cli);
    let home = &person.home;
    let own_login = |name: &str| vec![fingerprint(&at(name))];
    assert_eq!(person.shown(), own_login(FIRST));
    for args in [&["sync"][..], &["sync", "--create"], &["refresh"]] {
        own(home, args).code(0);
        assert_eq!(person.shown(), own_login(FIRST), "{args:?}");
    }
    own(home, &["sync", "--create"]).code(0).says("nothing is to be linked");
    own(home, &["status"]).code(0).says("route claude-cli");

    // Somebody saves the token of the login as a profile. When Claude Code has renewed its login, it goes on with the
    // profile all the same.
    let paste = "models auth paste-token --provider anthropic --profile-id anthropic:mine --expires-in 470m";
    let program = home.root().join("bin/openclaw");
    let script = format!("printf '%s\\n' {} | {} {paste}", at(FIRST), program.display());
    let mut command = Command::new("/bin/sh");
    home.dress(&mut command);
    let output = command.args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    person.log_in("second");
    assert_eq!(person.shown(), own_login(FIRST), "it is handed over");
    own(home, &["sync"]).code(3).says("OpenClaw gives it to Claude Code in place of Claude Code's own login");
    let report = own(home, &["status", "--json"]).code(3).json();
    assert_eq!(report["profiles"][0]["verdict"], "shadows", "{report}");
    let found = report["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == "shadows").unwrap();
    let cure = found["hint"].as_str().unwrap();
    assert_eq!(cure, "openclaw models auth logout anthropic:mine --agent main --yes");
    let said = person.openclaw(cure);
    assert_eq!(person.shown(), own_login("second"), "{said}");
    own(home, &["status"]).code(0);
    own(home, &["sync"]).code(0).silent();
}
