//! A login that was replaced and is kept: what a file in `replaced/` holds.
//!
//! An update exchanges some fields of a profile. The whole entry is kept as OpenClaw had it, byte for byte, with the
//! names of these fields. So the fields can be put back into an entry that has changed otherwise meanwhile.
//! One profile has one file. It keeps several logins, oldest to newest, because each of them may be alive.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::model::json_edit::{self, Change};
use crate::model::json_text::{self, Malformed, Member};
use crate::model::profile::{self, Profile};
use crate::model::recent::Tokens;
use crate::model::time::DAY;

/// How long a login is kept, in milliseconds.
const KEPT_FOR: i64 = 30 * DAY;
/// How many logins of one profile are kept.
const KEPT: usize = 32;

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
    fields: Vec<&'static str>,
    /// The entry as it was: JSON, with its tokens.
    entry: Zeroizing<String>,
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

/// The logins of one profile that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// OpenClaw's state directory.
    pub state_dir: String,
    /// The agent.
    pub agent: String,
    /// The profile.
    pub profile: String,
    /// The logins, oldest to newest; never empty in a file.
    pub kept: Vec<Kept>,
}

impl KeptFile {
    /// Adds a login as the newest one, or `below` the newest. One that is there already is there once.
    pub fn add(&mut self, login: Kept, below: bool) {
        let last = self.kept.len().saturating_sub(usize::from(below));
        let newest: Vec<Kept> = self.kept.drain(last..).collect();
        if newest.iter().all(|known| known.entry != login.entry) {
            self.kept.retain(|known| known.entry != login.entry);
            self.kept.push(login);
        }
        self.kept.extend(newest);
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..surplus);
    }

    /// Reads a file; `None` where it is not of this form.
    pub fn parse(text: &str) -> Option<Self> {
        let Stored { version, state_dir, agent, profile, kept } = serde_json::from_str(text).ok()?;
        let known = |name: &Cow<'_, str>| FIELDS.into_iter().find(|field| field == name);
        let read = |of: &StoredKept<'_>| {
            json_text::members(of.entry.get()).ok()?;
            let fields = of.fields.iter().map(known).collect::<Option<Vec<_>>>()?;
            Some(Kept { replaced_at: of.replaced_at, fields, entry: Zeroizing::new(of.entry.get().to_owned()) })
        };
        let kept = kept.iter().map(read).collect::<Option<Vec<_>>>()?;
        let (state_dir, agent, profile) = (state_dir.into_owned(), agent.into_owned(), profile.into_owned());
        (version == 1 && !kept.is_empty()).then_some(Self { state_dir, agent, profile, kept })
    }

    /// The bytes of the file. The buffer has room from the start: growing would leave a copy behind.
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let room = self.kept.iter().map(|kept| kept.entry.len() + 512).sum::<usize>();
        let names = 6 * (self.state_dir.len() + self.agent.len() + self.profile.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(room + names + 512));
        let stored = Stored {
            version: 1,
            state_dir: (&*self.state_dir).into(),
            agent: (&*self.agent).into(),
            profile: (&*self.profile).into(),
            kept: self.kept.iter().filter_map(StoredKept::of).collect(),
        };
        // Writing texts and numbers to memory does not fail.
        let _ = serde_json::to_writer(&mut *bytes, &stored);
        bytes.push(b'\n');
        bytes
    }
}

/// The file's form.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    version: u32,
    #[serde(borrow)]
    state_dir: Cow<'a, str>,
    #[serde(borrow)]
    agent: Cow<'a, str>,
    #[serde(borrow)]
    profile: Cow<'a, str>,
    #[serde(borrow)]
    kept: Vec<StoredKept<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredKept<'a> {
    replaced_at: i64,
    #[serde(borrow)]
    fields: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    entry: &'a RawValue,
}

impl<'a> StoredKept<'a> {
    fn of(kept: &'a Kept) -> Option<Self> {
        // It was read as JSON before.
        let entry = serde_json::from_str(&kept.entry).ok()?;
        let fields = kept.fields.iter().map(|field| Cow::Borrowed(*field)).collect();
        Some(Self { replaced_at: kept.replaced_at, fields, entry })
    }
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

    fn file(kept: Vec<Kept>) -> KeptFile {
        KeptFile { state_dir: "/s".into(), agent: "main".into(), profile: "a:1".into(), kept }
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

    #[test]
    fn a_file_reads_back_and_another_form_does_not() {
        let (kept, _) = replaced();
        let whole = file(vec![kept]);
        let text = String::from_utf8(whole.bytes().to_vec()).unwrap();
        assert_eq!(KeptFile::parse(&text), Some(whole));
        assert!(text.ends_with("}\n"));
        let wrong = [
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("\"expires\"]", "\"provider\"]").replace("\"email\"]", "\"provider\"]"),
            "{}".to_owned(),
            String::new(),
            text.replace("\"entry\":{", "\"entry\":[{").replace("}]}", "}]]}"),
        ];
        wrong.iter().for_each(|text| assert_eq!(KeptFile::parse(text), None, "{text}"));
        assert_eq!(KeptFile::parse(std::str::from_utf8(&file(Vec::new()).bytes()).unwrap()), None);
    }

    #[test]
    fn each_login_is_there_once_and_the_newest_are_kept() {
        let login = |n: i64| Kept { replaced_at: n, fields: vec![], entry: Zeroizing::new(format!("{{\"n\":{n}}}")) };
        let mut all = file(Vec::new());
        [1, 2, 1].into_iter().for_each(|n| all.add(login(n), false));
        assert_eq!(all.kept, [login(2), login(1)]);
        all.add(login(3), true);
        assert_eq!(all.kept, [login(2), login(3), login(1)]);
        all.add(login(1), true);
        assert_eq!(all.kept, [login(2), login(3), login(1)]);
        (10..50).for_each(|n| all.add(login(n), false));
        assert_eq!((all.kept.len(), all.kept.last()), (KEPT, Some(&login(49))));
        assert_eq!(login(5).until(), 5 + 30 * DAY);
        assert!(!format!("{:?}", login(7)).contains("\"n\""));
    }
}
