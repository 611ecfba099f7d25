//! A ping says how a run ended. It goes nowhere but where it was sent, in the clear only to this
//! machine, and never changes the exit code.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::home::hooks::{ended, warnings};
use crate::home::{CANARY, Home, at};
use serde_json::json;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";

/// A server that answers one request with this, and returns the request.
fn server(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/uuid", listener.local_addr().unwrap());
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut part = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..count]);
        }
        let _ = stream.write_all(answer.as_bytes());
        if answer.contains("flood") {
            // More than anybody wants to read: the other side hangs up.
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        }
        drop(stream);
        // Whoever came back for more, after a redirect say, would be noticed.
        listener.set_nonblocking(true).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert!(listener.accept().is_err(), "a second request");
        String::from_utf8(request).unwrap()
    };
    (url, std::thread::spawn(serve))
}

#[test]
fn a_ping_says_how_a_run_ended() {
    let (url, request) = server(OK);
    Home::stale().run(&["sync", "--ping", &url]).code(0);
    let request = request.join().unwrap();
    assert!(request.starts_with("GET /ping/uuid HTTP/1.1\r\n"), "{request}");
    let agent = format!("ocsync/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(request.to_lowercase().contains(&format!("user-agent: {agent}")), "{request}");
    assert!(!request.contains(CANARY));
    let (url, request) = server(OK);
    let home = ended().config(&json!({ "ping": format!("{url}/?rid=1") }));
    home.run(&["check-expiry"]).code(1);
    assert!(request.join().unwrap().starts_with("GET /ping/uuid/1?rid=1 HTTP/1.1\r\n"));
}

#[test]
fn a_ping_follows_no_redirect_and_never_changes_the_code() {
    for (answer, says) in [
        ("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "redirects are not followed"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        ("garbage\r\n\r\n", "the ping of 127.0.0.1 failed"),
        ("", "the ping of 127.0.0.1 failed"),
    ] {
        let (url, request) = server(answer);
        let run = Home::stale().run(&["sync", "--json", "--ping", &url]);
        run.code(0).says(says);
        assert!(warnings(&run.json()).contains(&"ping"));
        assert!(!run.stderr.contains("uuid") && !run.stdout.contains("uuid"), "{run:#?}");
        request.join().unwrap();
    }
    let (url, request) = server("HTTP/1.1 200 OK\r\nX: flood\r\n\r\n");
    let start = Instant::now();
    Home::stale().run(&["sync", "--ping", &url]).code(0);
    assert!(start.elapsed() < Duration::from_secs(8));
    request.join().unwrap();
}

#[test]
fn a_ping_that_is_not_answered_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let start = Instant::now();
    Home::stale().run(&["sync", "--ping", &url]).code(0).says("no answer within 10 s");
    assert!(start.elapsed() < Duration::from_secs(13));
}

#[test]
fn a_ping_in_the_clear_leaves_this_machine_never() {
    let home = Home::stale();
    for url in ["http://example.test/x", "http://127.0.0.1.example.test/x", "ftp://127.0.0.1/x", "x"] {
        home.run(&["sync", "--ping", url]).code(64).says("ocsync: error: ");
    }
    let home = home.config(&json!({ "ping": "http://example.test/x" }));
    home.run(&["sync"]).code(78).says("must begin with https://");
    assert_eq!(home.access("main"), at("old"));
}
