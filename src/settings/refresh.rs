//! How each source is refreshed: the command line over the configuration over the defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::core::due;
use crate::model::exit::Code;
use crate::model::policy::Via;
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::model::time::span;
use crate::settings::cli;
use crate::settings::file::RefreshFile;
use crate::settings::per_source::PerSource;
use crate::settings::span::Span;
use crate::settings::values::CommandLine;
use crate::sys::url::SafeUrl;

/// How long a CLI may take, in milliseconds. Claude Code that is ended early leaves its locks behind.
const TIMEOUT: i64 = 90_000;

/// How each source is refreshed. Times are milliseconds.
#[derive(Clone, Debug)]
pub struct RefreshSettings {
    via: PerSource<Via>,
    within: PerSource<Span>,
    container: PerSource<String>,
    programs: BTreeMap<SourceId, CommandLine>,
    token_url: PerSource<SafeUrl>,
    /// How often the timer runs `refresh`, where that is known.
    pub interval: Option<i64>,
    /// How long a CLI may take.
    pub timeout: Duration,
}

impl RefreshSettings {
    /// The command line over the configuration.
    ///
    /// # Errors
    /// The configuration asks for something that a source does not have.
    pub fn new(args: Option<&cli::Refresh>, config: &RefreshFile) -> Result<Self, Problem> {
        let via = config.via.with(args.map_or(&[], |args| &args.via));
        let names_http = |kind: &SourceKind| via.each(*kind) == Some(&Via::Http);
        if let Some(kind) = [SourceKind::MiniMax, SourceKind::Qwen].into_iter().find(names_http) {
            let message = format!("refresh.via: {} cannot be refreshed over http", kind.name());
            return Err(Problem::error(Code::Config, "config", message, "http is for claude and codex alone"));
        }
        let mut programs = config.programs.clone();
        for (id, program) in args.into_iter().flat_map(|args| &args.program) {
            programs.retain(|known, _| !id.covers(*known));
            programs.insert(*id, program.clone());
        }
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

    /// Who refreshes a source. Only `mmx` may write the file of MiniMax: it also holds an API key, and has
    /// no lock.
    pub fn via(&self, id: SourceId) -> Via {
        let has_endpoint = matches!(id.kind, SourceKind::Claude | SourceKind::Codex);
        self.via.of(id).copied().filter(|_| has_endpoint).unwrap_or_default()
    }

    /// A login is due when it has at most this much time left, in milliseconds.
    pub fn threshold(&self, id: SourceId) -> i64 {
        let within = self.within.of(id).map_or_else(|| due::usual(id.kind), |span| span.0);
        due::threshold(id.kind, self.via(id), within)
    }

    /// The container that a CLI lives in.
    pub fn container(&self, id: SourceId) -> Option<&str> {
        self.container.of(id).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// A CLI's command; empty where it is the usual one.
    pub fn program(&self, id: SourceId) -> Vec<PathBuf> {
        let program = self.programs.get(&id).or_else(|| self.programs.get(&id.kind.into()));
        program.into_iter().flat_map(|words| words.0.iter().map(PathBuf::from)).collect()
    }

    /// The token endpoint of a source; `None` where it has none.
    pub fn token_url(&self, id: SourceId) -> Option<SafeUrl> {
        self.token_url.of(id).cloned().or_else(|| endpoint(id.kind))
    }

    /// A warning where the timer may let a login expire between two runs.
    #[must_use]
    pub fn too_slow(&self, id: SourceId) -> Option<Problem> {
        let threshold = self.threshold(id);
        let interval = self.interval.filter(|interval| *interval >= threshold)?;
        let message = format!(
            "{}: refreshed with at most {} left, but looked at only every {}: it may expire in between",
            id.name,
            span(threshold),
            span(interval)
        );
        let hint = match (id.kind, self.via(id)) {
            (SourceKind::Claude, Via::Cli) => {
                "Claude Code refreshes in the last 5 minutes only: run this every 4 minutes"
            }
            _ => "make --within longer than the interval of the timer",
        };
        Some(Problem::warning("interval", message, hint))
    }
}

/// The token endpoint of a CLI (Claude Code from 2.1.7 to 2.1.328, Codex 0.160.0 to 0.169.0).
fn endpoint(kind: SourceKind) -> Option<SafeUrl> {
    let url = match kind {
        SourceKind::Claude => "https://platform.claude.com/v1/oauth/token",
        SourceKind::Codex => "https://auth.openai.com/oauth/token",
        SourceKind::MiniMax | SourceKind::Qwen => return None,
    };
    url.parse().ok()
}
