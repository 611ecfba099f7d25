//! What a delivery writes, field by field, what is said and done about each verdict, and which
//! profiles can serve an agent without one.

use ocsync::testing::core::own_lineage::has_own_refresh;
use ocsync::testing::core::{change, outcome};
use ocsync::testing::model::decision::Judgement;
use ocsync::testing::model::exit::Code::{Drift, Incomplete, LoginNeeded, Ok};
use ocsync::testing::model::item::Outcome;
use ocsync::testing::model::journal::Journal;
use ocsync::testing::model::json_edit::Change;
use ocsync::testing::model::login::{Expiry, Identity, Login};
use ocsync::testing::model::policy::Share;
use ocsync::testing::model::problem::Problem;
use ocsync::testing::model::profile::{Profile, ProfileKind as Type, Reference};
use ocsync::testing::model::reason::Reason;
use ocsync::testing::model::secret::Token;
use ocsync::testing::model::source::{SourceKind, SourceState};
use ocsync::testing::model::verdict::{Shape, Verdict};
use ocsync::testing::model::version::Version;

const NOW: i64 = 1_795_169_000_000;

fn login() -> Login {
    Login {
        access: Token::new("AT-2"),
        refresh: Some(Token::new("RT-2")),
        expires: Expiry::At(9),
        deadline: None,
        refreshable: true,
        identity: Identity { account_id: Some("acct".into()), ..Identity::default() },
    }
}

fn profile(kind: Type) -> Profile {
    Profile {
        id: "p".into(),
        provider: "anthropic".into(),
        kind,
        access: Some(Token::new("AT-1")),
        refresh: (kind == Type::OAuth).then(|| Token::new("RT-1")),
        expires: Expiry::At(5),
        identity: Identity::default(),
        reference: Reference::None,
    }
}

/// `-name` for what is taken out, `name=value` for what is set.
fn words(changes: &[Change]) -> String {
    let word = |change: &Change| match change {
        Change::Set(name, value) => format!("{name}={}", value.trim_matches('"')),
        Change::Remove(name) => format!("-{name}"),
    };
    changes.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_delivery_sets_the_fields_of_its_shape_and_takes_out_all_that_contradicts() {
    let of = |kind, verdict, before, login: &Login, shape| {
        words(&change::changes(kind, verdict, &profile(before), login, shape))
    };
    let wrong = "-key -token -accessToken -refreshToken -expiresAt -oauthRef";
    let newer = Verdict::SourceNewer;
    let whole = of(SourceKind::Claude, newer, Type::OAuth, &login(), Shape::OAuth);
    assert_eq!(whole, format!("access=AT-2 refresh=RT-2 expires=9 {wrong}"));
    let codex = of(SourceKind::Codex, newer, Type::OAuth, &login(), Shape::OAuth);
    assert_eq!(codex, format!("access=AT-2 refresh=RT-2 expires=9 {wrong} accountId=acct"));
    let little = Login { refresh: None, expires: Expiry::Unknown, ..login() };
    assert_eq!(
        of(SourceKind::Claude, newer, Type::OAuth, &little, Shape::OAuth),
        format!("access=AT-2 -expires {wrong}")
    );
    let rest = "token=AT-2 expires=9 -access -refresh -idToken -oauthRef -key -accessToken -refreshToken -expiresAt";
    assert_eq!(of(SourceKind::Codex, newer, Type::Token, &login(), Shape::Token), rest);
    assert_eq!(
        of(SourceKind::Claude, newer, Type::OAuth, &login(), Shape::Token),
        format!("type=token -mode {rest}")
    );
    let access = of(SourceKind::Codex, newer, Type::OAuth, &login(), Shape::Access);
    assert_eq!(access, format!("access=AT-2 -refresh expires=9 {wrong}"));
    let metadata = Verdict::Metadata;
    assert_eq!(of(SourceKind::Codex, metadata, Type::OAuth, &login(), Shape::Access), "expires=9");
    assert_eq!(of(SourceKind::Claude, metadata, Type::OAuth, &login(), Shape::OAuth), "expires=9");
    assert_eq!(of(SourceKind::Codex, metadata, Type::OAuth, &little, Shape::OAuth), "accountId=acct");
}

#[test]
fn what_a_profile_is_after_a_delivery() {
    let after = |kind, verdict, login: &Login, shape| {
        let after = change::delivered(kind, verdict, &profile(Type::OAuth), login, shape);
        let token = |token: Option<Token>| token.map(|token| token.secret.expose().to_owned()).unwrap_or_default();
        let account = after.identity.account_id.unwrap_or_default();
        format!(
            "{} {} {} {:?} {account}",
            after.kind.name(),
            token(after.access),
            token(after.refresh),
            after.expires
        )
    };
    let (newer, metadata) = (Verdict::SourceNewer, Verdict::Metadata);
    let little = Login { refresh: None, expires: Expiry::Unknown, ..login() };
    for (is, expected) in [
        (after(SourceKind::Claude, newer, &login(), Shape::OAuth), "oauth AT-2 RT-2 At(9) "),
        (after(SourceKind::Codex, newer, &login(), Shape::OAuth), "oauth AT-2 RT-2 At(9) acct"),
        (after(SourceKind::Claude, newer, &little, Shape::OAuth), "oauth AT-2 RT-1 Unknown "),
        (after(SourceKind::Codex, newer, &login(), Shape::Token), "token AT-2  At(9) "),
        (after(SourceKind::Codex, newer, &login(), Shape::Access), "oauth AT-2  At(9) "),
        (after(SourceKind::Codex, metadata, &login(), Shape::OAuth), "oauth AT-1 RT-1 At(9) acct"),
        (after(SourceKind::Claude, metadata, &little, Shape::OAuth), "oauth AT-1 RT-1 At(5) "),
    ] {
        assert_eq!(is, expected);
    }
}

#[test]
fn a_new_profile_has_the_fields_of_its_shape() {
    let of = |kind, shape| {
        let entry = change::new_entry(kind, &login(), shape);
        entry.lines().map(str::trim).collect::<String>().replace('"', "")
    };
    let both = "access: AT-2,refresh: RT-2,expires: 9";
    assert_eq!(of(SourceKind::Claude, Shape::OAuth), format!("{{type: oauth,provider: anthropic,{both}}}"));
    assert_eq!(
        of(SourceKind::Codex, Shape::OAuth),
        format!("{{type: oauth,provider: openai-codex,{both},accountId: acct}}")
    );
    assert_eq!(of(SourceKind::Codex, Shape::Token), "{type: token,provider: openai-codex,token: AT-2,expires: 9}");
    assert_eq!(
        change::new_entry(SourceKind::Qwen, &login(), Shape::Token).lines().nth(1),
        Some("      \"type\": \"token\",")
    );
    assert_eq!((change::new_shape(Share::Access), change::new_shape(Share::Lineage)), (Shape::Token, Shape::OAuth));
}

#[test]
fn the_shape_is_the_profiles_own_unless_it_is_told_otherwise() {
    for (kind, share, mode, force, expected) in [
        (Type::OAuth, Share::Lineage, None, false, Shape::OAuth),
        (Type::OAuth, Share::Lineage, Some("token"), false, Shape::OAuth),
        (Type::OAuth, Share::Lineage, Some("oauth"), true, Shape::OAuth),
        (Type::OAuth, Share::Lineage, Some("token"), true, Shape::Token),
        (Type::OAuth, Share::Access, None, false, Shape::Token),
        (Type::Token, Share::Lineage, None, false, Shape::Token),
    ] {
        assert_eq!(
            change::shape(&profile(kind), share, mode, force),
            expected,
            "{kind:?} {share:?} {mode:?} {force}"
        );
        let expected =
            if kind == Type::Token || (force && mode == Some("token")) { Shape::Token } else { Shape::Access };
        assert_eq!(change::shape_in_sqlite(&profile(kind), mode, force), expected, "{kind:?} {mode:?} {force}");
    }
}

#[test]
fn codex_gets_no_token_profile_from_the_version_on_that_does_not_take_one() {
    let refused = |kind, shape, before, version| change::refusal(kind, shape, &profile(before), version).is_some();
    let (old, new) = (Some(Version(2026, 5, 11)), Some(Version::CODEX_OAUTH_ONLY));
    for (kind, shape, before, version, expected) in [
        (SourceKind::Codex, Shape::Token, Type::OAuth, new, true),
        (SourceKind::Codex, Shape::Token, Type::OAuth, None, true),
        (SourceKind::Codex, Shape::Token, Type::OAuth, old, false),
        (SourceKind::Claude, Shape::Token, Type::OAuth, new, false),
        (SourceKind::Codex, Shape::OAuth, Type::OAuth, new, false),
        (SourceKind::Codex, Shape::Token, Type::Token, new, false),
    ] {
        assert_eq!(refused(kind, shape, before, version), expected, "{kind:?} {shape:?} {before:?} {version:?}");
    }
}

#[test]
fn every_verdict_has_a_code_and_a_remedy() {
    let dead = Login { refresh: None, expires: Expiry::At(NOW), ..login() };
    let fresh = Login { expires: Expiry::At(NOW + 3_600_000), ..login() };
    let update = "ocsync sync";
    // The code with nothing done, with it done, and the latter where only a person can help.
    for (verdict, none, done, needs_person, remedy) in [
        (Verdict::Unbound, Ok, Ok, Ok, ""),
        (Verdict::InSync, Ok, Ok, LoginNeeded, ""),
        (Verdict::Linked, Ok, Ok, LoginNeeded, ""),
        (Verdict::OtherAccount, Ok, Ok, Ok, "nothing, if that is right; else: ocsync sync --adopt AGENT/PROFILE"),
        (Verdict::OwnLogin, Ok, Ok, Ok, "to give it up: ocsync sync --adopt AGENT/PROFILE"),
        (Verdict::Elsewhere, Drift, Drift, Drift, "name its directory with --claude-dir or --codex-home"),
        (Verdict::Metadata, Drift, Ok, LoginNeeded, update),
        (Verdict::Reverted, Drift, Ok, LoginNeeded, update),
        (Verdict::SourceNewer, Drift, Ok, LoginNeeded, update),
        (Verdict::Opaque, Drift, Drift, Drift, "log it in with OpenClaw, or see --force-type"),
        (Verdict::SourceUnreadable, Incomplete, Incomplete, Incomplete, "see the error about the login's file"),
        (Verdict::SourceLoggedOut, LoginNeeded, LoginNeeded, LoginNeeded, "codex login"),
        (Verdict::SourceIncomplete, Drift, Drift, Drift, "codex login"),
        (Verdict::SourceExpired, Drift, Drift, LoginNeeded, "use the CLI once: it refreshes; or codex login"),
        (Verdict::SourceRolledBack, Drift, Drift, Drift, "codex login; or ocsync sync --prefer-source"),
        (
            Verdict::StoreNewer,
            Drift,
            Drift,
            Drift,
            "if the CLI's login is the right one: ocsync sync --prefer-source",
        ),
    ] {
        let of_verdict: Vec<Reason> =
            Reason::ALL.iter().copied().filter(|reason| reason.verdict() == Some(verdict)).collect();
        let judgement = Judgement::new(verdict, of_verdict[0]);
        let code = |outcome, login: &Login| {
            let profile = Profile { expires: Expiry::At(NOW + 1), ..profile(Type::OAuth) };
            outcome::code(&judgement, outcome, &SourceState::Live(login.clone()), &profile, NOW, true)
        };
        assert_eq!(
            (code(Outcome::None, &fresh), code(Outcome::Done, &fresh), code(Outcome::Done, &dead)),
            (none, done, needs_person),
            "{verdict:?}"
        );
        // These have a remedy of their own.
        let own = [
            Reason::AccountUntold,
            Reason::AccessEnded,
            Reason::AccountMoved,
            Reason::BoundToOther,
            Reason::LoginOutOfReach,
            Reason::SeveralLogins,
            Reason::LinkNotMapped,
            Reason::Adopted,
            Reason::Preferred,
        ];
        let has_own = |reason: &Reason| reason.is_spent() || own.contains(reason);
        for reason in of_verdict.into_iter().filter(|reason| !has_own(reason)) {
            assert_eq!(reason.remedy(Some(SourceKind::Codex)), remedy, "{reason:?}");
        }
    }
    // These profiles are left behind, or meant to be served.
    for reason in [Reason::AccountMoved, Reason::BoundToOther] {
        let other = Judgement::new(Verdict::OtherAccount, reason);
        let live = SourceState::Live(login());
        assert_eq!(outcome::code(&other, Outcome::None, &live, &profile(Type::OAuth), NOW, true), Drift);
        assert_ne!(reason.remedy(None), "");
    }
    let out = Judgement::new(Verdict::SourceLoggedOut, Reason::LoggedOut);
    for state in [SourceState::LoggedOut, SourceState::Gone] {
        assert_eq!(outcome::code(&out, Outcome::None, &state, &profile(Type::OAuth), NOW, true), LoginNeeded);
    }
    assert_eq!(Reason::LoggedOut.remedy(None), "log in with the CLI");
}

#[test]
fn an_access_token_that_has_ended_and_nothing_renews_is_drift_for_who_acts() {
    let judgement = Judgement::new(Verdict::InSync, Reason::SameTokens);
    let live = SourceState::Live(Login { expires: Expiry::At(NOW + 9_999_999), ..login() });
    for (refresh, expires, acts, expected) in
        [("", NOW, true, Drift), ("", NOW, false, Ok), ("", NOW + 1, true, Ok), ("RT", NOW, true, Ok)]
    {
        let refresh = (!refresh.is_empty()).then(|| Token::new(refresh));
        let profile = Profile { refresh, expires: Expiry::At(expires), ..profile(Type::OAuth) };
        assert_eq!(outcome::code(&judgement, Outcome::None, &live, &profile, NOW, acts), expected);
    }
}

#[test]
fn a_link_is_as_good_as_the_login_behind_it() {
    let judgement = Judgement::new(Verdict::Linked, Reason::RefersToSource);
    let of = |state: &SourceState| outcome::code(&judgement, Outcome::None, state, &profile(Type::Token), NOW, false);
    let live = |expires, refresh| SourceState::Live(Login { expires: Expiry::At(expires), refresh, ..login() });
    assert_eq!(of(&live(NOW + 9_999_999, None)), Ok);
    assert_eq!(of(&live(NOW, Some(Token::new("RT")))), Drift);
    assert_eq!(of(&live(NOW, None)), LoginNeeded);
    assert_eq!((of(&SourceState::LoggedOut), of(&SourceState::Gone)), (LoginNeeded, LoginNeeded));
    assert_eq!(of(&SourceState::Unreadable(Problem::note("x", "x", ""))), Incomplete);
}

#[test]
fn a_refresh_token_that_the_source_never_had_is_a_lineage_of_its_own() {
    let mut journal = Journal::default();
    journal.observe("/h", &login(), false);
    let lineage = journal.lineage("/h", &login());
    for (refresh, own) in [("RT-2", false), ("", false), ("other", true)] {
        let refresh = (!refresh.is_empty()).then(|| Token::new(refresh));
        assert_eq!(has_own_refresh(&Profile { refresh, ..profile(Type::OAuth) }, &lineage), own);
    }
}
