//! What is known of each installation of OpenClaw, and when ocsync last delivered something.

use crate::model::installation::Era;
use crate::model::inventory::{Installation, Inventory};
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::report::rows::name;
use crate::report::{InstallationRow, Report};

/// The installations, and when ocsync last delivered to each profile and each of them.
pub fn date(report: &mut Report, items: &[Item<'_>], inventory: &Inventory, journal: &Journal) {
    for (row, item) in report.profiles.iter_mut().zip(items) {
        let record = item.id().and_then(|id| journal.record(&item.at.store.key, id));
        row.delivered_at = record.and_then(|record| record.delivered_at);
    }
    let installation = |of: &Installation| {
        let records = of.stores.iter().filter_map(|store| journal.stores.get(&store.key));
        InstallationRow {
            state_dir: name(&of.dir),
            openclaw: of.dir.version.map(|version| version.to_string()),
            store: match of.dir.era {
                Era::Json => Some("json"),
                Era::Sqlite => Some("sqlite"),
                Era::Unclear => None,
            },
            delivered_at: records.flat_map(|of| of.profiles.values()).filter_map(|of| of.delivered_at).max(),
        }
    };
    report.installations = inventory.installations.iter().map(installation).collect();
}
