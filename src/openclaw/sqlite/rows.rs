//! The profiles and cooldowns that a pair of rows holds, and how an agent's own pair goes over the shared one.

use std::sync::Arc;

use crate::model::inventory::{Cooldown, RowHome};
use crate::model::profile::Profile;

/// What a pair of rows holds.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The profiles, in order.
    pub profiles: Vec<Arc<Profile>>,
    /// The row that each of them is in.
    pub homes: Vec<Arc<RowHome>>,
    /// What the second row says of profiles: a cooldown, or that there is none.
    pub cooldowns: Vec<(String, Option<Cooldown>)>,
}

impl Rows {
    /// These shared rows with an agent's own over them. Where both have an id, the agent's profile takes the place of
    /// the shared one; other profiles of the agent come after the shared ones.
    pub(super) fn with(mut self, own: Self) -> Self {
        for (profile, home) in own.profiles.into_iter().zip(own.homes) {
            if let Some(shared) = self.profiles.iter().position(|shared| shared.id == profile.id) {
                (self.profiles[shared], self.homes[shared]) = (profile, home);
            } else {
                self.profiles.push(profile);
                self.homes.push(home);
            }
        }
        self.cooldowns.retain(|(id, _)| own.cooldowns.iter().all(|(of, _)| of != id));
        self.cooldowns.extend(own.cooldowns);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::Database;
    use crate::openclaw::json::store_text;

    /// Rows with these profiles, whose access token and database have a name.
    fn rows(name: &str, ids: &[&str], cooldowns: &[&str]) -> Rows {
        let entry = |id: &&str| format!(r#""{id}":{{"type":"token","provider":"p","token":"{name}"}}"#);
        let text = format!(r#"{{"profiles":{{{}}}}}"#, ids.iter().map(entry).collect::<Vec<_>>().join(","));
        let database = if name == "own" { Database::Own } else { Database::State };
        let home = Arc::new(RowHome { database, refusal: None });
        let cooldown = |id: &&str| ((*id).to_owned(), Some(Cooldown { until: 1, cause: name.to_owned() }));
        Rows {
            profiles: store_text::parse(&text).unwrap(),
            homes: ids.iter().map(|_| Arc::clone(&home)).collect(),
            cooldowns: cooldowns.iter().map(cooldown).collect(),
        }
    }

    #[test]
    fn an_agents_own_profile_takes_the_place_of_the_shared_one() {
        let all = rows("shared", &["a", "b"], &["a", "b"]).with(rows("own", &["c", "b"], &["b"]));
        let homes = all.profiles.iter().zip(&all.homes).map(|(profile, home)| (&*profile.id, home.database));
        let expected = [("a", Database::State), ("b", Database::Own), ("c", Database::Own)];
        assert_eq!(homes.collect::<Vec<_>>(), expected);
        let held = all.profiles.iter().map(|profile| profile.access.as_ref().unwrap().secret.expose().to_owned());
        assert_eq!(held.collect::<Vec<_>>(), ["shared", "own", "own"]);
        let cooled = all.cooldowns.iter().map(|(id, cooldown)| (&**id, &*cooldown.as_ref().unwrap().cause));
        assert_eq!(cooled.collect::<Vec<_>>(), [("a", "shared"), ("b", "own")]);
    }
}
