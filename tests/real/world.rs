//! The world of the real CLIs: a network of loopback only, and in it `token_server.mjs`, which stands
//! for every host that they ask.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Started, alone, beside};
use crate::common::Home;

/// The names that the certificate is for.
const NAMES: &str = "DNS:*.claude.com,DNS:claude.ai,DNS:*.anthropic.com,DNS:*.openai.com,DNS:chatgpt.com";

/// A running token server, and the network that it holds.
pub struct World {
    server: Started,
    dir: tempfile::TempDir,
    port: u16,
}

impl World {
    pub fn new(node: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        certify(dir.path());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/token_server.mjs");
        let mut command = alone();
        command.arg(node).arg(script).arg(dir.path()).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let mut server = Started(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("the token server did not start: {line}"));
        Self { server, dir, port }
    }

    /// A home whose programs find the servers of this world, and no others.
    pub fn home(&self) -> Home {
        let home = Home::new();
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
        let beside = beside(self.server.0.id());
        let mut command = Command::new(&beside[0]);
        home.dress(&mut command);
        command.args(&beside[1..]).args(["/usr/bin/timeout", "--kill-after=10", "90"]).args(words);
        command
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A path beside the server's log.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Begins the family of a refresh token; the rest as `token_server.mjs` says.
    pub fn seed(&self, family: &str, refresh: &str, rest: Value) {
        let mut seed = json!({ "family": family, "refresh": refresh });
        seed.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.ask("POST", "/seed", &json!([seed]));
    }

    /// What the server knows of a family.
    pub fn family(&self, name: &str) -> Value {
        self.ask("GET", "/state", &Value::Null).1[name].clone()
    }

    /// Posts a refresh token as a client would, and gives the status.
    pub fn spend(&self, path: &str, refresh: &str) -> u16 {
        self.ask("POST", path, &json!({ "grant_type": "refresh_token", "refresh_token": refresh })).0
    }

    /// The posts of refresh tokens so far.
    pub fn posts(&self) -> Vec<Value> {
        self.logged("posts")
    }

    /// Whether a client has shown this access token, of which we have the fingerprint.
    pub fn was_shown(&self, access: &str) -> bool {
        self.logged("requests").iter().any(|request| request["bearer"] == access)
    }

    fn logged(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One request over the socket, which is a file and so reached from any network.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let mut stream = UnixStream::connect(self.file("control.sock")).unwrap();
        write!(stream, "{method} {path} HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
    }
}

/// What logs and state call a token.
pub fn fingerprint(token: &str) -> String {
    Sha256::digest(token).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// A private authority, and a certificate of it: Codex takes none that is its own authority.
fn certify(dir: &Path) {
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
