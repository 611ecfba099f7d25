//! Runs every case of `tests/cmd/`, and compares what it prints, its exit code, and every byte of the home after.
//! `tests/cases/mod.rs` says how a case is written.
//!
//! `OCSYNC_CASES=overwrite` writes down what the runs do in place of comparing it: look at the difference with git.
//! For a new case, a `.toml` with `args` and `home` is enough then.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test")]

#[path = "cases/mod.rs"]
mod cases;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cases::Case;
use cases::files::{self, Files};

#[test]
fn every_case_prints_exits_and_leaves_the_home_as_it_says() {
    let overwrites = std::env::var("OCSYNC_CASES").is_ok_and(|value| value == "overwrite");
    let mut cases = cases::all();
    assert!(cases.len() > 250, "only {} cases are found", cases.len());
    cases.retain(|case| cfg!(target_os = "linux") || !case.is_for_linux());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut faults = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let came = run(case);
            if overwrites { write_down(&came) } else { faults.extend(compare(case, &came)) }
        }
        faults
    };
    let faults: Vec<String> = thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_code_but_0_comes_with_a_word() {
    let is_silent = |case: &Case| {
        let of = |words: &[&str]| case.args.iter().any(|arg| words.contains(&arg.as_str()));
        let is_quiet = of(&["-q", "--quiet"]) && [2, 3, 75].contains(&case.code);
        let says = !case.stderr.is_empty() || (of(&["check-expiry"]) && !case.stdout.is_empty());
        case.code != 0 && !says && !is_quiet
    };
    let silent: Vec<_> = cases::all().into_iter().filter(is_silent).map(|case| case.path).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

/// The case as it should be written by what one run of it does.
fn run(case: &Case) -> Case {
    let dir = tempfile::tempdir().unwrap();
    let (home, temp) = (dir.path().join("home"), dir.path().join("tmp"));
    files::make_home(&home, &case.before);
    // No gateway has left a hint there.
    fs::create_dir(&temp).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocsync"));
    command.args(&case.args).current_dir(&home).env_clear().env("TMPDIR", temp).envs(case.env.iter().cloned());
    let output = command.output().unwrap();

    let cwd = fs::canonicalize(&home).unwrap();
    let plain = |text: &str| text.replace(cwd.to_str().unwrap(), "[CWD]");
    let mut after = Files::new();
    for (path, content) in files::read(&home) {
        let content = std::str::from_utf8(&content).map_or(content.clone(), |text| plain(text).into_bytes());
        after.insert(without_time(&path), content);
    }
    forget_state(case, &mut after);
    Case {
        path: case.path.clone(),
        args: case.args.clone(),
        env: case.env.clone(),
        parts: case.parts.clone(),
        before: case.before.clone(),
        after,
        code: output.status.code().unwrap_or_else(|| panic!("{}: a signal ended it", case.path.display())),
        stdout: plain(&String::from_utf8(output.stdout).unwrap()),
        stderr: plain(&String::from_utf8(output.stderr).unwrap()),
    }
}

/// The name under which a damaged file is kept ends with the time of the machine's clock.
fn without_time(path: &Path) -> PathBuf {
    match path.to_str().unwrap().split_once(".damaged-") {
        Some((name, _)) => format!("{name}.damaged-[TIME]").into(),
        None => path.to_owned(),
    }
}

/// Takes out what most cases do not speak of: the state that a run keeps for itself. The state file is compared
/// where the home has one before, or where `.out/` holds one; the lock beside it never.
fn forget_state(case: &Case, after: &mut Files) {
    let own = Path::new(".local/state/ocsync");
    let writes = ["sync", "refresh"].iter().any(|name| case.args.iter().any(|arg| arg == name));
    if writes && !case.args.iter().any(|arg| arg == "--dry-run") {
        after.remove(&own.join("state.lock"));
        if !case.after.contains_key(&own.join("state.json")) {
            after.retain(|path, _| !path.starts_with(own));
        }
    }
}

/// What differs from what a case says.
fn compare(case: &Case, came: &Case) -> Vec<String> {
    let name = case.path.display();
    let mut faults = Vec::new();
    if case.code != came.code {
        faults.push(format!("{name}: the exit code is {} and not {}", came.code, case.code));
    }
    for (stream, said, printed) in [("stdout", &case.stdout, &came.stdout), ("stderr", &case.stderr, &came.stderr)] {
        if said != printed {
            faults.push(format!("{name}: {stream} is\n{printed}and not\n{said}"));
        }
    }
    let paths: BTreeSet<_> = case.after.keys().chain(came.after.keys()).collect();
    for path in paths {
        let [said, is] =
            [case, came].map(|case| case.after.get(path).map(|content| String::from_utf8_lossy(content)));
        if case.after.get(path) != came.after.get(path) {
            faults.push(format!("{name}: {} is\n{is:?} and not\n{said:?}", path.display()));
        }
    }
    faults
}

fn write_down(case: &Case) {
    fs::write(&case.path, case.text()).unwrap();
    let out = case.path.with_extension("out");
    if out.exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    files::write(&out, &case.changed());
}

#[test]
fn every_case_is_written_as_an_overwriting_run_writes_it() {
    for case in cases::all() {
        assert_eq!(fs::read_to_string(&case.path).unwrap(), case.text(), "{}", case.path.display());
    }
}

#[test]
fn every_case_is_in_the_folder_of_its_command() {
    for case in cases::all() {
        let folder = case.path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        // Those of `usage` are about the command line as a whole.
        assert!(folder == "usage" || case.args[0] == folder, "{}", case.path.display());
    }
}

#[test]
fn no_file_is_without_a_case() {
    for path in cases::folders().iter().flat_map(|folder| files::entries(folder)) {
        let is_part = path.is_dir() && ["in", "out"].iter().any(|end| path.extension().is_some_and(|is| is == *end));
        let belongs = if is_part {
            path.with_extension("toml").is_file()
        } else {
            path.extension().is_some_and(|end| end == "toml")
        };
        assert!(belongs, "{} belongs to no case", path.display());
    }
    let used: BTreeSet<String> = cases::all().into_iter().flat_map(|case| case.parts).collect();
    for path in files::entries(&cases::root().join("homes")) {
        assert!(used.contains(path.file_name().unwrap().to_str().unwrap()), "{} is in no home", path.display());
    }
}
