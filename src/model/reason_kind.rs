//! What kind of reason a reason is: the verdict that it explains, and what follows from it.

use crate::model::reason::Reason;
use crate::model::verdict::Verdict;

impl Reason {
    /// The verdict that it explains; `None` for a reason why something was not done.
    pub const fn verdict(self) -> Option<Verdict> {
        Some(match self {
            Self::NoSource | Self::Retired | Self::LoginOutOfReach | Self::Restored => Verdict::Unbound,
            Self::RefersToSource => Verdict::Linked,
            Self::RefersElsewhere
            | Self::LinkNotMapped
            | Self::EncryptedFile
            | Self::RefreshFailed
            | Self::RefreshPending
            | Self::OtherMode
            | Self::OtherRegion
            | Self::SeveralLogins => Verdict::Opaque,
            Self::OtherAccount | Self::AccountMoved | Self::BoundToOther => Verdict::OtherAccount,
            Self::LoginElsewhere => Verdict::Elsewhere,
            Self::RenewsItself => Verdict::OwnLogin,
            Self::SourceUnreadable | Self::AccountUntold => Verdict::SourceUnreadable,
            Self::LoggedOut | Self::FileGone => Verdict::SourceLoggedOut,
            Self::RolledBack => Verdict::SourceRolledBack,
            Self::Shadows => Verdict::Shadows,
            Self::SameTokens | Self::SettledMeanwhile | Self::AccessEnded => Verdict::InSync,
            Self::MetadataDiffers => Verdict::Metadata,
            Self::SourceExpired => Verdict::SourceExpired,
            Self::SourceIncomplete => Verdict::SourceIncomplete,
            Self::PutBack => Verdict::Reverted,
            Self::NoUsableTokens
            | Self::RefreshTokenTakenOut
            | Self::RotatedSince
            | Self::NewerAccess
            | Self::NewerSource
            | Self::Adopted
            | Self::Preferred => Verdict::SourceNewer,
            Self::NewerInStore | Self::Spent | Self::SpentByAnother | Self::NotOlder => Verdict::StoreNewer,
            _ => return None,
        })
    }

    /// Whether it says that a database must not be written. Then `sync` has failed to do what it should.
    #[must_use]
    pub const fn is_of_database(self) -> bool {
        matches!(
            self,
            Self::RowDisputed
                | Self::PartlyRead
                | Self::UnknownSchema
                | Self::OtherForm
                | Self::NotUpgraded
                | Self::SharedFileSystem
                | Self::OtherMachine
                | Self::OtherAgent
                | Self::Supervised
                | Self::Maintained
                | Self::OtherPlace
                | Self::StateUnreadable
                | Self::ForeignDatabase
                | Self::CoordinatorUnseen
        )
    }

    /// Whether its remedy is a link in place of the profile: several commands.
    #[must_use]
    pub const fn needs_link(self) -> bool {
        matches!(
            self,
            Self::UnknownSchema
                | Self::OtherForm
                | Self::SharedFileSystem
                | Self::OtherMachine
                | Self::OtherAgent
                | Self::OtherPlace
                | Self::CoordinatorUnseen
        )
    }

    /// Whether its remedy is for a person alone: a choice, an edit of a configuration, a login in OpenClaw, a wait. The
    /// remedies of all other reasons name the command that helps.
    #[must_use]
    pub const fn needs_person(self) -> bool {
        matches!(
            self,
            Self::OtherAccount
                | Self::SeveralLogins
                | Self::SourceUnreadable
                | Self::PartlyRead
                | Self::StoreUnreadable
                | Self::StateUnreadable
                | Self::AccountUntold
                | Self::LoginOutOfReach
                | Self::LoginElsewhere
                | Self::RefersElsewhere
                | Self::EncryptedFile
                | Self::OtherMode
                | Self::OtherRegion
                | Self::CodexOauthOnly
                | Self::RowDisputed
                | Self::Maintained
                | Self::Supervised
                | Self::ForeignDatabase
                | Self::UnclearEra
                | Self::UnknownForm
                | Self::VersionUnknown
                | Self::NoDirectory
                | Self::ImportPending
                | Self::OtherType
                | Self::OthersConfigured
                | Self::OthersNamed
                | Self::Foreign
                | Self::NotMapped
                | Self::LinkNotMapped
                | Self::NothingToLinkTo
        )
    }

    /// Whether it says that OpenClaw has spent the source's refresh token. Then `--prefer-source` would log out both.
    #[must_use]
    pub const fn is_spent(self) -> bool {
        matches!(self, Self::Spent | Self::SpentByAnother)
    }

    /// Whether its remedy is a `sync` that delivers the CLI's login. It helps only while that login can be delivered.
    #[must_use]
    pub const fn delivers(self) -> bool {
        matches!(
            self,
            Self::NewerInStore
                | Self::NotOlder
                | Self::RolledBack
                | Self::RenewsItself
                | Self::AccountMoved
                | Self::BoundToOther
                | Self::Preferred
                | Self::Adopted
        )
    }
}
