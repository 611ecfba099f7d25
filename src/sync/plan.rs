//! What a pass is going to do: an item for each profile, the profiles to create, and the profiles to link.

use crate::core::decide::Decider;
use crate::model::inventory::Inventory;
use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::settings::options::Options;
use crate::sync::by_cli;
use crate::sync::create::{self, Creation};
use crate::sync::items;
use crate::sync::link::{self, Link};
use crate::sync::named_agents;

/// The plan of a pass.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Every profile that was read, is to be created or is to be linked.
    pub items: Vec<Item<'a>>,
    /// The profiles to create in JSON.
    pub creations: Vec<Creation<'a>>,
    /// The profiles to link in SQLite.
    pub links: Vec<Link<'a>>,
    /// Why other profiles are not created or linked.
    pub obstacles: Vec<Problem>,
}

/// Plans a pass. It writes nothing.
#[must_use]
pub fn plan<'a>(inventory: &'a Inventory, decider: &Decider<'_>, options: &Options) -> Plan<'a> {
    let mut items = items::all(inventory, decider, options);
    let (creations, mut obstacles) = create::plan(inventory, decider, options);
    items.extend(creations.iter().map(|creation| create::item(inventory, creation, options)));
    let (links, not_linked) = link::plan(inventory, decider, options);
    obstacles.extend(not_linked);
    obstacles.extend(by_cli::not_needed(inventory, options));
    obstacles.extend(named_agents::unserved(inventory, decider, options));
    items.extend(links.iter().map(link::item));
    // `write_back` has tried every proven profile already, and only the newest of each source.
    items.iter_mut().for_each(Item::keep_from_write_back);
    Plan { items, creations, links, obstacles }
}
