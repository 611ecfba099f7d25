//! OpenClaw's gateway, and the program `openclaw` by which ocsync speaks to it.
//!
//! - `find` - whether a gateway seems to run
//! - `program` - runs `openclaw` for one installation, and not from root for another user
//! - `reload` - has a gateway read its profiles again, and says whether it has confirmed that

pub mod find;
pub mod program;
pub mod reload;
