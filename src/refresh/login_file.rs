//! The file of Claude Code or Codex, as it is read and written around a refresh.
//!
//! When these CLIs write the file, they drop what they do not know. So ocsync must not store anything of
//! its own there. ocsync itself keeps what it does not know, because the next version of the CLI may know
//! it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::json_text::Malformed;
use crate::model::login::Login;
use crate::model::problem::Problem;
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::{SourceKind, SourceState};
use crate::model::zeroizing::Zeroizing;
use crate::refresh::{Fresh, login_text};
use crate::source;
use crate::source::document::{self, Document};
use crate::sys::fs::read::FileId;

/// The file at one moment.
#[derive(Debug)]
pub struct LoginFile {
    /// What it was when it was read.
    pub id: FileId,
    /// Its login, where there is one.
    pub login: Option<Login>,
    kind: SourceKind,
    document: Document,
}

impl LoginFile {
    /// Reads it; `None` where there is no such file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(kind: SourceKind, path: &Path) -> Result<Option<Self>, Problem> {
        let Some(document) = document::json(path) else { return Ok(None) };
        let document = document?;
        let Some(id) = document.id else { return Ok(None) };
        Self::of(kind, document, id).map(Some)
    }

    /// A file whose document was read already.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(kind: SourceKind, document: Document, id: FileId) -> Result<Self, Problem> {
        let login = match source::state(kind, &document) {
            Some(SourceState::Live(login)) => Some(login),
            Some(SourceState::Unreadable(problem)) => return Err(problem),
            Some(SourceState::LoggedOut | SourceState::Gone | SourceState::OutOfReach(_)) | None => None,
        };
        Ok(Self { id, login, kind, document })
    }

    /// Whether it still holds these tokens, of the same account.
    #[must_use]
    pub fn holds(&self, login: &Login) -> bool {
        self.login.as_ref().is_some_and(|held| {
            held.access == login.access && held.refresh == login.refresh && !held.identity.conflicts(&login.identity)
        })
    }

    /// Whether it has these new tokens already.
    #[must_use]
    pub fn has(&self, fresh: &Fresh) -> bool {
        self.login.as_ref().is_some_and(|held| {
            held.access == fresh.access && (fresh.refresh.is_none() || held.refresh == fresh.refresh)
        })
    }

    /// Whether the result of a refresh of `posted` may be saved here. It may not if a login or a logout
    /// happened meanwhile.
    ///
    /// Claude Code 2.1.328 compares only the refresh token, and accepts `""` as well: with that it marks
    /// a login as dead when it posted a token that another program had spent before. Codex 0.169.0
    /// compares both tokens and the account.
    #[must_use]
    pub fn may_take(&self, posted: &Posted) -> bool {
        let refresh = |login: &Login| fingerprint(login.refresh.as_ref());
        match (self.kind, &self.login) {
            (SourceKind::Claude, Some(login)) => refresh(login) == Some(posted.refresh),
            (SourceKind::Claude, None) => {
                let oauth = self.document.value.get("claudeAiOauth");
                oauth.and_then(|oauth| oauth.get("refreshToken")).and_then(Value::as_str) == Some("")
            }
            (SourceKind::Codex, Some(login)) => {
                (refresh(login), login.access.fingerprint) == (Some(posted.refresh), posted.access)
                    && login.identity.account_id == posted.account
            }
            _ => false,
        }
    }

    /// What a refresh of Claude Code's login must name beside the token: the scopes that the login has,
    /// and its client where that is not the usual one.
    pub fn terms(&self) -> (Vec<String>, Option<String>) {
        let Some(oauth) = self.document.value.get("claudeAiOauth").filter(|_| self.kind == SourceKind::Claude) else {
            return (Vec::new(), None);
        };
        let scopes = oauth.get("scopes").and_then(Value::as_array).into_iter().flatten();
        let scopes = scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
        (scopes, document::text(oauth, "clientId"))
    }

    /// The text of the file with new tokens in it, which came at `now`. Everything else stays.
    ///
    /// # Errors
    /// Where the file is not what its CLI writes.
    pub fn with(&self, fresh: &Fresh, now: i64) -> Result<Zeroizing<String>, Malformed> {
        let text = self.document.text();
        let edited = match self.kind {
            SourceKind::Codex => login_text::codex(text, fresh, now),
            _ => login_text::claude(text, fresh, self.login.as_ref().and_then(|login| login.deadline), now),
        };
        edited.map_err(|error| error.located(text))
    }
}

/// What was posted. By this the login is recognised later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The refresh token.
    pub refresh: Fingerprint,
    /// The access token beside it.
    pub access: Fingerprint,
    /// The account that the file names.
    pub account: Option<String>,
}

impl Posted {
    /// What a request for this login posts; `None` where the login has no refresh token.
    pub fn of(login: &Login) -> Option<Self> {
        let refresh = login.refresh.as_ref()?.fingerprint;
        Some(Self { refresh, access: login.access.fingerprint, account: login.identity.account_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::jwt::tests::fake;
    use crate::model::secret::{Secret, Token};

    fn fresh() -> Fresh {
        Fresh {
            access: Token::new("AT-2"),
            refresh: Some(Token::new("RT-2")),
            id_token: Some(Secret::new("ID-2")),
            expires: Some(99),
            deadline: Some(500),
            scopes: Some(vec!["user:inference".to_owned()]),
            account: None,
        }
    }

    fn file(kind: SourceKind, text: &str) -> LoginFile {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, text).unwrap();
        LoginFile::read(kind, &path).unwrap().unwrap()
    }

    #[test]
    fn claude_codes_file_keeps_what_a_refresh_does_not_change() {
        let text = r#"{"mcpOAuth":{"x":1},"claudeAiOauth":{"accessToken":"AT-1","refreshToken":"RT-1","expiresAt":5,"refreshTokenExpiresAt":400,"scopes":["a"],"new":{"k":1.50e3}},"z":null}"#;
        let file = file(SourceKind::Claude, text);
        assert_eq!(
            *file.with(&fresh(), 7).unwrap(),
            r#"{"mcpOAuth":{"x":1},"claudeAiOauth":{"accessToken":"AT-2","refreshToken":"RT-2","expiresAt":99,"refreshTokenExpiresAt":400,"scopes":["user:inference"],"new":{"k":1.50e3}},"z":null}"#
        );
        let little = Fresh { refresh: None, expires: None, scopes: None, deadline: None, id_token: None, ..fresh() };
        let assumed = text.replace("AT-1", "AT-2").replace(r#""expiresAt":5,"#, r#""expiresAt":3600007,"#);
        assert_eq!(*file.with(&little, 7).unwrap(), assumed);
    }

    #[test]
    fn codexs_file_keeps_what_a_refresh_does_not_change() {
        let id = fake("{}");
        let text = "{\n  \"OPENAI_API_KEY\": null,\n  \"tokens\": {\n    \"id_token\": \"{id}\",\n    \"access_token\": \"AT-1\",\n    \"refresh_token\": \"RT-1\",\n    \"account_id\": \"A\",\n    \"login_owner_id\": \"x\"\n  },\n  \"last_refresh\": \"2026-01-01T00:00:00Z\"\n}".replace("{id}", &id);
        let expected = text
            .replace(&id, "ID-2")
            .replace("-1\"", "-2\"")
            .replace("2026-01-01T00:00:00Z", "1970-01-01T00:00:00.007Z");
        assert_eq!(*file(SourceKind::Codex, &text).with(&fresh(), 7).unwrap(), expected);
    }

    #[test]
    fn an_answer_is_saved_only_over_the_login_that_was_posted() {
        let claude = |refresh: &str| {
            file(
                SourceKind::Claude,
                &format!(r#"{{"claudeAiOauth":{{"accessToken":"AT-1","refreshToken":{refresh}}}}}"#),
            )
        };
        let posted = Posted::of(claude("\"RT-1\"").login.as_ref().unwrap()).unwrap();
        assert!(claude("\"RT-1\"").may_take(&posted) && claude("\"\"").may_take(&posted));
        assert!(!claude("\"RT-9\"").may_take(&posted) && !claude("null").may_take(&posted));
        assert!(!file(SourceKind::Claude, "{}").may_take(&posted), "a login that was removed stays removed");
        let id = fake("{}");
        let codex = |access: &str, account: &str| {
            let tokens = format!(
                r#""id_token":"{id}","access_token":"{access}","refresh_token":"RT-1","account_id":"{account}""#
            );
            file(SourceKind::Codex, &format!(r#"{{"tokens":{{{tokens}}}}}"#))
        };
        let posted = Posted::of(codex("AT-1", "A").login.as_ref().unwrap()).unwrap();
        assert!(codex("AT-1", "A").may_take(&posted));
        assert!(!codex("AT-9", "A").may_take(&posted) && !codex("AT-1", "B").may_take(&posted));
    }
}
