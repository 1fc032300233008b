//! HL7 time stamps (`YYYY[MM[DD[HH[MM[SS[.S]]]]]][±ZZZZ]`) as FHIR dateTimes. Without a zone the clock is Japan's.

use fude::calendar::Day;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The time with the precision that it was sent with; an hour alone is no FHIR precision and gets its minute 00.
pub fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    let (clock, zone) = match text.find(['+', '-']) {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    };
    let (digits, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let good_zone = zone.is_none_or(|z| z.len() == 5 && numeric(&z[1..]));
    if !numeric(digits) || !numeric(fraction) || !good_zone {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    let date = match digits.len() {
        4 => return valid(digits.to_owned()),
        6 => return valid(format!("{}-{}", part(0, 4)?, part(4, 6)?)),
        8 | 10 | 12 | 14 => valid(format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?))?,
        _ => return None,
    };
    let (hour, minute, second) =
        (part(8, 10).unwrap_or("00"), part(10, 12).unwrap_or("00"), part(12, 14).unwrap_or("00"));
    // 「2011070100」 means the day: SS-MIX2 fills the hour of a start with 00.
    if digits.len() == 8 || digits.len() == 10 && hour == "00" {
        return Some(date);
    }
    if hour > "23" || minute > "59" || second > "59" {
        return None;
    }
    let zone = zone.map_or_else(|| "+09:00".to_owned(), |z| format!("{}:{}", &z[..3], &z[3..]));
    Some(format!("{date}T{hour}:{minute}:{second}{zone}"))
}

/// Start and end of something that lasts over midnight, but no longer than a day, as people say them; `None` for all else.
pub fn over_midnight(start: &str, end: &str) -> Option<String> {
    let [from, to] = [start, end].map(|m| OffsetDateTime::parse(m, &Rfc3339).ok());
    let lasts = to? - from?;
    if day(start) == day(end) || lasts > Duration::DAY || lasts < Duration::ZERO {
        return None;
    }
    let said = |m: OffsetDateTime| format!("{}月{}日{}時{:02}分", u8::from(m.month()), m.day(), m.hour(), m.minute());
    Some(format!("開始 {}、終了 {}", said(from?), said(to?)))
}

/// The day of a FHIR date or dateTime, where it is that precise.
pub fn day(moment: &str) -> Option<&str> {
    moment.get(..10)
}

/// A date that the calendar has.
fn valid(date: String) -> Option<String> {
    let day = Day::parse(&date)?;
    let whole = date.len() < 10 || day.date().is_some();
    (whole && day.iso() == date).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::{moment, over_midnight};

    #[test]
    fn a_night_is_told_by_the_clock() {
        let said = |a, b| over_midnight(a, b);
        let (evening, morning) = ("2026-05-18T22:00:00+09:00", "2026-05-19T06:05:00+09:00");
        assert_eq!(said(evening, morning).as_deref(), Some("開始 5月18日22時00分、終了 5月19日6時05分"));
        assert_eq!(said(evening, "2026-05-18T23:00:00+09:00"), None, "the same day");
        assert_eq!(said(evening, "2026-05-20T06:00:00+09:00"), None, "days");
        assert_eq!(said(morning, evening), None);
        assert_eq!(said("2026-05-18", "2026-05-19"), None);
    }

    #[test]
    fn precision_stays_as_it_was_sent() {
        for (hl7, fhir) in [
            ("2026", "2026"),
            ("202607", "2026-07"),
            ("20260711", "2026-07-11"),
            ("2026071100", "2026-07-11"),
            ("2026071108", "2026-07-11T08:00:00+09:00"),
            ("202607110830", "2026-07-11T08:30:00+09:00"),
            ("20260711083059.984", "2026-07-11T08:30:59+09:00"),
            ("20260711083059+0000", "2026-07-11T08:30:59+00:00"),
        ] {
            assert_eq!(moment(hl7).as_deref(), Some(fhir), "{hl7}");
        }
    }

    #[test]
    fn what_no_calendar_has_is_none() {
        for hl7 in ["", "2", "20261301", "20260230", "2026071125", "202607110860", "令和8年", "20260711+9", "99999999"]
        {
            assert_eq!(moment(hl7), None, "{hl7}");
        }
    }
}
