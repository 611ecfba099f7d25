//! One refresh at the vendor's token endpoint, by the rules that keep a login alive.
//!
//! Take the locks that the CLI takes. Read the file again, because the CLI may have been faster. Make
//! certain that the answer can be saved. Post once. Put the answer on the disk. Save it in the CLI's file,
//! if that still holds the login that was posted. Between the post and the save no wait can be interrupted,
//! and nothing is posted twice.
//!
//! - `answer` - what a token endpoint's reply means
//! - `body` - the body of the request, which leaves once
//! - `post` - sends the request
//! - `proxy` - which proxy a request takes
//! - `recovery` - an answer on its way into the CLI's file

pub mod answer;
pub mod body;
pub mod post;
pub mod proxy;
pub mod recovery;

use std::path::Path;
use std::time::Instant;

use crate::model::exit::Code;
use crate::model::login::Login;
use crate::model::problem::Problem;
use crate::model::secret::Token;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::refresh::http::answer::Answer;
use crate::refresh::http::post::{Ask, CLAUDE_CLIENT, CODEX_CLIENT, Reply};
use crate::refresh::http::proxy::Proxy;
use crate::refresh::http::recovery::{KeptAnswer, Slot};
use crate::refresh::lock::Locked;
use crate::refresh::login_file::{LoginFile, Posted};
use crate::refresh::save::{self, Saved};
use crate::refresh::{Fresh, RefreshOutcome};
use crate::sys::locked::Blocked;
use crate::sys::signal;
use crate::sys::url::SafeUrl;

/// A refresh that is due.
pub struct Exchange<'a> {
    /// Whose login it is: Claude Code's or Codex's.
    pub id: SourceId,
    /// The file of the login.
    pub file: &'a Path,
    /// The login that is due, as it was read.
    pub login: &'a Login,
    /// The token endpoint.
    pub url: &'a SafeUrl,
    /// The proxy on the way to it.
    pub proxy: Option<&'a Proxy>,
    /// ocsync's state directory.
    pub state_dir: &'a Path,
    /// Until when to wait for locks.
    pub deadline: Instant,
    /// The time at the moment of the call, in milliseconds.
    pub clock: &'a dyn Fn() -> i64,
}

impl Exchange<'_> {
    /// Runs it.
    pub fn run(&self) -> RefreshOutcome {
        let lock = match Locked::acquire(self.id.kind, self.file, self.deadline) {
            Ok(lock) => lock,
            Err(error) => return error.into(),
        };
        let current = match LoginFile::read(self.id.kind, self.file) {
            Ok(Some(current)) if current.holds(self.login) => current,
            Ok(_) => return RefreshOutcome::Adopted,
            Err(problem) => return RefreshOutcome::Failed(problem),
        };
        let (Some(posted), Some(refresh)) = (Posted::of(self.login), &self.login.refresh) else {
            return RefreshOutcome::Adopted;
        };
        let ready = save::prepare(&lock, current.id);
        let ready =
            ready.and_then(|prepared| Slot::new(&lock, self.state_dir, posted.clone()).map(|slot| (prepared, slot)));
        let (prepared, slot) = match ready {
            Ok(ready) => ready,
            Err(problem) => return RefreshOutcome::Failed(problem),
        };
        if signal::received() {
            return RefreshOutcome::Interrupted;
        }
        if !lock.is_held() {
            return RefreshOutcome::Busy(self.file.display().to_string());
        }
        let reply = match self.post(&lock, &current, refresh) {
            Ok(reply) => reply,
            Err(came) => return came,
        };
        let received = (self.clock)();
        let fresh = match answer::judge(self.id.kind, &reply, received) {
            Answer::Tokens(fresh) => fresh,
            Answer::Dead(why) => return RefreshOutcome::Dead(why),
            Answer::Refused { why, retry_after } => return RefreshOutcome::Refused { why, retry_after },
            Answer::Transient { why, retry_after } => return RefreshOutcome::Passing { why, retry_after },
        };
        // Checked before the tokens are on the disk. Otherwise a later run would save them.
        if self.is_of_another(&fresh) {
            return RefreshOutcome::Dead("the answer is for another account".to_owned());
        }
        // Even if this fails, the CLI's file may still take the tokens.
        let kept = slot.fill(&reply, received);
        let saved = save::save(&lock, Some(prepared), &posted, &fresh, received);
        let is_undated = fresh.expires.is_none_or(|at| at <= received);
        match finish(saved, kept, self.id, self.file) {
            RefreshOutcome::Refreshed if is_undated => RefreshOutcome::Undated,
            outcome => outcome,
        }
    }

    /// Spends the refresh token, which only the holder of the lock may do.
    fn post(&self, _lock: &Locked<'_>, current: &LoginFile, refresh: &Token) -> Result<Reply, RefreshOutcome> {
        let (scopes, client) = current.terms();
        let usual = if self.id.kind == SourceKind::Codex { CODEX_CLIENT } else { CLAUDE_CLIENT };
        let client_id = client.as_deref().unwrap_or(usual);
        let ask = Ask { kind: self.id.kind, refresh: &refresh.secret, client_id, scopes: &scopes };
        post::post(self.url, &ask, self.proxy, post::LIMIT)
            .map_err(|no_reply| RefreshOutcome::Passing { why: no_reply.why, retry_after: None })
    }

    fn is_of_another(&self, fresh: &Fresh) -> bool {
        let account = self.login.identity.account_id.as_ref();
        account.zip(fresh.account.as_ref()).is_some_and(|(held, new)| !held.eq_ignore_ascii_case(new))
    }
}

/// Saves an answer that an earlier run left; `None` where there is none.
pub fn take_up(id: SourceId, file: &Path, state_dir: &Path, deadline: Instant) -> Option<RefreshOutcome> {
    let kind = id.kind;
    let recovered = match recovery::find(state_dir, kind, file) {
        Ok(None) => {
            recovery::remove(state_dir, kind, file);
            return None;
        }
        Ok(Some(recovered)) => recovered,
        Err(unread) if unread.posted.as_ref().is_some_and(|posted| has_another(kind, file, posted)) => {
            recovery::remove(state_dir, kind, file);
            return Some(RefreshOutcome::Adopted);
        }
        Err(unread) => return Some(RefreshOutcome::Failed(unread.problem)),
    };
    let Some(fresh) = recovered.fresh else {
        recovered.kept.remove();
        return Some(RefreshOutcome::Adopted);
    };
    let lock = match Locked::acquire(kind, file, deadline) {
        Ok(lock) => lock,
        Err(Blocked::Failed(problem)) => return Some(RefreshOutcome::Unsaved(problem)),
        Err(error) => return Some(error.into()),
    };
    match LoginFile::read(kind, file) {
        // That run may have been killed right after it saved them.
        Ok(Some(current)) if current.has(&fresh) => {
            recovered.kept.remove();
            return None;
        }
        // `claude /login` removes the file for some seconds, and a mount may be away. These may be the only live tokens.
        Ok(None) if file.symlink_metadata().is_err() => {
            let message = format!(
                "{}: new tokens wait in {}, because {} is gone",
                id.name,
                recovered.kept.0.display(),
                file.display()
            );
            let hint = format!("if you have logged out on purpose: rm {}", recovered.kept.0.display());
            return Some(RefreshOutcome::Unsaved(Problem::error(Code::Io, "recovery", message, hint)));
        }
        _ => {}
    }
    let saved = save::save(&lock, None, &recovered.posted, &fresh, recovered.received);
    Some(finish(saved, Ok(recovered.kept), id, file))
}

/// Whether the CLI's file holds a login that was not posted.
fn has_another(kind: SourceKind, file: &Path, posted: &Posted) -> bool {
    let held = LoginFile::read(kind, file).ok().flatten().and_then(|current| Posted::of(&current.login?));
    held.is_some_and(|held| held.refresh != posted.refresh)
}

/// Why a login must not be delivered: an earlier run has posted its refresh token, or may have, and the answer is not
/// saved. Then the token is spent, and whoever posts it again logs everybody out.
pub fn why_spent(id: SourceId, file: &Path, login: &Login, state_dir: &Path) -> Option<Problem> {
    let held = Posted::of(login)?;
    let is_posted = |posted: &Posted| posted.refresh == held.refresh;
    match recovery::find(state_dir, id.kind, file) {
        Ok(Some(found)) if found.fresh.is_some() && is_posted(&found.posted) => {
            let message =
                format!("{}: its refresh token is spent, and {} lacks the new one", id.name, file.display());
            let hint = "to save the new tokens, or to see what is in the way: ocsync sync";
            Some(Problem::malformed(message, hint))
        }
        Ok(_) => None,
        // Where it cannot be told what was posted, it may have been this login.
        Err(unread) => unread.posted.as_ref().is_none_or(is_posted).then_some(unread.problem),
    }
}

fn finish(
    saved: Result<Saved, Problem>,
    kept: Result<KeptAnswer, Problem>,
    id: SourceId,
    file: &Path,
) -> RefreshOutcome {
    match (saved, kept) {
        (Ok(saved), kept) => {
            kept.into_iter().for_each(KeptAnswer::remove);
            if matches!(saved, Saved::Done) { RefreshOutcome::Refreshed } else { RefreshOutcome::Adopted }
        }
        (Err(problem), Ok(kept)) => {
            let hint = format!("the new tokens wait in {}; the next run saves them", kept.0.display());
            RefreshOutcome::Unsaved(Problem { hint, ..problem })
        }
        (Err(problem), Err(_)) => {
            let message = format!("{}; the new tokens are lost", problem.message);
            RefreshOutcome::Unsaved(Problem::error(Code::Io, "lost", message, id.login_command(file)))
        }
    }
}
