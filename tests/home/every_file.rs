//! Whether a program of tests has every file of its folder among its modules. A file that no list of modules
//! names is not compiled, and its tests never run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every file in a folder of `tests/` is a module of the program whose first file this is.
#[track_caller]
pub fn is_a_module_of(first: &str, folder: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let (mut there, mut listed) = (BTreeSet::new(), BTreeSet::new());
    files(&tests.join(folder), "", &mut there);
    modules(&tests, first, folder, &mut listed);
    assert!(!there.is_empty(), "no file in tests/{folder}");
    assert_eq!(there, listed, "files in tests/{folder}, and the modules of tests/{first}");
}

/// The files below a folder but `main.rs`, as the modules that they should be.
fn files(folder: &Path, above: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            files(&path, &format!("{above}{name}/"), found);
        } else if let Some(stem) = name.strip_suffix(".rs") {
            let module =
                if stem == "mod" { above.trim_end_matches('/').to_owned() } else { format!("{above}{stem}") };
            found.insert(module);
        }
    }
    found.remove("main");
    found.remove("");
}

/// The modules in `folder` that a file of modules names, and those that their own files name.
fn modules(tests: &Path, list: &str, folder: &str, found: &mut BTreeSet<String>) {
    let text = fs::read_to_string(tests.join(list)).unwrap();
    let base = list.strip_suffix("/mod.rs").and_then(|dir| dir.strip_prefix(folder)).unwrap_or_default();
    let mut inside: Vec<&str> = Vec::new();
    let mut elsewhere = false;
    for line in text.lines().map(str::trim) {
        let name = line.trim_start_matches("pub ").strip_prefix("mod ");
        if line == "}" {
            // Of a module, or of a function outside of them.
            inside.pop();
        } else if let Some(module) = name.and_then(|name| name.strip_suffix(" {")) {
            inside.push(module);
        } else if let Some(name) = name.and_then(|name| name.strip_suffix(';')).filter(|_| !elsewhere) {
            let path = [&[base], inside.as_slice(), &[name]].concat().join("/");
            let module = path.trim_start_matches('/').to_owned();
            let own_list = format!("{folder}/{module}/mod.rs");
            if tests.join(&own_list).exists() {
                modules(tests, &own_list, folder, found);
            }
            found.insert(module);
        }
        elsewhere = line.starts_with("#[path");
    }
}
