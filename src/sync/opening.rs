//! What `sync` and `refresh` have done before they look at the stores.

use crate::model::because::Because;
use crate::model::exit::Tally;
use crate::model::item::{Attempt, Outcome};
use crate::model::problem::Problem;
use crate::model::source::SourceKind;

/// What was done before the stores are read.
#[derive(Debug, Default)]
pub struct Opening {
    /// What was done about the sources.
    pub attempts: Vec<(SourceKind, Attempt)>,
    /// What was done about profiles that are ahead of their source.
    pub wrote_back: Vec<WroteBack>,
    /// What is to be reported.
    pub problems: Vec<Problem>,
    /// What it does to the exit code.
    pub tally: Tally,
    /// The journal on the disk is no longer what it is here.
    pub unsaved: bool,
}

/// A profile whose tokens went into the CLI's file, or should have.
#[derive(Clone, Debug)]
pub struct WroteBack {
    /// Its store, as the journal knows it.
    pub store: String,
    /// Its id.
    pub profile: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub because: Because,
}

impl Opening {
    /// How many CLIs' files hold new tokens.
    pub fn changed(&self) -> usize {
        let attempts = self.attempts.iter().map(|(_, attempt)| attempt.result);
        let all = attempts.chain(self.wrote_back.iter().map(|wrote| wrote.outcome));
        all.filter(|outcome| *outcome == Outcome::Done).count()
    }
}
