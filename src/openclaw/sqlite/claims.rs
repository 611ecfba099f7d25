//! What a database says of itself, and whether a database that says so may be written.
//!
//! It may where every claim fits a layout that is known (`layout`). The question is asked twice: by the plan, and
//! inside the transaction that writes.

use crate::model::agent::Agent;
use crate::model::because::Because;
use crate::model::installation::normalise;
use crate::model::reason::Reason;
use crate::model::version::Version;
use crate::openclaw::sqlite::layout;

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
    /// Whether the tables of profiles have exactly the columns that are known.
    pub known_tables: bool,
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
    /// The owner of an agent's database, or of the state database. `shared`: the installation has a state database that
    /// holds profiles.
    pub fn of(agent: Option<&'a Agent>, shared: bool) -> Self {
        agent.map_or(Self::State, |agent| Self::Agent { id: &agent.id, shared })
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

    /// Why this database may not be written; `None` where it may be. `version` is OpenClaw's, where it is known.
    pub fn refusal(&self, version: Option<Version>, owner: Owner<'_>) -> Option<Reason> {
        let (known, role) = match owner {
            Owner::State => (layout::STATE, "global"),
            Owner::Agent { shared: true, .. } => (layout::AGENT_BESIDE, "agent"),
            Owner::Agent { shared: false, .. } => (layout::AGENT_ALONE, "agent"),
        };
        // A newer OpenClaw than the one that made it does not read it before it has been brought up to date.
        let is_shared_release = version.is_some_and(|version| version >= Version::SHARED_STORE);
        match owner {
            Owner::Agent { shared, .. }
                if (shared || is_shared_release) && layout::AGENT_ALONE.contains(&self.version) =>
            {
                return Some(Reason::NotUpgraded);
            }
            _ => {}
        }
        if !known.iter().any(|known| i64::from(*known) == self.schema_number()) {
            return Some(Reason::UnknownSchema);
        }
        let Some((said, schema, id)) = &self.schema else { return Some(Reason::OtherForm) };
        let fits = said == role && *schema == i64::from(self.version);
        if !fits || !self.known_tables || self.triggers || !self.wal {
            return Some(Reason::OtherForm);
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

    /// The reason, with the number of the schema where its sentence names it.
    pub fn because(&self, why: Reason) -> Because {
        if why == Reason::UnknownSchema { Because::of(why, self.schema_number().to_string()) } else { why.into() }
    }

    /// The number of the schema. While 2026.9 updates itself, the contents are ahead of `user_version` for minutes.
    fn schema_number(&self) -> i64 {
        self.content.unwrap_or(0).max(i64::from(self.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: Owner<'_> = Owner::Agent { id: "main", shared: false };
    const OVER: Owner<'_> = Owner::Agent { id: "main", shared: true };

    fn claims(version: u32, role: &str, agent: Option<&str>) -> Claims {
        let schema = Some((role.to_owned(), i64::from(version), agent.map(str::to_owned)));
        Claims { version, schema, wal: true, known_tables: true, ..Claims::default() }
    }

    fn state(version: u32) -> Claims {
        Claims { shared_store: Some(r#"{"location":"state-db"}"#.to_owned()), ..claims(version, "global", None) }
    }

    #[test]
    fn a_layout_is_known_by_its_schema_whatever_the_version() {
        let agent = |version| claims(version, "agent", Some("Main"));
        for version in [None, Some(Version(2026, 6, 1)), Some(Version(2026, 7, 36)), Some(Version(2027, 1, 0))] {
            for schema in 0..30 {
                let expected = |known: &[u32]| (!known.contains(&schema)).then_some(Reason::UnknownSchema);
                assert_eq!(state(schema).refusal(version, Owner::State), expected(&[15, 16, 17, 18]), "{schema}");
                if schema != 1 {
                    assert_eq!(agent(schema).refusal(version, OVER), expected(&[19, 21, 23]), "{schema}");
                    assert_eq!(agent(schema).refusal(version, MAIN), Some(Reason::UnknownSchema), "{schema}");
                }
            }
            // A release whose agents share a store does not read the database of one that had none.
            let stale = version.is_some_and(|version| version > Version(2026, 8, 0));
            assert_eq!(agent(1).refusal(version, MAIN), stale.then_some(Reason::NotUpgraded));
            assert_eq!(agent(1).refusal(version, OVER), Some(Reason::NotUpgraded));
        }
    }

    #[test]
    fn every_claim_has_to_be_right() {
        type Change = fn(&mut Claims);
        let cases: [(Change, Reason); 10] = [
            (|claims| claims.version = 19, Reason::UnknownSchema),
            (|claims| claims.content = Some(19), Reason::UnknownSchema),
            (|claims| claims.schema = None, Reason::OtherForm),
            (|claims| claims.schema.as_mut().unwrap().0 = "agent".to_owned(), Reason::OtherForm),
            (|claims| claims.schema.as_mut().unwrap().1 = 17, Reason::OtherForm),
            (|claims| claims.known_tables = false, Reason::OtherForm),
            (|claims| claims.triggers = true, Reason::OtherForm),
            (|claims| claims.wal = false, Reason::OtherForm),
            (|claims| claims.supervised = true, Reason::Supervised),
            (|claims| claims.shared_store = Some(r#"{"location":"legacy-main"}"#.to_owned()), Reason::OtherPlace),
        ];
        for (change, why) in cases {
            let mut claims = state(18);
            change(&mut claims);
            assert_eq!(claims.refusal(None, Owner::State), Some(why));
        }
        for user_version in [17, 18] {
            assert_eq!(Claims { content: Some(18), ..state(user_version) }.refusal(None, Owner::State), None);
        }
        assert!(state(99).because(Reason::UnknownSchema).text().contains("99"));
        assert_eq!(state(99).because(Reason::OtherForm), Reason::OtherForm.into());
        for agent in [Some("night"), None] {
            assert_eq!(claims(1, "agent", agent).refusal(None, MAIN), Some(Reason::OtherAgent));
        }
    }

    #[test]
    fn an_installation_can_forbid_all_of_it() {
        let maintained = |until| Claims { maintained: Some(until), ..state(18) };
        assert_eq!((state(18).forbids(5), maintained(5).forbids(5)), (None, None));
        assert_eq!(maintained(6).forbids(5), Some(Reason::Maintained));
        assert_eq!(Claims { supervised: true, ..maintained(6) }.forbids(5), Some(Reason::Supervised));
        assert_eq!(Claims { shared_store: Some("7".to_owned()), ..state(18) }.forbids(5), Some(Reason::OtherPlace));
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
