//! A user exchanges directories for links while root reads and writes in them: nothing lands outside of what is the
//! user's, and nothing outside of it is read.

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::home::users::{NOBODY, give};
use crate::home::{self, Home, Stop, claude_json, claude_store, hours, put, setting};

const AGENTS: usize = 20;

/// Exchanges a directory for a link of the user's, and back.
fn swap(dir: &Path, outside: &Path) {
    let (aside, link) = (dir.with_extension("aside"), dir.with_extension("link"));
    symlink(outside, &link).unwrap();
    lchown(&link, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::rename(dir, &aside).unwrap();
    fs::rename(&link, dir).unwrap();
    std::thread::sleep(Duration::from_micros(home::random(300)));
    fs::rename(dir, &link).unwrap();
    fs::rename(&aside, dir).unwrap();
    fs::remove_file(&link).unwrap();
}

#[test]
fn nothing_lands_outside_while_directories_are_exchanged_for_links() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for version in ["2026.5.28", "2026.2.9"] {
        let mut home = Home::new().version(version).claude("new0", hours(8));
        for agent in 0..AGENTS {
            home = home.agent(&format!("a{agent}"), &claude_store("old", hours(1)));
        }
        give(&home.path(".openclaw"), NOBODY);
        let outside = home.root().join("outside");
        put(&outside.join("auth-profiles.json"), &claude_store("root", hours(1)));
        let before: Vec<_> = home.tree().into_iter().filter(|(path, _)| path.starts_with(&outside)).collect();
        let (stop, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
        let mut written = 0;
        std::thread::scope(|scope| {
            let _stop = Stop(&stop);
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let agent = home::random(AGENTS as u64);
                    swap(home.store_path(&format!("a{agent}")).parent().unwrap(), &outside);
                    swaps.fetch_add(1, Ordering::Relaxed);
                }
            });
            let start = Instant::now();
            let mut round = 0;
            while start.elapsed() < Duration::from_secs(setting("OCSYNC_SWAP_SECONDS", 6) / 2) {
                round += 1;
                put(&home.path(".claude/.credentials.json"), &claude_json(&format!("new{round}"), hours(8)));
                let run = home.run(&["sync", "--wait", "1", "--reload", "never"]);
                written += run.stdout.matches("updated").count();
                assert!(matches!(run.code, Some(0 | 4 | 65 | 66 | 74 | 75 | 77)), "{run:#?}");
            }
        });
        println!("{version}: {} exchanges, {written} lines of updates", swaps.load(Ordering::Relaxed));
        let after: Vec<_> = home.tree().into_iter().filter(|(path, _)| path.starts_with(&outside)).collect();
        assert_eq!(after, before, "outside");
        assert!(written > 0);
    }
}

/// A directory that is exchanged for a link after the agents were listed is such a link as well.
#[test]
fn root_reads_no_store_and_lists_no_directory_that_a_users_link_leads_to() {
    if !home::is_root() {
        println!("SKIPPED: not root");
        return;
    }
    for linked in ["agents", "agents/main", "agents/main/agent", "agents/main/agent/auth-profiles.json"] {
        let home = Home::stale();
        let (link, target) = (home.path(".openclaw").join(linked), home.root().join("of-root"));
        fs::rename(&link, &target).unwrap();
        symlink(&target, &link).unwrap();
        give(&home.path(".openclaw"), NOBODY);
        let seen = || home.tree().into_iter().filter(|(path, _)| path.starts_with(&target)).collect::<Vec<_>>();
        let before = seen();
        for args in [&["sync"][..], &["status"]] {
            let run = home.run(args);
            run.says("leads by a link of uid 65534 to what belongs to uid 0");
            assert!(
                matches!(run.code, Some(4 | 77)) && !run.stdout.contains("anthropic:default"),
                "{linked}: {run:#?}"
            );
        }
        assert_eq!(seen(), before, "{linked}");
        give(&target, NOBODY);
        home.run(&["sync"]).code(0).prints("updated main");
    }
}
