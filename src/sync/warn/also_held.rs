//! Other programs that hold the refresh token of a login, or one that it has had.

use crate::model::inventory::StoreRef;
use crate::model::problem::{About, Problem};
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::Source;
use crate::source::also_held::{Copy, read_all};
use crate::sync::warn::{Inspection, grouped};

/// The programs that hold a copy of a login: one line for each login, program, and age of the copy.
pub(super) fn copies(inspection: &Inspection<'_>) -> Vec<Problem> {
    if !inspection.options.also_held {
        return Vec::new();
    }
    let mut copies = read_all(&inspection.options.env);
    // Pi and OpenClaw name their directory by the same variable.
    copies.retain(|copy| {
        let mut agents = inspection.inventory.stores().map(StoreRef::agent);
        copy.path.parent().is_none_or(|dir| agents.all(|agent| agent.dir() != dir))
    });
    let sources = &inspection.inventory.sources;
    sources.iter().flat_map(|source| of_source(inspection, source, &copies)).collect()
}

fn of_source(inspection: &Inspection<'_>, source: &Source, copies: &[Copy]) -> Vec<Problem> {
    let current = fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
    let entries = inspection.journal.sources.get(&*source.path.to_string_lossy()).into_iter().flatten();
    let lineage: Vec<Fingerprint> = entries.filter_map(|entry| entry.refresh).collect();
    let held = copies.iter().filter_map(|copy| {
        let is_current = copy.tokens.iter().any(|token| Some(*token) == current);
        let is_known = is_current || copy.tokens.iter().any(|token| lineage.contains(token));
        is_known.then(|| ((copy.program, is_current), copy.path.display().to_string()))
    });
    let name = source.name;
    let problem = |((program, is_current), paths): ((&str, bool), String)| {
        let message = if is_current {
            format!(
                "{program} holds {name}'s refresh token as well ({paths}): the first to use it logs the others out"
            )
        } else {
            format!(
                "{program} holds an older refresh token of {name} ({paths}): it has no use, and spending it may end the login"
            )
        };
        let problem = Problem::warning("also-held", message, format!("let {program} have a login of its own"));
        problem.about(About::login(name))
    };
    grouped(held).into_iter().map(problem).collect()
}
