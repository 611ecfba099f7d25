//! A token endpoint on loopback that is stricter than the real ones: a refresh token does once,
//! and who posts it again loses the whole family, as is said of Anthropic's and OpenAI's.
//!
//! What is asked in a way that the CLIs' endpoints need not take, by a stranger, or twice on one
//! connection, is a fault, and fails the test when the server is dropped. Tokens hold `canary`.

use std::collections::HashSet;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use ocsync::testing::model::source::SourceKind;

pub use super::token_state::Tokens;
use super::token_state::{State, path};
use super::token_wire;
pub use super::token_wire::{Script, http};

/// The server; ends, and fails the test if it was asked wrongly, when it is dropped.
pub struct TokenServer {
    port: u16,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TokenServer {
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let (of_thread, stopped) = (state.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            std::thread::scope(|scope| {
                for stream in listener.incoming().map_while(Result::ok) {
                    if stopped.load(Ordering::Relaxed) {
                        break;
                    }
                    scope.spawn(|| token_wire::serve(stream, &of_thread, &stopped));
                }
            });
        });
        Self { port, state, stop, thread: Some(thread) }
    }

    pub fn url(&self, kind: SourceKind) -> String {
        format!("http://127.0.0.1:{}{}", self.port, path(kind))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A new login of this account.
    pub fn login(&self, kind: SourceKind, account: &str) -> Tokens {
        self.state().login(kind, account)
    }

    /// How long access tokens live from now on, in seconds: eight hours at first.
    pub fn expires_in(&self, seconds: i64) {
        self.state().lifetime = seconds;
    }

    /// How long an answer takes; the token is spent before.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// The only client that may ask.
    pub fn client(&self, kind: SourceKind, id: &str) {
        self.state().clients.insert(kind, id.to_owned());
    }

    /// What becomes of the next request that is not scripted yet.
    pub fn next(&self, script: Script) {
        self.state().script.push_back(script);
    }

    /// How many requests came, right or wrong.
    pub fn posts(&self) -> usize {
        self.state().requests.len()
    }

    /// How many different refresh tokens were posted.
    pub fn distinct(&self) -> usize {
        self.state().posted.iter().collect::<HashSet<_>>().len()
    }

    /// How often one was posted that had been spent.
    pub fn reuses(&self) -> usize {
        self.state().reuses
    }

    /// Whether a refresh token would do.
    pub fn alive(&self, refresh: &str) -> bool {
        self.state().alive(refresh)
    }

    /// The newest tokens of the login that a refresh token belongs to.
    pub fn newest(&self, refresh: &str) -> Tokens {
        self.state().newest(refresh)
    }

    /// The requests, byte by byte.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.state().requests.clone()
    }

    /// Takes what was wrong, for a test that is about that.
    pub fn faults(&self) -> Vec<String> {
        std::mem::take(&mut self.state().faults)
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            assert!(ended.is_ok(), "the token server has panicked");
            let state = self.state();
            assert_eq!(state.faults, Vec::<String>::new(), "the token endpoint was asked wrongly");
            assert!(state.script.is_empty(), "scripted answers that nobody asked for");
        }
    }
}
