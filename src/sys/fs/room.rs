//! Room on the disk for a file whose bytes are not known yet.

use std::fs::File;
use std::io::{self, Read, Seek};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Takes `room` bytes of the disk for a file. Where the file system cannot promise them, blanks are
/// written.
pub(super) fn set_aside(file: &File, room: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, room) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_blanks(file, room),
        Err(error) => Err(error.into()),
    }
}

fn write_blanks(mut file: &File, room: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(b' ').take(room), &mut file)?;
    file.sync_all()?;
    file.rewind()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    #[test]
    fn blanks_make_room_and_the_bytes_are_written_over_them() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("f");
        let file = File::create_new(&path).unwrap();
        write_blanks(&file, 10_000).unwrap();
        (&file).write_all(b"x").unwrap();
        assert_eq!((fs::metadata(&path).unwrap().len(), fs::read(&path).unwrap()[0]), (10_000, b'x'));
    }
}
