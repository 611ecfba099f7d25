//! Profiles into which an old credential was put back, and profiles that OpenClaw will not use as they are.

use std::borrow::Cow;

use crate::model::decision::Decision;
use crate::model::inventory::Inventory;
use crate::model::item::Item;
use crate::model::problem::{About, Problem};
use crate::model::profile::Reference;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::Verdict;
use crate::sync::warn::{drift, grouped, name, shadows};

/// Profiles that hold an older credential than the delivered one.
pub(super) fn reverted(items: &[Item<'_>]) -> Vec<Problem> {
    let reverted = items.iter().filter(|item| item.verdict == Some(Verdict::Reverted));
    let about: Vec<About> = reverted.clone().map(drift::about).collect();
    let problem = |((), names): ((), String)| {
        let message = format!("{names}: another program has put an older credential back over the delivered one");
        let hint = "gateways of OpenClaw 2026.2.26 to 2026.3.22 do this; to deliver again: ocsync sync";
        let also = about.iter().skip(1).cloned().collect();
        Problem {
            also,
            ..Problem::drift("reverted", message, hint).about(about.first().cloned().unwrap_or_default())
        }
    };
    grouped(reverted.map(|item| ((), name(item)))).into_iter().map(problem).collect()
}

/// Profiles whose type is not what `auth.profiles.<id>.mode` in openclaw.json asks for.
pub(super) fn of_another_mode(items: &[Item<'_>]) -> Vec<Problem> {
    let conflict = |item: &Item<'_>| {
        let (profile, decision) = item.decided()?;
        let mode = item.at.dir().settings.mode(&profile.id)?;
        let accepted = decision.shape.is_accepted(Some(mode));
        let opaque = decision.judgement.verdict == Verdict::Opaque && profile.reference == Reference::None;
        (opaque && !accepted).then(|| ((mode.to_owned(), profile.kind.name()), name(item)))
    };
    let problem = |((mode, kind), names): ((String, &str), String)| {
        let message = format!("{names}: is \"{kind}\", and openclaw.json says mode \"{mode}\"; left alone");
        let hint = if mode == "token" {
            "correct auth.profiles in openclaw.json; or, to make it a token: ocsync sync --force-type"
        } else {
            "correct \"mode\" under auth.profiles in openclaw.json"
        };
        Problem::warning("mode-conflict", message, hint)
    };
    grouped(items.iter().filter_map(conflict)).into_iter().map(problem).collect()
}

/// The login whose refresh token a fence is for.
#[derive(PartialEq)]
struct Whose {
    login: &'static str,
    command: Cow<'static, str>,
}

impl Whose {
    fn of(source: &Source) -> Self {
        Self { login: source.name, command: source.login_command() }
    }
}

/// Profiles in which OpenClaw has put a fence in place of the tokens.
pub(super) fn fenced(items: &[Item<'_>], inventory: &Inventory) -> Vec<Problem> {
    let subject = |item: &Item<'_>| {
        let (profile, decision) = item.decided()?;
        let Reference::Fence(fence) = &profile.reference else { return None };
        let refresh = |source: &usize| inventory.sources[*source].login().and_then(|login| login.refresh.as_ref());
        let source = decision.source.filter(|source| {
            refresh(source).is_some_and(|token| fence.is_for(&profile.id, &profile.provider, &token.secret))
        });
        let spent = source.map(|source| Whose::of(&inventory.sources[source]));
        Some(((fence.failed, spent, Cure::of(item, decision)), name(item)))
    };
    let problem = |((failed, source, cure), names): ((bool, Option<Whose>, Cure), String)| {
        let what = if failed {
            "OpenClaw's refresh of it has failed, and its tokens are gone"
        } else {
            "OpenClaw is refreshing it, or was stopped while it did"
        };
        let whose = source.as_ref().map_or_else(String::new, |of| {
            format!("; it was for the refresh token that {} has now, which may be spent", of.login)
        });
        let hint = match (source, cure) {
            // `shadows` has the command that removes it.
            (_, Cure::Logout) => String::new(),
            (_, Cure::Update) => "ocsync sync".to_owned(),
            (Some(of), _) => format!("if the CLI cannot refresh any more: {}", of.command),
            (None, Cure::NewLogin(command)) => format!("a new login replaces it: {command}"),
            (None, Cure::OpenClaw) if failed => "log it in again with OpenClaw".to_owned(),
            (None, Cure::OpenClaw) => "if it stays so, log it in again with OpenClaw".to_owned(),
        };
        Problem::warning("fenced", format!("{names}: {what}{whose}"), hint)
    };
    grouped(items.iter().filter_map(subject)).into_iter().map(problem).collect()
}

/// What helps a fenced profile.
#[derive(Clone, PartialEq, Eq)]
enum Cure {
    /// It shadows a login, and nobody misses it.
    Logout,
    /// The update that is planned.
    Update,
    /// A login with the CLI: OpenClaw from 2026.6.5 on has no login that makes an `oauth` profile of Anthropic.
    NewLogin(Cow<'static, str>),
    /// A login with OpenClaw.
    OpenClaw,
}

impl Cure {
    fn of(item: &Item<'_>, decision: &Decision) -> Self {
        match item.source {
            Some(_) if shadows::is_handed_over(item) => Self::Logout,
            _ if decision.is_update() => Self::Update,
            Some(source) if source.kind == SourceKind::Claude => Self::NewLogin(source.login_command()),
            None if item.decided().is_some_and(|(profile, _)| profile.provider == "anthropic") => {
                Self::NewLogin(SourceKind::Claude.login_command().into())
            }
            _ => Self::OpenClaw,
        }
    }
}

/// Profiles that OpenClaw does not use any more, whatever they hold.
pub(super) fn retired(items: &[Item<'_>]) -> Vec<Problem> {
    let is_retired =
        |item: &&Item<'_>| item.decided().is_some_and(|(profile, _)| item.at.dir().has_retired(&profile.id));
    let problem = |((), names): ((), String)| {
        let message = format!("{names}: retired: OpenClaw from 2026.8.1 on uses no profile of this id");
        Problem::warning(
            "retired",
            message,
            "claude-cli models need the CLI's login only; to delete it: openclaw doctor --fix",
        )
    };
    grouped(items.iter().filter(is_retired).map(|item| ((), name(item)))).into_iter().map(problem).collect()
}
