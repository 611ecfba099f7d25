//! The floor of writing: every agent's store is replaced by itself, as durably as ocsync does it, and nothing else is
//! done. No lock, no look at what it holds. The argument says how many are written at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

fn replace(dir: &Path) -> io::Result<()> {
    let (store, temp) = (dir.join("auth-profiles.json"), dir.join(".floor"));
    let bytes = fs::read(&store)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&temp)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&temp, &store)?;
    File::open(dir)?.sync_all()
}

fn main() -> io::Result<()> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let entries = fs::read_dir(Path::new(&home).join(".openclaw/agents"))?;
    let dirs = entries.map(|entry| Ok(entry?.path().join("agent"))).collect::<io::Result<Vec<PathBuf>>>()?;
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<()> {
        while let Some(dir) = dirs.get(next.fetch_add(1, Ordering::Relaxed)) {
            replace(dir)?;
        }
        Ok(())
    };
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
    })
}
