//! The command that runs ocsync as another user. ocsync itself never runs anything as another user: it says how.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::model::shell::quoted;
use crate::sys::fs::read;

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    name: String,
    gid: u32,
    home: PathBuf,
}

/// The users of this machine.
const PASSWD: &str = "/etc/passwd";
/// Where the programs are that root starts another user's program with.
const PLACES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The command line that does what this run was asked for as `uid`, for a shell: in this home, and with more options
/// where the run has none of that name.
#[must_use]
pub fn command(uid: u32, home: &Path, more: &[(&str, &Path)]) -> String {
    let account = account(uid, Path::new(PASSWD));
    let mut arguments = arguments(std::env::args_os().skip(1).collect());
    for (option, value) in [("--home", home)].iter().chain(more) {
        if !arguments.iter().any(|of| of.to_string_lossy().starts_with(option)) {
            arguments.extend([option.into(), value.into()]);
        }
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "ocsync".into());
    let words: Vec<String> =
        [program.into_os_string()].into_iter().chain(arguments).map(|word| quoted(&word.to_string_lossy())).collect();
    start(uid, account.as_ref(), &words.join(" "), &has)
}

/// Whose a state directory of OpenClaw's is, and the command line that does it as that user, where this run is root's
/// and the directory is another's.
#[must_use]
pub fn owner_of_state_dir(state_dir: &Path) -> Option<(u32, String)> {
    let uid = fs::metadata(state_dir).ok()?.uid();
    let is_anothers = rustix::process::geteuid().is_root() && uid != 0;
    is_anothers.then(|| (uid, command(uid, &home_of(uid, state_dir), &[("--state-dir", state_dir)])))
}

/// The name of a user, where the machine knows one.
#[must_use]
pub fn name(uid: u32) -> Option<String> {
    account(uid, Path::new(PASSWD)).map(|account| account.name)
}

/// The home of a user: the one that the machine knows, if it is there and that user's; else the topmost directory on the
/// way to `near` that is.
#[must_use]
pub fn home_of(uid: u32, near: &Path) -> PathBuf {
    let is_theirs = |dir: &Path| fs::metadata(dir).is_ok_and(|meta| meta.is_dir() && meta.uid() == uid);
    let known = account(uid, Path::new(PASSWD)).map(|account| account.home).filter(|home| is_theirs(home));
    let topmost = || near.ancestors().filter(|dir| is_theirs(dir)).last().unwrap_or(near).to_owned();
    known.unwrap_or_else(topmost)
}

fn has(program: &str) -> bool {
    PLACES.iter().any(|place| access(Path::new(place).join(program), Access::EXEC_OK).is_ok())
}

fn start(uid: u32, account: Option<&Account>, words: &str, has: &dyn Fn(&str) -> bool) -> String {
    match account {
        Some(Account { name, .. }) if has("runuser") => format!("runuser -u {name} -- {words}"),
        Some(Account { name, .. }) if has("su") => format!("su -s /bin/sh -c {} {name}", quoted(words)),
        _ => {
            let gid = account.map_or(uid, |account| account.gid);
            format!("setpriv --reuid={uid} --regid={gid} --clear-groups {words}")
        }
    }
}

/// The arguments of this run without its home, and without what may hold a secret: a ping's URL, a hook's arguments.
fn arguments(all: Vec<OsString>) -> Vec<OsString> {
    const LEFT_OUT: [&str; 4] = ["--home", "--ping", "--on-change", "--on-problem"];
    let (mut kept, mut skip) = (Vec::new(), false);
    for argument in all {
        let text = argument.to_string_lossy().into_owned();
        if std::mem::take(&mut skip) {
            continue;
        }
        let option = text.split('=').next().unwrap_or_default();
        if LEFT_OUT.contains(&option) {
            skip = option.len() == text.len();
        } else {
            kept.push(argument);
        }
    }
    kept
}

fn account(uid: u32, passwd: &Path) -> Option<Account> {
    let (text, _) = read::read(passwd).ok().flatten()?;
    String::from_utf8_lossy(&text).lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, of, gid, _, home, ..] = fields[..] else { return None };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        let found = Account { name: name.to_owned(), gid: gid.parse().ok()?, home: home.into() };
        (is_name && of.parse() == Ok(uid)).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_made_of_what_is_there() {
        let account = Account { name: "u1".to_owned(), gid: 7, home: "/home/u1".into() };
        let start = |there: &[&str], account: Option<&Account>| {
            start(1000, account, "ocsync sync 'a b'", &|program| there.contains(&program))
        };
        assert_eq!(start(&["runuser", "su"], Some(&account)), "runuser -u u1 -- ocsync sync 'a b'");
        assert_eq!(start(&["su"], Some(&account)), r"su -s /bin/sh -c 'ocsync sync '\''a b'\''' u1");
        assert_eq!(start(&[], Some(&account)), "setpriv --reuid=1000 --regid=7 --clear-groups ocsync sync 'a b'");
        let numbers = "setpriv --reuid=1000 --regid=1000 --clear-groups ocsync sync 'a b'";
        assert_eq!(start(&["runuser", "su"], None), numbers);
    }

    #[test]
    fn the_arguments_are_those_of_the_run_but_for_its_home_and_secrets() {
        let kept = |all: &[&str]| arguments(all.iter().map(OsString::from).collect());
        let all = ["sync", "--home", "/h", "--wait", "0", "--ping=https://x", "--on-change", "cmd", "--json"];
        assert_eq!(kept(&all), ["sync", "--wait", "0", "--json"]);
        assert_eq!(["", "/a-b.c", "a'b"].map(quoted), ["''", "/a-b.c", r"'a'\''b'"]);
    }

    #[test]
    fn a_home_is_the_topmost_directory_of_its_user() {
        let dir = crate::sys::fs::test_dir();
        let near = dir.path().join("a/b");
        fs::create_dir_all(&near).unwrap();
        if rustix::process::geteuid().is_root() {
            for path in [&near, &dir.path().join("a")] {
                std::os::unix::fs::chown(path, Some(12_345), None).unwrap();
            }
            assert_eq!(home_of(12_345, &near), dir.path().join("a"));
        }
        assert_eq!(home_of(54_321, &near), near);
    }

    #[test]
    fn a_user_is_found_by_number_and_nothing_else_is_taken_for_a_name() {
        let dir = crate::sys::fs::test_dir();
        let passwd = dir.path().join("passwd");
        std::fs::write(&passwd, "bad line\n;id:x:7:7::/:/sh\nu1:x:1000:100:U:/home/u1:/bin/sh\n").unwrap();
        let found = account(1000, &passwd).unwrap();
        assert_eq!((found.name.as_str(), found.gid, found.home.as_path()), ("u1", 100, Path::new("/home/u1")));
        assert_eq!((account(7, &passwd), account(1, &passwd)), (None, None));
    }
}
