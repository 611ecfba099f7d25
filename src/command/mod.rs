//! The commands, and what they have in common: parse, run, print, exit code.

pub mod check_expiry;
pub mod provide;
pub mod refresh;
pub mod settings_shown;
pub mod status;
pub mod sync;

use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;

use crate::core::decide::Decider;
use crate::model::exit::{Code, Tally};
use crate::model::installation::Agent;
use crate::model::installation::normalise;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::journal::Journal;
use crate::model::problem::{Problem, Severity};
use crate::notify::{self, FinishedRun};
use crate::refresh::wording;
use crate::report::screen::Screen;
use crate::report::tables::tables;
use crate::report::{self, Report, Thresholds, text};
use crate::settings::cli::{Cli, Command, Common};
use crate::settings::env::Env;
use crate::settings::notify::{NotifyArgs, NotifySettings, scope};
use crate::settings::options::{self, Asked, Options};
use crate::sync::env_file;
use crate::sync::gather;
use crate::sync::items;
use crate::sync::warn;

/// Runs a command and prints its result.
///
/// # Errors
/// When the result cannot be written to standard output.
pub fn run(cli: &Cli) -> anyhow::Result<u8> {
    let common = &cli.common;
    let now = common.now.unwrap_or_else(crate::sys::clock::now);
    let (report, code) = match &cli.command {
        Command::Sync(args) => sync::run(common, args, now),
        Command::Refresh(args) => refresh::run(common, args, now),
        Command::Status(args) => status::run(common, args, now),
        Command::CheckExpiry(args) => check_expiry::run(common, args, now),
        Command::Provide(args) => return Ok(provide::run(common, args)),
    };
    let mut report = Report { exit: code as u8, ..report };
    let untold = announce(cli, &report, code, now);
    let shown: &[Severity] = match &cli.command {
        _ if common.quiet => &[Severity::Error],
        Command::Status(_) => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        _ if common.verbose => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        // A person wants to know why the code is not 0; a timer's mail is about news.
        _ if io::stderr().is_terminal() => &[Severity::Error, Severity::Standing, Severity::Note],
        _ => &[Severity::Error, Severity::Note],
    };
    let env = Env::of_process(None);
    let (screen, aside) =
        (Screen::of(io::stdout(), common.color, &env), Screen::of(io::stderr(), common.color, &env));
    let mut problems = text::problems(&report.problems, shown, &aside);
    if !common.quiet {
        // Somebody waits for news who will not get it: this is news.
        problems += &text::problems(&untold, &[Severity::Warning], &aside);
    }
    report.problems.extend(untold);
    let exit = match &cli.command {
        Command::CheckExpiry(args) => check_expiry::exit(args, code),
        _ => code as u8,
    };
    let result = render(&report, cli, now, &screen)?;
    if aside.known && matches!(cli.command, Command::Status(_)) && !result.is_empty() && !problems.is_empty() {
        problems.insert(0, '\n');
    }
    let printed = write_all(io::stdout(), &result);
    // With stderr closed there is nobody left to tell.
    let _ = write_all(io::stderr(), &problems);
    match printed {
        // Whoever reads has had enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit),
        Err(error) => Err(error).context("cannot write to standard output"),
        Ok(()) => Ok(exit),
    }
}

/// Announces the run, where its command does that; returns what went wrong.
fn announce(cli: &Cli, report: &Report, code: Code, now: i64) -> Vec<Problem> {
    let Some(args) = NotifyArgs::of(&cli.command) else { return Vec::new() };
    let env = Env::of_process(cli.common.home.as_deref());
    let settings = match options::config(&cli.common, &env) {
        Ok(config) => NotifySettings::of_run(args, &config, &env),
        Err(_) => NotifySettings::of_args(args, &env),
    };
    let scope = scope(&cli.common, report.command);
    notify::tell(&settings, &FinishedRun { report, code, now, scope: &scope, env: &env })
}

fn render(report: &Report, cli: &Cli, now: i64, screen: &Screen) -> anyhow::Result<String> {
    Ok(match &cli.command {
        _ if cli.common.json => report.json()?,
        Command::CheckExpiry(args) => check_expiry::render(report, args, cli.common.quiet, now)?,
        _ if cli.common.quiet => String::new(),
        Command::Sync(_) | Command::Refresh(_) => {
            text::sync(report, now, cli.common.verbose) + &env_file::lines(&report.exported)
        }
        Command::Status(args) => tables(report, now, status::shown(args, cli.common.verbose), screen),
        // It has answered in its own form.
        Command::Provide(_) => String::new(),
    })
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

/// The report of a run that could not begin.
pub fn stopped(command: &'static str, now: i64, problem: Problem) -> (Report, Code) {
    let code = problem.failure.unwrap_or(Code::Internal);
    let mut report = Report::new(command, now);
    report.problems.push(problem);
    (report, code)
}

/// What a command that only looks has found.
struct Look {
    report: Report,
    tally: Tally,
    /// The code of every bound profile, as its verdict says.
    codes: Vec<Code>,
}

/// Reads, decides, and reports; touches nothing. Where profiles are named in `only`, the report is
/// of them and their sources alone.
fn look(
    command: &'static str,
    common: &Common,
    now: i64,
    thresholds: Thresholds,
    only: &[String],
) -> Result<Look, Problem> {
    let options = Options::new(common, Asked::Look, now)?;
    let loaded = crate::sync::state_file::load(&options.state_file);
    let mut journal = loaded.journal;
    let inventory = gather::gather(&options);
    observe(&mut journal, &inventory, options.prefer_source);
    let mut report = Report::new(command, now);
    report.sources = source_rows(&inventory, now, thresholds);
    let decider = Decider::new(&inventory, &journal, &options);
    let items = items::all(&inventory, &decider, &options, thresholds.within);
    if command == "status" {
        let (inventory, journal, login_within) = (&inventory, &journal, thresholds.login_within);
        let sight = warn::Sight { items: &items, inventory, journal, options: &options, login_within };
        report.problems.extend(warn::standing(&sight));
    }
    report.problems.extend(warn::all(&items, &inventory));
    let codes = items.iter().filter_map(|item| item.code(&decider, now)).collect();
    report.profiles = items.into_iter().map(|item| item.row).collect();
    let absent = narrow(&mut report, only);
    report.problems.extend(absent);
    report.problems.extend(loaded.damaged);
    report.problems.extend(inventory.problems.iter().cloned());
    report.problems.extend(refused(&inventory));
    // What is missing is an error only where there is nothing else to look at.
    let nothing = inventory.sources.is_empty() && !inventory.has_store();
    let missing = missing(&inventory, &options);
    let soften = |problem: Problem| Problem::warning(problem.code, problem.message, problem.hint);
    report.problems.extend(missing.into_iter().map(|problem| if nothing { problem } else { soften(problem) }));

    let mut tally = Tally::default();
    report.problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    let readable = |state| state != report::State::Unreadable;
    if report.sources.iter().any(|row| readable(row.state)) || report.profiles.iter().any(|row| readable(row.state)) {
        tally.reached();
    }
    tally_states(&mut tally, &report);
    let dead = dead(&inventory, &journal, &report, &mut tally);
    report.problems.extend(dead);
    if options.verbose {
        report.problems.extend(paths(&options));
        if command == "status" {
            report.problems.extend(settings_shown::notes(&options));
        }
    }
    Ok(Look { report, tally, codes })
}

/// What is known of logins that no refresh can save any more.
pub fn dead(inventory: &Inventory, journal: &Journal, report: &Report, tally: &mut Tally) -> Vec<Problem> {
    let told = inventory.sources.iter().filter(|of| report.sources.iter().any(|row| row.source == of.kind.name()));
    let problems = wording::known_dead(told, journal);
    if !problems.is_empty() {
        tally.outcome(Code::LoginNeeded);
    }
    problems
}

/// Notes how the bound profiles and their sources stand in time; all sources where no profile
/// is bound to any.
fn tally_states(tally: &mut Tally, report: &Report) {
    let bound: Vec<_> = report.profiles.iter().filter(|row| row.source.is_some()).collect();
    bound.iter().for_each(|row| tally.outcome(row.state.code()));
    for source in &report.sources {
        if bound.is_empty() || bound.iter().any(|row| row.source == Some(source.source)) {
            tally.outcome(source.state.code());
        }
    }
}

/// Leaves these profiles and their sources, and the stores that are not served and may hold them.
fn narrow(report: &mut Report, only: &[String]) -> Vec<Problem> {
    if only.is_empty() {
        return Vec::new();
    }
    report.profiles.retain(|row| row.profile.as_ref().is_none_or(|id| only.contains(id)));
    let (sources, profiles) = (&mut report.sources, &report.profiles);
    sources.retain(|source| profiles.iter().any(|row| row.source == Some(source.source)));
    let known = |id: &&String| profiles.iter().any(|row| row.profile.as_ref() == Some(*id));
    // A name that is mistyped must not read as "all is well".
    let absent = only.iter().filter(|id| !known(id));
    let problem = |id| {
        let message = format!("no profile \"{id}\" found");
        Problem::error(Code::NoInput, "no-profile", message, "ocsync status lists the profiles")
    };
    absent.map(problem).collect()
}

/// What is missing for a run to make sense: a source, an OpenClaw, an agent that was named.
pub fn missing(inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let error = |code, message: String, hint| Problem::error(Code::NoInput, code, message, hint);
    let mut problems = Vec::new();
    if inventory.sources.is_empty() {
        let hint = "log in with the CLI, or name its directory (--home, --claude-dir, --codex-home)";
        let names: Vec<_> = options.kinds.iter().map(|kind| kind.name()).collect();
        problems.push(error("no-source", format!("no login found of: {}", names.join(", ")), hint));
    }
    if options.places.is_empty() {
        let hint = "name OpenClaw's state directory with --state-dir";
        problems.push(error("no-openclaw", "no OpenClaw state directory found".to_owned(), hint));
    }
    let is = |agent: &Agent, id: &String| normalise(&agent.id) == *id;
    let known = |id: &String| inventory.state_dirs.iter().any(|dir| dir.agents.iter().any(|agent| is(agent, id)));
    for id in options.agents.iter().filter(|id| !inventory.state_dirs.is_empty() && !known(id)) {
        problems.push(error("no-agent", format!("no agent \"{id}\" found"), "ocsync status lists the agents"));
    }
    problems
}

/// The paths that were used: what differs between a shell and a timer.
pub fn paths(options: &Options) -> Vec<Problem> {
    let env = &options.env;
    let mut lines = vec![
        format!("home: {}", env.home().display()),
        format!("claude: {}", env.claude_credentials_dir().display()),
        format!("codex: {}", env.codex_dir().display()),
        format!("state file: {}", options.state_file.display()),
    ];
    lines.extend(options.places.iter().map(|place| format!("openclaw: {}", place.path.display())));
    lines.into_iter().map(|line| Problem::note("path", line, "")).collect()
}

/// Notes in the journal what the sources hold now.
pub fn observe(journal: &mut Journal, inventory: &Inventory, prefer: bool) {
    for source in &inventory.sources {
        if let Some(login) = source.login() {
            journal.observe(&source.path.to_string_lossy(), login, prefer);
        }
    }
}

/// One problem per installation whose stores are not served.
pub fn refused(inventory: &Inventory) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for store in &inventory.stores {
        if let (true, StoreState::Refused(refusal)) = (store.selected, &store.state) {
            let path = inventory.state_dirs[store.state_dir].path.display();
            let message = format!("{path}: {}; left alone", refusal.why);
            let problem = Problem::error(Code::Incomplete, "refused", message, &refusal.hint);
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

pub fn source_rows(inventory: &Inventory, now: i64, thresholds: Thresholds) -> Vec<report::SourceRow> {
    inventory.sources.iter().map(|source| report::rows::source_row(source, now, thresholds)).collect()
}
