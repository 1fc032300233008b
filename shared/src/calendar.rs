//! Days as records and Japanese documents write them. Time zone of every clock time is Japan's.

use time::{Date, Month, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A FHIR date of any precision: year, month or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    pub year: i32,
    pub month: Option<u8>,
    pub day: Option<u8>,
}

impl Day {
    /// Reads `2026`, `2026-07`, `2026-07-05` and a dateTime, which is turned into Japan's day.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(day) = day_of_japans_time(text) {
            return Some(day);
        }
        if text.len() > 10 {
            let time = OffsetDateTime::parse(text, &Rfc3339).ok();
            if let Some(time) = time {
                let jst = UtcOffset::from_hms(9, 0, 0).ok()?;
                // 9999-12-31 as an open end has no day nine hours later.
                return Some(Self::from_date(time.checked_to_offset(jst).unwrap_or(time).date()));
            }
        }
        let mut parts = text.get(..text.len().min(10))?.splitn(3, '-');
        let year = parts.next()?.parse().ok().filter(|y| (1800..=2200).contains(y))?;
        let month = parts.next().and_then(|m| m.parse().ok());
        let day = parts.next().and_then(|d| d.parse().ok());
        if month.is_some_and(|m: u8| !(1..=12).contains(&m)) || day.is_some_and(|d: u8| !(1..=31).contains(&d)) {
            return None;
        }
        Some(Self { year, month, day })
    }

    pub fn from_date(date: Date) -> Self {
        Self { year: date.year(), month: Some(date.month() as u8), day: Some(date.day()) }
    }

    /// The calendar day, where the precision reaches that far.
    pub fn date(self) -> Option<Date> {
        let month = Month::try_from(self.month?).ok()?;
        Date::from_calendar_date(self.year, month, self.day?).ok()
    }

    /// `2026-07-05`, as facts carry it.
    pub fn iso(self) -> String {
        match (self.month, self.day) {
            // Digit by digit: thousands of facts bear a day.
            (Some(m), Some(d)) if (0..=9999).contains(&self.year) && m < 100 && d < 100 => {
                let year = self.year as u16;
                let mut out = String::with_capacity(10);
                for digit in [year / 1000, year / 100 % 10, year / 10 % 10, year % 10] {
                    out.push(char::from(b'0' + digit as u8));
                }
                for part in [m, d] {
                    out.extend(['-', char::from(b'0' + part / 10), char::from(b'0' + part % 10)]);
                }
                out
            }
            (Some(m), Some(d)) => format!("{:04}-{m:02}-{d:02}", self.year),
            (Some(m), None) => format!("{:04}-{m:02}", self.year),
            _ => format!("{:04}", self.year),
        }
    }

    /// `2026年7月5日`, as a document prints it.
    pub fn japanese(self) -> String {
        match (self.month, self.day) {
            (Some(m), Some(d)) => format!("{}年{m}月{d}日", self.year),
            (Some(m), None) => format!("{}年{m}月", self.year),
            _ => format!("{}年", self.year),
        }
    }
}

/// The day of `2026-07-05T10:00:00+09:00`, as Japan's systems write every time of thousands; of other times, and of what
/// is none, the parser tells.
fn day_of_japans_time(text: &str) -> Option<Day> {
    let (date, time) = text.as_bytes().split_first_chunk::<10>()?;
    let [b'T', h0, h1, b':', m0, m1, b':', s0, s1, b'+', b'0', b'9', b':', b'0', b'0'] = time else { return None };
    let [y0, y1, y2, y3, b'-', n0, n1, b'-', d0, d1] = date else { return None };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0u16, |n, d| d.is_ascii_digit().then(|| n * 10 + u16::from(**d - b'0')))
    };
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[m0, m1])?, number(&[s0, s1])?);
    let month = Month::try_from(u8::try_from(number(&[n0, n1])?).ok()?).ok()?;
    let day = u8::try_from(number(&[d0, d1])?).ok()?;
    let date = Date::from_calendar_date(number(&[y0, y1, y2, y3])?.into(), month, day).ok()?;
    (hour < 24 && minute < 60 && second < 60).then(|| Day::from_date(date))
}

/// Text with its days as a document prints them: `2026-07-03より休薬` becomes 2026年7月3日より休薬.
pub fn with_japanese_days(text: &str) -> String {
    if !text.contains('-') {
        return text.to_owned();
    }
    // Whatever hangs together is one word: a time, a code, a batch number is no day.
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | ':' | '+');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(in_word) {
        let end = rest[start..].find(|c| !in_word(c)).map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        let digits = word.len() == 10 && word.char_indices().all(|(i, c)| (c == '-') == (i == 4 || i == 7));
        out.push_str(&rest[..start]);
        match Day::parse(word).filter(|day| digits && day.date().is_some()) {
            Some(day) => out.push_str(&day.japanese()),
            None => out.push_str(word),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// A sentence written on a day, as it is read on another: 「本日中止とした」 becomes 5月7日中止とした. What somebody said
/// in quotation marks stays, and so does all of a sentence without a full date.
pub fn read_later(text: &str, written: Option<Day>) -> String {
    const COUNTED: [(&str, i64); 6] =
        [("本日", 0), ("今日", 0), ("一昨日", -2), ("昨日", -1), ("明後日", 2), ("明日", 1)];
    let mut text = text.to_owned();
    let Some(written) = written.and_then(Day::date).filter(|_| !text.contains('「')) else { return text };
    for (word, days) in COUNTED {
        let day = written + time::Duration::days(days);
        text = text.replace(word, &format!("{}月{}日", u8::from(day.month()), day.day()));
    }
    text
}

/// Full years between a birth date and a day.
pub fn age_on(birth: Date, on: Date) -> i32 {
    let had_birthday = (on.month() as u8, on.day()) >= (birth.month() as u8, birth.day());
    on.year() - birth.year() - i32::from(!had_birthday)
}

/// First Gregorian day of each era, latest first (Cabinet orders on the names of years).
const ERAS: [(&str, i32, u8, u8); 5] =
    [("令和", 2019, 5, 1), ("平成", 1989, 1, 8), ("昭和", 1926, 12, 25), ("大正", 1912, 7, 30), ("明治", 1873, 1, 1)];

/// Gregorian year of 令和8年; 元年 is year 1. `None` for an unknown era.
pub fn era_year(era: &str, year: i32) -> Option<i32> {
    let (_, first, _, _) = ERAS.iter().find(|(name, ..)| *name == era)?;
    Some(first + year - 1)
}

/// 令和8年7月5日 of a Gregorian day; days before 1873 stay Gregorian.
pub fn in_era(date: Date) -> String {
    let key = (date.year(), date.month() as u8, date.day());
    match ERAS.iter().find(|(_, y, m, d)| key >= (*y, *m, *d)) {
        Some((name, first, ..)) => {
            let year = date.year() - first + 1;
            let year = if year == 1 { "元".to_owned() } else { year.to_string() };
            format!("{name}{year}年{}月{}日", key.1, key.2)
        }
        None => Day::from_date(date).japanese(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Day, age_on, in_era, read_later, with_japanese_days};
    use time::macros::date;

    #[test]
    fn a_sentence_is_read_on_another_day() {
        let day = Day::parse("2026-05-01");
        assert_eq!(read_later("昨日から休薬し、本日中止とした。", day), "4月30日から休薬し、5月1日中止とした。");
        assert_eq!(read_later("一昨日に開始。", day), "4月29日に開始。");
        assert_eq!(read_later("「本日で終わり」と話す。", day), "「本日で終わり」と話す。");
        assert_eq!(read_later("本日中止", Day::parse("2026-05")), "本日中止");
    }

    #[test]
    fn clock_times_become_days_in_japan() {
        assert_eq!(Day::parse("2026-07-05T23:30:00Z").map(Day::iso).as_deref(), Some("2026-07-06"));
        assert_eq!(Day::parse("2026-07").map(Day::iso).as_deref(), Some("2026-07"));
        assert_eq!(Day::parse("9999-12-31T23:59:59Z").map(Day::iso).as_deref(), Some("9999-12-31"));
        assert_eq!(Day::parse("abc"), None);
        assert_eq!(Day::parse("2026-13-01"), None);
    }

    #[test]
    fn days_in_a_text_are_printed_and_nothing_else_is_touched() {
        assert_eq!(
            with_japanese_days("2026-07-03より休薬、2026-07-04から20mg（2026-06-22抜去）"),
            "2026年7月3日より休薬、2026年7月4日から20mg（2026年6月22日抜去）"
        );
        for same in
            ["1312-34-5678", "LOT-2026-07-03", "2026-07-03T10:00", "2026-13-01", "2026-02-30", "2026/07/03", "1-2-3"]
        {
            assert_eq!(with_japanese_days(same), same);
        }
    }

    #[test]
    fn eras_change_within_a_year() {
        assert_eq!(in_era(date!(2019 - 04 - 30)), "平成31年4月30日");
        assert_eq!(in_era(date!(2019 - 05 - 01)), "令和元年5月1日");
        assert_eq!(in_era(date!(1926 - 12 - 25)), "昭和元年12月25日");
    }

    #[test]
    fn age_counts_birthdays() {
        assert_eq!(age_on(date!(1944 - 07 - 05), date!(2026 - 07 - 04)), 81);
        assert_eq!(age_on(date!(1944 - 07 - 05), date!(2026 - 07 - 05)), 82);
    }
}
