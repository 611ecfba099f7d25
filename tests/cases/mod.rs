//! The cases of `tests/cmd/`: each is one run of the program in a home of its own. `tests/cmd/COMMAND/NAME.toml`
//! says what is run and what comes of it:
//!
//! | key | |
//! |---|---|
//! | `args` | the arguments; with `--home /proc/self/cwd` the case is one for Linux |
//! | `env.NAME` | a variable of the environment, which is otherwise empty |
//! | `home` | what the home holds before the run: the names of folders of `tests/cmd/homes/` |
//! | `code`, `stdout`, `stderr` | what the program returns and prints, with `[CWD]` for the path of the home |
//! | `removed` | the files that the run removes |
//!
//! `NAME.in/` holds further files of the home before the run. A file of it replaces the one of `homes/`.
//! `NAME.out/` holds the files that are new or different after the run, each as a whole. Every other file is
//! as it was: a case without `NAME.out/` changes nothing. An empty folder holds a file `.keep`, as git needs one.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "every test program uses a part of it")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::pedantic, reason = "a test")]

pub mod files;
pub mod toml;

use std::path::{Path, PathBuf};

use serde_json::Value;

use files::{Files, KEEP};

/// Where the cases are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd")
}

pub struct Case {
    /// Its `.toml`.
    pub path: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// The folders of `homes/`.
    pub parts: Vec<String>,
    pub before: Files,
    /// Without the files `.keep`.
    pub after: Files,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Case {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut case = Self {
            path: path.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            parts: Vec::new(),
            before: Files::new(),
            after: Files::new(),
            code: -1,
            stdout: String::new(),
            stderr: String::new(),
        };
        let mut removed = Vec::new();
        let said = toml::read(&text).unwrap_or_else(|line| panic!("{}: {line}", path.display()));
        for (key, value) in said {
            match (key.as_str(), value) {
                ("args", value) => case.args = strings(value),
                ("home", value) => case.parts = strings(value),
                ("removed", value) => removed = strings(value),
                ("code", value) => case.code = i32::try_from(value.as_i64().unwrap()).unwrap(),
                ("stdout", Value::String(text)) => case.stdout = text,
                ("stderr", Value::String(text)) => case.stderr = text,
                (key, Value::String(text)) if key.starts_with("env.") => case.env.push((key[4..].to_owned(), text)),
                (key, value) => panic!("{}: {key} = {value}", path.display()),
            }
        }
        case.before = case.home_before();
        case.after = case.home_after(&removed);
        case
    }

    /// The `.toml` that says it.
    pub fn text(&self) -> String {
        let gone = self.before.keys().filter(|path| !path.ends_with(KEEP) && !self.after.contains_key(*path));
        let removed: Vec<&str> = gone.map(|path| path.to_str().unwrap()).collect();
        let mut lines = vec![toml::value("args", &self.args.as_slice().into())];
        lines.extend(self.env.iter().map(|(name, text)| toml::value(&format!("env.{name}"), &text.as_str().into())));
        lines.extend((!self.parts.is_empty()).then(|| toml::value("home", &self.parts.as_slice().into())));
        lines.extend((!removed.is_empty()).then(|| toml::value("removed", &removed.into())));
        lines.push(toml::value("code", &self.code.into()));
        lines.push(toml::text("stdout", &self.stdout));
        lines.push(toml::text("stderr", &self.stderr));
        lines.concat()
    }

    pub fn is_for_linux(&self) -> bool {
        self.args.iter().any(|arg| arg == "/proc/self/cwd")
    }

    /// What `NAME.out/` holds.
    pub fn changed(&self) -> Files {
        let changed = self.after.iter().filter(|(path, content)| self.before.get(*path) != Some(content));
        changed.map(|(path, content)| (path.clone(), content.clone())).collect()
    }

    fn home_before(&self) -> Files {
        let mut before = Files::new();
        for part in &self.parts {
            let files = files::read(&root().join("homes").join(part));
            assert!(!files.is_empty(), "{}: homes/{part} is not there", self.path.display());
            for (path, content) in files {
                let twice = format!("{}: two of its homes hold {}", self.path.display(), path.display());
                assert!(before.insert(path, content).is_none(), "{twice}");
            }
        }
        for (path, content) in files::read(&self.path.with_extension("in")) {
            let copied = format!("{}: .in/{} is a copy", self.path.display(), path.display());
            assert_ne!(before.insert(path, content.clone()), Some(content), "{copied}");
        }
        before
    }

    fn home_after(&self, removed: &[String]) -> Files {
        let mut after = self.before.clone();
        after.retain(|path, _| !path.ends_with(KEEP));
        for (path, content) in files::read(&self.path.with_extension("out")) {
            let copied = format!("{}: .out/{} is a copy", self.path.display(), path.display());
            assert_ne!(after.insert(path, content.clone()), Some(content), "{copied}");
        }
        for path in removed {
            assert!(after.remove(Path::new(path)).is_some(), "{}: there is no {path}", self.path.display());
        }
        after
    }
}

fn strings(value: Value) -> Vec<String> {
    serde_json::from_value(value).unwrap()
}

/// The folders of cases, one for each command.
pub fn folders() -> Vec<PathBuf> {
    let mut folders = files::entries(&root());
    folders.retain(|path| !path.ends_with("homes"));
    folders
}

/// Every case.
pub fn all() -> Vec<Case> {
    let paths = folders().into_iter().flat_map(|folder| files::entries(&folder));
    paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).map(|path| Case::read(&path)).collect()
}
