//! What is wrong in ocsync's own configuration: the key, what is expected there, and never the value. A value may be a
//! secret: anyone who knows a ping URL can use its check.

use std::fmt::Display;

use serde::{Deserialize, Deserializer};
use serde_path_to_error::Segment;

use crate::model::problem::clean;
use crate::settings::config_place::{Part, find};
use crate::settings::did_you_mean::suggestion;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong with its value.
    pub why: String,
    /// The steps to the value; to the key itself, where that is unknown.
    pub path: Vec<Part>,
    /// The key is unknown.
    pub is_unknown_key: bool,
}

impl Wrong {
    /// The error as one line, with its place in the text of the configuration.
    pub fn said(&self, text: &[u8]) -> String {
        let place = find(text, &self.path, self.is_unknown_key);
        let place = place.map(|(line, column)| format!("line {line} column {column}: ")).unwrap_or_default();
        format!("{place}{self}")
    }

    /// The path of the key, `hooks.on_change` or `bind["anthropic:default"]`; empty for the whole configuration. The
    /// name of an unknown key is in the message already.
    fn key(&self) -> String {
        let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let path = &self.path[..self.path.len().saturating_sub(usize::from(self.is_unknown_key))];
        let mut key = String::new();
        for part in path {
            match part {
                Part::Index(index) => key.extend(["[", &index.to_string(), "]"]),
                Part::Key(name) if !plain(name) => key.extend(["[\"", &clean(name), "\"]"]),
                Part::Key(name) => {
                    key += if key.is_empty() { "" } else { "." };
                    key += name;
                }
            }
        }
        key
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.key();
        let colon = if key.is_empty() { "" } else { ": " };
        write!(f, "{key}{colon}{}", self.why)
    }
}

/// Reads a value; what is wrong with it comes with the error of the format, which may know the place.
///
/// # Errors
/// The first thing that is wrong.
pub fn read<'de, T, D>(deserializer: D) -> Result<T, (Wrong, D::Error)>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
    D::Error: Display,
{
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let message = error.inner().to_string();
        let path = error.path().iter().filter_map(part).collect();
        let is_unknown_key = message.starts_with("unknown field ");
        (Wrong { why: why(&message), path, is_unknown_key }, error.into_inner())
    })
}

fn part(segment: &Segment) -> Option<Part> {
    match segment {
        Segment::Seq { index } => Some(Part::Index(*index)),
        Segment::Map { key } => Some(Part::Key(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// A message of serde or of ours, without the value that some of serde's quote.
fn why(message: &str) -> String {
    if let Some(suggested) = suggestion(message) {
        return suggested.without_value();
    }
    let quotes =
        ["invalid type: ", "invalid value: ", "invalid length "].iter().any(|start| message.starts_with(start));
    // A value may hold these words as well, so the last ones count: what follows them is serde's.
    let expected = message.rsplit_once(", expected ").filter(|_| quotes).map(|(_, expected)| expected);
    match expected.map(|expected| expected.split(" at line ").next().unwrap_or_default()) {
        Some("u64" | "u32") => "not a whole number (0 or more)".to_owned(),
        Some("a sequence") => "not a list".to_owned(),
        Some("path string") => "not a string".to_owned(),
        Some("a map") => "not an object".to_owned(),
        Some("a boolean") => "neither true nor false".to_owned(),
        Some(expected) => format!("not {}", clean(expected)),
        None if quotes => "a value of the wrong type".to_owned(),
        None => match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(key) => format!("the key \"{}\" is missing", clean(key)),
            None => clean(message),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::settings::file::ConfigFile;

    fn wrong(value: Value) -> String {
        read::<ConfigFile, _>(value).unwrap_err().0.to_string()
    }

    #[test]
    fn the_key_is_named_with_its_path() {
        for (value, said) in [
            (
                json!({ "bind": { "anthropic:default": "foo" } }),
                "bind[\"anthropic:default\"]: unknown value: known are none",
            ),
            (
                json!({ "setup_tokens": { "anthropic:manual": "2026-02-30" } }),
                "setup_tokens[\"anthropic:manual\"]: not a day such as 2026-01-05",
            ),
            (json!({ "setup_tokens": { "plain": 20_260_105 } }), "setup_tokens.plain: not a day such as 2026-01-05"),
            (json!({ "bind": { "plain": "clade" } }), "bind.plain: unknown value: did you mean \"claude\"?"),
            (json!({ "ping": "http://example.test/x" }), "ping: the URL must begin with https://"),
            (json!({ "refresh": { "within": { "claude": "soon" } } }), "refresh.within.claude: not a time such as"),
            (json!({ "refresh": { "within": "soon" } }), "refresh.within: not a time such as"),
            (
                json!({ "refresh": { "via": { "codex": "carrier" } } }),
                "refresh.via.codex: unknown value: known are cli, http",
            ),
            (json!({ "refresh": { "token_url": { "codex": 7 } } }), "refresh.token_url.codex: not a string"),
            (json!({ "share": { "codx": "access" } }), "share: unknown value: did you mean \"codex\"?"),
            (json!({ "refresh": { "programs": { "codex": ["a", 3] } } }), "refresh.programs.codex[1]: not a string"),
            (json!({ "share": ["access"] }), "share: not "),
            (json!({ "hooks": { "on_change": ["a", 3] } }), "hooks.on_change[1]: not a string"),
            (json!({ "hooks": { "on_chnge": [] } }), "hooks: unknown key \"on_chnge\": did you mean \"on_change\"?"),
            (
                json!({ "state_dirs": ["/a", { "path": "/b", "container": "yes" }] }),
                "state_dirs[1].container: neither true nor false",
            ),
            (json!({ "state_dirs": [{ "version": "1" }] }), "state_dirs[0]: the key \"path\" is missing"),
            (json!({ "state_dirs": "/a" }), "state_dirs: not a list"),
            (json!({ "wait": -1 }), "wait: not a whole number (0 or more)"),
        ] {
            let found = wrong(value);
            assert!(found.starts_with(said), "{found} is not {said}");
        }
    }

    #[test]
    fn no_value_is_ever_quoted() {
        let secret = "canary, expected `canary` at line 1 column 2: canary";
        let samples = [json!(secret), json!([secret]), json!({ "x": secret }), json!(-7_777_777), json!(7.777_777_7)];
        let keys = [
            "state_dirs",
            "sources",
            "bind",
            "setup_tokens",
            "share",
            "claude_dir",
            "keychain",
            "link",
            "openclaw",
            "hooks",
            "hook_timeout",
            "notify_every",
            "ping",
            "flag_file",
            "export",
            "refresh",
            "write_back",
            "wait",
        ];
        let mut failures = 0;
        for sample in &samples {
            for key in keys {
                let deep = json!({ "via": sample, "within": sample, "token_url": sample });
                for value in
                    [json!({ key: sample }), json!({ key: { "claude": sample } }), json!({ "refresh": deep })]
                {
                    let Err((wrong, _)) = read::<ConfigFile, _>(value) else { continue };
                    failures += 1;
                    assert!(!wrong.why.contains("canary") && !wrong.why.contains("7777"), "{wrong}");
                }
            }
        }
        assert!(failures > 100, "only {failures} samples are wrong");
    }

    #[test]
    fn a_key_cannot_steer_a_terminal() {
        let (wrong, _) = read::<BTreeMap<String, u8>, _>(json!({ "a\u{1b}[31m": "x" })).unwrap_err();
        assert_eq!(wrong.key(), "[\"a\u{fffd}[31m\"]");
    }
}
