//! The credential stores of the CLIs that own the logins, read only. `refresh/save.rs` writes those of Claude Code
//! and Codex.
//!
//! - `by_kind` - reads the login of a CLI by its kind; most callers need nothing else
//! - `claude` - Claude Code: `.credentials.json`, and the account in `.claude.json`
//! - `claude_account` - whose login Claude Code's is
//! - `keychain` - Claude Code on macOS: the login in the Keychain
//! - `codex` - Codex: `auth.json`
//! - `codex_config` - Codex: where `config.toml` says that the login is
//! - `minimax` - MiniMax: `config.json` of `mmx`, else the file that OpenClaw imports from
//! - `qwen` - Qwen Code: `oauth_creds.json`
//! - `also_held` - other programs that keep copies of these logins
//! - `unconfigured` - logins beside the first ones that no setting names
//! - `document` - how one of these files is read: it may be half written, and a wrong field is named with its place

pub mod also_held;
pub mod by_kind;
pub mod claude;
pub mod claude_account;
pub mod codex;
pub mod codex_config;
pub mod document;
pub mod keychain;
pub mod minimax;
pub mod qwen;
pub mod unconfigured;

pub use by_kind::{LastReads, read_all, read_login, state};
