//! Homes in which OpenClaw has spent the CLI's refresh token, as it comes about: `sync` has delivered
//! the login, and a gateway has refreshed its copy of it.

use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

use super::refreshing::{file, text};
use super::token_server::{TokenServer, Tokens};
use super::{Home, hours, put, store};

/// The id of the profile that the CLI's login goes to.
pub fn id(kind: SourceKind) -> &'static str {
    kind.ids()[0]
}

/// A profile with these tokens.
pub fn profile(kind: SourceKind, tokens: &Tokens) -> Value {
    let mut of = json!({ "type": "oauth", "provider": kind.providers()[0], "access": tokens.access,
                         "refresh": tokens.refresh, "expires": tokens.expires });
    if kind == SourceKind::Codex {
        of["accountId"] = json!("acct-A");
    }
    of
}

/// A login and what a gateway makes of it.
pub struct Rotated {
    pub server: TokenServer,
    pub home: Home,
    pub kind: SourceKind,
    /// What the CLI's file holds.
    pub old: Tokens,
    /// What the gateway has got for it.
    pub new: Tokens,
    /// The bytes of the CLI's file, as they were delivered from.
    pub before: String,
}

impl Rotated {
    /// Delivered to these agents, with so much left in seconds, and refreshed by the first of them.
    pub fn with(kind: SourceKind, agents: &[&str], left: i64) -> Self {
        let world = Self::delivered(kind, agents, left);
        world.refresh(agents[0], &world.new);
        world
    }

    pub fn new(kind: SourceKind) -> Self {
        Self::with(kind, &["main"], 3600)
    }

    /// Delivered, and not yet refreshed by anybody.
    pub fn delivered(kind: SourceKind, agents: &[&str], left: i64) -> Self {
        let server = TokenServer::start();
        server.expires_in(left);
        let old = server.login(kind, "acct-A");
        server.expires_in(28_800);
        let new = server.login(kind, "acct-A");
        let stale = Tokens { access: "canary-stale".into(), refresh: "canary-stale-r".into(), ..old.clone() };
        let stale = profile(kind, &Tokens { expires: hours(-9), ..stale });
        let before = text(kind, "acct-A", &old, old.expires);
        let mut home = Home::new().file(file(kind), &before);
        for agent in agents {
            home = home.agent(agent, &store(&[(id(kind), stale.clone())]));
        }
        let run = home.run(&["sync"]);
        assert_eq!(run.stdout.matches("updated").count(), agents.len(), "{run:#?}");
        Self { server, home, kind, old, new, before }
    }

    /// A gateway puts these tokens into an agent's store.
    pub fn refresh(&self, agent: &str, tokens: &Tokens) {
        put(&self.home.store_path(agent), &store(&[(id(self.kind), profile(self.kind, tokens))]));
    }

    /// Puts something else into the CLI's file.
    pub fn put(&self, text: &str) {
        put(&self.home.login_path(self.kind), text);
    }

    /// The bytes of the CLI's file.
    pub fn bytes(&self) -> String {
        std::fs::read_to_string(self.home.login_path(self.kind)).unwrap()
    }

    /// The access token that an agent holds.
    pub fn held(&self, agent: &str) -> String {
        let store: Value = serde_json::from_str(&self.home.store_text(agent)).unwrap();
        store["profiles"][id(self.kind)]["access"].as_str().unwrap().to_owned()
    }
}
