//! What a pass has done before it reads the stores: tokens saved, logins refreshed, tokens written back.

use std::sync::Arc;

use crate::model::because::Because;
use crate::model::exit::Tally;
use crate::model::item::{Action, Attempt, Item, Outcome};
use crate::model::problem::Problem;
use crate::model::source_id::SourceId;

/// The results of `take_up`, `write_back` and `refresh_due`.
#[derive(Debug, Default)]
pub struct Opening {
    /// What was done to refresh the sources.
    pub attempts: Vec<(SourceId, Attempt)>,
    /// The profiles whose tokens went into the CLI's file, or should have.
    pub wrote_back: Vec<WroteBack>,
    /// The problems to report.
    pub problems: Vec<Problem>,
    /// The codes that count for the exit code.
    pub tally: Tally,
    /// The journal in memory differs from the one on the disk.
    pub unsaved: bool,
}

/// A profile whose tokens went into the CLI's file, or should have.
#[derive(Clone, Debug)]
pub struct WroteBack {
    /// The key of its store in the journal.
    pub store: Arc<str>,
    /// Its id.
    pub profile: String,
    /// Whether the tokens were written.
    pub outcome: Outcome,
    /// Why.
    pub because: Because,
}

impl Opening {
    /// How many CLIs' files have new tokens now.
    pub fn changed(&self) -> usize {
        let attempts = self.attempts.iter().map(|(_, attempt)| attempt.result);
        let all = attempts.chain(self.wrote_back.iter().map(|wrote| wrote.outcome));
        all.filter(|outcome| *outcome == Outcome::Done).count()
    }

    /// Notes on the items whose tokens went into the CLI's file, or should have gone there.
    pub fn note_on(&self, items: &mut [Item<'_>]) {
        for item in items {
            let is_this =
                |wrote: &&WroteBack| wrote.store == item.at.store.key && item.id() == Some(wrote.profile.as_str());
            if let Some(wrote) = self.wrote_back.iter().find(is_this) {
                item.action = Action::WriteBack;
                item.outcome = wrote.outcome;
                item.because = wrote.because.clone();
            }
        }
    }
}
