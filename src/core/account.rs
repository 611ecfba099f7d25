//! Whether a profile and a source belong to different accounts.
//!
//! Several people, or several workspaces of one person, may have logins on one machine. A token of one account
//! must never replace a token of another. So everything that both sides name is compared.

use crate::model::jwt;
use crate::model::lineage::Entry;
use crate::model::login::{Identity, Login};
use crate::model::profile::Profile;
use crate::model::record::{Delivered, Record};
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;

/// Whether a profile and a source are known to belong to different accounts.
///
/// A profile is of the account that its entry and its own access token name; what they do not name, the last
/// delivery may. A profile that holds one of the source's own tokens needs no more proof: it is of the same
/// account. Else the journal may know the account of the profile's token (`token_entry`).
#[must_use]
pub fn is_other_account(
    kind: SourceKind,
    login: &Login,
    profile: &Profile,
    record: Option<&Record>,
    token_entry: Option<&Entry>,
) -> bool {
    let named = named(kind, profile);
    let delivered = delivered(record);
    let whole = whole(&named, delivered);
    let of_entry = || token_entry.and_then(|entry| entry.is_of(&login.identity));
    let is_same = if holds_token_of(profile, login) { Some(true) } else { of_entry() };
    match is_same {
        // The token is proof enough, unless the profile itself names somebody else, under no id that is known.
        Some(true) => named.conflicts(&login.identity) && whole.conflicts(&login.identity),
        Some(false) => true,
        None => {
            let still = delivered.is_some_and(|delivered| is_as_delivered(&named, profile, delivered));
            if still { whole.conflicts(&login.identity) } else { named.conflicts(&login.identity) }
        }
    }
}

/// Whether a profile is still the one that was delivered: it names nobody else by now, or holds the tokens.
fn is_as_delivered(named: &Identity, profile: &Profile, delivered: &Delivered) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    let access = fingerprint(profile.access.as_ref());
    !named.conflicts(&delivered.identity)
        || (refresh.is_some() && refresh == delivered.entry.refresh)
        || access == Some(delivered.entry.access)
}

/// Whether a profile is known to be of the source's account: by its id, else by its e-mail. Where the profile names
/// nobody, the last delivery in `record` may.
#[must_use]
pub fn is_same_account(kind: SourceKind, login: &Login, profile: &Profile, record: Option<&Record>) -> bool {
    let (mut named, theirs) = (named(kind, profile), &login.identity);
    if named.is_empty() {
        named = whole(&named, delivered(record));
    }
    let equal = |a: &Option<String>, b: &Option<String>| {
        a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let same = equal(&named.account_id, &theirs.account_id) || equal(&named.email, &theirs.email);
    same && !named.conflicts(theirs)
}

/// Whether a profile names an account, or the journal knows one of it.
#[must_use]
pub fn has_account(
    kind: SourceKind,
    profile: &Profile,
    record: Option<&Record>,
    token_entry: Option<&Entry>,
) -> bool {
    !named(kind, profile).is_empty()
        || delivered(record).is_some_and(|delivered| !delivered.identity.is_empty())
        || token_entry.is_some_and(|entry| entry.account.is_some())
}

/// The account that a profile names: by its entry, and by its own access token.
pub(super) fn named(kind: SourceKind, profile: &Profile) -> Identity {
    let of_token = match (kind, &profile.access) {
        (SourceKind::Codex, Some(token)) => jwt::openai_identity(token.secret.expose()),
        _ => Identity::default(),
    };
    profile.identity.or(&of_token)
}

/// What ocsync last delivered to a profile.
pub(super) fn delivered(record: Option<&Record>) -> Option<&Delivered> {
    record?.delivered.as_ref()
}

/// The account that a profile names. The last delivery says what the profile leaves out.
pub(super) fn whole(named: &Identity, delivered: Option<&Delivered>) -> Identity {
    delivered.map_or_else(|| named.clone(), |delivered| named.or(&delivered.identity))
}

fn holds_token_of(profile: &Profile, login: &Login) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    (refresh.is_some() && refresh == fingerprint(login.refresh.as_ref()))
        || fingerprint(profile.access.as_ref()) == Some(login.access.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::Expiry;
    use crate::model::profile::{ProfileKind, Reference};
    use crate::model::secret::Token;

    fn identity(id: &str, email: &str) -> Identity {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Identity { account_id: known(id), email: known(email), ..Identity::default() }
    }

    fn login(identity: Identity) -> Login {
        Login {
            access: Token::new("access-FAKE-source"),
            refresh: Some(Token::new("refresh-FAKE-source")),
            expires: Expiry::Unknown,
            deadline: None,
            refreshable: true,
            identity,
        }
    }

    fn profile(name: &str, identity: Identity) -> Profile {
        Profile {
            id: "p".to_owned(),
            provider: "anthropic".to_owned(),
            kind: ProfileKind::OAuth,
            access: Some(Token::new(&format!("access-FAKE-{name}"))),
            refresh: Some(Token::new(&format!("refresh-FAKE-{name}"))),
            expires: Expiry::Unknown,
            identity,
            reference: Reference::None,
        }
    }

    /// What the journal has of a delivery of the tokens with this name.
    fn record(name: &str, identity: &Identity) -> Record {
        let login = Login {
            access: Token::new(&format!("access-FAKE-{name}")),
            refresh: Some(Token::new(&format!("refresh-FAKE-{name}"))),
            ..login(identity.clone())
        };
        let delivered = Delivered { entry: Entry::of(&login), identity: identity.clone() };
        Record { delivered: Some(delivered), ..Record::default() }
    }

    #[test]
    fn a_profile_is_of_the_same_account_by_its_id_or_else_by_its_address() {
        for (ours, theirs, same) in [
            (("a", ""), ("a", ""), true),
            (("A", ""), ("a", "x@y"), true),
            (("", "x@y"), ("", "X@Y"), true),
            (("a", "x@y"), ("", "x@y"), true),
            (("a", "old@y"), ("a", "new@y"), true),
            (("a", "x@y"), ("b", "x@y"), false),
            (("", "x@y"), ("", "z@y"), false),
            // Nothing that both name.
            (("a", ""), ("", "x@y"), false),
            (("", ""), ("a", "x@y"), false),
            (("", ""), ("", ""), false),
        ] {
            let profile = profile("own", identity(ours.0, ours.1));
            let login = login(identity(theirs.0, theirs.1));
            assert_eq!(is_same_account(SourceKind::Claude, &login, &profile, None), same, "{ours:?} {theirs:?}");
        }
        let of = |organization: &str| Identity { organization: Some(organization.into()), ..identity("a", "x@y") };
        assert!(!is_same_account(SourceKind::Claude, &login(of("mine")), &profile("own", of("team")), None));
    }

    #[test]
    fn a_profile_has_an_account_if_it_or_the_journal_names_one() {
        let nobody = profile("own", Identity::default());
        let entry = Entry::of(&login(identity("a", "")));
        let unnamed = Entry::of(&login(Identity::default()));
        let (known, unknown) = (record("own", &identity("", "x@y")), record("own", &Identity::default()));
        let has = |profile: &Profile, record: Option<&Record>, entry: Option<&Entry>| {
            has_account(SourceKind::Claude, profile, record, entry)
        };
        assert!(!has(&nobody, None, None));
        assert!(!has(&nobody, Some(&unknown), Some(&unnamed)));
        assert!(has(&profile("own", identity("", "x@y")), None, None));
        assert!(has(&nobody, Some(&known), None));
        assert!(has(&nobody, None, Some(&entry)));
        // Codex names the account in the token itself.
        let claims = "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6InhAeSJ9.RkFLRQ";
        let codex = Profile { access: Some(Token::new(claims)), ..nobody.clone() };
        assert!(has_account(SourceKind::Codex, &codex, None, None) && !has(&codex, None, None));
    }

    #[test]
    fn another_account_is_known_by_what_is_named_delivered_or_held() {
        let other = |profile: &Profile, theirs: Identity, record: Option<&Record>, entry: Option<&Entry>| {
            is_other_account(SourceKind::Claude, &login(theirs), profile, record, entry)
        };
        let me = || identity("me", "me@y");
        let nobody = profile("own", Identity::default());
        assert!(!other(&nobody, me(), None, None));
        assert!(other(&profile("own", identity("", "boss@y")), me(), None, None));
        assert!(other(&nobody, me(), Some(&record("own", &identity("boss", ""))), None));
        assert!(other(&nobody, me(), None, Some(&Entry::of(&login(identity("boss", ""))))));
        // The source's own token outweighs what was delivered before, and not what the profile itself names.
        assert!(!other(
            &profile("source", Identity::default()),
            me(),
            Some(&record("x", &identity("boss", ""))),
            None
        ));
        assert!(other(&profile("source", identity("boss", "")), me(), None, None));
        // An old address counts no longer once the id is known to be the same.
        let renamed = profile("own", identity("", "old@y"));
        assert!(other(&renamed, me(), None, None));
        assert!(!other(&renamed, me(), Some(&record("own", &me())), None));
        assert!(!other(&renamed, me(), Some(&record("x", &identity("me", "old@y"))), None));
        // It names somebody else and holds other tokens: it is not the one that was delivered.
        assert!(other(&renamed, me(), Some(&record("x", &me())), None));
    }
}
