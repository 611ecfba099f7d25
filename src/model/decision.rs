//! What was decided about one profile: its verdict, the reason, and why an update is refused.

use std::sync::Arc;

use crate::model::reason::Reason;
use crate::model::verdict::{Shape, Verdict};

/// A verdict and its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

impl Judgement {
    /// A verdict with its reason.
    pub fn new(verdict: Verdict, reason: Reason) -> Self {
        debug_assert_eq!(reason.verdict(), Some(verdict), "the table of reasons says otherwise");
        Self { verdict, reason }
    }

    /// Whether this profile itself proves that OpenClaw has spent the source's refresh token.
    #[must_use]
    pub fn is_proven(self) -> bool {
        self.reason == Reason::Spent
    }
}

/// What was decided about one profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Index of the source it is bound to.
    pub source: Option<usize>,
    /// The form in which it would get the credential.
    pub shape: Shape,
    /// The verdict.
    pub judgement: Judgement,
    /// Why the update that the verdict asks for is refused.
    pub refused: Option<Reason>,
    /// When the setup token that the profile holds ends at the latest, in milliseconds; `None` where it holds none.
    pub setup_end: Option<i64>,
}

impl Decision {
    /// Whether the profile is to be written.
    #[must_use]
    pub fn is_update(&self) -> bool {
        self.judgement.verdict.is_update() && self.refused.is_none()
    }
}

/// The decisions about the profiles of a store, in their order. Equal decisions are kept in memory once.
pub type Decisions = Arc<[Arc<Decision>]>;

/// Exchanges decisions of a store: `change` says by what, for the place of a profile. A list in which nothing changes
/// stays the one that other stores share.
pub fn exchange(decisions: &mut Decisions, mut change: impl FnMut(usize, &Decision) -> Option<Decision>) {
    let mut changed: Option<Vec<Arc<Decision>>> = None;
    for (place, decision) in decisions.iter().enumerate() {
        if let Some(new) = change(place, decision) {
            changed.get_or_insert_with(|| decisions.to_vec())[place] = Arc::new(new);
        }
    }
    if let Some(changed) = changed {
        *decisions = changed.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_which_nothing_changes_stays_shared() {
        let one = Decision {
            source: None,
            shape: Shape::OAuth,
            judgement: Judgement::new(Verdict::Unbound, Reason::NoSource),
            refused: None,
            setup_end: None,
        };
        let shared: Decisions = vec![Arc::new(one), Arc::new(one)].into();
        let mut mine = shared.clone();
        exchange(&mut mine, |_, _| None);
        assert!(Arc::ptr_eq(&mine, &shared));
        exchange(&mut mine, |place, of| (place == 1).then_some(Decision { source: Some(7), ..*of }));
        assert_eq!((mine[0].source, mine[1].source, shared[1].source), (None, Some(7), None));
        assert!(Arc::ptr_eq(&mine[0], &shared[0]));
    }
}
