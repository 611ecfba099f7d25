//! The manual's section "Problem codes" has every code that a problem of the JSON report can have, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const MANUAL: &str = include_str!("../../MANUAL.md");
/// What begins the making of a problem.
const MAKERS: [&str; 5] = ["::error(", "::drift(", "::lasting(", "::warning(", "::note("];

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The program's source without its tests.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap().split("#[cfg(test)]").next().unwrap().to_owned();
    found.iter().map(text).collect()
}

fn is_code(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The codes in the text behind `Problem::error(` and its like: a literal among the first two arguments.
fn made(source: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for maker in MAKERS.map(|maker| format!("Problem{maker}")) {
        for rest in source.split(maker.as_str()).skip(1) {
            let arguments: Vec<&str> = rest.splitn(4, ',').map(str::trim).take(3).collect();
            let code = arguments.iter().filter_map(|word| word.strip_prefix('"')?.strip_suffix('"'));
            codes.extend(code.filter(|word| is_code(word)).take(1).map(str::to_owned));
        }
    }
    codes
}

/// The codes of the manual's table.
fn listed() -> BTreeSet<String> {
    let (_, rest) = MANUAL.split_once("\n## Problem codes\n").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let first = |line: &str| line.strip_prefix("| `").and_then(|rest| rest.split('|').next()).map(str::to_owned);
    let cells = section.lines().filter_map(first).collect::<Vec<_>>();
    cells
        .iter()
        .flat_map(|cell| cell.split(['`', ',', ' ']))
        .filter(|word| is_code(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_code_is_in_the_manual_and_every_code_of_the_manual_in_the_program() {
    let (sources, listed) = (sources(), listed());
    let made: BTreeSet<String> = sources.iter().flat_map(|source| made(source)).collect();
    assert!(made.len() > 40, "{made:?}");
    let missing: Vec<_> = made.difference(&listed).collect();
    assert!(missing.is_empty(), "not in the manual: {missing:?}");
    let gone: Vec<_> =
        listed.iter().filter(|code| !sources.iter().any(|source| source.contains(&format!("\"{code}\"")))).collect();
    assert!(gone.is_empty(), "not in the program: {gone:?}");
}
