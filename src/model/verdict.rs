//! The verdicts with their names in the output, and the forms in which a credential is delivered.

use serde::Serialize;

/// The result of the comparison of one profile with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No source is bound to it.
    Unbound,
    /// It refers to the source's file, or to `ocsync provide`.
    Linked,
    /// It holds something that ocsync must not replace.
    Opaque,
    /// Its tokens are of a login at a path that this run does not read.
    Elsewhere,
    /// It belongs to another account than the source.
    OtherAccount,
    /// It belongs to the source's account, and OpenClaw renews it by itself.
    OwnLogin,
    /// The source is there but cannot be read.
    SourceUnreadable,
    /// The source's login has ended.
    SourceLoggedOut,
    /// The source holds an older token again: the journal knows a newer one.
    SourceRolledBack,
    /// OpenClaw gives it to Claude Code in place of the login that it refers to.
    Shadows,
    /// There is nothing to do.
    InSync,
    /// The tokens are the same. The expiry or the identity has to be corrected.
    Metadata,
    /// The source's access token has expired.
    SourceExpired,
    /// The source lacks what an `oauth` profile needs.
    SourceIncomplete,
    /// As `source-newer`, and a person or a program has put an older credential back over the delivered one.
    Reverted,
    /// The source's credential has to be delivered.
    SourceNewer,
    /// The profile's credential is newer than the source's.
    StoreNewer,
}

impl Verdict {
    /// All verdicts, in the order of the manual.
    pub const ALL: [Self; 17] = [
        Self::Unbound,
        Self::Linked,
        Self::Opaque,
        Self::Elsewhere,
        Self::OtherAccount,
        Self::OwnLogin,
        Self::SourceUnreadable,
        Self::SourceLoggedOut,
        Self::SourceRolledBack,
        Self::Shadows,
        Self::InSync,
        Self::Metadata,
        Self::SourceExpired,
        Self::SourceIncomplete,
        Self::Reverted,
        Self::SourceNewer,
        Self::StoreNewer,
    ];

    /// The name in the output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unbound => "unbound",
            Self::Linked => "linked",
            Self::Opaque => "opaque",
            Self::Elsewhere => "elsewhere",
            Self::OtherAccount => "other-account",
            Self::OwnLogin => "own-login",
            Self::SourceUnreadable => "source-unreadable",
            Self::SourceLoggedOut => "source-logged-out",
            Self::SourceRolledBack => "source-rolled-back",
            Self::InSync => "in-sync",
            Self::Shadows => "shadows",
            Self::Metadata => "metadata",
            Self::SourceExpired => "source-expired",
            Self::SourceIncomplete => "source-incomplete",
            Self::Reverted => "reverted",
            Self::SourceNewer => "source-newer",
            Self::StoreNewer => "store-newer",
        }
    }

    /// Whether `sync` writes the profile.
    #[must_use]
    pub fn is_update(self) -> bool {
        matches!(self, Self::Metadata | Self::Reverted | Self::SourceNewer)
    }
}

/// The form in which a credential is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The access token, the refresh token and the expiry: the lineage is shared.
    OAuth,
    /// The access token alone, in a `token` profile.
    Token,
    /// The access token alone, in an `oauth` profile, which loses its refresh token. Profiles in SQLite get this
    /// form.
    Access,
}

impl Shape {
    /// Whether OpenClaw accepts this form for a profile with this `mode` in openclaw.json.
    #[must_use]
    pub fn is_accepted(self, mode: Option<&str>) -> bool {
        match mode {
            None | Some("oauth") => true,
            Some("token") => self == Self::Token,
            Some(_) => false,
        }
    }
}
