//! Two logins of Claude Code and two of Codex, four accounts, twenty agents: whatever the logins go through, each
//! profile holds its own account's tokens and never another's, and the newest when all are back.
//!
//! A case is made of a number: `OCSYNC_SEED` is the first, `OCSYNC_LOGIN_CASES` how many there are.

use std::sync::Arc;

use ocsync::testing::core::decide::Decider;
use ocsync::testing::model::installation::{Agent, Era, InstallSettings, StateDir};
use ocsync::testing::model::inventory::{Database, Installation, Inventory, RowHome, Store, StoreState};
use ocsync::testing::model::item::{Action, Item, Outcome, Written};
use ocsync::testing::model::journal::Journal;
use ocsync::testing::model::login::{Expiry, Identity, Login};
use ocsync::testing::model::profile::{Profile, ProfileKind, Reference};
use ocsync::testing::model::secret::Token;
use ocsync::testing::model::source::{Source, SourceKind, SourceState};
use ocsync::testing::model::source_id::SourceId;
use ocsync::testing::model::version::Version;
use ocsync::testing::settings::options::Options;
use ocsync::testing::sync::{items, remember};

use crate::inventory_properties::{Dice, HOUR, NOW, options, set};

const AGENTS: usize = 20;
/// The accounts; the login at a place is of the account with its number at first.
const ACCOUNTS: [&str; 4] = ["p", "w", "c", "d"];
const PLACES: [(SourceKind, Option<&str>, &str); 4] = [
    (SourceKind::Claude, None, "/h/.claude/.credentials.json"),
    (SourceKind::Claude, Some("work"), "/h/.claude-work/.credentials.json"),
    (SourceKind::Codex, None, "/h/.codex/auth.json"),
    (SourceKind::Codex, Some("boss"), "/h/.codex-boss/auth.json"),
];

fn identity(account: usize) -> Identity {
    let name = ACCOUNTS[account];
    Identity { account_id: Some(format!("id-{name}")), email: Some(format!("{name}@x")), ..Identity::default() }
}

/// The tokens of an account after so many rotations.
fn login(account: usize, rotation: i64) -> Login {
    let token = |what: &str| Token::new(&format!("{}-{what}-FAKE-{rotation}", ACCOUNTS[account]));
    let expires = if rotation == 0 { NOW - 3 * HOUR } else { NOW + 8 * HOUR + rotation * 60_000 };
    Login {
        access: token("access"),
        refresh: Some(token("refresh")),
        expires: Expiry::At(expires),
        deadline: None,
        refreshable: true,
        identity: identity(account),
    }
}

/// The logins, the stores, and what ocsync remembers.
struct World {
    ids: [SourceId; 4],
    /// The account at each place, and its rotation; `None` while it is logged out.
    held: [Option<(usize, i64)>; 4],
    /// The newest rotation of each account.
    newest: [i64; 4],
    stores: Vec<Vec<Arc<Profile>>>,
    owners: Vec<Vec<usize>>,
    journal: Journal,
    era: Era,
}

/// The agent of this number, the first of them the main one.
fn agent(number: usize) -> Agent {
    let id = if number == 0 { "main".to_owned() } else { format!("a{number}") };
    let agent = Agent::named(&id, format!("/s/agents/{number}/agent").as_ref());
    if number == 0 { agent.main() } else { agent }
}

impl World {
    fn new(dice: &mut Dice, ids: [SourceId; 4]) -> Self {
        let (mut stores, mut owners) = (Vec::new(), Vec::new());
        for _ in 0..AGENTS {
            let all: Vec<(usize, Profile)> = (0..ACCOUNTS.len()).map(|owner| (owner, profile(dice, owner))).collect();
            owners.push(all.iter().map(|(owner, _)| *owner).collect());
            stores.push(all.into_iter().map(|(_, profile)| Arc::new(profile)).collect());
        }
        let era = if dice.once_in(2) { Era::Json } else { Era::Sqlite };
        let held = [0, 1, 2, 3].map(|account| Some((account, 1)));
        let mut journal = Journal::default();
        for (account, (_, _, path)) in PLACES.into_iter().enumerate() {
            journal.observe(path, &login(account, 0), false);
        }
        Self { ids, held, newest: [1; 4], stores, owners, journal, era }
    }

    fn inventory(&self) -> Inventory {
        let source = |(place, (kind, _, path)): (usize, (SourceKind, Option<&str>, &str))| {
            let state = match self.held[place] {
                Some((account, rotation)) => SourceState::Live(login(account, rotation)),
                None => SourceState::LoggedOut,
            };
            Source { name: self.ids[place].name, ..Source::new(kind, path.into(), state) }
        };
        let store = |(number, profiles): (usize, &Vec<Arc<Profile>>)| {
            let key = format!("/s/agents/{number}/agent/store").into();
            let home = RowHome { database: if number == 0 { Database::Main } else { Database::Own }, refusal: None };
            let homes = if self.era == Era::Sqlite {
                profiles.iter().map(|_| Arc::new(home.clone())).collect()
            } else {
                Arc::default()
            };
            let (profiles, state) = (profiles.clone().into(), StoreState::Read);
            Store { number, agent: number, key, profiles, homes, cooldowns: Box::default(), state, selected: true }
        };
        let is_sqlite = self.era == Era::Sqlite;
        let dir = StateDir {
            path: "/s".into(),
            border: Default::default(),
            settings: InstallSettings::default(),
            version: Some(if is_sqlite { Version(2026, 6, 10) } else { Version(2026, 4, 5) }),
            era: self.era,
            state_version: None,
            agents: (0..AGENTS).map(agent).collect(),
        };
        Inventory {
            problems: Vec::new(),
            sources: PLACES.into_iter().enumerate().map(source).collect(),
            out_of_reach: Vec::new(),
            login_files: PLACES.iter().map(|(_, _, path)| (*path).into()).collect(),
            installations: vec![Installation::new(dir, self.stores.iter().enumerate().map(store).collect())],
        }
    }

    /// A run of `sync` that does everything it plans.
    fn sync(&mut self, options: &Options) -> Vec<String> {
        let inventory = self.inventory();
        remember::sources(&mut self.journal, &inventory, &options.policy);
        let known = self.journal.clone();
        let decider = Decider::new(&inventory, &known, &options.policy);
        let mut items = items::all(&inventory, &decider, options);
        for item in &mut items {
            if item.action == Action::Update && item.outcome == Outcome::Planned {
                let (verdict, (profile, decision)) = (item.verdict.unwrap(), item.decided().unwrap());
                let written = Written::new(&profile.id, decision.source.unwrap(), verdict, decision.shape);
                items::note_written(item, &written, &inventory.sources);
            }
        }
        remember::profiles(&mut self.journal, &items, &inventory, options.policy.now);
        for item in &items {
            if let Some(after) = &item.after {
                let store = &mut self.stores[item.at.store.number];
                *store.iter_mut().find(|profile| profile.id == after.id).unwrap() = after.clone();
            }
        }
        items.iter().map(brief).collect()
    }

    /// Something that happens to the logins or the stores.
    fn step(&mut self, dice: &mut Dice) {
        let place = dice.roll(4);
        match dice.roll(6) {
            // A rotation, or a login after a logout.
            0 | 1 => {
                let account = self.held[place].map_or_else(|| self.absent(place), |(account, _)| account);
                self.newest[account] += 1;
                self.held[place] = Some((account, self.newest[account]));
            }
            // The two logins of a CLI are exchanged.
            2 => self.held.swap(place, place ^ 1),
            3 => self.held[place] = None,
            // A backup of a login is put back.
            4 => {
                if let Some((_, rotation)) = &mut self.held[place] {
                    *rotation = 1 + dice.roll(usize::try_from(*rotation).unwrap()) as i64;
                }
            }
            // A backup of a store is put back: one of its profiles holds older tokens of its account.
            _ => {
                let (agent, row) = (dice.roll(AGENTS), dice.roll(4));
                let owner = self.owners[agent][row];
                let old = login(owner, 1 + dice.roll(usize::try_from(self.newest[owner]).unwrap()) as i64);
                // Tokens that no run has seen could be a login of OpenClaw's own.
                if !old.refresh.as_ref().is_some_and(|token| self.journal.has_seen(token.fingerprint)) {
                    return;
                }
                let profile = Arc::make_mut(&mut self.stores[agent][row]);
                profile.refresh = profile.refresh.as_ref().and(old.refresh);
                (profile.access, profile.expires) = (Some(old.access), old.expires);
            }
        }
    }

    /// The account that is logged in nowhere and belongs to the CLI of a place.
    fn absent(&self, place: usize) -> usize {
        let of_cli = [place & !1, place | 1];
        let is_held = |account: &usize| self.held.iter().flatten().any(|(of, _)| of == account);
        of_cli.into_iter().find(|account| !is_held(account)).unwrap_or(place)
    }

    /// No profile holds a token of another account's.
    #[track_caller]
    fn nothing_is_mixed_up(&self, items: &[String]) {
        for (profiles, owners) in self.stores.iter().zip(&self.owners) {
            for (profile, owner) in profiles.iter().zip(owners) {
                for token in [&profile.access, &profile.refresh].into_iter().flatten() {
                    let is_own = token.secret.expose().starts_with(&format!("{}-", ACCOUNTS[*owner]));
                    assert!(is_own, "{} has tokens of another account: {items:#?}", profile.id);
                }
            }
        }
    }

    /// Every profile holds the newest access token of its account.
    #[track_caller]
    fn everything_is_in_step(&self, items: &[String]) {
        for (profiles, owners) in self.stores.iter().zip(&self.owners) {
            for (profile, owner) in profiles.iter().zip(owners) {
                let newest = login(*owner, self.newest[*owner]).access;
                let held = profile.access.as_ref().map(|token| token.fingerprint);
                assert_eq!(held, Some(newest.fingerprint), "{} of {owner}: {items:#?}", profile.id);
            }
        }
    }
}

fn brief(item: &Item<'_>) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?}",
        item.at.store.number,
        item.id(),
        item.verdict,
        item.outcome,
        item.because.reason
    )
}

/// A profile of an account, by the usual id, an e-mail, a name that somebody chose, or its tokens alone.
fn profile(dice: &mut Dice, owner: usize) -> Profile {
    let (kind, name) = (PLACES[owner].0, ACCOUNTS[owner]);
    let provider = kind.providers()[0];
    let (id, named) = match dice.roll(4) {
        0 if owner.is_multiple_of(2) => (format!("{provider}:default"), false),
        1 => (format!("{provider}:{name}@x"), true),
        2 => (format!("{provider}:manual-{name}"), true),
        _ => (format!("{provider}:unnamed-{name}"), false),
    };
    let email = named.then(|| format!("{name}@x"));
    let tokens = login(owner, 0);
    Profile {
        id,
        provider: provider.to_owned(),
        kind: ProfileKind::OAuth,
        access: Some(tokens.access),
        refresh: tokens.refresh,
        expires: tokens.expires,
        identity: Identity { email, ..Identity::default() },
        reference: Reference::None,
    }
}

#[test]
fn each_profile_holds_its_own_accounts_tokens_whatever_the_logins_go_through() {
    let (seed, cases) = (set("OCSYNC_SEED", 1), set("OCSYNC_LOGIN_CASES", 100));
    let home = tempfile::tempdir().unwrap();
    let options = options(home.path());
    let ids = PLACES.map(|(kind, name, _)| name.map_or(kind.into(), |name| SourceId::named(kind, name).unwrap()));
    for case in seed..seed.saturating_add(cases) {
        let mut dice = Dice(case);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut world = World::new(&mut dice, ids);
            let items = world.sync(&options);
            world.nothing_is_mixed_up(&items);
            world.everything_is_in_step(&items);
            for _ in 0..20 {
                world.step(&mut dice);
                if !dice.once_in(3) {
                    let items = world.sync(&options);
                    world.nothing_is_mixed_up(&items);
                }
            }
            // Everybody logs in again, each at the place of the first day.
            world.newest.iter_mut().for_each(|newest| *newest += 1);
            world.held = [0, 1, 2, 3].map(|account| Some((account, world.newest[account])));
            let items = world.sync(&options);
            world.nothing_is_mixed_up(&items);
            world.everything_is_in_step(&items);
        }));
        assert!(result.is_ok(), "OCSYNC_SEED={case} OCSYNC_LOGIN_CASES=1");
    }
}
