//! The shipped lines for cron, run by a real cron daemon that has a spool and a mailer of its own.
//!
//! It takes up to two minutes, because cron counts in minutes: only with `OCSYNC_CRON=1`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::home::users::copy_for_all;
use crate::home::{self, Home, at, chmod, hours, put};

const CRONTAB: &str = include_str!("../../contrib/cron/ocsync.crontab");
const CRON_D: &str = include_str!("../../contrib/cron/ocsync.cron.d");

/// The lines that are jobs, each as minute and rest.
fn jobs(text: &str) -> Vec<(&str, &str)> {
    let is_job = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    text.lines().filter(is_job).map(|line| line.split_once(' ').unwrap()).collect()
}

/// In namespaces of its own: a root may do that, and nothing of the machine's is seen or touched.
const DAEMON: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
install -m 600 "$1/crontab" /var/spool/cron/crontabs/root
mount -t tmpfs tmpfs /etc/cron.d
install -m 644 "$1/cron.d" /etc/cron.d/ocsync
mount --bind /dev/null /etc/crontab
mount -t overlay -o "lowerdir=$1/sbin:/usr/sbin" overlay /usr/sbin
exec cron -f
"#;

/// The daemon, which ends with the test.
struct Cron(Child);

impl Drop for Cron {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Cron {
    fn start(home: &Home) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", DAEMON, "sh"]);
        command.arg(home.root());
        Self(command.spawn().unwrap())
    }

    #[track_caller]
    fn waits_for(&mut self, what: &str, is_done: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_done() {
            assert!(self.0.try_wait().unwrap().is_none(), "cron has ended before {what}");
            assert!(start.elapsed() < Duration::from_secs(100), "no {what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn every_line_is_at_an_odd_minute_and_runs_a_command_that_parses() {
    assert_eq!((jobs(CRONTAB).len(), jobs(CRON_D).len()), (1, 2));
    for (minutes, rest) in [jobs(CRONTAB), jobs(CRON_D)].concat() {
        for minute in minutes.split(',') {
            assert_eq!(minute.parse::<u32>().unwrap() % 2, 1, "{minutes} {rest}");
        }
        let command = rest.split_once("bin/ocsync ").unwrap().1;
        let args: Vec<&str> = command.split(')').next().unwrap().split_whitespace().collect();
        let output = Command::new(home::OCSYNC).args(args).arg("--help").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(!rest.contains('%'), "cron takes a percent sign for the end of the line: {rest}");
    }
}

#[test]
fn a_real_cron_daemon_syncs_twice_and_sends_no_mail() {
    if home::setting("OCSYNC_CRON", 0) == 0 {
        println!("SKIPPED: takes two minutes; OCSYNC_CRON=1 asks for it");
        return;
    }
    let has = |program: &str| Path::new(program).exists();
    if !home::is_root() || !has("/usr/sbin/cron") || !has("/usr/bin/unshare") {
        println!("SKIPPED: needs root, cron and unshare");
        return;
    }
    // Nothing is about to expire, so the check has nothing to say either.
    let home = Home::new().claude("new", hours(8)).agent("main", &home::claude_store("old", hours(4)));
    let program = home.path(".local/bin/ocsync");
    copy_for_all(home::OCSYNC.as_ref(), &program);
    // What cron would send; one job is loud, so that silence means something.
    let (mail, sendmail) = (home.root().join("mail"), home.root().join("sbin/sendmail"));
    put(&sendmail, &format!("#!/bin/sh\nexec cat >>{}\n", mail.display()));
    chmod(&sendmail, 0o755);
    chmod(&home.root().join("sbin"), 0o755);
    let often = |text: &str| {
        let every_minute = |line: &str| match jobs(line).first() {
            Some((_, rest)) => format!("* {rest}\n"),
            None => format!("{line}\n"),
        };
        let here = format!("HOME={}\n", home.path("").display());
        here + &text.lines().map(every_minute).collect::<String>()
    };
    put(&home.root().join("crontab"), &(often(CRONTAB) + "* * * * * echo loud\n"));
    // The second form is run as root here, for want of an alice, and beside the first.
    let second =
        often(CRON_D).replace(" alice ", " root ").replace("/usr/local/bin/ocsync", program.to_str().unwrap());
    put(&home.root().join("cron.d"), &second.replace("* 8 * * *", "* * * * *"));
    let mut cron = Cron::start(&home);
    cron.waits_for("first run", || home.access("main") == at("new"));
    let home = home.claude("newer", hours(9));
    cron.waits_for("second run", || home.access("main") == at("newer"));
    let mails = || fs::read_to_string(&mail).unwrap_or_default();
    cron.waits_for("mail of the loud job", || mails().matches("\nloud").count() > 1);
    let about = mails().lines().filter(|line| line.starts_with("Subject:")).map(str::to_owned).collect::<Vec<_>>();
    assert!(about.iter().all(|line| line.ends_with("echo loud")), "{about:?}\n{}", mails());
}
