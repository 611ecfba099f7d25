//! The README and the manual say what the program does: the exit codes are the table's, the commands
//! and options exist, and the transcript is what the demo prints.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use ocsync::testing::model::exit::TABLE;

const OCSYNC: &str = env!("CARGO_BIN_EXE_ocsync");

const README: &str = include_str!("../../README.md");

/// What users read.
const TEXTS: &str = concat!(include_str!("../../README.md"), include_str!("../../MANUAL.md"));

/// The lines of the code blocks, each with the language of its block.
fn code_lines() -> Vec<(&'static str, &'static str)> {
    let mut language = None;
    let mut lines = Vec::new();
    for line in TEXTS.lines() {
        match (line.strip_prefix("```"), language) {
            (Some(opened), None) => language = Some(opened),
            (Some(_), Some(_)) => language = None,
            (None, Some(language)) => lines.push((language, line)),
            (None, None) => {}
        }
    }
    lines
}

/// The arguments of the `ocsync` that a line of code runs.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let line = line.split(" #").next().unwrap_or_default();
    let mut words = line.split_whitespace();
    words.find(|word| *word == "ocsync" || word.ends_with("/ocsync"))?;
    Some(words.take_while(|word| !["|", "||", "&&", ";", ">", ">>"].contains(word)).collect())
}

fn ocsync(arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new(OCSYNC);
    command.args(arguments).stdin(Stdio::null()).output()
}

#[test]
fn the_exit_codes_are_those_of_the_table() {
    let is_code = |line: &&str| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit());
    let said: Vec<&str> = README.lines().filter(is_code).collect();
    let rows: Vec<String> =
        TABLE.iter().map(|(code, name, meaning)| format!("| {} | {name} | {meaning} |", *code as u8)).collect();
    assert_eq!(said, rows);
}

#[test]
fn a_stranger_can_read_the_readme_in_one_sitting() {
    let words = README.split_whitespace().count();
    assert!(words <= 1200, "{words} words");
}

#[test]
fn every_command_of_a_code_block_parses() {
    let commands: Vec<Vec<&str>> = code_lines().into_iter().filter_map(|(_, line)| arguments(line)).collect();
    assert!(commands.len() > 5, "{commands:?}");
    for mut arguments in commands {
        let line = arguments.join(" ");
        assert!(arguments.first().is_some_and(|first| !first.starts_with('-')), "no command: ocsync {line}");
        // Parsed as it stands, but with nothing done.
        arguments.push("--help");
        let output = ocsync(&arguments).unwrap();
        assert_eq!(output.status.code(), Some(0), "ocsync {line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_option_that_is_named_exists_and_every_one_of_refresh_is_named() {
    let help = |command: &str| {
        let output = ocsync(&[command, "--help"]).unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let options = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
    };
    // It has those of `sync` as well.
    let refresh = help("refresh");
    let all = [refresh.as_str(), &help("status"), &help("check-expiry")].map(options).concat();
    // A span of code that begins with an option speaks of one of ours.
    let named = TEXTS.split('`').filter(|span| span.starts_with("--")).flat_map(options);
    for option in named.collect::<Vec<_>>() {
        assert!(all.contains(&option), "{option} does not exist");
    }
    for option in options(&refresh).iter().filter(|option| *option != "--help") {
        let short = ["--quiet", "--verbose"].contains(&option.as_str());
        assert!(short || TEXTS.contains(&format!("`{option}")), "{option} is in no text");
    }
}

#[test]
fn every_file_of_the_repository_that_is_named_is_there() {
    let of_ours = |span: &&str| span.starts_with("contrib/") || span.starts_with(".ci/");
    for span in TEXTS.split('`').filter(of_ours) {
        let file = span.split(' ').next().unwrap();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        assert!(path.exists(), "{span}");
    }
}

#[test]
fn every_link_leads_to_a_heading_or_a_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let anchor = |heading: &str| -> String {
        let kept = |c: &char| c.is_ascii_alphanumeric() || " -".contains(*c);
        heading.to_ascii_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
    };
    for name in ["README.md", "MANUAL.md"] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        let links: Vec<&str> = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(!links.is_empty(), "{name}");
        for link in links {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let there = std::fs::read_to_string(root.join(if file.is_empty() { name } else { file })).expect(link);
            let headings: Vec<String> = there
                .lines()
                .filter_map(|line| Some(anchor(line.strip_prefix('#')?.trim_start_matches('#').trim())))
                .collect();
            assert!(heading.is_empty() || headings.iter().any(|one| one == heading), "{name}: {link}");
        }
    }
}

#[test]
fn the_demo_passes_and_prints_what_the_transcript_shows() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut demo = Command::new(format!("{root}/contrib/demo/run"));
    let output = demo.env("OCSYNC", OCSYNC).stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    // Times differ from run to run, and with them the width of columns.
    let plain = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ").replace(|c: char| c.is_ascii_digit(), "")
    };
    let printed: Vec<String> = printed.lines().map(plain).collect();
    for (_, line) in code_lines().into_iter().filter(|(language, _)| *language == "console") {
        assert!(printed.contains(&plain(line)), "the demo does not print: {line}");
    }
}

/// A build under the demo's strict umask would leave a target directory that no other user can read, and tests that
/// run the program as another user would fail in it.
#[test]
fn the_demo_builds_with_the_modes_of_any_other_build() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("target");
    let cargo = dir.path().join("cargo");
    let script = format!("#!/bin/sh\nmkdir -p '{0}/debug' && cp '{1}' '{0}/debug/'\n", target.display(), OCSYNC);
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", dir.path().display());
    let mut demo = Command::new("/bin/sh");
    demo.args(["-c", "umask 027 && exec \"$0\""]).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/demo/run"));
    demo.env("PATH", path).env("CARGO_TARGET_DIR", &target).env_remove("OCSYNC").stdin(Stdio::null());
    let output = demo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mode = std::fs::metadata(target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750, "{mode:o}");
}
