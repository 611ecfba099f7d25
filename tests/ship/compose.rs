//! `contrib/compose/`: what the configuration of ocsync says of the container is what `compose.yaml` makes of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::home::{CLAUDE, Home, at, hours, oauth, store};

const COMPOSE: &str = include_str!("../../contrib/compose/compose.yaml");
const CONFIG: &str = include_str!("../../contrib/compose/ocsync.json");
const PAGE: &str = include_str!("../../contrib/compose/README.md");

/// The lines of a file, those that are commented out for one of its ways as well.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.trim().trim_start_matches("# ").trim_start_matches("// "))
}

#[test]
fn the_paths_are_the_volumes() {
    let volumes: BTreeSet<String> = lines(COMPOSE)
        .filter_map(|line| line.strip_prefix("- ${HOME}"))
        .map(|volume| format!("~{}", volume.trim_end_matches(":ro")))
        .collect();
    let pairs: BTreeSet<String> = lines(CONFIG)
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix("\","))
        .filter_map(|pair| pair.split_once("\": \""))
        .map(|(here, there)| format!("{here}:{there}"))
        .collect();
    assert_eq!((pairs.len(), &pairs), (3, &volumes));
}

#[test]
fn the_command_reaches_the_container_as_the_compose_file_starts_it() {
    let config: Value = json5::from_str(CONFIG).unwrap();
    let words: Vec<&str> = config["openclaw"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words[..2], ["docker", "exec"]);
    assert!(lines(COMPOSE).any(|line| line == format!("container_name: {}", words[2])));
    let command = format!("command: [\"{}\", \"{}\", \"gateway\"", words[3], words[4]);
    assert!(lines(COMPOSE).any(|line| line.starts_with(&command)), "{command}");
}

#[test]
fn ocsync_takes_the_configuration_and_the_page_names_the_files() {
    let home = Home::new().claude("new", hours(8)).agent("main", &store(&[(CLAUDE, oauth("old", hours(1)))]));
    let home = home.file(".config/ocsync/config.json", CONFIG);
    home.run(&["sync", "--reload", "never"]).code(0).prints("updated main anthropic:default");
    assert_eq!(home.access("main"), at("new"));
    for file in ["contrib/compose/compose.yaml", "contrib/compose/ocsync.json"] {
        assert!(PAGE.contains(file), "{file}");
    }
}
