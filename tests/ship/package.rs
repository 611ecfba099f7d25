//! The Debian package holds what `contrib` holds, runs, and starts nothing.
//!
//! Opt-in, as it builds an optimised program: set `OCSYNC_PACKAGE=1`. Without the variable, or where
//! `cargo deb` or `dpkg-deb` is missing, the test prints `SKIPPED` and passes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::Home;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DOC: &str = "/usr/share/doc/ocsync/";

/// What a program prints; it must succeed.
pub fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn works(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
}

/// Whether the tests that build packages are to run.
pub fn is_asked_for() -> bool {
    let asked = std::env::var_os("OCSYNC_PACKAGE").is_some_and(|value| value == "1");
    if !asked {
        println!("SKIPPED: builds an optimised program; OCSYNC_PACKAGE=1 asks for it");
    }
    asked
}

/// The package, built into a directory; `None` where it is not asked for or cannot be.
fn built(dir: &Path) -> Option<PathBuf> {
    let cargo = env!("CARGO");
    if !is_asked_for() {
        return None;
    }
    if !works(cargo, &["deb", "--version"]) || !works("dpkg-deb", &["--version"]) {
        println!("SKIPPED: cargo-deb or dpkg-deb is missing");
        return None;
    }
    printed(Command::new(cargo).current_dir(ROOT).args(["deb", "--locked", "--output"]).arg(dir.join("ocsync.deb")));
    Some(dir.join("ocsync.deb"))
}

/// The files under a directory of the repository, by their paths in it.
pub fn files(dir: &str) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(Path::new(ROOT).join(dir)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let inside = files(&format!("{dir}/{name}")).into_iter();
            found.extend(inside.map(|(inner, path)| (format!("{name}/{inner}"), path)));
        } else {
            found.insert(name, path);
        }
    }
    assert!(!found.is_empty(), "{dir}");
    found
}

/// Where every file of the package goes, and which file of the repository it is.
fn expected() -> BTreeMap<String, PathBuf> {
    let mut all = BTreeMap::new();
    let mut put = |to: &str, of: BTreeMap<String, PathBuf>| {
        all.extend(of.into_iter().map(|(name, path)| (format!("{to}{name}"), path)));
    };
    for kind in ["user", "system"] {
        for dir in ["contrib/systemd", "contrib/deb"] {
            put(&format!("/usr/lib/systemd/{kind}/"), files(&format!("{dir}/{kind}")));
        }
    }
    let pages = files("contrib/man").into_iter().map(|(name, path)| (format!("{name}.gz"), path));
    put("/usr/share/man/man1/", pages.collect());
    for (name, path) in files("contrib/completions") {
        let (to, name) = match name.as_str() {
            "_ocsync" => ("/usr/share/zsh/vendor-completions/", "_ocsync"),
            "ocsync.bash" => ("/usr/share/bash-completion/completions/", "ocsync"),
            "ocsync.fish" => ("/usr/share/fish/vendor_completions.d/", "ocsync.fish"),
            other => panic!("for which shell is {other}?"),
        };
        put(to, [(name.to_owned(), path)].into());
    }
    for dir in ["schema", "config", "prometheus", "nagios"] {
        put(DOC, files(&format!("contrib/{dir}")));
    }
    // The drop-ins, which are for a person to copy.
    put(DOC, files("contrib/systemd").into_iter().filter(|(name, _)| !name.contains('/')).collect());
    for name in ["README.md", "MANUAL.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        put(DOC, [(name.to_owned(), Path::new(ROOT).join(name))].into());
    }
    all
}

/// Path and mode of every file in the package, as `dpkg-deb` lists them, all of root's.
fn listed(package: &Path) -> BTreeMap<String, String> {
    let listing = printed(Command::new("dpkg-deb").arg("-c").arg(package).env("LC_ALL", "C"));
    let file = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(["root/root", "0/0"].contains(&words[1]), "{line}");
        (words[5].trim_start_matches('.').to_owned(), words[0].to_owned())
    };
    listing.lines().filter(|line| !line.starts_with('d')).map(file).collect()
}

/// What systemd says of the units of a kind, as the package has put them.
fn verified(home: &Home, root: &Path, kind: &str) -> String {
    let dir = root.join("usr/lib/systemd").join(kind);
    let mut command = Command::new("systemd-analyze");
    home.dress(&mut command).env("PATH", "/usr/bin:/bin").env("XDG_RUNTIME_DIR", home.root());
    command.env("SYSTEMD_UNIT_PATH", format!("{}:", dir.display()));
    let units = files(&format!("contrib/systemd/{kind}")).into_keys().filter(|name| name.ends_with(".service"));
    let output = command.args(["verify", "--man=no", &format!("--{kind}")]).args(units.map(|name| dir.join(name)));
    String::from_utf8(output.output().unwrap().stderr).unwrap()
}

#[test]
fn the_debian_package_holds_what_contrib_holds_and_runs() {
    let home = Home::stale();
    let Some(package) = built(home.root()) else { return };
    let expected = expected();
    let mut modes: BTreeMap<String, String> =
        expected.keys().map(|path| (path.clone(), "-rw-r--r--".to_owned())).collect();
    modes.insert("/usr/bin/ocsync".to_owned(), "-rwxr-xr-x".to_owned());
    modes.insert(format!("{DOC}copyright"), "-rw-r--r--".to_owned());
    assert_eq!(listed(&package), modes);

    let root = home.root().join("unpacked");
    printed(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&root));
    for (path, of) in &expected {
        let there = root.join(&path[1..]);
        let same = match path.strip_suffix(".gz") {
            Some(_) => printed(Command::new("gzip").arg("-dc").arg(&there)).into_bytes() == fs::read(of).unwrap(),
            None => fs::read(&there).unwrap() == fs::read(of).unwrap(),
        };
        assert!(same, "{path} is not {}", of.display());
    }
    let run = |args: &[&str]| {
        let mut command = Command::new(root.join("usr/bin/ocsync"));
        home.dress(&mut command).args(args);
        home.start(command).end()
    };
    let version = format!("ocsync {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["--version"]).code(0).stdout, version);
    run(&["sync"]).code(0).prints("updated main");

    // Nothing runs on installation: there is no maintainer script, and no unit is enabled.
    let control = home.root().join("control");
    printed(Command::new("dpkg-deb").arg("-e").arg(&package).arg(&control));
    let scripts = fs::read_dir(&control).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let scripts: Vec<String> = scripts.filter(|name| !["control", "md5sums"].contains(&name.as_str())).collect();
    assert_eq!(scripts, Vec::<String>::new());
    let field = |name: &str| printed(Command::new("dpkg-deb").arg("-f").arg(&package).arg(name));
    assert!(field("Version").starts_with(env!("CARGO_PKG_VERSION")) && field("Depends").contains("libc6"));

    if !works("systemd-analyze", &["--version"]) {
        println!("SKIPPED: systemd-analyze is not installed, the units are not judged");
        return;
    }
    // The only thing that may be wrong is that the package is not installed here.
    for kind in ["user", "system"] {
        let said = verified(&home, &root, kind);
        let of_package = |line: &str| line.contains("/usr/bin/ocsync") || Path::new("/usr/bin/ocsync").exists();
        assert!(said.lines().all(of_package), "{kind}: {said}");
        for (name, _) in files(&format!("contrib/deb/{kind}")) {
            fs::remove_file(root.join("usr/lib/systemd").join(kind).join(name)).unwrap();
        }
        let elsewhere = if kind == "user" { "/.local/bin/ocsync" } else { "/usr/local/bin/ocsync" };
        let said = verified(&home, &root, kind);
        assert!(said.contains(elsewhere) || Path::new(elsewhere).exists(), "{kind}: {said}");
    }
}
