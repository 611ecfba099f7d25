//! The gateway of the real OpenClaw of the SQLite era sends the model what Claude Code's login holds now: by a
//! link that `ocsync sync --create` has made, and after a rotation and one `ocsync sync`.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`. The model is a server on
//! the loopback of that cage.

use crate::cage::no_token_below;
use crate::cage::openclaw::OpenClaw;
use crate::cage::talk::{Talk, login};
use serde_json::json;

versions! { crate::cage::openclaw::run_alone;
    v2026_6_10 "2026.6.10": a_link_to_the_file_is_followed a_link_to_the_program_is_followed;
    v2026_9_6 "2026.9.6": a_link_to_the_file_is_followed a_link_to_the_program_is_followed;
}

fn a_link_to_the_file_is_followed(openclaw: &OpenClaw) {
    is_followed(openclaw, "file");
}

fn a_link_to_the_program_is_followed(openclaw: &OpenClaw) {
    is_followed(openclaw, "exec");
}

fn is_followed(openclaw: &OpenClaw, way: &str) {
    let mut talk = Talk::new(openclaw);
    talk.ocsync(&["sync", "--create", "--link", way]).code(0).prints("linked main anthropic:ocsync to claude");
    talk.start();
    assert_eq!(talk.shown(), login("first"));

    // What a rotation comes to without ocsync: 2026.9.6 never looks again by itself. 2026.6.10 does now
    // and then, so that it may show either.
    talk.rotate("second");
    let untold = [talk.shown(), talk.shown()];
    if openclaw.version == "2026.9.6" {
        assert_eq!(untold, [login("first"), login("first")]);
    }
    println!("{} by {way}, untold: {untold:?}, first: {}", openclaw.version, login("first"));
    let reloads = talk.reloads();
    talk.ocsync(&["sync"]).code(0);
    assert_eq!(talk.reloads(), reloads + 1);
    assert_eq!([talk.shown(), talk.shown()], [login("second"), login("second")]);
    // In step: nobody is told again, and nothing is amiss.
    let report = talk.ocsync(&["status", "--json"]).code(0).json();
    assert_eq!((&report["profiles"][0]["verdict"], &report["problems"]), (&json!("linked"), &json!([])));
    talk.ocsync(&["sync"]).code(0);
    assert_eq!(talk.reloads(), reloads + 1);

    // A rotation of which a gateway is told too late, as it was down, and starts with the new one.
    if (openclaw.version, way) == ("2026.9.6", "file") {
        talk.rotate("third");
        talk.stop();
        talk.ocsync(&["sync"]).code(0).silent();
        talk.start();
        assert_eq!(talk.shown(), login("third"));
    }
    talk.stop();
    no_token_below(&talk.home.path(".openclaw"));
}
