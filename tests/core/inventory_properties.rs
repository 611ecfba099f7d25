//! What a run promises, whatever it finds: no profile of another account is written, 0 hides nothing, every other code has
//! a line that says why, and the last line of `status` agrees with its code.
//!
//! A case is made of a number, so a failure is repeated by that number alone: `OCSYNC_SEED`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser as _;
use ocsync::testing::command::{Seen, check_expiry, status};
use ocsync::testing::core::decide::Decider;
use ocsync::testing::core::own_lineage::renews_itself;
use ocsync::testing::model::exit::Code;
use ocsync::testing::model::fence::Fence;
use ocsync::testing::model::installation::{Agent, Era, InstallSettings, SecretProvider, StateDir};
use ocsync::testing::model::inventory::{Cooldown, Database, Installation, Inventory, RowHome, Store, StoreState};
use ocsync::testing::model::item::{Action, Item, Outcome, Written};
use ocsync::testing::model::journal::Journal;
use ocsync::testing::model::lineage::Entry;
use ocsync::testing::model::login::{Expiry, Identity, Login};
use ocsync::testing::model::policy::Share;
use ocsync::testing::model::problem::{Problem, Severity};
use ocsync::testing::model::profile::{Profile, ProfileKind as Type, Reference};
use ocsync::testing::model::reason::Reason;
use ocsync::testing::model::record::Delivered;
use ocsync::testing::model::secret::Token;
use ocsync::testing::model::source::{Source, SourceKind, SourceState};
use ocsync::testing::model::source_id::SourceId;
use ocsync::testing::model::verdict::Verdict;
use ocsync::testing::model::version::Version;
use ocsync::testing::report::{Thresholds, last_line, line};
use ocsync::testing::settings::cli::{CheckExpiry, Cli, Command};
use ocsync::testing::settings::options::Options;
use ocsync::testing::sync::{exit_code, items, warn};

pub const NOW: i64 = 1_795_169_000_000;
pub const HOUR: i64 = 3_600_000;
const CLAUDE: &str = "/h/.claude/.credentials.json";
const CODEX: &str = "/h/.codex/auth.json";
const OTHER: &str = "/h/.claude-work/.credentials.json";

/// A number of an environment variable.
pub fn set(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Throws dice: `SplitMix64`.
pub struct Dice(pub u64);

/// The agent of this number, the first of them the main one.
fn agent(number: usize) -> Agent {
    let agent =
        Agent::named(if number == 0 { "main" } else { "night" }, format!("/s/agents/{number}/agent").as_ref());
    if number == 0 { agent.main() } else { agent }
}

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }

    fn expiry(&mut self) -> Expiry {
        let at = [-50 * HOUR, -8 * HOUR, -HOUR / 2, 0, HOUR / 30, HOUR / 2, 8 * HOUR, 200 * HOUR, 200_000 * HOUR];
        if self.once_in(9) { Expiry::Unknown } else { Expiry::At(NOW + self.pick(&at)) }
    }

    /// Few tokens, so that they meet.
    fn token(&mut self, what: &str) -> Token {
        Token::new(&format!("{what}-FAKE-{}", self.roll(4)))
    }

    fn identity(&mut self) -> Identity {
        let name = |dice: &mut Self, names: [Option<&str>; 4]| dice.pick(&names).map(str::to_owned);
        Identity {
            account_id: name(self, [None, None, Some("id-a"), Some("id-b")]),
            email: name(self, [None, Some("a@x"), Some("a@x"), Some("b@x")]),
            organization: self.once_in(6).then(|| "org".to_owned()),
            user_id: None,
        }
    }

    fn login(&mut self, kind: &str) -> Login {
        let deadline = [None, None, Some(NOW - HOUR), Some(NOW + 30 * HOUR), Some(NOW + 900 * HOUR)];
        Login {
            access: self.token(&format!("{kind}-access")),
            refresh: (!self.once_in(5)).then(|| self.token(&format!("{kind}-refresh"))),
            expires: self.expiry(),
            deadline: self.pick(&deadline),
            refreshable: !self.once_in(8),
            identity: self.identity(),
        }
        .as_of(NOW)
    }

    fn source(&mut self, kind: SourceKind, path: &str) -> Source {
        let state = match self.roll(10) {
            0 => SourceState::LoggedOut,
            1 => SourceState::Gone,
            2 => SourceState::OutOfReach("it works with an API key".to_owned()),
            3 => SourceState::Unreadable(Problem::malformed("FAKE: line 1", "")),
            _ => SourceState::Live(self.login(kind.name())),
        };
        let untold = self.once_in(6).then(|| "FAKE: cut off".to_owned());
        Source { untold, ..Source::new(kind, path.into(), state) }
    }

    fn profile(&mut self, number: usize) -> Profile {
        let (kind, provider) = self.pick(&[("claude", "anthropic"), ("codex", "openai-codex"), ("other", "google")]);
        let name = self.pick(&["default", "a@x", "work"]);
        let of = self.pick(&[Type::OAuth, Type::OAuth, Type::OAuth, Type::Token, Type::ApiKey]);
        // Some tokens are nobody else's.
        let whose = if self.once_in(3) { "own" } else { kind };
        let reference = match self.roll(14) {
            0 => Reference::Sealed,
            1 => Reference::Secret {
                source: "file".into(),
                provider: self.pick(&["cli", "none"]).into(),
                id: "/x".into(),
            },
            2 => {
                let text = self.pick(&["v1:0:access:0", "v1:0:failed:access:0"]);
                let fence = Fence::of(Some(&format!("openclaw-oauth-refresh-fence:{text}")), None);
                fence.map_or(Reference::None, Reference::Fence)
            }
            _ => Reference::None,
        };
        let holds = matches!(of, Type::OAuth | Type::Token) && reference == Reference::None;
        let access = holds && !self.once_in(10);
        let refresh = holds && of == Type::OAuth && !self.once_in(5);
        Profile {
            // No two of a store have one id.
            id: if number == 0 { format!("{provider}:{name}") } else { format!("{provider}:{name}-{number}") },
            provider: provider.to_owned(),
            kind: of,
            access: access.then(|| self.token(&format!("{whose}-access"))),
            refresh: refresh.then(|| self.token(&format!("{whose}-refresh"))),
            expires: self.expiry().as_of(NOW),
            identity: self.identity(),
            reference,
        }
    }

    fn store(&mut self, number: usize, era: Era) -> Store {
        let key = format!("/s/agents/{number}/agent/store").into();
        let profiles: Vec<Arc<Profile>> = (0..=self.roll(3)).map(|number| Arc::new(self.profile(number))).collect();
        let cause = self.pick(&["auth", "billing"]).to_owned();
        let cooldowns = match self.roll(4) {
            0 => [(profiles[0].id.clone(), Some(Cooldown { until: NOW + HOUR, cause }))].into(),
            _ => Box::default(),
        };
        let home = RowHome { database: if number == 0 { Database::Main } else { Database::Own }, refusal: None };
        let homes = if era == Era::Sqlite {
            profiles.iter().map(|_| Arc::new(home.clone())).collect()
        } else {
            Arc::default()
        };
        let (profiles, state) = (profiles.into(), StoreState::Read);
        Store { number, agent: number, key, profiles, homes, cooldowns, state, selected: true }
    }

    fn inventory(&mut self) -> Inventory {
        let mut sources = Vec::new();
        for (kind, path) in [(SourceKind::Claude, CLAUDE), (SourceKind::Codex, CODEX)] {
            if !self.once_in(4) {
                sources.push(self.source(kind, path));
            }
        }
        let (era, version) = if self.once_in(4) {
            (Era::Sqlite, Version(2026, 6, 10))
        } else {
            (Era::Json, self.pick(&[Version(2026, 4, 5), Version(2026, 5, 28)]))
        };
        let secrets = [("cli".to_owned(), SecretProvider::File(CLAUDE.into()))].into();
        let count = 1 + self.roll(2);
        let stores = (0..count).map(|number| self.store(number, era)).collect();
        let dir = StateDir {
            path: "/s".into(),
            border: Default::default(),
            settings: InstallSettings { secrets, ..InstallSettings::default() },
            version: Some(version),
            era,
            state_version: None,
            agents: (0..count).map(agent).collect(),
        };
        // The problems that reading gives.
        let problems = sources.iter().filter_map(|source| match &source.state {
            SourceState::Unreadable(problem) => Some(problem.clone()),
            _ => None,
        });
        Inventory {
            problems: problems.collect(),
            sources,
            out_of_reach: Vec::new(),
            login_files: vec![PathBuf::from(CLAUDE), PathBuf::from(CODEX)],
            installations: vec![Installation::new(dir, stores)],
        }
    }

    fn journal(&mut self, inventory: &Inventory) -> Journal {
        let mut journal = Journal::default();
        for (path, kind) in [(CLAUDE, "claude"), (CODEX, "codex"), (OTHER, "claude")] {
            for _ in 0..self.roll(4) {
                let login = self.login(kind);
                journal.observe(path, &login, false);
            }
        }
        for store in inventory.installations.iter().flat_map(|of| &of.stores) {
            for profile in store.profiles.iter() {
                if self.once_in(2) {
                    let login = self.login(if profile.provider == "anthropic" { "claude" } else { "codex" });
                    let record = journal.record_mut(&store.key, &profile.id);
                    record.seen = login.refresh.as_ref().map(|token| token.fingerprint);
                    record.delivered = Some(Delivered { entry: Entry::of(&login), identity: login.identity });
                }
            }
        }
        journal
    }

    fn choose(&mut self, options: &mut Options, inventory: &Inventory) {
        let policy = &mut options.policy;
        let [claude, codex] = [SourceKind::Claude, SourceKind::Codex].map(SourceId::first);
        let first = inventory.installations[0].stores[0].profiles[0].id.clone();
        policy.bind.clear();
        if self.once_in(6) {
            policy.bind.insert(first, self.pick(&[None, Some(claude), Some(codex)]));
        }
        policy.share.clear();
        if self.once_in(4) {
            policy.share.extend([claude, codex].map(|id| (id, Share::Access)));
        }
        policy.prefer_source = self.once_in(8);
        policy.write_back = self.once_in(8);
    }
}

/// The options of a run in a home that holds nothing.
pub fn options(home: &std::path::Path) -> Options {
    let home = home.to_str().unwrap();
    let cli = Cli::parse_from(["ocsync", "sync", "--home", home, "--state-dir", "/s"]);
    Options::of(&cli, NOW).unwrap()
}

/// Whether a profile may be left as it is: it is none of the login's.
fn is_excepted(item: &Item<'_>) -> bool {
    item.because.reason == Reason::OtherAccount || item.verdict == Some(Verdict::OwnLogin)
}

/// Whether nobody but a person can bring a profile's access token back.
fn is_over(profile: &Profile, source: &Source) -> bool {
    let by_cli = source.login().is_some_and(|login| login.can_refresh(NOW));
    // A link holds no token: its login says how it is.
    profile.reference == Reference::None
        && profile.refresh.is_none()
        && !by_cli
        && profile.expires.known().is_some_and(|at| at <= NOW)
}

/// An item in a message.
fn brief(item: &Item<'_>) -> String {
    let of = (item.id(), item.verdict, item.action, item.outcome, &item.because.reason);
    format!("{of:?}, {:?}, {:?}", item.profile(), item.source.map(|source| (&source.state, &source.untold)))
}

/// What 0 may not hide.
#[track_caller]
fn hides_nothing(items: &[Item<'_>], done: bool) {
    for item in items.iter().filter(|item| item.source.is_some() && !is_excepted(item)) {
        let (source, profile) = (item.source.unwrap(), item.profile().unwrap());
        let verdict = item.verdict.unwrap();
        let in_step = matches!(verdict, Verdict::InSync | Verdict::Linked);
        assert!(in_step || (done && item.outcome == Outcome::Done), "differs: {}", brief(item));
        let login = source.login().unwrap_or_else(|| panic!("no login: {}", brief(item)));
        assert!(!login.needs_person(NOW), "the login is over: {}", brief(item));
        assert!(!is_over(profile, source), "the profile is over: {}", brief(item));
    }
}

/// Whether a line of standard error says why.
fn says_why(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| matches!(problem.severity, Severity::Error | Severity::Standing))
}

/// A profile that is to be written.
#[track_caller]
fn may_be_written(item: &Item<'_>, journal: &Journal, options: &Options) {
    let (profile, _) = item.decided().unwrap();
    let (source, login) = item.source.and_then(|source| Some((source, source.login()?))).unwrap();
    let record = journal.record(&item.at.store.key, &profile.id);
    let delivered = record.and_then(|record| record.delivered.as_ref()).map(|of| &of.identity);
    // Only an id can prove that it is the same account under a new e-mail.
    let same_id = delivered.is_some_and(|of| of.account_id.is_some() && of.account_id == login.identity.account_id);
    let is_other = profile.identity.conflicts(&login.identity);
    assert!(!is_other || (same_id && profile.identity.account_id.is_none()), "another account: {}", brief(item));
    let shares =
        |a: &Option<Token>, b: Option<&Token>| a.as_ref().zip(b).is_some_and(|(a, b)| a.fingerprint == b.fingerprint);
    let holds = shares(&profile.access, Some(&login.access));
    assert!(source.untold.is_none() || profile.identity.is_empty() || holds, "cannot be told: {}", brief(item));
    // A login that OpenClaw renews by itself, bound by its account alone.
    let kind = source.kind;
    let is_named = kind.ids().contains(&profile.id.as_str()) || options.policy.bind.contains_key(&profile.id);
    let held = |path: &str| {
        let print = |token: &Option<Token>| token.as_ref().map(|token| token.fingerprint);
        journal.entry(path, print(&profile.refresh), print(&profile.access)).is_some()
    };
    let is_known = held(CLAUDE) || held(CODEX) || holds || shares(&profile.refresh, login.refresh.as_ref());
    let is_failing = item
        .at
        .store
        .cooldowns
        .iter()
        .any(|(id, of)| *id == profile.id && of.as_ref().is_some_and(|cooldown| cooldown.cause == "auth"));
    let lasts = profile.expires.known().is_none_or(|at| at > NOW);
    // Last seen with the login's refresh token: then OpenClaw has spent that token, and this is no login of its own.
    let refresh = login.refresh.as_ref().map(|token| token.fingerprint);
    let went_on = refresh.is_some() && record.is_some_and(|record| record.seen == refresh);
    let is_own = !is_named && !is_known && !is_failing && !went_on && lasts && renews_itself(profile, NOW, HOUR);
    assert!(!is_own, "a login of OpenClaw's own: {}", brief(item));
}

/// `sync`, with every planned update done.
fn sync(inventory: &Inventory, journal: &Journal, options: &Options) {
    let decider = Decider::new(inventory, journal, &options.policy);
    let mut items = items::all(inventory, &decider, options);
    items.iter_mut().for_each(Item::keep_from_write_back);
    for item in &mut items {
        if item.action == Action::Update && item.outcome == Outcome::Planned {
            may_be_written(item, journal, options);
            let (verdict, (profile, decision)) = (item.verdict.unwrap(), item.decided().unwrap());
            let written = Written::new(&profile.id, decision.source.unwrap(), verdict, decision.shape);
            items::note_written(item, &written, &inventory.sources);
        }
    }
    let mut problems = inventory.problems.clone();
    let code = exit_code::of(&exit_code::Opening::default(), inventory, &items, None, &problems, options);
    problems.extend(warn::drift::explain(&items, NOW, true));
    assert_ne!(code, Code::Expiring);
    if code == Code::Ok {
        hides_nothing(&items, true);
    } else {
        assert!(says_why(&problems), "{code:?} without a word: {items:?}");
    }
}

/// `status`, and `check-expiry`.
fn look(seen: &mut Seen, options: &Options, args: &CheckExpiry) {
    let (mut report, code) = status::of(options, Thresholds::default(), None, seen);
    report.exit = code as u8;
    if code == Code::Ok {
        let decider = Decider::new(&seen.inventory, &seen.journal, &options.policy);
        hides_nothing(&items::all(&seen.inventory, &decider, options), false);
    } else {
        assert!(says_why(&report.problems), "{code:?} without a word: {report:?}");
    }
    let last = last_line(&report, NOW).map(|(line, _)| line).unwrap();
    let well = last.ends_with(": no sync or login needed");
    assert_eq!(well, code == Code::Ok, "\"{last}\" above {code:?}: {report:?}");
    assert!(!last.contains("a login is needed") || code == Code::LoginNeeded, "\"{last}\" above {code:?}");
    assert!(!last.contains("differs from its login") || code == Code::Drift, "\"{last}\" above {code:?}");
    let (mut report, code) = check_expiry::of(options, args, seen);
    report.exit = code as u8;
    let said = line(&report, NOW);
    assert_ne!(code, Code::Drift);
    assert_eq!(said.starts_with("ok: "), code == Code::Ok, "\"{said}\" above {code:?}: {report:?}");
    let needs = ["expired: ", "logged-out: ", "failing: "].iter().any(|word| said.starts_with(word));
    assert!(code != Code::LoginNeeded || needs, "\"{said}\" above {code:?}");
}

#[test]
fn whatever_is_found_no_account_is_mixed_up_and_no_code_is_silent() {
    let (seed, cases) = (set("OCSYNC_SEED", 1), set("PROPTEST_CASES", 1_000));
    let home = tempfile::tempdir().unwrap();
    let mut options = options(home.path());
    let Command::CheckExpiry(args) = Cli::parse_from(["ocsync", "check-expiry"]).command else { unreachable!() };
    for case in seed..seed.saturating_add(cases) {
        let mut dice = Dice(case);
        let inventory = dice.inventory();
        let journal = dice.journal(&inventory);
        dice.choose(&mut options, &inventory);
        let mut seen = Seen { inventory, journal, of_journal: None };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            look(&mut seen, &options, &args);
            // The look has noted what the sources hold.
            sync(&seen.inventory, &seen.journal, &options);
        }));
        assert!(result.is_ok(), "OCSYNC_SEED={case} PROPTEST_CASES=1");
    }
}
