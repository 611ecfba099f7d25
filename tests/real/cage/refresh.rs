//! `ocsync refresh` in the world of the real CLIs, and what must hold afterwards.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::clis::{Cli, Kind};
use super::world::World;
use crate::home::{Home, OCSYNC, Run};

/// The family of tokens of a test.
pub const FAMILY: &str = "login";

/// `ocsync refresh` among the CLIs. OpenClaw has an empty store.
pub fn refresh(world: &World, home: &Home, kind: Kind, args: &[&str]) -> Run {
    let source = if kind == Kind::Claude { "claude" } else { "codex" };
    let words = [&[OCSYNC, "refresh", "--source", source], args].concat();
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    home.start(world.command(home, &words)).end()
}

/// `ocsync refresh` with its own post.
pub fn post(world: &World, home: &Home, kind: Kind) -> Run {
    let url = world.url(kind.endpoint());
    refresh(world, home, kind, &["--via", "http", "--within", "10h", "--token-url", &url])
}

/// The token in the file is the one of its family that is alive.
#[track_caller]
pub fn is_alive(world: &World, home: &Home, kind: Kind, family: &str) {
    let family = world.family(family);
    assert_eq!(
        (family["revoked"].as_bool(), family["alive"].as_str()),
        (Some(false), Some(&*kind.held(home).refresh))
    );
}

/// It works with the tokens in the file, and posts nothing.
#[track_caller]
pub fn uses(world: &World, home: &Home, cli: &Cli) {
    let (held, posts) = (cli.kind.held(home), world.posts());
    cli.work(world, home);
    assert_eq!((cli.kind.held(home), world.posts()), (held.clone(), posts));
    assert!(world.was_shown(&held.access), "the token of the file was not shown to anybody");
}

/// One post, and the file has its answer.
#[track_caller]
pub fn rotated_once(world: &World, home: &Home, kind: Kind, before: &str) {
    let posts = world.posts();
    let seen: Vec<_> = posts.iter().map(|post| (post["fingerprint"].as_str(), post["outcome"].as_str())).collect();
    assert_eq!(seen, [(Some(before), Some("rotated"))]);
    is_alive(world, home, kind, FAMILY);
    let path = kind.path(home);
    assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
}

/// One post or more, none in vain, and the file has the last answer.
#[track_caller]
pub fn rotated(world: &World, home: &Home, kind: Kind) {
    let posts = world.posts();
    assert!(!posts.is_empty() && posts.iter().all(|post| post["outcome"] == "rotated"), "{posts:?}");
    is_alive(world, home, kind, FAMILY);
}
