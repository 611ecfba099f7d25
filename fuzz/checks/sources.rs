//! The files of the CLIs: what is read as a login holds tokens that can be used, and what is not
//! is placed in the file without repeating anything of it.

use std::path::Path;

use ocsync::testing::model::login::Login;
use ocsync::testing::model::source::{SourceKind, SourceState};
use ocsync::testing::source::document::Document;
use ocsync::testing::source::{self, claude_account, codex, minimax, qwen};

use super::{names_a_place, pick, same, split};

/// The first byte chooses the file.
pub(super) fn check(data: &[u8]) {
    let Some(([format], text)) = split(data) else { return };
    let file = Path::new("/f");
    match pick(format, b"cxmbqta") {
        b't' => {
            let store = codex::store_of(text);
            assert!(store.is_none_or(|store| !store.contains('\n')));
            return;
        }
        b'a' => {
            let Ok(account) = claude_account::of(text) else { return };
            assert!(account.is_empty() || same::is_json(&String::from_utf8_lossy(text)));
            return;
        }
        _ => {}
    }
    let document = match Document::parse(file, text.to_vec()) {
        Ok(document) => document,
        Err(problem) => return names_a_place(&problem.message, text),
    };
    assert!(same::is_json(document.text()));
    let state = match pick(format, b"cxmbqta") {
        b'c' => source::state(SourceKind::Claude, &document),
        b'x' => source::state(SourceKind::Codex, &document),
        b'm' => minimax::of_mmx(file, &document).map(|source| source.state),
        b'b' => Some(minimax::of_bridge(&document)),
        _ => Some(qwen::state(&document)),
    };
    match state {
        Some(SourceState::Live(login)) => usable(&login, document.text()),
        Some(SourceState::Unreadable(problem)) => names_a_place(&problem.message, text),
        Some(SourceState::LoggedOut | SourceState::Gone | SourceState::OutOfReach(_)) | None => {}
    }
}

/// Tokens that a header can carry, and that stand in the file.
fn usable(login: &Login, text: &str) {
    for token in [Some(&login.access), login.refresh.as_ref()].into_iter().flatten() {
        let token = token.secret.expose();
        assert!(!token.is_empty() && !token.chars().any(|c| c.is_control() || c.is_whitespace()));
        assert!(text.contains(token) || text.contains('\\'));
    }
    // Dates far away must not overflow what is asked of them.
    for now in [i64::MIN, 0, i64::MAX] {
        let _ = (login.expires.is_spent(now), login.needs_person(now));
    }
    assert!(!format!("{:?}", (&login.access, &login.refresh)).contains("canary"));
}
