//! Which login a link leads to: the entry of a profile names a secret provider, and OpenClaw's configuration says what
//! that provider reads.

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
