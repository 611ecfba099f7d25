//! The real OpenClaw and the real Claude Code in containers of a real Docker, and ocsync outside: the gateway sends its
//! model what the login of this side holds, by `sync` and by a link; `refresh --container` renews a login whose CLI
//! lives in a container; and each side honours the locks of the other.
//!
//! Opt-in: `OCSYNC_REAL_DOCKER=1`. Needs root, `dockerd` (Debian: docker.io), and npm. No image is downloaded, and the
//! containers have no network but loopback. Without the variable, or where npm cannot download, a test prints `SKIPPED`
//! and passes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cage::clis::{CLAUDES, Kind, native};
use crate::cage::docker::{Container, Daemon, HOME, UID, done};
use crate::cage::openclaw::{DOCTOR, OpenClaw};
use crate::cage::server::Server;
use crate::cage::talk::{config, login, shown};
use crate::cage::world::certify;
use crate::cage::{Started, npm, turns};
use crate::home::users::{copy_for_all, give};
use crate::home::{self, CLAUDE, Home, OCSYNC, Run, at, hours, iso, now, oauth, put, rt, store};
use rusqlite::Connection;
use serde_json::{Value, json};

const DOCKER: &str = "OCSYNC_REAL_DOCKER";
/// Where the container has these scripts, and OpenClaw.
const SCRIPTS: &str = "/opt/cage";
const OPENCLAW: &str = "/opt/node_modules/openclaw/openclaw.mjs";
/// The name of OpenClaw's lock on the state database: of its path in the container.
const COORDINATOR: &str = "state-lifecycle.c3867134.lock.sqlite";

/// A home of user 1000, whose OpenClaw is in a container.
struct World<'a> {
    model: Server,
    home: Home,
    openclaw: Container<'a>,
    gateway: Option<Started>,
}

impl<'a> World<'a> {
    /// An OpenClaw of this version with these profiles, and a login `first`.
    fn new(daemon: &'a Daemon, openclaw: &OpenClaw, profiles: &[(&str, Value)]) -> Self {
        let home = Home::new().claude("first", hours(8));
        let home = if profiles.is_empty() { home } else { home.agent("main", &store(profiles)) };
        // Some versions finish their installation when they are first started, and cannot in a container.
        done(&mut openclaw.command(&home, &["--version"]));
        let server = tempfile::tempdir().unwrap();
        fs::create_dir(home.path("coordinator")).unwrap();
        home::chmod(&home.path("coordinator"), 0o700);
        give(server.path(), UID);
        give(home.root(), UID);
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/cage");
        let inside = |name: &str| format!("{HOME}/{name}");
        let modules = openclaw.package.parent().unwrap();
        let container = daemon.container(
            "openclaw",
            &openclaw.node,
            &[
                (&home.path(".openclaw"), &inside(".openclaw")),
                (&home.path(".claude"), &inside(".claude:ro")),
                (&home.path("coordinator"), &format!("/tmp/openclaw-state-locks-{UID}")),
                (server.path(), server.path().to_str().unwrap()),
                (&scripts, &format!("{SCRIPTS}:ro")),
                (modules, "/opt/node_modules:ro"),
            ],
        );
        let script = format!("{SCRIPTS}/model_server.mjs");
        let model = Server::of(container.command(&["node", &script, server.path().to_str().unwrap()]), server);
        let home = home.var("DOCKER_HOST", &daemon.host()).var("PATH", "/usr/local/bin:/usr/bin:/bin");
        let world = Self { model, home, openclaw: container, gateway: None };
        let text = config(openclaw.version, "/tmp/openclaw.log", &world.model).to_string();
        world.put(".openclaw/openclaw.json", &text);
        copy_for_all(OCSYNC.as_ref(), &world.home.root().join("bin/ocsync"));
        world.configure(true);
        world
    }

    /// Writes a file of the user's.
    fn put(&self, name: &str, text: &str) {
        put(&self.home.path(name), text);
        give(&self.home.path(name), UID);
    }

    /// ocsync's configuration, with or without the directory in which the container's lock on its state database is.
    fn configure(&self, coordinator: bool) {
        let paths = [
            (".openclaw", format!("{HOME}/.openclaw")),
            (".claude", format!("{HOME}/.claude")),
            ("coordinator", format!("/tmp/openclaw-state-locks-{UID}")),
        ];
        let paths: Value = paths[..if coordinator { 3 } else { 2 }]
            .iter()
            .map(|(here, there)| (self.home.path(here).to_str().unwrap().to_owned(), json!(there)))
            .collect();
        let place = json!({ "path": self.home.path(".openclaw"), "container": true, "paths": paths });
        let openclaw = ["docker", "exec", self.openclaw.name, "node", OPENCLAW];
        self.put(".config/ocsync/config.json", &json!({ "state_dirs": [place], "openclaw": openclaw }).to_string());
        give(&self.home.path(".config"), UID);
    }

    /// ocsync on this side, as the user.
    fn ocsync(&self, args: &[&str]) -> Run {
        as_user(&self.home, args)
    }

    /// `openclaw` in the container.
    fn openclaw(&self, args: &[&str]) -> Command {
        self.openclaw.command(&[&["node", OPENCLAW], args].concat())
    }

    /// Starts the gateway in the container, and waits until it listens.
    fn start(&mut self) {
        let log = fs::File::create(self.home.path("gateway.log")).unwrap();
        let mut command = self.openclaw(&["gateway", "run", "--bind", "loopback"]);
        self.gateway = Some(Started(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()));
        let (start, said) = (Instant::now(), || fs::read_to_string(self.home.path("gateway.log")).unwrap());
        while !said().contains("listening") {
            assert!(start.elapsed() < Duration::from_secs(300), "the gateway did not start: {}", said());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Claude Code on this side has refreshed its login.
    fn rotate(&self, name: &str) {
        self.put(".claude/.credentials.json", &home::claude_json(name, hours(9)));
    }

    /// Somebody in the container makes this lock file, ten minutes ago as it says, and goes on.
    fn locks_inside(&self, name: &str) {
        let script = "const [path, createdAt] = process.argv.slice(1); const fs = require('node:fs');
            fs.mkdirSync(require('node:path').dirname(path), { recursive: true });
            fs.writeFileSync(path, JSON.stringify({ pid: process.pid, createdAt }));";
        let path = format!("{HOME}/.openclaw/{name}");
        done(&mut self.openclaw.command(&["node", "-e", script, &path, &iso(now() - 600_000)]));
        self.ocsync(&["sync", "--wait", "0"]).code(75);
        assert!(self.home.path(".openclaw").join(name).exists(), "a lock of the container's was taken away");
        fs::remove_file(self.home.path(".openclaw").join(name)).unwrap();
    }
}

/// ocsync as the user of the container, on this side.
pub fn as_user(home: &Home, args: &[&str]) -> Run {
    let mut command = Command::new("/usr/bin/setpriv");
    home.dress(&mut command);
    let id = UID.to_string();
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(home.root().join("bin/ocsync")).args(args);
    home.start(command).end()
}

/// Runs a test with an installation, where there can be one, and nothing beside it.
fn run(version: &'static str, test: fn(&Daemon, &OpenClaw)) {
    let _turn = turns::of_one();
    if let Some(openclaw) = OpenClaw::get_if(DOCKER, version) {
        let start = Instant::now();
        test(&Daemon::start(&[&openclaw.node]), &openclaw);
        println!("{version} in a container: {:.0?}", start.elapsed());
    }
}

#[test]
fn a_gateway_with_json_stores_is_served_and_both_sides_lock() {
    run("2026.5.28", |daemon, openclaw| {
        let key = json!({ "type": "api_key", "provider": "openai", "key": "canary", "metadata": { "count": "0" } });
        let profiles = [(CLAUDE, oauth("first", hours(8))), ("openai:default", key)];
        let mut world = World::new(daemon, openclaw, &profiles);
        world.start();
        assert_eq!(shown(&world.model), login("first"));
        world.rotate("second");
        world.locks_inside("agents/main/agent/auth-profiles.json.lock");
        world.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
        assert_eq!(shown(&world.model), login("second"));

        // OpenClaw counts under its lock in the container, while ocsync delivers one login after the other.
        let script = format!("{SCRIPTS}/store.mjs");
        let mut counter = world.openclaw.command(&["node", &script, "/opt/node_modules/openclaw", "count", "40"]);
        let mut counter = Started(counter.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(counter.0.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        for update in 0..30 {
            world.rotate(&format!("gen-{update}"));
            let run = world.ocsync(&["sync", "--reload", "never", "--clear-cooldown=never"]);
            run.code(0).prints("updated main anthropic:default");
        }
        drop(counter.0.stdin.take());
        let counted: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let store: Value = serde_json::from_str(&world.home.store_text("main")).unwrap();
        let count = store["profiles"]["openai:default"]["metadata"]["count"].as_str().unwrap();
        assert_eq!((count.parse().ok(), counted["givenUp"].as_u64()), (counted["done"].as_u64(), Some(0)), "{store}");
        assert_eq!(
            (world.home.access("main"), &store["profiles"][CLAUDE]["refresh"]),
            (at("gen-29"), &json!(rt("gen-29")))
        );
    });
}

#[test]
fn a_gateway_with_databases_is_served_in_place_and_both_sides_lock() {
    run("2026.9.6", |daemon, openclaw| {
        let mut world = World::new(daemon, openclaw, &[(CLAUDE, oauth("first", hours(8)))]);
        done(&mut world.openclaw(DOCTOR));
        world.start();
        assert_eq!(shown(&world.model), login("first"));
        world.rotate("second");
        // Without its lock in sight the state database is not written.
        world.configure(false);
        world.ocsync(&["sync"]).code(4).says("cannot be seen");
        world.configure(true);
        world.locks_inside("locks/oauth-refresh/lock-d86ff71f0416cea6738a705bf801262d.lock");
        let holds = "const d = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
            d.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE'); console.log('held'); process.stdin.on('end', () => d.close()).resume();";
        let path = format!("/tmp/openclaw-state-locks-{UID}/{COORDINATOR}");
        let mut holder = world.openclaw.command(&["node", "-e", holds, &path]);
        let mut holder = Started(holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(holder.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        world.ocsync(&["sync", "--wait", "1"]).code(75).says("is held by OpenClaw");
        drop(holder.0.stdin.take());
        holder.0.wait().unwrap();
        world.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
        assert_eq!(shown(&world.model), login("second"));

        // What this side holds keeps a command in the container from writing.
        let held = Connection::open(world.home.path("coordinator").join(COORDINATOR)).unwrap();
        held.execute_batch("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE").unwrap();
        let mut order = world.openclaw(&["models", "auth", "order", "set", "--provider", "anthropic", CLAUDE]);
        let mut order = Started(order.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        std::thread::sleep(Duration::from_secs(8));
        assert_eq!(books(&world), None);
        drop(held);
        assert!(order.0.wait().is_ok());
        world.rotate("third");
        world.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
        assert_eq!(shown(&world.model), login("third"));
    });
}

/// The order of the profiles as OpenClaw has noted it in the state database.
fn books(world: &World<'_>) -> Option<Value> {
    let database = Connection::open(world.home.path(home::sqlite::STATE)).unwrap();
    let select = "SELECT value_json FROM config_machine_state WHERE state_key = 'authProfiles.state'";
    let text: String = database.query_row(select, [], |row| row.get(0)).ok()?;
    serde_json::from_str::<Value>(&text).unwrap().get("order").cloned()
}

#[test]
fn a_gateway_follows_a_link_to_the_login_outside() {
    run("2026.9.6", |daemon, openclaw| {
        let mut world = World::new(daemon, openclaw, &[]);
        world.start();
        world.ocsync(&["sync", "--create"]).code(0).prints("linked main anthropic:ocsync to claude");
        assert_eq!(shown(&world.model), login("first"));
        world.rotate("second");
        world.ocsync(&["sync"]).code(0);
        assert_eq!(shown(&world.model), login("second"));
        let report = world.ocsync(&["status", "--json"]).code(0).json();
        assert_eq!(report["profiles"][0]["verdict"], "linked", "{report:#}");
    });
}

#[test]
fn a_login_is_renewed_by_the_cli_that_lives_in_a_container() {
    let _turn = turns::of_one();
    let package = native();
    let Some((node, [package])) = npm::get(DOCKER, [(&package, CLAUDES[1])]) else { return };
    let daemon = Daemon::start(&[&node, &package.join("claude")]);
    let old = store(&[(CLAUDE, oauth("login", hours(-1)))]);
    let home = Home::new().claude("login", hours(-1)).agent("main", &old);
    let server = tempfile::tempdir().unwrap();
    certify(server.path());
    give(server.path(), UID);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/cage");
    put(&home.path("tools/run"), "");
    home::chmod(&home.path("tools"), 0o755);
    let at_server = server.path().to_str().unwrap().to_owned();
    give(home.root(), UID);
    let cli = daemon.container(
        "box",
        &node,
        &[
            (&home.path(".claude"), &format!("{HOME}/.claude")),
            (&home.path("tools"), "/opt/tools:ro"),
            (server.path(), &at_server),
            (&scripts, &format!("{SCRIPTS}:ro")),
            (&package, "/opt/claude:ro"),
        ],
    );
    let server = Server::of(cli.command(&["node", &format!("{SCRIPTS}/token_server.mjs"), &at_server]), server);
    let run = format!(
        "#!/bin/sh\nexport HTTPS_PROXY={} NODE_EXTRA_CA_CERTS={at_server}/ca.pem SSL_CERT_FILE={at_server}/ca.pem\n\
         exec /opt/claude/claude \"$@\"\n",
        server.url("")
    );
    put(&home.path("tools/run"), &run);
    home::chmod(&home.path("tools/run"), 0o755);
    server.ask("POST", "/seed", &json!([{ "family": "login", "refresh": rt("login") }]));
    copy_for_all(OCSYNC.as_ref(), &home.root().join("bin/ocsync"));
    let home = home.var("DOCKER_HOST", &daemon.host()).var("PATH", "/usr/local/bin:/usr/bin:/bin");

    let before = Kind::Claude.held(&home);
    let run = as_user(&home, &["refresh", "--container", "claude=box", "--program", "claude=/opt/tools/run"]);
    println!("{run:?}");
    let after = Kind::Claude.held(&home);
    assert_ne!((&before.access, &before.refresh), (&after.access, &after.refresh), "{run:?}");
    let family = server.ask("GET", "/state", &Value::Null).1["login"].clone();
    assert_eq!((family["revoked"].as_bool(), family["alive"].as_str()), (Some(false), Some(&*after.refresh)));
    assert_eq!(server.logged("posts").len(), 1, "one post");
    run.code(0).prints("updated main anthropic:default");
    assert_eq!(home.access("main"), Kind::Claude.tokens(&home)[0]);
}
