//! The official CLI is called so that it refreshes its own login and nothing else: with the flags
//! it knows, without foreign logins, in an empty directory, and with the time that it needs.

use std::fs;
use std::time::{Duration, Instant};

use crate::home::clis::Clis;
use ocsync::testing::model::exit::Code;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::official_cli::Ended;

const PROMPT: [&str; 4] = ["-p", "ok", "--output-format", "json"];

#[test]
fn claude_gets_the_flags_that_its_help_names() {
    let clis = Clis::new().fake("bin/claude", "exit 1");
    let called = clis.call(SourceKind::Claude).unwrap();
    assert_eq!(called.ended, Ended::Exited(Some(1)));
    assert_eq!(called.program, clis.home().join("bin/claude").to_str().unwrap());
    let flags = ["--strict-mcp-config", "--setting-sources", "", "--no-session-persistence"];
    let calls = clis.noted();
    assert_eq!((calls.len(), calls[0].args()), (2, vec!["--help"]));
    assert_eq!(calls[1].args(), [&PROMPT[..], &flags, &["--disable-slash-commands", "--tools", ""]].concat());
    let old = Clis::new().fake("bin/claude", "");
    fs::write(old.home().join("help"), "--allowed-tools <tools>\n  --strict-mcp-config\n").unwrap();
    assert_eq!(old.ended(SourceKind::Claude), Ended::Exited(Some(0)));
    assert_eq!(old.noted()[1].args(), [&PROMPT[..], &["--strict-mcp-config"]].concat());
}

#[test]
fn foreign_logins_are_taken_out_of_the_environment_and_proxies_stay() {
    let gone = [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_OAUTH_ANYTHING",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_WHATEVER",
        "CLAUDE_CODE_SIMPLE",
        "CLAUDECODE",
        "ANTHROPIC_PROFILE",
        "ANTHROPIC_UNIX_SOCKET",
        "MINIMAX_API_KEY",
        "CODEX_API_KEY",
        "CODEX_ACCESS_TOKEN",
        "OPENAI_API_KEY",
    ];
    for (name, kind) in [("claude", SourceKind::Claude), ("codex", SourceKind::Codex), ("mmx", SourceKind::MiniMax)] {
        let clis = Clis::new().fake(&format!("bin/{name}"), "").var("HTTPS_PROXY", "http://p:1").var("EMPTY", "");
        gone.iter().for_each(|name| clis.set(name, "canary"));
        clis.set("ANTHROPIC_BASE_URL", "https://canary");
        let _ = clis.call(kind).unwrap();
        let last = clis.noted().pop().unwrap();
        gone.iter().for_each(|name| assert_eq!(last.var(name), None, "{name}"));
        assert_eq!((last.var("HTTPS_PROXY"), last.var("EMPTY")), (Some("http://p:1"), Some("")));
        assert_eq!(last.var("HOME"), clis.home().to_str());
        if kind == SourceKind::Claude {
            assert_eq!(last.var("ANTHROPIC_BASE_URL"), Some("http://127.0.0.1:9"));
            assert_eq!(last.var("CLAUDE_CODE_MAX_RETRIES"), Some("0"));
            assert_eq!(last.var("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"), Some("1"));
            assert_eq!((last.var("NO_PROXY"), last.var("no_proxy")), (Some("127.0.0.1"), Some("127.0.0.1")));
            assert!(!clis.noted().iter().any(|call| call.env.concat().contains("canary")));
        }
    }
}

#[test]
fn the_file_that_ocsync_reads_is_the_one_that_the_cli_works_on() {
    let clis = Clis::new().fake("bin/claude", "").fake("bin/codex", "").fake("bin/mmx", "");
    let mut env = clis.env();
    clis.call_in(&env, SourceKind::Claude, &[], None).unwrap();
    env.claude_dir = Some("/elsewhere".into());
    clis.call_in(&env, SourceKind::Claude, &[], None).unwrap();
    clis.call(SourceKind::Codex).unwrap();
    clis.set("MMX_CONFIG_DIR", "~/m");
    clis.call(SourceKind::MiniMax).unwrap();
    let noted = clis.noted();
    assert_eq!(noted[1].var("CLAUDE_CONFIG_DIR"), None);
    assert_eq!(noted[3].var("CLAUDE_CONFIG_DIR"), Some("/elsewhere"));
    assert_eq!(
        (noted[4].args(), noted[4].var("CODEX_HOME")),
        (vec!["app-server"], clis.home().join(".codex").to_str())
    );
    assert_eq!(noted[5].args(), ["auth", "refresh", "--output", "json"]);
    assert_eq!(noted[5].var("MMX_CONFIG_DIR"), clis.home().join("m").to_str());
}

#[test]
fn it_works_in_an_empty_directory_that_goes_away() {
    let clis = Clis::new().fake("bin/claude", "stat -c %a . >$log/mode; echo x >left; mkdir -p a/b");
    clis.call(SourceKind::Claude).unwrap();
    // With a state directory, the name stays the same, and what a killed run has left goes.
    fs::create_dir_all(clis.home().join(".local/state/ocsync/cwd-claude/old")).unwrap();
    clis.call(SourceKind::Claude).unwrap();
    let noted = clis.noted();
    assert!(noted[1].cwd.starts_with(clis.home().join("tmp").canonicalize().unwrap()));
    assert!(noted[3].cwd.ends_with(".local/state/ocsync/cwd-claude"));
    noted.iter().filter(|call| call.args()[0] == "-p").for_each(|call| assert_eq!(call.entries, ""));
    assert_eq!(fs::read_to_string(clis.home().join("log/mode")).unwrap(), "700\n");
    assert!(!clis.home().join(".local/state/ocsync/cwd-claude").exists());
}

#[test]
fn programs_are_found_where_cron_does_not_look_and_find_their_own_interpreter() {
    for dir in [".local/bin", ".npm-global/bin", ".bun/bin"] {
        let clis = Clis::new().raw(&format!("{dir}/mmx"), "#!/usr/bin/env fakenode\n").var("PATH", "");
        let clis = clis.fake(&format!("{dir}/fakenode"), "exit 3");
        assert_eq!(clis.ended(SourceKind::MiniMax), Ended::Exited(Some(3)), "{dir}");
        assert!(clis.noted()[0].var("PATH").unwrap().split(':').any(|dir| dir == "/usr/bin"));
    }
    let clis = Clis::new().raw("nvm/bin/mmx", "#!/usr/bin/env fakenode\n").fake("nvm/bin/fakenode", "exit 4");
    let called = clis.call_with(SourceKind::MiniMax, &["~/nvm/bin/mmx", "--first"], None).unwrap();
    assert_eq!(called.ended, Ended::Exited(Some(4)));
    assert!(!called.program.contains("--first"));
    assert_eq!(clis.noted()[0].args()[1..3], ["--first", "auth"]);
}

#[test]
fn what_cannot_be_called_is_a_problem_that_says_why() {
    let problem = |clis: &Clis, kind, program: &[&str]| {
        let problem = clis.call_with(kind, program, None).unwrap_err();
        assert_eq!(problem.failure, Some(Code::Unavailable));
        (problem.code, problem.message)
    };
    let clis = Clis::new();
    let absent = clis.home().join("no/such/claude").to_str().unwrap().to_owned();
    let clis = clis.raw("bin/claude", &format!("#!{absent}\n")).raw("bin/node", "#!/usr/bin/env no-such-node\n");
    let (code, message) = problem(&clis, SourceKind::Claude, &["no-such-cli"]);
    assert_eq!((code, message.as_str()), ("no-program", "no-such-cli is not found"));
    assert_eq!(problem(&clis, SourceKind::Claude, &[&absent]).0, "no-program");
    let (code, message) = problem(&clis, SourceKind::Claude, &[]);
    assert_eq!((code, message.ends_with("cannot be started: no such file or directory")), ("cli", true), "{message}");
    for kind in [SourceKind::Claude, SourceKind::Codex, SourceKind::MiniMax] {
        let (code, message) = problem(&clis, kind, &["node"]);
        assert_eq!((code, message.contains("usually node, is not found")), ("cli", true), "{message}");
    }
    fs::write(clis.home().join("plain"), "").unwrap();
    assert_eq!(problem(&clis, SourceKind::MiniMax, &["~/plain"]).0, "cli");
    let qwen = Clis::new().fake("bin/qwen", "");
    assert_eq!((problem(&qwen, SourceKind::Qwen, &[]).0, qwen.noted().len()), ("cli", 0));
}

#[test]
fn a_cli_that_hangs_sees_sigterm_and_kill_hard_only_after_the_grace() {
    let saves =
        "trap 'echo TERM >$log/term; sleep 0.5; echo saved >$log/saved; exit 0' TERM\nwhile :; do sleep 0.05; done";
    let hangs = "trap 'echo TERM >$log/term' TERM\nwhile :; do sleep 0.05; done";
    for (script, grace, saved) in [(saves, 5000, true), (hangs, 400, false)] {
        for (name, kind) in [("claude", SourceKind::Claude), ("mmx", SourceKind::MiniMax)] {
            let mut clis = Clis::new().fake(&format!("bin/{name}"), script);
            (clis.limit, clis.grace) = (Duration::from_millis(300), Duration::from_millis(grace));
            let start = Instant::now();
            assert_eq!(clis.ended(kind), Ended::TimedOut);
            assert!(start.elapsed() >= Duration::from_millis(if saved { 800 } else { 700 }), "{:?}", start.elapsed());
            assert!(start.elapsed() < Duration::from_millis(4500), "{:?}", start.elapsed());
            assert!(clis.home().join("log/term").exists());
            assert_eq!(clis.home().join("log/saved").exists(), saved);
        }
    }
}

#[test]
fn what_is_left_behind_is_ended_and_a_flood_is_harmless() {
    let clis = Clis::new().fake("bin/mmx", "sleep 60 & echo $! >$log/pid\nexit 5");
    assert_eq!(clis.ended(SourceKind::MiniMax), Ended::Exited(Some(5)));
    let pid = fs::read_to_string(clis.home().join("log/pid")).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
    let flood = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 6";
    for (name, kind) in [("claude", SourceKind::Claude), ("codex", SourceKind::Codex), ("mmx", SourceKind::MiniMax)] {
        let clis = Clis::new().fake(&format!("bin/{name}"), flood);
        assert_eq!(clis.ended(kind), Ended::Exited(Some(6)), "{name}");
    }
    let start = Instant::now();
    let clis = Clis::new().fake("bin/mmx", "setsid sleep 8 & exit 7");
    assert_eq!(clis.ended(SourceKind::MiniMax), Ended::Exited(Some(7)));
    assert!(start.elapsed() < Duration::from_secs(6));
}
