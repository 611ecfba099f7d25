//! Homes whose CLIs have logins of the token server's.

use std::path::PathBuf;

use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

use super::token_server::{TokenServer, Tokens};
use super::{Home, Run, iso, now, put};

/// The source's name and its file.
pub fn file(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Codex { ".codex/auth.json" } else { ".claude/.credentials.json" }
}

/// What the CLI's file holds, with things in it that only the CLI knows.
pub fn text(kind: SourceKind, account: &str, tokens: &Tokens, expires: i64) -> String {
    if kind == SourceKind::Codex {
        let of = json!({ "id_token": tokens.id_token, "access_token": tokens.access, "refresh_token": tokens.refresh,
                         "account_id": account, "login_owner_id": "kept" });
        let all = json!({ "auth_mode": "chatgpt", "OPENAI_API_KEY": null, "tokens": of,
                          "last_refresh": iso(now()), "kept": [1.50, null] });
        return serde_json::to_string_pretty(&all).unwrap();
    }
    let of = json!({ "accessToken": tokens.access, "refreshToken": tokens.refresh, "expiresAt": expires,
                     "scopes": ["user:inference", "user:profile"], "subscriptionType": "max", "accountUuid": account, "kept": { "a": [1] } });
    json!({ "mcpOAuth": { "kept": true }, "claudeAiOauth": of }).to_string()
}

impl Home {
    /// A login of the server's with so much left, in seconds.
    pub fn login(self, kind: SourceKind, server: &TokenServer, left: i64) -> Self {
        server.expires_in(left);
        let tokens = server.login(kind, "acct-A");
        server.expires_in(28_800);
        let text = text(kind, "acct-A", &tokens, tokens.expires);
        self.file(file(kind), &text)
    }

    pub fn login_path(&self, kind: SourceKind) -> PathBuf {
        self.path(file(kind))
    }

    pub fn login_json(&self, kind: SourceKind) -> Value {
        serde_json::from_slice(&std::fs::read(self.login_path(kind)).unwrap()).unwrap()
    }

    /// The access and the refresh token that the CLI's file holds.
    pub fn tokens(&self, kind: SourceKind) -> (String, String) {
        let file = self.login_json(kind);
        let get = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if kind == SourceKind::Codex {
            (get(&file["tokens"]["access_token"]), get(&file["tokens"]["refresh_token"]))
        } else {
            (get(&file["claudeAiOauth"]["accessToken"]), get(&file["claudeAiOauth"]["refreshToken"]))
        }
    }

    /// Makes the login look as if it had so much left, in seconds: the server need not know.
    pub fn age_claude(&self, left: i64) {
        let mut file = self.login_json(SourceKind::Claude);
        file["claudeAiOauth"]["expiresAt"] = (now() + left * 1000).into();
        put(&self.login_path(SourceKind::Claude), &file.to_string());
    }

    /// `ocsync refresh --via http` at this server.
    pub fn refresh_http(&self, kind: SourceKind, server: &TokenServer, more: &[&str]) -> Run {
        let url = server.url(kind);
        let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url];
        self.run(&[&args, more].concat())
    }

    /// No lock of a CLI's is left, no answer waits, no temporary file lies about.
    pub fn released(&self) -> &Self {
        let names = [".oauth_refresh.lock", ".claude.lock", ".storage-write.lock"];
        let is_lock = |path: &PathBuf| names.iter().any(|name| path.ends_with(name));
        let locks: Vec<PathBuf> = self.tree().into_keys().filter(is_lock).collect();
        assert_eq!(locks, Vec::<PathBuf>::new());
        self.swept()
    }

    /// No answer waits, no temporary file lies about.
    pub fn swept(&self) -> &Self {
        assert_eq!(self.waiting(), Vec::<PathBuf>::new());
        let temps: Vec<PathBuf> =
            self.tree().into_keys().filter(|path| path.to_string_lossy().contains(".ocsync-")).collect();
        assert_eq!(temps, Vec::<PathBuf>::new());
        self
    }

    /// Answers that wait to be saved.
    pub fn waiting(&self) -> Vec<PathBuf> {
        let is_one = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("recovery-");
        self.tree().into_keys().filter(is_one).collect()
    }
}
