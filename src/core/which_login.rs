//! Which of several logins of one CLI a profile goes to.
//!
//! A token says it best: it is of the login that holds it, or has held it. Without a known token the account decides.
//! Two directories may be logged in to one account; then the login that last served the profile goes on. Nothing is
//! guessed: a profile that two logins could serve is reported.

use crate::core::account;
use crate::model::journal::Journal;
use crate::model::lineage::Entry;
use crate::model::profile::{Profile, Reference};
use crate::model::record::Record;
use crate::model::secret::fingerprint;
use crate::model::source::Source;

/// The login that holds or has held one of the profile's tokens, as an index into `sources`. `may` says which of them
/// take the profile's provider.
///
/// A login may have moved to another directory, and its directory may have the login of another account now. Then the
/// tokens of the old account are not of the new one: they belong where their account is now.
pub fn by_token(
    profile: &Profile,
    sources: &[Source],
    journal: &Journal,
    may: impl Fn(&Source) -> bool,
) -> Option<usize> {
    if let Some(holder) = sources.iter().position(|source| may(source) && holds_now(profile, source)) {
        return Some(holder);
    }
    if matches!(profile.reference, Reference::Fence(_)) {
        return None;
    }
    let (refresh, access) = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
    let held = |source: &Source| journal.entry(&source.path.to_string_lossy(), refresh, access);
    let is_of = |source: &Source, entry: &Entry| source.login().and_then(|login| entry.is_of(&login.identity));
    let all = sources.iter().enumerate().filter(|(_, source)| may(source));
    let holders: Vec<(usize, &Entry)> = all.clone().filter_map(|(at, source)| Some((at, held(source)?))).collect();
    let still = holders.iter().find(|(at, entry)| is_of(&sources[*at], entry) != Some(false));
    if let Some((holder, _)) = still {
        return Some(*holder);
    }
    let (first, entry) = holders.first()?;
    let moved = all.clone().find(|(_, source)| is_of(source, entry) == Some(true)).map(|(at, _)| at);
    moved.or(Some(*first))
}

/// Whether a profile holds a token that the source holds now. A fence names the refresh token that it replaced, so
/// only that token counts.
fn holds_now(profile: &Profile, source: &Source) -> bool {
    let Some(login) = source.login() else { return false };
    if let (Reference::Fence(fence), Some(token)) = (&profile.reference, &login.refresh) {
        return fence.is_for(&profile.id, &profile.provider, &token.secret);
    }
    let refresh = fingerprint(profile.refresh.as_ref());
    Some(login.access.fingerprint) == fingerprint(profile.access.as_ref())
        || (refresh.is_some() && fingerprint(login.refresh.as_ref()) == refresh)
}

/// The login of a profile's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfAccount {
    /// This one, as an index into the sources.
    Login(usize),
    /// Several, and nothing says which.
    Several,
    /// None is known to be of its account.
    Nobody,
}

/// Finds the login of a profile's account. `has_own_id`: the id is one that stands for the CLI's first login; then the
/// last delivery may say whose the profile is, where the profile does not.
pub fn by_account(
    profile: &Profile,
    record: Option<&Record>,
    sources: &[Source],
    journal: &Journal,
    has_own_id: bool,
    may: impl Fn(&Source) -> bool,
) -> OfAccount {
    let known = record.filter(|_| has_own_id);
    let same = |source: &Source| {
        source.login().is_some_and(|login| account::is_same_account(source.kind, login, profile, known))
    };
    let of_account: Vec<usize> =
        sources.iter().enumerate().filter(|(_, source)| may(source) && same(source)).map(|(at, _)| at).collect();
    let (first, more) = match of_account.split_first() {
        None => return OfAccount::Nobody,
        Some((first, more)) => (*first, more),
    };
    if more.is_empty() {
        return OfAccount::Login(first);
    }
    let delivered = record.and_then(|record| record.delivered.as_ref()).map(|delivered| &delivered.entry);
    let has_served = |at: &&usize| {
        let path = sources[**at].path.to_string_lossy();
        delivered.is_some_and(|entry| journal.entry(&path, entry.refresh, Some(entry.access)).is_some())
    };
    match of_account.iter().find(has_served) {
        Some(server) => OfAccount::Login(*server),
        None if has_own_id && sources[first].id().is_first() => OfAccount::Login(first),
        None => OfAccount::Several,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::login::{Expiry, Identity, Login};
    use crate::model::profile::ProfileKind;
    use crate::model::record::Delivered;
    use crate::model::secret::Token;
    use crate::model::source::{SourceKind, SourceState};

    fn identity(account: &str) -> Identity {
        Identity { account_id: (!account.is_empty()).then(|| account.to_owned()), ..Identity::default() }
    }

    fn login(token: &str, account: &str) -> Login {
        Login {
            access: Token::new(&format!("access-FAKE-{token}")),
            refresh: Some(Token::new(&format!("refresh-FAKE-{token}"))),
            expires: Expiry::At(1),
            deadline: None,
            refreshable: true,
            identity: identity(account),
        }
    }

    fn source(name: &'static str, token: &str, account: &str) -> Source {
        let state = SourceState::Live(login(token, account));
        Source { name, ..Source::new(SourceKind::Claude, format!("/{name}").into(), state) }
    }

    fn profile(token: &str, account: &str) -> Profile {
        let Login { access, refresh, expires, identity, .. } = login(token, account);
        Profile {
            id: "anthropic:x".to_owned(),
            provider: "anthropic".to_owned(),
            kind: ProfileKind::OAuth,
            access: Some(access),
            refresh,
            expires,
            identity,
            reference: Reference::None,
        }
    }

    fn seen(entries: &[(&str, &str, &str)]) -> Journal {
        let mut journal = Journal::default();
        entries.iter().for_each(|(path, token, account)| journal.observe(path, &login(token, account), false));
        journal
    }

    #[test]
    fn a_token_is_of_the_login_that_holds_it_and_else_of_the_one_that_has_held_it() {
        let sources = [source("claude", "a2", "A"), source("claude:w", "b2", "B")];
        let journal = seen(&[("/claude", "a1", "A"), ("/claude:w", "b1", "B"), ("/claude", "copied", "A")]);
        let found = |token: &str| by_token(&profile(token, ""), &sources, &journal, |_| true);
        assert_eq!((found("a1"), found("b1"), found("a2"), found("b2")), (Some(0), Some(1), Some(0), Some(1)));
        assert_eq!(found("new"), None);
        assert_eq!(by_token(&profile("b1", ""), &sources, &journal, |source| source.name == "claude"), None);
    }

    #[test]
    fn tokens_of_an_account_that_has_moved_to_another_directory_are_of_its_login_there() {
        let journal = seen(&[("/claude", "a1", "A")]);
        let found = |sources: &[Source]| by_token(&profile("a1", ""), sources, &journal, |_| true);
        assert_eq!(found(&[source("claude", "b1", "B"), source("claude:w", "a9", "A")]), Some(1));
        assert_eq!(found(&[source("claude", "b1", "B"), source("claude:w", "c1", "C")]), Some(0), "it has held them");
        assert_eq!(found(&[source("claude", "b1", ""), source("claude:w", "a9", "A")]), Some(0), "it may be of A");
    }

    #[test]
    fn of_two_logins_of_one_account_the_one_that_served_goes_on_and_nothing_is_guessed() {
        let journal = seen(&[("/claude", "a1", "A"), ("/claude:w", "w1", "A")]);
        let sources = [source("claude", "a2", "A"), source("claude:w", "w2", "A"), source("claude:v", "b", "B")];
        let served = |token: &str| {
            let delivered = Delivered { entry: Entry::of(&login(token, "A")), identity: identity("A") };
            Record { delivered: Some(delivered), ..Record::default() }
        };
        let found = |account: &str, record: Option<&Record>, own_id: bool| {
            by_account(&profile("own", account), record, &sources, &journal, own_id, |_| true)
        };
        assert_eq!(found("A", None, false), OfAccount::Several);
        assert_eq!(found("A", None, true), OfAccount::Login(0));
        assert_eq!(found("A", Some(&served("w1")), true), OfAccount::Login(1));
        assert_eq!(found("A", Some(&served("gone")), false), OfAccount::Several);
        assert_eq!(found("B", None, false), OfAccount::Login(2));
        assert_eq!(found("C", None, true), OfAccount::Nobody);
        assert_eq!(found("", None, true), OfAccount::Nobody);
        // A profile that names nobody is of the account that was delivered, under an id that binds by itself.
        assert_eq!(found("", Some(&served("w1")), true), OfAccount::Login(1));
        assert_eq!(found("", Some(&served("w1")), false), OfAccount::Nobody);
        let further = Arc::new([source("claude:v", "x", "A"), source("claude:w", "y", "A")]);
        let undecided = by_account(&profile("own", "A"), None, &*further, &journal, true, |_| true);
        assert_eq!(undecided, OfAccount::Several, "by its id alone a profile goes to the first login only");
    }
}
