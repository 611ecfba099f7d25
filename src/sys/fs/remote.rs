//! Whether a file is on a file system of another machine or of a program.
//!
//! SQLite in WAL mode keeps the index of its log in memory that all programs share by mapping one file. Where another
//! kernel, or a program, answers for the file, each side has memory of its own, and two writers damage the database.

use std::path::Path;

/// The file systems on Linux that are answered for elsewhere: the magic numbers of `statfs(2)`, and their names.
/// A virtiofs has the number of FUSE.
#[cfg(target_os = "linux")]
const REMOTE: [(i128, &str); 14] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x786f_4256, "vboxsf"),
    (0xbacb_acbc, "vmhgfs"),
];

/// The name of the file system that a file is on, if it is not a local one. A file that cannot be looked at counts as
/// local: what opens it says why.
#[cfg(target_os = "linux")]
pub fn remote(path: &Path) -> Option<&'static str> {
    name(rustix::fs::statfs(path).ok()?.f_type.into())
}

#[cfg(target_os = "linux")]
fn name(number: i128) -> Option<&'static str> {
    // Some machines give the 32 bits with a sign.
    let known = REMOTE.iter().find(|(magic, _)| *magic == number & 0xffff_ffff);
    known.map(|(_, name)| *name)
}

/// The same where the system itself says which file systems are local.
#[cfg(not(target_os = "linux"))]
pub fn remote(path: &Path) -> Option<&'static str> {
    const MNT_LOCAL: u32 = 0x1000;
    let flags = rustix::fs::statfs(path).ok()?.f_flags;
    (flags & MNT_LOCAL == 0).then_some("a network file system")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_that_is_answered_for_elsewhere_has_a_name() {
        for (number, expected) in [
            (0x6969, Some("NFS")),
            (0x6573_5546, Some("FUSE")),
            (0x0102_1997, Some("9p")),
            (0xff53_4d42, Some("SMB")),
            (-0x00ac_b2be, Some("SMB")),
            (0xbacb_acbc, Some("vmhgfs")),
            (0xef53, None),
            (0x9123_683e, None),
            (0x794c_7630, None),
            (0x0102_1994, None),
        ] {
            assert_eq!(name(number), expected, "{number:#x}");
        }
    }

    #[test]
    fn this_machine_answers_for_its_own_files() {
        assert_eq!(remote(Path::new("/proc/self")), None);
        assert_eq!(remote(Path::new("/no/such/file")), None);
    }
}
