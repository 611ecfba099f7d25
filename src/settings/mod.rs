//! What a run was asked for. The command line goes before the configuration file, and the file before the
//! defaults.
//!
//! - `cli` - the command line, as clap reads it
//! - `config_error` - what is wrong in the configuration: the key, and never the value
//! - `config_faults` - everything that is wrong in it
//! - `config_place` - line and column of a key
//! - `day` - a day, as a person writes it
//! - `did_you_mean` - the name that a misspelt one was meant to be
//! - `env` - the variables, and the paths that follow from them
//! - `every` - how often something that lasts is repeated
//! - `file` - ocsync's own configuration file
//! - `home` - the home directory must exist
//! - `login_dir` - the directory of a login, as a person writes it
//! - `login_paths` - where each CLI keeps its login
//! - `logins` - several logins of one CLI: which there are, and where each is
//! - `notify` - who hears of a run, and how
//! - `options` - everything that a run works with, made into values once
//! - `per_source` - a value for every source, or one of its own for some
//! - `programs` - where programs are searched for
//! - `refresh` - how each source is refreshed
//! - `root` - root works for itself alone
//! - `scope` - where the sources are, and which of them are read
//! - `span` - time spans in the configuration
//! - `state_dir_entry` - a state directory as the configuration names it
//! - `state_dirs` - which state directories of OpenClaw are read
//! - `values` - values that a person writes: commands and bindings

pub mod cli;
pub mod config_error;
pub mod config_faults;
pub mod config_place;
pub mod day;
pub mod did_you_mean;
pub mod env;
pub mod every;
pub mod file;
pub mod home;
pub mod login_dir;
pub mod login_paths;
pub mod logins;
pub mod notify;
pub mod options;
pub mod per_source;
pub mod programs;
pub mod refresh;
pub mod root;
pub mod scope;
pub mod span;
pub mod state_dir_entry;
pub mod state_dirs;
pub mod values;
