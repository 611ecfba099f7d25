//! What deciding promises, whatever the files say: it always answers, what it delivers settles
//! the matter, it never puts a worse credential over a better one, and it keeps its hands off
//! what is not its own.

use std::collections::BTreeMap;

use ocsync::testing::core::binding::{BoundBy, bind};
use ocsync::testing::core::change;
use ocsync::testing::core::judge::{Case, judge};
use ocsync::testing::model::decision::Judgement;
use ocsync::testing::model::fence::Fence;
use ocsync::testing::model::journal::Journal;
use ocsync::testing::model::json_edit::Change;
use ocsync::testing::model::lineage::Entry;
use ocsync::testing::model::lineage::{Dates, is_newer};
use ocsync::testing::model::login::{Expiry, Identity, Login, MARGIN_MS};
use ocsync::testing::model::policy::Share;
use ocsync::testing::model::profile::{Profile, ProfileKind as Type, Reference};
use ocsync::testing::model::record::{Delivered, Record};
use ocsync::testing::model::secret::{Fingerprint, Token};
use ocsync::testing::model::source::{Source, SourceKind, SourceState};
use ocsync::testing::model::verdict::{Shape, Verdict};
use proptest::prelude::*;

const PATH: &str = "/h/source";

// A choice is kilobytes, and each strategy around it moves them: `boxed` saves a third of the time.

/// Few for `just mutants`, which runs them hundreds of times.
#[allow(clippy::disallowed_methods, reason = "no variable of the program's")]
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100_000)
}

/// Tokens from a small set, so that they meet; some are JWTs with dates of their own.
fn token() -> BoxedStrategy<Token> {
    (0u8..10)
        .prop_map(|n| match n {
            0..=5 => Token::new(&format!("opaque-FAKE-{n}")),
            6 => Token::new("eyJhbGciOiJub25lIn0.eyJpYXQiOjEwLCJleHAiOjIwMDB9.RkFLRQ"),
            7 => Token::new("eyJhbGciOiJub25lIn0.eyJpYXQiOjIwLCJleHAiOjEwMDB9.RkFLRQ"),
            8 => Token::new("eyJhbGciOiJub25lIn0.eyJleHAiOjMwMDB9.RkFLRQ"),
            _ => Token::new("eyJhbGciOiJub25lIn0.e30.RkFLRQ"),
        })
        .boxed()
}

/// Times around the present, and the ends of time.
fn time() -> BoxedStrategy<i64> {
    prop_oneof![
        8 => (0i64..12).prop_map(|n| n * 150_000),
        1 => prop_oneof![Just(i64::MIN), Just(-1), Just(0), Just(i64::MAX)].boxed(),
    ]
    .boxed()
}

fn expiry() -> BoxedStrategy<Expiry> {
    prop_oneof![5 => time().prop_map(Expiry::At), 1 => Just(Expiry::Unknown)].boxed()
}

fn identity() -> impl Strategy<Value = Identity> {
    let name =
        || prop_oneof![3 => Just(None), 2 => Just(Some("a".to_owned())), 1 => Just(Some("b".to_owned()))].boxed();
    (name(), name()).prop_map(|(account_id, email)| Identity { account_id, email, ..Identity::default() })
}

fn login() -> impl Strategy<Value = Login> {
    (
        token(),
        prop::option::weighted(0.8, token()).boxed(),
        expiry(),
        prop::option::of(time()).boxed(),
        any::<bool>(),
        identity(),
    )
        .prop_map(|(access, refresh, expires, deadline, refreshable, identity)| Login {
            access,
            refresh,
            expires,
            deadline,
            refreshable,
            identity,
        })
}

fn profile() -> impl Strategy<Value = Profile> {
    let kind =
        prop_oneof![5 => Just(Type::OAuth), 3 => Just(Type::Token), 1 => Just(Type::ApiKey), 1 => Just(Type::Other)]
            .boxed();
    let fence = Fence::of(Some("openclaw-oauth-refresh-fence:v1:0:access:0"), None);
    let reference = prop_oneof![
        12 => Just(Reference::None),
        1 => Just(Reference::Sealed),
        1 => Just(fence.map_or(Reference::Sealed, Reference::Fence)),
        1 => Just(Reference::Secret { source: "env".into(), provider: "p".into(), id: "x".into() }),
    ]
    .boxed();
    let id = prop_oneof![Just("openai-codex:default"), Just("openai-codex:x")].boxed();
    let optional = || prop::option::weighted(0.8, token()).boxed();
    (kind, id, optional(), optional(), expiry(), identity(), reference).prop_map(
        |(kind, id, access, refresh, expires, identity, reference)| Profile {
            id: id.to_owned(),
            provider: "openai-codex".to_owned(),
            kind,
            access,
            refresh: refresh.filter(|_| kind == Type::OAuth),
            expires,
            identity: Identity { user_id: None, ..identity },
            reference,
        },
    )
}

#[derive(Clone, Debug)]
struct World {
    login: Login,
    profile: Profile,
    journal: Journal,
    record: Record,
    share: Share,
    sqlite: bool,
    mode: Option<&'static str>,
    force_type: bool,
    prefer_source: bool,
    seen_before: bool,
    spent: bool,
    now: i64,
    kind: SourceKind,
}

fn world() -> impl Strategy<Value = World> {
    let seen = prop::option::of(token().prop_map(|token| token.fingerprint)).boxed();
    let mode = prop_oneof![4 => Just(None), 1 => Just(Some("oauth")), 1 => Just(Some("token")), 1 => Just(Some("x"))]
        .boxed();
    let policy = (
        any::<bool>(),
        mode,
        any::<bool>(),
        prop::bool::weighted(0.2),
        (any::<bool>(), prop::bool::weighted(0.1), any::<bool>()),
    );
    let history = prop::collection::vec(login(), 0..5).boxed();
    (login(), profile(), history, seen, prop::option::of(login()).boxed(), policy, time(), any::<bool>()).prop_map(
        |(login, profile, history, seen, delivered, policy, now, codex)| {
            let mut journal = Journal::default();
            history.iter().for_each(|old| journal.observe(PATH, old, false));
            let (access, mode, force_type, prefer_source, (seen_before, spent, sqlite)) = policy;
            journal.observe(PATH, &login, prefer_source);
            let delivered =
                delivered.map(|login| Delivered { entry: Entry::of(&login), identity: login.identity.clone() });
            let share = if access { Share::Access } else { Share::Lineage };
            let kind = if codex { SourceKind::Codex } else { SourceKind::Claude };
            let mut profile = profile;
            if !codex {
                "anthropic".clone_into(&mut profile.provider);
                profile.id = profile.id.replace("openai-codex", "anthropic");
            }
            let record = Record { seen, delivered, ..Record::default() };
            World {
                login,
                profile,
                journal,
                record,
                share,
                sqlite,
                mode,
                force_type,
                prefer_source,
                seen_before,
                spent,
                now,
                kind,
            }
        },
    )
}

impl World {
    fn is_bound(&self) -> bool {
        let state = SourceState::Live(self.login.clone());
        let source = Source::new(self.kind, PATH.into(), state);
        bind(&self.profile, "main", &[source], &self.journal, None, &BTreeMap::new(), None).source().is_some()
    }

    fn shape(&self) -> Shape {
        if self.sqlite {
            return change::shape_in_sqlite(&self.profile, self.mode, self.force_type);
        }
        change::shape(&self.profile, self.share, self.mode, self.force_type)
    }

    fn judge(&self) -> Judgement {
        self.judge_by(BoundBy::Id, false)
    }

    fn judge_by(&self, bound_by: BoundBy, untold: bool) -> Judgement {
        let print = |token: &Option<Token>| token.as_ref().map(|token| token.fingerprint);
        let entry = self.journal.entry(PATH, print(&self.profile.refresh), print(&self.profile.access));
        judge(&Case {
            kind: self.kind,
            state: &SourceState::Live(self.login.clone()),
            lineage: &self.journal.lineage(PATH, &self.login),
            token_entry: entry,
            bound_by,
            untold,
            is_failing: false,
            seen_before: self.seen_before,
            spent: self.spent,
            profile: &self.profile,
            record: Some(&self.record),
            shape: self.shape(),
            mode: self.mode,
            linked: false,
            wrong_region: false,
            sqlite: self.sqlite,
            prefer_source: self.prefer_source,
            now: self.now,
        })
    }

    /// The profile's token was superseded: the source has held it, and holds another now.
    fn is_dead(&self) -> bool {
        let lineage = self.journal.lineage(PATH, &self.login);
        let source =
            lineage.position(self.login.refresh.as_ref().map(|t| t.fingerprint), self.login.access.fingerprint);
        let held = match &self.profile.refresh {
            Some(refresh) => lineage.refresh_position(Some(refresh.fingerprint)),
            None => self.profile.access.as_ref().and_then(|access| lineage.access_position(access.fingerprint)),
        };
        held.is_some_and(|held| source.is_none_or(|source| held < source))
    }

    fn holds_the_sources_tokens(&self) -> bool {
        let print = |token: &Option<Token>| token.as_ref().map(|token| token.fingerprint);
        print(&self.profile.access) == Some(self.login.access.fingerprint)
            && (self.profile.refresh.is_none() || print(&self.profile.refresh) == print(&self.login.refresh))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_delivery_settles_the_matter(world in world()) {
        let judgement = world.judge();
        if judgement.verdict.is_update() {
            let mut after = world.clone();
            let shape = world.shape();
            after.profile = change::delivered(world.kind, judgement.verdict, &world.profile, &world.login, shape);
            after.prefer_source = false;
            after.spent = false;
            after.record.seen = after.profile.refresh.as_ref().map(|token| token.fingerprint);
            let again = after.judge();
            prop_assert_eq!(again.verdict, Verdict::InSync, "{:?} after {:?}", again.reason, judgement.verdict);
            // Also when the journal has learned what was delivered.
            let identity = world.login.identity.clone();
            after.record.delivered = Some(Delivered { entry: Entry::of(&world.login), identity });
            let again = after.judge();
            prop_assert_eq!(again.verdict, Verdict::InSync, "{:?} after {:?}", again.reason, judgement.verdict);
        }
    }

    #[test]
    fn no_refresh_token_gets_into_sqlite(world in world()) {
        let judgement = world.judge();
        if world.sqlite && judgement.verdict.is_update() {
            let (kind, shape) = (world.kind, world.shape());
            let changes = change::changes(kind, judgement.verdict, &world.profile, &world.login, shape);
            let sets = |change: &Change| matches!(change, Change::Set("refresh" | "refreshToken", _));
            prop_assert!(!changes.iter().any(sets));
            let after = change::delivered(kind, judgement.verdict, &world.profile, &world.login, shape);
            prop_assert!(after.refresh.is_none() && (after.kind == world.profile.kind || shape == Shape::Token));
        }
    }

    #[test]
    fn a_worse_credential_never_replaces_a_better_one(world in world()) {
        let judgement = world.judge();
        let exchanges = judgement.verdict.is_update() && !world.holds_the_sources_tokens();
        if exchanges && !world.prefer_source {
            let live = world.profile.access.is_some() && world.profile.expires.as_of(world.now).known().is_some_and(|at| at > world.now);
            if live {
                let left = world.login.expires.known().map(|at| at.saturating_sub(world.now));
                prop_assert!(left.is_none_or(|left| left > MARGIN_MS), "an expired credential");
            }
            let same_refresh = world.profile.refresh.is_some()
                && world.profile.refresh.as_ref().map(|t| t.fingerprint) == world.login.refresh.as_ref().map(|t| t.fingerprint);
            let taken_out = world.shape() != Shape::OAuth && same_refresh;
            if live && !world.is_dead() && !taken_out {
                let (ours, theirs) = (Dates::of_login(&world.login), Dates::of_profile(&world.profile));
                prop_assert!(is_newer(&ours.as_of(world.now), &theirs.as_of(world.now)), "an older credential");
            }
        }
    }

    #[test]
    fn a_login_that_openclaw_renews_is_never_replaced_before_it_has_ended(world in world()) {
        let profile = &world.profile;
        let refresh = profile.refresh.as_ref().filter(|_| profile.kind == Type::OAuth && !world.prefer_source);
        if refresh.is_some_and(|token| !knows(&world, token.fingerprint))
            && profile.expires.known().is_none_or(|at| at > world.now)
        {
            let judgement = world.judge_by(BoundBy::Account, false);
            prop_assert!(!judgement.verdict.is_update(), "{judgement:?}");
        }
    }

    #[test]
    fn adoption_wins_once_and_only_while_it_can_be_told_whose_the_login_is(world in world()) {
        let adopted = world.judge_by(BoundBy::Adoption, false).verdict;
        let loses = [Verdict::OtherAccount, Verdict::OwnLogin, Verdict::StoreNewer, Verdict::SourceRolledBack];
        prop_assert!(!loses.contains(&adopted), "{adopted:?}");
        let untold = world.judge_by(BoundBy::Adoption, true).verdict;
        prop_assert!(!untold.is_update() && untold != Verdict::InSync, "{untold:?}");
    }

    #[test]
    fn what_is_not_ours_is_never_touched(world in world()) {
        let judgement = world.judge();
        let login = &world.login.identity;
        if judgement.verdict.is_update() && world.profile.identity.conflicts(login) {
            // Only an id can prove that it is the same account under a new e-mail.
            let delivered = world.record.delivered.as_ref().and_then(|of| of.identity.account_id.as_ref());
            let same_id = delivered.is_some() && delivered == login.account_id.as_ref();
            prop_assert!(same_id && world.profile.identity.account_id.is_none(), "another account");
        }
        if world.is_bound() {
            prop_assert!(!matches!(world.profile.kind, Type::ApiKey | Type::Other), "an API key");
            let known = |token: &Option<Token>| token.as_ref().is_some_and(|token| knows(&world, token.fingerprint));
            let by_token = known(&world.profile.access) || known(&world.profile.refresh);
            prop_assert!(world.profile.kind != Type::Token || by_token, "a token profile bound by its id");
        }
    }
}

/// Whether the source holds a token or has held it.
fn knows(world: &World, print: Fingerprint) -> bool {
    let held = |access, refresh| access == print || refresh == Some(print);
    let login = &world.login;
    held(login.access.fingerprint, login.refresh.as_ref().map(|token| token.fingerprint))
        || world.journal.sources[PATH].iter().any(|entry| held(entry.access, entry.refresh))
}
