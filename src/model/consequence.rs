//! What a dry run foresees beside the changes themselves.

use serde::Serialize;

/// Something that the run would bring about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Consequence {
    /// Profiles would hold the refresh token of a login, which they do not hold now.
    Share {
        /// The login.
        source: &'static str,
        /// How many profiles.
        profiles: usize,
    },
    /// The gateway of an installation would be told.
    Reload {
        /// Its state directory.
        state_dir: String,
        /// Whether it seems to run; null where that cannot be seen from here.
        running: Option<bool>,
    },
}
