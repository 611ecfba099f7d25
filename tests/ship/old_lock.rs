//! A lock in a home that nothing but a living holder keeps.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::home::{Home, iso, now, put};

impl Home {
    /// A lock of OpenClaw's that is so old that only the life of its holder speaks for it.
    pub fn old_lock(&self, holder: u32) {
        let lock = self.lock_path("main");
        put(&lock, &json!({ "pid": holder, "createdAt": iso(now() - 200_000) }).to_string());
        let then = SystemTime::now() - Duration::from_secs(200);
        fs::File::open(lock).unwrap().set_modified(then).unwrap();
    }
}
