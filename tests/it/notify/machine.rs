//! A machine whose clock the test sets: the timers that ship, a person who works with Claude Code, and OpenClaw's
//! agents. It runs the real program for each timer, and counts what a person hears of that.

use std::fs;

use super::machine_home::{EMPTY, Era, MONDAY, held, installed};
use super::timers::{By, Job, jobs};
use crate::home::sqlite::Coordinator;
use crate::home::{CANARY, Home, claude_json, iso, put, setting};

pub const HOUR: i64 = 60;
pub const DAY: i64 = 24 * HOUR;
/// How long an access token of Claude Code's lasts, and for how long before its end Claude Code renews it.
const LIFE: i64 = 8 * HOUR;
const LAST_MINUTES: i64 = 5;

/// What the vendor says when the CLI asks it to renew the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Up,
    /// Nothing.
    Down,
    /// That the refresh token is dead. The CLI empties its file then.
    Revoked,
}

/// What a person hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Calls of the hook for a problem, and for the end of one.
    pub problems: usize,
    pub recoveries: usize,
    /// Units of systemd's that failed, run by run.
    pub failed: usize,
    /// Mails of cron's.
    pub mails: usize,
    /// Minutes in which the agents had no access token to work with.
    pub dead: i64,
}

pub struct Machine {
    home: Home,
    era: Era,
    by: By,
    jobs: Vec<Job>,
    /// When the access token of the login ends; `None`: logged out.
    ends: Option<i64>,
    /// When the access token of the agents ends.
    agents_until: i64,
    /// How many tokens the login has had.
    tokens: u32,
    pub endpoint: Endpoint,
    /// How far its clock is ahead.
    pub ahead: i64,
    pub heard: Heard,
    /// What was printed and announced, for a person who reads a failure.
    pub log: Vec<String>,
    /// The last run had nothing to say.
    is_calm: bool,
    _coordinator: Option<Coordinator>,
}

impl Machine {
    /// A machine on Monday at midnight: somebody has logged in and run `ocsync sync`.
    pub fn new(era: Era, by: By, refreshes: bool) -> Self {
        let (home, coordinator) = installed(era);
        let mut machine = Self {
            home,
            era,
            by,
            jobs: jobs(by, refreshes),
            ends: None,
            agents_until: 0,
            tokens: 0,
            endpoint: Endpoint::Up,
            ahead: 0,
            heard: Heard::default(),
            log: Vec::new(),
            is_calm: false,
            _coordinator: coordinator,
        };
        machine.renew(0);
        machine.run(0, &["sync"]);
        assert!(machine.agents_work(0), "{:#?}", machine.log);
        machine.heard = Heard::default();
        machine
    }

    /// Lets the time pass. `uses` says whether a person uses Claude Code at a minute.
    pub fn pass(&mut self, from: i64, until: i64, uses: impl Fn(i64) -> bool) {
        for minute in from..until {
            if uses(minute) {
                self.use_cli(minute);
            }
            self.tick(minute);
            self.heard.dead += i64::from(!self.agents_work(minute));
        }
    }

    /// A person logs in.
    pub fn log_in(&mut self, minute: i64) {
        self.endpoint = Endpoint::Up;
        self.renew(minute);
        self.changed(minute);
    }

    /// The login is over: Claude Code has emptied its file.
    pub fn log_out(&mut self, minute: i64) {
        put(&self.home.path(".claude/.credentials.json"), EMPTY);
        self.ends = None;
        self.changed(minute);
    }

    /// A person uses Claude Code, which renews its login in the last minutes of the access token.
    pub fn use_cli(&mut self, minute: i64) {
        if self.ends.is_none_or(|ends| ends - minute > LAST_MINUTES) || self.endpoint == Endpoint::Down {
            return;
        }
        if self.endpoint == Endpoint::Up {
            self.renew(minute);
        } else {
            return self.log_out(minute);
        }
        self.changed(minute);
    }

    /// The machine is switched on, and systemd makes up for what it has missed. Cron does not.
    pub fn boot(&mut self, minute: i64) {
        let mut missed: Vec<Job> = self.jobs.iter().filter(|job| job.is_made_up_for).cloned().collect();
        // `After=` in the units.
        missed.sort_by_key(|job| !job.is("refresh"));
        missed.iter().for_each(|job| self.start(job, minute));
    }

    /// Whether the agents have an access token that lasts.
    pub fn agents_work(&self, minute: i64) -> bool {
        self.ends.is_some() && self.agents_until > minute
    }

    fn renew(&mut self, minute: i64) {
        put(&self.home.path(".claude/.credentials.json"), &self.next(minute));
        self.tokens += 1;
        self.ends = Some(minute + LIFE);
    }

    /// What the file holds once the login is renewed.
    fn next(&self, minute: i64) -> String {
        claude_json(&(self.tokens + 1).to_string(), MONDAY + (minute + LIFE) * 60_000)
    }

    /// The CLI's file has changed: `ocsync-sync.path` sees that.
    fn changed(&mut self, minute: i64) {
        if self.by == By::Systemd {
            self.run(minute, &["sync"]);
        }
    }

    /// Runs every job of this minute.
    pub fn tick(&mut self, minute: i64) {
        let of_day = minute.rem_euclid(DAY);
        for job in self.jobs.clone().iter().filter(|job| job.is_due(of_day)) {
            // While all is well, a run reads some files and ends. Of such hours one in six is run.
            let is_calm = self.is_calm && self.ends.is_some_and(|ends| ends - minute > 20);
            if is_calm && setting("OCSYNC_WEEK", 0) == 0 && minute / HOUR % 6 > 0 {
                continue;
            }
            self.start(job, minute);
        }
    }

    /// Runs a job.
    fn start(&mut self, job: &Job, minute: i64) {
        let refreshes = job.is("refresh");
        if refreshes {
            self.note_answer(minute);
        }
        let args: Vec<&str> = job.args.iter().map(String::as_str).collect();
        let (code, said) = self.run(minute, &args);
        self.is_calm = code == 0;
        if self.by == By::Cron && !said.is_empty() && (code != 0 || !job.mails_failures_alone) {
            self.heard.mails += 1;
        }
        self.heard.failed += usize::from(self.by == By::Systemd && job.fails(code));
        if refreshes {
            self.see_answer(minute);
        }
    }

    /// Notes for the CLI what the vendor answers at this minute.
    fn note_answer(&self, minute: i64) {
        let answer = match self.endpoint {
            Endpoint::Up => self.next(minute),
            Endpoint::Revoked => EMPTY.to_owned(),
            Endpoint::Down => {
                let _ = fs::remove_file(self.home.root().join("answer"));
                return;
            }
        };
        put(&self.home.root().join("answer"), &answer);
    }

    /// Sees whether a run has let the CLI ask.
    fn see_answer(&mut self, minute: i64) {
        if fs::remove_file(self.home.root().join("asked")).is_err() {
            return;
        }
        self.ends = (self.endpoint == Endpoint::Up).then_some(minute + LIFE);
        self.tokens += 1;
        self.changed(minute);
    }

    /// One run of ocsync: its code, and what it printed.
    fn run(&mut self, minute: i64, args: &[&str]) -> (i32, String) {
        let now = iso(MONDAY + (minute + self.ahead) * 60_000);
        let output = self.home.command(&[args, &["--now", &now]].concat()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains(CANARY), "a token in {said}");
        let code = output.status.code().unwrap();
        if self.ends.is_some_and(|ends| ends != self.agents_until) {
            self.agents_until = held(&self.home, self.era);
        }
        if code != 0 {
            self.log.push(format!("{} {args:?} {code}: {said}", clock(minute)));
        }
        let dir = self.home.root().join("told");
        while let Ok(text) = fs::read_to_string(dir.join((self.heard.problems + self.heard.recoveries).to_string())) {
            assert!(!text.contains(CANARY), "a token reached a hook");
            let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            match of("OCSYNC_EVENT=") {
                "problem" => self.heard.problems += 1,
                "recovery" => self.heard.recoveries += 1,
                other => panic!("{other}"),
            }
            self.log.push(format!("{} HOOK {} {}", clock(minute), of("OCSYNC_EVENT="), of("OCSYNC_SUMMARY=")));
        }
        (code, said)
    }
}

fn clock(minute: i64) -> String {
    let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][usize::try_from(minute / DAY).unwrap() % 7];
    format!("{day} {:02}:{:02}", minute % DAY / HOUR, minute % HOUR)
}
