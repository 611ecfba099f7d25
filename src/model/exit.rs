//! The one table of exit codes, and how the results of a run become one of them.
//!
//! Scripts and monitoring decide by these numbers, so a number never changes its meaning. Code 2 is never a usage
//! error: a typo in a crontab must not read as "expiring". A run that did a part of its work does not end with 0.

/// An exit code of `ocsync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Code {
    /// In sync, done, or nothing to do.
    Ok = 0,
    /// A login ended, is logged out, gone or revoked: only a person can fix it.
    LoginNeeded = 1,
    /// Something ends within the threshold, or has ended and can be renewed without a person.
    Expiring = 2,
    /// A bound profile still differs from its source.
    Drift = 3,
    /// Some targets failed; the others were done.
    Incomplete = 4,
    /// Bad arguments.
    Usage = 64,
    /// A file is malformed; it was left alone.
    Data = 65,
    /// No source or no OpenClaw found, or nothing to check.
    NoInput = 66,
    /// A token endpoint or a CLI is not usable.
    Unavailable = 69,
    /// A bug.
    Internal = 70,
    /// Reading or writing failed.
    Io = 74,
    /// A lock is held, or a transient condition: try again.
    Busy = 75,
    /// Not allowed to read or write, or wrong owner.
    Permission = 77,
    /// The configuration of ocsync or of OpenClaw is wrong.
    Config = 78,
}

/// Every code with its name and its meaning, in the words of the README.
pub const TABLE: [(Code, &str, &str); 14] = [
    (Code::Ok, "ok", "in sync, done, or nothing to do"),
    (Code::LoginNeeded, "login-needed", "only a person can fix it: a login ended, is logged out, gone or revoked"),
    (Code::Expiring, "expiring", "something ends within the threshold, or has ended and can be renewed"),
    (Code::Drift, "drift", "a bound profile still differs from its source"),
    (
        Code::Incomplete,
        "incomplete",
        "some targets failed, or the gateway could not be confirmed; the others were done",
    ),
    (Code::Usage, "usage", "bad arguments"),
    (Code::Data, "data", "a file is malformed; it was left alone"),
    (Code::NoInput, "no-input", "no source or no OpenClaw found, or nothing to check"),
    (Code::Unavailable, "unavailable", "token endpoint or CLI not usable"),
    (Code::Internal, "internal", "a bug"),
    (Code::Io, "io", "reading or writing failed"),
    (Code::Busy, "busy", "a lock is held, or a transient condition: try again"),
    (Code::Permission, "permission", "not allowed to read or write, or wrong owner"),
    (Code::Config, "config", "the configuration of ocsync or of OpenClaw is wrong"),
];

/// The name of a code, as the table has it.
pub fn name(code: Code) -> &'static str {
    TABLE.iter().find(|(of, ..)| *of == code).map_or("", |(_, name, _)| name)
}

/// The codes of a run that reached nothing. The first one that applies is its exit code.
const STOP_ORDER: [Code; 7] =
    [Code::Config, Code::Permission, Code::Data, Code::Io, Code::Unavailable, Code::Busy, Code::NoInput];

/// The codes of a run that reached something, worst first.
const OUTCOME_ORDER: [Code; 5] = [Code::LoginNeeded, Code::Incomplete, Code::Drift, Code::Expiring, Code::Ok];

/// How bad a code is beside others; 0 is the worst. Whatever stopped a run, or a part of it, is "incomplete".
#[must_use]
pub fn rank(code: Code) -> usize {
    let place = |code| OUTCOME_ORDER.iter().position(|of| *of == code);
    place(code).or_else(|| place(Code::Incomplete)).unwrap_or(OUTCOME_ORDER.len())
}

/// Collects what happened in a run and makes one exit code of it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    outcomes: Vec<Code>,
    failures: Vec<Code>,
    reached: bool,
}

impl Tally {
    /// Notes one of the outcomes 0 to 4 of a profile or a source.
    pub fn outcome(&mut self, code: Code) {
        if !self.outcomes.contains(&code) {
            self.outcomes.push(code);
        }
    }

    /// Notes several outcomes.
    pub fn outcomes(&mut self, codes: impl IntoIterator<Item = Code>) {
        codes.into_iter().for_each(|code| self.outcome(code));
    }

    /// Notes a target or source that failed, by the code that says why.
    pub fn failure(&mut self, code: Code) {
        if !self.failures.contains(&code) {
            self.failures.push(code);
        }
    }

    /// Notes that the run reached at least one target: it was judged and served.
    pub fn reached(&mut self) {
        self.reached = true;
    }

    /// The exit code of the run.
    pub fn code(&self) -> Code {
        let stopped = STOP_ORDER.iter().find(|code| self.failures.contains(code));
        if let (false, Some(code)) = (self.reached, stopped) {
            return *code;
        }
        let shortfall = self.outcomes.iter().any(|code| *code != Code::Ok);
        if !self.failures.is_empty() && self.failures.iter().all(|code| *code == Code::Busy) && !shortfall {
            return Code::Busy;
        }
        let incomplete = !self.failures.is_empty();
        let applies = |code: &&Code| self.outcomes.contains(code) || (incomplete && **code == Code::Incomplete);
        OUTCOME_ORDER.iter().find(applies).copied().unwrap_or(Code::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(reached: bool, outcomes: &[Code], failures: &[Code]) -> Code {
        let mut tally = Tally { reached, ..Tally::default() };
        outcomes.iter().for_each(|code| tally.outcome(*code));
        failures.iter().for_each(|code| tally.failure(*code));
        tally.code()
    }

    #[test]
    fn a_run_that_reached_nothing_takes_the_code_of_what_stopped_it() {
        let all =
            [Code::NoInput, Code::Busy, Code::Unavailable, Code::Io, Code::Data, Code::Permission, Code::Config];
        for (index, expected) in STOP_ORDER.iter().enumerate() {
            assert_eq!(tally(false, &[], &all[..7 - index]), *expected);
        }
    }

    #[test]
    fn waiting_for_a_lock_as_the_only_shortfall_is_busy() {
        assert_eq!(tally(true, &[Code::Ok], &[Code::Busy]), Code::Busy);
        assert_eq!(tally(true, &[Code::Drift], &[Code::Busy]), Code::Incomplete);
        assert_eq!(tally(true, &[Code::Ok], &[Code::Busy, Code::Io]), Code::Incomplete);
    }

    #[test]
    fn the_worst_outcome_wins_in_the_order_1_4_3_2_0() {
        assert_eq!(tally(true, &[Code::Ok, Code::Drift, Code::LoginNeeded], &[Code::Io]), Code::LoginNeeded);
        assert_eq!(tally(true, &[Code::Ok, Code::Drift], &[Code::Io]), Code::Incomplete);
        assert_eq!(tally(true, &[Code::Expiring, Code::Drift], &[]), Code::Drift);
        assert_eq!(tally(true, &[Code::Expiring, Code::Ok], &[]), Code::Expiring);
        assert_eq!(tally(true, &[], &[]), Code::Ok);
    }

    #[test]
    fn the_table_is_in_the_order_of_its_numbers() {
        assert!(TABLE.windows(2).all(|pair| (pair[0].0 as u8) < (pair[1].0 as u8)));
    }
}
