//! The real Claude Code and the real Codex, two versions of each, agree with ocsync: they refresh when
//! they are asked in its way, they and `ocsync refresh` share one login without spending a token twice,
//! and they go on with the file that it has written.
//!
//! Opt-in, as it needs npm and 1.5 GB: set `OCSYNC_REAL_CLIS=1`. The installations are kept in
//! `OCSYNC_REAL_DIR`, by default in the target directory. Without the variable, or where npm cannot
//! download, a test prints `SKIPPED` and passes. Needs Linux with `unshare`, `nsenter`, `ip` and
//! `openssl`: the CLIs run in a throw-away home and in a network of loopback only, where a server of
//! ours stands for their vendors and holds every refresh token to be single-use.

#![cfg(target_os = "linux")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, unreachable_pub)]
#![allow(clippy::disallowed_methods)]

mod common;
mod real;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use common::{Home, OCSYNC, Run, setting};
use real::clis::{Cli, Clis, HYGIENE, Kind};
use real::world::{World, fingerprint};
use serde_json::json;

/// Whether this ocsync has the command `refresh`. Once it has, this and `skipped` can go.
const REFRESH: bool = false;

/// The family of tokens of a test.
const FAMILY: &str = "login";
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
    codex_old codex 0: it_refreshes_and_saves a_fresh_login_is_left_alone a_dead_login
        ocsync_delegates ocsyncs_file_is_used;
    codex_new codex 1: it_refreshes_and_saves a_fresh_login_is_left_alone a_dead_login
        ocsync_delegates ocsyncs_file_is_used;
}

/// Without REFRESH there is nothing to test.
fn skipped() -> bool {
    if !REFRESH {
        println!("SKIPPED: this ocsync has no `refresh`");
    }
    !REFRESH
}

/// `ocsync refresh` among the CLIs. What it exits with depends on OpenClaw too, of which there is none.
fn refresh(world: &World, home: &Home, kind: Kind, args: &[&str]) -> Run {
    let source = if kind == Kind::Claude { "claude" } else { "codex" };
    let words = [&[OCSYNC, "refresh", "--source", source], args].concat();
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    home.start(world.command(home, &words)).end()
}

/// `ocsync refresh` with its own post.
fn post(world: &World, home: &Home, kind: Kind) -> Run {
    let url = world.url(kind.endpoint());
    refresh(world, home, kind, &["--via", "http", "--within", "10h", "--token-url", &url])
}

/// The one token that the file has is the one that is alive.
#[track_caller]
fn is_alive(world: &World, home: &Home, kind: Kind) {
    let family = world.family(FAMILY);
    assert_eq!(
        (family["revoked"].as_bool(), family["alive"].as_str()),
        (Some(false), Some(&*kind.held(home).refresh))
    );
}

/// It works with the tokens in the file, and posts nothing.
#[track_caller]
fn uses(world: &World, home: &Home, cli: &Cli) {
    let (held, posts) = (cli.kind.held(home), world.posts());
    cli.refresh(world, home, false);
    assert_eq!((cli.kind.held(home), world.posts()), (held.clone(), posts));
    assert!(world.was_shown(&held.access), "the token of the file was not shown to anybody");
}

/// One post, and the file has its answer.
#[track_caller]
fn rotated_once(world: &World, home: &Home, kind: Kind, before: &str) {
    let posts = world.posts();
    let seen: Vec<_> = posts.iter().map(|post| (post["fingerprint"].as_str(), post["outcome"].as_str())).collect();
    assert_eq!(seen, [(Some(before), Some("rotated"))]);
    is_alive(world, home, kind);
    let path = kind.path(home);
    assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
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

fn a_fresh_login_is_left_alone(world: &World, cli: &Cli) {
    let home = world.home();
    cli.kind.login(world, &home, FAMILY, 6 * HOUR, json!({}));
    let before = cli.kind.document(&home);
    uses(world, &home, cli);
    assert_eq!(cli.kind.document(&home), before);
    assert!(world.posts().is_empty());
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
    if (cli.kind, cli.version) == (Kind::Claude, "2.1.330") {
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

/// `ocsync refresh` lets the CLI do it.
fn ocsync_delegates(world: &World, cli: &Cli) {
    if skipped() {
        return;
    }
    let home = world.home();
    cli.install(&home);
    cli.kind.login(world, &home, FAMILY, -HOUR, json!({}));
    let before = cli.kind.held(&home);
    let run = refresh(world, &home, cli.kind, &["--via", "cli"]);
    println!("{run:?}");
    rotated_once(world, &home, cli.kind, &before.refresh);
    assert_eq!(cli.kind.document(&home)["unknown"].is_null(), cli.kind == Kind::Codex);
    uses(world, &home, cli);
}

/// `ocsync refresh` posts by itself, long before the CLI would; the CLI goes on with what it has written.
fn ocsyncs_file_is_used(world: &World, cli: &Cli) {
    if skipped() {
        return;
    }
    let home = world.home();
    cli.kind.login(world, &home, FAMILY, 6 * HOUR, json!({}));
    let before = cli.kind.held(&home);
    let run = post(world, &home, cli.kind);
    println!("{run:?}");
    rotated_once(world, &home, cli.kind, &before.refresh);
    assert_eq!(cli.kind.document(&home)["unknown"], json!({ "kept": true }));
    uses(world, &home, cli);
}

/// Two of each version, and ocsync, on one login that has expired: again and again, all at once.
fn share(kind: Kind, rounds: u64, outsiders: usize) {
    let Some(clis) = Clis::get() else { return };
    let (world, start) = (&World::new(&clis.node), Instant::now());
    let home = &world.home();
    let clis = if kind == Kind::Claude { &clis.claude } else { &clis.codex };
    // So short a life that everybody who starts finds it due. Codex posts without a lock: if that
    // revoked the login, no Codex could share one with another.
    let rest = json!({ "expires_in": 200, "delay": 150, "revokes": kind == Kind::Claude });
    kind.login(world, home, FAMILY, -HOUR, rest);
    for round in 0..rounds {
        std::thread::scope(|scope| {
            for cli in clis.iter().chain(clis) {
                scope.spawn(|| cli.refresh(world, home, false));
            }
            for _ in 0..outsiders {
                scope.spawn(|| {
                    let run = post(world, home, kind);
                    // Done, adopted, without an OpenClaw; or others were at it.
                    assert!(matches!(run.code, Some(0 | 3 | 66 | 75)), "{run:?}");
                });
            }
        });
        println!("round {round}: {} posts after {:?}", world.posts().len(), start.elapsed());
        is_alive(world, home, kind);
    }
    let posts = world.posts();
    let reused = posts.iter().filter(|post| post["outcome"] != "rotated").count();
    println!("{kind:?}: {} posts, {reused} of them too late", posts.len());
    if kind == Kind::Claude {
        assert_eq!(reused, 0, "{posts:?}");
    }
    for cli in clis {
        let before = kind.held(home);
        cli.refresh(world, home, true);
        assert_ne!(kind.held(home), before, "{} is logged out", cli.version);
        is_alive(world, home, kind);
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
    if !skipped() {
        share(Kind::Claude, setting("OCSYNC_REAL_ROUNDS", 10), 2);
    }
}

#[test]
fn codexes_and_ocsync_share_a_login() {
    if !skipped() {
        share(Kind::Codex, setting("OCSYNC_REAL_ROUNDS", 10), 2);
    }
}
