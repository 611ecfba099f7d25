//! The crate that `cargo package` makes holds what the program is built from and what ships beside it, and nothing else.
//! That it builds by itself is seen in `archive.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::package::{ROOT, files, printed, works};

/// `cargo package`, from whatever the clone holds now.
pub fn package() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(ROOT).args(["package", "--locked", "--offline", "--allow-dirty"]);
    command
}

#[test]
fn the_crate_holds_the_program_and_what_ships_with_it() {
    if !works(env!("CARGO"), &["--version"]) {
        println!("SKIPPED: this user cannot run cargo");
        return;
    }
    let listed = printed(package().arg("--list"));
    let mut listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    // What cargo puts there; the last of them in a clone only.
    for made in ["Cargo.toml.orig", ".cargo_vcs_info.json"] {
        assert!(listed.remove(made) || made.starts_with('.'), "{listed:?}");
    }
    let mut expected = BTreeSet::new();
    for dir in ["src", "contrib"] {
        expected.extend(files(dir).into_keys().map(|name| format!("{dir}/{name}")));
    }
    let named = ["Cargo.toml", "Cargo.lock", "LICENSE-MIT", "LICENSE-APACHE", "README.md", "MANUAL.md"];
    let more = ["RELIABILITY.md", "ARCHITECTURE.md", "CHANGELOG.md"];
    expected.extend(named.into_iter().chain(more).map(str::to_owned));
    assert_eq!(listed, expected);
    let size = |name: &String| fs::metadata(Path::new(ROOT).join(name)).unwrap().len();
    let all: u64 = listed.iter().map(size).sum();
    assert!(all < 4_000_000, "{all} bytes");
}
