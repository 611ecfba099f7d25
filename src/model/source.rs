//! A source: one login, as the file of the CLI that owns it says.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::model::login::{Expiry, Login};
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::model::source_id::SourceId;
pub use crate::model::source_kind::SourceKind;

/// What a source's file says.
#[derive(Clone, Debug)]
pub enum SourceState {
    /// A login.
    Live(Login),
    /// No login any more, or none yet: the file is there and says so.
    LoggedOut,
    /// The file is gone, and the login in it has served profiles.
    Gone,
    /// The CLI is set to work without a login in its file: with a keyring, an API key. The words say how. Whether there
    /// is a login cannot be told.
    OutOfReach(String),
    /// The file is there but cannot be read or understood.
    Unreadable(Problem),
}

/// One source that is present.
#[derive(Clone, Debug)]
pub struct Source {
    /// The CLI that owns it.
    pub kind: SourceKind,
    /// What it is called: see [`SourceId`].
    pub name: &'static str,
    /// The file that the login was read from.
    pub path: PathBuf,
    /// What the file says.
    pub state: SourceState,
    /// The file that names the account, where it is another than the login's.
    pub account_file: Option<PathBuf>,
    /// Why that file does not say whose login it is, where it is there and cannot be read.
    pub untold: Option<String>,
    /// MiniMax: the region that the login belongs to, `global` or `cn`.
    pub region: Option<String>,
    /// Nobody has renewed it in time so far: its access token counts an hour before its end.
    pub unrenewed: bool,
    /// What is worth a report.
    pub problems: Vec<Problem>,
}

impl Source {
    /// The first login of a CLI, as it was read from `path`, without region and problems.
    pub fn new(kind: SourceKind, path: PathBuf, state: SourceState) -> Self {
        Self {
            kind,
            name: kind.name(),
            path,
            state,
            account_file: None,
            untold: None,
            region: None,
            unrenewed: false,
            problems: Vec::new(),
        }
    }

    /// Which login it is.
    pub fn id(&self) -> SourceId {
        SourceId { kind: self.kind, name: self.name }
    }

    /// The command that logs in again.
    pub fn login_command(&self) -> Cow<'static, str> {
        self.id().login_command(&self.path)
    }

    /// The login, where there is one.
    pub fn login(&self) -> Option<&Login> {
        match &self.state {
            SourceState::Live(login) => Some(login),
            _ => None,
        }
    }

    /// Why the login cannot be delivered now; `None` where it can. `whole`: its refresh token is wanted as well.
    #[must_use]
    pub fn shortfall(&self, now: i64, whole: bool) -> Option<Reason> {
        match &self.state {
            SourceState::Live(login) if login.needs_person(now) => Some(Reason::LoggedOut),
            SourceState::Live(login) if login.expires.is_spent(now) => Some(Reason::SourceExpired),
            SourceState::Live(login) => {
                let lacks = login.expires == Expiry::Unknown || (whole && login.refresh.is_none());
                lacks.then_some(Reason::SourceIncomplete)
            }
            SourceState::LoggedOut => Some(Reason::LoggedOut),
            SourceState::Gone => Some(Reason::FileGone),
            SourceState::OutOfReach(_) => Some(Reason::LoginOutOfReach),
            SourceState::Unreadable(_) => Some(Reason::SourceUnreadable),
        }
    }
}
