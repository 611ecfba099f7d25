//! What a run has found and done, as one value. Every form of output is made from it.
//!
//! - `row` - the rows of sources, installations and profiles
//! - `rows` - makes those of sources and profiles
//! - `installations` - makes those of installations
//! - `refreshable` - whether a new access token can be had without a new login
//! - `check` - whether `check-expiry` counts a profile
//! - `state` - the state of a credential by its expiry, as a word and as an exit code
//! - `text` - the lines of `sync` and `refresh`, and the lines on stderr
//! - `wrap` - breaks a text into lines
//! - `width` - how many columns of a terminal a text takes
//! - `tables` - the tables of `status`
//! - `cell` - what a table is made of
//! - `columns` - makes a table fit the screen
//! - `layout` - divides its columns among the lines of a row
//! - `explained` - one profile, with the rules that decided
//! - `past` - the events of `status --history`
//! - `group` - shows equal rows as one
//! - `advice` - what a person can do, for the last column of a table
//! - `screen` - the width of the screen, and whether to use colour
//! - `summary` - the result in one line
//! - `line` - the one line of `check-expiry`
//! - `nagios` - this line in the form of a monitoring plugin
//! - `prometheus` - the metrics
//!
//! JSON needs no file of its own: it is [`Report`], serialised.

pub mod advice;
pub mod cell;
pub mod check;
pub mod columns;
pub mod explained;
pub mod group;
pub mod installations;
pub mod layout;
pub mod line;
pub mod nagios;
pub mod past;
pub mod prometheus;
pub mod refreshable;
pub mod row;
pub mod rows;
pub mod screen;
pub mod state;
pub mod summary;
pub mod tables;
pub mod text;
pub mod width;
pub mod wrap;

pub use past::EventRow;
pub use row::{Check, ConfigRow, Finding, InstallationRow, Place, ProfileRow, Replaces, SourceRow};
pub use state::{State, Thresholds};

use serde::Serialize;

use crate::model::consequence::Consequence;
use crate::model::exit::Code;
use crate::model::explanation::Explanation;
use crate::model::item::Exported;
use crate::model::problem::{Problem, escaped};
use crate::model::time;

/// The report of a run. Serialised, it is the output of `--json`. A field may be added but never changed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The command.
    pub command: &'static str,
    /// Its exit code.
    pub exit: u8,
    /// The time that the run worked with, RFC 3339.
    pub now: Option<String>,
    /// The result in one line.
    pub summary: String,
    /// How many profiles were written.
    pub changed: usize,
    /// A person has said how much time must be left.
    #[serde(skip)]
    pub asked_within: bool,
    /// The sources.
    pub sources: Vec<SourceRow>,
    /// The profiles.
    pub profiles: Vec<ProfileRow>,
    /// The configuration, where only that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigRow>,
    /// The installations of OpenClaw; only `status` lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub installations: Vec<InstallationRow>,
    /// The explanations of the profile that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Explanation>,
    /// What happened lately, the newest first, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<EventRow>>,
    /// What a dry run foresees beside the changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// The environment files that were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exported: Vec<Exported>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Report {
    /// An empty report, of a run that has not read anything yet.
    pub fn new(command: &'static str, now: i64) -> Self {
        Self {
            version: 1,
            command,
            exit: 0,
            now: time::rfc3339(now),
            summary: String::new(),
            changed: 0,
            asked_within: false,
            sources: Vec::new(),
            profiles: Vec::new(),
            configuration: None,
            installations: Vec::new(),
            explained: Vec::new(),
            history: None,
            consequences: Vec::new(),
            exported: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The logins that count: those that profiles are bound to or that a CLI uses for agents, or all of them where no
    /// profile is bound to any.
    pub fn counted_sources(&self) -> impl Iterator<Item = &SourceRow> {
        let serves = |source: &SourceRow| {
            let mut bound = self.profiles.iter().filter_map(|row| row.finding.source).peekable();
            source.by_cli || bound.peek().is_none() || bound.any(|of| of == source.source)
        };
        self.sources.iter().filter(|row| row.counts()).filter(move |row| serves(row))
    }

    /// The report and the exit code of a run that could not begin.
    pub fn stopped(command: &'static str, now: i64, problem: Problem) -> (Self, Code) {
        let code = problem.failure.unwrap_or(Code::Internal);
        (Self { problems: vec![problem], ..Self::new(command, now) }, code)
    }

    /// The output of `--json`.
    ///
    /// # Errors
    /// None that is known.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(escaped(&serde_json::to_string_pretty(self)?) + "\n")
    }
}
