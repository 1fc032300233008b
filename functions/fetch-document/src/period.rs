//! From when to when a search looks: days of Japan's calendar, or instants, both included.

use fude::audit::UtcMillis;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, OffsetDateTime};

use crate::error::Error;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const NANOS_A_MS: i128 = 1_000_000;

/// Bounds of the index's sort key, `<createdAt>#<document id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    from: String,
    to: String,
}

impl Period {
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, Error> {
        let malformed =
            |name: &str| Error::Malformed(format!("{name} must be a day such as 2026-07-01 or an instant of RFC 3339"));
        // Before the first and after the last sort key, where there is no bound.
        let (mut bounds, mut last) = (Self { from: "0".to_owned(), to: "~".to_owned() }, None);
        if let Some(to) = to {
            let ms = last_ms(to).ok_or_else(|| malformed("to"))?;
            bounds.to = format!("{ms}#~");
            last = Some(ms);
        }
        if let Some(from) = from {
            let ms = first_ms(from).ok_or_else(|| malformed("from"))?;
            if last.is_some_and(|last| ms > last) {
                return Err(Error::Malformed("from is later than to".to_owned()));
            }
            bounds.from = ms.to_string();
        }
        Ok(bounds)
    }

    pub fn bounds(&self) -> (&str, &str) {
        (&self.from, &self.to)
    }

    pub fn holds(&self, patient_at: &str) -> bool {
        (self.from.as_str()..=self.to.as_str()).contains(&patient_at)
    }
}

fn first_ms(text: &str) -> Option<UtcMillis> {
    let nanos = match day(text) {
        Some(day) => midnight(day),
        None => instant(text)?,
    };
    whole_ms(nanos + NANOS_A_MS - 1)
}

fn last_ms(text: &str) -> Option<UtcMillis> {
    let nanos = match day(text) {
        Some(day) => midnight(day.next_day()?) - 1,
        None => instant(text)?,
    };
    whole_ms(nanos)
}

/// The millisecond that has begun.
fn whole_ms(nanos: i128) -> Option<UtcMillis> {
    UtcMillis::from_unix_ms(i64::try_from(nanos.div_euclid(NANOS_A_MS)).ok()?).ok()
}

fn day(text: &str) -> Option<Date> {
    if text.starts_with(|c: char| c.is_ascii_digit()) { Date::parse(text, DAY).ok() } else { None }
}

/// When a day begins in Japan.
fn midnight(day: Date) -> i128 {
    day.midnight().assume_offset(offset!(+9)).unix_timestamp_nanos()
}

fn instant(text: &str) -> Option<i128> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp_nanos)
}

#[cfg(test)]
mod tests {
    use super::Period;

    fn period(from: &str, to: &str) -> Period {
        Period::parse(Some(from), Some(to)).expect("a period")
    }

    #[test]
    fn days_are_japans_and_both_included() {
        let july = period("2026-07-01", "2026-07-31");
        assert_eq!(july.bounds(), ("2026-06-30T15:00:00.000Z", "2026-07-31T14:59:59.999Z#~"));
        let id = "f".repeat(32);
        for (at, held) in [
            ("2026-06-30T14:59:59.999Z", false),
            ("2026-06-30T15:00:00.000Z", true),
            ("2026-07-31T14:59:59.999Z", true),
            ("2026-07-31T15:00:00.000Z", false),
        ] {
            assert_eq!(july.holds(&format!("{at}#{id}")), held, "{at}");
        }
    }

    #[test]
    fn instants_have_any_offset_and_precision() {
        let exact = period("2026-07-01T09:00:00+09:00", "2026-07-01T00:00:00Z");
        assert_eq!(exact.bounds(), ("2026-07-01T00:00:00.000Z", "2026-07-01T00:00:00.000Z#~"));
        let finer = period("2026-07-01T00:00:00.0001Z", "2026-07-01T00:00:00.0019Z");
        assert_eq!(finer.bounds(), ("2026-07-01T00:00:00.001Z", "2026-07-01T00:00:00.001Z#~"));
    }

    #[test]
    fn without_bounds_every_key_is_held() {
        let all = Period::parse(None, None).expect("a period");
        assert!(all.holds("0000-01-01T00:00:00.000Z#0") && all.holds("9999-12-31T23:59:59.999Z#f"));
        assert!(Period::parse(Some("2026-07-01"), None).expect("a period").holds("2026-07-01T00:00:00.000Z#0"));
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "", "2026", "2026-07", "2026-7-1", "2026-02-30", "+2026-07-01", "2026-07-01 ", "2026-07-01T00:00:00",
            "9999-12-31T23:59:59-23:59", "昨日",
        ] {
            assert!(Period::parse(Some(text), None).is_err(), "{text}");
            assert!(Period::parse(None, Some(text)).is_err(), "{text}");
        }
        assert!(Period::parse(Some("2026-07-02"), Some("2026-07-01")).is_err());
    }
}
