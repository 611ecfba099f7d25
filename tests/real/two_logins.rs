//! The real Claude Code and the real Codex, two versions of each, with two logins in two directories: `ocsync refresh`
//! has the one renewed that is due, and the other one is not touched. Opt-in and caged as `official_clis`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cage::clis::{Cli, Clis, Kind};
use crate::cage::refresh::{refresh, uses};
use crate::cage::world::World;
use crate::home::{Home, put};
use serde_json::json;

const HOUR: i64 = 3600;

impl Kind {
    /// The directory of a login: of the first one without a name.
    fn dir(self, home: &Home, name: Option<&str>) -> PathBuf {
        let first = if self == Self::Claude { ".claude" } else { ".codex" };
        home.path(&name.map_or_else(|| first.to_owned(), |name| format!("{first}-{name}")))
    }
}

/// Every file of a login, with its bytes, its mode and when it was changed; of Claude Code's first one also the file beside it.
fn files(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, String)> {
    let mut found = BTreeMap::new();
    let mut left = vec![dir.to_owned(), dir.with_extension("json")];
    while let Some(path) = left.pop() {
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        let bytes = if meta.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        // Reading a file may change when it was last read.
        found.insert(path, (bytes, format!("{:?} {:?}", meta.modified().unwrap(), meta.permissions())));
    }
    found
}

/// Two logins, of which one is due, and what one `refresh` of both does.
fn renews_the_one_that_is_due(world: &World, cli: &Cli, due: Option<&str>) {
    let (home, kind) = (world.home(), cli.kind);
    cli.install(&home);
    let other = if due.is_some() { None } else { Some("work") };
    let family = |name: Option<&str>| format!("{}-of-{}", name.unwrap_or("first"), due.unwrap_or("first"));
    for name in [Some("work"), None] {
        // Codex also renews by itself what has ended, when it starts.
        let ends = if kind == Kind::Claude { -HOUR } else { 6 * HOUR };
        let seconds = if name == due { ends } else { 240 * HOUR };
        kind.login(world, &home, &family(name), seconds, json!({ "expires_in": 240 * HOUR }));
        if name.is_some() {
            fs::rename(kind.dir(&home, None), kind.dir(&home, name)).unwrap();
        }
    }
    if kind == Kind::Claude {
        put(
            &home.path(".claude.json"),
            r#"{"oauthAccount":{"accountUuid":"uuid-A","emailAddress":"a@example.test"}}"#,
        );
        put(&home.path(".claude-work/.claude.json"), r#"{"oauthAccount":{"accountUuid":"uuid-B"}}"#);
    }
    let file = |name| kind.dir(&home, name).join(kind.path(&home).file_name().unwrap());
    let (left, before) = (files(&kind.dir(&home, other)), kind.held_in(&file(due)));
    assert!(left.contains_key(&file(other)));
    let posts = world.posts().len();

    let option = if kind == Kind::Claude { "--claude-dir" } else { "--codex-home" };
    let work = format!("work={}", kind.dir(&home, Some("work")).display());
    let run = refresh(world, &home, kind, &["--via", "cli", "--within", "10h", option, &work]);
    println!("{run:?}");

    let seen = world.posts().split_off(posts);
    let seen: Vec<_> = seen.iter().map(|post| (post["fingerprint"].as_str(), post["outcome"].as_str())).collect();
    assert_eq!(seen, [(Some(&*before.refresh), Some("rotated"))]);
    assert_eq!(world.family(&family(due))["alive"].as_str(), Some(&*kind.held_in(&file(due)).refresh));
    assert_eq!(world.family(&family(other))["alive"].as_str(), Some(&*kind.held_in(&file(other)).refresh));
    assert!(files(&kind.dir(&home, other)) == left, "{} changed", kind.dir(&home, other).display());

    // Neither is due any more: nothing is posted, and no file of either changes.
    let both = [files(&kind.dir(&home, None)), files(&kind.dir(&home, Some("work")))];
    refresh(world, &home, kind, &["--via", "cli", "--within", "10h", option, &work]);
    assert_eq!(world.posts().len(), posts + 1);
    assert!([files(&kind.dir(&home, None)), files(&kind.dir(&home, Some("work")))] == both);
    // The CLI itself goes on with its first login.
    uses(world, &home, cli);
}

macro_rules! clis {
    ($($test:ident $kind:ident $which:literal)+) => { $(
        #[test]
        fn $test() {
            let Some(clis) = Clis::get() else { return };
            let cli = &clis.$kind[$which];
            println!("{:?} {}", cli.kind, cli.version);
            let world = &World::new(&clis.node);
            renews_the_one_that_is_due(world, cli, Some("work"));
            renews_the_one_that_is_due(world, cli, None);
        }
    )+ };
}

clis! { of_claude_old claude 0 of_claude_new claude 1 of_codex_old codex 0 of_codex_new codex 1 }
