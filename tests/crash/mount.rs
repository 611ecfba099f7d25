//! File systems to break: one in memory that is full, one on an image whose power is cut.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::home::{is_root, setting};

/// A mounted file system; it goes with the value.
pub struct Mount {
    dir: tempfile::TempDir,
    is_mounted: bool,
}

/// Why nothing can be mounted here.
pub fn refused() -> Option<&'static str> {
    match (setting("OCSYNC_CRASH_MOUNT", 0), is_root()) {
        (1, true) => None,
        (1, false) => Some("only root can mount a file system"),
        _ => Some("it mounts file systems, as root: set OCSYNC_CRASH_MOUNT=1"),
    }
}

/// Runs a program of the system; `false` where there is none, or it fails.
pub fn system(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The same, tried again for a while: another thread's child holds what is open here until it has
/// become its program, and loop devices are shared by all.
fn patiently(program: &str, args: &[&str]) -> bool {
    (0..100).any(|_| {
        let done = system(program, args);
        if !done {
            std::thread::sleep(Duration::from_millis(20));
        }
        done
    })
}

impl Mount {
    /// So many bytes of memory; `None` where that cannot be mounted.
    pub fn memory(size: &str) -> Option<Self> {
        let mut mount = Self { dir: tempfile::tempdir().unwrap(), is_mounted: false };
        fs::create_dir(mount.path()).unwrap();
        let path = mount.path();
        mount.is_mounted =
            system("mount", &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", path.to_str().unwrap()]);
        mount.is_mounted.then_some(mount)
    }

    /// An ext4 with a journal on a loop device; `None` where that cannot be had. The image is in memory if
    /// that can be: it is the ext4 that loses its power, and the image's own disk would only be slow.
    pub fn image() -> Option<Self> {
        let memory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let mut mount = Self { dir: memory.unwrap(), is_mounted: false };
        fs::create_dir(mount.path()).unwrap();
        File::create(mount.file()).unwrap().set_len(24 << 20).unwrap();
        let made = system("mkfs.ext4", &["-q", "-F", "-J", "size=4", mount.file().to_str().unwrap()]);
        (made && mount.up()).then_some(mount)
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("mounted")
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("image")
    }

    /// Mounts the image: ext4 takes up what its journal holds. Another mount namespace, made while it was
    /// mounted, may keep the file system that was cut alive: then a copy of the image is another one.
    pub fn up(&mut self) -> bool {
        for _ in 0..3 {
            let (file, path) = (self.file(), self.path());
            self.is_mounted = patiently("mount", &["-o", "loop", file.to_str().unwrap(), path.to_str().unwrap()]);
            let probe = path.join("probe");
            if self.is_mounted && fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)).is_ok() {
                return true;
            }
            if self.is_mounted && !self.down() {
                return false;
            }
            let copy = file.with_file_name("copy");
            fs::copy(&file, &copy).and_then(|_| fs::rename(&copy, &file)).unwrap();
        }
        false
    }

    pub fn down(&mut self) -> bool {
        self.is_mounted = !patiently("umount", &[self.path().to_str().unwrap()]);
        !self.is_mounted
    }

    /// Everything that is written so far is on the disk.
    pub fn sync(&self) {
        rustix::fs::syncfs(File::open(self.path()).unwrap()).unwrap();
    }

    /// Cuts the power: nothing reaches the disk any more, not even the file system's journal.
    /// `EXT4_IOC_SHUTDOWN` with `NOLOGFLUSH`; by perl, as an ioctl of one's own is unsafe in Rust.
    pub fn cut(path: &Path) -> bool {
        let script =
            "open(my $d, '<', $ARGV[0]) or exit 1; my $flags = pack('L', 2); exit !ioctl($d, 0x8004587D, $flags)";
        system("perl", &["-e", script, path.to_str().unwrap()])
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.is_mounted {
            system("umount", &["-l", self.path().to_str().unwrap()]);
        }
    }
}
