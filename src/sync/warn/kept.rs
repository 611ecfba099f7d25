//! What is kept in `replaced/`, and until when.

use crate::model::kept_file::KeptFile;
use crate::model::problem::{Problem, clean};
use crate::model::target;
use crate::model::time;
use crate::sync::replaced;
use crate::sync::warn::{Inspection, grouped};

/// One note for each minute in which something ends that is kept.
pub(super) fn logins(inspection: &Inspection<'_>) -> Vec<Problem> {
    let (files, mut problems) = replaced::all(inspection.options);
    let is_looked_at =
        |state_dir: &str| inspection.inventory.installations.iter().any(|of| of.dir.path.as_os_str() == state_dir);
    let subject = |file: &KeptFile| {
        let until = time::utc(file.kept.last()?.until())?;
        is_looked_at(&file.state_dir).then(|| (until, clean(&target::word(&file.agent, &file.profile))))
    };
    let note = |(until, words): (String, String)| {
        let message = format!(
            "{words}: another login was replaced, and is kept until {until} UTC; sync --restore puts it back"
        );
        Problem::note("replaced", message, "")
    };
    problems.extend(grouped(files.iter().filter_map(subject)).into_iter().map(note));
    problems
}
