//! A week of a machine with the timers and cron lines that ship, and what a person hears of it.
//!
//! The person uses Claude Code from Monday to Friday between 9 and 18 o'clock. In the night to Wednesday the login is
//! revoked, and made anew at half past nine. `OCSYNC_WEEK=1` leaves out no run of a timer.

use super::machine::{DAY, Endpoint, HOUR, Heard, Machine};
use super::machine_home::Era;
use super::timers::By;
use crate::home::setting;

const README: &str = include_str!("../../../README.md");
const MANUAL: &str = include_str!("../../../MANUAL.md");

/// Whether the person uses Claude Code.
fn at_work(minute: i64) -> bool {
    let (day, of_day) = (minute / DAY, minute % DAY);
    day < 5 && (9 * HOUR..18 * HOUR).contains(&of_day) && of_day % 20 == 0
}

/// A text in one line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn nobody(_: i64) -> bool {
    false
}

/// A week with an outage.
fn week(era: Era, by: By, refreshes: bool) -> Machine {
    let mut machine = Machine::new(era, by, refreshes);
    let (end, anew) = (2 * DAY + 2 * HOUR, 2 * DAY + 9 * HOUR + 30);
    machine.pass(1, end, at_work);
    machine.log_out(end);
    machine.pass(end, anew, nobody);
    machine.log_in(anew);
    machine.pass(anew, 7 * DAY, at_work);
    machine
}

#[track_caller]
fn heard(machine: &Machine, expected: Heard) {
    assert_eq!(machine.heard, expected, "{:#?}", machine.log);
}

#[track_caller]
fn hears(machine: &Machine, problems: usize, recoveries: usize) {
    let heard = machine.heard;
    assert_eq!((heard.problems, heard.recoveries), (problems, recoveries), "{:#?}", machine.log);
}

/// Where nothing goes wrong, nobody hears anything: every day somebody works with Claude Code, and the timer renews its login
/// at night. Without that timer the access token ends every night: that is one problem, and one recovery when the person is
/// back. The one of the weekend is announced again after a day, and not over.
#[test]
fn a_healthy_week_is_silent() {
    let whole = setting("OCSYNC_WEEK", 0) > 0;
    let days = if whole { 7 } else { 1 };
    for era in [Era::Json, Era::Sqlite] {
        for by in [By::Systemd, By::Cron] {
            for refreshes in [true, false] {
                // A quarter of the kinds is enough for every day of ours.
                if !whole && (era == Era::Sqlite, by == By::Cron) != (refreshes, !refreshes) {
                    continue;
                }
                let mut machine = Machine::new(era, by, refreshes);
                machine.pass(1, days * DAY, at_work);
                if refreshes {
                    // Without the unit for paths an agent waits for the next run, at most four minutes.
                    let dead = if by == By::Cron { machine.heard.dead } else { 0 };
                    heard(&machine, Heard { dead, ..Heard::default() });
                    assert!(dead < 4 * 2 * days, "{dead}");
                } else {
                    // Every morning, on Saturday and on Sunday, and in SQLite once that nobody renews the login.
                    let once = usize::from(whole && era == Era::Sqlite);
                    let (problems, recoveries) = if whole { (7 + once, 5) } else { (1, 1) };
                    hears(&machine, problems, recoveries);
                    assert!(plain(MANUAL).contains("then has 7 problems and 5 recoveries"));
                }
            }
        }
    }
}

/// The first try in the last five minutes fails, and the next run of the timer is the last before the access token ends.
#[test]
fn an_endpoint_that_is_down_for_two_minutes_costs_the_agents_nothing() {
    let mut machine = Machine::new(Era::Sqlite, By::Systemd, true);
    machine.log_in(2);
    let ends = 2 + 8 * HOUR;
    machine.pass(ends - 10, ends - 5, nobody);
    machine.endpoint = Endpoint::Down;
    machine.pass(ends - 5, ends - 3, nobody);
    machine.endpoint = Endpoint::Up;
    machine.pass(ends - 3, ends + HOUR, nobody);
    assert!(machine.heard.failed > 0, "the first try was made: {:#?}", machine.log);
    hears(&machine, 0, 0);
    assert_eq!(machine.heard.dead, 0, "{:#?}", machine.log);
}

/// The README has the counts of a week of systemd's timers, in SQLite, where an agent depends on somebody's renewing the
/// login.
#[test]
fn a_week_is_what_the_readme_says() {
    let with = week(Era::Sqlite, By::Systemd, true);
    heard(&with, Heard { problems: 1, recoveries: 1, failed: 136, mails: 0, dead: 450 });
    let without = week(Era::Sqlite, By::Systemd, false);
    let nights = Heard { problems: 9, recoveries: 5, ..without.heard };
    heard(&without, nights);
    let sentence = format!(
        "In a simulated week with one revoked login the hook is called {} times; without `ocsync-refresh.timer`, {} times: every night the access token ends.",
        with.heard.problems + with.heard.recoveries,
        without.heard.problems + without.heard.recoveries
    );
    assert!(plain(README).contains(&sentence), "the README lacks: {sentence}");
    let counts =
        format!("that is {} problems, with the outage, and {} recoveries", nights.problems, nights.recoveries);
    assert!(plain(MANUAL).contains(&counts), "the manual lacks: {counts}");
}

/// Cron mails what each run prints, and knows of no recovery. So the lines recommend a hook.
#[test]
fn a_week_of_cron_is_told_by_the_hook_as_well() {
    let with = week(Era::Json, By::Cron, true);
    hears(&with, 1, 1);
    assert!(with.heard.mails > 100, "{:?}", with.heard);
    let without = week(Era::Sqlite, By::Cron, false);
    hears(&without, 9, 5);
    assert!(without.heard.mails < 40, "{:?}", without.heard);
}

#[test]
fn after_two_days_off_the_login_is_renewed_before_anybody_hears_that_it_has_ended() {
    for (refreshes, problems) in [(true, 0), (false, 1)] {
        let mut machine = Machine::new(Era::Sqlite, By::Systemd, refreshes);
        machine.pass(1, 5 * HOUR, nobody);
        machine.boot(2 * DAY + 8 * HOUR);
        machine.pass(2 * DAY + 8 * HOUR, 2 * DAY + 12 * HOUR, at_work);
        hears(&machine, problems, problems);
    }
}

#[test]
fn a_clock_that_jumps_is_no_problem() {
    for jump in [-3 * HOUR, 3 * HOUR] {
        let mut machine = Machine::new(Era::Sqlite, By::Systemd, true);
        machine.pass(1, 2 * HOUR, nobody);
        machine.ahead = jump;
        machine.pass(2 * HOUR, 3 * HOUR, nobody);
        machine.ahead = 0;
        machine.pass(3 * HOUR, 10 * HOUR, nobody);
        hears(&machine, 0, 0);
    }
}

#[test]
fn a_cli_that_renews_its_login_at_the_minute_of_a_timer_is_no_problem() {
    // The access token has three minutes left.
    for at in [8 * HOUR + 17, 8 * HOUR + 23, 8 * HOUR + 21] {
        let mut machine = Machine::new(Era::Json, By::Systemd, true);
        machine.log_in(at - 8 * HOUR + 3);
        machine.pass(at - 30, at, nobody);
        machine.tick(at);
        machine.use_cli(at);
        machine.use_cli(at);
        machine.tick(at);
        machine.pass(at + 1, at + 30, nobody);
        hears(&machine, 0, 0);
        assert_eq!(machine.heard.dead, 0);
    }
}

#[test]
fn an_endpoint_that_is_down_is_a_problem_once_something_has_ended() {
    let down = |from: i64, until: i64| {
        let mut machine = Machine::new(Era::Sqlite, By::Systemd, true);
        machine.pass(4 * HOUR, from, nobody);
        machine.endpoint = Endpoint::Down;
        machine.pass(from, until, nobody);
        let before = machine.heard;
        machine.endpoint = Endpoint::Up;
        machine.pass(until, until + 3 * HOUR, nobody);
        (before, machine)
    };
    hears(&down(4 * HOUR + 50, 7 * HOUR + 50).1, 0, 0);
    // The try in the last minutes fails.
    let (before, _) = down(5 * HOUR, 8 * HOUR);
    assert!(before.failed > 0 && before.problems == 0, "{before:?}");
    let (_, machine) = down(6 * HOUR, 9 * HOUR);
    hears(&machine, 1, 1);
    assert!(machine.heard.dead > 60, "{:?}", machine.heard);
}

#[test]
fn a_login_that_the_vendor_has_revoked_is_one_problem_and_one_recovery() {
    let mut machine = Machine::new(Era::Json, By::Systemd, true);
    machine.pass(7 * HOUR, 7 * HOUR + 30, nobody);
    machine.endpoint = Endpoint::Revoked;
    machine.pass(7 * HOUR + 30, 10 * HOUR, nobody);
    machine.log_in(10 * HOUR);
    machine.pass(10 * HOUR, 11 * HOUR, nobody);
    hears(&machine, 1, 1);
}
