//! Whether every program of tests is built: `autotests` is off, so that a file of tests is not one by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The programs that are in `tests/`, and those that `Cargo.toml` names.
#[test]
fn every_program_of_tests_is_named_in_the_manifest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(root.join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let is_program = path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists();
        there.extend(is_program.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned()));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nautotests = false\n"));
    let named =
        manifest.split("\n[[test]]\nname = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    assert_eq!(there, named.collect());
    assert!(there.len() <= 10, "each links SQLite, rustls and clap: {there:?}");
}
