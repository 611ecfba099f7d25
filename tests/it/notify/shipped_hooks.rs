//! The hooks of `contrib/notify` carry the notice, and no token of a login.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use crate::home::hooks::{ended, hook};
use crate::home::{CANARY, Home};

/// What one request to a server on loopback says: its first line, its headers and its body.
fn one_request() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let from = head.len();
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
            if let Some(value) = head[from..].to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}").unwrap();
        head + &String::from_utf8(body).unwrap()
    });
    (url, heard)
}

/// A shipped hook, with its arguments.
fn shipped(name: &str, arguments: &str) -> String {
    format!("{}/contrib/notify/{name} {arguments}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a `sync` that has something to tell.
fn tell(home: &Home, hook: &str) {
    let run = home.run(&["sync", "--on-problem", hook]);
    run.code(1);
    assert!(!run.stderr.contains("the hook"), "{}", run.stderr);
}

fn has_curl() -> bool {
    let there = ["/usr/bin/curl", "/bin/curl", "/usr/local/bin/curl"].iter().any(|path| fs::exists(path).unwrap());
    if !there {
        println!("SKIPPED: curl is not installed");
    }
    there
}

#[test]
fn ntfy_gets_the_summary_and_says_how_urgent_it_is() {
    if !has_curl() {
        return;
    }
    let (url, heard) = one_request();
    tell(&ended(), &shipped("ntfy", &format!("{url}/topic")));
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("POST /topic "), "{heard}");
    for part in ["Priority: high", "problem", "login-needed: "] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    assert!(!heard.contains(CANARY));
}

#[test]
fn telegram_gets_the_summary_and_its_token_is_no_argument() {
    if !has_curl() {
        return;
    }
    let (url, heard) = one_request();
    let home = ended().file("telegram", &format!("token=1:FAKE\nchat=-42\napi={url}\n"));
    let file = home.path("telegram");
    tell(&home, &shipped("telegram", file.to_str().unwrap()));
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("POST /bot1:FAKE/sendMessage "), "{heard}");
    assert!(heard.contains("chat_id=-42") && heard.contains("login-needed"), "{heard}");
    let empty = home.file("telegram", "chat=1\n");
    let file = empty.path("telegram");
    let args = ["sync", "--on-problem", &shipped("telegram", file.to_str().unwrap()), "--notify-every", "1s"];
    empty.run(&[&args[..], &["--now", "2036-01-01T00:00:00Z"]].concat()).says("exited with 78");
}

#[test]
fn sendmail_and_openclaw_get_the_summary() {
    let home = ended();
    hook(&home, "sendmail", "");
    hook(&home, "openclaw", "");
    tell(&home, &shipped("mail", "you@example.test"));
    let mail = fs::read_to_string(home.root().join("sendmail/0")).unwrap();
    for part in ["args -t", "To: you@example.test", "Subject: ocsync on ", "login-needed: ", "\"notice\""] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let home = ended();
    hook(&home, "openclaw", "");
    tell(&home, &shipped("openclaw", "telegram @you"));
    let sent = fs::read_to_string(home.root().join("openclaw/0")).unwrap();
    let first = sent.lines().next().unwrap();
    assert!(first.starts_with("args message send --channel telegram --target @you --message ocsync on "), "{first}");
    assert!(first.contains("problem: login-needed: ") && !sent.contains(CANARY), "{first}");
}
