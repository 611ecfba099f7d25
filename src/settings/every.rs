//! How often something that lasts is repeated.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::time::{DAY, parse_duration};
use crate::settings::span::Span;

/// How often something that lasts is repeated: after so many milliseconds, or never (`"once"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Option<i64>);

impl Every {
    /// Once a day.
    pub const DAY: Self = Self(Some(DAY));
}

/// A time span, or `once`.
///
/// # Errors
/// For anything else.
pub fn parse_every(text: &str) -> Result<Every, String> {
    if text == "once" { Ok(Every(None)) } else { parse_duration(text).map(|span| Every(Some(span))) }
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Span(Span),
            Text(String),
        }
        match Form::deserialize(deserializer) {
            Ok(Form::Span(span)) => Ok(Self(Some(span.0))),
            Ok(Form::Text(text)) if text == "once" => Ok(Self(None)),
            // A value of the configuration is never quoted.
            _ => Err(D::Error::custom("not a time such as 30m or 24h, and not \"once\"")),
        }
    }
}
