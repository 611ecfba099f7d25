//! Logins beside the first ones that no setting names: nothing serves them.

use crate::model::problem::{Problem, clean};
use crate::model::secret::fingerprint;
use crate::model::source_id::SourceId;
use crate::source::unconfigured::{Unconfigured, unconfigured};
use crate::sync::warn::Inspection;

/// One note for each such login, with the line to add.
pub(super) fn logins(inspection: &Inspection<'_>) -> Vec<Problem> {
    let options = inspection.options;
    let is_asked = |of: &Unconfigured| options.logins.contains(&of.kind.into());
    let further = options.env.logins().into_iter().filter_map(SourceId::own_name);
    let mut taken: Vec<String> = further.map(str::to_owned).collect();
    let mut notes = Vec::new();
    for of in unconfigured(&options.env).iter().filter(|of| is_asked(of) && !is_copy(of, inspection)) {
        let name = name(of, &taken);
        let dir = of.dir();
        let account =
            of.login.identity.email.as_deref().map_or_else(String::new, |email| format!(", {}", clean(email)));
        let message = format!("{}: a login of {} that ocsync does not serve{account}", clean(&dir), of.kind.name());
        let entry = format!("{{ source: \"{}\", dir: {} }}", of.kind.name(), serde_json::Value::from(clean(&dir)));
        let hint = format!("to serve it, in ocsync's configuration: logins: {{ \"{name}\": {entry} }}");
        notes.push(Problem::note("not-configured", message, hint));
        taken.push(name);
    }
    notes
}

/// Whether the directory is a copy of a login that is known: a backup. Nobody may refresh it.
fn is_copy(of: &Unconfigured, inspection: &Inspection<'_>) -> bool {
    let refresh = fingerprint(of.login.refresh.as_ref());
    let held = |path: &str| inspection.journal.entry(path, refresh, Some(of.login.access.fingerprint)).is_some();
    inspection.inventory.sources.iter().any(|source| held(&source.path.to_string_lossy()))
}

/// A name for the login that no other one has.
fn name(of: &Unconfigured, taken: &[String]) -> String {
    let suffix = of.suffix.to_lowercase();
    let fits = |name: &String| SourceId::is_name(name) && !taken.contains(name);
    let names = [suffix.clone(), format!("{suffix}-{}", of.kind.name())];
    names.into_iter().find(fits).unwrap_or_else(|| "NAME".to_owned())
}
