//! What a program prints. It is read in the background: a full pipe would stop the program.

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// At most this many bytes are kept of what a program prints. The rest is read and thrown away.
pub(crate) const KEPT: usize = 1 << 20;

/// What a stream brings, gathered by a thread of its own.
pub(crate) struct Gathered {
    kept: Arc<Mutex<Vec<u8>>>,
    open: Receiver<()>,
}

impl Gathered {
    /// Reads a stream to its end, and keeps the beginning.
    pub(crate) fn from(stream: Option<impl Read + Send + 'static>) -> io::Result<Self> {
        let kept = Arc::<Mutex<Vec<u8>>>::default();
        let (ended, open) = mpsc::channel::<()>();
        let theirs = Arc::clone(&kept);
        Builder::new().spawn(move || {
            let _ended = ended;
            let Some(mut stream) = stream else { return };
            let mut chunk = [0; 8192];
            while let Ok(read @ 1..) = retry(|| stream.read(&mut chunk)) {
                let mut kept = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT.saturating_sub(kept.len()).min(read);
                kept.extend_from_slice(&chunk[..room]);
            }
        })?;
        Ok(Self { kept, open })
    }

    /// What has come. The program has ended. A process that has left its group may hold the stream
    /// open for ever, so this waits a second at most.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let _ = self.open.recv_timeout(Duration::from_secs(1));
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
