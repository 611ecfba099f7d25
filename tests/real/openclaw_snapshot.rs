//! A gateway of the real OpenClaw of the JSON era works on a snapshot: it sends its model the token that ocsync has
//! delivered once it is told; what it is not told of, 2026.3.11 puts back on the disk, and the next run finds that.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.

use std::time::{Duration, Instant};

use crate::cage::openclaw::OpenClaw;
use crate::cage::talk::{Talk, login};
use crate::home::{CLAUDE, at, hours, oauth};
use serde_json::{Value, json};

versions! { crate::cage::openclaw::run;
    v2026_3_11 "2026.3.11": what_is_delivered_is_used_once_told;
    #[ignore = "minutes, between two that are run: just real-openclaw"]
    v2026_4_5 "2026.4.5": what_is_delivered_is_used_once_told;
    v2026_5_28 "2026.5.28": what_is_delivered_is_used_once_told;
}

/// Waits until the store on the disk holds this token. 2026.3.11 writes in place: a reader may meet a part of it.
#[track_caller]
fn comes_to_hold(talk: &Talk<'_>, name: &str) {
    let (start, mut access) = (Instant::now(), String::new());
    while access != at(name) {
        assert!(start.elapsed() < Duration::from_secs(15), "it holds {access} and not {name}");
        std::thread::sleep(Duration::from_millis(20));
        let store: Value = serde_json::from_str(&talk.home.store_text("main")).unwrap_or_default();
        access = store["profiles"][CLAUDE]["access"].as_str().unwrap_or_default().to_owned();
    }
}

fn what_is_delivered_is_used_once_told(openclaw: &OpenClaw) {
    let mut talk = Talk::with(openclaw, &[(CLAUDE, oauth("first", hours(8)))]);
    talk.start();
    assert_eq!(talk.shown(), login("first"));
    talk.rotate("second");
    talk.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
    assert_eq!((talk.reloads(), talk.home.access("main")), (1, at("second")));
    assert_eq!([talk.shown(), talk.shown()], [login("second"), login("second")]);
    comes_to_hold(&talk, "second");
    talk.ocsync(&["sync"]).code(0).silent();

    // It is not told, and goes on with what it has.
    talk.rotate_until("third", hours(10));
    talk.ocsync(&["sync", "--reload", "never"]).code(0).prints("updated main anthropic:default");
    assert_eq!((talk.reloads(), talk.home.access("main")), (1, at("third")));
    assert_eq!(talk.shown(), login("second"));
    let puts_back = openclaw.version == "2026.3.11";
    if puts_back {
        // Noting that the profile was used, it writes all of its snapshot.
        comes_to_hold(&talk, "second");
        let report = talk.ocsync(&["status", "--json"]).json();
        assert_eq!(report["profiles"][0]["verdict"], json!("reverted"), "{report:#}");
        talk.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
    } else {
        comes_to_hold(&talk, "third");
        talk.ocsync(&["sync"]).code(0);
    }
    assert_eq!(talk.reloads(), 2);
    assert_eq!([talk.shown(), talk.shown()], [login("third"), login("third")]);
    comes_to_hold(&talk, "third");
    let report = talk.ocsync(&["status", "--json"]).code(0).json();
    assert_eq!(report["profiles"][0]["verdict"], json!("in-sync"), "{report:#}");
    talk.ocsync(&["sync"]).code(0).silent();
    assert_eq!(talk.reloads(), 2);
}
