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
