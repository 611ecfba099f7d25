//! The real Claude Code and the real Codex, two versions of each, agree with ocsync: they refresh when
//! they are asked in its way, they and `ocsync refresh` share one login without spending a token twice,
//! and they go on with the file that it has written.
//!
//! Opt-in, as it needs npm and 1.5 GB: set `OCSYNC_REAL_CLIS=1`. The installations are kept in
//! `OCSYNC_REAL_DIR`, by default in the target directory. Without the variable, or where npm cannot
//! download, a test prints `SKIPPED` and passes. Needs Linux with `unshare`, `nsenter`, `ip` and
//! `openssl`: the CLIs run in a throw-away home and in a network of loopback only, where a server of
//! ours stands for their vendors and holds every refresh token to be single-use.

use std::fs;
use std::time::{Duration, Instant};

use crate::cage::clis::{CLAUDES, CLIENT, Cli, Clis, HYGIENE, Kind};
use crate::cage::refresh::{FAMILY, is_alive, post, refresh, rotated, rotated_once, uses};
use crate::cage::server::fingerprint;
use crate::cage::world::World;
use crate::home::{random, setting};
use serde_json::json;

const HOUR: i64 = 3600;

/// One module of tests for each CLI.
macro_rules! clis {
    ($($module:ident $kind:ident $which:literal: $($test:ident)+;)+) => { $(mod $module {
        $(#[test]
        fn $test() {
            if let Some(clis) = super::Clis::get() {
                let cli = &clis.$kind[$which];
                println!("{:?} {}", cli.kind, cli.version);
                super::$test(&super::World::new(&clis.node), cli);
            }
        })+
    })+ };
}

clis! {
    claude_old claude 0: it_refreshes_and_saves a_fresh_login_is_left_alone a_dead_login help_lists_the_flags
        ocsync_delegates ocsyncs_file_is_used;
    claude_new claude 1: it_refreshes_and_saves a_fresh_login_is_left_alone a_dead_login help_lists_the_flags
        ocsync_delegates ocsyncs_file_is_used;
    codex_old codex 0: it_refreshes_and_saves an_expired_login_may_rotate_twice a_fresh_login_is_left_alone a_dead_login
        ocsync_delegates ocsyncs_file_is_used;
    codex_new codex 1: it_refreshes_and_saves an_expired_login_may_rotate_twice a_fresh_login_is_left_alone a_dead_login
        ocsync_delegates ocsyncs_file_is_used;
}

/// Asked as ocsync asks, it refreshes, even where the answer takes long, and leaves no conversation.
fn it_refreshes_and_saves(world: &World, cli: &Cli) {
    let home = world.home();
    let seconds = if cli.kind == Kind::Claude { -HOUR } else { 240 * HOUR };
    cli.kind.login(world, &home, FAMILY, seconds, json!({ "delay": 3000 }));
    let before = cli.kind.held(&home);
    cli.refresh(world, &home, true);
    rotated_once(world, &home, cli.kind, &before.refresh);
    // Claude Code keeps the keys of others beside its own, Codex does not.
    assert_eq!(cli.kind.document(&home)["unknown"].is_null(), cli.kind == Kind::Codex);
    let talks = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
    assert_eq!(home.tree().into_keys().find(talks), None);
    uses(world, &home, cli);
}

/// Codex does it unasked when it starts, and then once more because it was asked.
fn an_expired_login_may_rotate_twice(world: &World, cli: &Cli) {
    let home = world.home();
    cli.kind.login(world, &home, FAMILY, -HOUR, json!({}));
    cli.refresh(world, &home, true);
    rotated(world, &home, cli.kind);
}

fn a_fresh_login_is_left_alone(world: &World, cli: &Cli) {
    let home = world.home();
    cli.kind.login(world, &home, FAMILY, 6 * HOUR, json!({}));
    let before = fs::read(cli.kind.path(&home)).unwrap();
    uses(world, &home, cli);
    cli.refresh(world, &home, false);
    assert_eq!((fs::read(cli.kind.path(&home)).unwrap(), world.posts()), (before, vec![]));
}

/// A token that somebody else has spent: the new Claude Code logs out, the others leave the file as it is.
fn a_dead_login(world: &World, cli: &Cli) {
    let home = world.home();
    cli.kind.login(world, &home, FAMILY, -HOUR, json!({}));
    let before = cli.kind.held(&home);
    assert_eq!(world.spend(cli.kind.endpoint(), &cli.kind.tokens(&home)[1]), 200);
    cli.refresh(world, &home, true);
    assert!(world.posts().iter().skip(1).all(|post| post["outcome"] == "reused"), "{:?}", world.posts());
    assert_eq!(world.family(FAMILY)["revoked"], true);
    let after = cli.kind.held(&home);
    if (cli.kind, cli.version) == (Kind::Claude, CLAUDES[1]) {
        assert_eq!([after.access, after.refresh], ["", ""].map(fingerprint));
    } else {
        assert_eq!(after, before);
    }
}

/// Each begins a line of the help: a program can tell by that whether a version knows them.
fn help_lists_the_flags(world: &World, cli: &Cli) {
    let start = Instant::now();
    let help = cli.says(world, &world.home(), &["--help"]);
    println!("--help took {:?}", start.elapsed());
    for flag in HYGIENE.iter().filter(|word| !word.is_empty()) {
        let lists = |line: &str| line.trim_start().split([' ', ',']).next() == Some(flag);
        assert!(help.lines().any(lists), "{flag} is not in {help}");
    }
}

/// `ocsync refresh` lets the CLI do it: Claude Code when its time has come, Codex at any time.
fn ocsync_delegates(world: &World, cli: &Cli) {
    let home = world.home();
    cli.install(&home);
    let seconds = if cli.kind == Kind::Claude { -HOUR } else { 6 * HOUR };
    cli.kind.login(world, &home, FAMILY, seconds, json!({ "expires_in": 240 * HOUR }));
    let before = cli.kind.held(&home);
    let run = refresh(world, &home, cli.kind, &["--via", "cli", "--within", "10h"]);
    println!("{run:?}");
    rotated_once(world, &home, cli.kind, &before.refresh);
    assert_eq!(cli.kind.document(&home)["unknown"].is_null(), cli.kind == Kind::Codex);
    uses(world, &home, cli);

    cli.kind.login(world, &home, "expired", -HOUR, json!({ "expires_in": 240 * HOUR }));
    refresh(world, &home, cli.kind, &["--via", "cli"]);
    is_alive(world, &home, cli.kind, "expired");
    uses(world, &home, cli);
}

/// `ocsync refresh` posts by itself, long before the CLI would; the CLI goes on with what it has written.
fn ocsyncs_file_is_used(world: &World, cli: &Cli) {
    let home = world.home();
    cli.kind.login(world, &home, FAMILY, 6 * HOUR, json!({}));
    let before = cli.kind.held(&home);
    let run = post(world, &home, cli.kind);
    println!("{run:?}");
    rotated_once(world, &home, cli.kind, &before.refresh);
    assert_eq!(cli.kind.document(&home)["unknown"], json!({ "kept": true }));
    uses(world, &home, cli);
}

/// Two of each version, and ocsync, on one login that is due: again and again, all at once.
fn share(kind: Kind, rounds: u64, outsiders: u64) {
    let Some(clis) = Clis::get() else { return };
    let world = &World::new(&clis.node);
    let home = &world.home();
    let clis = if kind == Kind::Claude { &clis.claude } else { &clis.codex };
    // Each has once had the home for itself: Codex lays out its databases when it first starts.
    kind.login(world, home, "first", 240 * HOUR, json!({}));
    for cli in clis {
        cli.work(world, home);
    }
    // Claude Code: so short a life that everybody who starts finds it due. Of Codex, whose every part
    // refreshes by itself, some would end amidst that; and if its posts, made without a lock, revoked
    // the login, not even two of Codex could share one.
    let rest = match kind {
        Kind::Claude => json!({ "expires_in": 200, "delay": 150 }),
        Kind::Codex => json!({ "expires_in": 240 * HOUR, "delay": 150, "revokes": false }),
    };
    let (start, mut family) = (Instant::now(), String::new());
    for round in 0..rounds {
        if kind == Kind::Codex || round == 0 {
            family = format!("{FAMILY}-{round}");
            kind.login(world, home, &family, -HOUR, rest.clone());
        }
        std::thread::scope(|scope| {
            for cli in clis.iter().chain(clis) {
                scope.spawn(|| cli.refresh(world, home, false));
            }
            for outsider in 0..outsiders {
                scope.spawn(move || {
                    // It is faster than they are: not all may come first.
                    std::thread::sleep(Duration::from_millis(outsider * random(1500)));
                    let run = post(world, home, kind);
                    // Done, adopted, without an OpenClaw; or others were at it.
                    assert!(matches!(run.code, Some(0 | 3 | 66 | 75)), "{run:?}");
                });
            }
        });
        println!("round {round}: {} posts after {:?}", world.posts().len(), start.elapsed());
        is_alive(world, home, kind, &family);
    }
    let posts = world.posts();
    let reused = posts.iter().filter(|post| post["outcome"] != "rotated").count();
    let is_theirs = |agent: &str| ["axios/", "codex_cli_rs/", CLIENT].iter().any(|name| agent.starts_with(name));
    let own = posts.iter().filter(|post| !is_theirs(post["agent"].as_str().unwrap())).count();
    println!("{kind:?}: {} posts, {own} of them ocsync's; {reused} too late", posts.len());
    assert_eq!(own > 0, outsiders > 0);
    if kind == Kind::Claude {
        assert_eq!(reused, 0, "{posts:?}");
        assert_eq!(kind.document(home)["unknown"], json!({ "kept": true }));
    }
    for cli in clis {
        let before = kind.held(home);
        cli.refresh(world, home, true);
        assert_ne!(kind.held(home), before, "{} is logged out", cli.version);
        is_alive(world, home, kind, &family);
    }
}

#[test]
fn claudes_share_a_login() {
    share(Kind::Claude, 2, 0);
}

#[test]
fn codexes_share_a_login() {
    share(Kind::Codex, 2, 0);
}

#[test]
fn claudes_and_ocsync_share_a_login() {
    share(Kind::Claude, setting("OCSYNC_REAL_ROUNDS", 10), 2);
}

#[test]
fn codexes_and_ocsync_share_a_login() {
    share(Kind::Codex, setting("OCSYNC_REAL_ROUNDS", 10), 2);
}
