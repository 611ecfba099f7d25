//! The day on which a setup token was made, as a person writes it: `2026-01-05`. Before 2025 there were none.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};

use crate::model::from_text::from_text;
use crate::model::setup_token::can_be;

/// The beginning of a day in UTC, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub i64);

impl std::str::FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // chrono takes `2026-1-5` and a year of five digits as well.
        let is_whole = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_whole);
        let begins = day.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|day| day.and_utc().timestamp_millis());
        begins.filter(|at| can_be(*at)).map(Self).ok_or("not a day such as 2026-01-05")
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "a day such as 2026-01-05")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::rfc3339;

    #[test]
    fn a_day_has_ten_characters_and_is_in_the_calendar() {
        let begins = |text: &str| text.parse::<Day>().ok().and_then(|day| rfc3339(day.0));
        assert_eq!(begins("2026-01-05").as_deref(), Some("2026-01-05T00:00:00Z"));
        assert_eq!(begins("2028-02-29").as_deref(), Some("2028-02-29T00:00:00Z"));
        for wrong in [
            "",
            "2026-02-29",
            "2026-1-5",
            "05.01.2026",
            "2026-01-05T00:00:00Z",
            " 2026-01-05",
            "20260105",
            "-026-01-05",
            "2024-12-31",
        ] {
            assert_eq!(begins(wrong), None, "{wrong}");
        }
    }
}
