//! Whose login Claude Code's is: `oauthAccount` of its account file (2.1.112 to 2.1.330).
//!
//! The file also holds the history of every project and grows without limit, up to hundreds of megabytes. So it is
//! streamed and never loaded. A file that is there and does not say whose login it is, because it is cut off, not
//! permitted or of another form, is not the same as a file that names nobody: then the account cannot be told.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::model::json_text::place;
use crate::model::login::Identity;
use crate::model::problem::plain;
use crate::sys::fs::open;
use crate::sys::fs::read::FileId;

/// How much of the file is held at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// The account file that was read last, and what it says. As long as the file is the same, it is not streamed again.
#[derive(Debug, Default)]
pub struct LastRead(Option<(FileId, Result<Identity, String>)>);

/// The first of `files` that exists, else the last, and the account that it names: an empty one where there is no
/// file, or it names none. The error says why the account cannot be told.
pub fn read(files: &[PathBuf; 2], last: &mut LastRead) -> (PathBuf, Result<Identity, String>) {
    for path in files {
        match open::open(path) {
            Ok((file, meta)) => {
                let id = FileId::from(&meta);
                if last.0.as_ref().is_none_or(|(known, _)| *known != id) {
                    last.0 = Some((id, of(BufReader::with_capacity(BUFFER, file))));
                }
                let account = last.0.as_ref().map_or_else(|| Ok(Identity::default()), |(_, account)| account.clone());
                return (path.clone(), account);
            }
            Err(error) if open::is_absent(&error) => {}
            Err(error) => return (path.clone(), Err(plain(&error))),
        }
    }
    (files[1].clone(), Ok(Identity::default()))
}

/// The account in a text in the form of the account file; a byte order mark is no part of it.
///
/// # Errors
/// Why it cannot be told.
pub fn of(mut text: impl BufRead) -> Result<Identity, String> {
    let start = text.fill_buf().map_err(|error| plain(&error))?;
    let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    text.consume(mark);
    let mut parser = serde_json::Deserializer::from_reader(text);
    let read = Account::deserialize(&mut parser).and_then(|account| parser.end().map(|()| account));
    read.map(|account| account.0).map_err(|error| {
        let (line, column) = place(&error);
        format!("line {line} column {column}: not what Claude Code writes")
    })
}

/// The account of the whole document; everything else is passed over.
struct Account(Identity);

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Top;

        impl<'de> Visitor<'de> for Top {
            type Value = Account;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Account, A::Error> {
                let mut identity = Identity::default();
                while let Some(is_account) = map.next_key::<IsAccount>()? {
                    if is_account.0 {
                        identity = map.next_value::<Option<Fields>>()?.unwrap_or_default().identity();
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Account(identity))
            }
        }

        deserializer.deserialize_map(Top)
    }
}

/// Whether a key is `oauthAccount`. No other key is kept.
struct IsAccount(bool);

impl<'de> Deserialize<'de> for IsAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Key;

        impl Visitor<'_> for Key {
            type Value = IsAccount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<IsAccount, E> {
                Ok(IsAccount(key == "oauthAccount"))
            }
        }

        deserializer.deserialize_str(Key)
    }
}

/// What Claude Code notes of an account.
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields {
    account_uuid: Option<String>,
    email_address: Option<String>,
    organization_uuid: Option<String>,
}

impl Fields {
    fn identity(self) -> Identity {
        let known = |text: Option<String>| text.filter(|text| !text.is_empty());
        Identity {
            account_id: known(self.account_uuid),
            user_id: None,
            email: known(self.email_address),
            organization: known(self.organization_uuid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &[u8]) -> Result<Option<String>, String> {
        of(text).map(|identity| identity.email)
    }

    #[test]
    fn the_account_is_found_wherever_it_is_and_nothing_else_matters() {
        let me = Ok(Some("me@example.test".to_owned()));
        let account = r#""oauthAccount":{"emailAddress":"me@example.test","accountUuid":"u","more":[1]}"#;
        let long = "x".repeat(3 * BUFFER);
        for text in [
            format!("{{{account}}}"),
            format!("\u{feff}{{{account}}}"),
            format!(r#"{{"projects":{{"/p":{{"oauthAccount":{{"emailAddress":"boss@example.test"}}}}}},{account}}}"#),
            format!(r#"{{"history":"{long}",{account},"n":1e999}}"#),
        ] {
            assert_eq!(email(text.as_bytes()), me);
        }
        for nobody in
            ["{}", r#"{"oauthAccount":null}"#, r#"{"oauthAccount":{}}"#, r#"{"oauthAccount":{"emailAddress":""}}"#]
        {
            assert_eq!(email(nobody.as_bytes()), Ok(None), "{nobody}");
        }
    }

    #[test]
    fn what_does_not_say_is_not_what_names_nobody() {
        for text in [
            "",
            "[]",
            "7",
            "{",
            r#"{"oauthAccount":{"emailAddress":"me@example.te"#,
            r#"{"oauthAccount":{"emailAddress":"me@example.test"}"#,
            r#"{"oauthAccount":"me@example.test"}"#,
            r#"{"oauthAccount":{"emailAddress":7}}"#,
            r#"{"oauthAccount":{"emailAddress":"me@example.test"}} x"#,
        ] {
            assert!(email(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_file_that_exists_counts_and_one_that_cannot_be_read_is_named() {
        let dir = crate::sys::fs::test_dir();
        let files = [dir.path().join("a"), dir.path().join("b")];
        assert_eq!(read(&files, &mut LastRead::default()), (files[1].clone(), Ok(Identity::default())));
        std::fs::write(&files[1], r#"{"oauthAccount":{"emailAddress":"b@example.test"}}"#).unwrap();
        assert_eq!(read(&files, &mut LastRead::default()).1.unwrap().email.as_deref(), Some("b@example.test"));
        std::fs::create_dir(&files[0]).unwrap();
        assert_eq!(read(&files, &mut LastRead::default()), (files[0].clone(), Err("not a regular file".to_owned())));
        std::fs::remove_dir(&files[0]).unwrap();
        std::os::unix::fs::symlink("nowhere", &files[0]).unwrap();
        assert!(
            read(&files, &mut LastRead::default()).1.is_err() && read(&files, &mut LastRead::default()).0 == files[0]
        );
    }
    #[test]
    fn a_file_is_streamed_once_and_again_when_it_has_changed() {
        let dir = crate::sys::fs::test_dir();
        let files = [dir.path().join("a"), dir.path().join("b")];
        let put = |email: &str| {
            std::fs::write(&files[1], format!(r#"{{"oauthAccount":{{"emailAddress":"{email}"}}}}"#)).unwrap();
        };
        let mut last = LastRead::default();
        let email = |last: &mut LastRead| read(&files, last).1.unwrap().email.unwrap();
        put("me@example.test");
        assert_eq!(email(&mut last), "me@example.test");
        // What is known is used: the text is not asked again.
        last.0.as_mut().unwrap().1 = Ok(Identity { email: Some("known".to_owned()), ..Identity::default() });
        assert_eq!(email(&mut last), "known");
        put("somebody.else@example.test");
        assert_eq!(email(&mut last), "somebody.else@example.test");
    }
}
