//! Time spans in the configuration.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::time::{self, parse_duration};

/// A time span in milliseconds: `"30s"`, `"1h"`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub i64);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Seconds(u32),
            Text(String),
        }
        // A value of the configuration is never quoted.
        let wrong = || D::Error::custom("not a time such as 90s, 30m, 1h or 3d");
        match Form::deserialize(deserializer).map_err(|_| wrong())? {
            Form::Seconds(seconds) => Ok(Self(i64::from(seconds) * 1000)),
            Form::Text(text) => parse_duration(&text).map(Self).map_err(|_| wrong()),
        }
    }
}

/// Reads a limit of the configuration: a time that is longer than none.
///
/// # Errors
/// It is not a time, or no time.
pub fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    let time = Option::<Span>::deserialize(deserializer)?;
    time.map(|Span(time)| time::limit(time).map(Span)).transpose().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_of_seconds_or_has_a_unit() {
        let span = |text: &str| serde_json::from_str::<Span>(text).ok().map(|span| span.0);
        assert_eq!(
            (span("30"), span("\"30m\""), span("\"soon\""), span("-1")),
            (Some(30_000), Some(1_800_000), None, None)
        );
    }
}
