//! Lifts cooldowns: in a JSON store that is being written, and in `auth-state.json` beside it.

use std::path::Path;

use crate::model::json_edit;
use crate::model::json_text::Malformed;
use crate::model::problem::Problem;
use crate::model::zeroizing::Zeroizing;
use crate::openclaw::json::cooldown;
use crate::openclaw::json::store_text;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::read;
use crate::sys::fs::replace::{self, Expect, NotReplaced};

/// The profiles whose cooldowns are lifted.
pub(super) struct Lifter {
    /// Their ids.
    pub ids: Vec<String>,
    /// Those that had one.
    pub lifted: Vec<String>,
}

impl Lifter {
    /// Lifts them in `auth-state.json`, where that is there. `may_go_on` is asked right before it is replaced.
    ///
    /// # Errors
    /// [`NotReplaced`].
    pub fn lift_beside(&mut self, state: &Path, may_go_on: &dyn Fn() -> bool) -> Result<(), NotReplaced> {
        let read = read::read(state).map_err(|error| NotReplaced::Failed(obstacle("cannot read", state, &error)))?;
        let Some((bytes, id)) = read else { return Ok(()) };
        let text = store_text::text(&bytes).map_err(|error| malformed(state, &error))?;
        let edited = self.lift_in(state, text)?;
        if *edited == *text {
            return Ok(());
        }
        replace::replace(state, edited.as_bytes(), Expect::Unchanged(id), may_go_on)
    }

    /// Lifts them in the text of the file at `path`, and returns the new text.
    ///
    /// # Errors
    /// [`NotReplaced::Failed`] where the text is ambiguous.
    pub fn lift_in(&mut self, path: &Path, text: &str) -> Result<Zeroizing<String>, NotReplaced> {
        self.edited(text).map_err(|error| malformed(path, &error.located(text)))
    }

    fn edited(&mut self, text: &str) -> Result<Zeroizing<String>, Malformed> {
        let Self { ids, lifted } = self;
        ids.iter().try_fold(Zeroizing::new(text.to_owned()), |document, id| {
            let changes = cooldown::lift(&document, id)?;
            if !changes.is_empty() {
                lifted.push(id.clone());
            }
            json_edit::apply(&document, &["usageStats", id], &changes)
        })
    }
}

/// A file that is no store, or an ambiguous one. It is not replaced.
pub(super) fn malformed(path: &Path, error: &Malformed) -> NotReplaced {
    let message = format!("{}: {error}", path.display());
    NotReplaced::Failed(Problem::malformed(message, "ocsync left it alone"))
}
