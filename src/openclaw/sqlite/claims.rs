//! What a database says of itself, and whether `--sqlite-write` may write a database that says so.
//!
//! It may where every claim fits a layout that the tests cover: 2026.6.5 and 2026.6.10 to 2026.7.35 (an agent's
//! database of schema 1), and 2026.9.6 (the state database of schema 18, an agent's database of schema 23). The
//! question is asked twice: by the plan, and inside the transaction that writes.

use crate::model::installation::normalise;
use crate::model::inventory::RowHome;
use crate::model::reason::Reason;
use crate::model::version::Version;

/// What a database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `user_version`.
    pub version: u32,
    /// `schema_meta`: role, version, agent. `None` where there is no such table of the known form.
    pub schema: Option<(String, i64, Option<String>)>,
    /// Whether there is a `gateway.supervision`. Then OpenClaw itself refuses to write.
    pub supervised: bool,
    /// `state.schema.contentVersion`, where there is one. It may be ahead of `user_version`.
    pub content: Option<i64>,
    /// The time until which `openclaw doctor --fix` has all agents' databases to itself, in milliseconds. `None`
    /// where it does not run.
    pub maintained: Option<i64>,
    /// `auth.sharedStore`, where there is one.
    pub shared_store: Option<String>,
    /// Whether a trigger would run when profiles are written.
    pub triggers: bool,
    /// Whether the database is in WAL mode.
    pub wal: bool,
}

/// The database that holds the profiles which all agents share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedPlace {
    /// The state database.
    StateDatabase,
    /// The main agent's database.
    MainAgent,
}

/// The owner that a database should name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// The installation: this is its state database.
    State,
    /// An agent.
    Agent {
        /// The agent's id.
        id: &'a str,
        /// Whether the installation has a state database that holds profiles (from 2026.8.1 on).
        shared: bool,
    },
}

impl<'a> Owner<'a> {
    /// The owner of the database that a row is in. `shared`: the installation has a state database that holds
    /// profiles.
    pub fn of(home: &'a RowHome, shared: bool) -> Self {
        home.agent.as_ref().map_or(Self::State, |id| Self::Agent { id, shared })
    }
}

impl Claims {
    /// Where the shared profiles are. `None` where the claim is one that OpenClaw 2026.9.6 does not understand.
    pub fn place(&self) -> Option<SharedPlace> {
        let Some(text) = &self.shared_store else { return Some(SharedPlace::MainAgent) };
        let said = serde_json::from_str::<serde_json::Value>(text).ok()?;
        let location = said.get("location").filter(|_| said.as_object().is_some_and(|all| all.len() == 1));
        match location?.as_str()? {
            "state-db" => Some(SharedPlace::StateDatabase),
            "legacy-main" => Some(SharedPlace::MainAgent),
            _ => None,
        }
    }

    /// Why nothing of an installation may be written, by the claims of its state database. `now` is in milliseconds.
    pub fn forbids(&self, now: i64) -> Option<Reason> {
        if self.supervised {
            Some(Reason::Supervised)
        } else if self.maintained.is_some_and(|until| until > now) {
            Some(Reason::Maintained)
        } else if self.place().is_none() {
            Some(Reason::OtherPlace)
        } else {
            None
        }
    }

    /// Why this database may not be written; `None` where it may be.
    pub fn refusal(&self, version: Option<Version>, owner: Owner<'_>) -> Option<Reason> {
        let Some(version) = version else { return Some(Reason::NoVersion) };
        let Some((state, agent)) = schemas(version) else { return Some(Reason::NotCovered) };
        let (expected, role) = match owner {
            Owner::State => (state, "global"),
            Owner::Agent { shared, .. } => (agent.filter(|_| shared == state.is_some()), "agent"),
        };
        let Some((said, schema, id)) = &self.schema else { return Some(Reason::OtherSchema) };
        let is_known = Some(self.version) == expected
            && *schema == i64::from(self.version)
            && said == role
            && self.content.is_none_or(|content| content <= i64::from(self.version));
        if !is_known || self.triggers || !self.wal {
            return Some(Reason::OtherSchema);
        }
        if self.supervised {
            return Some(Reason::Supervised);
        }
        match owner {
            Owner::State if self.place() != Some(SharedPlace::StateDatabase) => Some(Reason::OtherPlace),
            Owner::Agent { id: own, .. } if id.as_deref().map(normalise) != Some(normalise(own)) => {
                Some(Reason::OtherAgent)
            }
            _ => None,
        }
    }
}

/// The schemas of a covered version: of the state database where it holds profiles, and of an agent's database.
/// `None` for a version that is not covered.
fn schemas(version: Version) -> Option<(Option<u32>, Option<u32>)> {
    let per_agent = version == Version::SQLITE || (Version(2026, 6, 10)..=Version(2026, 7, 35)).contains(&version);
    match version {
        Version(2026, 9, 6) => Some((Some(18), Some(23))),
        _ if per_agent => Some((None, Some(1))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Option<Version> = Some(Version(2026, 6, 10));
    const NEW: Option<Version> = Some(Version(2026, 9, 6));
    const MAIN: Owner<'_> = Owner::Agent { id: "main", shared: false };
    const OVER: Owner<'_> = Owner::Agent { id: "main", shared: true };

    fn claims(version: u32, role: &str, agent: Option<&str>) -> Claims {
        let schema = Some((role.to_owned(), i64::from(version), agent.map(str::to_owned)));
        Claims { version, schema, wal: true, ..Claims::default() }
    }

    fn state() -> Claims {
        Claims { shared_store: Some(r#"{"location":"state-db"}"#.to_owned()), ..claims(18, "global", None) }
    }

    #[test]
    fn every_layout_that_is_covered_and_no_version_beside_them() {
        let (old, over) = (claims(1, "agent", Some("main")), claims(23, "agent", Some("Main")));
        for (version, covered) in [
            (Version(2026, 6, 1), false),
            (Version(2026, 6, 5), true),
            (Version(2026, 6, 6), false),
            (Version(2026, 6, 9), false),
            (Version(2026, 6, 10), true),
            (Version(2026, 7, 35), true),
            (Version(2026, 7, 36), false),
            (Version(2026, 8, 1), false),
            (Version(2026, 9, 5), false),
            (Version(2026, 9, 7), false),
        ] {
            let expected = (!covered).then_some(Reason::NotCovered);
            assert_eq!(old.refusal(Some(version), MAIN), expected, "{version}");
        }
        assert_eq!(old.refusal(None, MAIN), Some(Reason::NoVersion));
        assert_eq!(over.refusal(NEW, OVER), None);
        assert_eq!(state().refusal(NEW, Owner::State), None);
        // The layout of another version: an upgrade is under way.
        assert_eq!(old.refusal(NEW, OVER), Some(Reason::OtherSchema));
        assert_eq!(old.refusal(OLD, OVER), Some(Reason::OtherSchema));
        assert_eq!(over.refusal(NEW, MAIN), Some(Reason::OtherSchema));
        assert_eq!(over.refusal(OLD, MAIN), Some(Reason::OtherSchema));
        assert_eq!(state().refusal(OLD, Owner::State), Some(Reason::OtherSchema));
    }

    #[test]
    fn every_claim_has_to_be_right() {
        type Change = fn(&mut Claims);
        let cases: [(Change, Reason); 9] = [
            (|claims| claims.version = 19, Reason::OtherSchema),
            (|claims| claims.schema = None, Reason::OtherSchema),
            (|claims| claims.schema.as_mut().unwrap().0 = "agent".to_owned(), Reason::OtherSchema),
            (|claims| claims.schema.as_mut().unwrap().1 = 17, Reason::OtherSchema),
            (|claims| claims.content = Some(19), Reason::OtherSchema),
            (|claims| claims.triggers = true, Reason::OtherSchema),
            (|claims| claims.wal = false, Reason::OtherSchema),
            (|claims| claims.supervised = true, Reason::Supervised),
            (|claims| claims.shared_store = Some(r#"{"location":"legacy-main"}"#.to_owned()), Reason::OtherPlace),
        ];
        for (change, why) in cases {
            let mut claims = state();
            change(&mut claims);
            assert_eq!(claims.refusal(NEW, Owner::State), Some(why));
        }
        assert_eq!(Claims { content: Some(18), ..state() }.refusal(NEW, Owner::State), None);
        for agent in [Some("night"), None] {
            assert_eq!(claims(1, "agent", agent).refusal(OLD, MAIN), Some(Reason::OtherAgent));
        }
    }

    #[test]
    fn an_installation_can_forbid_all_of_it() {
        let maintained = |until| Claims { maintained: Some(until), ..state() };
        assert_eq!((state().forbids(5), maintained(5).forbids(5)), (None, None));
        assert_eq!(maintained(6).forbids(5), Some(Reason::Maintained));
        assert_eq!(Claims { supervised: true, ..maintained(6) }.forbids(5), Some(Reason::Supervised));
        assert_eq!(Claims { shared_store: Some("7".to_owned()), ..state() }.forbids(5), Some(Reason::OtherPlace));
    }

    #[test]
    fn the_place_of_the_shared_profiles_is_what_openclaw_takes_it_for() {
        for (said, place) in [
            (None, Some(SharedPlace::MainAgent)),
            (Some(r#"{"location":"legacy-main"}"#), Some(SharedPlace::MainAgent)),
            (Some(r#"{"location":"state-db"}"#), Some(SharedPlace::StateDatabase)),
            (Some(r#"{"location":"state-db","x":1}"#), None),
            (Some(r#"{"location":"elsewhere"}"#), None),
            (Some("{}"), None),
            (Some("7"), None),
            (Some(""), None),
        ] {
            let claims = Claims { shared_store: said.map(str::to_owned), ..Claims::default() };
            assert_eq!(claims.place(), place, "{said:?}");
        }
    }
}
