//! `--write-back` where it cannot be done: it says so, the exit code says so, and the CLI's file is as it
//! was. And what `refresh` does about a login that OpenClaw has spent.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use crate::home::refreshing::text;
use crate::home::rotated::{Rotated, profile};
use crate::home::token_server::Tokens;
use crate::home::{Home, Run, chmod, hours, is_root, iso, store};
use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];
const WRITE_BACK: [&str; 2] = ["sync", "--write-back"];

/// What a case does to the home.
type Change = Box<dyn Fn(&Rotated)>;

/// The login of a file that the CLI has marked as dead.
fn dead(world: &Rotated) -> String {
    let mut file: Value = serde_json::from_str(&world.before).unwrap();
    if world.kind == SourceKind::Codex {
        file["tokens"] = Value::Null;
    } else {
        for name in ["accessToken", "refreshToken"] {
            file["claudeAiOauth"][name] = json!("");
        }
    }
    file.to_string()
}

#[test]
fn what_is_in_the_way_is_said_with_every_run_and_the_file_stays() {
    let change = |of: fn(&Rotated)| -> Change { Box::new(of) };
    let cases = [
        ("missing", 1, "is gone", change(|world| fs::remove_file(world.home.login_path(world.kind)).unwrap())),
        ("dead", 1, "holds no login any more", change(|world| world.put(&dead(world)))),
        ("cut off", 4, "cannot be read", change(|world| world.put(&world.before[..60]))),
        ("another shape", 4, "cannot be read", change(|world| world.put("[]"))),
        (
            "hard-linked",
            4,
            "not written back: ",
            change(|world| {
                fs::hard_link(world.home.login_path(world.kind), world.home.root().join("link")).unwrap();
            }),
        ),
        ("read-only", 4, "is read-only", change(|world| chmod(&world.home.login_path(world.kind), 0o400))),
        (
            "everybody's directory",
            4,
            "writable by everybody",
            change(|world| chmod(world.home.login_path(world.kind).parent().unwrap(), 0o777)),
        ),
        (
            "a read-only directory",
            if is_root() { 0 } else { 4 },
            "",
            change(|world| chmod(world.home.login_path(world.kind).parent().unwrap(), 0o500)),
        ),
    ];
    for kind in BOTH {
        for (name, code, says, change) in &cases {
            let world = Rotated::new(kind);
            change(&world);
            let before = fs::read(world.home.login_path(kind)).ok();
            for round in 0..2 {
                let run = world.home.run(&WRITE_BACK);
                assert_eq!(run.code, Some(if round > 0 && *code == 0 { 0 } else { *code }), "{name}: {run:#?}");
                let told = format!("{}: not written back: ", kind.name());
                assert!(*code == 0 || run.stderr.contains(&told) && run.stderr.contains(says), "{name}: {run:#?}");
                assert!(*code == 0 || !run.stdout.contains("back"), "{name}: {run:#?}");
            }
            assert!(*code == 0 || fs::read(world.home.login_path(kind)).ok() == before, "{name}");
            chmod(world.home.login_path(kind).parent().unwrap(), 0o700);
            assert!(world.home.tree().keys().all(|path| !path.to_string_lossy().contains(".ocsync-")), "{name}");
        }
    }
}

/// Half a file, or a login that comes back, is no reason to forget what was proven.
#[test]
fn the_proof_outlives_a_file_that_could_not_be_read() {
    for kind in BOTH {
        let world = Rotated::new(kind);
        for text in [String::new(), dead(&world)] {
            world.put(&text);
            world.home.run(&["sync"]);
        }
        world.put(&world.before);
        world.home.run(&WRITE_BACK).code(0).prints("wrote back main");
    }
}

#[test]
fn a_login_of_another_account_is_left_alone_and_its_profile_is_left_behind() {
    let world = Rotated::new(SourceKind::Codex);
    let other = text(SourceKind::Codex, "acct-B", &world.server.login(SourceKind::Codex, "acct-B"), 0);
    world.put(&other);
    let run = world.home.run(&WRITE_BACK);
    run.code(3).says("not written back: the CLI is logged in to another account");
    assert_eq!((world.bytes(), world.held("main")), (other, world.new.access.clone()));
    // The login has served the profile, so every run reports it from now on.
    world.home.run(&WRITE_BACK).code(3).says("now belongs to another account");
}

#[test]
fn minimax_and_qwen_are_refused() {
    for (kind, file, id) in [
        (SourceKind::MiniMax, ".minimax/oauth_creds.json", "minimax-portal:minimax-cli"),
        (SourceKind::Qwen, ".qwen/oauth_creds.json", "qwen-portal:qwen-cli"),
    ] {
        let login = json!({ "access_token": "canary-a", "refresh_token": "canary-r", "token_type": "Bearer",
                            "resource_url": "x", "expiry_date": hours(1) });
        let of = |name: &str, expires| {
            let tokens = Tokens {
                access: format!("canary-{name}"),
                refresh: format!("canary-{name}-r"),
                id_token: None,
                expires,
            };
            store(&[(id, profile(kind, &tokens))])
        };
        let home = Home::new().file(file, &login.to_string()).agent("main", &of("stale", hours(-1)));
        home.run(&["sync"]).code(0).prints("updated main");
        let home = home.agent("main", &of("new", hours(8)));
        let before = fs::read(home.path(file)).unwrap();
        for args in [&WRITE_BACK[..], &["sync", "--write-back", "--dry-run"], &WRITE_BACK] {
            let run = home.run(args);
            run.code(3).says(&format!("{}: not written back: the CLI's file has no lock", kind.name()));
            assert_eq!((run.stdout.as_str(), run.stderr.matches("error").count()), ("", 1));
        }
        let row = home.run(&["sync", "--write-back", "--json"]).code(3).json()["profiles"][0].clone();
        assert_eq!((&row["action"], &row["result"]), (&json!("write-back"), &json!("refused")));
        assert_eq!(fs::read(home.path(file)).unwrap(), before);
    }
}

/// Takes the CLI's lock, as a CLI at work does; what is returned holds it.
fn lock(world: &Rotated) -> File {
    if world.kind == SourceKind::Claude {
        let lock = world.home.path(".claude/.oauth_refresh.lock");
        fs::create_dir(&lock).unwrap();
        return File::open(&lock).unwrap();
    }
    let lock = File::create(world.home.path(".codex/auth.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    lock
}

fn unlock(world: &Rotated, held: File) {
    drop(held);
    let _ = fs::remove_dir(world.home.path(".claude/.oauth_refresh.lock"));
}

#[test]
fn a_cli_at_work_is_waited_for_and_then_busy_is_all_there_is_to_say() {
    for kind in BOTH {
        let world = Rotated::new(kind);
        let held = lock(&world);
        let run = world.home.run(&["sync", "--write-back", "--wait", "1"]);
        run.code(75).says("not written back: ").says("is held").says("the next run tries again");
        assert_eq!((run.stdout.as_str(), world.bytes()), ("", world.before.clone()));
        unlock(&world, held);
        world.home.run(&WRITE_BACK).code(0).prints("wrote back main");
    }
}

/// Starts a run that finds the CLI's lock held, changes something, and gives the lock back.
fn meanwhile(world: &Rotated, change: impl FnOnce()) -> Run {
    let held = lock(world);
    let running = world.home.start(world.home.command(&WRITE_BACK));
    let until = Instant::now() + Duration::from_secs(5);
    while world.home.state()["in_flight"].as_array().unwrap().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    change();
    unlock(world, held);
    running.end()
}

#[test]
fn what_somebody_changes_between_decision_and_write_is_not_overwritten() {
    for kind in BOTH {
        let world = Rotated::new(kind);
        let tokens = world.server.login(kind, "acct-A");
        let other = text(kind, "acct-A", &tokens, tokens.expires);
        let run = meanwhile(&world, || world.put(&other));
        run.code(4).says("not written back: the login in ").says("has changed meanwhile");
        assert_eq!(world.bytes(), other);

        // A token that OpenClaw has spent meanwhile is no better than the CLI's.
        let world = Rotated::new(kind);
        world.server.expires_in(36_000);
        let next = world.server.login(kind, "acct-A");
        let run = meanwhile(&world, || world.refresh("main", &next));
        run.code(4).says("not written back: OpenClaw has changed the profile meanwhile");
        assert_eq!(world.bytes(), world.before);
        world.home.run(&WRITE_BACK).code(0).prints("wrote back main");
        assert_eq!(world.home.tokens(kind), (next.access, next.refresh));
    }
}

#[test]
fn refresh_posts_no_token_that_is_spent_and_with_write_back_needs_not() {
    for kind in BOTH {
        let world = Rotated::with(kind, &["main"], 600);
        let run = world.home.refresh_http(kind, &world.server, &["-v"]);
        run.code(3).says(&format!("{}: not refreshed: OpenClaw has spent its refresh token", kind.name()));
        run.says("ocsync sync --write-back; or ").prints("OpenClaw has spent its refresh token");
        let dry = ["--write-back", "--dry-run"];
        world.home.refresh_http(kind, &world.server, &dry).code(3).prints("would write back main");
        assert_eq!((world.server.posts(), world.bytes()), (0, world.before.clone()));
        world.home.refresh_http(kind, &world.server, &["--write-back"]).code(0).prints("wrote back main");
        world.home.refresh_http(kind, &world.server, &["--write-back"]).code(0).silent();
        assert_eq!((world.server.posts(), world.home.tokens(kind).1), (0, world.new.refresh.clone()));
    }
}

/// Its refresh token may be alive, and the CLI's is dead in any case.
#[test]
fn an_expired_profile_is_written_back_all_the_same_and_then_refreshed() {
    for kind in BOTH {
        let world = Rotated::delivered(kind, &["main"], 3600);
        world.server.expires_in(7200);
        let expired = world.server.login(kind, "acct-A");
        world.server.expires_in(28_800);
        world.refresh("main", &expired);
        let now = iso(hours(3));
        world.home.run(&["sync", "--write-back", "--dry-run", "--now", &now]).code(3).prints("would write back main");
        let run = world.home.refresh_http(kind, &world.server, &["--write-back", "--now", &now]);
        run.code(0).prints("wrote back main").prints("refreshed ");
        assert_eq!((world.server.posts(), world.server.reuses()), (1, 0));
        let tokens = world.server.newest(&expired.refresh);
        assert_eq!(
            (world.home.tokens(kind), world.held("main")),
            ((tokens.access.clone(), tokens.refresh), tokens.access)
        );
    }
}
