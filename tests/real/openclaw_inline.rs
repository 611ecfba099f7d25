//! `sync` in SQLite under a gateway of the real OpenClaw that is at work: it sends its model what ocsync has written, and
//! of hundreds of updates beside its bookkeeping nothing is lost, on either side.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cage::openclaw::{OpenClaw, is_chosen, run_alone};
use crate::cage::talk::{Talk, login};
use crate::home::sqlite::{MAIN, STATE, change, text};
use crate::home::{CLAUDE, Stop, at, hours, now, oauth, rt, setting};
use rusqlite::Connection;
use serde_json::{Value, json};

versions! { crate::cage::openclaw::run_alone;
    v2026_6_10 "2026.6.10": a_token_in_its_place_is_used;
    v2026_9_6 "2026.9.6": hundreds_of_updates_beside_its_bookkeeping;
}

#[test]
#[ignore = "20 minutes: just real-openclaw"]
fn hundreds_of_updates_in_every_schema() {
    // Agent and state: 1; 1; 19 and 15; 19 and 16; 19 and 17; 21 and 17. CI runs the newest.
    let releases = ["2026.6.5", "2026.6.10", "2026.8.2", "2026.9.3", "2026.9.4", "2026.9.5"];
    for version in releases.into_iter().filter(|version| is_chosen(version)) {
        run_alone(version, hundreds_of_updates_beside_its_bookkeeping);
    }
}

const WRITE: &[&str] = &["sync"];

/// A home with this profile of Claude's, and others that are nobody's business.
fn home<'a>(openclaw: &'a OpenClaw, claude: Value) -> Talk<'a> {
    let login = json!({ "type": "oauth", "provider": "openai", "access": "other", "refresh": "other-rt",
                        "expires": hours(48), "accountId": "acct-A" });
    let key = json!({ "type": "api_key", "provider": "openrouter", "key": "sk-or-other" });
    Talk::with(openclaw, &[(CLAUDE, claude), ("openai:default", login), ("openrouter:team", key)])
}

/// The CLI rotates; after one `ocsync sync` the model is shown the new token, up to 2026.7 with the next turn but one
/// at the latest.
fn is_used(talk: &Talk<'_>, openclaw: &OpenClaw, name: &str) {
    let old = talk.shown();
    talk.rotate(name);
    let reloads = talk.reloads();
    talk.ocsync(WRITE).code(0).prints("updated main anthropic:default");
    let is_told = openclaw.shares();
    assert_eq!(talk.reloads() - reloads, usize::from(is_told));
    let shown = [talk.shown(), talk.shown(), talk.shown()];
    let stale = shown.iter().take_while(|one| **one == old).count();
    println!("{}: {stale} turns with the old token", openclaw.version);
    assert!(stale <= usize::from(!is_told) && shown[stale..].iter().all(|one| *one == login(name)), "{shown:?}");
    talk.ocsync(WRITE).code(0).silent();
    assert_eq!(talk.reloads() - reloads, usize::from(is_told));
}

fn a_token_in_its_place_is_used(openclaw: &OpenClaw) {
    let token = json!({ "type": "token", "provider": "anthropic", "token": at("first"), "expires": hours(8) });
    let mut talk = home(openclaw, token);
    talk.start();
    assert_eq!(talk.shown(), login("first"));
    // A token belongs to a login that has held it while ocsync looked.
    talk.ocsync(WRITE).code(0).silent();
    is_used(&talk, openclaw, "second");
}

/// Where the version keeps the profiles that `doctor` has taken over.
fn database(talk: &Talk<'_>, openclaw: &OpenClaw) -> PathBuf {
    talk.home.path(if openclaw.shares() { STATE } else { MAIN })
}

fn profiles(database: &Path) -> Value {
    serde_json::from_str::<Value>(&text(database)).unwrap()["profiles"].take()
}

/// What OpenClaw has learnt of its profiles.
fn books(database: &Path) -> Value {
    let select = if database.ends_with("openclaw.sqlite") {
        "SELECT value_json FROM config_machine_state WHERE state_key = 'authProfiles.state'"
    } else {
        "SELECT state_json FROM auth_profile_state WHERE state_key = 'primary'"
    };
    let text: String = Connection::open(database).unwrap().query_row(select, [], |row| row.get(0)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the gateway's transactions have noted under this name, in milliseconds, the least first.
fn noted(log: &Path, name: &str) -> Vec<f64> {
    let text = fs::read_to_string(log).unwrap();
    let value = |line: &str| serde_json::from_str::<Value>(line).unwrap()[name].as_f64().unwrap();
    let mut noted: Vec<f64> = text.lines().map(value).collect();
    noted.sort_by(f64::total_cmp);
    noted
}

/// What came of some work beside a gateway that answers one question after the other.
struct Beside {
    turns: usize,
    /// When the last question was asked.
    last: i64,
    /// How late a sleep of 1 ms was, at most: what this machine takes for itself.
    late: f64,
    /// How long threads of the gateway stood still to begin a transaction, in milliseconds.
    waits: Vec<f64>,
    /// How long it was at most until one that had failed to begin had begun, with its own pauses.
    after: f64,
}

/// Works while the gateway answers; no answer may fail.
fn beside(talk: &Talk<'_>, work: impl FnOnce()) -> Beside {
    let log = talk.home.path("waits");
    let _ = fs::remove_file(&log);
    let done = AtomicBool::new(false);
    let (turns, last, late) = std::thread::scope(|scope| {
        let _stop = Stop(&done);
        let turns = scope.spawn(|| {
            let (mut turns, mut last) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                last = now();
                let told = talk.turn();
                assert!(told["status"] == 200 && told["text"].as_str().unwrap().contains("fine"), "{told}");
                turns += 1;
            }
            (turns, last)
        });
        let late = scope.spawn(|| {
            let mut late = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let asleep = Instant::now();
                std::thread::sleep(Duration::from_millis(1));
                late = late.max(asleep.elapsed() - Duration::from_millis(1));
            }
            late.as_secs_f64() * 1000.0
        });
        work();
        done.store(true, Ordering::Relaxed);
        let (turns, last) = turns.join().unwrap();
        (turns, last, late.join().unwrap())
    });
    let after = *noted(&log, "after").last().unwrap();
    Beside { turns, last, late, waits: noted(&log, "stood"), after }
}

impl Beside {
    /// The wait that this share of a thousand does not exceed.
    fn of(&self, share: usize) -> f64 {
        self.waits[(self.waits.len() - 1) * share / 1000]
    }

    fn tell(&self, what: &str) {
        let (all, [median, most, longest]) = (self.waits.len(), [500, 990, 1000].map(|share| self.of(share)));
        println!(
            "{what}: {} turns; to begin one of {all} transactions the gateway stood {median:.2} ms (median), {most:.2} ms \
             (99 %), {longest:.2} ms (longest), {:.0} ms with its own pauses; a sleep of 1 ms was {:.0} ms late",
            self.turns, self.after, self.late
        );
    }
}

fn hundreds_of_updates_beside_its_bookkeeping(openclaw: &OpenClaw) {
    let updates = setting("OCSYNC_REAL_INLINE", 200);
    let mut talk = home(openclaw, oauth("first", hours(8)));
    let database = database(&talk, openclaw);
    let before = profiles(&database);
    let (hook, log) =
        (concat!("--require=", env!("CARGO_MANIFEST_DIR"), "/tests/real/cage/waits.cjs"), talk.home.path("waits"));
    talk.home = talk.home.var("NODE_OPTIONS", hook).var("OCSYNC_WAITS", log.to_str().unwrap());
    talk.start();
    is_used(&talk, openclaw, "second");

    let version = openclaw.version;
    beside(&talk, || std::thread::sleep(Duration::from_secs(5))).tell(&format!("{version} alone"));
    let start = Instant::now();
    let met = beside(&talk, || {
        for update in 0..updates {
            talk.rotate_until(&format!("gen-{update}"), hours(9) + update as i64 * 1000);
            let run = talk.ocsync(&["sync", "--reload", "never"]);
            run.code(0).prints("updated main anthropic:default");
        }
    });
    met.tell(&format!("{version} beside {updates} updates in {:.0} s", start.elapsed().as_secs_f64()));

    // What a reload is owed for is told now.
    let name = format!("gen-{}", updates - 1);
    talk.ocsync(WRITE).code(0);
    let shown = [talk.shown(), talk.shown()];
    assert_eq!(shown[1], login(&name), "{shown:?}");
    talk.stop();

    change(&database, "");
    let (mut after, mut expected) = (profiles(&database), before);
    assert_eq!((&after[CLAUDE]["access"], &after[CLAUDE]["refresh"]), (&json!(at(&name)), &Value::Null));
    assert_eq!(after[CLAUDE]["expires"], hours(9) + (updates as i64 - 1) * 1000);
    after[CLAUDE].take();
    assert_eq!(expected[CLAUDE].take()["refresh"], rt("first"));
    assert_eq!(after, expected);
    // Of a profile that all agents share, it notes no more than this.
    let noted = if openclaw.shares() { "lastProbeAt" } else { "lastUsed" };
    let books = books(&database);
    let noted = books["usageStats"][CLAUDE][noted].as_i64();
    // 2026.8.2 and 2026.9.4 note nothing of it under this name.
    let may_lack = ["2026.8.2", "2026.9.3", "2026.9.4"].contains(&version);
    assert!(noted.map_or(may_lack, |noted| noted >= met.last), "{}: {books}", met.last);
    assert!(met.turns >= 5 && met.waits.len() >= met.turns, "{} turns, {:?}", met.turns, met.waits);
    assert!(met.of(990) <= 100.0 && met.of(1000) <= 100.0 + met.late, "{:?}", met.waits);
}
