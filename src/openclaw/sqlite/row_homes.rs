//! The rows that profiles are in, and why a row must not be written.
//!
//! What the state database says counts for all databases of an installation.

use std::path::Path;
use std::sync::Arc;

use crate::model::agent::Agent;
use crate::model::because::Because;
use crate::model::installation::StateDir;
use crate::model::inventory::{Database, RowHome};
use crate::model::reason::Reason;
use crate::model::recent::Recent;
use crate::openclaw::sqlite::claims::{Claims, Owner};
use crate::openclaw::sqlite::coordinator;
use crate::sys::fs::read::FileId;
use crate::sys::fs::remote::remote;

/// The rows of an installation.
pub(super) struct RowHomes<'a> {
    dir: &'a StateDir,
    /// Whether to find out what may be written.
    to_write: bool,
    /// Why nothing of this installation may be written, as its state database says.
    pub forbidden: Option<Reason>,
    /// The rows that were met. Those of most agents are alike.
    known: Recent<Arc<RowHome>>,
    /// The file systems that were met, by their devices, and the names of those that are remote.
    remote: Vec<(u64, Option<&'static str>)>,
    /// The user of this run.
    user: u32,
}

impl<'a> RowHomes<'a> {
    /// With `to_write` it finds out what may be written.
    pub fn new(dir: &'a StateDir, to_write: bool) -> Self {
        let user = rustix::process::geteuid().as_raw();
        Self { dir, to_write, forbidden: None, known: Recent::default(), remote: Vec::new(), user }
    }

    /// The row of profiles in the database at `path`, which is `agent`'s, or the state database.
    pub fn home(&mut self, path: &Path, file: FileId, claims: &Claims, agent: Option<&Agent>) -> Arc<RowHome> {
        let database = match agent {
            None => Database::State,
            Some(agent) if agent.main => Database::Main,
            Some(_) => Database::Own,
        };
        let refusal = if self.to_write { self.refusal(path, file, claims, agent) } else { None };
        self.known.share(RowHome { database, refusal })
    }

    fn refusal(&mut self, path: &Path, file: FileId, claims: &Claims, agent: Option<&Agent>) -> Option<Because> {
        let border = &self.dir.border;
        let claimed = claims.refusal(self.dir.version, Owner::of(agent, self.dir.has_shared_store()));
        let unseen = || agent.is_none() && coordinator::find(path, border).is_none();
        let apart = border.container && cfg!(not(target_os = "linux"));
        self.remote(path, file)
            .map(|name| Because::of(Reason::SharedFileSystem, name))
            .or_else(|| apart.then_some(Reason::OtherMachine).map(Because::from))
            .or_else(|| claimed.map(|why| claims.because(why)))
            .or_else(|| self.forbidden.map(Because::from))
            .or_else(|| (file.uid != self.user).then_some(Reason::ForeignDatabase.into()))
            .or_else(|| unseen().then_some(Reason::CoordinatorUnseen.into()))
    }

    /// The name of the file system that a file is on, if it is not a local one. Each device is asked once.
    fn remote(&mut self, path: &Path, file: FileId) -> Option<&'static str> {
        let device = file.inode.0;
        if let Some((_, name)) = self.remote.iter().find(|(known, _)| *known == device) {
            return *name;
        }
        let name = remote(path);
        self.remote.push((device, name));
        name
    }
}
