//! `ocsync check-expiry && …` in a shell that was given nothing, as some schedulers and `su -` of a
//! system account do: no HOME, no PATH. The home is then the one of the passwd entry.

use std::path::Path;
use std::process::Command;

use crate::home::hooks::ended;
use crate::home::{Home, OCSYNC, Run, claude_store, hours, put};

/// How a file is laid over `/etc/passwd` for one program: by a mount of one's own, or by bubblewrap.
/// The program and its arguments follow.
fn over_passwd(passwd: &Path) -> Option<Command> {
    let passwd = passwd.to_str().unwrap();
    let mount = "mount --bind \"$1\" /etc/passwd && shift && exec \"$@\"";
    let own_mount = ["unshare", "--map-root-user", "--mount", "--", "/bin/sh", "-c", mount, "sh", passwd];
    let bubble = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", passwd, "/etc/passwd"];
    let ways = [own_mount.as_slice(), &bubble];
    let command = |way: &[&str]| {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]);
        command
    };
    let works = |way: &&[&str]| command(way).arg("/bin/true").output().is_ok_and(|output| output.status.success());
    let way = ways.iter().copied().find(works);
    if way.is_none() {
        println!("SKIPPED: neither unshare nor bwrap may lay a file over /etc/passwd here");
    }
    way.map(command)
}

/// Runs a line in a shell with these variables and no others; the passwd entry leads to this home.
fn sh(home: &Home, variables: &[&str], line: &str) -> Option<Run> {
    let passwd = home.root().join("passwd");
    let dir = home.root().join("home");
    let entry = |(name, uid): (&str, u32)| format!("{name}:x:{uid}:0::{}:/bin/sh\n", dir.display());
    // Of this user, and of the root that unshare makes it.
    let me = rustix::process::geteuid().as_raw();
    put(&passwd, &[("root", 0), ("somebody", me)].map(entry).concat());
    let mut command = over_passwd(&passwd)?;
    home.dress(command.args(["/usr/bin/env", "-i"]).args(variables).args(["/bin/sh", "-c", line]));
    // For `mount`: env takes it away again, with all else.
    command.env("PATH", "/usr/bin:/bin");
    Some(home.start(command).end())
}

#[test]
fn the_home_of_the_passwd_entry_is_found() {
    let in_step = Home::new().claude("new", hours(8)).agent("main", &claude_store("new", hours(8)));
    for variables in [[].as_slice(), &["PATH="], &["PATH=", "HOME="]] {
        let line = format!("'{OCSYNC}' check-expiry && echo fine");
        let Some(run) = sh(&in_step, variables, &line) else { return };
        assert!(run.code(0).stdout.ends_with("\nfine\n"), "{variables:?}: {run:?}");
        let Some(run) = sh(&ended(), variables, &line) else { return };
        assert!(run.code(1).stdout.starts_with("expired") && !run.stdout.contains("fine"), "{variables:?}: {run:?}");
        let Some(run) = sh(&in_step, variables, &format!("'{OCSYNC}' status -v")) else { return };
        run.code(0).says(&format!("home: {}\n", in_step.root().join("home").display()));
    }
}

#[test]
fn a_sync_finds_everything_from_the_passwd_entry() {
    let home = Home::stale();
    let Some(run) = sh(&home, &["PATH="], &format!("'{OCSYNC}' sync && '{OCSYNC}' check-expiry")) else { return };
    run.code(0).prints("updated main");
    assert!(home.state_dir().join("state.json").exists());
    home.nothing_left();
}
