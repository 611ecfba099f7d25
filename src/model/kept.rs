//! A login that was replaced and is kept.
//!
//! An update exchanges some fields of a profile. The whole entry is kept as OpenClaw had it, byte for byte, with the
//! names of these fields. So the fields can be put back into an entry that has changed otherwise meanwhile.

use crate::model::json_edit::{self, Change};
use crate::model::json_text::{self, Malformed, Member};
use crate::model::profile::{self, Profile};
use crate::model::recent::Tokens;
use crate::model::time::DAY;
use crate::model::zeroizing::Zeroizing;

/// How long a login is kept, in milliseconds.
const KEPT_FOR: i64 = 30 * DAY;

/// Every field that an update may exchange. A file that names another one is none of ocsync's.
pub const FIELDS: [&str; 16] = [
    "type",
    "mode",
    "access",
    "refresh",
    "expires",
    "token",
    "key",
    "accessToken",
    "refreshToken",
    "expiresAt",
    "oauthRef",
    "idToken",
    "accountId",
    "email",
    "displayName",
    "chatgptPlanType",
];

/// One login that was replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// When it was replaced, in milliseconds.
    pub replaced_at: i64,
    /// The fields that were exchanged.
    pub(super) fields: Vec<&'static str>,
    /// The entry as it was: JSON, with its tokens.
    pub(super) entry: Zeroizing<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({}, redacted)", self.replaced_at)
    }
}

impl Kept {
    /// What `changes` would replace in the entry `id` of a store's text.
    ///
    /// # Errors
    /// [`Malformed`] where the text has no such entry.
    pub fn of(document: &str, id: &str, changes: &[Change], now: i64) -> Result<Self, Malformed> {
        let (start, end) = place(document, id)?;
        let entry = Zeroizing::new(document[start..end].to_owned());
        Ok(Self { replaced_at: now, fields: changes.iter().map(Change::key).collect(), entry })
    }

    /// Whether a profile holds the tokens of this login.
    #[must_use]
    pub fn is_held_by(&self, profile: &Profile) -> bool {
        let own = profile::parse(&profile.id, &self.entry, &mut Tokens::default()).ok().flatten();
        own.is_some_and(|own| (&own.access, &own.refresh) == (&profile.access, &profile.refresh))
    }

    /// When it is removed, in milliseconds.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.replaced_at.saturating_add(KEPT_FOR)
    }

    /// The store's text with the fields put back. Where nothing else of the entry has changed since, the entry is what
    /// it was, byte for byte.
    ///
    /// # Errors
    /// [`Malformed`] where the text has no such entry.
    pub fn put_back(&self, document: &str, id: &str) -> Result<Zeroizing<String>, Malformed> {
        let (start, end) = place(document, id)?;
        let (now, then) = (json_text::members(&document[start..end])?, json_text::members(&self.entry)?);
        if self.others(&now).eq(self.others(&then)) {
            let mut whole = Zeroizing::new(String::with_capacity(document.len() + self.entry.len()));
            [&document[..start], &self.entry, &document[end..]].into_iter().for_each(|part| whole.push_str(part));
            return Ok(whole);
        }
        json_edit::apply(document, &["profiles", id], &self.changes()?)
    }

    /// The changes that put the fields back.
    ///
    /// # Errors
    /// [`Malformed`] where the entry has a field twice.
    pub fn changes(&self) -> Result<Vec<Change>, Malformed> {
        let then = json_text::members(&self.entry)?;
        let change = |field: &&'static str| {
            let was = json_text::find(&then, field)?;
            Ok(was.map_or(Change::Remove(field), |was| Change::set(field, was.value.to_owned())))
        };
        self.fields.iter().map(change).collect()
    }

    /// The members that were not exchanged.
    fn others<'m, 'a>(&'m self, members: &'m [Member<'a>]) -> impl Iterator<Item = (&'m str, &'a str)> {
        let is_other = |member: &&Member<'_>| !self.fields.iter().any(|field| *field == member.key);
        members.iter().filter(is_other).map(|member| (&*member.key, member.value))
    }
}

/// The first byte of a profile's entry in a store's text, and the byte behind it.
fn place(document: &str, id: &str) -> Result<(usize, usize), Malformed> {
    let top = json_text::members(document)?;
    let Some(profiles) = json_text::find(&top, "profiles")? else {
        return Err(Malformed::no_object("\"profiles\"", 0));
    };
    let entries = profiles.members()?;
    let entry = json_text::find(&entries, id)?;
    let entry = entry.ok_or_else(|| Malformed::no_object(&format!("\"{id}\""), profiles.at))?;
    Ok((entry.at, entry.at + entry.value.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: &str = r#"{ "version": 1, "profiles": {
        "a:1": {"type":"oauth", "provider": "a",  "access":"A-FAKE","refresh" : "R-FAKE", "email":"x@y","n":1e999},
        "a:2": {} } }"#;

    fn replaced() -> (Kept, Zeroizing<String>) {
        let changes = [
            Change::set("access", "\"B-FAKE\"".to_owned()),
            Change::Remove("refresh"),
            Change::set("expires", "7".to_owned()),
            Change::Remove("email"),
        ];
        let kept = Kept::of(STORE, "a:1", &changes, 1000).unwrap();
        (kept, json_edit::apply(STORE, &["profiles", "a:1"], &changes).unwrap())
    }

    #[test]
    fn what_was_replaced_comes_back_byte_for_byte() {
        let (kept, after) = replaced();
        assert_ne!(*after, STORE);
        assert_eq!(*kept.put_back(&after, "a:1").unwrap(), STORE);
        assert_eq!(*kept.put_back(STORE, "a:1").unwrap(), STORE);
    }

    #[test]
    fn what_else_has_changed_meanwhile_stays() {
        let (kept, after) = replaced();
        let renamed = after.replace("1e999", "2,\"label\":true");
        let back = kept.put_back(&renamed, "a:1").unwrap();
        for part in ["\"A-FAKE\"", "\"R-FAKE\"", "x@y", "\"n\":2,\"label\":true"] {
            assert!(back.contains(part), "{part}: {}", *back);
        }
        assert!(!back.contains("expires") && !back.contains("B-FAKE"));
        assert!(kept.put_back(&after, "a:9").is_err() && kept.put_back("{}", "a:1").is_err());
    }
}
