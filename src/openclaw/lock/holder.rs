//! What a lock file says of its holder, and whether that holder is dead.
//!
//! OpenClaw holds its lock while it refreshes a token, so age alone proves nothing. A lock of OpenClaw's is dead when
//! two things are true: its process is dead (gone, a zombie, or its pid belongs to another process), and the lock is
//! older than any refresh lasts. A lock of ocsync's is held for milliseconds and names its machine, boot and
//! PID namespace: it is dead as soon as its process is, where that can be seen.

use serde::{Deserialize, Serialize};

use crate::model::time;
use crate::sys::clock;
use crate::sys::process::alive::{lives, own_start_time};
use crate::sys::process::host::{self, Host};

/// No refresh of OpenClaw lasts longer than this (2026.5.28 caps it at 120 s).
pub const REFRESH_MS: i64 = 180_000;

/// The content of a lock file. OpenClaw up to 2026.5.18 writes the first two keys, and 2026.5.28 the third as well.
/// The others are ocsync's; OpenClaw tolerates them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The pid of the holder. It is left out where other processes cannot judge it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i64>,
    /// When the lock was taken, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The start time of the process (field 22 of `/proc/PID/stat`).
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "starttime")]
    pub start_time: Option<u64>,
    /// `ocsync` in a lock of ocsync's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The pid of the holder in a lock of ocsync's, also where `pid` is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_pid: Option<i64>,
    /// Where the holder is.
    #[serde(flatten)]
    pub host: Host,
}

impl Payload {
    /// The payload of a lock that this process takes now. With `container` the gateway is in another PID namespace,
    /// and would take this process's pid for dead: `pid` is left out.
    pub fn own(container: bool) -> Self {
        let pid = i64::from(std::process::id());
        Self {
            pid: (!container).then_some(pid),
            created_at: Some(time::iso(clock::now())),
            start_time: own_start_time().filter(|_| !container),
            holder: Some("ocsync".to_owned()),
            holder_pid: Some(pid),
            host: host::own().clone(),
        }
    }

    /// Whether the lock may be taken away. `age` is the shortest age that its times allow, in milliseconds.
    #[must_use]
    pub fn is_dead(&self, age: i64, container: bool) -> bool {
        if self.is_ocsyncs() {
            return self.holder_pid.is_some_and(|pid| !host::lives(&self.host, pid, self.start_time));
        }
        !container && age > REFRESH_MS && self.pid.is_some_and(|pid| !lives(pid, self.start_time))
    }

    /// Whether ocsync made the lock.
    pub fn is_ocsyncs(&self) -> bool {
        self.holder.as_deref() == Some("ocsync")
    }

    /// When the lock was taken, in milliseconds.
    pub fn created(&self) -> Option<i64> {
        time::parse(self.created_at.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAD: i64 = i32::MAX as i64 - 1;

    fn foreign(pid: Option<i64>, start_time: Option<u64>) -> Payload {
        Payload { pid, start_time, ..Payload::default() }
    }

    #[test]
    fn a_foreign_lock_is_dead_when_its_process_is_and_no_refresh_lasts_so_long() {
        let me = i64::from(std::process::id());
        let old = REFRESH_MS + 1;
        assert!(foreign(Some(DEAD), None).is_dead(old, false));
        assert!(!foreign(Some(DEAD), None).is_dead(REFRESH_MS, false));
        assert!(!foreign(Some(DEAD), None).is_dead(old, true));
        assert!(!foreign(None, None).is_dead(i64::MAX, false));
        assert!(!foreign(Some(me), None).is_dead(i64::MAX, false));
        assert!(!foreign(Some(me), own_start_time()).is_dead(i64::MAX, false));
        assert!(foreign(Some(me), Some(1)).is_dead(old, false));
        assert!(foreign(Some(0), None).is_dead(old, false));
        assert!(!foreign(Some(1), None).is_dead(i64::MAX, false), "another user's process lives");
    }

    #[test]
    fn an_own_lock_is_dead_at_once_where_its_process_can_be_seen() {
        for container in [false, true] {
            let mut own = Payload::own(container);
            assert_eq!(own.pid.is_none(), container);
            assert!(!own.is_dead(i64::MAX, container));
            own.holder_pid = Some(DEAD);
            assert!(own.is_dead(0, container));
            let host = own.host.clone();
            own.host.namespace = "1".to_owned();
            assert!(!own.is_dead(i64::MAX, container));
            own.host = Host { machine: "other".to_owned(), boot: "other".to_owned(), ..host };
            assert!(!own.is_dead(i64::MAX, container), "another machine's");
        }
    }
}
