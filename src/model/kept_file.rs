//! The file in `replaced/` with the logins of one profile that were replaced and are kept, oldest to newest: each of
//! them may be alive.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::json_text;
use crate::model::kept::{FIELDS, Kept};
use crate::model::zeroizing::Zeroizing;

/// How many logins of one profile are kept.
const KEPT: usize = 32;

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
    use crate::model::time::DAY;

    fn file(kept: Vec<Kept>) -> KeptFile {
        KeptFile { state_dir: "/s".into(), agent: "main".into(), profile: "a:1".into(), kept }
    }

    #[test]
    fn a_file_reads_back_and_another_form_does_not() {
        let entry = "{\"type\":\"oauth\",\"access\":\"A-FAKE\",\"n\":1e999}".to_owned();
        let fields = vec!["access", "expires", "email"];
        let whole = file(vec![Kept { replaced_at: 1000, fields, entry: Zeroizing::new(entry) }]);
        let text = String::from_utf8(whole.bytes().to_vec()).unwrap();
        assert_eq!(KeptFile::parse(&text), Some(whole));
        assert!(text.ends_with("}\n"));
        let wrong = [
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("\"email\"]", "\"provider\"]"),
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
