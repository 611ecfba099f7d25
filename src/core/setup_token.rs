//! Which profile holds a setup token, and when that ends at the latest.

use crate::model::journal::Journal;
use crate::model::policy::Policy;
use crate::model::profile::Profile;
use crate::model::secret::Fingerprint;
use crate::model::setup_token;

/// The fingerprint of the setup token that a profile of this store holds; `None` where it holds none. The access token
/// of a login begins as a setup token does, and may have been copied into a profile.
#[must_use]
pub fn held(profile: &Profile, store: &str, journal: &Journal) -> Option<Fingerprint> {
    let token = setup_token::candidate(profile)?;
    let given = journal.record(store, &profile.id).and_then(|record| record.delivered.as_ref());
    let is_given = given.is_some_and(|given| given.entry.access == token);
    (!is_given && !journal.is_of_login(token)).then_some(token)
}

/// When the setup token that a profile holds ends at the latest, in milliseconds; `None` where it holds none.
#[must_use]
pub fn end(profile: &Profile, agent: &str, store: &str, journal: &Journal, policy: &Policy) -> Option<i64> {
    let token = held(profile, store, journal)?;
    let given = policy.setup_token_day(agent, &profile.id);
    Some(setup_token::end(journal.setup_tokens.get(&token), given, policy.now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lineage::Entry;
    use crate::model::login::{Expiry, Identity, Login};
    use crate::model::profile::parse;
    use crate::model::recent::Tokens;
    use crate::model::record::Delivered;
    use crate::model::secret::Token;

    fn login(access: &str) -> Login {
        Login {
            access: Token::new(access),
            refresh: None,
            expires: Expiry::Unknown,
            deadline: None,
            refreshable: false,
            identity: Identity::default(),
        }
    }

    #[test]
    fn a_token_that_a_login_has_had_or_that_was_delivered_is_no_setup_token() {
        let token = "sk-ant-oat01-FAKE";
        let text = format!(r#"{{"type":"token","provider":"anthropic","token":"{token}"}}"#);
        let profile = parse("p", &text, &mut Tokens::default()).unwrap().unwrap();
        let mut journal = Journal::default();
        assert_eq!(held(&profile, "s", &journal), Some(Fingerprint::of(token)));
        let delivered = |access| Delivered { entry: Entry::of(&login(access)), identity: Identity::default() };
        journal.record_mut(&"s".into(), "p").deliver(delivered("sk-ant-oat01-FAKE-other"), None, 0);
        assert!(held(&profile, "s", &journal).is_some());
        journal.record_mut(&"s".into(), "p").deliver(delivered(token), None, 0);
        assert_eq!(held(&profile, "s", &journal), None);
        assert!(held(&profile, "another", &journal).is_some());
        for access in [token, "sk-ant-oat01-FAKE-next"] {
            journal.observe("elsewhere", &login(access), false);
        }
        assert_eq!(held(&profile, "another", &journal), None);
    }
}
