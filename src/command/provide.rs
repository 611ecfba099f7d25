//! `ocsync provide`: answers OpenClaw's exec secret provider with the access tokens that the CLIs hold now.
//!
//! This is the only command that prints a token, because OpenClaw reads it from standard output. It prints access
//! tokens and never a refresh token. No option makes it print anything else there. It writes no file, takes no
//! lock, uses no network, and starts no program except for macOS's `security`. OpenClaw waits for 5 s (2026.6.10 to
//! 2026.9.6), so 4 s is the limit for all of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::model::exit::Code;
use crate::model::login::Expiry;
use crate::model::problem::{Problem, clean, plain};
use crate::model::secret::Secret;
use crate::model::source::{SourceKind, SourceState};
use crate::model::source_id::SourceId;
use crate::model::zeroizing::Zeroizing;
use crate::openclaw::link::exec_protocol::{self, Failure, LIMIT};
use crate::settings::cli::{Common, Provide};
use crate::settings::env::Env;
use crate::settings::scope::Scope;
use crate::source;
use crate::sys::clock;
use crate::sys::signal;

/// A token with this much time left, or less, could end before it is used, in milliseconds.
const MARGIN_MS: i64 = 10_000;
/// How long to wait before a login that is being rotated is read again.
const POLL: Duration = Duration::from_millis(50);
/// A file that has been torn for longer than this is broken: no program is writing it.
const WRITING: Duration = Duration::from_secs(10);
/// A lock of Claude Code's that was not touched for this long is dead. It is the limit that 2.1.328 itself uses.
const LOCKED: Duration = Duration::from_secs(60);

/// Answers one request. Returns the exit code.
pub fn run(common: &Common, args: &Provide) -> u8 {
    let deadline = Instant::now() + Duration::from_secs(args.wait);
    let done = Scope::read(common).and_then(|scope| serve(scope, common.now, deadline));
    let Err(problem) = done else { return Code::Ok as u8 };
    let hint =
        if problem.hint.is_empty() { String::new() } else { format!("ocsync: hint: {}\n", clean(&problem.hint)) };
    let text = format!("ocsync: error: {}\n{hint}", clean(&problem.message));
    // If stderr is closed, there is no other place to report that.
    let _ = io::stderr().write_all(text.as_bytes());
    problem.failure.unwrap_or(Code::Internal) as u8
}

fn serve(mut scope: Scope, now: Option<i64>, deadline: Instant) -> Result<(), Problem> {
    let request = exec_protocol::parse(&read(deadline)?)?;
    let mut answers = BTreeMap::new();
    let mut asked: BTreeMap<SourceId, Vec<String>> = BTreeMap::new();
    let known = scope.env.logins();
    for id in request.ids {
        match (exec_protocol::source_of(&id, &known), &request.refused) {
            (_, Some(refused)) => drop(answers.insert(id, Err(refused.clone()))),
            (Err(failure), None) => drop(answers.insert(id, Err(failure))),
            (Ok(source), None) => asked.entry(source).or_default().push(id),
        }
    }
    let mut pause = POLL;
    while !asked.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        scope.env.keychain_limit = left.max(POLL);
        asked.retain(|source, ids| {
            let found = if scope.logins.contains(source) { look(&scope.env, *source, now) } else { Look::absent() };
            if found.may_change && !left.is_zero() {
                return true;
            }
            answers.extend(ids.drain(..).map(|id| (id, found.token.clone())));
            false
        });
        if signal::received() {
            return Err(Problem::error(Code::Busy, "interrupted", "stopped by a signal", ""));
        }
        if !asked.is_empty() {
            std::thread::sleep(pause.min(left));
            // Each look at the Keychain starts a process, so there are fewer of them.
            pause = if scope.env.keychain { 10 * POLL } else { POLL };
        }
    }
    let failed = |why: &str| Problem::error(Code::Io, "io", format!("cannot write the answer: {why}"), "");
    let answer = exec_protocol::answer(&answers).map_err(|error| failed(&error.to_string()))?;
    // The buffer of std's stdout would keep the tokens in memory, so this writes to the file descriptor.
    let out = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    out.and_then(|mut out| out.write_all(&answer)).map_err(|error| failed(&plain(&error)))
}

/// Reads the request to its end, or until it is longer than allowed.
fn read(deadline: Instant) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let failed = |code, why: &str| Problem::error(code, "request", format!("cannot read the request: {why}"), "");
    let io_error = |error: &io::Error| failed(Code::Io, &plain(error));
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(|error| io_error(&error))?);
    let mut text = Zeroizing::new(Vec::new());
    let mut chunk = [0; 8192];
    while text.len() <= LIMIT {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = Timespec::try_from(left).ok();
        let ready = match poll(&mut [PollFd::new(&input, PollFlags::IN)], limit.as_ref()) {
            Ok(ready) => ready,
            Err(rustix::io::Errno::INTR) if !signal::received() => continue,
            Err(error) => return Err(io_error(&error.into())),
        };
        if ready == 0 {
            return Err(failed(Code::Data, "it did not end in time"));
        }
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => text.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error(&error)),
        }
    }
    Ok(text)
}

/// What a source holds at this moment.
struct Look {
    token: Result<Secret, Failure>,
    /// Its CLI seems to be rotating it now, so another look may find a better one.
    may_change: bool,
}

impl Look {
    fn absent() -> Self {
        Self { token: Err(Failure::new("NOT_FOUND", "no login found")), may_change: false }
    }
}

fn look(env: &Env, id: SourceId, now: Option<i64>) -> Look {
    let Some(source) = source::read_login(env, id) else { return Look::absent() };
    let failed = |code, why: String, may_change| Look { token: Err(Failure::new(code, why)), may_change };
    let login = match source.state {
        SourceState::Live(login) => login,
        SourceState::LoggedOut | SourceState::Gone => {
            return failed("LOGGED_OUT", format!("log in again: {}", id.login_command(&source.path)), false);
        }
        SourceState::OutOfReach(how) => return failed("NOT_FOUND", format!("{}: {how}", id.name), false),
        SourceState::Unreadable(problem) => {
            let torn = problem.failure == Some(Code::Data) && is_younger(&source.path, WRITING);
            return failed("UNREADABLE", problem.message, torn);
        }
    };
    let now = now.unwrap_or_else(clock::now);
    match login.expires {
        Expiry::At(at) if at <= now.saturating_add(MARGIN_MS) => {
            let may_change = id.kind == SourceKind::Claude && is_locked(&env.login_file(id));
            failed("EXPIRED", format!("{} has not renewed it yet", id.name), may_change)
        }
        _ => Look { token: Ok(login.access.secret), may_change: false },
    }
}

/// Whether Claude Code seems to be refreshing. From 2.1.133 on its lock is `.oauth_refresh.lock`. Before that it
/// had the directory's own name with `.lock`.
fn is_locked(file: &Path) -> bool {
    let Some(dir) = file.parent() else { return false };
    let beside = fs::canonicalize(dir).map(|dir| {
        let mut name = dir.into_os_string();
        name.push(".lock");
        name
    });
    is_younger(&dir.join(".oauth_refresh.lock"), LOCKED)
        || beside.is_ok_and(|beside| is_younger(Path::new(&beside), LOCKED))
}

/// Whether a file was touched less than `age` ago. A time in the future counts too: the clock may have been set back.
fn is_younger(path: &Path, age: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|meta| meta.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|passed| passed < age) || modified.elapsed().is_err())
}
