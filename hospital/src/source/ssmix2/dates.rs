//! HL7 time stamps (`YYYY[MM[DD[HH[MM[SS[.S]]]]]][±ZZZZ]`) as FHIR dateTimes. Without a zone the clock is Japan's.

use fude::calendar::Day;

/// The time with the precision that it was sent with; an hour alone is no FHIR precision and gets its minute 00.
pub fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    let (clock, zone) = match text.find(['+', '-']) {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    };
    let (digits, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !numeric(digits) || !numeric(fraction) {
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
    let zone = match zone {
        None => "+09:00".to_owned(),
        Some(z) if z.len() == 5 && numeric(&z[1..]) => format!("{}:{}", &z[..3], &z[3..]),
        Some(_) => return None,
    };
    Some(format!("{date}T{hour}:{minute}:{second}{zone}"))
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
    use super::moment;

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
