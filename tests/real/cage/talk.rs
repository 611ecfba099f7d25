//! A gateway that has Claude's login, linked or as a copy, the model that it asks, and somebody who talks to it:
//! what the model is shown is what counts in the end.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Started;
use super::openclaw::{OpenClaw, own};
use super::server::{Server, fingerprint};
use crate::home::{Home, Run, at, claude_json, hours, put, store};

/// The port of the gateway, in a network of its own.
const PORT: u16 = 18_789;
/// The gateway's own token; not one that anybody looks for.
const TOKEN: &str = "fake-gateway-token";

/// All of them.
pub struct Talk<'a> {
    pub home: Home,
    openclaw: &'a OpenClaw,
    gateway: Option<Started>,
    model: Server,
}

impl<'a> Talk<'a> {
    /// A home that uses the model, with a login `first`.
    pub fn new(openclaw: &'a OpenClaw) -> Self {
        let model = Server::start(&openclaw.node, "model_server.mjs", tempfile::tempdir().unwrap());
        let home = Home::new().claude("first", hours(8));
        let config = config(openclaw.version, home.path("log").to_str().unwrap(), &model);
        put(&home.path(".openclaw/openclaw.json"), &config.to_string());
        let home = openclaw.install(home, Some(model.pid()));
        Self { home, openclaw, gateway: None, model }
    }

    /// The same, with these profiles in the main agent's store: in SQLite where the version has them there.
    pub fn with(openclaw: &'a OpenClaw, profiles: &[(&str, Value)]) -> Self {
        let mut talk = Self::new(openclaw);
        talk.home = talk.home.agent("main", &store(profiles));
        if openclaw.has_databases() {
            openclaw.repair(&talk.home);
        }
        talk
    }

    /// The user's own ocsync.
    pub fn ocsync(&self, args: &[&str]) -> Run {
        own(&self.home, args)
    }

    pub fn start(&mut self) {
        self.gateway = Some(self.openclaw.gateway(&self.home, Some(self.model.pid())));
    }

    pub fn stop(&mut self) {
        self.gateway = None;
    }

    /// Claude Code has refreshed its login.
    pub fn rotate(&self, name: &str) {
        self.rotate_until(name, hours(9));
    }

    /// The same, with an expiry.
    pub fn rotate_until(&self, name: &str, expires: i64) {
        put(&self.home.path(".claude/.credentials.json"), &claude_json(name, expires));
    }

    /// One question: the status and the text of the gateway's answer.
    pub fn turn(&self) -> Value {
        turn(&self.model)
    }

    /// Asks the gateway something: what the model was shown as a bearer for it, as a fingerprint.
    #[track_caller]
    pub fn shown(&self) -> String {
        shown(&self.model)
    }

    /// Asks until the model is shown this login: in how many turns it was shown another one, and how long it was from
    /// `start` until it was shown this one.
    #[track_caller]
    pub fn until_shown(&self, name: &str, start: Instant) -> (usize, Duration) {
        let (now, moment) = (Instant::now(), crate::home::now());
        let before = self.model.logged("asked").len();
        for stale in 0..5 {
            if self.shown() == login(name) {
                let asked = self.model.logged("asked").split_off(before);
                let entry = asked.iter().find(|entry| entry["bearer"] == login(name)).unwrap();
                let shown = entry["at"].as_i64().unwrap() - moment;
                return (stale, now.duration_since(start) + Duration::from_millis(u64::try_from(shown).unwrap_or(0)));
            }
        }
        panic!("the model is never shown {name}")
    }

    /// How often the gateway was told to reload.
    pub fn reloads(&self) -> usize {
        self.home.called().iter().filter(|call| *call == "secrets reload --json").count()
    }
}

/// What the model is shown of Claude's login of this name.
pub fn login(name: &str) -> String {
    fingerprint(&at(name))
}

/// The configuration of an OpenClaw that asks this model, with a gateway that answers questions.
pub fn config(version: &str, log: &str, model: &Server) -> Value {
    json!({
        "meta": { "lastTouchedVersion": version },
        "logging": { "file": log },
        "gateway": { "mode": "local", "port": PORT, "auth": { "mode": "token", "token": TOKEN },
                     "http": { "endpoints": { "chatCompletions": { "enabled": true } } } },
        "agents": { "defaults": { "model": { "primary": "anthropic/claude-sonnet-4-5" }, "skipBootstrap": true } },
        "models": { "providers": { "anthropic": { "baseUrl": model.url(""), "api": "anthropic-messages", "models": [] } } },
    })
}

/// One question to the gateway beside this model: the status and the text of its answer.
pub fn turn(model: &Server) -> Value {
    let gateway = json!({ "url": format!("http://127.0.0.1:{PORT}"), "token": TOKEN });
    model.ask("POST", "/turn", &gateway).1
}

/// Asks the gateway beside this model something: what the model was shown as a bearer for it, as a fingerprint.
#[track_caller]
pub fn shown(model: &Server) -> String {
    let before = model.logged("asked").len();
    let (start, mut told) = (Instant::now(), Value::Null);
    // It listens before all of it is up.
    while told["status"] != 200 && start.elapsed() < Duration::from_secs(120) {
        told = turn(model);
    }
    let asked = model.logged("asked").split_off(before);
    assert!(told["text"].as_str().unwrap().contains("\"content\":\"fine\""), "{told} {asked:?}");
    let is_one = |entry: &Value| entry["path"] == "/v1/messages" && entry["key"].is_null();
    assert!(asked.iter().all(is_one) && !asked.is_empty(), "{asked:?}");
    let mut shown: Vec<&str> = asked.iter().map(|entry| entry["bearer"].as_str().unwrap()).collect();
    shown.dedup();
    assert_eq!(shown.len(), 1, "{asked:?}");
    shown[0].to_owned()
}
