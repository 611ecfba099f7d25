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
    let subjects: Vec<(String, String)> = files.iter().filter_map(subject).collect();
    let note = |(until, words): (String, String)| {
        let mut of_minute = subjects.iter().filter(|(of, _)| *of == until);
        let hint = match (of_minute.next(), of_minute.next()) {
            (Some((_, word)), None) => format!("to put it back: ocsync sync --restore {word}"),
            _ => "to put one back: ocsync sync --restore AGENT/PROFILE".to_owned(),
        };
        let message = format!("{words}: an update has replaced another login, which ocsync keeps until {until} UTC");
        Problem::note("replaced", message, hint)
    };
    problems.extend(grouped(subjects.iter().cloned()).into_iter().map(note));
    problems
}
