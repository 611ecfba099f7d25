//! Whether profiles in SQLite are updated where they are.

use std::fmt::{self, Formatter};

use serde::de::{Error, IntoDeserializer as _, Visitor, value::StrDeserializer};
use serde::{Deserialize, Deserializer};

/// Whether profiles in SQLite are updated. Earlier versions had a flag here, so `true` and `false` are read as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum SqliteWrite {
    /// Where the layout is one that is known.
    #[default]
    #[value(alias = "true")]
    Auto,
    /// Nowhere.
    #[value(alias = "false")]
    Never,
}

impl SqliteWrite {
    /// Whether profiles are updated at all.
    #[must_use]
    pub fn is_auto(self) -> bool {
        self == Self::Auto
    }

    /// The name in output and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Never => "never",
        }
    }
}

// Not `untagged`: then serde would only report that no form matches.
impl<'de> Deserialize<'de> for SqliteWrite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            Auto,
            Never,
        }

        struct Form;

        impl Visitor<'_> for Form {
            type Value = SqliteWrite;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("\"auto\" or \"never\"")
            }

            fn visit_bool<E: Error>(self, is_on: bool) -> Result<SqliteWrite, E> {
                Ok(if is_on { SqliteWrite::Auto } else { SqliteWrite::Never })
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<SqliteWrite, E> {
                let word: StrDeserializer<'_, E> = word.into_deserializer();
                Word::deserialize(word).map(|word| match word {
                    Word::Auto => SqliteWrite::Auto,
                    Word::Never => SqliteWrite::Never,
                })
            }
        }

        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_word_or_the_flag_of_before() {
        for (text, expected) in [
            ("\"auto\"", Some(SqliteWrite::Auto)),
            ("true", Some(SqliteWrite::Auto)),
            ("\"never\"", Some(SqliteWrite::Never)),
            ("false", Some(SqliteWrite::Never)),
            ("\"always\"", None),
            ("1", None),
            ("null", None),
        ] {
            assert_eq!(serde_json::from_str(text).ok(), expected, "{text}");
        }
    }
}
