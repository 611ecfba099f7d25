//! Why something was not done under a lock: one type for every lock, whatever it guards.

use crate::model::problem::Problem;

/// Why nothing was written.
#[derive(Clone, Debug)]
pub enum Blocked {
    /// Another process holds the lock: its path, or what distinguishes this holder from the next one.
    Busy(String),
    /// A signal asked the run to stop.
    Interrupted,
    /// It failed, for this reason.
    Failed(Problem),
}

impl From<Problem> for Blocked {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}
