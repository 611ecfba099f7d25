//! The real Claude Code and the real Codex: two versions of each, an old one and the newest that was
//! looked at.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use serde_json::{Value, json};

use super::server::fingerprint;
use super::turns::{self, Turn};
use super::world::World;
use super::{Started, npm};
use crate::home::{self, Home, now, put};

/// 2.1.112 is the last that Node runs; it writes in place, under the oldest of the locks only.
pub const CLAUDES: [&str; 2] = ["2.1.112", "2.1.330"];
/// 0.166.0 writes in place, and over what another has written meanwhile.
const CODEXES: [&str; 2] = ["0.166.0", "0.169.0"];
/// Codex's name for where it runs.
const ARCH: (&str, &str) = if cfg!(target_arch = "aarch64") {
    ("linux-arm64", "aarch64-unknown-linux-musl")
} else {
    ("linux-x64", "x86_64-unknown-linux-musl")
};
/// What keeps `claude -p` from reading settings and from leaving anything but the credential.
pub const HYGIENE: &[&str] = &[
    "--strict-mcp-config",
    "--setting-sources",
    "",
    "--no-session-persistence",
    "--disable-slash-commands",
    "--tools",
    "",
];
/// A question that reaches nobody: it refreshes, waits until that is saved, and costs nothing.
const NOBODY: [&str; 3] = [
    "ANTHROPIC_BASE_URL=http://127.0.0.1:9",
    "CLAUDE_CODE_MAX_RETRIES=0",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
];

/// Who asks Codex.
pub const CLIENT: &str = "tests";

/// Whose login it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Claude,
    Codex,
}

/// An installed CLI.
pub struct Cli {
    pub kind: Kind,
    pub version: &'static str,
    /// The program, and what its first arguments are.
    words: Vec<String>,
}

/// All that is installed.
pub struct Clis {
    pub node: PathBuf,
    /// The old, and the new.
    pub claude: [Cli; 2],
    pub codex: [Cli; 2],
    _turn: Turn,
}

/// The package of Claude Code's program for this machine.
pub fn native() -> String {
    format!("@anthropic-ai/claude-code-{}", ARCH.0)
}

impl Clis {
    /// Installs them, unless they are there; says why where that is not wanted or not possible.
    pub fn get() -> Option<Self> {
        let turn = turns::of_many("the CLIs");
        let native = native();
        let codexes = CODEXES.map(|version| format!("{version}-{}", ARCH.0));
        let wanted = [
            ("@anthropic-ai/claude-code", CLAUDES[0]),
            (&native, CLAUDES[1]),
            ("@openai/codex", &codexes[0]),
            ("@openai/codex", &codexes[1]),
        ];
        let (node, [script, native, codex_old, codex_new]) = npm::get("OCSYNC_REAL_CLIS", wanted)?;
        let word = |path: PathBuf| path.to_str().unwrap().to_owned();
        let claude = |version, words| Cli { kind: Kind::Claude, version, words };
        let codex = |version, package: PathBuf| {
            let words = vec![word(package.join("vendor").join(ARCH.1).join("bin/codex"))];
            Cli { kind: Kind::Codex, version, words }
        };
        let clis = Self {
            claude: [
                claude(CLAUDES[0], vec![word(node.clone()), word(script.join("cli.js"))]),
                claude(CLAUDES[1], vec![word(native.join("claude"))]),
            ],
            codex: [codex(CODEXES[0], codex_old), codex(CODEXES[1], codex_new)],
            node,
            _turn: turn,
        };
        Some(clis)
    }
}

impl Cli {
    /// The newest Claude Code alone, for a test with the real OpenClaw; says why where that is not wanted or not
    /// possible.
    pub fn newest_claude() -> Option<Self> {
        let native = format!("@anthropic-ai/claude-code-{}", ARCH.0);
        let (_, [package]) = npm::get("OCSYNC_REAL_OPENCLAW", [(&native, CLAUDES[1])])?;
        let words = vec![package.join("claude").to_str().unwrap().to_owned()];
        Some(Self { kind: Kind::Claude, version: CLAUDES[1], words })
    }

    /// The command that a person types, in this home: it runs this one.
    pub fn install(&self, home: &Home) {
        let name = if self.kind == Kind::Claude { "claude" } else { "codex" };
        let path = home.root().join("bin").join(name);
        put(&path, &format!("#!/bin/sh\nexec '{}' \"$@\"\n", self.words.join("' '")));
        home::chmod(&path, 0o755);
    }

    /// What it prints, given these arguments.
    pub fn says(&self, world: &World, home: &Home, args: &[&str]) -> String {
        let words = self.words.iter().map(String::as_str).chain(args.iter().copied()).map(str::to_owned);
        let output = world.command(home, &words.collect::<Vec<_>>()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Lets it refresh its own login, in the way that costs nothing; Codex does so at any time if `forced`.
    /// Gives its reply, which says little: only the file tells what came of it.
    pub fn refresh(&self, world: &World, home: &Home, forced: bool) -> Value {
        match self.kind {
            Kind::Claude => self.ask(world, home, &NOBODY),
            Kind::Codex => self.ask_account(world, home, forced),
        }
    }

    /// Lets it ask its vendor something, which needs a login.
    pub fn work(&self, world: &World, home: &Home) -> Value {
        match self.kind {
            Kind::Claude => self.ask(world, home, &NOBODY[1..]),
            Kind::Codex => self.ask_account(world, home, false),
        }
    }

    fn ask(&self, world: &World, home: &Home, variables: &[&str]) -> Value {
        let words = ["/usr/bin/env"].into_iter().chain(variables.iter().copied()).map(str::to_owned);
        let ask = ["-p", "ok", "--output-format", "json"].into_iter().chain(HYGIENE.iter().copied());
        let words: Vec<String> = words.chain(self.words.clone()).chain(ask.map(str::to_owned)).collect();
        let output = world.command(home, &words).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // Nobody has answered, and it says so.
        assert_eq!(output.status.code(), Some(1), "claude {}: {out}{err}", self.version);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("claude {}: {error}: {out}{err}", self.version))
    }

    fn ask_account(&self, world: &World, home: &Home, forced: bool) -> Value {
        let mut words = self.words.clone();
        words.push("app-server".to_owned());
        let mut command = world.command(home, &words);
        let errors = fs::File::options().create(true).append(true).open(world.file("codex.err")).unwrap();
        command.stdin(Stdio::piped()).stderr(errors);
        let mut server = Started(command.spawn().unwrap());
        let mut stdin = server.0.stdin.take().unwrap();
        let client = json!({ "name": CLIENT, "version": "0" });
        for message in [
            json!({ "id": 1, "method": "initialize", "params": { "clientInfo": client } }),
            json!({ "method": "initialized" }),
            json!({ "id": 2, "method": "account/read", "params": { "refreshToken": forced } }),
        ] {
            writeln!(stdin, "{message}").unwrap();
        }
        let lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
        let mut messages = lines.map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let reply = messages.find(|message| message["id"] == 2);
        // It ends when nobody asks any more.
        drop(stdin);
        let code = server.0.wait().unwrap().code();
        let errors = || fs::read_to_string(world.file("codex.err")).unwrap();
        assert_eq!(code, Some(0), "codex {}: {}", self.version, errors());
        reply.unwrap_or_else(|| panic!("codex {} did not reply", self.version))
    }
}

/// What a login's file holds, with fingerprints for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub access: String,
    pub refresh: String,
}

impl Kind {
    pub fn path(self, home: &Home) -> PathBuf {
        home.path(if self == Self::Claude { ".claude/.credentials.json" } else { ".codex/auth.json" })
    }

    /// Where a token is posted.
    pub fn endpoint(self) -> &'static str {
        if self == Self::Claude { "/v1/oauth/token" } else { "/oauth/token" }
    }

    /// Logs in: a family of this name, and its first tokens in the file, with that many seconds to live.
    pub fn login(self, world: &World, home: &Home, family: &str, seconds: i64, rest: Value) {
        let refresh = if self == Self::Claude { home::rt(family) } else { format!("rt_canary-{family}") };
        world.seed(family, &refresh, rest);
        let expires = now() + seconds * 1000;
        let mut login = match self {
            Self::Claude => serde_json::from_str(&home::claude_json(family, expires)).unwrap(),
            Self::Codex => json!({ "auth_mode": "chatgpt", "OPENAI_API_KEY": null,
                "tokens": { "id_token": jwt(family, expires), "access_token": jwt(family, expires),
                            "refresh_token": refresh, "account_id": "acct-A" },
                "last_refresh": home::iso(now() - 3_600_000) }),
        };
        login["unknown"] = json!({ "kept": true });
        put(&self.path(home), &serde_json::to_string_pretty(&login).unwrap());
    }

    pub fn document(self, home: &Home) -> Value {
        read(&self.path(home))
    }

    pub fn held(self, home: &Home) -> Held {
        self.held_in(&self.path(home))
    }

    /// What the file of a login in any directory holds.
    pub fn held_in(self, path: &Path) -> Held {
        let [access, refresh] = self.tokens_in(path).map(|token| fingerprint(&token));
        Held { access, refresh }
    }

    /// The access and the refresh token, as they are.
    pub fn tokens(self, home: &Home) -> [String; 2] {
        self.tokens_in(&self.path(home))
    }

    fn tokens_in(self, path: &Path) -> [String; 2] {
        let document = read(path);
        let (key, names) = match self {
            Self::Claude => ("claudeAiOauth", ["accessToken", "refreshToken"]),
            Self::Codex => ("tokens", ["access_token", "refresh_token"]),
        };
        names.map(|name| document[key][name].as_str().unwrap().to_owned())
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A fake token of Codex's, issued an hour before it expires or before now.
fn jwt(name: &str, expires: i64) -> String {
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let issued = expires.min(now()) - 3_600_000;
    let account = json!({ "chatgpt_account_id": "acct-A", "chatgpt_plan_type": "plus", "chatgpt_user_id": "user-A" });
    let claims = json!({ "iat": issued / 1000, "exp": expires / 1000, "jti": name, "email": "user@example.com",
                         "https://api.openai.com/auth": account });
    format!("{}.{}.canary", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims))
}
