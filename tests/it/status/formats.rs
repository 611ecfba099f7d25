//! The forms of `check-expiry` for monitoring, held to what reads them: a parser of the Monitoring
//! Plugins' line, `promtool`, and a reader of the textfile that never waits.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::home::{CLAUDE, Home, Stop, chmod, claude_json, claude_store, hours, is_root, oauth, store};

/// A line of a plugin: status word, text, and performance data by label.
fn plugin(line: &str) -> (String, String, BTreeMap<String, Vec<String>>) {
    let line = line.strip_suffix('\n').expect("a line end");
    assert!(!line.contains('\n') && line.len() < 1024, "more than one short line: {line}");
    let (text, data) = line.split_once('|').expect("performance data");
    assert!(!data.contains('|'));
    let (head, text) = text.trim_end().split_once(" - ").expect("a status");
    let word = head.strip_prefix("OCSYNC ").expect("the name of the service");
    let mut labels = BTreeMap::new();
    for item in data.split_whitespace() {
        let (label, rest) = item.split_once('=').unwrap();
        assert!(!label.is_empty() && !label.contains(['\'', '=']), "{item}");
        let fields: Vec<String> = rest.split(';').map(str::to_owned).collect();
        assert!(fields.len() <= 5, "{item}");
        let number = fields[0].trim_end_matches('s');
        assert!(number == "U" || number.parse::<f64>().is_ok(), "{item}");
        for range in fields.iter().skip(1).take(2).filter(|range| !range.is_empty()) {
            let bounds = range.trim_start_matches('@').split(':');
            assert!(bounds.clone().count() <= 2, "{item}");
            bounds.for_each(|bound| {
                assert!(bound.is_empty() || bound == "~" || bound.parse::<f64>().is_ok(), "{item}")
            });
        }
        for bound in fields.iter().skip(3) {
            assert!(bound.is_empty() || bound.parse::<f64>().is_ok(), "{item}");
        }
        assert_eq!(labels.insert(label.to_owned(), fields), None, "{label} stands twice");
    }
    (word.to_owned(), text.to_owned(), labels)
}

/// A login that nothing but a login can renew, and its profile.
fn final_one(left: i64) -> Home {
    let login = claude_json("a", hours(left)).replace("refreshToken", "none");
    let mut profile = oauth("a", hours(left));
    profile.as_object_mut().unwrap().remove("refresh");
    Home::new().file(".claude/.credentials.json", &login).agent("main", &store(&[(CLAUDE, profile)]))
}

/// Homes, each with the exit code of `check-expiry` and with what it is to a plugin.
fn homes() -> Vec<(Home, i32, i32, &'static str)> {
    let of = |left: i64| Home::new().claude("a", hours(left)).agent("main", &claude_store("a", hours(left)));
    let broken = |left: i64| of(left).agent("work", "{");
    let nothing = Home::new();
    fs::remove_dir_all(nothing.path(".openclaw")).unwrap();
    let names = |home: Home| home.agent("a'b=c\"|\\d", &claude_store("a", hours(8)));
    vec![
        (of(8), 0, 0, "OK"),
        (names(of(8)), 0, 0, "OK"),
        (of(-1), 2, 1, "WARNING"),
        (of(0), 2, 1, "WARNING"),
        (of(1), 0, 0, "OK"),
        (final_one(-1), 1, 2, "CRITICAL"),
        (final_one(0), 1, 2, "CRITICAL"),
        (final_one(1), 2, 1, "WARNING"),
        (final_one(2), 0, 0, "OK"),
        (broken(8), 4, 3, "UNKNOWN"),
        (broken(-1), 4, 3, "UNKNOWN"),
        (final_one(-1).agent("work", "{"), 1, 2, "CRITICAL"),
        (Home::new().file(".claude/.credentials.json", "{"), 65, 3, "UNKNOWN"),
        (nothing, 66, 3, "UNKNOWN"),
        (of(8).config(&serde_json::json!({ "no_such_key": 1 })), 78, 3, "UNKNOWN"),
    ]
}

#[test]
fn a_plugin_line_has_the_form_of_the_guidelines_and_its_exit_code() {
    for (home, code, exit, word) in homes() {
        home.run(&["check-expiry"]).code(code);
        let run = home.run(&["check-expiry", "--format", "nagios"]);
        run.code(exit);
        let (said, text, labels) = plugin(&run.stdout);
        assert_eq!(said, word, "{}", run.stdout);
        assert!(!text.is_empty() && labels.contains_key("checked"), "{}", run.stdout);
        if exit == 3 {
            // What stands on stderr is not seen by monitoring.
            let error = run.stderr.lines().find_map(|line| line.strip_prefix("ocsync: error: ")).unwrap();
            assert!(text.contains(&error.replace('|', "/")), "{text}");
        }
        if code == 0 {
            let left: i64 = labels["claude"][0].trim_end_matches('s').parse().unwrap();
            assert!([1, 2, 8].iter().any(|hours| (hours * 3600 - 60..=hours * 3600).contains(&left)), "{left}");
            // A token that nothing renews counts an hour ahead.
            let threshold = if (3600..=7200).contains(&left) { "3600:" } else { "0:" };
            assert_eq!(labels["claude"][1..], [threshold, "0:"]);
        }
    }
}

#[test]
fn bad_arguments_are_unknown_to_a_plugin_and_64_to_everybody_else() {
    let home = Home::stale();
    home.run(&["check-expiry", "--format", "nagios", "--within", "soon"])
        .code(3)
        .says("ocsync: error: invalid value");
    home.run(&["check-expiry", "--within", "soon", "--format=nagios"]).code(3);
    home.run(&["check-expiry", "--format", "prometheus", "--within", "soon"]).code(64);
    home.run(&["status", "--agent", "nagios", "--no-such"]).code(64);
}

#[test]
fn a_profile_is_named_with_its_state_directory_where_there_are_several() {
    let home = Home::new().claude("a", hours(8)).agent("main", &claude_store("a", hours(8)));
    let home = home
        .file("two/openclaw.json", r#"{"meta":{"lastTouchedVersion":"2026.5.28"}}"#)
        .file("two/agents/main/agent/auth-profiles.json", &claude_store("b", hours(-1)));
    let dirs = [".openclaw", "two"].map(|dir| home.path(dir).to_str().unwrap().to_owned());
    let run = home.run(&["check-expiry", "--state-dir", &dirs[0], "--state-dir", &dirs[1]]);
    run.code(2).prints(&format!("expired: {}: main anthropic:default, 1h 0m ago", dirs[1]));
}

#[test]
fn many_agents_make_the_plugin_line_no_longer() {
    let mut home = Home::new().claude("a", hours(8));
    for agent in 0..300 {
        home = home.agent(&format!("agent-{agent}"), &claude_store("a", hours(8)));
    }
    let run = home.run(&["check-expiry", "--format", "nagios"]);
    let (_, _, labels) = plugin(&run.stdout);
    assert_eq!(labels["checked"][0], "301");
}

/// Whether `promtool check metrics` finds nothing; `None` without promtool.
fn promtool(metrics: &str) -> Option<Result<(), String>> {
    let mut child = Command::new("promtool");
    let child = child.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = child.spawn() else {
        println!("SKIPPED: promtool is missing");
        return None;
    };
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    Some(if output.status.success() && said.trim().is_empty() { Ok(()) } else { Err(said) })
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    // One that finds nothing anywhere would prove nothing.
    if promtool("# TYPE x counter\nx 1\n").is_none_or(|found| found.is_ok()) {
        assert!(promtool("").is_none(), "promtool lets a counter without its suffix pass");
        return;
    }
    for (home, code, _, _) in homes() {
        let run = home.run(&["check-expiry", "--format", "prometheus"]);
        run.code(code).prints(&format!("\nocsync_exit_code {code}\n"));
        assert_eq!(promtool(&run.stdout), Some(Ok(())), "{}", run.stdout);
        let names: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("# TYPE")).collect();
        assert!(names.len() >= 3, "{names:?}");
    }
}

#[test]
fn the_textfile_holds_the_metrics_and_changes_neither_stdout_nor_the_exit_code() {
    for (home, code, _, _) in homes() {
        let path = home.root().join("ocsync.prom");
        let name = path.to_str().unwrap();
        for args in [&["check-expiry"][..], &["check-expiry", "--format", "nagios"]] {
            let now = ["--now", "2026-11-20T10:00:00Z"];
            let plain = home.run(&[args, &now].concat());
            let run = home.run(&[args, &now, &["--textfile", name]].concat());
            assert_eq!((run.code, &run.stdout, &run.stderr), (plain.code, &plain.stdout, &plain.stderr));
            let metrics = home.run(&["check-expiry", "--format", "prometheus", now[0], now[1]]);
            assert_eq!(fs::read_to_string(&path).unwrap(), metrics.stdout);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        }
        home.run(&["check-expiry", "--textfile", name]).code(code);
        home.nothing_left();
    }
}

#[test]
fn a_reader_of_the_textfile_sees_it_whole_and_a_writer_leaves_others_as_they_are() {
    let home = Home::stale();
    let path = home.root().join("ocsync.prom");
    let args = ["check-expiry", "--textfile", "ocsync.prom"];
    home.run(&args);
    let done = AtomicBool::new(false);
    let (reads, inodes) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut inodes) = (0, std::collections::BTreeSet::new());
            while !done.load(Ordering::Relaxed) {
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.starts_with("# HELP") && text.lines().last().unwrap().contains("_last_run_"), "{text}");
                inodes.insert(fs::metadata(&path).unwrap().ino());
                reads += 1;
            }
            (reads, inodes.len())
        });
        let stop = Stop(&done);
        for _ in 0..40 {
            home.command(&args).output().unwrap();
        }
        drop(stop);
        reader.join().unwrap()
    });
    assert!(reads > 40 && inodes > 1, "{reads} reads of {inodes} files");
    home.nothing_left();
}

#[test]
fn a_textfile_that_cannot_be_written_is_told_and_counts() {
    let home = Home::new().claude("a", hours(8)).agent("main", &claude_store("a", hours(8)));
    let run = home.run(&["check-expiry", "--textfile", "no/such/dir/x.prom"]);
    run.code(4).says("ocsync: error: cannot resolve ");
    let open = home.root().join("open");
    fs::create_dir(&open).unwrap();
    chmod(&open, 0o777);
    home.run(&["check-expiry", "--textfile", "open/x.prom"]).code(4).says("is writable by everybody");
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    if !is_root() {
        chmod(&open, 0o555);
        home.run(&["check-expiry", "--textfile", "open/x.prom"]).code(4).says("permission denied");
    }
}
