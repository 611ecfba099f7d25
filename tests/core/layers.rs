//! The rooms of `src/` and the arrows between them: who may use whom. An arrow that runs up, or a circle of
//! files, fails here; so does input, output, clock, environment, process or network in `core/` and `model/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use, beside itself and `model`.
const ARROWS: [(&str, &str); 11] = [
    ("command", "notify sync refresh report source openclaw settings core sys"),
    ("notify", "report settings sys"),
    ("sync", "refresh source openclaw settings core sys"),
    ("refresh", "source openclaw settings core sys"),
    ("report", "settings core"),
    ("source", "settings sys"),
    ("openclaw", "settings sys"),
    ("settings", "core sys"),
    ("core", ""),
    ("sys", ""),
    ("model", ""),
];

/// What no file of a pure room names.
const IMPURE: [&str; 14] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net",
    "stdin",
    "stdout",
    "stderr",
    "Instant",
    "SystemTime",
    "rustix",
    "rusqlite",
    "ureq",
    "fd_lock",
];

/// The code of each file of `src/` but `main.rs`, `lib.rs` and `testing.rs`, by its module's path: without
/// comments and without its tests.
fn modules() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut dirs: Vec<PathBuf> = vec![src.clone()];
    while let Some(dir) = dirs.pop() {
        for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            let relative = path.strip_prefix(&src).unwrap().with_extension("");
            let parts: Vec<&str> = relative.iter().map(|part| part.to_str().unwrap()).collect();
            if path.is_dir() {
                dirs.push(path);
            } else if parts.len() > 1 {
                let name = parts.join("::");
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
                found.insert(name.trim_end_matches("::mod").to_owned(), lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    found
}

/// The paths after `crate::`, with the braces of a `use` resolved.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
        let list = rest[path.len()..].strip_prefix('{').and_then(|list| list.split('}').next());
        match list {
            Some(list) => found.extend(
                list.split(',').map(|item| format!("{path}{}", item.trim().split(" as ").next().unwrap_or_default())),
            ),
            None => drop(found.insert(path)),
        }
    }
    found
}

/// The modules that each module uses, tests apart.
fn arrows(modules: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let module_of = |path: &String| {
        let mut path = path.trim_end_matches("::self");
        loop {
            if let Some((known, _)) = modules.get_key_value(path) {
                return Some(known.as_str());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    modules
        .iter()
        .map(|(name, code)| {
            let used = paths(code).iter().filter_map(module_of).filter(|used| used != name).collect();
            (name.as_str(), used)
        })
        .collect()
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

#[test]
fn arrows_between_rooms_run_down() {
    let modules = modules();
    assert!(modules.len() > 100, "the files are not found");
    let mut up = Vec::new();
    for (module, used) in arrows(&modules) {
        let allowed = ARROWS.iter().find(|(of, _)| *of == room(module)).map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| panic!("{module} is in no room of the table"));
        let may = |to: &str| to == room(module) || to == "model" || allowed.split(' ').any(|of| of == to);
        up.extend(used.into_iter().filter(|to| !may(room(to))).map(|to| format!("{module} -> {to}")));
    }
    assert!(up.is_empty(), "{}", up.join("\n"));
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let modules = modules();
    let mut left = arrows(&modules);
    // What uses nothing that is left cannot be in a circle.
    while let Some(leaf) =
        left.iter().find(|(_, used)| used.iter().all(|to| !left.contains_key(to))).map(|(of, _)| *of)
    {
        left.remove(leaf);
    }
    assert!(left.is_empty(), "circles among {:?}", left.keys());
}

#[test]
fn core_and_model_ask_nothing_of_the_machine() {
    let modules = modules();
    let pure = modules.iter().filter(|(module, _)| ["core", "model"].contains(&room(module)));
    let impure: Vec<String> = pure
        .flat_map(|(module, code)| {
            IMPURE.iter().filter(|name| code.contains(*name)).map(move |name| format!("{module}: {name}"))
        })
        .collect();
    assert!(impure.is_empty(), "{}", impure.join("\n"));
}
