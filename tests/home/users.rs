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

/// Copies a program to a place that other users reach, with a mode that lets them run it. The program itself may be
/// where they cannot go, and its mode is what the umask of its build was.
pub fn copy_for_all(program: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    // Another process writes the copy: while this one had it open, a test beside it could start a program that
    // has it open for longer, and a file that is open for writing cannot be run.
    let copied = Command::new("/usr/bin/install").args(["-m", "755"]).arg(program).arg(to).status().unwrap();
    assert!(copied.success());
}

/// Gives a command that runs this program as nobody; `None` where that cannot be done.
pub fn nobody(program: &Path) -> Option<Command> {
    let as_nobody = |program: &Path| {
        let mut command = Command::new(SETPRIV);
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
        command
    };
    let reaches = || as_nobody(Path::new("/usr/bin/test")).arg("-x").arg(program).status();
    if !is_root() || !reaches().is_ok_and(|status| status.success()) {
        println!("SKIPPED: not root, or setpriv is not installed, or nobody cannot reach {}", program.display());
        return None;
    }
    Some(as_nobody(program))
}

/// Runs as nobody in a home that is nobody's, or open to all; `None` where that cannot be done.
pub fn as_nobody(home: &Home, args: &[&str]) -> Option<Run> {
    let program = home.root().join("bin/ocsync");
    if !program.exists() {
        copy_for_all(OCSYNC.as_ref(), &program);
    }
    let mut command = nobody(&program)?;
    command.args(args);
    home.dress(&mut command);
    Some(home.start(command).end())
}
