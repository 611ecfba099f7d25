//! Man pages and completions are made from the command line's own types, and what the units need
//! in a package from the units. All of it is committed, so that a package needs no build step for
//! it. This test holds it fresh; with `OCSYNC_REGENERATE=1` it writes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use ocsync::testing::model::exit::TABLE;
use ocsync::testing::settings::cli::Cli;

/// What the main page says of files.
const FILES: [(&str, &str); 5] = [
    ("~/.config/ocsync/config.json", "The configuration (JSON5). Every key is optional; MANUAL.md describes them."),
    (
        "~/.local/state/ocsync/state.json",
        "What ocsync has seen and delivered: fingerprints, times, and the e-mail addresses and account ids of logins. No tokens.",
    ),
    (
        "~/.local/state/ocsync/replaced/, ~/.local/state/ocsync/recovery-*.json",
        "Logins that an update has replaced, for 30 days; new tokens, until the CLI's file has them. These files hold tokens, and only their owner can read them.",
    ),
    ("~/.openclaw", "OpenClaw's state directory, unless OPENCLAW_STATE_DIR or --state-dir names another."),
    (
        "~/.claude, ~/.codex, ~/.mmx, ~/.minimax, ~/.qwen",
        "The CLIs' own logins. ocsync reads them. Only refresh --via http and --write-back write those of claude and codex.",
    ),
];

fn page(command: &Command, is_main: bool) -> Vec<u8> {
    // The date of a build has no place in a file that is compared.
    let man = Man::new(command.clone()).date("").source(format!("ocsync {}", env!("CARGO_PKG_VERSION")));
    let mut out = Vec::new();
    man.render(&mut out).unwrap();
    if is_main {
        let mut more = Roff::new();
        more.control("SH", ["EXIT STATUS"]);
        for (code, name, meaning) in TABLE {
            more.control("TP", []).text([bold((code as u8).to_string()), roman(format!(" {name}"))]);
            more.text([roman(meaning)]);
        }
        more.control("SH", ["FILES"]);
        for (file, what) in FILES {
            more.control("TP", []).text([roman(file)]).text([roman(what)]);
        }
        more.to_writer(&mut out).unwrap();
    }
    out
}

/// clap wants a name that lives for ever.
fn leak(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

fn generated() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut cli = Cli::command();
    cli.build();
    files.insert("man/ocsync.1".into(), page(&cli, true));
    for sub in cli.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("ocsync-{}", sub.get_name());
        files.insert(
            format!("man/{name}.1").into(),
            page(&sub.clone().name(leak(&name)).bin_name(name.replacen('-', " ", 1)), false),
        );
    }
    for (shell, file) in [(Shell::Bash, "ocsync.bash"), (Shell::Zsh, "_ocsync"), (Shell::Fish, "ocsync.fish")] {
        let mut out = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "ocsync", &mut out);
        files.insert(Path::new("completions").join(file), out);
    }
    ["user", "system"].iter().for_each(|kind| files.extend(drop_ins(kind)));
    files
}

/// A package has the program elsewhere than the units look for it: a drop-in for each that runs it.
fn drop_ins(kind: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/systemd").join(kind);
    let mut files = BTreeMap::new();
    for unit in std::fs::read_dir(units).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&unit).unwrap();
        let starts = text.lines().filter_map(|line| line.strip_prefix("ExecStart=")?.split_once("/bin/ocsync "));
        let starts: String =
            starts.map(|(_, arguments)| format!("ExecStart=/usr/bin/ocsync {arguments}\n")).collect();
        if !starts.is_empty() {
            let name = unit.file_name().unwrap().to_string_lossy();
            let text =
                format!("# In a package the program is here. Made from the unit.\n[Service]\nExecStart=\n{starts}");
            files.insert(format!("deb/{kind}/{name}.d/10-package.conf").into(), text.into());
        }
    }
    assert!(!files.is_empty(), "{kind}");
    files
}

#[test]
fn everything_generated_is_fresh() {
    let contrib = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib");
    let generated = generated();
    for kind in ["man", "completions", "deb/user", "deb/system"] {
        for entry in std::fs::read_dir(contrib.join(kind)).into_iter().flatten() {
            let path = Path::new(kind).join(entry.unwrap().file_name());
            assert!(generated.keys().any(|file| file.starts_with(&path)), "of nothing any more: {}", path.display());
        }
    }
    for (file, expected) in generated {
        let path = contrib.join(&file);
        if std::env::var_os("OCSYNC_REGENERATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &expected).unwrap();
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(
            committed == expected,
            "{} is stale: OCSYNC_REGENERATE=1 cargo test --test ship generated",
            file.display()
        );
    }
}

#[test]
fn the_committed_page_has_the_exit_table() {
    let page = include_str!("../../contrib/man/ocsync.1");
    for (code, name, meaning) in TABLE {
        let entry = format!("\\fB{}\\fR {}\n{meaning}\n", code as u8, name.replace('-', "\\-"));
        assert!(page.contains(&entry), "{name}");
    }
}
