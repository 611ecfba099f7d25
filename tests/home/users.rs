//! Files of other users, and runs as another user: where the tests run as root.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Home, OCSYNC, Run};

const SETPRIV: &str = "/usr/bin/setpriv";
pub const NOBODY: u32 = 65_534;

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Gives a file or a whole directory to a user and the group of the same number.
pub fn give(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).unwrap();
    if fs::symlink_metadata(path).unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), uid);
        }
    }
}

/// Runs as nobody in a home that is nobody's; `None` where that cannot be done.
pub fn as_nobody(home: &Home, args: &[&str]) -> Option<Run> {
    if !is_root() || !fs::exists(SETPRIV).unwrap() {
        println!("SKIPPED: not root, or setpriv is not installed");
        return None;
    }
    // The program itself may lie where nobody cannot go.
    let program = home.root().join("bin/ocsync");
    if !program.exists() {
        // Not by this process: a test beside it that starts something would hold it open for writing.
        assert!(Command::new("cp").arg(OCSYNC).arg(&program).status().unwrap().success());
    }
    let mut command = Command::new(SETPRIV);
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program).args(args);
    home.dress(&mut command);
    Some(home.start(command).end())
}
