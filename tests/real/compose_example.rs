//! The example of `contrib/compose/` with the real OpenClaw: its volumes, its command and its configuration of ocsync, the
//! line that sets OpenClaw up, and a link.
//!
//! Docker alone starts it, because Debian's has no `compose`; the port is left out. `just real-compose` runs it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cage::Started;
use crate::cage::docker::{Daemon, UID, done};
use crate::cage::openclaw::OpenClaw;
use crate::cage::turns;
use crate::containers::as_user;
use crate::home::users::{copy_for_all, give};
use crate::home::{Home, OCSYNC, chmod, claude_json, hours, put};
use serde_json::Value;

const COMPOSE: &str = include_str!("../../contrib/compose/compose.yaml");
const CONFIG: &str = include_str!("../../contrib/compose/ocsync.json");
const PAGE: &str = include_str!("../../contrib/compose/README.md");

/// The words of the line that sets a new OpenClaw up, and those that answer for a person.
fn onboard() -> Vec<String> {
    let line = PAGE.lines().find_map(|line| line.trim().strip_prefix("node dist/index.js onboard ")).unwrap();
    let answers = "--non-interactive --accept-risk --skip-health --auth-choice skip";
    format!("node dist/index.js onboard {line} {answers}").split(' ').map(str::to_owned).collect()
}

#[test]
#[ignore = "minutes: just real-compose"]
fn it_starts_as_its_page_says_and_follows_a_link() {
    let _turn = turns::of_one();
    let Some(openclaw) = OpenClaw::get_if("OCSYNC_REAL_DOCKER", "2026.9.6") else { return };
    let daemon = Daemon::start(&[&openclaw.node]);
    let home = Home::new().claude("first", hours(8));
    // No file of OpenClaw's is there yet; its first start finishes its installation, which is mounted read only below.
    done(&mut openclaw.command(&home, &["--version"]));
    fs::remove_dir_all(home.path(".openclaw")).unwrap();
    fs::create_dir_all(home.path(".openclaw/coordinator")).unwrap();
    [".openclaw", ".openclaw/coordinator"].iter().for_each(|name| chmod(&home.path(name), 0o700));
    put(&home.path(".config/ocsync/config.json"), &CONFIG.replace("// \"~/.claude\"", "\"~/.claude\""));
    copy_for_all(OCSYNC.as_ref(), &home.root().join("bin/ocsync"));
    give(home.root(), UID);

    let volumes = COMPOSE.lines().filter_map(|line| line.trim().trim_start_matches("# ").strip_prefix("- ${HOME}/"));
    let mut mounts: Vec<(PathBuf, String)> = volumes
        .filter_map(|pair| pair.split_once(':'))
        .map(|(here, there)| (home.path(here), there.to_owned()))
        .collect();
    assert_eq!(mounts.len(), 3);
    mounts.push((openclaw.package.parent().unwrap().to_owned(), "/opt/node_modules:ro".to_owned()));
    let mounts: Vec<_> = mounts.iter().map(|(here, there)| (here.as_path(), there.as_str())).collect();
    let container = daemon.container("openclaw", &openclaw.node, &mounts);
    let words = onboard();
    done(&mut container.command(&words.iter().map(String::as_str).collect::<Vec<_>>()));

    let line = COMPOSE.lines().find_map(|line| line.trim().strip_prefix("command: ")).unwrap();
    let words: Vec<String> = serde_json::from_str(line).unwrap();
    let log = fs::File::create(home.path("gateway.log")).unwrap();
    let mut command: Command = container.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let _gateway = Started(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    let (start, said) = (Instant::now(), || fs::read_to_string(home.path("gateway.log")).unwrap());
    while !said().contains("listening") {
        assert!(start.elapsed() < Duration::from_secs(300), "the gateway did not start: {}", said());
        std::thread::sleep(Duration::from_millis(100));
    }
    let home = home.var("DOCKER_HOST", &daemon.host()).var("PATH", "/usr/local/bin:/usr/bin:/bin");
    as_user(&home, &["sync", "--create"]).code(0).prints("linked main anthropic:ocsync to claude");
    let listed = done(&mut container.command(&["node", "dist/index.js", "models", "auth", "list", "--json"]));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["profiles"][0]["id"], "anthropic:ocsync", "{listed}");
    put(&home.path(".claude/.credentials.json"), &claude_json("second", hours(9)));
    give(&home.path(".claude"), UID);
    as_user(&home, &["sync"]).code(0);
    let report = as_user(&home, &["status", "--json"]).code(0).json();
    assert_eq!(report["profiles"][0]["verdict"], "linked", "{report:#}");
}
