//! Profiles that OpenClaw hands to Claude Code in place of its own login.
//!
//! Where Claude Code runs an agent's models, it uses its own login and renews it. Some releases of OpenClaw give it a
//! saved profile instead (`CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR`). Then nobody renews that token, and the agent is
//! dead when it ends, beside a login that is well.

use crate::model::decision::{self, Decision, Decisions, Judgement};
use crate::model::inventory::{Inventory, RowHome, StoreRef};
use crate::model::profile::{Profile, ProfileKind};
use crate::model::reason::Reason;
use crate::model::route::Route;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::Verdict;

/// The only provider whose profiles Claude Code gets.
const PROVIDER: &str = "anthropic";

/// Whether Claude Code's own login works, or Claude Code can renew it.
#[must_use]
pub fn is_live(source: &Source, now: i64) -> bool {
    source.kind == SourceKind::Claude && source.login().is_some_and(|login| !login.needs_person(now))
}

/// Whether Claude Code gets a profile in place of its own login, in every agent that sees the profile in this row. A
/// row that an agent needs for the API shadows nothing: it is there on purpose.
#[must_use]
pub fn is_handed_over(at: StoreRef<'_>, home: &RowHome, profile: &Profile) -> bool {
    let routes = &at.dir().settings.routes;
    at.dir().hands_profiles_over()
        && profile.provider == PROVIDER
        && matches!(profile.kind, ProfileKind::OAuth | ProfileKind::Token)
        && routes.of(&at.agent().id, SourceKind::Claude) == Some(Route::ClaudeCli)
        && !at.is_row_for_api(home, &profile.id)
}

/// Whether an agent never uses a profile: Claude Code runs its models with its own login, and OpenClaw hands it none.
#[must_use]
pub fn is_unused(at: StoreRef<'_>, profile: &Profile) -> bool {
    SourceKind::Claude.providers().contains(&profile.provider.as_str())
        && at.dir().settings.routes.of(&at.agent().id, SourceKind::Claude) == Some(Route::ClaudeCli)
        && !at.dir().hands_profiles_over()
}

/// Gives the verdict `shadows` to links and tokens of a live login that Claude Code gets in place of that login. An
/// `oauth` profile keeps its verdict: an update makes it work again.
pub fn judge_rows(inventory: &Inventory, decisions: &mut [Decisions], now: i64) {
    let is_live =
        |decision: &Decision| decision.source.is_some_and(|source| is_live(&inventory.sources[source], now));
    for at in inventory.stores().filter(|at| at.is_sqlite() && at.dir().hands_profiles_over()) {
        let shadows = |profile: &Profile, home: &RowHome, decision: &Decision| {
            profile.kind == ProfileKind::Token
                && is_after_shadows(decision.judgement.verdict)
                && is_live(decision)
                && is_handed_over(at, home, profile)
        };
        let store = at.store;
        decision::exchange(&mut decisions[store.number], |place, decision| {
            let judgement = || Judgement::new(Verdict::Shadows, Reason::Shadows);
            shadows(&store.profiles[place], &store.homes[place], decision).then(|| Decision {
                judgement: judgement(),
                refused: None,
                ..*decision
            })
        });
    }
}

/// Whether the row `shadows` of the verdict table goes before the row of this verdict.
fn is_after_shadows(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Linked
        | Verdict::InSync
        | Verdict::Metadata
        | Verdict::StoreNewer
        | Verdict::SourceExpired
        | Verdict::SourceIncomplete
        | Verdict::Reverted
        | Verdict::SourceNewer => true,
        Verdict::Unbound
        | Verdict::Opaque
        | Verdict::Elsewhere
        | Verdict::OtherAccount
        | Verdict::OwnLogin
        | Verdict::SourceUnreadable
        | Verdict::SourceLoggedOut
        | Verdict::SourceRolledBack
        | Verdict::Shadows => false,
    }
}
