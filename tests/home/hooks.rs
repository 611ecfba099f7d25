//! Hooks that note what they are told, and what they were told.

use std::fs;

use serde_json::{Value, json};

use super::{CANARY, Home, chmod, claude_json, claude_store, hours, put};

/// A hook that notes its arguments, variables and input, and then does this.
pub fn hook(home: &Home, name: &str, script: &str) -> String {
    let (path, log) = (home.root().join("bin").join(name), home.root().join(name));
    let text = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\nmkdir -p {0}\nn=$(ls {0} | wc -l)\n{{ echo \"args $*\"; env; echo; cat; }} >{0}/$n\n{script}\n",
        log.display()
    );
    put(&path, &text);
    chmod(&path, 0o755);
    name.to_owned()
}

/// What a hook was told: event, exit code, and the report.
pub fn told(home: &Home, name: &str) -> Vec<(String, i64, Value)> {
    let dir = home.root().join(name);
    let count = fs::read_dir(&dir).map_or(0, Iterator::count);
    let calls = (0..count).map(|n| fs::read_to_string(dir.join(n.to_string())).unwrap());
    calls
        .map(|text| {
            assert!(!text.contains(CANARY), "a token reached a hook: {text}");
            let (variables, report) = text.split_once("\n\n").unwrap();
            let event = variables.lines().find_map(|line| line.strip_prefix("OCSYNC_EVENT=")).unwrap();
            let exit = variables.lines().find_map(|line| line.strip_prefix("OCSYNC_EXIT=")).unwrap();
            (event.to_owned(), exit.parse().unwrap(), serde_json::from_str(report).unwrap())
        })
        .collect()
}

pub fn events(home: &Home, name: &str) -> Vec<String> {
    told(home, name).into_iter().map(|(event, ..)| event).collect()
}

/// A home whose login has ended, and with it the profile: only a person can help.
pub fn ended() -> Home {
    let mut login: Value = serde_json::from_str(&claude_json("old", hours(-1))).unwrap();
    login["claudeAiOauth"]["refreshTokenExpiresAt"] = json!(hours(-2));
    let home = Home::new().file(".claude/.credentials.json", &login.to_string());
    home.agent("main", &claude_store("old", hours(-1)))
}

pub fn warnings(report: &Value) -> Vec<&str> {
    let problems = report["problems"].as_array().unwrap();
    problems.iter().filter(|problem| problem["severity"] == "warning").map(|p| p["code"].as_str().unwrap()).collect()
}
