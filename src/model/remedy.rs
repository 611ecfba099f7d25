//! What a person can do about a reason.

use std::borrow::Cow;

use crate::model::reason::Reason;
use crate::model::remedy_command::{LOGOUT, PROFILE, link_first};
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::Verdict;

impl Reason {
    /// [`Self::remedy_of`] about a profile that `word` names in a command.
    pub fn remedy_for(self, source: Option<&Source>, word: &str) -> String {
        self.remedy_of(source).replace(PROFILE, word)
    }

    /// What a person can do about it; empty where there is nothing to do. `kind` is the CLI that it is about. It says
    /// `AGENT/PROFILE` where a command names the profile.
    pub fn remedy(self, kind: Option<SourceKind>) -> Cow<'static, str> {
        self.remedy_by(kind, kind.map_or("log in with the CLI", SourceKind::login_command).into())
    }

    /// What a person can do about it, where it is about `source`.
    pub fn remedy_of(self, source: Option<&Source>) -> Cow<'static, str> {
        source.map_or_else(|| self.remedy(None), |source| self.remedy_by(Some(source.kind), source.login_command()))
    }

    /// What a person can do about it, where `login` is the command that logs in again.
    pub fn remedy_by(self, kind: Option<SourceKind>, login: Cow<'static, str>) -> Cow<'static, str> {
        let fixed = match self {
            Self::OtherAccount => "nothing, if that is right; else: ocsync sync --adopt AGENT/PROFILE",
            Self::AccountMoved => "to follow it: ocsync sync --adopt AGENT/PROFILE; or log in as before",
            Self::SeveralLogins => "say which with \"bind\" in ocsync's config",
            Self::BoundToOther => "correct \"bind\" in ocsync's config; or ocsync sync --adopt AGENT/PROFILE",
            Self::RenewsItself => "to give it up: ocsync sync --adopt AGENT/PROFILE",
            Self::SourceUnreadable => "see the error about the login's file",
            Self::PartlyRead | Self::StoreUnreadable => "see the error about the store",
            Self::StateUnreadable => "see the error about the state database",
            Self::Shadows => LOGOUT,
            Self::AccessEnded => "ocsync refresh",
            Self::AccountUntold => "use the CLI once: it writes the file again",
            Self::LoggedOut | Self::FileGone | Self::SourceIncomplete => return login,
            Self::LoginOutOfReach => "log the profile in with OpenClaw",
            Self::LoginElsewhere => "name its directory with --claude-dir or --codex-home",
            Self::SourceExpired => return format!("use the CLI once: it refreshes; or {login}").into(),
            Self::RolledBack => return format!("{login}; or ocsync sync --prefer-source").into(),
            Self::Spent | Self::SpentByAnother | Self::SpentByOpenClaw => {
                return match kind {
                    Some(SourceKind::Claude | SourceKind::Codex) => {
                        format!("ocsync sync --write-back; or {login}").into()
                    }
                    _ => login,
                };
            }
            Self::NewerInStore | Self::NotOlder => "if the CLI's login is the right one: ocsync sync --prefer-source",
            Self::CodexOauthOnly => "in ocsync's config: share: { claude: \"access\" } (Codex then gets both tokens)",
            Self::Preferred => "ocsync sync --prefer-source",
            Self::Adopted => "ocsync sync --adopt AGENT/PROFILE",
            Self::SqliteNotWritten => "ocsync sync --sqlite-write auto",
            Self::RowDisputed => "in ocsync's config, give \"bind\" the same value for all of these agents",
            Self::NotUpgraded => "openclaw doctor --fix",
            Self::Maintained => "the next ocsync sync looks again",
            Self::Supervised => "log the agent in through that supervisor",
            Self::ForeignDatabase => "run ocsync as the owner of the database",
            Self::CoordinatorUnseen => {
                return link_first(kind, "start OpenClaw once if it has not run since the boot; or ").into();
            }
            _ if self.needs_link() => return link_first(kind, "").into(),
            Self::UnclearEra | Self::VersionUnknown => {
                "set \"version\" for this state directory in ocsync's config (openclaw --version prints it)"
            }
            Self::UnknownForm => "look for a newer ocsync; or run: openclaw doctor",
            Self::NotMigrated => "to take it over: openclaw doctor --fix",
            Self::NoUsableLogin => return format!("log in again: {login}").into(),
            Self::NoDirectory => "start OpenClaw once",
            Self::ImportPending => "start OpenClaw once, then run ocsync again",
            Self::OtherType => "set its mode to oauth, or see --access-only",
            Self::OthersConfigured => "add it to auth.profiles there",
            Self::OthersNamed => "add it to auth.order or auth.profiles there",
            Self::Foreign => "rename or remove that profile, or protect it with bind \"none\"",
            Self::NotMapped | Self::LinkNotMapped => "add it to \"paths\" of this state directory in ocsync's config",
            Self::NothingToLinkTo => "chmod 600 the file, or install ocsync as that user",
            _ => match self.verdict() {
                Some(Verdict::Metadata | Verdict::Reverted | Verdict::SourceNewer) => "ocsync sync",
                Some(Verdict::Opaque) => match (self, kind) {
                    // OpenClaw has no login that makes such a profile.
                    (Self::RefreshPending, Some(SourceKind::Claude)) => "",
                    (Self::RefreshFailed, Some(SourceKind::Claude)) => {
                        return format!("a new login replaces it: {login}").into();
                    }
                    _ => "log it in with OpenClaw, or see --force-type",
                },
                _ => "",
            },
        };
        fixed.into()
    }
}
