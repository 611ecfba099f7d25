//! The real OpenClaw of the SQLite era takes the plans that ocsync makes for it, and resolves what they
//! link: out of Claude Code's file, and through `ocsync provide`.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.

use std::fs;
use std::path::PathBuf;

use crate::cage::openclaw::OpenClaw;
use crate::cage::{json_of, no_token_below};
use crate::home::{self, CANARY, Home, hours, put};
use clap::Parser;
use ocsync::testing::model::border::Border;
use ocsync::testing::model::item::Outcome;
use ocsync::testing::model::policy::LinkWay;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::model::version::Version;
use ocsync::testing::openclaw::install::settings;
use ocsync::testing::settings::cli::{Cli, Command as Sub};
use ocsync::testing::settings::options::Options;
use ocsync::testing::source;
use ocsync::testing::sync::link_one::{self, Linking, Request};
use serde_json::{Value, json};

versions! { crate::cage::openclaw::run_alone;
    #[ignore = "openclaw_turns links it, too: just real-openclaw"]
    v2026_6_10 "2026.6.10": a_file_is_linked a_program_is_linked_and_answers an_expired_login_is_resolved_no_more;
    v2026_9_6 "2026.9.6": a_file_is_linked a_program_is_linked_and_answers an_expired_login_is_resolved_no_more;
}

/// A home with a login, an installation, a caged `openclaw`, and an ocsync of the user's own.
fn world(openclaw: &OpenClaw) -> Home {
    let home = Home::new().claude("new", hours(8));
    let config = json!({ "gateway": { "mode": "local" }, "logging": { "file": home.path("log") } });
    put(&home.path(".openclaw/openclaw.json"), &config.to_string());
    openclaw.install(home, None)
}

fn link(openclaw: &OpenClaw, home: &Home, way: &str) -> Linking {
    let (at, program) = (home.path(""), home.root().join("bin/openclaw"));
    let words = ["ocsync", "--home", at.to_str().unwrap(), "sync", "--create", "--link", way, "--openclaw"];
    let cli = Cli::try_parse_from([&words[..], &[program.to_str().unwrap()]].concat()).unwrap();
    let Sub::Sync(_sync) = &cli.command else { panic!() };
    let options = Options::of(&cli, home::now()).unwrap();
    let source = source::read_login(&options.env, SourceKind::Claude.into()).unwrap();
    let (state_dir, own): (PathBuf, PathBuf) = (home.path(".openclaw"), home.root().join("bin/ocsync"));
    let settings = settings::read(Some(state_dir.join("openclaw.json")), &options.env).unwrap();
    let request = Request {
        state_dir: &state_dir,
        border: &Border::default(),
        version: Version::parse(openclaw.version),
        settings: &settings,
        agent: "main",
        profiles: &[],
        source: &source,
        program: Some(&own),
        options: &options,
    };
    let linking = link_one::create(&request, options.dry_run);
    assert_eq!(home.leftovers(), Vec::<PathBuf>::new());
    linking
}

/// What holds of a home that was linked: OpenClaw knows the profile, resolves it, and keeps no token.
fn is_linked(openclaw: &OpenClaw, home: &Home, source: &str) {
    let config = fs::read_to_string(home.path(".openclaw/openclaw.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let providers = config["secrets"]["providers"].as_object().unwrap();
    assert_eq!(providers.values().next().unwrap()["source"], source, "{config}");
    let audit = json_of(&mut openclaw.command(home, &["secrets", "audit", "--allow-exec", "--json"]));
    assert_eq!(audit["summary"]["unresolvedRefCount"], 0, "{audit}");
    assert!(!audit.to_string().contains(CANARY));
    let status = json_of(&mut openclaw.command(home, &["models", "status", "--json"]));
    assert!(status["auth"].to_string().contains("anthropic:ocsync"), "{status}");
    no_token_below(&home.path(".openclaw"));
}

/// OpenClaw asks each time: what is not there, or has expired, it does not get (`audit` exits with 2).
fn is_unresolved(openclaw: &OpenClaw, home: &Home) {
    let output = openclaw.command(home, &["secrets", "audit", "--allow-exec", "--json"]).output().unwrap();
    let audit: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &audit["summary"]["unresolvedRefCount"]), (Some(2), &json!(1)), "{audit}");
}

fn a_file_is_linked(openclaw: &OpenClaw) {
    let home = world(openclaw);
    let linking = link(openclaw, &home, "file");
    assert_eq!((linking.outcome, linking.way), (Outcome::Done, Some(LinkWay::File)), "{linking:?}");
    is_linked(openclaw, &home, "file");
    assert_eq!(link(openclaw, &home, "file").outcome, Outcome::None, "OpenClaw finds nothing to change");
    // And the other way from there.
    assert_eq!(link(openclaw, &home, "exec").outcome, Outcome::Done);
}

fn a_program_is_linked_and_answers(openclaw: &OpenClaw) {
    let home = world(openclaw);
    let linking = link(openclaw, &home, "exec");
    assert_eq!((linking.outcome, linking.way), (Outcome::Done, Some(LinkWay::Exec)), "{linking:?}");
    is_linked(openclaw, &home, "exec");
    // It is asked each time: without a login nothing is resolved.
    fs::remove_file(home.path(".claude/.credentials.json")).unwrap();
    is_unresolved(openclaw, &home);
}

fn an_expired_login_is_resolved_no_more(openclaw: &OpenClaw) {
    let home = world(openclaw);
    let config = home.path(".config/ocsync/config.json");
    put(&config, &json!({ "claude_dir": home.path("expired") }).to_string());
    put(&home.path("expired/.credentials.json"), &home::claude_json("old", hours(1)));
    let linking = link(openclaw, &home, "exec");
    assert_eq!(linking.outcome, Outcome::Done, "{linking:?}");
    put(&home.path("expired/.credentials.json"), &home::claude_json("old", hours(-1)));
    is_unresolved(openclaw, &home);
    assert_eq!(link(openclaw, &home, "exec").outcome, Outcome::Refused);
}
