//! Whether a file has a mode of its own. On vfat, exFAT, NTFS and shares the options of the mount say who may read and
//! write all files, and `chmod` may change nothing.

use std::path::Path;

/// The file systems on Linux that may keep no modes: the magic numbers of `statfs(2)`. Those of user space have one number,
/// and some of them do.
#[cfg(target_os = "linux")]
const WITHOUT: [i128; 10] = [
    0x4d44,      // vfat
    0x2011_bab0, // exFAT
    0x5346_544e, // NTFS
    0x7366_746e, // NTFS3
    0x6573_5546, // FUSE
    0x517b,      // SMB
    0xff53_4d42, // SMB
    0xfe53_4d42, // SMB
    0x786f_4256, // vboxsf
    0xbacb_acbc, // vmhgfs
];

/// A hint that begins with this `chmod`, and says what to do where that changes nothing.
#[must_use]
pub fn hint(chmod: &str, path: &Path) -> String {
    if may_have_none(path) {
        format!("{chmod}; if that changes nothing, its file system keeps no modes: mount it with umask=077")
    } else {
        chmod.to_owned()
    }
}

/// Whether the mode of a file is as good as another one that it cannot be given: some programs that serve files without
/// modes (FAT in user space) let `chmod` fail. It gives all rights, and others none beyond them.
#[must_use]
pub fn will_do(found: u32, wanted: u32) -> bool {
    found & wanted == wanted && found & !wanted & 0o7077 == 0
}

#[cfg(target_os = "linux")]
fn may_have_none(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| is_without(found.f_type.into()))
}

#[cfg(target_os = "linux")]
fn is_without(number: i128) -> bool {
    // Some machines give the 32 bits with a sign.
    WITHOUT.contains(&(number & 0xffff_ffff))
}

#[cfg(not(target_os = "linux"))]
fn may_have_none(_: &Path) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_that_may_keep_no_modes_is_known_by_its_number() {
        for number in [0x4d44, 0x2011_bab0, 0x6573_5546, 0xff53_4d42, -0x00ac_b2be] {
            assert!(is_without(number), "{number:#x}");
        }
        for number in [0xef53, 0x9123_683e, 0x0102_1994, 0x6969] {
            assert!(!is_without(number), "{number:#x}");
        }
    }

    #[test]
    fn a_mode_will_do_that_opens_a_file_to_nobody_else() {
        assert!(will_do(0o700, 0o600) && will_do(0o600, 0o600) && will_do(0o744, 0o644));
        for (found, wanted) in [(0o400, 0o600), (0o740, 0o600), (0o701, 0o600), (0o700, 0o644), (0o4700, 0o600)] {
            assert!(!will_do(found, wanted), "{found:o} {wanted:o}");
        }
    }

    #[test]
    fn where_modes_are_kept_the_hint_is_the_command() {
        assert_eq!(hint("chmod o-w /proc", Path::new("/proc")), "chmod o-w /proc");
        assert_eq!(hint("chmod o-w /no", Path::new("/no/such")), "chmod o-w /no");
    }
}
