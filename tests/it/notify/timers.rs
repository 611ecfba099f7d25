//! The jobs that the shipped units and cron lines start, read from those files.

const CRONTAB: &str = include_str!("../../../contrib/cron/ocsync.crontab");
const CRON_D: &str = include_str!("../../../contrib/cron/ocsync.cron.d");

/// A timer and its service.
const SYNC: [&str; 2] = [
    include_str!("../../../contrib/systemd/user/ocsync-sync.timer"),
    include_str!("../../../contrib/systemd/user/ocsync-sync.service"),
];
const CHECK: [&str; 2] = [
    include_str!("../../../contrib/systemd/user/ocsync-check.timer"),
    include_str!("../../../contrib/systemd/user/ocsync-check.service"),
];
const REFRESH: [&str; 2] = [
    include_str!("../../../contrib/systemd/user/ocsync-refresh.timer"),
    include_str!("../../../contrib/systemd/user/ocsync-refresh.service"),
];

/// What starts ocsync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Systemd,
    Cron,
}

/// A job: its minutes of the hour, its hour if it has one, and the arguments of ocsync.
#[derive(Clone, Debug)]
pub struct Job {
    minutes: Vec<i64>,
    hour: Option<i64>,
    pub args: Vec<String>,
    /// What it prints counts only where its code is not 0: `out=$(…) || echo "$out"`.
    pub mails_failures_alone: bool,
    /// Systemd makes up for it after the machine was off.
    pub is_made_up_for: bool,
    /// The codes that are a success, beside 0.
    successes: Vec<i32>,
}

impl Job {
    /// Whether it starts at this minute of the day.
    pub fn is_due(&self, minute: i64) -> bool {
        self.minutes.contains(&(minute % 60)) && self.hour.is_none_or(|hour| hour == minute / 60)
    }

    pub fn is(&self, command: &str) -> bool {
        self.args[0] == command
    }

    /// Whether systemd calls the unit failed.
    pub fn fails(&self, code: i32) -> bool {
        code != 0 && !self.successes.contains(&code)
    }
}

/// What is installed by default, with the timer that refreshes or without it.
pub fn jobs(by: By, refreshes: bool) -> Vec<Job> {
    match by {
        By::Systemd => {
            let units = [SYNC, CHECK, REFRESH];
            units[..if refreshes { 3 } else { 2 }].iter().map(|[timer, service]| of_unit(timer, service)).collect()
        }
        // The line that refreshes is there as a comment, to be put in the place of the first one.
        By::Cron => {
            let line = |command: &str| {
                let mut lines = CRONTAB.lines().chain(CRON_D.lines().filter(|line| line.contains("check-expiry")));
                of_line(lines.find(|line| line.contains(&format!("ocsync {command}"))).unwrap())
            };
            vec![line(if refreshes { "refresh" } else { "sync" }), line("check-expiry")]
        }
    }
}

fn of_unit(timer: &str, service: &str) -> Job {
    let value = |text: &str, key: &str| {
        text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned)
    };
    let calendar = value(timer, "OnCalendar").unwrap();
    let command = value(service, "ExecStart").unwrap();
    let codes = value(service, "SuccessExitStatus").unwrap_or_default();
    Job {
        minutes: minutes(calendar.strip_prefix("*:").unwrap()),
        hour: None,
        args: arguments(&command),
        mails_failures_alone: false,
        is_made_up_for: value(timer, "Persistent").as_deref() == Some("true"),
        successes: codes.split_whitespace().map(|code| code.parse().unwrap()).collect(),
    }
}

fn of_line(line: &str) -> Job {
    let line = line.trim_start_matches('#');
    let mut fields = line.split(' ');
    let (minute, hour) = (fields.next().unwrap(), fields.next().unwrap());
    Job {
        minutes: minutes(minute),
        hour: hour.parse().ok(),
        args: arguments(line.split(')').next().unwrap()),
        mails_failures_alone: line.contains("|| echo"),
        is_made_up_for: false,
        successes: Vec::new(),
    }
}

fn arguments(command: &str) -> Vec<String> {
    command.split_once("bin/ocsync ").unwrap().1.split_whitespace().map(str::to_owned).collect()
}

/// `17,47`, `23`, systemd's `1/4` and cron's `1-59/4`.
fn minutes(text: &str) -> Vec<i64> {
    match text.split_once('/') {
        Some((first, step)) => {
            let first = first.split('-').next().unwrap().parse().unwrap();
            (first..60).step_by(step.parse().unwrap()).collect()
        }
        None => text.split(',').map(|minute| minute.parse().unwrap()).collect(),
    }
}

#[test]
fn the_shipped_schedules_are_read_as_systemd_and_cron_read_them() {
    let read = |by, refreshes| -> Vec<(String, usize)> {
        jobs(by, refreshes).iter().map(|job| (job.args.join(" "), job.minutes.len())).collect()
    };
    let of = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
        pairs.iter().map(|(args, count)| ((*args).to_owned(), *count)).collect()
    };
    let refresh = ("refresh --interval 4m", 15);
    assert_eq!(read(By::Systemd, true), of(&[("sync", 2), ("check-expiry", 1), refresh]));
    assert_eq!(read(By::Cron, false), of(&[("sync --quiet", 2), ("check-expiry", 1)]));
    assert_eq!(read(By::Cron, true)[0], of(&[("refresh --interval 4m --quiet", 15)])[0]);
    let check = &jobs(By::Cron, false)[1];
    assert!(check.is_due(8 * 60 + 23) && !check.is_due(9 * 60 + 23) && check.mails_failures_alone);
    let all = jobs(By::Systemd, true);
    assert!(all.iter().all(|job| job.is_made_up_for) && !check.is_made_up_for);
    assert!(!all[0].fails(75) && all[0].fails(3) && all[1].fails(2) && all[2].is_due(57));
}
