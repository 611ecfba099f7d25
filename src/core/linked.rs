//! Which login a link leads to: the entry of a profile names a secret provider, and OpenClaw's configuration says what
//! that provider reads.

use std::path::Path;

use crate::model::installation::{SecretProvider, StateDir};
use crate::model::profile::{Profile, Reference};
use crate::model::source::Source;

/// The source that a profile refers to: the profile names the source's file, or `ocsync provide`.
#[must_use]
pub fn linked(state_dir: &StateDir, sources: &[Source], profile: &Profile) -> Option<usize> {
    let Reference::Secret { provider, id, .. } = &profile.reference else { return None };
    match state_dir.settings.secrets.get(provider)? {
        SecretProvider::File(path) => {
            sources.iter().position(|source| state_dir.border.there(&source.path).as_ref() == Some(path))
        }
        SecretProvider::Exec(program) if program.file_name().is_some_and(|name| name == "ocsync") => {
            sources.iter().position(|source| id.split('/').next() == Some(source.name))
        }
        SecretProvider::Exec(_) => None,
    }
}

/// The path by which a gateway in a container reads what may be the login of one of these sources, where nothing says
/// what that path is on this side: the file has the name of the CLI's own.
pub fn unmapped<'a>(state_dir: &'a StateDir, sources: &[Source], profile: &Profile) -> Option<&'a Path> {
    let Reference::Secret { provider, .. } = &profile.reference else { return None };
    let SecretProvider::File(path) = state_dir.settings.secrets.get(provider)? else { return None };
    let may_be = |source: &Source| {
        source.kind.providers().contains(&profile.provider.as_str()) && source.path.file_name() == path.file_name()
    };
    (state_dir.border.here(path).is_none() && sources.iter().any(may_be)).then_some(path.as_path())
}
