//! `contrib/install` puts things where they work, and takes away all that it put there and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::{self, Home, Run, chmod, put};

/// Every path under a directory: its mode, and what is in it.
pub fn contents(dir: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        if path.is_dir() {
            found.extend(contents(&path));
        }
        found.insert(path.clone(), (mode, fs::read(&path).unwrap_or_default()));
    }
    found
}

pub fn install(home: &Home, args: &[&str]) -> Run {
    install_to(home, args, None)
}

fn install_to(home: &Home, args: &[&str], root: Option<&Path>) -> Run {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/install"));
    home.dress(&mut command).args(args).env("OCSYNC", home::OCSYNC);
    command.env("PATH", format!("{}:/usr/bin:/bin", home.root().join("bin").display()));
    if let Some(root) = root {
        command.env("DESTDIR", root);
    }
    home.start(command).end()
}

/// A systemctl that does nothing but note what it is told, or one that finds no manager.
pub fn systemctl(home: Home, works: bool) -> Home {
    let log = home.root().join("systemctl");
    let end = if works { "exit 0" } else { "echo no bus >&2; exit 1" };
    let path = home.root().join("bin/systemctl");
    put(&path, &format!("#!/bin/sh\necho \"$*\" >>{}\n{end}\n", log.display()));
    chmod(&path, 0o755);
    home
}

pub fn told(home: &Home) -> String {
    fs::read_to_string(home.root().join("systemctl")).unwrap_or_default()
}

#[test]
fn a_user_s_installation_works_and_goes_without_a_trace() {
    // One home is bare; in the other the directories are in use, and so is ocsync.
    let used = Home::stale()
        .file(".config/systemd/user/other.service", "[Service]\n")
        .file(".local/bin/other", "#!/bin/sh\n")
        .file(".local/share/other/data", "x");
    used.run(&["sync"]).code(0);
    for home in [Home::stale(), used] {
        let home = systemctl(home, true);
        let before = contents(&home.path(""));
        install(&home, &["--user"]).code(0).prints(".local/bin/ocsync");
        let program = home.path(".local/bin/ocsync");
        assert_eq!(fs::read(&program).unwrap(), fs::read(home::OCSYNC).unwrap());
        let mut command = Command::new(&program);
        home.dress(&mut command).arg("status");
        assert!(home.start(command).end().code.is_some());
        for unit in ["sync.service", "sync.timer", "sync.path", "check.service", "check.timer", "notice@.service"] {
            let put = fs::read(home.path(&format!(".config/systemd/user/ocsync-{unit}"))).unwrap();
            let shipped = format!("{}/contrib/systemd/user/ocsync-{unit}", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(put, fs::read(shipped).unwrap(), "{unit}");
        }
        assert!(told(&home).contains("--user enable --now ocsync-sync.timer ocsync-sync.path"), "{}", told(&home));
        // Twice is once.
        let installed = contents(&home.path(""));
        install(&home, &["--user"]).code(0);
        assert_eq!(contents(&home.path("")), installed);
        install(&home, &["--user", "--uninstall"]).code(0);
        assert_eq!(contents(&home.path("")), before);
        assert!(told(&home).contains("--user disable --now ocsync-sync.timer"), "{}", told(&home));
        install(&home, &["--uninstall"]).code(0).prints("nothing is installed");
    }
}

#[test]
fn without_a_service_manager_it_names_the_line_for_cron() {
    let home = systemctl(Home::stale(), false);
    let line = format!("17,47 * * * * {} sync --quiet", home.path(".local/bin/ocsync").display());
    install(&home, &["--user"]).code(0).prints(&line);
    assert!(!told(&home).contains("enable "), "{}", told(&home));
}

#[test]
fn the_timer_that_refreshes_is_enabled_where_profiles_live_on_access_tokens_alone() {
    let refresh = "enable --now ocsync-sync.timer ocsync-sync.path ocsync-check.timer ocsync-refresh.timer";
    let says = "profiles live on access tokens alone";
    let delivered = |home: Home, args: &[&str]| {
        home.run(args).code(0);
        home
    };
    for home in [Home::per_agent(), Home::shared(), delivered(Home::stale(), &["sync", "--access-only"])] {
        let home = systemctl(home, true);
        install(&home, &["--user", "--dry-run"]).code(0).prints(says).prints(refresh);
        install(&home, &["--user"]).code(0).prints(says);
        assert!(told(&home).contains(refresh), "{}", told(&home));
        install(&home, &["--uninstall"]).code(0);
        assert!(told(&home).contains("disable --now ocsync-sync.timer"), "{}", told(&home));
        let home = systemctl(home, false);
        let line =
            format!("1-59/4 * * * * {} refresh --interval 4m --quiet", home.path(".local/bin/ocsync").display());
        install(&home, &["--user"]).code(0).prints(&line);
    }
    // OpenClaw can renew these, or has none.
    for home in [Home::stale(), delivered(Home::stale(), &["sync"]), Home::new()] {
        let home = systemctl(home, true);
        let run = install(&home, &["--user"]);
        assert!(!run.code(0).stdout.contains(says), "{run:?}");
        let enabled = |line: &str| line.contains("enable --now") && line.contains("ocsync-refresh");
        assert!(!told(&home).lines().any(enabled), "{}", told(&home));
    }
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let home = systemctl(Home::stale(), true);
    let before = home.tree();
    let run = install(&home, &["--user", "--dry-run"]);
    run.code(0).prints("would make the directory /").prints("would install /").prints("ocsync-sync.path");
    run.prints("would run: systemctl --user enable --now ocsync-sync.timer");
    assert!(!run.stdout.contains("manager") && !run.stdout.contains("would: "), "{run:?}");
    fs::remove_file(home.root().join("systemctl")).unwrap();
    let after = home.tree();
    // But for the note of the stand-in, which is beside the home.
    let inside = |tree: BTreeMap<PathBuf, home::Seen>| -> BTreeMap<PathBuf, home::Seen> {
        tree.into_iter().filter(|(path, _)| path.starts_with(home.path(""))).collect()
    };
    assert_eq!(inside(after), inside(before));
    install(&home, &["--user"]).code(0);
    let before = inside(home.tree());
    install(&home, &["--user", "--uninstall", "--dry-run"]).code(0).prints("would remove /");
    assert_eq!(inside(home.tree()), before);
    assert!(!told(&home).contains("disable"), "{}", told(&home));
}

#[test]
fn a_file_from_elsewhere_is_never_overwritten_and_a_changed_one_never_removed() {
    for foreign in [".local/bin/ocsync", ".config/systemd/user/ocsync-sync.path"] {
        let home = systemctl(Home::stale().file(foreign, "mine\n"), true);
        let before = contents(&home.path(""));
        install(&home, &["--user"]).code(1).says("not from here");
        assert_eq!(contents(&home.path("")), before);
    }
    let home = systemctl(Home::stale(), true);
    install(&home, &["--user"]).code(0);
    let unit = home.path(".config/systemd/user/ocsync-sync.timer");
    fs::write(&unit, "mine\n").unwrap();
    let mine = || fs::read_to_string(&unit).unwrap_or_default();
    // An upgrade goes on, and keeps what was edited. So does --uninstall.
    let page = home.path(".local/share/man/man1/ocsync.1");
    fs::remove_file(&page).unwrap();
    install(&home, &["--user"])
        .code(0)
        .prints("kept, it was edited")
        .prints("ocsync-sync.timer (--force replaces it)");
    assert!(mine() == "mine\n" && page.exists());
    install(&home, &["--user", "--uninstall"]).code(0).prints("kept, it was edited");
    assert_eq!(mine(), "mine\n");
    assert!(!home.path(".local/bin").exists());
    // It is not forgotten.
    install(&home, &["--user"]).code(0).prints("kept, it was edited");
    assert_eq!(mine(), "mine\n");
    install(&home, &["--user", "--uninstall"]).code(0);
    install(&home, &["--user", "--uninstall", "--force"]).code(0).prints("removing");
    assert!(!unit.exists() && !home.path(".local/share/ocsync/manifest").exists());
}

#[test]
fn force_replaces_what_is_there_and_keeps_it_beside() {
    let foreign = ".config/systemd/user/ocsync-sync.path";
    let home = systemctl(Home::stale().file(foreign, "mine\n"), true);
    install(&home, &["--user", "--force"]).code(0);
    assert_eq!(fs::read_to_string(home.path(&format!("{foreign}.ocsync-old"))).unwrap(), "mine\n");
    let shipped = format!("{}/contrib/systemd/user/ocsync-sync.path", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(fs::read(home.path(foreign)).unwrap(), fs::read(shipped).unwrap());
    install(&home, &["--uninstall"]).code(0);
    assert!(!home.path(foreign).exists());
}

#[test]
fn a_program_that_was_copied_over_is_upgraded_and_removed() {
    let home = systemctl(Home::stale(), true);
    install(&home, &["--user"]).code(0);
    let program = home.path(".local/bin/ocsync");
    fs::write(&program, "another build\n").unwrap();
    install(&home, &["--user"]).code(0);
    assert_eq!(fs::read(&program).unwrap(), fs::read(home::OCSYNC).unwrap());
    fs::write(&program, "another build\n").unwrap();
    install(&home, &["--uninstall"]).code(0);
    assert!(!program.exists());
}

#[test]
fn uninstall_names_the_command_where_cargo_has_installed_it() {
    let home = systemctl(Home::stale().file(".cargo/bin/ocsync", "#!/bin/sh\n"), true);
    home::chmod(&home.path(".cargo/bin/ocsync"), 0o755);
    install(&home, &["--uninstall"]).code(0).prints("cargo uninstall ocsync");
}

#[test]
fn a_system_s_installation_goes_without_a_trace() {
    let home = systemctl(Home::new(), true);
    let root = home.root().join("root");
    fs::create_dir_all(root.join("etc")).unwrap();
    let before = contents(&root);
    install_to(&home, &["--system"], Some(&root)).code(0);
    assert!(root.join("usr/local/bin/ocsync").exists() && root.join("etc/systemd/system/ocsync-sync@.path").exists());
    install_to(&home, &["--system", "--uninstall"], Some(&root)).code(0);
    assert_eq!(contents(&root), before);
    assert_eq!(told(&home), "", "nothing is started for another root");
}

#[test]
fn a_typo_is_a_usage_error() {
    let home = Home::new();
    install(&home, &["--usr"]).code(64).says("--usr");
    install(&home, &[]).code(64).says("--user or --system?");
    install(&home, &["--help"]).code(0).prints("--uninstall");
}

#[test]
fn zsh_finds_the_completions_after_the_line_that_is_printed() {
    let home = systemctl(Home::stale(), true);
    // As zsh does, it reads this file first.
    let zsh = home.root().join("bin/zsh");
    put(&zsh, "#!/bin/sh\nsed -n 's/^fpath+=(\\(.*\\))$/\\1/p' ~/.zshenv | tr -d '\"'\n");
    chmod(&zsh, 0o755);
    let first = install(&home, &["--user"]);
    let line = first.stdout.lines().find_map(|line| line.strip_prefix("for completions in zsh: ")).unwrap();
    let mut shell = Command::new("/bin/sh");
    home.dress(&mut shell).args(["-c", line]);
    home.start(shell).end().code(0);
    let second = install(&home, &["--user"]);
    second.code(0);
    assert!(!second.stdout.contains("zsh:"), "{}", second.stdout);
    let dir = fs::read_to_string(home.path(".zshenv")).unwrap();
    let dir = dir.trim_end().strip_prefix("fpath+=(").and_then(|dir| dir.strip_suffix(')')).unwrap();
    assert!(Path::new(dir.trim_matches('"')).join("_ocsync").is_file(), "{dir}");
}
