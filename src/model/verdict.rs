//! The verdicts, in the words of the output, and the forms in which a credential is delivered.

use serde::Serialize;

/// What comparing says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No source is bound to it.
    Unbound,
    /// It refers to the source's file, or to `ocsync provide`.
    Linked,
    /// It holds something that ocsync must not exchange.
    Opaque,
    /// It belongs to another account than the source.
    OtherAccount,
    /// The source is there and cannot be read.
    SourceUnreadable,
    /// The source's login has ended.
    SourceLoggedOut,
    /// The source holds a token that it has held before, and a newer one since.
    SourceRolledBack,
    /// Nothing to do.
    InSync,
    /// The same tokens; expiry or identity is to be put right.
    Metadata,
    /// The source's access token has expired.
    SourceExpired,
    /// The source lacks what an `oauth` profile needs.
    SourceIncomplete,
    /// As `source-newer`, and somebody has put an older credential back.
    Reverted,
    /// The source's credential is to be delivered.
    SourceNewer,
    /// The profile's credential is newer than the source's.
    StoreNewer,
}

impl Verdict {
    /// All of them, in the order of the manual.
    pub const ALL: [Self; 14] = [
        Self::Unbound,
        Self::Linked,
        Self::Opaque,
        Self::OtherAccount,
        Self::SourceUnreadable,
        Self::SourceLoggedOut,
        Self::SourceRolledBack,
        Self::InSync,
        Self::Metadata,
        Self::SourceExpired,
        Self::SourceIncomplete,
        Self::Reverted,
        Self::SourceNewer,
        Self::StoreNewer,
    ];

    /// The word in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unbound => "unbound",
            Self::Linked => "linked",
            Self::Opaque => "opaque",
            Self::OtherAccount => "other-account",
            Self::SourceUnreadable => "source-unreadable",
            Self::SourceLoggedOut => "source-logged-out",
            Self::SourceRolledBack => "source-rolled-back",
            Self::InSync => "in-sync",
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

/// In which form a credential is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Access and refresh token and expiry: the lineage is shared.
    OAuth,
    /// The access token alone.
    Token,
    /// The access token alone, into an `oauth` profile, which loses its refresh token: what SQLite gets.
    Access,
}

impl Shape {
    /// Whether OpenClaw takes this form of a profile whose `mode` in openclaw.json is this one.
    #[must_use]
    pub fn is_accepted(self, mode: Option<&str>) -> bool {
        match mode {
            None | Some("oauth") => true,
            Some("token") => self == Self::Token,
            Some(_) => false,
        }
    }
}
