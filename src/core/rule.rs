//! The rule that gave a verdict, as a sentence for a person who asks why.

use crate::core::binding::BoundBy;
use crate::model::reason::Reason;

/// The rule by which a reason was found. It names what was compared: the configuration, the lineage, the dates.
#[must_use]
pub fn of(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSource => "binding: neither \"bind\", a token, the account nor the id of the profile names a login",
        Reason::Retired => "version: this OpenClaw passes over a profile of this id",
        Reason::LoginOutOfReach => "login: its CLI keeps no login in a file, so nothing can be compared",
        Reason::Restored => "journal: what --restore has put back is left alone until --adopt",
        Reason::RefersToSource => {
            "reference: a profile that refers to the login's file or to ocsync provide is linked"
        }
        Reason::RefersElsewhere | Reason::EncryptedFile => {
            "reference: a profile without tokens of its own is left alone"
        }
        Reason::LinkNotMapped => {
            "reference: a file that may be the login, and that no pair of \"paths\" covers, is named"
        }
        Reason::RefreshFailed | Reason::RefreshPending => "fence: a profile that OpenClaw has fenced is left alone",
        Reason::OtherMode => "settings: the type of the profile and its mode in openclaw.json have to agree",
        Reason::OtherRegion => "settings: the region of the login and that of the base URL have to agree",
        Reason::SeveralLogins => "binding: a profile that two logins could serve goes to none",
        Reason::LoginElsewhere => "journal: a token of a login in another directory stays with that login",
        Reason::OtherAccount | Reason::AccountMoved | Reason::BoundToOther => {
            "account: a profile gets nothing from a login of another account"
        }
        Reason::RenewsItself => "account: a login of OpenClaw's own is left alone while OpenClaw renews it",
        Reason::SourceUnreadable => "login: nothing is delivered from a file that cannot be read",
        Reason::AccountUntold => "account: nothing is delivered to a known account while the login's cannot be told",
        Reason::LoggedOut | Reason::FileGone => "login: nothing is delivered from a login that has ended",
        Reason::RolledBack => "lineage: the login has held a newer refresh token than the one that it holds now",
        Reason::Shadows => "route: Claude Code runs every model of the agents that see it, with a login of its own",
        Reason::SameTokens | Reason::SettledMeanwhile | Reason::AccessEnded => {
            "tokens: the profile holds what a delivery would give it"
        }
        Reason::MetadataDiffers => {
            "tokens: they are the same, and the expiry (by a second or more) or the account is not"
        }
        Reason::SourceExpired => "dates: a token with five minutes left, or less, is not delivered",
        Reason::SourceIncomplete => "login: an oauth profile needs a refresh token and a known expiry",
        Reason::PutBack => "lineage: ocsync has delivered a newer token than the profile holds now",
        Reason::NoUsableTokens => "tokens: a profile that holds none gets those of the login",
        Reason::RefreshTokenTakenOut => "tokens: with access only, a profile keeps no refresh token of the CLI's",
        Reason::RotatedSince => "lineage: the login has held the profile's token, and holds a newer one now",
        Reason::NewerAccess => "dates: beside the same refresh token, the login's access token is the later one",
        Reason::NewerSource => "dates: the tokens are of no common lineage, and the login's is the later one",
        Reason::Adopted => "option: --adopt wins once",
        Reason::Preferred => "option: --prefer-source wins once",
        Reason::NewerInStore => "dates: beside the same refresh token, the profile's access token is the later one",
        Reason::Spent => {
            "lineage: the profile was last seen with the login's refresh token, and holds a newer one that nobody has held"
        }
        Reason::SpentByAnother => "lineage: what one profile proves of the login's refresh token holds for all",
        Reason::NotOlder => "dates: the tokens are of no common lineage, and the login's is not the later one",
        _ => "",
    }
}

/// The rule by which a profile is bound to a login.
#[must_use]
pub fn of_binding(by: BoundBy) -> (&'static str, &'static str) {
    match by {
        BoundBy::Choice => ("bind", "\"bind\" in the configuration, or --bind, names this login"),
        BoundBy::Adoption => ("adopt", "--adopt gives the profile to this login"),
        BoundBy::Link => ("link", "the profile refers to this login"),
        BoundBy::Token => ("token", "the profile holds a token that this login holds, or has held"),
        BoundBy::Account => ("account", "the profile names the account of this login"),
        BoundBy::Id => ("id", "the profile has one of the ids of this CLI"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_a_verdict_has_a_rule_and_no_other_has() {
        for reason in Reason::ALL {
            assert_eq!(reason.verdict().is_some(), !of(*reason).is_empty(), "{reason:?}");
        }
    }
}
