//! The units are what systemd takes for right and for safe, and they say what the program does.
//!
//! Whether they work is shown by `tests/ship/sandbox.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::{self, Home};
use ocsync::testing::model::exit::Code;

/// The most that `systemd-analyze security` may give a unit without network, and one with: borgmatic, the best of its
/// kind, has 2.9.
const WORST: [f64; 2] = [1.6, 2.5];

fn units(kind: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/systemd").join(kind);
    let mut found: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert_eq!(found.len(), 8, "{found:?}");
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// systemd-analyze in a home, where it is installed; what it said and whether it was content.
fn analyze(home: &Home, args: &[&str]) -> Option<(String, bool)> {
    let program = Path::new("/usr/bin/systemd-analyze");
    if !program.exists() {
        println!("SKIPPED: systemd-analyze is not installed");
        return None;
    }
    let mut command = Command::new(program);
    home.dress(&mut command);
    let output = command.env("XDG_RUNTIME_DIR", home.root()).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((String::from_utf8(said).unwrap(), output.status.success()))
}

/// Copies the units of a kind beside each other, with the program where they look for it.
fn installed(home: &Home, kind: &str) -> Vec<PathBuf> {
    let dir = home.root().join(kind);
    let program = home.path(".local/bin/ocsync");
    fs::create_dir_all(&dir).unwrap();
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    if !program.exists() {
        std::os::unix::fs::symlink(home::OCSYNC, &program).unwrap();
    }
    let copy = |unit: PathBuf| {
        let text = fs::read_to_string(&unit).unwrap();
        let copy = dir.join(name(&unit));
        fs::write(&copy, text.replace("/usr/local/bin/ocsync", program.to_str().unwrap())).unwrap();
        copy
    };
    units(kind).into_iter().map(copy).collect()
}

#[test]
fn systemd_finds_nothing_wrong_with_any_unit() {
    let home = Home::new();
    for kind in ["user", "system"] {
        for unit in installed(&home, kind) {
            let scope = format!("--{kind}");
            let Some(said) = analyze(&home, &["verify", "--man=no", &scope, unit.to_str().unwrap()]) else { return };
            assert_eq!(said, (String::new(), true), "{}", unit.display());
        }
    }
}

#[test]
fn systemd_would_find_a_misspelt_key_and_a_missing_program() {
    let home = Home::new();
    for (from, to) in [("TimeoutStartSec", "TimeoutSartSec"), (".local/bin/ocsync", ".local/bin/nothing")] {
        let unit = installed(&home, "user").into_iter().find(|unit| name(unit) == "ocsync-sync.service").unwrap();
        fs::write(&unit, fs::read_to_string(&unit).unwrap().replace(from, to)).unwrap();
        let Some(said) = analyze(&home, &["verify", "--man=no", "--user", unit.to_str().unwrap()]) else { return };
        assert_ne!(said, (String::new(), true), "{to}");
    }
}

#[test]
fn every_service_is_safe_by_the_count_of_systemd() {
    let home = Home::new();
    for kind in ["user", "system"] {
        for unit in units(kind).iter().filter(|unit| name(unit).ends_with(".service")) {
            let args = ["security", "--offline=yes", "--no-pager", unit.to_str().unwrap()];
            let Some((said, _)) = analyze(&home, &args) else { return };
            let score = said.rsplit_once(": ").and_then(|(_, rest)| rest.split_whitespace().next());
            let score: f64 = score.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{said}"));
            println!("{kind}/{}: {score}", name(unit));
            let has_network = !std::fs::read_to_string(unit).unwrap().contains("PrivateNetwork=yes");
            assert_eq!(has_network, !name(unit).starts_with("ocsync-notice@"), "a ping and hooks need it");
            assert!(score <= WORST[usize::from(has_network)], "{said}");
        }
    }
}

#[test]
fn every_unit_that_is_named_exists_and_every_command_parses() {
    for kind in ["user", "system"] {
        let all: Vec<String> = units(kind).iter().map(|unit| name(unit)).collect();
        for unit in units(kind) {
            let text = fs::read_to_string(&unit).unwrap();
            let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
            let told = value("OnFailure=").into_iter().chain(value("Unit="));
            // A timer and a path start the service of their own name.
            let own = name(&unit).rsplit_once('.').map(|(stem, _)| format!("{stem}.service"));
            for named in told.chain(own) {
                let template = named.replace("@%n.", "@.").replace("@%i.", "@.");
                assert!(all.contains(&template), "{}: {named}", unit.display());
            }
            let Some(start) = value("ExecStart=").filter(|start| start.contains("/ocsync ")) else { continue };
            let args = start.split_whitespace().skip(1).chain(["--help"]);
            let output = Command::new(home::OCSYNC).args(args).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{start}");
            let (umask, core, limit) = (value("UMask="), value("LimitCORE="), value("TimeoutStartSec="));
            assert_eq!((umask.as_deref(), core.as_deref()), (Some("0077"), Some("0")), "{}", unit.display());
            assert!(limit.is_some(), "{}", unit.display());
            if start.contains(" sync") || start.contains(" refresh") {
                assert_eq!(value("SuccessExitStatus="), Some((Code::Busy as u8).to_string()));
            }
        }
    }
}

/// `refresh` delivers what `sync` delivers. Without the calls that change an owner, root's own OpenClaw could not be locked.
#[test]
fn what_sync_may_do_in_its_sandbox_refresh_may_do_as_well() {
    for (kind, at) in [("user", ""), ("system", "@")] {
        let filters = |command: &str| -> Vec<String> {
            let named = units(kind).into_iter().find(|unit| name(unit) == format!("ocsync-{command}{at}.service"));
            let text = fs::read_to_string(named.unwrap()).unwrap();
            text.lines().filter(|line| line.starts_with("SystemCallFilter=")).map(str::to_owned).collect()
        };
        assert!(filters("sync").contains(&"SystemCallFilter=@chown".to_owned()), "{kind}");
        assert_eq!(filters("refresh"), filters("sync"), "{kind}");
    }
}
