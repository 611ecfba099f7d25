//! How much a test does, how much of it at once, when it strikes, and when its threads stop.

/// A number that differs from call to call; good enough for a moment to strike at.
pub fn random(below: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish() % below
}

/// How much of something a soak does: the variable, or what every run of the tests does.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tells other threads to stop, also when a test fails: a scope waits for its threads.
pub struct Stop<'a>(pub &'a std::sync::atomic::AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Does the same with each of these, all at once: for what waits more than it works.
pub fn side_by_side<T: Send>(all: impl IntoIterator<Item = T>, work: impl Fn(T) + Sync) {
    let work = &work;
    std::thread::scope(|scope| all.into_iter().for_each(|one| drop(scope.spawn(move || work(one)))));
}
