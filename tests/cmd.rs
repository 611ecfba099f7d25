//! Each case of `tests/cmd/` is one run of the program in a home of its own: `.toml` says the command, what it
//! prints and its exit code, `.in/` is the home before, `.out/` the home after.
//!
//! trycmd compares the files of `.out/` as text with every `\` made a `/`, and does not mind what is there
//! besides them. So the homes are compared once more: the same files, byte for byte, and no others.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where no gateway has left a hint.
const TMPDIR: (&str, &str) = ("TMPDIR", "/nonexistent");

/// The directories of cases. Those with a journal need to know the home's path beforehand, and call it
/// `/proc/self/cwd`.
fn dirs() -> Vec<&'static str> {
    let journal = cfg!(target_os = "linux").then_some("tests/cmd/journal");
    ["tests/cmd"].into_iter().chain(journal).collect()
}

/// git keeps no modes: the files with tokens are made private, as the CLIs make them.
fn close(dir: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for path in files(dir).into_keys().map(|path| dir.join(path)) {
        let is_open = fs::metadata(&path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
        if is_open && path.components().any(|part| part.as_os_str().to_string_lossy().ends_with(".in")) {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

#[test]
fn every_case_prints_and_exits_as_it_says() {
    close(Path::new("tests/cmd"));
    let cases = trycmd::TestCases::new();
    cases.env(TMPDIR.0, TMPDIR.1);
    for dir in dirs() {
        cases.case(format!("{dir}/*.toml"));
    }
}

#[test]
fn every_case_leaves_the_home_that_it_says_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for dir in dirs() {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        for case in entries.filter(|path| path.extension().is_some_and(|end| end == "toml")) {
            count += 1;
            wrong.extend(differences(&case));
        }
    }
    assert!(count > 50, "the cases are not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What differs between the home that a case leaves and its `.out/`.
fn differences(case: &Path) -> Vec<String> {
    let (before, after) = (case.with_extension("in"), case.with_extension("out"));
    let text = fs::read_to_string(case).unwrap();
    let values = |start: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
    };
    // An array of strings, and a string, are written in TOML as they are in JSON.
    let args: Vec<String> = serde_json::from_str(&values("args = ")[0]).unwrap();
    let home = tempfile::tempdir().unwrap();
    copy(&before, home.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocsync"));
    command.args(&args).current_dir(home.path()).env_clear().env(TMPDIR.0, TMPDIR.1);
    for variable in values("env.add.") {
        let (name, value) = variable.split_once(" = ").unwrap();
        command.env(name, serde_json::from_str::<String>(value).unwrap());
    }
    command.output().unwrap();

    let syncs = ["sync", "refresh"].iter().any(|name| args.iter().any(|arg| arg == name));
    let writes_journal = syncs && !args.contains(&"--dry-run".to_owned());
    let (mut expected, mut actual) = (files(&after), files(home.path()));
    let own = Path::new(".local/state/ocsync");
    if writes_journal && !expected.contains_key(&own.join("state.json")) {
        actual.retain(|path, _| !path.starts_with(own));
    }
    actual.retain(|path, _| !(writes_journal && *path == own.join("state.lock")));
    let cwd = fs::canonicalize(home.path()).unwrap();
    for content in expected.values_mut() {
        if let Ok(text) = std::str::from_utf8(content) {
            *content = text.replace("[CWD]", cwd.to_str().unwrap()).into_bytes();
        }
    }
    let mut paths: Vec<&PathBuf> = expected.keys().chain(actual.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let differs = paths.into_iter().filter(|path| expected.get(*path) != actual.get(*path));
    differs.map(|path| format!("{}: {} is not as expected", case.display(), path.display())).collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else if entry.file_name() != ".keep" {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file below `root` with its content; directories do not count.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if entry.file_name() != ".keep" {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}
