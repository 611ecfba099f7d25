//! The floor where profiles are in SQLite: what no program can be faster than that opens every database with SQLite,
//! reads one row and closes it. It is linked with the SQLite that ocsync has.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fs::read_dir;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

#[link(name = "sqlite3", kind = "static")]
unsafe extern "C" {
    fn sqlite3_open_v2(path: *const c_char, database: *mut *mut c_void, flags: c_int, vfs: *const c_char) -> c_int;
    fn sqlite3_prepare_v2(
        database: *mut c_void,
        sql: *const c_char,
        size: c_int,
        statement: *mut *mut c_void,
        rest: *mut *const c_char,
    ) -> c_int;
    fn sqlite3_step(statement: *mut c_void) -> c_int;
    fn sqlite3_column_bytes(statement: *mut c_void, column: c_int) -> c_int;
    fn sqlite3_finalize(statement: *mut c_void) -> c_int;
    fn sqlite3_close(database: *mut c_void) -> c_int;
}

const READ_WRITE: c_int = 2;
const NO_MUTEX: c_int = 0x8000;
const ROW: c_int = 100;
const DONE: c_int = 101;

fn read(path: PathBuf, sql: &str) -> io::Result<c_int> {
    let (path, sql) = (CString::new(path.into_os_string().into_vec())?, CString::new(sql)?);
    let (mut database, mut statement) = (null_mut(), null_mut());
    unsafe {
        let opened = sqlite3_open_v2(path.as_ptr(), &mut database, READ_WRITE | NO_MUTEX, null_mut());
        let ready = sqlite3_prepare_v2(database, sql.as_ptr(), -1, &mut statement, null_mut());
        if (opened, ready) != (0, 0) || ![ROW, DONE].contains(&sqlite3_step(statement)) {
            return Err(io::Error::other(format!("cannot read {path:?}")));
        }
        let size = sqlite3_column_bytes(statement, 0);
        sqlite3_finalize(statement);
        sqlite3_close(database);
        Ok(size)
    }
}

fn main() -> io::Result<()> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let openclaw = Path::new(&home).join(".openclaw");
    let (state, mut total) = (openclaw.join("state/openclaw.sqlite"), 0);
    if state.exists() {
        total += read(state, "SELECT value_json FROM config_machine_state WHERE state_key = 'authProfiles.store'")?;
    }
    for entry in read_dir(openclaw.join("agents"))? {
        let own = entry?.path().join("agent/openclaw-agent.sqlite");
        total += read(own, "SELECT store_json FROM auth_profile_store WHERE store_key = 'primary'")?;
    }
    std::hint::black_box(total);
    Ok(())
}
