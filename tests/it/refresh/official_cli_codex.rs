//! Codex is asked by its app server, and a CLI in a container through docker.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::home::clis::Clis;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::official_cli::Ended;
use serde_json::{Value, json};

/// A server that says these lines to `account/read`, and notes what it hears.
fn server(replies: &str, then: &str) -> Clis {
    let script = format!(
        "read -r a; echo \"$a\" >$log/heard; echo '{{\"id\":1,\"result\":{{\"userAgent\":\"x\"}}}}'\n\
         read -r b; read -r c; printf '%s\\n' \"$b\" \"$c\" >>$log/heard\n\
         cat <<'EOF'\n{replies}\nEOF\n{then}"
    );
    Clis::new().fake("bin/codex", &script)
}

#[test]
fn codex_is_asked_to_refresh_and_is_given_time_to_end() {
    let replies = "garbage\n{\"method\":\"account/updated\"}\n{\"id\":7,\"result\":{\"account\":null}}\n\
        {\"id\":2,\"method\":\"ask\"}\n{\"id\":2,\"result\":{\"account\":{\"type\":\"chatgpt\"}}}";
    let clis = server(replies, "cat >/dev/null; sleep 0.3; echo saved >$log/saved; exit 0");
    assert_eq!(clis.ended(SourceKind::Codex), Ended::Exited(Some(0)));
    let heard = fs::read_to_string(clis.home().join("log/heard")).unwrap();
    let heard: Vec<Value> = heard.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let client = json!({ "name": "ocsync", "version": env!("CARGO_PKG_VERSION") });
    assert_eq!(heard[0], json!({ "id": 1, "method": "initialize", "params": { "clientInfo": client } }));
    assert_eq!(heard[1], json!({ "method": "initialized" }));
    assert_eq!(heard[2], json!({ "id": 2, "method": "account/read", "params": { "refreshToken": true } }));
    assert!(clis.home().join("log/saved").exists());
}

#[test]
fn an_account_that_is_null_is_the_end_of_the_login_and_an_error_is_not() {
    let over = r#"{"id":2,"result":{"account":null,"requiresOpenaiAuth":true}}"#;
    assert_eq!(server(over, "cat >/dev/null").ended(SourceKind::Codex), Ended::LoginOver);
    let error = r#"{"id":2,"error":{"code":-32600,"message":"canary"}}"#;
    assert_eq!(server(error, "cat >/dev/null; exit 2").ended(SourceKind::Codex), Ended::Exited(Some(2)));
    assert_eq!(server("nothing", "exit 3").ended(SourceKind::Codex), Ended::Exited(Some(3)));
}

#[test]
fn a_codex_that_does_not_answer_or_read_or_end_costs_no_more_than_its_limits() {
    let scripts = [
        ("exec sleep 60", Ended::TimedOut),
        ("exec <&-; exec sleep 60", Ended::TimedOut),
        ("exec yes", Ended::TimedOut),
        ("exec >&- 2>&-; exec sleep 60", Ended::Exited(None)),
        ("exit 0", Ended::Exited(Some(0))),
        ("echo '{\"id\":1,\"error\":{}}'; exec sleep 60", Ended::Exited(None)),
    ];
    for (script, ended) in scripts {
        let mut clis = Clis::new().fake("bin/codex", script);
        (clis.limit, clis.grace) = (Duration::from_millis(400), Duration::from_millis(300));
        let start = Instant::now();
        assert_eq!(clis.ended(SourceKind::Codex), ended, "{script}");
        assert!(start.elapsed() < Duration::from_secs(4), "{script}: {:?}", start.elapsed());
    }
}

#[test]
fn docker_gets_an_argument_list_and_nothing_of_ours_but_names() {
    let clis = Clis::new().fake("bin/docker", "exit 1").var("ANTHROPIC_API_KEY", "canary").var("HOME", "/of/docker");
    for kind in [SourceKind::Claude, SourceKind::Codex, SourceKind::MiniMax] {
        let called = clis.call_with(kind, &[], Some("my.box_1")).unwrap();
        assert!(called.program.starts_with("docker exec my.box_1 "), "{}", called.program);
    }
    clis.call_with(SourceKind::MiniMax, &["/opt/mmx", "-x"], Some("b")).unwrap();
    let noted = clis.noted();
    let claude = [
        "exec -e ANTHROPIC_BASE_URL=http://127.0.0.1:9 -e CLAUDE_CODE_MAX_RETRIES=0",
        "-e CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 -e NO_PROXY=127.0.0.1 -e no_proxy=127.0.0.1",
        "-e ANTHROPIC_API_KEY= -e ANTHROPIC_AUTH_TOKEN= -e ANTHROPIC_UNIX_SOCKET= -e CLAUDE_CODE_SIMPLE= -e CLAUDECODE=",
        "-e CLAUDE_CODE_OAUTH_TOKEN= -e CLAUDE_CODE_OAUTH_CLIENT_ID= -e CLAUDE_CODE_USE_BEDROCK=",
        "-e CLAUDE_CODE_USE_VERTEX= -e CLAUDE_CODE_USE_FOUNDRY= -e CLAUDE_CODE_USE_GATEWAY= -e CLAUDE_CODE_USE_MANTLE=",
        "-e CLAUDE_CODE_USE_ANTHROPIC_AWS= -e CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD=",
        "-w / my.box_1 claude",
    ]
    .join(" ");
    assert_eq!(noted[0].args.join(" "), format!("{claude} --help"));
    let flags = "--strict-mcp-config --setting-sources  --no-session-persistence --disable-slash-commands --tools ";
    assert_eq!(noted[1].args.join(" "), format!("{claude} -p ok --output-format json {flags}"));
    let codex = "exec -i -e CODEX_API_KEY= -e CODEX_ACCESS_TOKEN= -e OPENAI_API_KEY= -w / my.box_1 codex app-server";
    assert_eq!(noted[2].args.join(" "), codex);
    assert_eq!(noted[3].args.join(" "), "exec -e MINIMAX_API_KEY= -w / my.box_1 mmx auth refresh --output json");
    assert_eq!(noted[4].args.join(" "), "exec -e MINIMAX_API_KEY= -w / b /opt/mmx -x auth refresh --output json");
    for call in noted {
        assert_eq!((call.cwd.as_path(), call.var("HOME")), (Path::new("/"), Some("/of/docker")));
        assert!(!call.env.concat().contains("canary"));
    }
}

#[test]
fn a_container_that_is_none_or_does_not_answer_is_a_problem() {
    let clis = Clis::new().fake("bin/docker", "echo 'Error response from daemon: canary' >&2; exit 1");
    fs::write(clis.home().join("help"), "").unwrap();
    for name in ["-it", "--privileged", "", "a b", "a;b", "a/b", "é", "_a", "a\n"] {
        let problem = clis.call_with(SourceKind::Claude, &[], Some(name)).unwrap_err();
        assert_eq!((problem.code, problem.message.contains("is not the name")), ("cli", true), "{name}");
        assert!(!problem.message.contains('\n'));
    }
    assert!(clis.noted().is_empty());
    for kind in [SourceKind::Claude, SourceKind::Codex, SourceKind::MiniMax] {
        let problem = clis.call_with(kind, &[], Some("box")).unwrap_err();
        assert_eq!(problem.message, "docker cannot run a program in the container box: it exited with 1");
    }
    let missing = Clis::new().raw("bin/docker", "#!/bin/sh\nexit 127\n");
    let problem = missing.call_with(SourceKind::Claude, &[], Some("box")).unwrap_err();
    assert_eq!((problem.code, problem.message.as_str()), ("no-program", "claude is not found in the container box"));
}
