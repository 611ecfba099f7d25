//! The body of the request that spends a refresh token. It leaves once, and it records whether it has left.
//! A body that is given up before that never leaves.
//!
//! Its fields are those of Claude Code 2.1.328 and Codex 0.169.0, in their order. The scopes are the stored
//! ones: the server granted them before.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::Serialize;

use crate::model::secret::Secret;
use crate::model::source::SourceKind;
use crate::model::zeroizing::Zeroizing;

/// The client id of Claude Code (2.1.328).
pub const CLAUDE_CLIENT: &str = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
/// The client id of Codex (0.169.0).
pub const CODEX_CLIENT: &str = "app_EMoamEEZ73f0CkXaXp7hrann";

/// What the request asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Whose login it is.
    pub kind: SourceKind,
    /// The refresh token, which the request spends.
    pub refresh: &'a Secret,
    /// The client that the login belongs to.
    pub client_id: &'a str,
    /// Claude: the scopes that the login has.
    pub scopes: &'a [String],
}

/// The states of a body: it waits, it has left, or it is given up and never leaves.
const WAITING: u8 = 0;
pub(super) const SENT: u8 = 1;
pub(super) const GIVEN_UP: u8 = 2;

/// The body of a request. It records when the HTTP client reads it.
pub(super) struct OneTimeBody {
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
    state: Arc<AtomicU8>,
}

impl OneTimeBody {
    /// A body that waits; `None` for a CLI without an endpoint.
    pub(super) fn new(ask: &Ask<'_>) -> Option<Self> {
        Some(Self { bytes: body(ask)?, at: 0, state: Arc::new(AtomicU8::new(WAITING)) })
    }

    /// Its state, for the caller that waits.
    pub(super) fn state(&self) -> Arc<AtomicU8> {
        self.state.clone()
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }
}

impl Read for OneTimeBody {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let moved = self.state.compare_exchange(WAITING, SENT, Ordering::SeqCst, Ordering::SeqCst);
        if moved == Err(GIVEN_UP) {
            return Err(io::Error::other("given up"));
        }
        let count = (&self.bytes[self.at..]).read(into)?;
        self.at += count;
        Ok(count)
    }
}

/// The bytes, with the keys in the CLI's order; `None` for a CLI without an endpoint.
fn body(ask: &Ask<'_>) -> Option<Zeroizing<Vec<u8>>> {
    #[derive(Serialize)]
    struct Claude<'a> {
        grant_type: &'a str,
        refresh_token: &'a str,
        client_id: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        scope: &'a str,
    }
    #[derive(Serialize)]
    struct Codex<'a> {
        client_id: &'a str,
        grant_type: &'a str,
        refresh_reason: &'a str,
        refresh_token: &'a str,
    }
    let (grant_type, refresh_token, client_id) = ("refresh_token", ask.refresh.expose(), ask.client_id);
    let scope = &ask.scopes.join(" ");
    // A character takes six bytes at most. So the buffer never grows, which would leave a copy behind.
    let room = 6 * (refresh_token.len() + client_id.len() + scope.len()) + 256;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    match ask.kind {
        SourceKind::Claude => {
            serde_json::to_writer(&mut *bytes, &Claude { grant_type, refresh_token, client_id, scope })
        }
        SourceKind::Codex => {
            let refresh_reason = "proactive_expiry";
            serde_json::to_writer(&mut *bytes, &Codex { client_id, grant_type, refresh_reason, refresh_token })
        }
        SourceKind::MiniMax | SourceKind::Qwen => return None,
    }
    .ok()?;
    Some(bytes)
}
