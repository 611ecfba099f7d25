//! What the token server remembers: families of tokens, each with one refresh token that does.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use base64::Engine as _;
use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

use super::token_wire::Script;
use super::{at, now, rt};

/// The tokens of a login.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    /// Codex only.
    pub id_token: Option<String>,
    /// When the access token ends, in milliseconds.
    pub expires: i64,
}

/// A login, with all the tokens that it ever had.
#[derive(Clone)]
struct Family {
    kind: SourceKind,
    account: String,
    tokens: Tokens,
    revoked: bool,
}

/// What the server knows.
pub(super) struct State {
    families: Vec<Family>,
    /// Which family a refresh token belongs to.
    owner: HashMap<String, usize>,
    pub(super) clients: HashMap<SourceKind, String>,
    pub(super) script: VecDeque<Script>,
    pub(super) requests: Vec<Vec<u8>>,
    pub(super) faults: Vec<String>,
    pub(super) delay: Duration,
    pub(super) lifetime: i64,
    pub(super) posted: Vec<String>,
    pub(super) reuses: usize,
    made: usize,
}

pub(super) fn path(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Claude { "/v1/oauth/token" } else { "/oauth/token" }
}

impl State {
    pub(super) fn new() -> Self {
        let claude = (SourceKind::Claude, "9d1c250a-e61b-44d9-88ed-5944d1962f5e".to_owned());
        let codex = (SourceKind::Codex, "app_EMoamEEZ73f0CkXaXp7hrann".to_owned());
        Self {
            families: Vec::new(),
            owner: HashMap::new(),
            clients: [claude, codex].into(),
            script: VecDeque::new(),
            requests: Vec::new(),
            faults: Vec::new(),
            delay: Duration::ZERO,
            lifetime: 28_800,
            posted: Vec::new(),
            reuses: 0,
            made: 0,
        }
    }

    /// A new login.
    pub(super) fn login(&mut self, kind: SourceKind, account: &str) -> Tokens {
        let tokens = self.make(kind, account);
        self.owner.insert(tokens.refresh.clone(), self.families.len());
        self.families.push(Family { kind, account: account.to_owned(), tokens: tokens.clone(), revoked: false });
        tokens
    }

    /// The newest tokens of the login that a refresh token belongs to.
    pub(super) fn newest(&self, refresh: &str) -> Tokens {
        self.families[self.owner[refresh]].tokens.clone()
    }

    fn make(&mut self, kind: SourceKind, account: &str) -> Tokens {
        self.made += 1;
        let name = format!("{account}-{}", self.made);
        let expires = now() / 1000 * 1000 + self.lifetime * 1000;
        if kind == SourceKind::Claude {
            return Tokens { access: at(&name), refresh: rt(&name), id_token: None, expires };
        }
        let jwt = |jti: &str| {
            let part = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
            let claims = json!({ "iat": now() / 1000, "exp": expires / 1000, "jti": jti, "email": "fake@example.test",
                                 "https://api.openai.com/auth": { "chatgpt_account_id": account } });
            format!("{}.{}.canary", part(&json!({ "alg": "none" })), part(&claims))
        };
        let refresh = format!("rt_canary_{name}");
        Tokens { access: jwt(&name), refresh, id_token: Some(jwt(&format!("id-{name}"))), expires }
    }

    /// Whether a refresh token would do.
    pub(super) fn alive(&self, refresh: &str) -> bool {
        let family = self.owner.get(refresh).map(|index| &self.families[*index]);
        family.is_some_and(|family| !family.revoked && family.tokens.refresh == refresh)
    }

    /// Ends the login that a refresh token belongs to.
    pub(super) fn revoke(&mut self, refresh: &str) {
        if let Some(index) = self.owner.get(refresh) {
            self.families[*index].revoked = true;
        }
    }

    /// Spends a refresh token: status and answer. What `twist` leaves out is not made.
    pub(super) fn redeem(&mut self, kind: SourceKind, refresh: &str, twist: &Script) -> (u16, Value) {
        self.posted.push(refresh.to_owned());
        let known = self.owner.get(refresh).copied().filter(|index| self.families[*index].kind == kind);
        let Some(index) = known.filter(|_| self.alive(refresh)) else {
            self.reuses += usize::from(known.is_some());
            self.revoke(refresh);
            return refusal(kind);
        };
        let keeps = matches!(twist, Script::NoRefreshToken);
        let account = match twist {
            Script::OtherAccount(other) => other.clone(),
            _ => self.families[index].account.clone(),
        };
        let mut tokens = self.make(kind, &account);
        if keeps {
            tokens.refresh = refresh.to_owned();
        }
        self.owner.insert(tokens.refresh.clone(), index);
        self.families[index].tokens = tokens.clone();
        let mut answer = json!({ "access_token": tokens.access, "refresh_token": tokens.refresh });
        if kind == SourceKind::Claude {
            answer["token_type"] = json!("Bearer");
            answer["expires_in"] = json!(self.lifetime);
            answer["scope"] = json!("user:inference user:profile");
            answer["account"] = json!({ "uuid": account, "email_address": "fake@example.test" });
            answer["organization"] = json!({ "uuid": "org-A", "name": "Fake" });
        } else {
            answer["id_token"] = json!(tokens.id_token);
        }
        let left_out = match twist {
            Script::NoRefreshToken => "refresh_token",
            Script::NoExpiry => "expires_in",
            _ => "",
        };
        answer.as_object_mut().unwrap().remove(left_out);
        if let Script::Lasts(seconds) = twist
            && kind == SourceKind::Claude
        {
            answer["expires_in"] = seconds.clone();
        }
        (200, answer)
    }
}

/// What is said of a refresh token that is spent.
pub(super) fn refusal(kind: SourceKind) -> (u16, Value) {
    match kind {
        SourceKind::Claude => {
            let why = "Refresh token not found or invalid";
            (400, json!({ "error": "invalid_grant", "error_description": why }))
        }
        _ => {
            let why = "Your refresh token has already been used to generate a new access token.";
            (
                401,
                json!({ "error": { "message": why, "type": "invalid_request_error", "code": "refresh_token_reused" } }),
            )
        }
    }
}
