//! The flag file is there while a login is needed, and is never somebody else's file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::home::hooks::ended;
use crate::home::{CLAUDE, Home, hours};

#[test]
fn the_flag_is_there_while_a_login_is_needed() {
    let home = ended();
    let flag = home.root().join("flag");
    let args = ["sync", "--flag-file", flag.to_str().unwrap()];
    home.run(&args).code(1);
    let text = fs::read_to_string(&flag).unwrap();
    assert!(
        text.starts_with("ocsync: login needed since ") && text.ends_with("(claude): claude auth login\n"),
        "{text}"
    );
    assert_eq!((text.lines().count(), fs::metadata(&flag).unwrap().permissions().mode() & 0o777), (1, 0o600));
    let inode = home.tree()[&flag].clone();
    home.run(&args).code(1);
    assert_eq!(home.tree()[&flag], inode, "it says since when");
    let check = ["check-expiry", "--flag-file", flag.to_str().unwrap()];
    home.run(&check).code(1);
    assert_eq!(home.tree()[&flag], inode, "another command says it too");
    // Not seen is not recovered.
    let home = home.file(".claude/.credentials.json", "{");
    assert!(home.run(&args).code.is_some_and(|code| code > 3));
    assert!(flag.exists());
    let home = home.claude("new", hours(8));
    for narrow in [["--profile", CLAUDE], ["--agent", "main"], ["--source", "claude"]] {
        home.run(&[&check[..], &narrow].concat()).code(2);
        assert!(flag.exists(), "{narrow:?}: what it did not look at may need a login");
    }
    // A profile that `sync` can renew needs no person.
    home.run(&check).code(2);
    assert!(!flag.exists());
    home.run(&args).code(0);
    assert!(!flag.exists());
    home.nothing_left();
}

#[test]
fn a_file_that_is_somebody_elses_is_no_flag() {
    for home in [ended(), Home::stale()] {
        let file = home.path(".claude/.credentials.json");
        let before = fs::read(&file).unwrap();
        let run = home.run(&["sync", "--flag-file", file.to_str().unwrap()]);
        run.says("ocsync did not make ");
        assert_eq!(fs::read(&file).unwrap(), before);
    }
    let home = ended();
    home.run(&["sync", "--flag-file", "/proc/flag"]).code(1).says("/proc");
}
