//! The map of the source is true. ARCHITECTURE.md names every folder and stays short, each `mod.rs` lists the files
//! of its folder, and `lib.rs` lists the rooms. What documents and the settings of tools say of paths, of programs of
//! tests and of crates is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");

/// Documents in which every path in backticks is one of this repository.
const DOCUMENTS: [&str; 5] =
    ["ARCHITECTURE.md", "RELIABILITY.md", "contrib/README.md", "fuzz/README.md", "tests/README.md"];

/// Other files that name paths of this repository.
const NAMING: [&str; 7] =
    ["README.md", "MANUAL.md", "justfile", "Cargo.toml", ".ci/run", ".cargo/mutants.toml", "clippy.toml"];

/// The folders that paths begin with.
const TOP: [&str; 6] = ["src/", "tests/", "fuzz/", "contrib/", ".ci/", ".cargo/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The names in a folder, those of files without `.rs`.
fn names(dir: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.trim_end_matches(".rs").to_owned()).collect()
}

/// Every folder below `dir`.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let below = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    below.flat_map(|path| [vec![path.clone()], folders(&path)].concat()).collect()
}

#[test]
fn every_folder_of_the_source_is_on_the_map_and_nothing_else() {
    let (_, rest) = ARCHITECTURE.split_once("\n## Rooms\n").unwrap();
    let tree = rest.split("```").nth(1).unwrap();
    let mut on_the_map = BTreeSet::new();
    // A room begins its line; the folders in it follow.
    for line in tree.lines().skip(1) {
        let mut words = line.split_whitespace().filter_map(|word| word.strip_suffix('/'));
        let room = words.next().expect(line);
        on_the_map.extend(words.map(|folder| format!("{room}/{folder}")));
        on_the_map.insert(room.to_owned());
    }
    let src = root().join("src");
    let there = folders(&src);
    let there = there.iter().map(|path| path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned());
    assert_eq!(on_the_map, there.collect());
}

#[test]
fn the_map_has_at_most_1100_words() {
    let words = ARCHITECTURE.split_whitespace().count();
    assert!(words <= 1100, "{words} words");
}

#[test]
fn every_folder_lists_its_files_and_no_others() {
    let mut wrong = Vec::new();
    let src = root().join("src");
    let rooms = folders(&src).into_iter().map(|folder| (folder, "mod.rs"));
    for (folder, list) in rooms.chain([(src, "lib.rs")]) {
        let list = fs::read_to_string(folder.join(list)).unwrap();
        let header: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("//!")).collect();
        let mut there = names(&folder);
        there.retain(|name| !["mod", "main", "lib", "testing"].contains(&name.as_str()));
        let is_named = |name: &&String| header.iter().any(|line| line.contains(&format!("`{name}`")));
        let missing: Vec<&String> = there.iter().filter(|name| !is_named(name)).collect();
        let listed = header.iter().filter_map(|line| line.strip_prefix(" - `")?.split('`').next());
        let gone: Vec<&str> = listed.filter(|name| !there.contains(*name)).collect();
        if !missing.is_empty() || !gone.is_empty() {
            wrong.push(format!("{}: not listed {missing:?}, not there {gone:?}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words of a text that are paths from the root of the repository.
fn words(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/._-*".contains(c);
    let words = text.split(|c| !is_part(c)).map(|word| word.trim_end_matches('.'));
    words.filter(|word| TOP.iter().any(|top| word.starts_with(top))).collect()
}

/// The spans of a document that are paths: with a folder, or with the ending of a file of the repository.
fn spans(document: &str) -> Vec<String> {
    let mut fenced = false;
    let prose = document.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced && !line.starts_with("```")
    });
    let prose: Vec<&str> = prose.collect();
    let prose = prose.join("\n");
    let first_words = prose.split('`').skip(1).step_by(2).filter_map(|span| span.split_whitespace().next());
    let is_path = |word: &&str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-*".contains(c));
        let is_file = [".rs", ".md", ".toml"].iter().any(|end| word.ends_with(end));
        plain && !word.starts_with('/') && (word.contains('/') || is_file)
    };
    first_words.filter(is_path).map(str::to_owned).collect()
}

/// Whether something has this path, in which `*` and `NAME` are any name or a part of one.
fn exists(dir: &Path, path: &str) -> bool {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let next = |dir: &Path| rest.is_empty() || exists(dir, rest);
    let pattern = first.replace("NAME", "*");
    let Some((before, after)) = pattern.split_once('*') else {
        return dir.join(first).exists() && next(&dir.join(first));
    };
    fs::read_dir(dir).into_iter().flatten().any(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.starts_with(before) && name.ends_with(after) && next(&dir.join(name))
    })
}

#[test]
fn every_path_that_is_named_is_there() {
    let mut seen = 0;
    let mut gone = Vec::new();
    for file in DOCUMENTS {
        let text = text(file);
        let dir = root().join(Path::new(file).parent().unwrap());
        for path in spans(&text) {
            seen += 1;
            if !exists(root(), &path) && !exists(&dir, &path) {
                gone.push(format!("{file}: {path}"));
            }
        }
    }
    for file in DOCUMENTS.into_iter().chain(NAMING) {
        for path in words(&text(file)) {
            seen += 1;
            if !exists(root(), path) {
                gone.push(format!("{file}: {path}"));
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(gone.is_empty(), "{}", gone.join("\n"));
}

#[test]
fn every_function_that_clippy_proposes_is_there() {
    let settings = text("clippy.toml");
    let proposed: Vec<&str> =
        settings.split("replacement = \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(!proposed.is_empty());
    for path in proposed {
        let (module, function) = path.strip_prefix("crate::").unwrap().rsplit_once("::").unwrap();
        let module = text(&format!("src/{}.rs", module.replace("::", "/")));
        assert!(module.contains(&format!("pub fn {function}(")), "{path}");
    }
}

#[test]
fn every_program_of_tests_that_is_named_is_there() {
    let manifest = text("Cargo.toml");
    let mut named = 0;
    for file in DOCUMENTS.into_iter().chain(NAMING) {
        for rest in text(file).split("--test").skip(1).filter(|rest| rest.starts_with([' ', '='])) {
            let program: String = rest[1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            assert!(manifest.contains(&format!("\n[[test]]\nname = \"{program}\"\n")), "{file}: {program}");
            named += 1;
        }
    }
    assert!(named > 5, "{named}");
}

#[test]
fn every_dependency_has_its_reason_on_the_map() {
    let (_, rest) = ARCHITECTURE.split_once("\n## Dependencies\n").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let (given, others) = section.split_once(". ").unwrap();
    let given = given.split(": ").nth(1).unwrap().split(", ");
    let others = others.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next());
    let named: BTreeSet<&str> = given.chain(others).collect();
    let manifest = text("Cargo.toml");
    let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
    let lines = rest.split("\n[").next().unwrap().lines();
    assert_eq!(named, lines.filter_map(|line| line.split(" = ").next().filter(|name| !name.is_empty())).collect());
}
