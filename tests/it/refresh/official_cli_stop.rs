//! ocsync is told to stop while a CLI is at work. The signal is for the whole process, so the test has one of its own.

use std::time::Duration;

use crate::home::alone::alone;
use crate::home::clis::Clis;
use ocsync::testing::model::source::SourceKind;
use rustix::process::{Signal, getpid, kill_process};

#[test]
fn a_cli_may_save_what_it_has_when_ocsync_is_told_to_stop() {
    alone(module_path!(), "a_cli_may_save_what_it_has_when_ocsync_is_told_to_stop", || {
        ocsync::testing::sys::signal::listen().unwrap();
        let script = "trap 'sleep 1; echo saved >$log/saved; exit 0' TERM\nwhile :; do sleep 0.05; done";
        let clis = Clis::new().fake("bin/mmx", script);
        let log = clis.home().join("log/0.entries");
        let stop = std::thread::spawn(move || {
            while !log.exists() {
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_millis(300));
            kill_process(getpid(), Signal::TERM).unwrap();
        });
        let problem = clis.call(SourceKind::MiniMax).unwrap_err();
        stop.join().unwrap();
        assert_eq!((problem.code, problem.message.ends_with("was interrupted")), ("cli", true), "{problem:?}");
        assert!(clis.home().join("log/saved").exists());
    });
}
