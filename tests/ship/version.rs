//! `ocsync --version` is one line for scripts; with `-v` it names the build and what it knows.

use crate::home::Home;

#[test]
fn the_version_is_one_line_and_verbose_it_names_commit_sqlite_and_schemas() {
    let home = Home::new();
    let first = format!("ocsync {}\n", env!("CARGO_PKG_VERSION"));
    for args in [&["--version"][..], &["-V"]] {
        assert_eq!(home.run(args).code(0).stdout, first);
    }
    for args in [&["--version", "-v"][..], &["-V", "-v"], &["-Vv"], &["-vV"], &["--verbose", "--version"]] {
        let run = home.run(args);
        let text = &run.code(0).stdout;
        assert!(text.starts_with(&first), "{text}");
        let value =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
        assert!(!value("commit: ").is_empty());
        assert!(
            value("build: ").starts_with(std::env::consts::ARCH) && value("build: ").contains(std::env::consts::OS)
        );
        let sqlite: Vec<u32> = value("SQLite: ").split('.').map(|part| part.parse().unwrap()).collect();
        assert!(sqlite >= vec![3, 51, 3], "{sqlite:?}");
        assert_eq!(value("OpenClaw's schemas: "), "1, 19, 21, 23 (agent), 15, 16, 17, 18 (state)");
    }
}
