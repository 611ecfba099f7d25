//! The floor: what no program that looks at every agent's store can be faster than. Each is
//! opened, read into one buffer, and closed; nothing is looked at.

use std::fs::{File, read_dir};
use std::io::{self, Read};
use std::path::Path;

fn main() -> io::Result<()> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let agents = Path::new(&home).join(".openclaw/agents");
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    for entry in read_dir(agents)? {
        let store = entry?.path().join("agent/auth-profiles.json");
        total += File::open(store)?.read(&mut buffer)?;
    }
    std::hint::black_box(total);
    Ok(())
}
