//! Whether a process lives, and which of the processes that had its pid it is.

use std::path::Path;
use std::sync::OnceLock;

use rustix::process::{Pid, test_kill_process};

/// Whether a process lives: it exists, is no zombie, and started at `start`, where that is known.
#[must_use]
pub fn lives(pid: i64, start: Option<u64>) -> bool {
    let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(Pid::from_raw) else { return false };
    if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    let number = i64::from(pid.as_raw_nonzero().get());
    match (status(number), start) {
        (Some((b'Z' | b'X', _)), _) => false,
        (Some((_, started)), Some(start)) => started == start,
        _ => true,
    }
}

/// Start time of a process, in clock ticks since boot.
pub fn start_time(pid: i64) -> Option<u64> {
    status(pid).map(|(_, start)| start)
}

/// Start time of this process. It is asked for once: to answer, the kernel adds up the times of all threads.
pub fn own_start_time() -> Option<u64> {
    static START: OnceLock<Option<u64>> = OnceLock::new();
    *START.get_or_init(|| start_time(i64::from(std::process::id())))
}

/// State and start time of a process; `None` where `/proc` does not say.
fn status(pid: i64) -> Option<(u8, u64)> {
    let (bytes, _) = crate::sys::fs::read::read(Path::new(&format!("/proc/{pid}/stat"))).ok()??;
    // The name, in parentheses, may hold any character.
    let rest = &bytes[bytes.iter().rposition(|byte| *byte == b')')? + 1..];
    let fields: Vec<&[u8]> = rest.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).collect();
    let start = std::str::from_utf8(fields.get(19)?).ok()?.parse().ok()?;
    Some((*fields.first()?.first()?, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zombie_is_dead() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = i64::from(child.id());
        while status(pid).is_some_and(|(state, _)| state != b'Z') {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(!lives(pid, None));
        child.wait().unwrap();
    }
}
