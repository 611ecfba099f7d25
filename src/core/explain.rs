//! Explains one profile: by which rules it is bound and judged, and what its login has gone through.

use crate::core::decide::Decider;
use crate::core::rule;
use crate::model::explanation::{Explanation, Step};
use crate::model::inventory::StoreRef;
use crate::model::item::{Action, Item, Outcome};
use crate::model::journal::Journal;
use crate::model::lineage::Entry;
use crate::model::profile::{Profile, Reference};
use crate::model::reason::Reason;
use crate::model::route::Route;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::{Shape, Verdict};

/// The newest tokens of a login that are shown.
const STEPS: usize = 8;

/// Where a profile is kept.
#[derive(Clone, Debug)]
pub struct Location {
    /// The file.
    pub path: String,
    /// The locks under which it is written.
    pub locks: Vec<String>,
}

/// Explains the profile of an item; `None` for an item without a profile that was read.
pub fn explain(item: &Item<'_>, decider: &Decider<'_>, journal: &Journal, location: Location) -> Option<Explanation> {
    let (profile, decision) = item.decided()?;
    let (at, dir) = (item.at, item.at.dir());
    let record = journal.record(&at.store.key, &profile.id);
    let bound = item.source.and_then(|_| decider.bound_by(at, profile)).map(|(_, by)| rule::of_binding(by));
    let identity = &profile.identity;
    let account = identity.email.as_ref().or(identity.account_id.as_ref()).cloned();
    Some(Explanation {
        state_dir: dir.path.to_string_lossy().into_owned(),
        agent: at.agent().id.to_string(),
        profile: profile.id.clone(),
        reference: reference(profile),
        account,
        bound_by: bound.map(|(word, _)| word),
        binding: bound.map(|(_, sentence)| sentence),
        rule: rule::of(decision.judgement.reason),
        next: next(item, decision.shape, decider.replaces_another(decision, profile)),
        lineage: item.source.map_or_else(Vec::new, |source| lineage(source, profile, at, journal)),
        delivered_at: record.and_then(|record| record.delivered_at),
        reverted_at: record.and_then(|record| record.reverted_at),
        openclaw: dir.version.map(|version| version.to_string()),
        schema: dir.state_version,
        store_path: location.path,
        locks: location.locks,
        route: route(at, profile),
    })
}

/// What a profile holds in place of tokens.
fn reference(profile: &Profile) -> Option<String> {
    match &profile.reference {
        Reference::None if profile.access.is_none() && profile.refresh.is_none() => {
            Some("no token that ocsync reads".to_owned())
        }
        Reference::None => None,
        Reference::Secret { source, provider, id } => {
            Some(format!("a reference to the secret {id} of {provider} ({source})"))
        }
        Reference::Sealed => Some("a reference to an encrypted file".to_owned()),
        Reference::Fence(fence) if fence.failed => Some("a fence: OpenClaw's refresh has failed".to_owned()),
        Reference::Fence(_) => Some("a fence: OpenClaw is refreshing it".to_owned()),
    }
}

/// What `sync` would do.
fn next(item: &Item<'_>, shape: Shape, replaces: bool) -> String {
    let from = item.source.map_or_else(String::new, |source| format!("{}'s ", source.name));
    match (item.action, item.outcome) {
        (Action::Update, Outcome::Planned) => {
            let what = match (item.verdict, shape) {
                _ if item.because.reason == Reason::Restored => "puts the login back that was replaced".to_owned(),
                (Some(Verdict::Metadata), _) => "corrects the expiry or the account".to_owned(),
                (_, Shape::OAuth) => format!("delivers {from}access token and refresh token"),
                (_, Shape::Token | Shape::Access) => format!("delivers {from}access token alone"),
            };
            let keeps = if replaces { ", keeps the login that it replaces for 30 days" } else { "" };
            format!("{what}{keeps}, and tells the gateway")
        }
        (Action::WriteBack, Outcome::Planned) => "puts its tokens into the CLI's file".to_owned(),
        (_, Outcome::Refused) => format!("nothing: {}", item.because.text()),
        _ => match item.verdict {
            Some(Verdict::Linked) => "tells the gateway when the login has changed".to_owned(),
            Some(Verdict::InSync) => "nothing: it is in step".to_owned(),
            _ => "nothing: ocsync leaves it alone".to_owned(),
        },
    }
}

/// What the login has gone through, as far as it may be of the login's account.
fn lineage(source: &Source, profile: &Profile, at: StoreRef<'_>, journal: &Journal) -> Vec<Step> {
    let all = journal.lineage_of(source).entries;
    let held = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
    let delivered = journal.record(&at.store.key, &profile.id).and_then(|record| record.delivered.as_ref());
    let login = source.login().map(Entry::of);
    let is_exact = all.iter().any(|entry| held == (entry.refresh, Some(entry.access)));
    let step = |entry: &Entry| {
        let event = journal.history.seen_with(source.name, entry.access);
        Step {
            seen_at: event.map(|event| event.at),
            event: event.map(|event| event.kind.name().to_owned()),
            access: entry.access,
            refresh: entry.refresh,
            expires_at: entry.expires,
            is_login: login.as_ref().is_some_and(|login| login.tokens() == entry.tokens()),
            is_profile: match held {
                _ if is_exact => held == (entry.refresh, Some(entry.access)),
                (Some(refresh), _) => entry.refresh == Some(refresh),
                (None, access) => access == Some(entry.access),
            },
            is_delivered: delivered.is_some_and(|delivered| delivered.entry.access == entry.access),
        }
    };
    let older = all.len().saturating_sub(STEPS);
    let steps = all.iter().map(|entry| step(entry)).enumerate();
    let is_shown = |(at, step): &(usize, Step)| *at >= older || step.is_profile || step.is_delivered;
    steps.filter(is_shown).map(|(_, step)| step).collect()
}

fn route(at: StoreRef<'_>, profile: &Profile) -> Option<Route> {
    let kind = SourceKind::ALL.into_iter().find(|kind| kind.providers().contains(&profile.provider.as_str()))?;
    at.dir().settings.routes.of(&at.agent().id, kind)
}
