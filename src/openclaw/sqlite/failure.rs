//! Why a database cannot be written, from what SQLite says.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::openclaw::sqlite::connection::is_busy;

/// The problem of a database at which SQLite failed. Its text holds nothing of a cell.
pub(super) fn problem(path: &Path, error: &rusqlite::Error) -> Problem {
    let of = path.display();
    match error.sqlite_error_code() {
        _ if is_busy(error) => {
            let message = format!("{of}: another program is writing it");
            Problem::busy(message, "the next run tries again")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => denied(path),
        Some(ErrorCode::DiskFull) => {
            let message = format!("cannot write {of}: no space left");
            Problem::error(Code::Io, "full", message, "free some space, then run ocsync again")
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => {
            Problem::error(Code::Io, "io", format!("cannot write {of}: {error}"), "")
        }
        Some(code) => {
            let message = format!("{of}: SQLite says {code:?}");
            Problem::malformed(message, "ocsync left it alone; run: openclaw doctor")
        }
        None => {
            let message =
                format!("{of}: the profiles in it, or their cooldowns, are not text or are larger than 4 MiB");
            Problem::malformed(message, "ocsync left it alone; run: openclaw doctor")
        }
    }
}

/// The problem of a database that this user may not write.
pub(super) fn denied(path: &Path) -> Problem {
    let message = format!("cannot write {}: it, or its directory, may not be written", path.display());
    Problem::error(Code::Permission, "permission", message, "run ocsync as the user who owns it")
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_kind_of_error_has_its_exit_code() {
        for (number, code, failure) in [
            (ffi::SQLITE_BUSY, "busy", Code::Busy),
            (ffi::SQLITE_LOCKED, "busy", Code::Busy),
            (ffi::SQLITE_READONLY, "permission", Code::Permission),
            (ffi::SQLITE_CANTOPEN, "permission", Code::Permission),
            (ffi::SQLITE_PERM, "permission", Code::Permission),
            (ffi::SQLITE_FULL, "full", Code::Io),
            (ffi::SQLITE_IOERR, "io", Code::Io),
            (ffi::SQLITE_NOMEM, "io", Code::Io),
            (ffi::SQLITE_CORRUPT, "malformed", Code::Data),
            (ffi::SQLITE_NOTADB, "malformed", Code::Data),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(number), None);
            let problem = problem(Path::new("/d.sqlite"), &error);
            assert_eq!((problem.code, problem.failure), (code, Some(failure)), "{number}");
            assert!(problem.message.contains("/d.sqlite"), "{}", problem.message);
        }
        let odd = problem(Path::new("/d.sqlite"), &rusqlite::Error::InvalidQuery);
        assert_eq!(
            odd.message,
            "/d.sqlite: the profiles in it, or their cooldowns, are not text or are larger than 4 MiB"
        );
    }
}
