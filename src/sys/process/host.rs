//! Which machine, which boot of it and which PID namespace a process is in. A pid says nothing without these: on a home
//! that two machines share, a process of the other one is not to be seen, and the first namespace of every machine has
//! the same number.

use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::model::secret::sha256_hex;
use crate::sys::fs::read;
use crate::sys::process::alive;

/// Where a process is. Each is a short text, and empty where the system does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Made of the machine's id and its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Made of the id of the boot.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub boot: String,
    /// The PID namespace, `pid:[4026531836]`.
    #[serde(default, rename = "pidNamespace", skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

impl Host {
    /// Machine and boot as a part of a file's name. [`Host::of_name`] reads it.
    pub fn to_name(&self) -> String {
        format!("{}-{}", self.machine, self.boot)
    }

    /// The host in two parts of a file's name.
    pub fn of_name(machine: &str, boot: &str) -> Self {
        Self { machine: machine.to_owned(), boot: boot.to_owned(), namespace: String::new() }
    }
}

/// Where this process is.
pub fn own() -> &'static Host {
    static OWN: OnceLock<Host> = OnceLock::new();
    OWN.get_or_init(|| {
        let text = |path: &str| {
            let bytes = read::read(Path::new(path)).ok().flatten().map_or_else(Vec::new, |(bytes, _)| bytes);
            String::from_utf8_lossy(&bytes).trim().to_owned()
        };
        let short = |text: String| if text.is_empty() { text } else { sha256_hex(text.as_bytes())[..8].to_owned() };
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Host {
            machine: short(format!("{} {name}", text("/etc/machine-id"))),
            boot: short(text("/proc/sys/kernel/random/boot_id")),
            namespace: namespace.to_string_lossy().into_owned(),
        }
    })
}

/// Whether a process may still be working: it lives here, or it cannot be seen from here.
#[must_use]
pub fn lives(host: &Host, pid: i64, start: Option<u64>) -> bool {
    is_elsewhere(host) || !is_earlier(host) && (host.namespace != own().namespace || alive::lives(pid, start))
}

/// The same where a pid of another namespace may be judged: its start tells it from a process of this one.
#[must_use]
pub fn lives_in_any_namespace(host: &Host, pid: i64, start: Option<u64>) -> bool {
    is_elsewhere(host) || !is_earlier(host) && alive::lives(pid, start)
}

/// An earlier boot of this machine has left no process.
fn is_earlier(host: &Host) -> bool {
    host.boot != own().boot
}

/// Whether it may be another machine. No two have a boot of the same id.
fn is_elsewhere(host: &Host) -> bool {
    let is_here = !host.boot.is_empty() && host.boot == own().boot;
    let is_known = host.boot.is_empty() == own().boot.is_empty() && !host.machine.is_empty();
    !(is_here || is_known && host.machine == own().machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_seen_from_here_is_dead() {
        let dead = i64::from(i32::MAX) - 1;
        let is_dead = |change: fn(&mut Host)| {
            let mut host = own().clone();
            change(&mut host);
            !lives(&host, dead, None)
        };
        assert!(is_dead(|_| {}));
        assert!(is_dead(|host| host.boot = "other".to_owned()), "an earlier boot");
        for (at, change) in [
            |host: &mut Host| host.boot.clear(),
            |host: &mut Host| host.namespace.clear(),
            |host: &mut Host| host.namespace = "1".to_owned(),
            |host: &mut Host| (host.machine, host.boot) = ("other".to_owned(), "other".to_owned()),
        ]
        .into_iter()
        .enumerate()
        {
            assert!(!is_dead(change), "{at}");
        }
        assert!(lives(own(), i64::from(std::process::id()), alive::own_start_time()));
        let name = own().to_name();
        let (machine, boot) = name.split_once('-').unwrap();
        let named = Host::of_name(machine, boot);
        assert_eq!(named.to_name(), name);
        assert!(lives(&named, dead, None) && !lives_in_any_namespace(&named, dead, None));
        assert!(lives_in_any_namespace(&Host::of_name("other", "other"), dead, None));
        assert!(own().boot.len() == 8 && own().machine.len() == 8 && !own().namespace.is_empty());
    }
}
