//! The command lines that timers and OpenClaw use: `sync`, `sync --quiet` and `provide`.
//!
//! clap puts the options of all commands together before it looks at the words. That takes longer than a run that has nothing
//! to do, so these words are read without it. They mean the same to both.

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::settings::cli::read_only::WAIT;
use crate::settings::cli::{Cli, Command, Common, Provide, Sync};

impl Cli {
    /// Reads the words of a command line. The first one is the program's name.
    ///
    /// # Errors
    /// What clap says: also for what is no error, like `--help`.
    pub fn read(words: Vec<OsString>) -> Result<Self, clap::Error> {
        plain(words.iter().skip(1).map(OsString::as_os_str)).map_or_else(|| Self::by_clap(words), Ok)
    }

    fn by_clap(words: Vec<OsString>) -> Result<Self, clap::Error> {
        let mut cli = Self::try_parse_from(words)?;
        if let Command::Status(args) = &mut cli.command {
            args.settle().map_err(|why| Self::command().error(ErrorKind::ValueValidation, why))?;
        }
        Ok(cli)
    }
}

/// A command line of these words; `None` for any other.
fn plain<'a>(mut words: impl Iterator<Item = &'a OsStr>) -> Option<Cli> {
    let (command, option) = (words.next()?, words.next());
    let quiet = match option {
        None => false,
        Some(option) if option == "--quiet" && words.next().is_none() => true,
        Some(_) => return None,
    };
    let command = match command.to_str()? {
        "sync" => Command::Sync(Sync::default()),
        "provide" => Command::Provide(Provide { wait: WAIT }),
        _ => return None,
    };
    Some(Cli { command, common: Common { quiet, ..Common::default() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_mean_what_clap_says() {
        let read = |line: &str| plain(line.split_whitespace().map(OsStr::new)).map(|cli| format!("{cli:?}"));
        for line in ["sync", "sync --quiet", "provide", "provide --quiet"] {
            let words = [OsString::from("ocsync")].into_iter().chain(line.split_whitespace().map(OsString::from));
            let by_clap = Cli::try_parse_from(words).unwrap();
            assert_eq!(read(line), Some(format!("{by_clap:?}")), "{line}");
        }
        for line in ["", "--quiet", "sync sync", "sync --quiet --quiet", "sync --dry-run", "status", "provide x"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn a_number_and_a_profile_may_stand_in_either_order() {
        let read = |line: &str| {
            let words = [OsString::from("ocsync")].into_iter().chain(line.split_whitespace().map(OsString::from));
            match Cli::read(words.collect())?.command {
                Command::Status(args) => Ok((args.profile.map(|target| target.0), args.events)),
                other => panic!("{other:?}"),
            }
        };
        let of = |line: &str| read(line).map_err(|error: clap::Error| error.to_string()).unwrap();
        let (some, profile) = (|text: &str| Some(text.to_owned()), "ops/openai:default");
        for line in [
            "status --history 7 ops/openai:default",
            "status ops/openai:default --history 7",
            "status --history ops/openai:default 7",
            "status --history=ops/openai:default 7",
            "status 7 --history ops/openai:default",
            "status 7 --json --history ops/openai:default",
        ] {
            assert_eq!(of(line), (some(profile), Some(7)), "{line}");
        }
        for line in ["status --history ops/openai:default", "status ops/openai:default --history"] {
            assert_eq!(of(line), (some(profile), Some(20)), "{line}");
        }
        assert_eq!(of("status --history"), (None, Some(20)));
        assert_eq!(of("status 7 --history"), (None, Some(7)));
        assert_eq!(of("status --history 99999999999999999999999"), (None, Some(usize::MAX)));
        assert_eq!(of("status 7"), (some("7"), None));
        for line in ["status --history 7 8", "status --history a b", "status 8 --history 7", "status a --history b"] {
            assert_eq!(read(line).unwrap_err().kind(), ErrorKind::ValueValidation, "{line}");
        }
    }
}
