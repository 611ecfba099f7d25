//! Refreshes one login that is due, and looks at the result.

use std::time::{Duration, Instant};

use crate::model::exit::Code;
use crate::model::login::{Expiry, Login};
use crate::model::policy::Via;
use crate::model::problem::Problem;
use crate::model::source::{Source, SourceState};
use crate::refresh::RefreshOutcome;
use crate::refresh::http::Exchange;
use crate::refresh::http::proxy;
use crate::refresh::official_cli::{self, Call, Ended};
use crate::settings::options::Options;
use crate::settings::refresh::RefreshSettings;
use crate::source;
use crate::sys::fs::dir_of;
use crate::sys::signal;
use crate::sys::url::SafeUrl;

/// How long another refresher may take to save its answer: Codex posts without a lock.
const OTHERS_SAVE: Duration = Duration::from_secs(5);
/// How long it may take until the file of a CLI that has ended is visible through a mount.
const MOUNT_DELAY: Duration = Duration::from_secs(1);

/// What came of the refresh of one login.
#[derive(Debug)]
pub struct Step {
    /// The result.
    pub outcome: RefreshOutcome,
    /// The program that was called.
    pub program: Option<String>,
}

/// Refreshes a login that is due.
pub fn run(source: &Source, login: &Login, settings: &RefreshSettings, options: &Options) -> Step {
    match settings.via(source.id()) {
        Via::Cli => by_cli(source, login, settings, options),
        Via::Http => Step { outcome: by_http(source, login, settings, options), program: None },
    }
}

/// Lets the CLI refresh. Only another token in the file is a success: a CLI's exit code says nothing.
fn by_cli(source: &Source, login: &Login, settings: &RefreshSettings, options: &Options) -> Step {
    let call = Call {
        kind: source.kind,
        file: &source.path,
        program: &settings.program(source.id()),
        container: settings.container(source.id()),
        env: &options.env.of_login(source.id()),
        forced: !login.expires.is_spent(options.policy.now),
        limit: settings.timeout,
    };
    let called = match official_cli::call(&call) {
        Ok(called) => called,
        Err(_) if signal::received() => {
            let outcome = match look(source, login, options, MOUNT_DELAY) {
                LoginNow::Another(ends) => refreshed(ends, options),
                LoginNow::Same | LoginNow::Gone => RefreshOutcome::Interrupted,
            };
            return Step { outcome, program: None };
        }
        Err(problem) => return Step { outcome: RefreshOutcome::Failed(problem), program: None },
    };
    let outcome = match (look(source, login, options, MOUNT_DELAY), called.ended) {
        (LoginNow::Another(ends), _) => refreshed(ends, options),
        (LoginNow::Gone, _) => RefreshOutcome::Dead(format!("{} has ended the login", source.name)),
        (LoginNow::Same, Ended::LoginOver) => RefreshOutcome::Dead("codex says that the account is gone".to_owned()),
        (LoginNow::Same, _) if signal::received() => RefreshOutcome::Interrupted,
        (LoginNow::Same, Ended::TimedOut) => passing(format!("{} did not end in time", called.program)),
        (LoginNow::Same, Ended::Exited(code)) => {
            let how = code.map_or("was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"));
            passing(format!("{} {how} and has refreshed nothing", called.program))
        }
    };
    Step { outcome, program: Some(called.program) }
}

/// A CLI has put a login with this end into its file. It is not called again at once for one that has ended already.
fn refreshed(ends: Expiry, options: &Options) -> RefreshOutcome {
    let has_ended = ends.known().is_some_and(|at| at <= options.moment());
    if has_ended { RefreshOutcome::Undated } else { RefreshOutcome::Refreshed }
}

fn passing(why: String) -> RefreshOutcome {
    RefreshOutcome::Passing { why, retry_after: None }
}

fn by_http(source: &Source, login: &Login, settings: &RefreshSettings, options: &Options) -> RefreshOutcome {
    let unavailable = |why: String, hint: &str| {
        RefreshOutcome::Failed(Problem::error(Code::Unavailable, "endpoint", format!("{}: {why}", source.name), hint))
    };
    if source.path != options.env.login_file(source.id()) {
        return unavailable("its login is not in a file".to_owned(), "--via cli");
    }
    let Some(url): Option<SafeUrl> = settings.token_url(source.id()) else {
        return unavailable("it has no token endpoint".to_owned(), "--via cli");
    };
    let proxy = match proxy::of(&options.env, url.host()) {
        Ok(proxy) => proxy,
        Err(why) => return unavailable(why, "correct the variable, or --via cli"),
    };
    let outcome = Exchange {
        id: source.id(),
        file: &source.path,
        login,
        url: &url,
        proxy: proxy.as_ref(),
        state_dir: dir_of(&options.state_file),
        deadline: options.deadline,
        clock: &|| options.moment(),
    }
    .run();
    match outcome {
        // Another program may have spent the token, and not saved its answer yet.
        RefreshOutcome::Dead(why) => match look(source, login, options, OTHERS_SAVE) {
            LoginNow::Another(_) => RefreshOutcome::Adopted,
            LoginNow::Same | LoginNow::Gone => RefreshOutcome::Dead(why),
        },
        outcome => outcome,
    }
}

/// What became of the login that a source held before.
enum LoginNow {
    /// The same login, or a file that cannot be read.
    Same,
    /// Another one, whose access token ends then.
    Another(Expiry),
    Gone,
}

/// Waits for another login in the source, at most as long as the patience.
fn look(source: &Source, login: &Login, options: &Options, patience: Duration) -> LoginNow {
    let until = Instant::now() + patience;
    loop {
        // For its tokens alone: whose they are does not matter here.
        let now = source::read_login(&options.env, source.id());
        match now.map(|source| source.state) {
            Some(SourceState::Live(held)) if held.access != login.access || held.refresh != login.refresh => {
                return LoginNow::Another(held.expires);
            }
            None | Some(SourceState::LoggedOut | SourceState::Gone | SourceState::OutOfReach(_)) => {
                return LoginNow::Gone;
            }
            Some(SourceState::Live(_) | SourceState::Unreadable(_)) => {}
        }
        if Instant::now() >= until || signal::received() {
            return LoginNow::Same;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
