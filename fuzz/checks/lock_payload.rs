//! A lock's file: it is only ever judged dead for a reason, whatever it says.

use ocsync::testing::openclaw::lock::holder::{Payload, REFRESH_MS};

use super::{pick, split};

/// The first byte chooses an age and where the gateway lives.
pub(super) fn check(data: &[u8]) {
    let Some(([choice], text)) = split(data) else { return };
    let Ok(payload) = serde_json::from_slice::<Payload>(text) else { return };
    let container = choice & 1 == 1;
    let age = pick(choice >> 1, &[i64::MIN, -1, 0, REFRESH_MS, REFRESH_MS + 1, i64::MAX]);
    let ours = payload.holder.as_deref() == Some("ocsync");
    if payload.is_dead(age, container) {
        let pid = if ours { payload.holder_pid } else { payload.pid };
        let pid = pid.expect("no process, and dead nevertheless");
        assert!(ours || (age > REFRESH_MS && !container), "by its age, or across a container");
        assert!(
            !ours || !payload.host.machine.is_empty() || !payload.host.boot.is_empty(),
            "of another machine, perhaps"
        );
        let me = i64::from(std::process::id());
        assert!(pid != me || payload.start_time.is_some(), "this process lives");
    }
    assert!(!payload.is_dead(REFRESH_MS, container) || ours);
    // Far from where an age could not be told from it.
    assert!(payload.created().is_none_or(|created| created.abs() < i64::MAX / 8), "{payload:?}");
    // What we write of it is read back as the same.
    let written = serde_json::to_vec_pretty(&payload).unwrap();
    assert_eq!(serde_json::from_slice::<Payload>(&written).unwrap(), payload);
}
