//! "Did you mean": finds the name that a misspelt one was meant to be.
//!
//! A misspelt key in the configuration would be a setting that silently does nothing. So it is an error,
//! and the error names the key that was probably meant.

use crate::model::problem::clean;

/// What is said of an unknown key or value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    kind: &'static str,
    wrong: String,
    /// The nearest name, or all known ones.
    advice: String,
}

impl Suggestion {
    /// With the key or value that is wrong.
    pub fn text(&self) -> String {
        format!("unknown {} \"{}\": {}", self.kind, self.wrong, self.advice)
    }

    /// With the key that is wrong, and without a value: a value may be a secret.
    pub fn without_value(&self) -> String {
        if self.kind == "key" { self.text() } else { format!("unknown {}: {}", self.kind, self.advice) }
    }
}

/// serde's message about an unknown key or value, in words for people: with the nearest name, or with all
/// known ones.
pub fn explain(message: &str) -> String {
    suggestion(message).map_or_else(|| message.to_owned(), |suggestion| suggestion.text())
}

/// The same in parts; `None` for any other message.
pub fn suggestion(message: &str) -> Option<Suggestion> {
    let (kind, rest) = [("key", "unknown field `"), ("value", "unknown variant `")]
        .into_iter()
        .find_map(|(kind, start)| Some((kind, message.strip_prefix(start)?)))?;
    // The wrong name may hold anything. What serde adds is behind its last occurrence.
    let (wrong, known) = rest.rsplit_once("`, expected ")?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let advice = match nearest(wrong, &known) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => format!("known are {}", known.join(", ")),
    };
    Some(Suggestion { kind, wrong: clean(wrong), advice })
}

/// The name that is nearest to a misspelt one, if one is near enough.
pub fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| -> Vec<char> {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wrong = plain(wrong);
    let distances = known.iter().map(|name| (distance(&wrong, &plain(name)), *name));
    distances.min().filter(|(distance, name)| *distance <= name.len() / 3).map(|(_, name)| name)
}

/// How many letters must be added, removed, exchanged, or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let exchanged = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = exchanged.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 6] = ["share", "state_dirs", "hook_timeout", "wait", "bind", "openclaw"];

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        for (wrong, meant) in [
            ("shre", Some("share")),
            ("sahre", Some("share")),
            ("stateDirs", Some("state_dirs")),
            ("hook-timeout", Some("hook_timeout")),
            ("Wait", Some("wait")),
            ("binds", Some("bind")),
            ("open_claw", Some("openclaw")),
            ("x", None),
            ("", None),
            ("telegram", None),
        ] {
            assert_eq!(nearest(wrong, &KEYS), meant, "{wrong}");
        }
        assert_eq!(nearest("a", &[]), None);
    }

    #[test]
    fn a_message_of_serde_is_put_into_our_words() {
        let said = explain("unknown field `shre`, expected one of `state_dirs`, `share`");
        assert_eq!(said, "unknown key \"shre\": did you mean \"share\"?");
        let said = explain("unknown variant `x`, expected `auto` or `never`");
        assert_eq!(said, "unknown value \"x\": known are auto, never");
        assert_eq!(explain("invalid type: string"), "invalid type: string");
    }
}
