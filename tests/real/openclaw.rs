//! The real OpenClaw, in a directory of its own, cut off from every network.
//!
//! What is missing without its install scripts, or cannot be had from npm, is not needed for
//! profiles; where a version insists, it is replaced or switched off here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{alone, beside, npm};
use crate::common::Home;

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
        let (node, [package]) = npm::get("OCSYNC_REAL_OPENCLAW", [("openclaw", version)])?;
        let no_plugins = npm::base().join("no-plugins");
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
        let mut command = alone();
        home.dress(&mut command).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        if self.version == "2026.4.5" {
            command.env("OPENCLAW_BUNDLED_PLUGINS_DIR", &self.no_plugins);
        }
        command.arg(&self.node).args(args);
        command
    }

    /// A script that runs `openclaw` in the network of a process.
    pub fn beside(&self, pid: u32) -> String {
        let (node, package) = (self.node.display(), self.package.display());
        let beside = beside(pid).join("' '");
        format!("exec '{beside}' '{node}' '{package}/openclaw.mjs' \"$@\"")
    }
}
