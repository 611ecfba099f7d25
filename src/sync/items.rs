//! One profile on its way through a command: what was read, decided and done, and its row.

use std::sync::Arc;

use crate::core::change;
use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, Store, StoreState};
use crate::model::item::{Action, Outcome};
use crate::model::profile::Profile;
use crate::model::recent::Recent;
use crate::model::source::Source;
use crate::model::verdict::Decision;
use crate::model::verdict::{Judgement, Verdict};
use crate::report::{self, ProfileRow, Said, rows};
use crate::settings::options::Options;
use crate::sync::deliver;
use crate::sync::write_back::WroteBack;
use crate::sync::write_json::Written;

/// One profile, or a store that is not served.
#[derive(Debug)]
pub struct Item<'a> {
    /// Index of its store.
    pub store: usize,
    /// The profile and what was decided about it.
    pub decided: Option<(&'a Profile, Arc<Decision>)>,
    /// Its row in the report.
    pub row: ProfileRow,
}

/// Everything that an inventory holds, decided.
#[must_use]
pub fn all<'a>(inventory: &'a Inventory, decider: &Decider<'_>, options: &Options, within: i64) -> Vec<Item<'a>> {
    let of_store = |store: &Store| store.profiles.len().max(1);
    let mut items = Vec::with_capacity(inventory.stores.iter().map(of_store).sum());
    let names: Vec<_> = inventory.state_dirs.iter().map(rows::name).collect();
    // The same decision about the same profile is told in the same words.
    let mut told: Recent<(*const Profile, *const Decision, Arc<Said>)> = Recent::default();
    for (index, store) in inventory.stores.iter().enumerate().filter(|(_, store)| store.selected) {
        if matches!(store.state, StoreState::Refused(..) | StoreState::Failed) {
            items.push(Item { store: index, decided: None, row: rows::store_row(inventory, store) });
        }
        let place = rows::place(inventory, store, names[store.state_dir].clone());
        for (profile, decision) in store.profiles.iter().zip(decider.decisions(index)) {
            let of: (*const Profile, *const Decision) = (&raw const **profile, &raw const **decision);
            let known = told.find(|(profile, decision, _)| (*profile, *decision) == of);
            let (.., said) = known.unwrap_or_else(|| {
                let mut said = rows::profile_said(inventory, profile, decision, options, within);
                said.refreshable = rows::profile_refreshable(inventory, decider, profile, decision, options.now);
                told.add((of.0, of.1, Arc::new(said)))
            });
            let row = ProfileRow { place: place.clone(), said };
            items.push(Item { store: index, decided: Some((profile, decision.clone())), row });
        }
    }
    items
}

impl Item<'_> {
    /// The code of a bound profile.
    #[must_use]
    pub fn code(&self, decider: &Decider<'_>, now: i64) -> Option<Code> {
        if self.row.result == Outcome::Failed {
            // Its problem tells.
            return None;
        }
        let Some((profile, decision)) = &self.decided else {
            // A profile that is to be created and is not there yet.
            return (matches!(self.row.action, Action::Create | Action::Link) && self.row.result == Outcome::Planned)
                .then_some(Code::Drift);
        };
        decision.source.map(|_| deliver::code(decider, decision, profile, self.row.result, now))
    }

    /// Notes that it was written.
    pub fn written(&mut self, written: &Written, sources: &[Source], options: &Options) {
        self.row.result = Outcome::Done;
        self.row.verdict = Some(written.verdict);
        self.row.cooldown_lifted = written.lifted;
        let source = &sources[written.source];
        if let (Some((profile, _)), Some(login)) = (&self.decided, source.login()) {
            let after = change::delivered(source.kind, written.verdict, profile, login, written.shape);
            rows::note_values(&mut self.row, &after, options.now, report::Thresholds::default().within);
        }
    }

    /// Notes that its tokens went into its CLI's file, or should have.
    pub fn wrote_back(&mut self, inventory: &Inventory, all: &[WroteBack]) {
        let is_this = |wrote: &&WroteBack| {
            wrote.store == inventory.stores[self.store].key && self.row.profile.as_ref() == Some(&wrote.profile)
        };
        if let Some(wrote) = all.iter().find(is_this) {
            self.row.action = Action::WriteBack;
            self.row.result = wrote.result;
            self.row.reason.clone_from(&wrote.reason);
        }
    }

    /// Notes that it is not, or no more, to be written back.
    pub fn not_to_write_back(&mut self) {
        if self.row.action == Action::WriteBack {
            self.row.action = Action::None;
            self.row.result = Outcome::None;
            if let Some((_, decision)) = &self.decided {
                self.row.reason = decision.judgement.reason.to_owned();
            }
        }
    }

    /// Notes that somebody else has put it in step meanwhile.
    pub fn settled(&mut self) {
        self.row.action = Action::None;
        self.row.result = Outcome::None;
        self.row.verdict = Some(Verdict::InSync);
        if let Some((_, decision)) = &mut self.decided {
            Arc::make_mut(decision).judgement = Judgement::new(Verdict::InSync, "put in step by somebody else");
            self.row.reason = decision.judgement.reason.to_owned();
        }
    }
}
