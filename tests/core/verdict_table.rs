//! Every row of the verdict table, and every id that a source binds to by name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ocsync::testing::core::binding::{BoundBy, bind};
use ocsync::testing::core::judge::{Case, judge};
use ocsync::testing::core::outcome;
use ocsync::testing::model::decision::Judgement;
use ocsync::testing::model::exit::Code;
use ocsync::testing::model::exit::Code::{Drift, Incomplete, LoginNeeded, Ok};
use ocsync::testing::model::fence::Fence;
use ocsync::testing::model::item::Outcome;
use ocsync::testing::model::journal::Journal;
use ocsync::testing::model::lineage::Entry;
use ocsync::testing::model::login::{Expiry, Identity, Login};
use ocsync::testing::model::problem::Problem;
use ocsync::testing::model::profile::{Profile, ProfileKind as Type, Reference};
use ocsync::testing::model::record::{Delivered, Record};
use ocsync::testing::model::secret::{Fingerprint, Token};
use ocsync::testing::model::source::{Source, SourceKind, SourceState};
use ocsync::testing::model::source_id::SourceId;
use ocsync::testing::model::verdict::{Shape, Verdict};

const NOW: i64 = 1_795_169_000_000;
const HOUR: i64 = 3_600_000;
const PATH: &str = "/h/.claude/.credentials.json";

fn login(refresh: &str, access: &str, hours: i64) -> Login {
    Login {
        access: Token::new(access),
        refresh: (!refresh.is_empty()).then(|| Token::new(refresh)),
        expires: Expiry::At(NOW + hours * HOUR),
        deadline: None,
        refreshable: true,
        identity: Identity::default(),
    }
}

fn profile(refresh: &str, access: &str, hours: i64) -> Profile {
    Profile {
        id: "anthropic:default".into(),
        provider: "anthropic".into(),
        kind: Type::OAuth,
        access: (!access.is_empty()).then(|| Token::new(access)),
        refresh: (!refresh.is_empty()).then(|| Token::new(refresh)),
        expires: Expiry::At(NOW + hours * HOUR),
        identity: Identity::default(),
        reference: Reference::None,
    }
}

fn email(email: &str) -> Identity {
    Identity { email: Some(email.into()), ..Identity::default() }
}

fn account(id: &str, address: &str) -> Identity {
    Identity { account_id: Some(id.into()), ..email(address) }
}

fn organization(name: &str) -> Identity {
    Identity { organization: Some(name.into()), ..account("u", "a@x") }
}

/// One line of the table: everything that a verdict depends on, with defaults.
struct Row {
    state: SourceState,
    profile: Profile,
    history: Vec<Login>,
    record: Record,
    kind: SourceKind,
    shape: Shape,
    mode: Option<&'static str>,
    linked: bool,
    seen_before: bool,
    spent: bool,
    wrong_region: bool,
    sqlite: bool,
    prefer_source: bool,
    bound_by: BoundBy,
    untold: bool,
    is_failing: bool,
}

impl Row {
    fn new(source: Login, profile: Profile) -> Self {
        Self {
            state: SourceState::Live(source),
            profile,
            history: Vec::new(),
            record: Record::default(),
            kind: SourceKind::Claude,
            shape: Shape::OAuth,
            mode: None,
            linked: false,
            seen_before: false,
            spent: false,
            wrong_region: false,
            sqlite: false,
            prefer_source: false,
            bound_by: BoundBy::Id,
            untold: false,
            is_failing: false,
        }
    }

    /// The source has held these before, oldest first.
    fn after(mut self, history: &[(&str, &str, i64)]) -> Self {
        self.history = history.iter().map(|(refresh, access, hours)| login(refresh, access, *hours)).collect();
        self
    }

    fn seen(mut self, token: &str) -> Self {
        self.record.seen = Some(Fingerprint::of(token));
        self
    }

    fn delivered(mut self, login: &Login) -> Self {
        self.record.delivered = Some(Delivered { entry: Entry::of(login), identity: login.identity.clone() });
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The verdict, and the code of a `sync` that did its action.
    fn judge(&self) -> (Judgement, Code) {
        let mut journal = Journal::default();
        for old in &self.history {
            journal.observe(PATH, old, false);
        }
        let login = match &self.state {
            SourceState::Live(login) => Some(login),
            _ => None,
        };
        if let Some(login) = login {
            journal.observe(PATH, login, self.prefer_source);
        }
        let lineage = login.map_or_else(Default::default, |login| journal.lineage(PATH, login));
        let token = |token: &Option<Token>| token.as_ref().map(|token| token.fingerprint);
        let entry = journal.entry(PATH, token(&self.profile.refresh), token(&self.profile.access));
        let judgement = judge(&Case {
            kind: self.kind,
            state: &self.state,
            lineage: &lineage,
            token_entry: entry,
            bound_by: self.bound_by,
            untold: self.untold,
            is_failing: self.is_failing,
            seen_before: self.seen_before,
            spent: self.spent,
            profile: &self.profile,
            record: Some(&self.record),
            shape: self.shape,
            mode: self.mode,
            linked: self.linked,
            wrong_region: self.wrong_region,
            sqlite: self.sqlite,
            prefer_source: self.prefer_source,
            now: NOW,
        });
        let outcome = if judgement.verdict.is_update() { Outcome::Done } else { Outcome::None };
        (judgement, outcome::code(&judgement, outcome, &self.state, &self.profile, NOW, false))
    }
}

/// A profile of SQLite's that OpenClaw has fenced for the refresh of a token.
#[allow(clippy::unwrap_used, reason = "for a test")]
fn fenced(failed: bool, of: &str) -> Row {
    let generation = ("openclaw.oauth-refresh-generation", 1, "anthropic:default", "anthropic", "refresh", of);
    let digest = ocsync::testing::model::secret::sha256_hex(serde_json::to_string(&generation).unwrap().as_bytes());
    let failed = if failed { "failed:" } else { "" };
    let fence = format!("openclaw-oauth-refresh-fence:v1:0:{failed}refresh:{digest}");
    let fence = Reference::Fence(Fence::of(None, Some(&fence)).unwrap());
    let profile = Profile { access: None, refresh: None, reference: fence, ..profile("", "", 0) };
    Row::new(login("R2", "A2", 8), profile).with(|r| r.shape = Shape::Access)
}

/// A profile of SQLite's, bound by its id, that the journal has seen with another refresh token before.
fn renewed(refresh: &str, hours: i64) -> Row {
    let row = Row::new(login("R2", "A2", 8), profile(refresh, "AX", hours));
    row.with(|r| (r.bound_by, r.sqlite, r.shape) = (BoundBy::Id, true, Shape::Access)).seen("R0")
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is the table")]
fn every_row_of_the_table() {
    use Verdict::*;
    let fresh = || login("R2", "A2", 8);
    let stale = || profile("R1", "A1", 5);
    let own = |hours| {
        let profile = Profile { identity: email("a@x"), ..profile("RX", "AX", hours) };
        Row::new(Login { identity: email("A@x"), ..fresh() }, profile).with(|r| r.bound_by = BoundBy::Account)
    };
    let secret = Reference::Secret { source: "env".into(), provider: "p".into(), id: "X".into() };
    let rows: Vec<(&str, Row, Verdict, Code)> = vec![
        ("refers to the source", Row::new(fresh(), stale()).with(|r| r.linked = true), Linked, Ok),
        ("another SecretRef", Row::new(fresh(), stale()).with(|r| r.profile.reference = secret), Opaque, Drift),
        (
            "oauthRef alone",
            Row::new(fresh(), stale()).with(|r| r.profile.reference = Reference::Sealed),
            Opaque,
            Drift,
        ),
        (
            "a refresh fence",
            Row::new(fresh(), stale()).with(|r| {
                let fence = Fence::of(Some("openclaw-oauth-refresh-fence:v1:0:access:0"), None).unwrap();
                r.profile.reference = Reference::Fence(fence);
            }),
            Opaque,
            Drift,
        ),
        ("a table id that OpenClaw renews by itself", renewed("RX", 2), OwnLogin, Ok),
        ("a table id that OpenClaw has not renewed for an hour", renewed("RX", -1), SourceNewer, Ok),
        (
            "an older one in place of what the CLI has had is a backup",
            renewed("RX", 2).after(&[("R0", "A0", 1)]),
            SourceNewer,
            Ok,
        ),
        (
            "a newer one in place of what the CLI has had is a login",
            renewed("RX", 9).after(&[("R0", "A0", 1)]),
            OwnLogin,
            Ok,
        ),
        (
            "proven: OpenClaw has spent the source's token under a table id in SQLite",
            renewed("RX", 9).seen("R2"),
            StoreNewer,
            Drift,
        ),
        ("a failed fence of another token", fenced(true, "R1"), SourceNewer, Ok),
        ("a failed fence of the source's token", fenced(true, "R2"), Opaque, Drift),
        ("a pending fence of another token", fenced(false, "R1"), Opaque, Drift),
        (
            "a failed fence of a token that nobody can tell",
            fenced(true, "R1").with(|r| r.profile.provider = "other".into()).with(|r| {
                let Reference::Fence(fence) = r.profile.reference.clone() else { panic!() };
                r.profile.reference = Reference::Fence(fence.of_unknown_token());
            }),
            Opaque,
            Drift,
        ),
        (
            "a failed fence, and the source has no refresh token",
            fenced(true, "R1").with(|r| r.state = SourceState::Live(login("", "A2", 8))),
            Opaque,
            Drift,
        ),
        (
            "access only in SQLite",
            Row::new(fresh(), profile("", "A2", 8)).with(|r| r.shape = Shape::Access),
            InSync,
            Ok,
        ),
        (
            "access only in SQLite, and the refresh token is there",
            Row::new(fresh(), profile("R2", "A2", 8)).with(|r| r.shape = Shape::Access),
            SourceNewer,
            Ok,
        ),
        (
            "access only in SQLite, and the CLI has rotated",
            Row::new(fresh(), profile("", "A1", 9)).after(&[("R1", "A1", 9)]).with(|r| r.shape = Shape::Access),
            SourceNewer,
            Ok,
        ),
        (
            "access only in SQLite of a source without a refresh token",
            Row::new(login("", "A2", 8), stale()).with(|r| r.shape = Shape::Access),
            SourceNewer,
            Ok,
        ),
        (
            "access only in SQLite, mode token",
            Row::new(fresh(), stale()).with(|r| (r.mode, r.shape) = (Some("token"), Shape::Access)),
            Opaque,
            Drift,
        ),
        ("mode token, type oauth", Row::new(fresh(), stale()).with(|r| r.mode = Some("token")), Opaque, Drift),
        ("mode api_key", Row::new(fresh(), stale()).with(|r| r.mode = Some("api_key")), Opaque, Drift),
        ("mode oauth", Row::new(fresh(), stale()).with(|r| r.mode = Some("oauth")), SourceNewer, Ok),
        (
            "mode token and a delivery as token",
            Row::new(fresh(), stale()).with(|r| (r.mode, r.shape) = (Some("token"), Shape::Token)),
            SourceNewer,
            Ok,
        ),
        ("wrong region", Row::new(fresh(), stale()).with(|r| r.wrong_region = true), Opaque, Drift),
        (
            "another e-mail",
            Row::new(Login { identity: email("a@x"), ..fresh() }, Profile { identity: email("b@x"), ..stale() }),
            OtherAccount,
            Ok,
        ),
        (
            "another account was delivered",
            Row::new(Login { identity: email("a@x"), ..fresh() }, stale())
                .delivered(&Login { identity: email("b@x"), ..login("R0", "A0", 1) }),
            OtherAccount,
            Drift,
        ),
        (
            "another account's token by the journal",
            Row::new(Login { identity: email("a@x"), ..fresh() }, stale())
                .with(|r| r.history = vec![Login { identity: email("b@x"), ..login("R1", "A1", 5) }]),
            OtherAccount,
            Ok,
        ),
        (
            "the source's own token is the source's account, whatever was delivered",
            Row::new(Login { identity: email("a@x"), ..fresh() }, profile("R2", "A2", 8))
                .delivered(&Login { identity: email("b@x"), ..login("R0", "A0", 1) }),
            InSync,
            Ok,
        ),
        (
            "another e-mail of the account that was delivered",
            Row::new(
                Login { identity: account("u", "new@x"), ..fresh() },
                Profile { identity: email("a@x"), ..stale() },
            )
            .delivered(&Login { identity: account("u", "a@x"), ..login("R1", "A1", 5) }),
            SourceNewer,
            Ok,
        ),
        (
            "another e-mail, and its token is the one that was delivered under the same account id",
            Row::new(
                Login { identity: account("u", "new@x"), ..fresh() },
                Profile { identity: email("a@x"), ..stale() },
            )
            .delivered(&Login { identity: account("u", "new@x"), ..login("R1", "A1", 5) }),
            SourceNewer,
            Ok,
        ),
        (
            "another e-mail, and other tokens than those that were delivered",
            Row::new(
                Login { identity: account("u", "new@x"), ..fresh() },
                Profile { identity: email("a@x"), ..profile("RX", "AX", 5) },
            )
            .delivered(&Login { identity: account("u", "new@x"), ..login("R1", "A1", 5) }),
            OtherAccount,
            Ok,
        ),
        (
            "another organization of the same e-mail",
            Row::new(Login { identity: organization("team"), ..fresh() }, stale())
                .delivered(&Login { identity: organization("mine"), ..login("R1", "A1", 5) }),
            OtherAccount,
            Drift,
        ),
        (
            "ocsync cannot tell whose login it is, and the profile names an account",
            Row::new(fresh(), Profile { identity: email("a@x"), ..stale() }).with(|r| r.untold = true),
            SourceUnreadable,
            Incomplete,
        ),
        (
            "ocsync cannot tell whose login it is, and the journal knows the profile's account",
            Row::new(fresh(), stale())
                .delivered(&Login { identity: email("a@x"), ..login("R1", "A1", 5) })
                .with(|r| r.untold = true),
            SourceUnreadable,
            Incomplete,
        ),
        (
            "ocsync cannot tell whose login it is, and the profile has its tokens",
            Row::new(fresh(), Profile { identity: email("a@x"), ..profile("R2", "A2", 8) }).with(|r| r.untold = true),
            InSync,
            Ok,
        ),
        (
            "ocsync cannot tell whose login it is, and nobody knows the profile's account",
            Row::new(fresh(), stale()).with(|r| r.untold = true),
            SourceNewer,
            Ok,
        ),
        ("a login of OpenClaw's own", own(5), OwnLogin, Ok),
        ("a login of OpenClaw's own that ended less than an hour ago", own(0), OwnLogin, Ok),
        ("a login of OpenClaw's own that ended an hour ago", own(-1), SourceNewer, Ok),
        ("a login of OpenClaw's own in an auth cooldown", own(5).with(|r| r.is_failing = true), SourceNewer, Ok),
        ("the same, newer than the CLI's", own(9).with(|r| r.is_failing = true), StoreNewer, Drift),
        (
            "a login of the same account that nothing renews",
            own(5).with(|r| r.profile.refresh = None),
            SourceNewer,
            Ok,
        ),
        (
            "a login that the id binds, though it renews itself",
            own(5).with(|r| r.bound_by = BoundBy::Id),
            SourceNewer,
            Ok,
        ),
        (
            "unreadable",
            Row::new(fresh(), stale()).with(|r| r.state = SourceState::Unreadable(Problem::warning("x", "x", ""))),
            SourceUnreadable,
            Incomplete,
        ),
        (
            "logged out, though the profile is alive",
            Row::new(fresh(), stale()).with(|r| r.state = SourceState::LoggedOut),
            SourceLoggedOut,
            LoginNeeded,
        ),
        (
            "the login's file is gone",
            Row::new(fresh(), stale()).with(|r| r.state = SourceState::Gone),
            SourceLoggedOut,
            LoginNeeded,
        ),
        (
            "logged out, profile dead",
            Row::new(fresh(), profile("", "A1", -1)).with(|r| r.state = SourceState::LoggedOut),
            SourceLoggedOut,
            LoginNeeded,
        ),
        (
            "rolled back",
            Row::new(login("R1", "A1", 5), profile("R2", "A2", 8)).after(&[("R1", "A1", 5), ("R2", "A2", 8)]),
            SourceRolledBack,
            Drift,
        ),
        (
            "rolled back, and the source is preferred",
            Row::new(login("R1", "A1", 5), profile("R2", "A2", 8))
                .after(&[("R1", "A1", 5), ("R2", "A2", 8)])
                .with(|r| r.prefer_source = true),
            SourceNewer,
            Ok,
        ),
        ("in sync", Row::new(fresh(), profile("R2", "A2", 8)), InSync, Ok),
        ("in sync, expired, refreshable", Row::new(login("R", "A", -1), profile("R", "A", -1)), InSync, Ok),
        (
            "in sync, and only a login can help",
            Row::new(login("", "A", -1), profile("", "A", -1)),
            InSync,
            LoginNeeded,
        ),
        (
            "in sync, and the login's deadline has passed",
            Row::new(Login { deadline: Some(NOW), ..login("R", "A", -1) }, profile("R", "A", -1)),
            InSync,
            LoginNeeded,
        ),
        (
            "in sync as a token",
            Row::new(fresh(), Profile { kind: Type::Token, ..profile("", "A2", 8) }).with(|r| r.shape = Shape::Token),
            InSync,
            Ok,
        ),
        ("expiry alone differs", Row::new(fresh(), profile("R2", "A2", 7)), Metadata, Ok),
        (
            "expiry differs by a second",
            Row::new(fresh(), Profile { expires: Expiry::At(NOW + 8 * HOUR + 1000), ..profile("R2", "A2", 8) }),
            Metadata,
            Ok,
        ),
        (
            "expiry differs by less than a second",
            Row::new(fresh(), Profile { expires: Expiry::At(NOW + 8 * HOUR - 999), ..profile("R2", "A2", 8) }),
            InSync,
            Ok,
        ),
        (
            "expiry is unknown to the source",
            Row::new(Login { expires: Expiry::Unknown, ..fresh() }, profile("R2", "A2", 7)),
            InSync,
            Ok,
        ),
        (
            "Codex's account id is missing",
            Row::new(
                Login { identity: Identity { account_id: Some("acct".into()), ..Identity::default() }, ..fresh() },
                profile("R2", "A2", 8),
            )
            .with(|r| r.kind = SourceKind::Codex),
            Metadata,
            Ok,
        ),
        ("same refresh token, newer in the store", Row::new(fresh(), profile("R2", "A9", 9)), StoreNewer, Drift),
        ("proven: OpenClaw has spent it", Row::new(fresh(), profile("R9", "A9", 9)).seen("R2"), StoreNewer, Drift),
        (
            "a token that nobody has seen and that is older than the source's proves nothing",
            Row::new(fresh(), profile("R9", "A9", 7)).seen("R2"),
            SourceNewer,
            Ok,
        ),
        (
            "an older token that nobody has seen, after a delivery, was put back",
            Row::new(fresh(), profile("R9", "A9", 7)).seen("R2").delivered(&fresh()),
            Reverted,
            Ok,
        ),
        (
            "put back: a token that was seen before proves nothing",
            Row::new(fresh(), profile("R1", "A1", 5)).seen("R2").delivered(&fresh()).with(|r| r.seen_before = true),
            Reverted,
            Ok,
        ),
        ("spent, as another proves", Row::new(fresh(), stale()).with(|r| r.spent = true), StoreNewer, Drift),
        (
            "spent, and the source is preferred",
            Row::new(fresh(), profile("R9", "A9", 9)).seen("R2").with(|r| r.prefer_source = true),
            SourceNewer,
            Ok,
        ),
        ("source expired", Row::new(login("R2", "A2", -1), stale()), SourceExpired, Drift),
        ("source expired, no refresh token", Row::new(login("", "A2", -1), stale()), SourceExpired, LoginNeeded),
        ("source without refresh token", Row::new(login("", "A2", 8), stale()), SourceIncomplete, Drift),
        (
            "source without known expiry",
            Row::new(Login { expires: Expiry::Unknown, ..fresh() }, stale()),
            SourceIncomplete,
            Drift,
        ),
        (
            "an access token alone needs neither",
            Row::new(login("", "A2", 8), Profile { kind: Type::Token, ..profile("", "A1", 5) })
                .with(|r| r.shape = Shape::Token),
            SourceNewer,
            Ok,
        ),
        (
            "put back",
            Row::new(fresh(), profile("R0", "A0", 1))
                .after(&[("R0", "A0", 1), ("R1", "A1", 5)])
                .delivered(&login("R1", "A1", 5)),
            Reverted,
            Ok,
        ),
        (
            "put back over the source's own",
            Row::new(fresh(), profile("R1", "A1", 5)).after(&[("R1", "A1", 5)]).delivered(&fresh()),
            Reverted,
            Ok,
        ),
        (
            "put back, though it lasts longer: its place in the journal counts",
            Row::new(fresh(), profile("R0", "A0", 20))
                .after(&[("R0", "A0", 20), ("R1", "A1", 5)])
                .delivered(&login("R1", "A1", 5)),
            Reverted,
            Ok,
        ),
        (
            "not put back: it is later in the journal than the delivered one, though that lasts longer",
            Row::new(fresh(), profile("R1", "A1", 5))
                .after(&[("R0", "A0", 20), ("R1", "A1", 5)])
                .delivered(&login("R0", "A0", 20)),
            SourceNewer,
            Ok,
        ),
        (
            "put back an access token of the same refresh token",
            Row::new(fresh(), profile("R1", "A1", 5))
                .after(&[("R1", "A1", 5), ("R1", "A1b", 6)])
                .delivered(&login("R1", "A1b", 6)),
            Reverted,
            Ok,
        ),
        (
            "the source's own access token, without its refresh token",
            Row::new(fresh(), profile("", "A2", 8)),
            StoreNewer,
            Drift,
        ),
        (
            "an older entry of the journal, though it lasts longer",
            Row::new(fresh(), profile("R1", "A1", 20)).after(&[("R1", "A1", 20)]),
            SourceNewer,
            Ok,
        ),
        (
            "an older access token of the journal",
            Row::new(fresh(), Profile { kind: Type::Token, ..profile("", "A1", 20) })
                .after(&[("R1", "A1", 20)])
                .with(|r| r.shape = Shape::Token),
            SourceNewer,
            Ok,
        ),
        ("no usable tokens", Row::new(fresh(), profile("", "", 99)), SourceNewer, Ok),
        ("same refresh token, newer in the source", Row::new(fresh(), profile("R2", "A1", 5)), SourceNewer, Ok),
        ("unrelated, and the source is newer", Row::new(fresh(), profile("RX", "AX", 5)), SourceNewer, Ok),
        (
            "access only: the refresh token is taken out",
            Row::new(fresh(), profile("R2", "A2", 8)).with(|r| r.shape = Shape::Token),
            SourceNewer,
            Ok,
        ),
        ("unrelated, and the store is newer", Row::new(fresh(), profile("RX", "AX", 9)), StoreNewer, Drift),
        ("unrelated, and nothing tells them apart", Row::new(fresh(), profile("RX", "AX", 8)), StoreNewer, Drift),
        (
            "the source is preferred over an unrelated newer one",
            Row::new(fresh(), profile("RX", "AX", 9)).with(|r| r.prefer_source = true),
            SourceNewer,
            Ok,
        ),
    ];
    for (name, row, verdict, code) in rows {
        let (judgement, actual) = row.judge();
        assert_eq!((judgement.verdict, actual), (verdict, code), "{name}: {}", judgement.reason.pattern());
        assert_eq!(judgement.is_proven(), name.starts_with("proven"), "{name}");
    }
}

#[test]
fn revoked_is_not_expired() {
    let row = Row::new(login("R3", "A3", 1), profile("R1", "A1", 5)).after(&[("R1", "A1", 5), ("R2", "A2", 6)]);
    assert_eq!(row.judge().0.verdict, Verdict::SourceNewer);
}

fn source(kind: SourceKind) -> Source {
    let path = PathBuf::from(format!("/h/{}", kind.name()));
    Source::new(kind, path, SourceState::Live(login("R", "A", 8)))
}

#[test]
fn every_id_of_the_source_table() {
    let sources: Vec<Source> = SourceKind::ALL.map(source).into();
    let bound = |kind: Type, provider: &str, id: &str, configured: &BTreeMap<String, Option<SourceId>>| {
        let profile = Profile { id: id.into(), provider: provider.into(), kind, ..profile("RX", "AX", 5) };
        let bound = bind(&profile, "main", &sources, &Journal::default(), None, configured, None);
        bound.source().map(|index| sources[index].kind)
    };
    let none = BTreeMap::new();
    let by_id = |provider: &str, id: &str| bound(Type::OAuth, provider, id, &none);
    for (provider, id, expected) in [
        ("anthropic", "anthropic:default", Some(SourceKind::Claude)),
        ("anthropic", "anthropic:claude-cli", Some(SourceKind::Claude)),
        ("claude-cli", "anthropic:claude-cli", Some(SourceKind::Claude)),
        ("openai-codex", "openai-codex:default", Some(SourceKind::Codex)),
        ("openai-codex", "openai-codex:codex-cli", Some(SourceKind::Codex)),
        ("openai", "openai:default", Some(SourceKind::Codex)),
        ("minimax-portal", "minimax-portal:minimax-cli", Some(SourceKind::MiniMax)),
        ("minimax-portal", "minimax-portal:default", None),
        ("qwen-portal", "qwen-portal:qwen-cli", Some(SourceKind::Qwen)),
        ("qwen-portal", "qwen-portal:default", None),
        ("anthropic", "anthropic:work", None),
        ("openrouter", "anthropic:default", None),
    ] {
        assert_eq!(by_id(provider, id), expected, "{provider} {id}");
        assert_eq!(bound(Type::Token, provider, id, &none), None, "a token profile is not bound by its id");
        assert_eq!(bound(Type::ApiKey, provider, id, &none), None, "an API key is not bound at all");
    }
    let configured = BTreeMap::from([
        ("anthropic:default".to_owned(), None),
        ("main/anthropic:work".to_owned(), Some(SourceKind::Claude.into())),
        ("other/anthropic:default".to_owned(), Some(SourceKind::Claude.into())),
        ("openai:default".to_owned(), Some(SourceKind::Claude.into())),
        ("anthropic:key".to_owned(), Some(SourceKind::Claude.into())),
    ]);
    assert_eq!(bound(Type::OAuth, "anthropic", "anthropic:default", &configured), None, "protected");
    assert_eq!(bound(Type::Token, "anthropic", "anthropic:work", &configured), Some(SourceKind::Claude));
    assert_eq!(bound(Type::OAuth, "openai", "openai:default", &configured), None, "the provider takes no such login");
    assert_eq!(bound(Type::ApiKey, "anthropic", "anthropic:key", &configured), None);
}

#[test]
fn a_token_of_the_source_or_of_its_journal_binds_whatever_the_id() {
    let sources = [source(SourceKind::Claude)];
    let mut journal = Journal::default();
    journal.observe("/h/claude", &login("R0", "A0", 1), false);
    let bound = |profile: &Profile| {
        bind(profile, "main", &sources, &journal, None, &BTreeMap::new(), None).source().is_some()
    };
    let named = |refresh, access| Profile { id: "anthropic:x".into(), ..profile(refresh, access, 1) };
    assert!(bound(&named("R", "other")));
    assert!(bound(&named("R0", "other")));
    assert!(bound(&Profile { kind: Type::Token, ..named("", "A") }));
    assert!(bound(&Profile { kind: Type::Token, ..named("", "A0") }));
    assert!(!bound(&named("other", "other")));
    assert!(!bound(&Profile { provider: "openai".into(), ..named("R", "A") }));
}
