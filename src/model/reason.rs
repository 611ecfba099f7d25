//! The table of reasons: why a profile has its verdict, and why it was not written, created, linked, refreshed or
//! written back.
//!
//! Each sentence is here once; `remedy` has what a person can do about it. The code decides by the variants and never
//! by the sentences. MANUAL.md has the same table, and a test compares the two. A `{}` in a sentence is filled with
//! something that only the run knows: a path, a time, the words of a server.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident: $text:literal,)*) => {
        /// Why something is as it is. The comment of each variant names the module that decides it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// All reasons, in the order of the manual.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The sentence, with `{}` where a detail goes.
            pub const fn pattern(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

reasons! {
    /// `core::decide`: neither configuration, token, id nor account binds it.
    NoSource: "it is bound to no login",
    /// `core::decide`: OpenClaw knows the id but does not use it any more.
    Retired: "retired: this OpenClaw does not use it",
    /// `core::decide`: its CLI works without a login in its file. `{}` says how.
    LoginOutOfReach: "its login is out of reach: {}",
    /// `core::decide`: the journal notes it.
    Restored: "--restore has put it back, and ocsync leaves it alone until --adopt",
    /// `core::judge`: its SecretRef names the source's file, or `ocsync provide`.
    RefersToSource: "it refers to the login",
    /// `core::judge`: its SecretRef names something else.
    RefersElsewhere: "it refers to a secret that is not this login",
    /// `core::decide_one`: its gateway runs in a container. `{}` is the file, as the gateway has it.
    LinkNotMapped: "its gateway is in a container and reads {}; ocsync's config does not say which file that is on this machine",
    /// `core::judge`: it holds `oauthRef` and no tokens.
    EncryptedFile: "its tokens are in an encrypted file",
    /// `core::judge`: its fence has failed.
    RefreshFailed: "OpenClaw's refresh of it has failed",
    /// `core::judge`: its fence is pending.
    RefreshPending: "OpenClaw is refreshing it, or was stopped while it did",
    /// `core::judge`: `auth.profiles` of openclaw.json.
    OtherMode: "its type is not the mode that openclaw.json asks for",
    /// `core::judge`, `sync::create`: MiniMax has two regions.
    OtherRegion: "the login's region is not that of the provider's base URL",
    /// `core::which_login`: no token, delivery or id says which.
    SeveralLogins: "several logins belong to its account, and nothing says which one is its own",
    /// `core::decide`: the journal knows its tokens at another path. `{}` is that path.
    LoginElsewhere: "its tokens belong to the login in {}, which this run does not read",
    /// `core::account`.
    OtherAccount: "the profile belongs to another account than the login",
    /// `core::account`: `{}` is both accounts.
    AccountMoved: "the login has served it, and now belongs to another account: {}",
    /// `core::account`: `{}` is both accounts.
    BoundToOther: "\"bind\" names it, and it belongs to another account than the login: {}",
    /// `core::judge`: a login that OpenClaw made for this account, and renews when it is used.
    RenewsItself: "a login of OpenClaw's own, which it renews by itself",
    /// `core::judge`: its file is torn, malformed, or not readable for this user.
    SourceUnreadable: "the login cannot be read",
    /// `core::judge`: `{}` is the file that should name the account, and what is wrong with it.
    AccountUntold: "ocsync cannot tell whose login it is: {}",
    /// `core::judge`, `sync::refresh_due`: the source's token is empty or missing.
    LoggedOut: "the CLI is logged out",
    /// `core::judge`: the login has served profiles, and its file is no longer there. `{}` is when it was last seen.
    FileGone: "the login's file is gone{}",
    /// `core::judge`: the journal has a newer token of this lineage.
    RolledBack: "the login holds an older token than it has held before",
    /// `core::shadow`.
    Shadows: "OpenClaw gives it to Claude Code in place of Claude Code's own login, and nobody renews it",
    /// `core::judge`.
    SameTokens: "the same tokens",
    /// `model::item`: another run or OpenClaw delivered it between reading and writing.
    SettledMeanwhile: "another program has brought it in step",
    /// `sync::warn::drift`: the same tokens, they have ended, and the profile has no refresh token.
    AccessEnded: "the access token has ended, and the profile cannot renew it",
    /// `core::judge`.
    MetadataDiffers: "the same tokens; expiry or account differs",
    /// `core::judge`: at most five minutes are left.
    SourceExpired: "the CLI's access token has expired",
    /// `core::judge`.
    SourceIncomplete: "the login has no refresh token or no known expiry",
    /// `core::judge`: the profile is older than what ocsync delivered to it.
    PutBack: "another program has put an older credential back over the delivered one",
    /// `core::judge`: it has none, or they are in fields that OpenClaw does not read.
    NoUsableTokens: "the profile has no usable tokens",
    /// `core::judge`: only the access token is shared from now on.
    RefreshTokenTakenOut: "access only: ocsync takes the CLI's refresh token out",
    /// `core::judge`: the journal knows the profile's token as an older one.
    RotatedSince: "the CLI has rotated since: the profile's token is dead",
    /// `core::judge`.
    NewerAccess: "the same refresh token, and the login's access token is newer",
    /// `core::judge`: by date alone.
    NewerSource: "the login is newer",
    /// `core::judge`: `--adopt`.
    Adopted: "--adopt gives it to this login",
    /// `core::judge`: `--prefer-source`.
    Preferred: "--prefer-source prefers the login",
    /// `core::judge`.
    NewerInStore: "the same refresh token, and a newer access token",
    /// `core::judge`: proven by this profile.
    Spent: "OpenClaw has spent the CLI's refresh token",
    /// `core::judge`: proven by another profile.
    SpentByAnother: "another profile shows that the CLI's refresh token is spent",
    /// `core::judge`: by date alone.
    NotOlder: "the profile's credential is as new as the login's, or newer",

    /// `core::change`, `sync::create`: only the access token of Codex is shared.
    CodexOauthOnly: "OpenClaw from 2026.5.12 on takes Codex tokens from an oauth profile only",
    /// `core::decide`: `--sqlite-write never`.
    SqliteNotWritten: "sqlite_write is \"never\"",
    /// `core::decide`, `sync::write_sqlite`: the agents that see one row need different changes.
    RowDisputed: "several agents share its row, and not all of them are to get this update",
    /// `core::decide`.
    PartlyRead: "not all of its store can be read",
    /// `openclaw::sqlite::claims`: `{}` is the number.
    UnknownSchema: "its database has schema {}, which this ocsync does not know; a newer ocsync may know it",
    /// `openclaw::sqlite::claims`: the tables, their columns, a trigger, the journal.
    OtherForm: "its database is not in the form that ocsync knows for its schema",
    /// `openclaw::sqlite::claims`: the installed OpenClaw has not been started since its update.
    NotUpgraded: "OpenClaw has not brought its database up to date yet",
    /// `openclaw::sqlite::view`: `{}` is the kind of file system.
    SharedFileSystem: "its database is on {}, where programs cannot share SQLite's memory",
    /// `openclaw::sqlite::view`: on macOS and Windows a container is in a virtual machine.
    OtherMachine: "its gateway is in a container, which on this system does not share SQLite's memory",
    /// `openclaw::sqlite::claims`.
    OtherAgent: "the database says that it belongs to another agent",
    /// `openclaw::sqlite::claims`: `gateway.supervision`.
    Supervised: "the database says that a supervisor manages this OpenClaw (gateway.supervision), and forbids other writers",
    /// `openclaw::sqlite::claims`: a lease in `state_leases`.
    Maintained: "openclaw doctor is at work on the agents' databases",
    /// `openclaw::sqlite::claims`: `auth.sharedStore`.
    OtherPlace: "the database says that the shared profiles are in a place that ocsync does not know (auth.sharedStore)",
    /// `openclaw::sqlite::view`.
    StateUnreadable: "the state database cannot be read",
    /// `openclaw::sqlite::view`.
    ForeignDatabase: "the database belongs to another user, and only its owner may write it",
    /// `openclaw::sqlite::view`: this run cannot see OpenClaw's lock, because its `/tmp` is another one.
    CoordinatorUnseen: "OpenClaw's lock on its state database, below /tmp/openclaw-state-locks-<uid>, cannot be seen",

    /// `sync::gather`.
    UnclearEra: "openclaw.json does not say the version, and the store may be JSON or SQLite",
    /// `sync::gather`.
    UnknownForm: "it keeps profiles in SQLite in a form that ocsync does not know",
    /// `sync::gather`: `{}` is OpenClaw and its version.
    NotMigrated: "{} keeps profiles in SQLite and has none there yet, and does not read the JSON beside it",
    /// `sync::gather`.
    StoreUnreadable: "the store cannot be read",

    /// `sync::create`: `--create` adds it.
    ProviderHasNone: "the provider has no profile",
    /// `sync::link`: `--create` links it.
    ProviderFollowsNone: "the provider has no profile that follows the CLI",
    /// `sync::create`.
    VersionUnknown: "OpenClaw's version is not known",
    /// `sync::create`, `sync::link_one`.
    NoUsableLogin: "the CLI has no usable login",
    /// `sync::create`: `{}` is the agent's directory.
    NoDirectory: "{} is not a directory",
    /// `sync::create`.
    ImportPending: "OpenClaw has not imported auth.json yet",
    /// `sync::create`.
    OtherType: "openclaw.json asks for another type of profile",
    /// `sync::create`.
    OthersConfigured: "openclaw.json names other profiles for this provider, which it would use instead",
    /// `sync::link_one`.
    OthersNamed: "openclaw.json names other profiles for this provider",
    /// `sync::link_one`.
    Foreign: "a profile of this name exists, and is not this link",
    /// `sync::link_one`.
    PathNotUtf8: "its path is not UTF-8",
    /// `sync::link_one`: OpenClaw does this for MiniMax and Qwen.
    TakenOver: "OpenClaw takes this login over by itself",
    /// `sync::link_one`.
    JsonEra: "this version keeps its profiles in JSON",
    /// `sync::link_one`.
    ReadsCodexItself: "OpenClaw up to 2026.7 reads Codex's login by itself",
    /// `sync::link_one`: the gateway runs in a container. `{}` is the login's file, or the state directory.
    NotMapped: "its gateway is in a container, and ocsync's config does not say which path {} has there",
    /// `sync::link_one`: `{}` is the file and the owner that it should have.
    NothingToLinkTo: "OpenClaw would refuse {}, and would not start this ocsync",
    /// `sync::link_one`: `{}` is what `openclaw secrets apply` prints.
    LinkFailed: "{}",

    /// `refresh::write_back`: the CLIs of MiniMax and Qwen.
    NoLockToWriteUnder: "the CLI's file has no lock under which it could be written",
    /// `refresh::write_back`: it is in the Keychain.
    LoginNotInFile: "the CLI's login is not in a file",
    /// `refresh::write_back`.
    ProfileIncomplete: "the profile lacks a token or its expiry",
    /// `refresh::write_back`.
    OlderCopy: "its tokens are not newer than the CLI's: it may be an older copy",
    /// `sync::write_back`: `{}` is an agent that `--agent` does not name.
    NewestLeftOut: "the newest tokens are agent {}'s, which --agent leaves out",
    /// `sync::write_back`: the tokens were written back.
    HadSpent: "OpenClaw had spent the CLI's refresh token",
    /// `sync::write_back`: `{}` is what went wrong.
    WriteBackFailed: "{}",

    /// `refresh::wording`: `{}` is the time left. The login is not due, or was refreshed.
    TimeLeft: "{}",
    /// `refresh::wording`.
    ExpiryUnknown: "its expiry is unknown",
    /// `refresh::wording`.
    OnlyLogin: "only a login can help",
    /// `refresh::wording`: `{}` is the server's answer.
    TokenDead: "its refresh token is dead: {}",
    /// `refresh::wording`.
    SpentByOpenClaw: "OpenClaw has spent its refresh token",
    /// `refresh::wording`: `{}` is why an earlier try failed, and when the next one is.
    Waits: "{}",
    /// `refresh::wording`.
    RefreshedMeanwhile: "another program has refreshed it",
    /// `refresh::wording`: `{}` is the CLI's lock.
    LockHeld: "{} is held",
    /// `refresh::wording`: a signal came.
    Interrupted: "interrupted",
    /// `refresh::wording`: `{}` is what went wrong.
    NotRefreshed: "{}",
    /// `sync::refresh_due`: the service of Qwen.
    ServiceEnded: "the service ended on 2026-04-15",
    /// `sync::take_up`.
    RecoverySaved: "an earlier run had got the tokens and not saved them",
    /// `sync::take_up`.
    RecoveryWaits: "new tokens of an earlier run are not saved yet",
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_sentence_is_there_once() {
        let fixed = Reason::ALL.iter().map(|reason| reason.pattern()).filter(|text| *text != "{}");
        let mut known = HashSet::new();
        assert!(fixed.into_iter().all(|text| known.insert(text)));
    }
}
