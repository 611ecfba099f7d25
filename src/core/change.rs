//! Turns a verdict into a change: in which form a credential is delivered, and which fields that edits.
//!
//! It names the changes and makes none, so the same list serves the real edit and a dry run.

use crate::core::adopt;
use crate::core::holds::lacks_account;
use crate::model::decision::Judgement;
use crate::model::json_edit::Change;
use crate::model::json_text::quoted;
use crate::model::login::{Expiry, Login};
use crate::model::policy::Share;
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::reason::Reason;
use crate::model::source::SourceKind;
use crate::model::verdict::{Shape, Verdict};
use crate::model::version::Version;
use crate::model::zeroizing::Zeroizing;

/// The form in which a profile gets a credential. It keeps its own form, except where only the access token is
/// shared, or where `--force-type` applies the `mode` of openclaw.json.
pub fn shape(profile: &Profile, share: Share, mode: Option<&str>, force_type: bool) -> Shape {
    let forced = force_type && mode == Some("token");
    if profile.kind == ProfileKind::Token || share == Share::Access || forced { Shape::Token } else { Shape::OAuth }
}

/// The form of a profile in SQLite. An `oauth` profile stays one, but it never gets a refresh token.
pub fn shape_in_sqlite(profile: &Profile, mode: Option<&str>, force_type: bool) -> Shape {
    match shape(profile, Share::Lineage, mode, force_type) {
        Shape::OAuth => Shape::Access,
        shape => shape,
    }
}

/// Why a profile must not get an access token alone; `None` where it may.
pub fn refusal(kind: SourceKind, shape: Shape, profile: &Profile, version: Option<Version>) -> Option<Reason> {
    let loses_oauth = kind == SourceKind::Codex && shape == Shape::Token && profile.kind == ProfileKind::OAuth;
    let accepts_token = version.is_some_and(|version| version < Version::CODEX_OAUTH_ONLY);
    (loses_oauth && !accepts_token).then_some(Reason::CodexOauthOnly)
}

/// The form in which a new profile gets a credential.
pub fn new_shape(share: Share) -> Shape {
    if share == Share::Access { Shape::Token } else { Shape::OAuth }
}

/// Field names that other tools have written and that OpenClaw does not read.
const WRONG_NAMES: [&str; 5] = ["key", "token", "accessToken", "refreshToken", "expiresAt"];

/// The changes to an entry that deliver the credential, and the account with it where the profile is adopted.
pub fn all(kind: SourceKind, judgement: Judgement, profile: &Profile, login: &Login, shape: Shape) -> Vec<Change> {
    let mut changes = changes(kind, judgement.verdict, profile, login, shape);
    if judgement.reason == Reason::Adopted {
        changes.extend(adopt::identity_changes(kind, profile, login));
    }
    changes
}

/// The profile as it is after [`all`].
pub fn after(kind: SourceKind, judgement: Judgement, profile: &Profile, login: &Login, shape: Shape) -> Profile {
    let after = delivered(kind, judgement.verdict, profile, login, shape);
    if judgement.reason == Reason::Adopted { adopt::with_identity(after, login) } else { after }
}

/// The changes to an entry that deliver the credential.
pub fn changes(kind: SourceKind, verdict: Verdict, profile: &Profile, login: &Login, shape: Shape) -> Vec<Change> {
    let mut changes = Vec::new();
    let expires = match login.expires {
        Expiry::At(at) => Change::set("expires", Zeroizing::new(at.to_string())),
        Expiry::Unknown => Change::Remove("expires"),
    };
    let refresh = login.refresh.as_ref();
    if verdict == Verdict::Metadata {
        if login.expires != Expiry::Unknown {
            changes.push(expires);
        }
    } else if shape != Shape::Token {
        changes.push(Change::set("access", quoted(login.access.secret.expose())));
        if shape == Shape::Access {
            changes.push(Change::Remove("refresh"));
        } else {
            changes.extend(refresh.map(|token| Change::set("refresh", quoted(token.secret.expose()))));
        }
        changes.push(expires);
        changes.extend(WRONG_NAMES.map(Change::Remove));
        // OpenClaw up to 2026.5.16 would prefer the sealed file to the tokens that are written here.
        changes.push(Change::Remove("oauthRef"));
    } else {
        if profile.kind == ProfileKind::OAuth {
            // `mode` is an old alias of `type`. The two must not contradict each other.
            changes.push(Change::set("type", quoted("token")));
            changes.push(Change::Remove("mode"));
        }
        changes.push(Change::set("token", quoted(login.access.secret.expose())));
        changes.push(expires);
        changes.extend(["access", "refresh", "idToken", "oauthRef"].map(Change::Remove));
        changes.extend(WRONG_NAMES.into_iter().filter(|name| *name != "token").map(Change::Remove));
    }
    if lacks_account(kind, shape, profile, login) {
        changes.extend(login.identity.account_id.as_ref().map(|id| Change::set("accountId", quoted(id))));
    }
    changes
}

/// The entry of a new profile: JSON, indented for its place in a store.
pub fn new_entry(kind: SourceKind, login: &Login, shape: Shape) -> Zeroizing<String> {
    let mut fields = vec![("provider", quoted(kind.providers()[0]))];
    let access = quoted(login.access.secret.expose());
    if shape == Shape::OAuth {
        fields.insert(0, ("type", quoted("oauth")));
        fields.push(("access", access));
        fields.extend(login.refresh.as_ref().map(|token| ("refresh", quoted(token.secret.expose()))));
    } else {
        fields.insert(0, ("type", quoted("token")));
        fields.push(("token", access));
    }
    fields.extend(login.expires.known().map(|at| ("expires", Zeroizing::new(at.to_string()))));
    if kind == SourceKind::Codex && shape == Shape::OAuth {
        fields.extend(login.identity.account_id.as_ref().map(|id| ("accountId", quoted(id))));
    }
    let mut entry = Zeroizing::new(String::with_capacity(fields.iter().map(|(_, value)| value.len() + 32).sum()));
    for (index, (name, value)) in fields.iter().enumerate() {
        entry.push_str(if index == 0 { "{" } else { "," });
        entry.push_str("\n      \"");
        entry.push_str(name);
        entry.push_str("\": ");
        entry.push_str(value);
    }
    entry.push_str("\n    }");
    entry
}

/// The profile as it is after the delivery.
pub fn delivered(kind: SourceKind, verdict: Verdict, profile: &Profile, login: &Login, shape: Shape) -> Profile {
    let mut after = profile.clone();
    let account = lacks_account(kind, shape, profile, login);
    if account {
        after.identity.account_id.clone_from(&login.identity.account_id);
    }
    if verdict == Verdict::Metadata {
        if login.expires != Expiry::Unknown {
            after.expires = login.expires;
        }
        return after;
    }
    after.access = Some(login.access.clone());
    after.expires = login.expires;
    after.reference = Reference::None;
    match shape {
        Shape::OAuth => after.refresh = login.refresh.clone().or(after.refresh),
        Shape::Access => after.refresh = None,
        Shape::Token => {
            after.kind = ProfileKind::Token;
            after.refresh = None;
        }
    }
    after
}
