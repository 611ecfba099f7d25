//! Makes the rows of a report from what was read, decided and done.

use std::borrow::Borrow;
use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::decision::Decision;
use crate::model::installation::{Era, StateDir};
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::{Action, Item, Outcome, Subject};
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::reason::Reason;
use crate::model::recent::Recent;
use crate::model::route::Route;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::time;
use crate::report::check::{check, is_alone};
use crate::report::refreshable::{profile_refreshable, source_refreshable};
use crate::report::state::{State, Thresholds, by_time, profile_state};
use crate::report::{Check, Finding, Place, ProfileRow, Replaces, SourceRow};

/// Seconds from `now` until `expires`.
pub fn seconds(expires: Option<i64>, now: i64) -> Option<i64> {
    expires.map(|at| at.saturating_sub(now).div_euclid(1000))
}

/// The rows of the sources.
pub fn of_sources(sources: &[Source], now: i64, thresholds: Thresholds) -> Vec<SourceRow> {
    sources.iter().map(|source| source_row(source, now, thresholds)).collect()
}

fn source_row(source: &Source, now: i64, thresholds: Thresholds) -> SourceRow {
    let login = source.login();
    let refreshable = source_refreshable(source, now);
    let state = match (&source.state, login) {
        (SourceState::Unreadable(_), _) => State::Unreadable,
        (SourceState::OutOfReach(_), _) => State::Unknown,
        (_, None) => State::LoggedOut,
        (_, Some(login)) => {
            match by_time(login.expires, now, thresholds.within(refreshable.filter(|_| !source.unrenewed))) {
                State::Fresh | State::Unknown
                    if login.deadline.is_some_and(|at| at.saturating_sub(now) < thresholds.login_within) =>
                {
                    State::LoginExpiring
                }
                state => state,
            }
        }
    };
    let expires = login.and_then(|login| login.expires.known());
    let account = login.and_then(|login| login.identity.email.clone().or_else(|| login.identity.account_id.clone()));
    SourceRow {
        source: source.name,
        path: source.path.to_string_lossy().into_owned(),
        state,
        expires_at: expires.and_then(time::rfc3339),
        expires_in: seconds(expires, now),
        login_expires_at: login.and_then(|login| login.deadline).and_then(time::rfc3339),
        refreshable,
        access: login.map(|login| login.access.fingerprint),
        refresh: fingerprint(login.and_then(|login| login.refresh.as_ref())),
        account,
        attempt: None,
        unrenewed: source.unrenewed,
        login: source.login_command(),
        expires,
        checked: state,
        by_cli: false,
    }
}

/// The rows of all items, in their order. Rows of items that are given away take their place in memory.
pub fn of<'a, I: Borrow<Item<'a>>>(
    items: impl IntoIterator<Item = I>,
    inventory: &Inventory,
    decider: &Decider<'_>,
    now: i64,
    thresholds: Thresholds,
) -> Vec<ProfileRow> {
    let places: Vec<_> = inventory.installations.iter().map(|of| (&raw const *of, place(&of.dir))).collect();
    let place_of = |at: StoreRef<'_>| {
        let known = places.iter().find(|(of, _)| std::ptr::eq(*of, at.installation));
        known.map_or_else(|| place(at.dir()), |(_, place)| place.clone())
    };
    let mut known: Recent<(Key, Arc<Finding>)> = Recent::default();
    let mut row = |item: &Item<'_>| {
        let key = Key::of(item);
        let finding = key.and_then(|key| known.find(|(of, _)| *of == key)).map(|(_, finding)| finding);
        let finding = finding.unwrap_or_else(|| {
            let new = Arc::new(self::finding(item, decider, now, thresholds));
            if let Some(key) = key {
                known.add((key, new.clone()));
            }
            new
        });
        let agent = item.at.agent().id.clone();
        ProfileRow { place: place_of(item.at), agent, route: route(item), delivered_at: None, finding }
    };
    items.into_iter().map(|item| row(item.borrow())).collect()
}

/// Two items with the same key have the same finding: the decision and the profile are the same, and the run has
/// changed neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key(*const Profile, *const Decision, Outcome, bool, Option<Route>);

impl Key {
    fn of(item: &Item<'_>) -> Option<Self> {
        let (profile, decision) = item.decided()?;
        let untouched = item.after.is_none()
            && item.verdict == Some(decision.judgement.verdict)
            && item.because.detail.is_none()
            && [Some(decision.judgement.reason), decision.refused].contains(&Some(item.because.reason));
        untouched.then_some(Self(
            &raw const **profile,
            &raw const **decision,
            item.outcome,
            item.cooldown_lifted,
            route(item),
        ))
    }
}

/// By which route the agent of an item reaches the profile's provider, where that is not the API.
fn route(item: &Item<'_>) -> Option<Route> {
    let provider = item.profile()?.provider.as_str();
    let kind = SourceKind::ALL.into_iter().find(|kind| kind.providers().contains(&provider))?;
    item.at.dir().settings.routes.of(&item.at.agent().id, kind).filter(|route| *route != Route::Api)
}

/// The finding about one item.
fn finding(item: &Item<'_>, decider: &Decider<'_>, now: i64, thresholds: Thresholds) -> Finding {
    let mut finding = Finding {
        profile: item.id().map(str::to_owned),
        provider: None,
        kind: item.kind().map(ProfileKind::name),
        source: item.source.map(|source| source.name),
        verdict: item.verdict,
        action: item.action,
        result: item.outcome,
        reason: item.because.text().into_owned(),
        expires_at: None,
        expires_in: None,
        state: State::Unreadable,
        refreshable: None,
        access: None,
        refresh: None,
        expires: None,
        setup_token: false,
        cooldown_lifted: item.cooldown_lifted && item.outcome == Outcome::Done,
        lifts_cooldown: item.cooldown_lifted && matches!(item.outcome, Outcome::Planned | Outcome::None),
        replaces: None,
        check: Check::Not,
        why: item.because.reason,
    };
    match &item.subject {
        Subject::Store if matches!(item.at.store.state, StoreState::Refused(..)) => finding.state = State::Unknown,
        Subject::Store => {}
        Subject::Read(profile, decision) => {
            finding.refreshable = profile_refreshable(item.source, decider, profile, decision, now);
        }
        Subject::New(_) => {
            finding.refreshable = item.source.and_then(Source::login).map(|login| login.can_refresh(now));
        }
        Subject::Link(linked) => finding.provider = Some(linked.provider.to_owned()),
    }
    if let Some((profile, decision)) = item.decided() {
        finding.check = check(item, decider, profile, decision, now);
        if finding.check == Check::Failing && is_alone(decision.judgement.verdict) {
            finding.refreshable = Some(false);
        }
        finding.replaces = replaces(item, decider, profile, decision, now);
    }
    if let Some(profile) = item.profile() {
        let is_left = profile.refresh.is_none() && item.source.is_some_and(|source| source.unrenewed);
        let within = thresholds.within(finding.refreshable.filter(|_| !is_left));
        let setup_end = item.decided().filter(|_| item.after.is_none()).and_then(|(_, decision)| decision.setup_end);
        note_values(&mut finding, profile, setup_end, now, within);
    }
    finding
}

/// The other login that an update replaces. A login that is put back may replace one as well.
fn replaces(
    item: &Item<'_>,
    decider: &Decider<'_>,
    profile: &Profile,
    decision: &Decision,
    now: i64,
) -> Option<Replaces> {
    let is_written = item.action == Action::Update && matches!(item.outcome, Outcome::Planned | Outcome::Done);
    let is_another = || match decision.judgement.reason {
        Reason::Restored => false,
        _ => decider.replaces_another(decision, profile),
    };
    (is_written && is_another()).then(|| {
        let expires = profile.expires.known();
        Replaces { expires_at: expires.and_then(time::rfc3339), expires_in: seconds(expires, now), expires }
    })
}

/// Adds to a finding the values that come from the profile itself.
fn note_values(finding: &mut Finding, profile: &Profile, setup_end: Option<i64>, now: i64, within: i64) {
    // Beside a fence, `expires` is 1. That is a mark and no time.
    let is_fenced = matches!(profile.reference, Reference::Fence(_));
    let expires = profile.expires.known().filter(|_| !is_fenced).or(setup_end);
    finding.setup_token = setup_end.is_some();
    finding.provider = Some(profile.provider.clone());
    finding.expires_at = expires.and_then(time::rfc3339);
    finding.expires_in = seconds(expires, now);
    finding.state = profile_state(profile, setup_end, now, within);
    finding.access = fingerprint(profile.access.as_ref());
    finding.refresh = fingerprint(profile.refresh.as_ref());
    finding.expires = expires;
}

/// The name of an installation in a report.
pub fn name(dir: &StateDir) -> Arc<str> {
    dir.path.to_string_lossy().into()
}

/// An installation as the place of profiles.
fn place(dir: &StateDir) -> Arc<Place> {
    Arc::new(Place {
        state_dir: name(dir),
        store: if dir.era == Era::Sqlite { "sqlite" } else { "json" },
        has_logout: dir.has_logout(),
    })
}
