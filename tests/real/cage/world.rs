//! The world of the real CLIs: a network of loopback only, and in it `token_server.mjs`, which stands
//! for every host that they ask.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::beside;
use super::server::Server;
use crate::home::{Home, store};

/// The names that the certificate is for.
const NAMES: &str = "DNS:*.claude.com,DNS:claude.ai,DNS:*.anthropic.com,DNS:*.openai.com,DNS:chatgpt.com";

/// A running token server.
pub struct World {
    server: Server,
}

impl World {
    pub fn new(node: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        certify(dir.path());
        Self { server: Server::start(node, "token_server.mjs", dir) }
    }

    /// A home whose programs find the servers of this world, and no others.
    pub fn home(&self) -> Home {
        let home = Home::new().agent("main", &store(&[]));
        let own = home.root().join("bin");
        let ca = self.file("ca.pem");
        let here = self.url("");
        home.var("PATH", &format!("{}:/usr/bin:/bin", own.display()))
            .var("HTTPS_PROXY", &here)
            .var("NO_PROXY", "127.0.0.1")
            .var("NODE_EXTRA_CA_CERTS", ca.to_str().unwrap())
            .var("SSL_CERT_FILE", ca.to_str().unwrap())
            .var("CODEX_REFRESH_TOKEN_URL_OVERRIDE", &self.url("/oauth/token"))
    }

    /// A program in this home and this network; one that hangs is ended, and says 124.
    pub fn command(&self, home: &Home, words: &[String]) -> Command {
        let beside = beside(self.server.pid());
        let mut command = Command::new(&beside[0]);
        home.dress(&mut command);
        command.args(&beside[1..]).args(["/usr/bin/timeout", "--kill-after=10", "90"]).args(words);
        command
    }

    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// A path beside the server's log.
    pub fn file(&self, name: &str) -> PathBuf {
        self.server.file(name)
    }

    /// Begins the family of a refresh token; the rest as `token_server.mjs` says.
    pub fn seed(&self, family: &str, refresh: &str, rest: Value) {
        let mut seed = json!({ "family": family, "refresh": refresh });
        seed.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.server.ask("POST", "/seed", &json!([seed]));
    }

    /// What the server knows of a family.
    pub fn family(&self, name: &str) -> Value {
        self.server.ask("GET", "/state", &Value::Null).1[name].clone()
    }

    /// Posts a refresh token as a client would, and gives the status.
    pub fn spend(&self, path: &str, refresh: &str) -> u16 {
        self.server.ask("POST", path, &json!({ "grant_type": "refresh_token", "refresh_token": refresh })).0
    }

    /// The posts of refresh tokens so far.
    pub fn posts(&self) -> Vec<Value> {
        self.server.logged("posts")
    }

    /// The process whose network it is.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// What the server was asked so far.
    pub fn requests(&self) -> Vec<Value> {
        self.server.logged("requests")
    }

    /// Whether a client has shown this access token, of which we have the fingerprint.
    pub fn was_shown(&self, access: &str) -> bool {
        self.requests().iter().any(|request| request["bearer"] == access)
    }
}

/// A private authority, and a certificate of it: Codex takes none that is its own authority.
pub fn certify(dir: &Path) {
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let names = format!("subjectAltName={NAMES}");
    let authority = ["-subj", "/CN=ocsync tests", "-keyout", "ca.key", "-out", "ca.pem"];
    let server =
        ["-subj", "/CN=server", "-keyout", "key.pem", "-out", "cert.pem", "-CA", "ca.pem", "-CAkey", "ca.key"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", &names];
    for rest in [&authority[..], &[&server[..], &leaf[..]].concat()] {
        let output = Command::new("openssl").args(new).args(rest).current_dir(dir).output().unwrap();
        assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    }
}
