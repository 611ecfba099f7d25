//! The file of Claude Code or Codex with new tokens in it: the CLI reads them there, and every
//! other byte is as it was.

use std::path::Path;

use ocsync::testing::model::json_text::{Malformed, find, members};
use ocsync::testing::model::secret::{Secret, Token};
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::Fresh;
use ocsync::testing::refresh::login_file::{LoginFile, Posted};
use ocsync::testing::source::document::Document;
use ocsync::testing::sys::fs::read::FileId;

use super::{names_a_place, same, split};

const ID: FileId =
    FileId { inode: (1, 2), size: 3, modified: (4, 5), changed: (6, 7), uid: 8, gid: 9, mode: 0o600, links: 1 };
const CLAUDE: [&str; 5] = ["accessToken", "refreshToken", "expiresAt", "refreshTokenExpiresAt", "scopes"];
const CODEX: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// The first byte chooses the CLI and what the server has said.
pub(super) fn check(data: &[u8]) {
    let Some(([choice], text)) = split(data) else { return };
    let kind = if choice & 1 == 0 { SourceKind::Claude } else { SourceKind::Codex };
    let Some(file) = parse(kind, text) else { return };
    let _ = file.terms();
    let fresh = fresh(choice);
    let edited = match file.with(&fresh, 1_795_169_000_000) {
        Ok(edited) => edited,
        Err(error) => {
            let Malformed::At { why, .. } = &error else { panic!("not located") };
            assert!(why.ends_with("is there twice") || file.login.is_none(), "{error}");
            return;
        }
    };
    outside(kind, std::str::from_utf8(text).unwrap(), &edited);
    let Some(old) = &file.login else { return };
    let posted = Posted::of(old);
    assert!(file.holds(old) && posted.as_ref().is_none_or(|posted| file.may_take(posted)));
    let after = parse(kind, edited.as_bytes()).expect("what was a login before");
    let login = after.login.as_ref().expect("what was a login before");
    assert_eq!(login.access, fresh.access);
    assert_eq!(login.refresh, fresh.refresh.clone().or_else(|| old.refresh.clone()));
    assert!(!after.holds(old), "it still holds the old tokens");
    if let (SourceKind::Claude, Some(at)) = (kind, fresh.expires) {
        assert_eq!(login.expires.known(), Some(at));
        assert!(login.deadline <= old.deadline, "the login's own end was put off");
    }
    // Nobody else's answer may be put over it now, unless only the access token is new.
    assert!(fresh.refresh.is_none() || posted.is_none_or(|posted| !after.may_take(&posted)));
}

fn parse(kind: SourceKind, text: &[u8]) -> Option<LoginFile> {
    let read = Document::parse(Path::new("/f"), text.to_vec()).and_then(|document| LoginFile::of(kind, document, ID));
    read.inspect_err(|problem| names_a_place(&problem.message, text)).ok()
}

fn fresh(choice: u8) -> Fresh {
    let given = |bit: u8| choice & bit != 0;
    Fresh {
        access: Token::new("AT-new-canary\"\\é"),
        refresh: given(2).then(|| Token::new("RT-new-canary")),
        id_token: given(4).then(|| Secret::new("eyJhbGciOiJub25lIn0.e30.RkFLRQ")),
        expires: given(8).then_some(1_795_200_000_000),
        deadline: given(16).then_some(1_795_300_000_000),
        scopes: given(32).then(|| vec!["user:inference".to_owned(), "org:\"x\"".to_owned()]),
        account: None,
    }
}

/// Nothing but the fields of the tokens has changed.
fn outside(kind: SourceKind, old: &str, new: &str) {
    let value = |text, key| find(&members(text).unwrap(), key).unwrap().unwrap().value;
    if kind == SourceKind::Claude {
        same::members_but(old, new, &["claudeAiOauth"]);
        same::members_but(value(old, "claudeAiOauth"), value(new, "claudeAiOauth"), &CLAUDE);
    } else {
        same::members_but(old, new, &["tokens", "last_refresh"]);
        same::members_but(value(old, "tokens"), value(new, "tokens"), &CODEX);
    }
}
