//! A server of Node's in a network of its own, of loopback only. It prints its port there, and answers on
//! `control.sock` too: that is a file, and so reached from any network.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Started, alone};

/// A running server, and the network that it holds.
pub struct Server {
    process: Started,
    dir: tempfile::TempDir,
    port: u16,
}

impl Server {
    /// Starts a script of `tests/real/cage`, whose only argument is its directory.
    pub fn start(node: &Path, script: &str, dir: tempfile::TempDir) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/cage").join(script);
        let mut command = alone();
        command.arg(node).arg(script).arg(dir.path()).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Self::of(command, dir)
    }

    /// Starts a command that is such a server, with this directory.
    pub fn of(mut command: Command, dir: tempfile::TempDir) -> Self {
        let mut process = Started(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("the server did not start: {line}"));
        Self { process, dir, port }
    }

    /// The process whose network it is.
    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A path in its directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The lines of one of its logs.
    pub fn logged(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One request over the socket.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
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
