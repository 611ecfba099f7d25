//! Every command with every flag, as the command line's own definition has them: what is added to it is
//! called from then on.

use clap::{Arg, ArgAction, CommandFactory};
use ocsync::testing::settings::cli::Cli;

use super::Home;

/// The files in which OpenClaw looked for profiles up to 2026.6.1.
const BEFORE: [&str; 3] = ["auth-profiles.json", "auth.json", "credentials/oauth.json"];

/// What flags that want something are given, by the name of that. What leaves this machine is refused
/// by the port at which nobody listens.
fn value(arg: &Arg) -> &'static str {
    let name = arg.get_value_names().map(|names| names[0].as_str()).unwrap_or_default();
    match (arg.get_id().as_str(), name) {
        ("home" | "state_dir", _) => unreachable!("these are another home's"),
        ("config" | "flag_file" | "textfile", _) => "written",
        (_, "DIR" | "[NAME=]DIR") => ".",
        ("source", _) => "claude",
        ("history", _) => "3",
        ("agent", _) => "main",
        (_, "PROFILE=SOURCE" | "[AGENT/]PROFILE[=SOURCE]") => "anthropic:default=claude",
        (_, "[AGENT/]PROFILE") => "main/anthropic:default",
        (_, "[SOURCE=]WHAT") => "access",
        (_, "[SOURCE=]WHO") => "http",
        (_, "[SOURCE=]TIME" | "TIME") => "5m",
        (_, "[SOURCE=]NAME") => "claude=none",
        (_, "SOURCE=CMD") => "claude=/bin/false",
        (_, "WAY") => "exec",
        (_, "WHEN") => "always",
        (_, "MODE") => "never",
        (_, "SECONDS") => "1",
        (_, "CMD") => "/bin/true",
        (_, "URL") => "http://127.0.0.1:9/",
        (_, "FORM") => "prometheus",
        (_, "ID") => "anthropic:default",
        (id, name) => panic!("say here what --{id} {name} is called with"),
    }
}

/// The flag as it is typed; none where it does not look at a home, or at this one.
fn flag(arg: &Arg) -> Option<String> {
    let long = arg.get_long()?;
    match (arg.get_action(), arg.get_id().as_str()) {
        (ArgAction::Help | ArgAction::Version, _) | (_, "home" | "state_dir") => None,
        (ArgAction::SetTrue, _) => Some(format!("--{long}")),
        (_, "now") => Some(format!("--{long}=2026-11-20T10:00:00Z")),
        _ => Some(format!("--{long}={}", value(arg))),
    }
}

/// The calls: each command alone, with each of its flags, and those that can make a profile with that as well.
pub fn calls() -> Vec<Vec<String>> {
    let mut root = Cli::command();
    root.build();
    let mut calls = Vec::new();
    for command in root.get_subcommands() {
        let flags: Vec<String> = command.get_arguments().filter_map(flag).collect();
        let makes = flags.iter().any(|flag| flag == "--create");
        let bases: &[&[&str]] = if makes { &[&[], &["--create"], &["--create", "--force-type"]] } else { &[&[]] };
        for base in bases {
            let begin = || std::iter::once(command.get_name()).chain(base.iter().copied()).map(str::to_owned);
            calls.push(begin().collect());
            let others = flags.iter().filter(|flag| !base.contains(&flag.as_str()));
            calls.extend(others.map(|flag| begin().chain([flag.clone()]).collect()));
        }
    }
    calls
}

/// Makes these calls in a home, and none of them may leave a file there that OpenClaw read before SQLite.
pub fn no_file_of_before(home: &Home, calls: &[Vec<String>]) {
    for call in calls {
        let run = home.run(&call.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!matches!(run.code, None | Some(64 | 70)), "{call:?}: {run:#?}");
        let tree = home.tree();
        let left = tree.keys().find(|path| {
            let is_one = BEFORE.iter().any(|name| path.ends_with(name));
            // Codex's own has the same name.
            is_one && !path.starts_with(home.path(".codex"))
        });
        assert_eq!(left, None, "{call:?} has left it");
    }
}
