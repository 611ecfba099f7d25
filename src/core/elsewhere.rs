//! Whether a profile's tokens are of a login that this run does not look at: one in another directory of its CLI.

use std::path::{Path, PathBuf};

use crate::model::journal::Journal;
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;
use crate::model::source::Source;

/// The path of the login that a profile's tokens are of, by the journal. `None` where no login is known to have held
/// them, where the path is one of `login_files` or of `sources`, and where the login is known to be of the account of
/// one of the sources.
pub fn elsewhere<'a>(
    profile: &Profile,
    journal: &'a Journal,
    sources: &[Source],
    login_files: &[PathBuf],
) -> Option<&'a str> {
    let (refresh, access) = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
    // The Keychain has a name and no path.
    let is_file = |path: &str| Path::new(path).is_absolute();
    let is_known = |path: &str| {
        login_files.iter().any(|file| file.as_path() == Path::new(path))
            || sources.iter().any(|source| source.path == Path::new(path))
    };
    let is_ours = |path: &str| {
        let entry = journal.entry(path, refresh, access);
        let mut logins = sources.iter().filter_map(Source::login);
        entry.is_some_and(|entry| logins.any(|login| entry.is_of(&login.identity) == Some(true)))
    };
    journal.paths_of(refresh, access).find(|path| is_file(path) && !is_known(path) && !is_ours(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::{Expiry, Identity, Login};
    use crate::model::profile::{ProfileKind, Reference};
    use crate::model::secret::Token;
    use crate::model::source::{SourceKind, SourceState};

    const HERE: &str = "/h/.claude/.credentials.json";
    const THERE: &str = "/h/.claude-work/.credentials.json";

    fn login(name: &str, account: &str) -> Login {
        Login {
            access: Token::new(&format!("access-FAKE-{name}")),
            refresh: Some(Token::new(&format!("refresh-FAKE-{name}"))),
            expires: Expiry::At(1),
            deadline: None,
            refreshable: true,
            identity: Identity {
                account_id: (!account.is_empty()).then(|| account.to_owned()),
                ..Identity::default()
            },
        }
    }

    fn profile(name: &str) -> Profile {
        let Login { access, refresh, expires, .. } = login(name, "");
        Profile {
            id: "anthropic:default".to_owned(),
            provider: "anthropic".to_owned(),
            kind: ProfileKind::OAuth,
            access: Some(access),
            refresh,
            expires,
            identity: Identity::default(),
            reference: Reference::None,
        }
    }

    #[test]
    fn a_login_is_elsewhere_where_the_journal_knows_it_and_no_setting_names_it() {
        let mut journal = Journal::default();
        journal.observe(HERE, &login("here", "me"), false);
        journal.observe(THERE, &login("there", "boss"), false);
        journal.observe("keychain:Claude Code-credentials", &login("keychain", "boss"), false);
        let here = [Source::new(SourceKind::Claude, HERE.into(), SourceState::Live(login("here", "me")))];
        let found = |name, sources: &[Source], files: &[&str]| {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            elsewhere(&profile(name), &journal, sources, &files).map(str::to_owned)
        };
        assert_eq!(found("there", &here, &[HERE]).as_deref(), Some(THERE));
        assert_eq!(found("here", &here, &[HERE]), None);
        assert_eq!(found("unseen", &here, &[HERE]), None);
        assert_eq!(found("there", &here, &[HERE, THERE]), None, "the run knows the file, and leaves it out");
        assert_eq!(found("keychain", &here, &[HERE]), None);
        // The default login is absent, which does not make it another one.
        assert_eq!(found("here", &[], &[HERE]), None);
    }

    #[test]
    fn a_login_of_the_account_of_a_source_has_moved_and_is_not_elsewhere() {
        let mut journal = Journal::default();
        journal.observe(THERE, &login("there", "me"), false);
        let here = |account| [Source::new(SourceKind::Claude, HERE.into(), SourceState::Live(login("x", account)))];
        let found = |account| elsewhere(&profile("there"), &journal, &here(account), &[]).is_some();
        assert!(!found("me") && !found("ME"));
        assert!(found("boss") && found(""));
    }
}
