//! The nouns: the values that all the other rooms work with. Nothing here reads a file, a clock or the environment.
//!
//! What is read:
//! - `login` - what a CLI's login consists of: tokens, expiry, identity
//! - `source` - one login together with the CLI that owns it
//! - `source_id` - which login is meant, where a CLI has several
//! - `source_kind` - the CLIs
//! - `profile` - one entry of an OpenClaw store
//! - `fence` - the mark that OpenClaw puts in place of tokens while it refreshes them
//! - `agent` - an agent, and the files that it has
//! - `installation` - one OpenClaw: its state directory, agents and settings
//! - `border` - whether its gateway runs in a container, and how it sees the files of this side
//! - `route` - by which route an agent's models reach their vendor
//! - `inventory` - everything that a run looks at
//! - `seers` - which agents see a row of SQLite
//!
//! What is decided and done:
//! - `verdict` - the verdicts, and the forms in which a credential is delivered
//! - `decision` - what was decided about one profile
//! - `reason` - the table of all reasons
//! - `reason_kind` - the verdict that a reason explains, and what follows from it
//! - `remedy` - what a person can do about a reason
//! - `remedy_command` - the commands that these are made of
//! - `because` - a reason with its detail
//! - `item` - one profile on its way through a run
//! - `consequence` - what a dry run foresees
//! - `policy` - what the operator has chosen
//! - `sqlite_write` - whether profiles in SQLite are updated where they are
//! - `target` - a profile as the command line names it
//! - `problem` - an error, a warning or a note, with a hint
//! - `explanation` - why one profile is as it is
//! - `exit` - the table of exit codes
//!
//! What is remembered:
//! - `journal` - all that ocsync remembers between two runs
//! - `seen_tokens` - which login or profile has held a token: questions to the journal
//! - `lineage` - the tokens that one login has had, and which of two credentials is newer
//! - `history` - what happened to the logins and profiles in the last 30 days
//! - `record` - what the journal knows of a store and its profiles
//! - `kept` - a login that was replaced
//! - `kept_file` - a file of `replaced/`: the logins of one profile that were replaced
//! - `attempts` - failed refreshes, and how long to wait after them
//! - `setup_token` - what is a setup token, and when it ends at the latest
//! - `unrenewed` - whether anybody renews a login in time
//!
//! Small tools:
//! - `secret` - a token that cannot be printed, and its fingerprint
//! - `zeroizing` - a text or bytes that are overwritten when they are dropped
//! - `jwt` - reads the claims of a JWT
//! - `json_text` - finds the members of a JSON object without a tree
//! - `json_edit` - changes single values in a JSON text
//! - `recent` - keeps equal values in memory once
//! - `from_text` - a value that a configuration holds as text
//! - `shell` - words as a shell reads them
//! - `time` - times and durations as text
//! - `version` - OpenClaw's version, and what depends on it

pub mod agent;
pub mod attempts;
pub mod because;
pub mod border;
pub mod consequence;
pub mod decision;
pub mod exit;
pub mod explanation;
pub mod fence;
pub mod from_text;
pub mod history;
pub mod installation;
pub mod inventory;
pub mod item;
pub mod journal;
pub mod json_edit;
pub mod json_text;
pub mod jwt;
pub mod kept;
pub mod kept_file;
pub mod lineage;
pub mod login;
pub mod policy;
pub mod problem;
pub mod profile;
pub mod reason;
pub mod reason_kind;
pub mod recent;
pub mod record;
pub mod remedy;
pub mod remedy_command;
pub mod route;
pub mod secret;
pub mod seen_tokens;
pub mod seers;
pub mod setup_token;
pub mod shell;
pub mod source;
pub mod source_id;
pub mod source_kind;
pub mod sqlite_write;
pub mod target;
pub mod time;
pub mod unrenewed;
pub mod verdict;
pub mod version;
pub mod zeroizing;
