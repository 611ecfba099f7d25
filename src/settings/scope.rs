//! Where the sources are and which of them are read: the command line over the configuration over the
//! environment.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::model::policy::When;
use crate::model::problem::Problem;
use crate::model::source_id::SourceId;
use crate::settings::cli::Common;
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::{home, logins, root};

/// Where the sources are, and which of them are read.
#[derive(Debug)]
pub struct Scope {
    /// Variables and paths.
    pub env: Env,
    /// The sources to read.
    pub logins: Vec<SourceId>,
    /// The configuration.
    pub config: ConfigFile,
}

impl Scope {
    /// Reads environment and configuration, for a command that needs nothing else of them.
    ///
    /// # Errors
    /// What is wrong with the configuration, or with the home directory.
    pub fn read(common: &Common) -> Result<Self, Problem> {
        let env = Env::of_process(common.home.as_deref());
        root::refuse(&config_file(common, &env), &env)?;
        let config = config(common, &env)?;
        home::check(&env)?;
        Self::of(common, env, config)
    }

    /// The command line over the configuration over the environment.
    ///
    /// # Errors
    /// What is wrong with the logins.
    pub fn of(common: &Common, mut env: Env, config: ConfigFile) -> Result<Self, Problem> {
        logins::settle(common, &config, &config_file(common, &env), &mut env)?;
        env.keychain = match common.keychain.unwrap_or(config.keychain) {
            When::Always => true,
            When::Never => false,
            // macOS asks for a password at each read: never where nobody can answer.
            When::Auto => cfg!(target_os = "macos") && std::io::stderr().is_terminal(),
        };
        let chosen = [&common.source, &config.sources].into_iter().find(|chosen| !chosen.is_empty());
        let is_chosen = |login: &SourceId| chosen.is_none_or(|chosen| chosen.iter().any(|id| id.covers(*login)));
        let logins = env.logins().into_iter().filter(is_chosen).collect();
        Ok(Self { env, logins, config })
    }
}

/// The configuration file, whether it is there or not.
pub fn config_file(common: &Common, env: &Env) -> PathBuf {
    common.config.as_ref().map_or_else(|| env.config_file(), |path| env.expand(path))
}

/// The configuration of a run.
///
/// # Errors
/// What is wrong with it.
pub fn config(common: &Common, env: &Env) -> Result<ConfigFile, Problem> {
    ConfigFile::read(&config_file(common, env), common.config.is_some())
}
