//! `ocsync status`: the inventory and the verdicts. Touches nothing.

use super::{look, stopped};
use crate::cli::Common;
use crate::exit::Code;
use crate::report::{Report, Thresholds};

/// Looks and reports. The code is the worst of what the verdicts and the clock say.
#[must_use]
pub fn run(common: &Common, now: i64) -> (Report, Code) {
    match look("status", common, now, Thresholds::default(), &[]) {
        Ok(mut look) => {
            look.codes.iter().for_each(|code| look.tally.outcome(*code));
            (look.report, look.tally.code())
        }
        Err(problem) => stopped("status", now, problem),
    }
}
