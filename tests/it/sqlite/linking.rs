//! Linking a profile of the SQLite era: what `openclaw secrets apply` is given, and what comes of its
//! answers. A script stands for OpenClaw; `tests/real/openclaw_sqlite.rs` asks the real one.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::sync::Arc;

use crate::home::{self, CANARY, Home, at, chmod, hours, is_root, put};
use clap::Parser;
use ocsync::testing::model::border::Border;
use ocsync::testing::model::item::Outcome;
use ocsync::testing::model::policy::LinkWay;
use ocsync::testing::model::profile::{self, Profile};
use ocsync::testing::model::recent::Tokens;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::model::version::Version;
use ocsync::testing::openclaw::install::settings;
use ocsync::testing::settings::cli::Cli;
use ocsync::testing::settings::options::Options;
use ocsync::testing::source;
use ocsync::testing::sync::link_one::{self, Linking, Request};
use serde_json::{Value, json};

const NEW: Version = Version(2026, 9, 6);
/// As 2026.9.6 answers when there is something to do.
const OK: &str = r#"case "$*" in *--dry-run*) mode=dry-run;; *) mode=write;; esac
echo "{\"mode\":\"$mode\",\"changed\":true,\"changedFiles\":[],\"checks\":{\"resolvability\":true}}""#;

struct World {
    home: Home,
    profiles: Vec<Arc<Profile>>,
    version: Option<Version>,
    kind: SourceKind,
}

impl World {
    /// A home with a login and an `openclaw` that keeps what it was given.
    fn new(script: &str) -> Self {
        let home = Home::new().version("2026.9.6").claude("new", hours(8));
        let seen = home.root().join("seen");
        fs::create_dir(&seen).unwrap();
        let text = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\nn=$(ls {s} | grep -c plan)\necho \"$*\" >>{s}/args\nenv >{s}/env\n\
             id -u >{s}/uid\ncp -p \"$4\" {s}/plan$n\n{script}\n",
            s = seen.display()
        );
        let path = home.root().join("bin/openclaw");
        put(&path, &text);
        chmod(&path, 0o755);
        put(&home.root().join("bin/ocsync"), "");
        chmod(&home.root().join("bin/ocsync"), 0o755);
        Self { home, profiles: Vec::new(), version: Some(NEW), kind: SourceKind::Claude }
    }

    fn program(&self) -> PathBuf {
        self.home.root().join("bin/ocsync")
    }

    fn link(&self, args: &[&str]) -> Linking {
        let home = self.home.path("");
        let openclaw = self.home.root().join("bin/openclaw");
        let words = ["ocsync", "--home", home.to_str().unwrap(), "sync", "--create", "--openclaw"];
        let words = [&words[..], &[openclaw.to_str().unwrap()], args].concat();
        let cli = Cli::try_parse_from(words).unwrap();
        let options = Options::of(&cli, home::now()).unwrap();
        let source = source::read_login(&options.env, self.kind.into()).unwrap();
        let state_dir = self.home.path(".openclaw");
        let settings = settings::read(Some(state_dir.join("openclaw.json")), &options.env).unwrap();
        let program = self.program();
        let linking = link_one::create(
            &Request {
                state_dir: &state_dir,
                border: &Border::default(),
                version: self.version,
                settings: &settings,
                agent: "main",
                profiles: &self.profiles,
                source: &source,
                program: Some(&program),
                options: &options,
            },
            options.dry_run,
        );
        assert!(!format!("{linking:?}").contains(CANARY));
        assert_eq!(self.home.leftovers(), Vec::<PathBuf>::new());
        linking
    }

    fn seen(&self, name: &str) -> String {
        fs::read_to_string(self.home.root().join("seen").join(name)).unwrap_or_default()
    }

    /// The plan, which must have been for nobody else's eyes, the same at both calls, and without a token.
    fn plan(&self) -> Value {
        let path = self.home.root().join("seen/plan0");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = self.seen("plan0");
        assert!(!text.contains(CANARY) && self.seen("plan1") == text, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The arguments of each call, with the plan's path taken out.
    fn calls(&self) -> Vec<String> {
        let args = self.seen("args");
        let plain = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            [&words[..3], &["FILE"], &words[4..]].concat().join(" ")
        };
        args.lines().map(plain).collect()
    }
}

#[test]
fn a_file_is_linked_by_a_rehearsal_and_the_real_thing() {
    let world = World::new(OK);
    let linking = world.link(&[]);
    assert_eq!((linking.outcome, linking.way), (Outcome::Done, Some(LinkWay::File)), "{linking:?}");
    let expected = ["secrets apply --from FILE --dry-run --json", "secrets apply --from FILE --json"];
    assert_eq!(world.calls(), expected);
    let plan = world.plan();
    let file = world.home.path(".claude/.credentials.json");
    let upserts = json!({ "ocsync-claude": { "source": "file", "path": file, "mode": "json" } });
    assert_eq!(plan["providerUpserts"], upserts);
    let target = &plan["targets"][0];
    assert_eq!((&target["agentId"], &target["authProfileProvider"]), (&json!("main"), &json!("anthropic")));
    let env = world.seen("env");
    assert!(env.contains(&format!("OPENCLAW_STATE_DIR={}\n", world.home.path(".openclaw").display())), "{env}");
    assert!(!env.contains(CANARY));
}

#[test]
fn a_program_is_linked_where_asked_for_and_where_the_file_will_not_do() {
    let world = World::new(OK);
    let asked = world.link(&["--link", "exec"]);
    assert_eq!((asked.outcome, asked.way), (Outcome::Done, Some(LinkWay::Exec)), "{asked:?}");
    let calls = world.calls();
    assert_eq!(calls[0], "secrets apply --from FILE --dry-run --allow-exec --json");
    assert_eq!(calls[1], "secrets apply --from FILE --allow-exec --json");
    let plan = world.plan();
    let home = world.home.path("");
    let secrets = &plan["providerUpserts"]["ocsync"];
    assert_eq!(secrets["command"], json!(world.program()));
    assert_eq!(secrets["args"], json!(["provide", "--home", home]));
    assert_eq!(plan["targets"][0]["ref"], json!({ "source": "exec", "provider": "ocsync", "id": "claude/access" }));

    let open = World::new(OK);
    chmod(&open.home.path(".claude/.credentials.json"), 0o644);
    assert_eq!(open.link(&[]).way, Some(LinkWay::Exec));
    // As from a package, as far as that can be had: others may write it.
    let packaged = World::new(OK);
    chmod(&packaged.program(), 0o775);
    assert_eq!(packaged.link(&["--link", "exec"]).way, Some(LinkWay::File));
    chmod(&packaged.home.path(".claude/.credentials.json"), 0o644);
    let neither = packaged.link(&[]);
    assert_eq!((neither.outcome, neither.problems[0].code), (Outcome::Refused, "not-linked"));
}

#[test]
fn what_is_linked_already_starts_nothing_and_what_openclaw_finds_unchanged_is_not_written() {
    let mut world = World::new(OK);
    let file = world.home.path(".claude/.credentials.json");
    let config = json!({ "secrets": { "providers": { "ocsync-claude": { "source": "file", "path": file } } } });
    put(&world.home.path(".openclaw/openclaw.json"), &config.to_string());
    let of = |text: &str| profile::parse("anthropic:ocsync", text, &mut Tokens::default()).unwrap();
    let linked = r#"{"type":"token","provider":"anthropic",
        "tokenRef":{"source":"file","provider":"ocsync-claude","id":"/claudeAiOauth/accessToken"}}"#;
    world.profiles = of(linked).map(Arc::new).into_iter().collect();
    let linking = world.link(&[]);
    assert_eq!((linking.outcome, linking.problems.len(), world.calls().len()), (Outcome::None, 0, 0));
    // The other form is a change.
    assert_eq!(world.link(&["--link", "exec", "--dry-run"]).outcome, Outcome::Planned);
    assert_eq!(world.calls().len(), 0);
    world.profiles = of(&json!({ "type": "oauth", "provider": "anthropic", "access": at("x") }).to_string())
        .map(Arc::new)
        .into_iter()
        .collect();
    assert_eq!(world.link(&[]).outcome, Outcome::Refused);
    assert_eq!(world.calls().len(), 0);

    let unchanged = World::new(r#"echo '{"mode":"dry-run","changed":false}'"#);
    assert_eq!((unchanged.link(&[]).outcome, unchanged.calls().len()), (Outcome::None, 1));
}

#[test]
fn whatever_is_no_clear_yes_is_a_failure_and_writes_nothing() {
    let refusal = r#"echo '{"ok":false,"error":{"type":"cli_error","message":"type mismatch"}}'; exit 1"#;
    for (script, words) in [
        (refusal, "exited with 1: type mismatch"),
        ("echo 'Secrets apply failed: Error: no. Re-run' >&2; exit 1", "Secrets apply failed"),
        ("echo '{\"mode\":\"write\",\"changed\":true}'", "exited with 0"),
        ("echo '{\"mode\":\"dry-run\",\"changed\":true}'; exit 3", "exited with 3"),
        ("echo nonsense", "exited with 0"),
        ("cat \"$4\" >/dev/null; kill -9 $$", "exited with -1"),
    ] {
        let world = World::new(script);
        let linking = world.link(&[]);
        assert_eq!(linking.outcome, Outcome::Failed, "{script}");
        assert!(linking.problems[0].message.contains(words), "{linking:?}");
        assert_eq!(world.calls().len(), 1);
    }
    let world = World::new(OK);
    fs::remove_file(world.home.root().join("bin/openclaw")).unwrap();
    let linking = world.link(&[]);
    assert!(linking.problems[0].message.contains("is not found"), "{linking:?}");
}

#[test]
fn what_cannot_be_linked_is_refused_before_anything_starts() {
    let refused = |change: &dyn Fn(&mut World), words: &str| {
        let mut world = World::new(OK);
        change(&mut world);
        let linking = world.link(&[]);
        assert_eq!(linking.outcome, Outcome::Refused, "{words}");
        assert!(linking.problems[0].message.contains(words), "{linking:?}");
        assert_eq!(world.calls().len(), 0);
    };
    let put_claude = |world: &World, hours: i64| {
        let text = home::claude_json("old", home::hours(hours));
        put(&world.home.path(".claude/.credentials.json"), &text);
    };
    refused(&|world| put_claude(world, -1), "access token has expired");
    refused(&|world| world.version = Some(Version(2026, 6, 1)), "in JSON");
    let order = json!({ "auth": { "order": { "anthropic": ["anthropic:mine"] } } }).to_string();
    refused(&|world| put(&world.home.path(".openclaw/openclaw.json"), &order), "names other profiles");
    let codex = r#"{"auth_mode":"chatgpt","tokens":{"id_token":"e30.e30.x","access_token":"a","refresh_token":"r"}}"#;
    let codex_of = |world: &mut World, version| {
        put(&world.home.path(".codex/auth.json"), codex);
        (world.kind, world.version) = (SourceKind::Codex, version);
    };
    refused(&|world| codex_of(world, Some(Version(2026, 6, 10))), "reads Codex's login by itself");
    let mut world = World::new(OK);
    codex_of(&mut world, Some(NEW));
    assert_eq!(world.link(&[]).outcome, Outcome::Done);
    assert_eq!(world.plan()["targets"][0]["ref"]["id"], "/tokens/access_token");
}

/// OpenClaw before 2026.9.5 made `openai:default` of Codex's login, and openclaw.json still names it. Where none of the
/// named profiles is stored, OpenClaw uses every stored one.
#[test]
fn what_openclaw_json_names_and_no_store_has_is_not_in_the_way() {
    let named = json!({ "openai:default": { "provider": "openai", "mode": "oauth" } });
    let stored = json!({ "type": "oauth", "provider": "openai", "access": at("x"), "expires": 1 }).to_string();
    let codex = r#"{"auth_mode":"chatgpt","tokens":{"id_token":"e30.e30.x","access_token":"a","refresh_token":"r"}}"#;
    let world = |config: Value, is_stored: bool| {
        let mut world = World::new(OK);
        put(&world.home.path(".openclaw/openclaw.json"), &config.to_string());
        put(&world.home.path(".codex/auth.json"), codex);
        world.kind = SourceKind::Codex;
        let profile = profile::parse("openai:default", &stored, &mut Tokens::default()).unwrap();
        world.profiles = profile.filter(|_| is_stored).map(Arc::new).into_iter().collect();
        world
    };
    assert_eq!(world(json!({ "auth": { "profiles": named } }), false).link(&[]).outcome, Outcome::Done);
    for (auth, command) in [
        (
            json!({ "profiles": named }),
            r#"openclaw config set auth.profiles.openai:ocsync '{"mode":"token","provider":"openai"}'; then ocsync sync --create"#,
        ),
        (
            json!({ "profiles": named, "order": { "openai": ["openai:default"] } }),
            r#"openclaw config set auth.order.openai '["openai:default","openai:ocsync"]'; then ocsync sync --create"#,
        ),
    ] {
        let linking = world(json!({ "auth": auth }), true).link(&[]);
        assert_eq!((linking.outcome, linking.problems[0].hint.as_str()), (Outcome::Refused, command));
    }
}

/// Gives a tree to somebody.
fn give(path: &std::path::Path, uid: u32) {
    chown(path, Some(uid), Some(uid)).unwrap();
    for entry in fs::read_dir(path).into_iter().flatten() {
        give(&entry.unwrap().path(), uid);
    }
}

#[test]
fn root_links_nothing_of_another_user() {
    if !is_root() {
        println!("SKIPPED: needs root");
        return;
    }
    let world = World::new(OK);
    chmod(world.home.root(), 0o755);
    [".openclaw", ".claude"].iter().for_each(|path| give(&world.home.path(path), 4711));
    let linking = world.link(&[]);
    assert!(linking.problems[0].message.contains("root does not run openclaw for uid 4711"), "{linking:?}");
    assert!(linking.problems[0].hint.contains("setpriv --reuid=4711"), "{linking:?}");
    assert_eq!(world.calls().len(), 0);
}
