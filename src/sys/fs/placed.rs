//! A new file that is in its place before its bytes are known: blank, with room for them.
//!
//! One write is all that is left to do then. Its bytes are there even if the run is killed next.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use crate::sys::fs::exchange::{failed, put_new};
use crate::sys::fs::prepared::{NotReplaced, Prepared, sync};
use crate::sys::fs::temp::Temp;

/// A blank file in its place. It goes away unless it is filled.
#[derive(Debug)]
pub struct Placed {
    temp: Temp,
    file: File,
}

impl Prepared {
    /// Puts the file in its place, blank, if nothing is there.
    ///
    /// # Errors
    /// [`NotReplaced`]; nothing is left behind.
    pub fn place(self) -> Result<Placed, NotReplaced> {
        let Self { target, mut temp, file, .. } = self;
        file.sync_all().map_err(|error| failed("cannot write", &target.path(), &error))?;
        put_new(&mut temp, &target)?;
        drop(temp);
        let placed = Placed { temp: Temp { spot: target, kept: false }, file };
        sync(&placed.temp.spot)?;
        Ok(placed)
    }
}

impl Placed {
    /// Writes the bytes; from then on the file stays. Blanks may follow them if the run is killed.
    ///
    /// # Errors
    /// [`NotReplaced::Failed`]; the file is gone.
    pub fn fill(mut self, bytes: &[u8]) -> Result<PathBuf, NotReplaced> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| failed("cannot write", &self.temp.spot.path(), &error))?;
        self.temp.kept = true;
        // The bytes can be read from here on. All that may still fail is that they outlast a power cut.
        let _ = self.file.set_len(bytes.len() as u64).and_then(|()| self.file.sync_all());
        Ok(self.temp.spot.path())
    }
}

/// Whether nothing has filled a file that was put in its place blank.
#[must_use]
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, 0 | b' '))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sys::fs::prepared::{Expect, For};

    #[test]
    fn a_file_is_blank_in_its_place_and_goes_away_unless_it_is_filled() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("f");
        let place = || Prepared::new(&path, Expect::Absent, For::Owner, 5_000).and_then(Prepared::place);
        let placed = place().unwrap();
        assert!(is_blank(&fs::read(&path).unwrap()));
        assert!(matches!(place(), Err(NotReplaced::Changed)));
        drop(placed);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!(place().unwrap().fill(b"bytes").unwrap(), path);
        assert_eq!(fs::read(&path).unwrap(), b"bytes");
        assert!(!is_blank(b"  \0x") && is_blank(b"  \0") && is_blank(b""));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
