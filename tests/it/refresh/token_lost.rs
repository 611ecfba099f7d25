//! When a post fails, the caller learns whether the refresh token may be spent, in time, and
//! nothing is ever posted again.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::home::CANARY;
use crate::home::alone::alone;
use crate::home::token_ask::{answer, ask, ask_via, scripted};
use crate::home::token_server::{Script, TokenServer};
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::http::answer::Answer;

const SHORT: Duration = Duration::from_millis(700);

#[test]
fn what_is_lost_on_the_way_is_told_and_never_asked_for_again() {
    for (script, why) in [
        (Script::Reset, "connection reset"),
        (Script::Close, "closed before the answer was whole"),
        (Script::Truncated, "closed before the answer was whole"),
        (Script::SlowLoris, "no answer within 0.7 s"),
        (Script::Hang, "no answer within 0.7 s"),
        (Script::Raw("SMTP ready\r\n\r\n".to_owned()), "the answer is not HTTP"),
    ] {
        let (server, login) = scripted(SourceKind::Codex, script.clone());
        let start = Instant::now();
        let lost = ask(&server, SourceKind::Codex, &login.refresh, SHORT).unwrap_err();
        assert!(start.elapsed() < SHORT + Duration::from_millis(900), "{script:?}: {:?}", start.elapsed());
        assert!(lost.sent && lost.why.contains(why), "{script:?}: {lost:?}");
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(server.posts(), 1, "{script:?}");
        let is_spent = !matches!(script, Script::Raw(_));
        assert_eq!(server.alive(&login.refresh), !is_spent, "{script:?}");
    }
    // An answer that takes its time is waited for.
    let (server, login) = scripted(SourceKind::Codex, Script::Grant);
    server.delay(Duration::from_millis(300));
    assert!(matches!(answer(&server, SourceKind::Codex, &login.refresh), Answer::Tokens(_)));
}

/// A peer that takes what comes, says this and goes; returns what came.
fn peer(says: &'static str, then: Duration) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut came = vec![0; 8192];
        let count = stream.read(&mut came).unwrap_or(0);
        came.truncate(count);
        for byte in says.as_bytes() {
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
            std::thread::sleep(then);
        }
        let _ = stream.read_to_end(&mut came);
        String::from_utf8_lossy(&came).into_owned()
    };
    (address, std::thread::spawn(serve))
}

#[test]
fn no_token_leaves_before_there_is_somebody_to_take_it() {
    let refresh = "rt_canary_stays";
    let never = |url: &str, proxy: Option<&str>, limit| {
        let start = Instant::now();
        let lost = ask_via(url, SourceKind::Codex, refresh, proxy, limit).unwrap_err();
        assert!(start.elapsed() < limit + Duration::from_millis(900), "{:?}", start.elapsed());
        assert!(!lost.sent && !lost.why.is_empty(), "{lost:?}");
    };
    // Nobody listens; time was up before it began.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    never(&format!("http://{free}/oauth/token"), None, SHORT);
    let server = TokenServer::start();
    never(&server.url(SourceKind::Codex), None, Duration::ZERO);
    assert_eq!(server.posts(), 0);
    // It is asked for TLS, and has none.
    let (address, came) = peer("HTTP/1.1 200 OK\r\n\r\n", Duration::ZERO);
    never(&format!("https://{address}/oauth/token"), None, SHORT);
    assert!(!came.join().unwrap().contains(CANARY));
    // A proxy that refuses, one that drips for longer than the limit, one that tunnels to nobody.
    for (says, then) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", 0),
        ("HTTP/1.1 200 OK\r\nX: a long story that goes on and on\r\n\r\n", 50),
        ("HTTP/1.1 200 OK\r\n\r\n", 0),
    ] {
        let (address, came) = peer(says, Duration::from_millis(then));
        let proxy = format!("http://user:secret@{address}");
        never("https://token.example.test/oauth/token", Some(&proxy), SHORT);
        let came = came.join().unwrap();
        assert!(came.starts_with("CONNECT token.example.test:443 HTTP/1.1\r\n"), "{came}");
        assert!(!came.contains(CANARY));
    }
}

#[test]
fn a_signal_does_not_cut_it_short() {
    alone(module_path!(), "a_signal_does_not_cut_it_short", || {
        let seen = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGUSR1, seen.clone()).unwrap();
        let (server, login) = scripted(SourceKind::Claude, Script::Grant);
        server.delay(Duration::from_millis(400));
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| answer(&server, SourceKind::Claude, &login.refresh));
            while !asked.is_finished() {
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::USR1).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(matches!(asked.join().unwrap(), Answer::Tokens(_)) && seen.load(Ordering::Relaxed));
        });
        assert_eq!(server.posts(), 1);
    });
}
