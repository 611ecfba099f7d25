//! How each source is refreshed: the command line over the configuration over the defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::due::{self, Via};
use super::token_endpoint::TokenUrl;
use crate::cli;
use crate::exit::Code;
use crate::per_source::PerSource;
use crate::problem::Problem;
use crate::report::time::span;
use crate::source::Kind;
use crate::words::{Span, Words};

/// How long a CLI may take: Claude Code must not be ended early, or its locks stay.
const TIMEOUT: i64 = 90_000;

/// The part of the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who refreshes.
    pub via: PerSource<Via>,
    /// With how much left a login is due.
    pub within: PerSource<Span>,
    /// How often the timer runs this.
    pub interval: Option<Span>,
    /// The container that the CLI lives in.
    pub container: PerSource<String>,
    /// The CLI's command.
    pub programs: BTreeMap<Kind, Words>,
    /// Where to post instead.
    pub token_url: PerSource<TokenUrl>,
    /// How long a CLI may take.
    pub timeout: Option<Span>,
}

/// How each source is refreshed. Times are milliseconds.
#[derive(Clone, Debug)]
pub struct Settings {
    via: PerSource<Via>,
    within: PerSource<Span>,
    container: PerSource<String>,
    programs: BTreeMap<Kind, Words>,
    token_url: PerSource<TokenUrl>,
    /// How often the timer runs this, where that is known.
    pub interval: Option<i64>,
    /// How long a CLI may take.
    pub timeout: Duration,
}

impl Settings {
    /// The command line over the configuration.
    ///
    /// # Errors
    /// For what no source allows.
    pub fn new(args: Option<&cli::Refresh>, config: &Config) -> Result<Self, Problem> {
        let via = config.via.with(args.map_or(&[], |args| &args.via));
        let by_name = |kind, via: &PerSource<Via>| via.each(kind) == Some(&Via::Http);
        if let Some(kind) = [Kind::MiniMax, Kind::Qwen].into_iter().find(|kind| by_name(*kind, &via)) {
            let message = format!("refresh.via: {} cannot be refreshed over http", kind.name());
            return Err(Problem::error(Code::Config, "config", message, "http is for claude and codex alone"));
        }
        let mut programs = config.programs.clone();
        programs.extend(args.into_iter().flat_map(|args| args.program.iter().cloned()));
        let timeout = args.and_then(|args| args.timeout).or(config.timeout.map(|span| span.0)).unwrap_or(TIMEOUT);
        let url = args.and_then(|args| args.token_url.clone()).map(|url| (None, url));
        Ok(Self {
            via,
            within: config.within.with(args.map_or(&[], |args| &args.within)),
            container: config.container.with(args.map_or(&[], |args| &args.container)),
            programs,
            token_url: config.token_url.with(&url.into_iter().collect::<Vec<_>>()),
            interval: args.and_then(|args| args.interval).or(config.interval.map(|span| span.0)),
            timeout: Duration::from_millis(timeout.clamp(0, 3_600_000).unsigned_abs()),
        })
    }

    /// Who refreshes a source. MiniMax' file also holds an API key, and has no lock: only `mmx`
    /// may write it.
    #[must_use]
    pub fn via(&self, kind: Kind) -> Via {
        let has_endpoint = matches!(kind, Kind::Claude | Kind::Codex);
        self.via.of(kind).copied().filter(|_| has_endpoint).unwrap_or_default()
    }

    /// With how much left a login is due.
    #[must_use]
    pub fn threshold(&self, kind: Kind) -> i64 {
        let within = self.within.of(kind).map_or_else(|| due::usual(kind), |span| span.0);
        due::threshold(kind, self.via(kind), within)
    }

    /// The container that a CLI lives in.
    #[must_use]
    pub fn container(&self, kind: Kind) -> Option<&str> {
        self.container.of(kind).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// A CLI's command; empty where it is the usual one.
    #[must_use]
    pub fn program(&self, kind: Kind) -> Vec<PathBuf> {
        self.programs.get(&kind).into_iter().flat_map(|words| words.0.iter().map(PathBuf::from)).collect()
    }

    /// Where to post.
    #[must_use]
    pub fn token_url(&self, kind: Kind) -> Option<TokenUrl> {
        self.token_url.of(kind).cloned().or_else(|| TokenUrl::of(kind))
    }

    /// A timer that may let a login expire between two runs.
    #[must_use]
    pub fn too_slow(&self, kind: Kind) -> Option<Problem> {
        let threshold = self.threshold(kind);
        let interval = self.interval.filter(|interval| *interval >= threshold)?;
        let message = format!(
            "{}: refreshed with at most {} left, but looked at only every {}: it may expire in between",
            kind.name(),
            span(threshold),
            span(interval)
        );
        let hint = match (kind, self.via(kind)) {
            (Kind::Claude, Via::Cli) => "Claude Code refreshes in the last 5 minutes only: run this every 4 minutes",
            _ => "make --within longer than the interval of the timer",
        };
        Some(Problem::warning("interval", message, hint))
    }
}
