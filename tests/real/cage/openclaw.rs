//! The real OpenClaw, in a directory of its own, cut off from every network.
//!
//! What is missing without its install scripts, or cannot be had from npm, is not needed for
//! profiles; where a version insists, it is replaced or switched off here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Started, alone, beside, npm, turns};
use crate::home::users::copy_for_all;
use crate::home::{self, Home, Run};
use ocsync::testing::model::version::Version;

/// Runs a test with an installation, where there can be one.
pub fn run(version: &'static str, test: fn(&OpenClaw)) {
    let _turn = turns::of_many("OpenClaw with files");
    run_now(version, test);
}

/// The same, one test at a time: six OpenClaws side by side are slower than OpenClaw is patient with a program that
/// it asks.
pub fn run_alone(version: &'static str, test: fn(&OpenClaw)) {
    let _turn = turns::of_one();
    run_now(version, test);
}

fn run_now(version: &'static str, test: fn(&OpenClaw)) {
    if let Some(openclaw) = OpenClaw::get(version) {
        test(&openclaw);
    }
}

/// Whether `OCSYNC_REAL_RELEASES` names a release, or none.
pub fn is_chosen(version: &str) -> bool {
    let chosen = std::env::var("OCSYNC_REAL_RELEASES").unwrap_or_default();
    chosen.is_empty() || chosen.split(' ').any(|one| one == version)
}

/// How OpenClaw brings its files up to date.
pub const DOCTOR: &[&str] = &["doctor", "--fix", "--non-interactive"];

/// An installed OpenClaw.
pub struct OpenClaw {
    pub version: &'static str,
    pub node: PathBuf,
    pub package: PathBuf,
    /// Stands in for the bundled plugins where their packages are missing.
    no_plugins: PathBuf,
}

impl OpenClaw {
    /// Installs it, unless it is there; says why where that is not wanted or not possible.
    pub fn get(version: &'static str) -> Option<Self> {
        Self::get_if("OCSYNC_REAL_OPENCLAW", version)
    }

    /// The same, where another variable asks for it.
    pub fn get_if(variable: &str, version: &'static str) -> Option<Self> {
        let (node, [package]) = npm::get(variable, [("openclaw", version)])?;
        let no_plugins = npm::base().join("no-plugins");
        fs::create_dir_all(&no_plugins).unwrap();
        Some(Self { version, node, package, no_plugins })
    }

    /// `openclaw` with these arguments, in this home.
    pub fn command(&self, home: &Home, args: &[&str]) -> Command {
        self.node(home, &[&[self.package.join("openclaw.mjs").to_str().unwrap()], args].concat())
    }

    /// Whether its profiles are in SQLite.
    pub fn has_databases(&self) -> bool {
        self.number() >= Version::SQLITE
    }

    /// Whether its agents share a store.
    pub fn shares(&self) -> bool {
        self.number() >= Version::SHARED_STORE
    }

    fn number(&self) -> Version {
        Version::parse(self.version).unwrap()
    }

    /// The one way by which profiles of before get into SQLite. It says much, and 0 also where it leaves some.
    pub fn repair(&self, home: &Home) {
        let output = self.command(home, DOCTOR).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && !said.contains("Left auth profile JSON"), "{said}");
    }

    /// `store.mjs`, which see.
    pub fn drive(&self, home: &Home, args: &[&str]) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/cage/store.mjs");
        self.node(home, &[&[script, self.package.to_str().unwrap()], args].concat())
    }

    /// A program of Node's in this home, with loopback and nothing else.
    fn node(&self, home: &Home, args: &[&str]) -> Command {
        let mut command = alone();
        home.dress(&mut command).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(["/usr/bin/env".to_owned(), self.plugins()]).arg(&self.node).args(args);
        command
    }

    /// A variable of its own: where the bundled plugins are that it is to load.
    fn plugins(&self) -> String {
        let dir = if self.version == "2026.4.5" { self.no_plugins.to_str().unwrap() } else { "" };
        format!("OPENCLAW_BUNDLED_PLUGINS_DIR={dir}")
    }

    /// A script that runs `openclaw` in the network of a process.
    pub fn beside(&self, pid: u32) -> String {
        let (node, package) = (self.node.display(), self.package.display());
        let beside = beside(pid).join("' '");
        format!("exec '{beside}' /usr/bin/env '{}' '{node}' '{package}/openclaw.mjs' \"$@\"", self.plugins())
    }

    /// Puts what a user has into the home's `bin`: this `openclaw`, alone or in the network of a process,
    /// and an ocsync of the user's own.
    pub fn install(&self, home: Home, network: Option<u32>) -> Home {
        let program = home.root().join("bin/ocsync");
        copy_for_all(home::OCSYNC.as_ref(), &program);
        let script = network.map_or_else(|| self.caged(&home), |pid| self.beside(pid));
        // Claude Code, where a test has installed it, is in the last of these.
        let path = format!("/usr/sbin:/usr/bin:/sbin:/bin:{}", home.root().join("bin").display());
        home.openclaw(&format!("export PATH={path}\n{script}"))
    }

    fn caged(&self, home: &Home) -> String {
        let cage = self.command(home, &[]);
        let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap());
        let words: Vec<String> = std::iter::once(cage.get_program()).chain(cage.get_args()).map(quoted).collect();
        format!("exec {} \"$@\"", words.join(" "))
    }

    /// Starts a gateway, alone or in the network of a process, and waits until it listens.
    pub fn gateway(&self, home: &Home, network: Option<u32>) -> Started {
        let log = fs::File::create(home.path("gateway.log")).unwrap();
        let script = network.map_or_else(|| self.caged(home), |pid| self.beside(pid));
        let mut command = Command::new("/bin/sh");
        home.dress(&mut command).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(["-c", &script, "sh", "gateway", "run", "--bind", "loopback"]);
        let gateway = Started(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let start = Instant::now();
        let said = || fs::read_to_string(home.path("gateway.log")).unwrap();
        while !said().contains("listening") {
            assert!(start.elapsed() < Duration::from_secs(240), "the gateway did not start: {}", said());
            std::thread::sleep(Duration::from_millis(100));
        }
        gateway
    }
}

/// The ocsync that is the user's own, in this home.
pub fn own(home: &Home, args: &[&str]) -> Run {
    let mut command = Command::new(home.root().join("bin/ocsync"));
    home.dress(&mut command).args(args);
    home.start(command).end()
}
