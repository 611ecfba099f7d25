//! SIGTERM, SIGINT and SIGHUP end a run at its next safe point.
//!
//! The ordinary destructors release what the run holds. Then the process dies of that same signal, as
//! callers expect.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};

static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Starts to listen for signals. Also turns SIGXFSZ, which a file size limit raises and which would kill
/// the process, into an error of the write.
///
/// # Errors
/// What the system says.
pub fn listen() -> io::Result<()> {
    let flag = RECEIVED.get_or_init(Arc::default);
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register_usize(signal, Arc::clone(flag), signal.cast_unsigned() as usize)?;
    }
    signal_hook::flag::register(signal_hook::consts::signal::SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}

/// Whether a signal asked the run to stop.
#[must_use]
pub fn received() -> bool {
    RECEIVED.get().is_some_and(|flag| flag.load(Ordering::Relaxed) != 0)
}

/// Dies of the signal that was received. Does nothing if there was none.
pub fn die() {
    if let Some(signal) = RECEIVED.get().map(|flag| flag.load(Ordering::Relaxed)).filter(|signal| *signal != 0) {
        let _ = signal_hook::low_level::emulate_default_handler(i32::try_from(signal).unwrap_or(SIGTERM));
    }
}
