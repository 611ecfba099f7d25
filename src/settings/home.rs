//! The home directory must exist. A run in a home that was mistyped finds no login and no OpenClaw, and would make
//! the home for its own state.

use std::fs;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::settings::env::Env;
use crate::sys::fs::open::is_absent;

/// Checks that the home directory exists.
///
/// # Errors
/// It does not exist, or it is not a directory. A home that may not be looked at counts as one that exists: the code that
/// reads it says why it cannot.
pub fn check(env: &Env) -> Result<(), Problem> {
    let why = match fs::metadata(env.home()) {
        Ok(meta) if !meta.is_dir() => "is not a directory",
        Err(error) if is_absent(&error) => "does not exist",
        _ => return Ok(()),
    };
    let message = format!("the home directory {} {why}", env.home().display());
    Err(Problem::error(
        Code::NoInput,
        "no-home",
        message,
        "name the home of the logins with --home, or set HOME to it",
    ))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_home_that_is_gone_or_a_file_or_a_dangling_link_is_no_home() {
        let dir = crate::sys::fs::test_dir();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink("gone", at("link")).unwrap();
        std::os::unix::fs::symlink(".", at("back")).unwrap();
        let message = |home: &Path| check(&Env::of(home, &[])).map_err(|problem| problem.message);
        assert_eq!(message(dir.path()), Ok(()));
        assert_eq!(message(&at("back")), Ok(()));
        for (name, why) in
            [("gone", "exist"), ("gone/deeper", "exist"), ("file", "not a directory"), ("link", "exist")]
        {
            let message = message(&at(name)).unwrap_err();
            assert!(message.contains(name) && message.ends_with(why), "{message}");
        }
        assert_eq!(check(&Env::of(&at("gone"), &[])).unwrap_err().failure, Some(Code::NoInput));
    }
}
