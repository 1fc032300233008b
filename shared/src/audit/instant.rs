//! A moment as it stands in every stored format: UTC, milliseconds, one spelling.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Written `2026-11-22T20:05:34.123Z`; orders like its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(OffsetDateTime);

/// Not of the form `2026-11-22T20:05:34.123Z`, or outside the years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written 2026-11-22T20:05:34.123Z")]
pub struct NotUtcMillis;

impl UtcMillis {
    /// Milliseconds since 1970; what does not fit into four digits of a year is refused.
    pub fn from_unix_ms(ms: i64) -> Result<Self, NotUtcMillis> {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).map_err(|_| NotUtcMillis)?;
        if (0..=9999).contains(&moment.year()) { Ok(Self(moment)) } else { Err(NotUtcMillis) }
    }

    pub fn unix_ms(self) -> i64 {
        self.0.unix_timestamp() * 1000 + i64::from(self.0.millisecond())
    }

    /// Strict: another offset, fewer digits or blanks are refused.
    pub fn parse(text: &str) -> Result<Self, NotUtcMillis> {
        let moment = PrimitiveDateTime::parse(text, FORMAT).map_err(|_| NotUtcMillis)?;
        let moment = Self(moment.assume_utc());
        if moment.to_string() == text { Ok(moment) } else { Err(NotUtcMillis) }
    }

    /// The same moment, that many days later.
    pub fn plus_days(self, days: u32) -> Result<Self, NotUtcMillis> {
        Self::from_unix_ms(self.unix_ms() + i64::from(days) * 86_400_000)
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UtcMillis {
    type Err = NotUtcMillis;

    fn from_str(text: &str) -> Result<Self, NotUtcMillis> {
        Self::parse(text)
    }
}

impl Serialize for UtcMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moment_has_one_spelling() {
        let text = "2026-11-22T20:05:34.120Z";
        let moment = UtcMillis::parse(text).unwrap();
        assert_eq!(moment.to_string(), text);
        assert_eq!(moment.unix_ms(), 1_795_377_934_120);
        assert_eq!(UtcMillis::from_unix_ms(1_795_377_934_120), Ok(moment));
        for other in [
            "2026-11-22T20:05:34.12Z", "2026-11-22T20:05:34Z", "2026-11-22 20:05:34.120Z",
            "2026-11-22T20:05:34.120+00:00", "2026-11-22T20:05:34.1200Z", "2026-13-22T20:05:34.120Z",
            "+2026-11-22T20:05:34.120Z", " 2026-11-22T20:05:34.120Z", "",
        ] {
            assert!(UtcMillis::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn days_are_added_over_the_end_of_a_month() {
        let moment = UtcMillis::parse("2026-11-22T20:05:34.120Z").unwrap();
        assert_eq!(moment.plus_days(90).unwrap().to_string(), "2027-02-20T20:05:34.120Z");
        assert!(moment.plus_days(u32::MAX).is_err());
    }
}
