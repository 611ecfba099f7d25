//! `--write-back` where it may be done: what is proven goes into the CLI's file, and nothing else does.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::home::rotated::Rotated;
use crate::home::token_server::Tokens;
use crate::home::{self, hours, put};
use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];
const WRITE_BACK: [&str; 2] = ["sync", "--write-back"];

fn last_refresh(text: &str) -> String {
    let file: Value = serde_json::from_str(text).unwrap();
    file["last_refresh"].as_str().unwrap_or("no such thing").to_owned()
}

#[test]
fn what_openclaw_has_got_goes_into_the_file_and_everything_else_in_it_stays() {
    for kind in BOTH {
        let world = Rotated::new(kind);
        let (before, meta) = (world.bytes(), fs::metadata(world.home.login_path(kind)).unwrap());
        let run = world.home.run(&WRITE_BACK);
        let line =
            format!("wrote back main {} to {}, 7h 59m left (in-sync: OpenClaw had spent", kind.ids()[0], kind.name());
        run.code(0).prints(&line);
        assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
        let after = world.bytes();
        let expected = before
            .replace(&world.old.access, &world.new.access)
            .replace(&world.old.refresh, &world.new.refresh)
            .replace(&world.old.expires.to_string(), &world.new.expires.to_string())
            .replace(&last_refresh(&before), &last_refresh(&after));
        assert_eq!(after, expected);
        assert!(after != before && (kind == SourceKind::Claude || last_refresh(&after) > last_refresh(&before)));
        let now = fs::metadata(world.home.login_path(kind)).unwrap();
        assert_eq!((now.mode(), now.uid(), now.gid()), (meta.mode(), meta.uid(), meta.gid()));
        assert_eq!(world.held("main"), world.new.access);
        world.home.released();
        let tree = world.home.tree();
        for args in [&WRITE_BACK[..], &["sync"], &["refresh", "--write-back"]] {
            world.home.run(args).code(0).silent();
        }
        assert_eq!(world.home.tree(), tree);
        assert_eq!(world.server.posts(), 0);
    }
}

#[test]
fn the_report_says_so_and_the_other_agents_get_the_tokens_in_the_same_run() {
    for kind in BOTH {
        let world = Rotated::with(kind, &["main", "ops", "work"], 3600);
        let report = world.home.run(&["sync", "--write-back", "--json"]).code(0).json();
        assert_eq!(report["changed"], 3);
        let row = |index: usize, key: &str| report["profiles"][index][key].clone();
        assert_eq!((row(0, "action"), row(0, "result")), (json!("write-back"), json!("done")));
        assert_eq!((row(1, "action"), row(1, "result")), (json!("update"), json!("done")));
        assert_eq!(report["sources"][0]["access"], row(0, "access"));
        for agent in ["main", "ops", "work"] {
            assert_eq!(world.held(agent), world.new.access, "{agent}");
        }
        world.home.run(&WRITE_BACK).code(0).silent();
        // The gateway goes on, and so does the proof.
        world.server.expires_in(36_000);
        let next = world.server.login(kind, "acct-A");
        world.refresh("ops", &next);
        world.home.run(&WRITE_BACK).code(0).prints("wrote back ops").prints("updated main").prints("updated work");
        assert_eq!(world.home.tokens(kind), (next.access, next.refresh));
    }
}

/// OpenClaw reckons its expiry from the answer, and Codex's file has none but the token's own.
#[test]
fn an_expiry_that_differs_is_put_right_in_the_same_run() {
    let world = Rotated::delivered(SourceKind::Codex, &["main"], 3600);
    world.refresh("main", &Tokens { expires: world.new.expires + 1234, ..world.new.clone() });
    world.home.run(&WRITE_BACK).code(0).prints("wrote back main");
    world.home.run(&WRITE_BACK).code(0).silent();
    assert_eq!(world.home.tokens(SourceKind::Codex).1, world.new.refresh);
}

#[test]
fn a_dry_run_and_status_say_what_would_be_done_and_touch_nothing() {
    for kind in BOTH {
        let world = Rotated::new(kind);
        let tree = world.home.tree();
        world.home.run(&["sync", "--write-back", "--dry-run"]).code(3).prints("would write back main");
        let report = world.home.run(&["sync", "--write-back", "--dry-run", "--json"]).code(3).json();
        let row = &report["profiles"][0];
        assert_eq!((&row["action"], &row["result"]), (&json!("write-back"), &json!("planned")));
        assert_eq!(report["changed"], 0);
        // Without the flag: drift, and what to do about it.
        let run = world.home.run(&["sync", "--dry-run", "-v"]);
        run.code(3).says("hint: ocsync sync --write-back; or ").prints("left main");
        let run = world.home.run(&["status"]);
        run.code(3).prints("--write-back;");
        assert_eq!(world.home.tree(), tree);
        let Rotated { home, server, .. } = world;
        let home = home.config(&json!({ "write_back": true }));
        let tree = home.tree();
        let run = home.run(&["status"]);
        run.code(3).prints("ocsync sync");
        assert!(!run.stdout.contains("--write-back"), "{run:#?}");
        let row = home.run(&["status", "--json"]).code(3).json()["profiles"][0].clone();
        assert_eq!((&row["action"], &row["result"]), (&json!("write-back"), &json!("planned")));
        assert_eq!(home.tree(), tree);
        home.run(&["sync"]).code(0).prints("wrote back main");
        assert_eq!(server.posts(), 0);
    }
}

#[test]
fn without_the_flag_nothing_is_written_and_the_proof_stays() {
    for kind in BOTH {
        let world = Rotated::with(kind, &["main", "ops"], 3600);
        let before = world.bytes();
        for _ in 0..3 {
            let run = world.home.run(&["sync", "-v"]);
            run.code(3).says("ocsync sync --write-back; or ");
            assert!(!run.stderr.contains("--prefer-source"), "that would log out both: {run:#?}");
        }
        assert_eq!((world.bytes(), world.held("ops")), (before, world.old.access.clone()));
        world.home.run(&WRITE_BACK).code(0).prints("wrote back main").prints("updated ops");
    }
}

#[test]
fn what_is_not_proven_is_never_written_back() {
    for kind in BOTH {
        // No journal: nobody knows what the profile held before.
        let world = Rotated::new(kind);
        fs::remove_file(world.home.state_dir().join("state.json")).unwrap();
        world.home.run(&WRITE_BACK).code(3);
        assert_eq!(world.bytes(), world.before);
        // A login of OpenClaw's own, which goes on as such.
        world.home.run(&WRITE_BACK).code(3);
        world.server.expires_in(50_000);
        world.refresh("main", &world.server.login(kind, "acct-A"));
        world.home.run(&WRITE_BACK).code(3);
        assert_eq!(world.bytes(), world.before);

        // A copy that was there before: known, or from before ocsync came.
        let world = Rotated::delivered(kind, &["main"], 3600);
        let delivered = world.home.store_text("main");
        world.refresh(
            "main",
            &Tokens {
                access: "canary-old".into(),
                refresh: "canary-old-r".into(),
                expires: hours(-1),
                ..world.old.clone()
            },
        );
        // One that is older than the CLI's proves nothing: the CLI's is delivered again.
        let run = world.home.run(&["sync", "--write-back", "--dry-run"]);
        assert!(!run.code(3).stdout.contains("back main"), "{run:#?}");
        world.home.run(&WRITE_BACK).code(0).prints("updated main");
        assert_eq!(world.bytes(), world.before);
        put(&world.home.store_path("main"), &delivered);
        world.home.run(&WRITE_BACK).code(0).silent();

        // One that ocsync has replaced itself.
        let world = Rotated::delivered(kind, &["main"], 3600);
        world.refresh(
            "main",
            &Tokens {
                access: "canary-stale".into(),
                refresh: "canary-stale-r".into(),
                expires: hours(-9),
                ..world.old.clone()
            },
        );
        world.home.run(&WRITE_BACK).code(0).prints("updated main");
        assert_eq!((world.bytes(), world.held("main")), (world.before.clone(), world.old.access.clone()));
    }
}

/// What is looked at for the flag's sake must not pass for something that is on the disk already.
#[test]
fn what_the_sources_hold_is_remembered_with_the_flag_as_without_it() {
    for kind in BOTH {
        let world = Rotated::delivered(kind, &["main"], 3600);
        home::put(&world.home.store_path("main"), "{}");
        let entries = |world: &Rotated| {
            let state = world.home.state();
            state["sources"][world.home.login_path(kind).to_str().unwrap()].as_array().unwrap().len()
        };
        let (one, next) = (entries(&world), world.server.login(kind, "acct-A"));
        world.put(&home::refreshing::text(kind, "acct-A", &next, next.expires));
        world.home.run(&WRITE_BACK).code(0);
        assert_eq!((one, entries(&world)), (1, 2));
    }
}

#[test]
fn of_several_that_differ_the_newest_goes_back_and_the_rest_is_said() {
    for kind in BOTH {
        let world = Rotated::with(kind, &["main", "ops"], 3600);
        world.server.expires_in(36_000);
        let newest = world.server.login(kind, "acct-A");
        world.refresh("ops", &newest);
        let run = world.home.run(&["sync", "--write-back", "--dry-run"]);
        run.code(3).prints("would write back ops");
        assert!(!run.stdout.contains("main"), "{run:#?}");
        let run = world.home.run(&WRITE_BACK);
        run.code(0).prints("wrote back ops").prints("updated main");
        run.says(&format!(
            "main {} has other new tokens than ops {}, which has the newest",
            kind.ids()[0],
            kind.ids()[0]
        ));
        assert_eq!(world.home.tokens(kind), (newest.access.clone(), newest.refresh));
        assert_eq!(world.held("main"), newest.access);
        world.home.run(&WRITE_BACK).code(0).silent();
    }
}

#[test]
fn an_agent_that_is_left_out_is_not_written_back_from() {
    let world = Rotated::with(SourceKind::Claude, &["main", "ops"], 3600);
    let run = world.home.run(&["sync", "--write-back", "--agent", "ops"]);
    run.code(3).says("agent main's, which --agent leaves out");
    assert_eq!(world.bytes(), world.before);
    world.home.run(&["sync", "--write-back", "--source", "codex"]).code(66);
    assert_eq!(world.bytes(), world.before);
    world.home.run(&["sync", "--write-back", "--agent", "main"]).code(0).prints("wrote back main");
}
