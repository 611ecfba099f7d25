//! The events of `status --history`, the newest first.

use serde::Serialize;

use crate::model::history::{Event, EventKind};
use crate::model::secret::Fingerprint;
use crate::model::time::{self, ago, span, utc};
use crate::report::cell::{Cell, Column};
use crate::report::columns::render;
use crate::report::screen::{Paint, Screen};

const COLUMNS: [Column; 7] = [
    Column::new("WHEN (UTC)", 0),
    Column::new("WHEN (LOCAL)", 0),
    Column::new("AGO", 1),
    Column::new("WHAT", 0),
    Column::new("LOGIN", 0),
    Column::new("PROFILE", 0),
    Column::new("WHY", 0),
];

/// One event in a report.
#[derive(Clone, Debug, Serialize)]
pub struct EventRow {
    /// When a run noted it.
    #[serde(serialize_with = "time::date")]
    pub at: Option<i64>,
    /// What happened: `rotated`, `delivered`.
    pub event: String,
    /// The login.
    pub source: Option<String>,
    /// The profile, `main/anthropic:default`; of several, the first.
    pub profile: Option<String>,
    /// How many other profiles it is about.
    pub more: u32,
    /// The access token that it is about.
    pub access: Option<Fingerprint>,
    /// Why, as a sentence.
    pub reason: Option<String>,
    /// What happened, for the colour.
    #[serde(skip)]
    pub kind: EventKind,
}

impl EventRow {
    /// The row of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let text = |text: &Option<Box<str>>| text.as_ref().map(ToString::to_string);
        Self {
            at: Some(event.at),
            event: event.kind.name().to_owned(),
            source: text(&event.source),
            profile: text(&event.profile),
            more: event.more,
            access: event.access,
            reason: text(&event.why),
            kind: event.kind.clone(),
        }
    }

    fn cells(&self, now: i64, screen: &Screen) -> Vec<Cell> {
        let or_dash = |text: Option<String>| text.map_or_else(Cell::none, Cell::from);
        let paint = match self.kind {
            EventKind::Failed | EventKind::Ended => Some(Paint::Red),
            _ => None,
        };
        let more = if self.more > 0 { format!(" and {} more", self.more) } else { String::new() };
        let why = match (&self.reason, self.access) {
            (Some(reason), _) => Some(reason.clone()),
            (None, Some(access)) => Some(format!("access token {access}")),
            (None, None) => None,
        };
        vec![
            or_dash(self.at.and_then(utc)),
            or_dash(self.at.and_then(|at| screen.local(at))),
            or_dash(self.at.map(|at| if at > now { ago(at, now) } else { span(now.saturating_sub(at)) })),
            Cell(self.event.clone(), paint),
            or_dash(self.source.clone()),
            or_dash(self.profile.as_ref().map(|profile| format!("{profile}{more}"))),
            why.map_or_else(|| Cell(String::new(), None), Cell::from),
        ]
    }
}

/// The events as a table.
pub fn table(rows: &[EventRow], now: i64, screen: &Screen) -> String {
    if rows.is_empty() {
        return "nothing happened in the last 30 days, as far as ocsync has seen\n".to_owned();
    }
    render(&COLUMNS, &rows.iter().map(|row| row.cells(now, screen)).collect::<Vec<_>>(), screen)
}
