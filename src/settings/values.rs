//! Values that a person writes: commands and bindings.
//!
//! A command is a list in the configuration, and one value on the command line. No shell reads it, so
//! nothing is quoted or expanded. Text that looks as if a shell should read it is refused and not taken
//! literally.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::model::from_text::from_text;
use crate::model::policy::Share;
use crate::model::policy::Via;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::model::target::{Adoption, Target};
use crate::model::time::parse_duration;
use crate::settings::did_you_mean::explain;
use crate::settings::span::Span;
use crate::sys::url::SafeUrl;

/// What a profile is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindTo {
    /// Nothing: the profile is a login of its own.
    None,
    /// This login.
    To(SourceId),
}

impl BindTo {
    /// The source; `None` for a login of its own.
    pub fn source(self) -> Option<SourceId> {
        match self {
            Self::None => None,
            Self::To(id) => Some(id),
        }
    }
}

impl std::str::FromStr for BindTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const KNOWN: [&str; 5] = ["none", "claude", "codex", "minimax", "qwen"];
        match text {
            "none" => Ok(Self::None),
            _ if text.contains(':') || KNOWN.contains(&text) => text.parse().map(Self::To),
            _ => {
                let wrong: serde::de::value::Error = serde::de::Error::unknown_variant(text, &KNOWN);
                Err(wrong.to_string())
            }
        }
    }
}

impl<'de> Deserialize<'de> for BindTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "the name of a source or \"none\"")
    }
}

/// A command: the program and its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct CommandLine(pub Vec<String>);

impl TryFrom<Vec<String>> for CommandLine {
    type Error = &'static str;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        if words.first().is_some_and(String::is_empty) {
            return Err("a command begins with the name of a program");
        }
        Ok(Self(words))
    }
}

/// A command on the command line: words that are separated by spaces.
///
/// # Errors
/// For an empty text, and for what only a shell would understand.
pub fn parse_words(text: &str) -> Result<CommandLine, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let operator = |word: &String| word.starts_with(['|', '&', ';', '<', '>']);
    if text.contains(['"', '\'', '\\', '`', '$']) || words.iter().any(operator) {
        return Err("no shell reads this; write it as a list into the configuration, or into a script".to_owned());
    }
    if words.is_empty() { Err("it is empty".to_owned()) } else { Ok(CommandLine(words)) }
}

/// `profile=source`: the source may be "none", the profile may hold a "=".
///
/// # Errors
/// For anything else.
pub fn parse_bind(text: &str) -> Result<(String, BindTo), String> {
    let (profile, source) = text.rsplit_once('=').ok_or("write it as PROFILE=SOURCE")?;
    Ok((profile.to_owned(), source.parse().map_err(|why: String| explain(&why))?))
}

/// `profile`, `agent/profile`, and what it is to follow after a `=`.
///
/// # Errors
/// For an empty text.
pub fn parse_adoption(text: &str) -> Result<Adoption, String> {
    parse_target(text).map(|Target(text)| Adoption::parse(&text))
}

/// `profile`, or `agent/profile`.
///
/// # Errors
/// For an empty text.
pub fn parse_target(text: &str) -> Result<Target, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(Target(text.to_owned())) }
}

/// `access`, or `claude=access`.
///
/// # Errors
/// For anything else.
pub fn parse_share(text: &str) -> Result<(Option<SourceId>, Share), String> {
    of_source(text, word)
}

/// `http`, or `claude=http`.
///
/// # Errors
/// For anything else, and for sources that have no endpoint.
pub fn parse_via(text: &str) -> Result<(Option<SourceId>, Via), String> {
    match of_source(text, word)? {
        (Some(id), Via::Http) if !matches!(id.kind, SourceKind::Claude | SourceKind::Codex) => {
            Err(format!("{} has no http", id.name))
        }
        via => Ok(via),
    }
}

/// `1h`, or `codex=1d`.
///
/// # Errors
/// For anything else.
pub fn parse_within(text: &str) -> Result<(Option<SourceId>, Span), String> {
    of_source(text, |text| parse_duration(text).map(Span))
}

/// `name`, or `claude=name`.
///
/// # Errors
/// For an unknown source.
pub fn parse_container(text: &str) -> Result<(Option<SourceId>, String), String> {
    of_source(text, |name| Ok(name.to_owned()))
}

/// `claude=/opt/claude`.
///
/// # Errors
/// For an unknown source, and for what only a shell would understand.
pub fn parse_program(text: &str) -> Result<(SourceId, CommandLine), String> {
    match of_source(text, parse_words)? {
        (Some(kind), words) => Ok((kind, words)),
        (None, _) => Err("write it as SOURCE=CMD".to_owned()),
    }
}

/// A token endpoint on this machine.
///
/// # Errors
/// For any other host. To send tokens elsewhere must take more than a typing error.
pub fn parse_token_url(text: &str) -> Result<SafeUrl, String> {
    let url: SafeUrl = text.parse()?;
    if url.is_loopback() {
        return Ok(url);
    }
    Err("only loopback is allowed here; set refresh.token_url in the configuration".to_owned())
}

/// A value for all sources, or for the one before the `=`.
fn of_source<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<(Option<SourceId>, T), String> {
    let Some((kind, value)) = text.split_once('=') else { return Ok((None, parse(text)?)) };
    Ok((Some(source(kind)?), parse(value)?))
}

fn source(text: &str) -> Result<SourceId, String> {
    text.parse().map_err(|why: String| explain(&why))
}

fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| explain(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_at_spaces_and_nothing_else_is_understood() {
        assert_eq!(parse_words(" notify  --to me ").unwrap().0, ["notify", "--to", "me"]);
        assert_eq!(parse_words("curl https://x.test/?a=1&b=2;c").unwrap().0.len(), 2);
        for wrong in ["", " ", "sh -c 'x'", "a | b", "a > f", "a $HOME", "a && b", "a \"b c\""] {
            assert!(parse_words(wrong).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<CommandLine>("[\"\"]").is_err());
    }

    #[test]
    fn bindings_and_shares_are_read_as_in_the_configuration() {
        assert_eq!(
            parse_bind("ops/anthropic:a=claude"),
            Ok(("ops/anthropic:a".to_owned(), BindTo::To(SourceKind::Claude.into())))
        );
        assert_eq!(parse_bind("a=none").unwrap().1, BindTo::None);
        assert!(parse_bind("a=clade").unwrap_err().contains("did you mean \"claude\""));
        assert!(parse_bind("anthropic:a").is_err());
        assert_eq!(parse_bind("a=codex:b").unwrap().1.source(), Some("codex:b".parse().unwrap()));
        assert_eq!(parse_program("claude:w=/c").unwrap().0.name, "claude:w");
        assert_eq!(parse_share("access"), Ok((None, Share::Access)));
        assert_eq!(parse_share("codex=lineage"), Ok((Some(SourceKind::Codex.into()), Share::Lineage)));
        assert!(parse_share("codx=access").is_err());
    }
}
