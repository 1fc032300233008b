//! Dates of facts as a narrative says them, and days that a note counts from its own.

use regex_lite::{Captures, Regex};

/// A fact's date, of any precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// Days that a note counts from its own, and what another day's reader calls them.
const COUNTED: &[(&str, &str)] = &[
    ("本日", "同日"),
    ("今朝", "同日朝"),
    ("今日", "同日"),
    ("一昨日", "前々日"),
    ("昨日", "前日"),
    ("昨夜", "前夜"),
    ("昨夕", "前日夕"),
    ("明日", "翌日"),
    ("明朝", "翌朝"),
];

impl Date {
    /// `2026-07-05`, `2026-07` or `2026`; nothing for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '-');
        let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
        let two = |part: &str| part.get(..2)?.parse::<u8>().ok();
        let month = parts.next().map(two);
        let day = parts.next().map(two);
        if month == Some(None) || day == Some(None) {
            return None;
        }
        Some(Self { year, month: month.flatten(), day: day.flatten() })
    }

    /// 「7月5日」, with the year where it is not the one told last.
    pub(crate) fn say(self, told: Option<u16>) -> String {
        let year = if told == Some(self.year) { String::new() } else { format!("{}年", self.year) };
        match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{year}{month}月{day}日"),
            (Some(month), None) => format!("{}年{month}月", self.year),
            _ => format!("{}年", self.year),
        }
    }
}

/// The text without machine dates: 2026-07-05 becomes 7月5日, with the year where it is another.
pub(crate) fn without_iso(text: &str, year: Option<u16>) -> String {
    let iso = Regex::new(r"(\d{4})-(\d{2})-(\d{2})").expect("a constant pattern");
    let said = |found: &Captures<'_>| Date::parse(&found[0]).map_or(found[0].to_owned(), |date| date.say(year));
    iso.replace_all(text, said).into_owned()
}

/// Whether the text counts days from its own: 本日, 昨夜.
pub(crate) fn counts_days(text: &str) -> bool {
    !text.contains('「') && COUNTED.iter().any(|(from, _)| text.contains(from))
}

/// The text with days counted from the date that was told: 同日, 前夜. What was quoted stays.
pub(crate) fn recounted(text: &str) -> String {
    if !counts_days(text) {
        return text.to_owned();
    }
    COUNTED.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Whether the text begins with a day: 7月5日, 2026年2月, 第3病日 excepted.
pub(crate) fn begins_with_day(text: &str) -> bool {
    let day = Regex::new(r"^(?:#\d+\s*)?(?:\d{4}年)?(?:\d{1,2}月|\d{4}年)").expect("a constant pattern");
    day.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_said_without_a_year_told_before() {
        let date = Date::parse("2026-07-05").unwrap();
        assert_eq!(date.say(None), "2026年7月5日");
        assert_eq!(date.say(Some(2026)), "7月5日");
        assert_eq!(Date::parse("2026-07").unwrap().say(Some(2026)), "2026年7月");
        assert_eq!(Date::parse("2009").unwrap().say(None), "2009年");
        assert_eq!(Date::parse("入院"), None);
        assert_eq!(Date::parse("2026-xx-05"), None);
        assert_eq!(without_iso("2026-05-25より休薬", Some(2026)), "5月25日より休薬");
    }

    #[test]
    fn counted_days_hold_on_another_day() {
        assert_eq!(recounted("昨夜から解熱し、本日9時に終了"), "前夜から解熱し、同日9時に終了");
        assert_eq!(recounted("「明日帰る」と話す"), "「明日帰る」と話す");
        assert!(begins_with_day("7月3日朝に受診") && !begins_with_day("第3病日") && begins_with_day("#3 7月9日のK"));
    }
}
