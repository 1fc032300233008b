//! FHIR's primitive types: what a string must look like to be a date, a code, a decimal.

use crate::calendar::Day;

/// `2026`, `2026-07`, `2026-07-05`.
pub(super) fn date(text: &str) -> Option<&str> {
    let text = text.trim();
    let shaped = text.len() <= 10
        && text.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    // FHIR's calendar begins with year 1.
    let good = shaped
        && !text.starts_with("0000")
        && match text.len() {
            4 => Day::parse(text).is_some(),
            7 => Day::parse(text)?.month.is_some_and(|m| (1..=12).contains(&m)),
            10 => Day::parse(text)?.date().is_some(),
            _ => false,
        };
    good.then_some(text)
}

/// A date, or a date with time and zone. A time that FHIR would refuse leaves its day.
pub(super) fn date_time(text: &str) -> Option<&str> {
    instant(text).or_else(|| date(text)).or_else(|| date(text.get(..10)?))
}

/// Date, time to the second, zone.
pub(super) fn instant(text: &str) -> Option<&str> {
    let text = text.trim();
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    date(text.get(..10)?)?;
    // RFC 3339 allows a small t and a blank; FHIR does not.
    (text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z')).then_some(text)
}

/// No blank at either end, no two in a row, no other white space.
pub(super) fn code(text: &str) -> Option<&str> {
    let good = without_blank(text)
        || !text.is_empty() && text.split(' ').all(|part| !part.is_empty()) && !text.contains(['\t', '\n', '\r']);
    good.then_some(text)
}

/// Plainly without white space, as nearly all codes and addresses are.
fn without_blank(text: &str) -> bool {
    !text.is_empty() && text.bytes().fold(true, |all, b| all & b.is_ascii_graphic())
}

pub(super) fn uri(text: &str) -> Option<&str> {
    let good = without_blank(text) || !text.is_empty() && !text.contains(char::is_whitespace);
    good.then_some(text)
}

/// A JSON number as FHIR's decimal takes it. Beyond what a double holds, receivers refuse the whole document.
pub(super) fn decimal(text: &str) -> Option<&str> {
    let body = text.strip_prefix('-').unwrap_or(text);
    let good = body.starts_with(|c: char| c.is_ascii_digit())
        && body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    (good && text.parse::<f64>().is_ok_and(f64::is_finite)).then_some(text)
}

pub(super) fn integer(text: &str) -> Option<&str> {
    text.parse::<i32>().ok().map(|_| text)
}

/// A point in time in Japan, to the millisecond.
pub(super) fn in_japan(text: &str) -> Option<String> {
    let at = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    let at = at.checked_to_offset(time::UtcOffset::from_hms(9, 0, 0).ok()?)?;
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+09:00",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    ))
}

#[cfg(test)]
mod tests {
    use super::{code, date, date_time, decimal, in_japan, instant};

    #[test]
    fn what_is_no_date_is_none() {
        assert_eq!(date_time("2026-07-05T10:00:00+09:00"), Some("2026-07-05T10:00:00+09:00"));
        assert_eq!(date_time("2026-07-05T10:00"), Some("2026-07-05"));
        assert_eq!(date("2026-13"), None);
        assert_eq!(date_time("令和8年7月"), None);
        assert_eq!(date_time("2026/07/05"), None);
        assert_eq!(instant("2026-07-05"), None);
        for none in ["2026-02-30", "0000", "0000-01", "0000-01-01", "0000-01-01T00:00:00Z", "2026-02-30T10:00:00Z"] {
            assert_eq!((date_time(none), instant(none)), (None, None), "{none}");
        }
    }

    #[test]
    fn times_are_japans() {
        assert_eq!(in_japan("2026-07-12T20:05:59.12Z").as_deref(), Some("2026-07-13T05:05:59.120+09:00"));
    }

    #[test]
    fn codes_and_decimals() {
        assert_eq!((code("a b"), code("a  b"), code(" a")), (Some("a b"), None, None));
        assert_eq!(decimal("7.40"), Some("7.40"));
        assert_eq!(decimal("NaN"), None);
        assert_eq!((decimal("1e99999"), decimal(&"9".repeat(400))), (None, None));
    }
}
