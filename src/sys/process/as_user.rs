//! The command that does the same as another user. ocsync itself never runs anything as another user: it says how.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::shell::quoted;
use crate::sys::fs::read;

/// Whose a file is, where this run is root's and the file is another user's.
#[must_use]
pub fn stranger(path: &Path) -> Option<u32> {
    let uid = fs::metadata(path).ok()?.uid();
    (rustix::process::geteuid().is_root() && uid != 0).then_some(uid)
}

/// The command line, for a shell, that does what this run was asked for as `uid`; with one more option for `near`, where
/// the run has none of that name. The home is the topmost directory of that user on the way there.
#[must_use]
pub fn command(uid: u32, near: &Path, option: Option<&str>) -> String {
    let is_theirs = |dir: &&Path| fs::metadata(dir).is_ok_and(|meta| meta.is_dir() && meta.uid() == uid);
    let home = near.ancestors().filter(is_theirs).last().unwrap_or(near);
    let program = std::env::current_exe().unwrap_or_else(|_| "ocsync".into());
    let mut words = words([program.into()].into_iter().chain(std::env::args_os().skip(1)));
    for (option, value) in option.map(|option| (option, near)).into_iter().chain([("--home", home)]) {
        if !words.iter().any(|word| word.starts_with(option)) {
            words.extend([option.to_owned(), quoted(&value.to_string_lossy())]);
        }
    }
    let gid = fs::metadata(home).map_or(uid, |meta| meta.gid());
    let has = |program: &str| {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].iter().any(|dir| Path::new(dir).join(program).exists())
    };
    start(name(uid).as_deref(), uid, gid, &words.join(" "), has)
}

fn start(name: Option<&str>, uid: u32, gid: u32, words: &str, has: impl Fn(&str) -> bool) -> String {
    match name {
        Some(name) if has("runuser") => format!("runuser -u {name} -- {words}"),
        Some(name) if has("su") => format!("su -s /bin/sh -c {} {name}", quoted(words)),
        _ => format!("setpriv --reuid={uid} --regid={gid} --clear-groups {words}"),
    }
}

/// The name of a user, where the machine knows one.
#[must_use]
pub fn name(uid: u32) -> Option<String> {
    let (users, _) = read::read(Path::new("/etc/passwd")).ok().flatten()?;
    let users = String::from_utf8_lossy(&users).into_owned();
    let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = users.find(|fields| fields.get(2).is_some_and(|of| of.parse() == Ok(uid)))?;
    Some(quoted(found[0])).filter(|name| !name.starts_with(['-', '\'']))
}

/// The words of this run, without its home, and without what may hold a secret: a ping's URL, a hook.
fn words(mut all: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut kept = Vec::new();
    while let Some(word) = all.next() {
        let word = word.to_string_lossy();
        let option = word.split('=').next().unwrap_or_default();
        if !["--home", "--ping", "--on-change", "--on-problem"].contains(&option) {
            kept.push(quoted(&word));
        } else if option == word {
            all.next();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_run_but_for_its_home_and_secrets() {
        let all = ["ocsync", "sync", "--wait", "0", "--ping=https://x", "--on-change", "cmd", "--home", "/h", "a b"];
        assert_eq!(words(all.iter().map(OsString::from)), ["ocsync", "sync", "--wait", "0", "'a b'"]);
        assert_eq!((name(0).as_deref(), name(4_000_000_001)), (Some("root"), None));
    }

    #[test]
    fn a_user_is_started_by_the_first_program_that_is_there() {
        let start = |name: Option<&str>, there: &[&str]| {
            start(name, 7, 8, "ocsync 'a b'", |program| there.contains(&program))
        };
        assert_eq!(start(Some("u1"), &["runuser", "su"]), "runuser -u u1 -- ocsync 'a b'");
        assert_eq!(start(Some("u1"), &["su"]), r"su -s /bin/sh -c 'ocsync '\''a b'\''' u1");
        for (name, there) in [(Some("u1"), &[][..]), (None, &["runuser", "su"])] {
            assert_eq!(start(name, there), "setpriv --reuid=7 --regid=8 --clear-groups ocsync 'a b'");
        }
    }
}
