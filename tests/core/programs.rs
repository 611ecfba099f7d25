//! Whether every program of tests is built, and described. `autotests` is off, so a file in `tests/` is not a program
//! by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const README: &str = include_str!("../README.md");

/// What a test tells another process that it starts.
const INSIDE: [&str; 5] = ["OCSYNC_BOOKS", "OCSYNC_HOLD", "OCSYNC_TEST_ALONE", "OCSYNC_TEST_WORKER", "OCSYNC_WAITS"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The programs that are in `tests/`.
fn programs() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let is_program =
        |path: &PathBuf| path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists();
    entries.filter(is_program).map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The text of every file of Rust below a folder.
fn texts(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| match path.extension() {
        None => texts(&path),
        Some(end) if end == "rs" => fs::read_to_string(&path).unwrap(),
        Some(_) => String::new(),
    };
    entries.filter(|path| path.is_dir() || path.extension().is_some()).map(text).collect()
}

#[test]
fn every_program_of_tests_is_named_in_the_manifest_and_described() {
    let programs = programs();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nautotests = false\n"));
    let named =
        manifest.split("\n[[test]]\nname = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    assert_eq!(programs, named.collect());
    for name in &programs {
        let named = ["/", ".rs"].iter().any(|end| README.contains(&format!("\n| `tests/{name}{end}` |")));
        assert!(named, "tests/README.md does not say what {name} holds");
    }
    assert!(programs.len() <= 10, "each links SQLite, rustls and clap: {programs:?}");
}

#[test]
fn the_program_itself_has_no_test_that_is_not_run() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.contains("fn main()") && !main.contains("#[test]"), "Cargo.toml builds no tests of src/main.rs");
}

#[test]
fn every_variable_and_every_suite_of_the_real_programs_is_described() {
    let folders = ["core", "crash", "home", "it", "real", "ship"].map(|name| root().join("tests").join(name));
    let texts: String = folders.iter().map(|folder| texts(folder)).collect();
    let is_name = |word: &&str| {
        let is_upper = |letter: u8| letter.is_ascii_uppercase() || letter == b'_';
        word.strip_prefix("OCSYNC_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_upper))
    };
    let variables: BTreeSet<&str> = texts.split('"').filter(is_name).filter(|name| !INSIDE.contains(name)).collect();
    assert!(variables.len() > 10, "{variables:?}");
    let real = fs::read_dir(root().join("tests/real")).unwrap().map(|entry| entry.unwrap().path());
    let suites = real.filter(|path| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("main.rs"));
    let suites: Vec<String> = suites.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    for name in variables.into_iter().chain(suites.iter().map(String::as_str)) {
        let named = ["`", "="].iter().any(|end| README.contains(&format!("`{name}{end}")));
        let named = named || README.contains(&format!("`tests/real/{name}.rs`"));
        assert!(named, "tests/README.md does not mention {name}");
    }
}
