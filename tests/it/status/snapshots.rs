//! `status` as people see it: eleven homes at three widths, with and without colour, byte for byte as in
//! `tests/snapshots/`. Read those files: they are meant to be understood by somebody who has never seen ocsync.
//!
//! `SNAPSHOTS=overwrite cargo test --test it status::snapshots` writes them anew.

// The homes are called `/proc/self/cwd`, so that paths are the same in every run.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::home::sqlite::{MAIN, agent_database};
use crate::home::{self, CLAUDE, Home, at, oauth, rt, store};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// When it is.
const NOW: &str = "2026-11-20T10:00:00Z";
/// The home as the program sees it, and a name of the same length that reads better.
const CWD: (&str, &str) = ("/proc/self/cwd", "/home/operator");
const WIDTHS: [usize; 3] = [60, 80, 160];

/// So many minutes from then, in milliseconds.
fn minutes(count: i64) -> i64 {
    1_795_168_800_000 + count * 60_000
}

/// Claude's file, of a login that ends in 25 days.
fn claude(home: Home, name: &str, expires: i64) -> Home {
    let oauth = json!({ "accessToken": at(name), "refreshToken": rt(name), "expiresAt": expires, "scopes": ["user:inference"],
                        "refreshTokenExpiresAt": minutes(25 * 1440), "subscriptionType": "max" });
    let account = json!({ "oauthAccount": { "accountUuid": "uuid", "emailAddress": "me@example.test" } });
    let home = home.file(".claude/.credentials.json", &json!({ "claudeAiOauth": oauth }).to_string());
    home.file(".claude.json", &account.to_string())
}

fn codex_access(expires: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let auth = json!({ "chatgpt_account_id": "acct" });
    let claims = json!({ "iat": minutes(-60) / 1000, "exp": expires / 1000, "https://api.openai.com/auth": auth });
    format!("{}.{}.canary", part(json!({ "alg": "none" })), part(claims))
}

fn codex(home: Home, expires: i64) -> Home {
    let tokens = json!({ "id_token": codex_access(expires), "access_token": codex_access(expires),
                         "refresh_token": "canary-codex", "account_id": "acct" });
    let file = json!({ "auth_mode": "chatgpt", "OPENAI_API_KEY": null, "tokens": tokens });
    home.file(".codex/auth.json", &file.to_string())
}

fn token(name: &str, expires: i64) -> Value {
    json!({ "type": "token", "provider": "anthropic", "token": at(name), "expires": expires })
}

fn key() -> Value {
    json!({ "type": "api_key", "provider": "openai", "key": "sk-canary" })
}

fn healthy() -> Home {
    let fresh = minutes(450);
    let home = claude(Home::new(), "new", fresh);
    home.agent("main", &store(&[(CLAUDE, token("new", fresh)), ("openai:default", key())]))
        .agent("research", &store(&[(CLAUDE, token("new", fresh))]))
}

fn drift() -> Home {
    let old = || oauth("old", minutes(90));
    let home = codex(claude(Home::new(), "old", minutes(90)), minutes(14_000));
    let home = home.agent("night", &store(&[(CLAUDE, oauth("older", minutes(30)))]));
    sync(&home);
    let home = claude(home, "new", minutes(450));
    sync(&home);
    let codex = json!({ "type": "oauth", "provider": "openai-codex", "access": codex_access(minutes(20_000)),
                        "refresh": "canary-other", "expires": minutes(20_000) });
    home.agent("main", &store(&[(CLAUDE, old()), ("openai-codex:default", codex)]))
        .agent("night", &store(&[(CLAUDE, old())]))
        .agent("research", &store(&[(CLAUDE, oauth("new", minutes(450)))]))
}

fn expired() -> Home {
    let home = codex(claude(Home::new(), "new", minutes(-30)), minutes(40));
    home.agent("main", &store(&[(CLAUDE, token("new", minutes(-30)))]))
        .agent("stale", &store(&[(CLAUDE, oauth("old", minutes(-600)))]))
}

fn logged_out() -> Home {
    let oauth_of = json!({ "accessToken": "", "refreshToken": "", "expiresAt": 0, "scopes": [] });
    let file = json!({ "claudeAiOauth": oauth_of }).to_string();
    let home = Home::new().file(".claude/.credentials.json", &file);
    home.agent("main", &store(&[(CLAUDE, oauth("old", minutes(-90)))]))
        .agent("later", &store(&[(CLAUDE, oauth("other", minutes(90)))]))
}

fn another_account() -> Home {
    let mut theirs = oauth("theirs", minutes(200));
    theirs["email"] = json!("client@example.test");
    healthy().agent("client", &store(&[(CLAUDE, theirs.clone())])).agent("shop", &store(&[(CLAUDE, theirs)]))
}

fn shared_lineage() -> Home {
    let home = claude(Home::new(), "new", minutes(450));
    let ids = ["main", "alpha", "beta", "gamma", "delta", "a-name-of-an-agent-that-goes-on"];
    ids.iter().fold(home, |home, id| home.agent(id, &store(&[(CLAUDE, oauth("new", minutes(450)))])))
}

fn sqlite_beside_json() -> Home {
    let home = claude(Home::new().version("2026.8.1"), "new", minutes(450));
    let home = home.agent("main", &store(&[(CLAUDE, oauth("old", minutes(90)))])).agent("research", &store(&[]));
    let rows = store(&[(CLAUDE, oauth("older", minutes(30))), ("openai:default", key())]);
    drop(agent_database(&home.path(MAIN), 1, &rows));
    home.file(".openclaw/agents/main/agent/auth.json", "{}")
}

fn cooldown() -> Home {
    let home = ["main", "night", "shop"].iter().fold(claude(Home::new(), "new", minutes(450)), |home, id| {
        home.agent(id, &store(&[(CLAUDE, token("new", minutes(450))), ("openai:default", key())]))
    });
    let state = |stats: Value| json!({ "version": 1, "usageStats": stats }).to_string();
    let auth = json!({ "cooldownUntil": minutes(15), "cooldownReason": "auth", "errorCount": 4 });
    let limit = json!({ "cooldownUntil": minutes(2), "cooldownReason": "rate_limit" });
    let billing = json!({ "disabledUntil": minutes(300), "disabledReason": "billing" });
    let path = |id: &str| format!(".openclaw/agents/{id}/agent/auth-state.json");
    home.file(&path("main"), &state(json!({ CLAUDE: auth, "openai:default": billing })))
        .file(&path("night"), &state(json!({ CLAUDE: auth })))
        .file(&path("shop"), &state(json!({ "openai:default": limit })))
}

fn many() -> Home {
    let fresh = store(&[(CLAUDE, token("new", minutes(450)))]);
    let home = claude(Home::new(), "new", minutes(450));
    let home = home.agent("main", &store(&[(CLAUDE, oauth("old", minutes(90)))]));
    (1..300).fold(home, |home, id| {
        let dead = store(&[(CLAUDE, oauth("old", minutes(-200)))]);
        home.agent(&format!("a{id:05}"), if id % 60 == 7 { &dead } else { &fresh })
    })
}

fn unreadable() -> Home {
    let home =
        healthy().file(".codex/auth.json", "{ \"tokens\": ").agent("broken", "{ \"version\": 1, \"profiles\": [\n");
    home::chmod(&home.store_path("research"), 0o644);
    home
}

/// Two logins of Claude Code and two of Codex, and one of Claude Code that no setting names.
fn several_logins() -> Home {
    let of_claude = |name: &str| {
        let oauth = json!({ "accessToken": at(name), "refreshToken": rt(name), "expiresAt": minutes(450), "scopes": ["user:inference"],
                            "refreshTokenExpiresAt": minutes(25 * 1440), "subscriptionType": "max" });
        json!({ "claudeAiOauth": oauth }).to_string()
    };
    let account =
        |email: &str| json!({ "oauthAccount": { "accountUuid": email, "emailAddress": email } }).to_string();
    let of_codex = |account: &str| {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let auth = json!({ "chatgpt_account_id": account });
        let claims = json!({ "exp": minutes(14_000) / 1000, "email": format!("{account}@example.test"),
                             "https://api.openai.com/auth": auth });
        let jwt = format!("{}.{}.canary", part(json!({ "alg": "none" })), part(claims));
        let tokens = json!({ "id_token": jwt, "access_token": jwt, "refresh_token": format!("canary-{account}"), "account_id": account });
        json!({ "auth_mode": "chatgpt", "OPENAI_API_KEY": null, "tokens": tokens }).to_string()
    };
    let of = |mut entry: Value, email: &str| {
        entry["email"] = json!(email);
        entry
    };
    claude(Home::new(), "new", minutes(450))
        .file(".claude-work/.credentials.json", &of_claude("work"))
        .file(".claude-work/.claude.json", &account("me@work.example"))
        .file(".claude-client/.credentials.json", &of_claude("client"))
        .file(".codex/auth.json", &of_codex("me"))
        .file(".codex-boss/auth.json", &of_codex("boss"))
        .file(
            ".config/ocsync/config.json",
            "{ logins: { work: { source: 'claude', dir: '~/.claude-work' }, boss: { source: 'codex', dir: '~/.codex-boss' } } }",
        )
        .agent("main", &store(&[(CLAUDE, token("new", minutes(450)))]))
        .agent("work", &store(&[("anthropic:me@work.example", of(oauth("older", minutes(-30)), "me@work.example"))]))
}

fn sync(home: &Home) {
    run(home, &["sync"], 80);
}

fn run(home: &Home, args: &[&str], width: usize) -> home::Run {
    let mut command = home.command(args);
    command.args(["--now", NOW]).current_dir(home.path("")).env("HOME", CWD.0).env("COLUMNS", width.to_string());
    home.start(command).end()
}

/// What a terminal shows, colours as they are.
fn screen(home: &Home, args: &[&str], width: usize) -> String {
    let run = run(home, args, width);
    let words: Vec<&str> = args.iter().copied().filter(|word| !word.starts_with("--color")).collect();
    let shown = format!(
        "$ COLUMNS={width} ocsync {}\n{}{}[exit code {}]\n",
        words.join(" "),
        run.stdout,
        run.stderr,
        run.code.unwrap()
    );
    shown.replace(CWD.0, CWD.1)
}

/// A text without the codes of colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

fn check(name: &str, home: &Home, args: &[&str]) {
    let before = home.tree();
    let with = |colour: &'static str| {
        let args: Vec<&str> = args.iter().copied().chain([colour]).collect();
        let screens: Vec<String> = WIDTHS.iter().map(|width| screen(home, &args, *width)).collect();
        for (screen, width) in screens.iter().zip(WIDTHS) {
            for line in plain(screen).lines() {
                // A path that is longer than a line stays whole.
                let fits = line.chars().count() <= width || !line.trim().contains(' ');
                assert!(fits, "{name}: longer than {width}: {line}");
                assert_eq!(line, line.trim_end(), "{name}");
            }
        }
        screens.join("\n")
    };
    let (bare, coloured) = (with("--color=never"), with("--color=always"));
    assert_eq!(home.tree(), before, "{name}: status has touched something");
    assert!(!bare.contains('\u{1b}'), "{name}");
    assert_eq!(plain(&coloured), bare, "{name}: colour changes more than colour");
    for (file, actual) in [(format!("{name}.txt"), bare), (format!("{name}.colour.txt"), coloured)] {
        let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(file);
        if std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &actual).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(actual == expected, "{} is not what is printed:\n{actual}", path.display());
    }
}

#[test]
fn eleven_homes_look_as_they_are_kept() {
    type Case = (&'static str, fn() -> Home);
    let homes: [Case; 11] = [
        ("healthy", healthy),
        ("drift", drift),
        ("expired", expired),
        ("logged-out", logged_out),
        ("another-account", another_account),
        ("shared-lineage", shared_lineage),
        ("sqlite-beside-json", sqlite_beside_json),
        ("cooldown", cooldown),
        ("many", many),
        ("unreadable", unreadable),
        ("several-logins", several_logins),
    ];
    for (name, home) in homes {
        check(name, &home(), &["status"]);
    }
}

#[test]
fn problems_leaves_out_what_needs_nothing() {
    check("many-problems", &many(), &["status", "--problems"]);
    check("healthy-problems", &healthy(), &["status", "--problems"]);
}
