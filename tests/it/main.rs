//! What the program does, seen from outside: it runs in throw-away homes, as threads of one process.
//!
//! So no test here changes its own process: no working directory, no variable, no limit, no handler of signals. One
//! that has to runs in a process of its own: `home::alone`. The mask of modes is the same for all: `home::usual_umask`.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../home/mod.rs"]
mod home;

mod notify {
    mod flag_file;
    mod hook_fails;
    mod hooks;
    mod machine;
    mod machine_home;
    mod ping;
    mod shipped_hooks;
    mod timers;
    mod tokens_in_memory;
    mod week;
}
mod provide {
    mod garbage;
    mod requests;
}
mod refresh {
    mod answers;
    mod cli;
    mod cli_locks;
    mod codex_locks;
    mod http;
    mod kills;
    mod lock_contention;
    mod logins;
    mod mounts;
    mod official_cli;
    mod official_cli_codex;
    mod official_cli_stop;
    mod recovery;
    mod refusals;
    mod stopped;
    mod token_endpoint;
    mod token_lost;
    mod write_back;
    mod write_back_refused;
}
mod sqlite {
    mod codex;
    mod containers;
    mod cost;
    mod holder;
    mod hostile;
    mod linking;
    mod links;
    mod no_json_store;
    mod own_login;
    mod read;
    mod routes;
    mod setup_tokens;
    mod shadows;
    mod write;
    mod write_locks;
    mod write_many;
    mod write_races;
    mod write_refused;
}
mod status {
    mod bare_environment;
    mod foreign_names;
    mod formats;
    mod history;
    mod nobody_renews;
    mod refreshable;
    mod remedies;
    mod remedy_databases;
    mod remedy_homes;
    mod settings;
    mod snapshots;
    mod terminal;
    mod warnings;
}
mod sync {
    mod account_file;
    mod adopt;
    mod concurrency;
    mod cut_remains;
    mod env_file;
    mod files_for_others;
    mod hostile_files;
    mod internal;
    mod keychain;
    mod killed_writers;
    mod lock;
    mod lock_seen;
    mod logins;
    mod malformed;
    mod memory;
    mod named_agents;
    mod no_links;
    mod no_threads;
    mod own_runs;
    mod ownership;
    mod permissions;
    mod quiet;
    mod reload;
    mod replaced;
    mod signals;
    mod stuck_files;
    mod swapped;
    mod wrong_openclaw;
}

#[test]
fn every_file_here_is_a_module() {
    home::every_file::is_a_module_of("it/main.rs", "it");
}

#[test]
fn every_file_of_the_homes_is_a_module() {
    home::every_file::is_a_module_of("home/mod.rs", "home");
}
