//! Months of Japan's calendar, UTC+9 without summer time.

use std::fmt;

use fude::audit::UtcMillis;

const NINE_HOURS: i64 = 9 * 3_600_000;

/// From the first to the last month, both within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    first: Month,
    last: Month,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Month {
    year: u16,
    month: u8,
}

#[derive(Debug, PartialEq, Eq)]
pub struct PeriodError;

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a period is 2026-11 or 2026-04..2027-03")
    }
}

impl Period {
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (Month::parse(first).ok_or(PeriodError)?, Month::parse(last).ok_or(PeriodError)?);
        if first <= last { Ok(Self { first, last }) } else { Err(PeriodError) }
    }

    pub fn holds(&self, at: UtcMillis) -> bool {
        let day = day(at);
        Month::parse(day.get(..7).unwrap_or_default()).is_some_and(|month| self.first <= month && month <= self.last)
    }

    pub fn in_japanese(&self) -> String {
        let name = |Month { year, month }: Month| format!("{year}年{month}月");
        if self.first == self.last {
            name(self.first)
        } else {
            format!("{}から{}まで", name(self.first), name(self.last))
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.first, self.last)
    }
}

impl Month {
    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (1..=12).contains(&month).then_some(Self { year, month })
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// `2026-11-22`, as the calendar in Japan has it.
pub fn day(at: UtcMillis) -> String {
    moment(at)[..10].to_owned()
}

/// `2026-11-22 20:05:34`, by the clock in Japan.
pub fn moment(at: UtcMillis) -> String {
    // Only the last nine hours of the year 9999 have no such moment
    let there = UtcMillis::from_unix_ms(at.unix_ms() + NINE_HOURS).unwrap_or(at).to_string();
    there[..19].replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_japan() {
        let at = |text: &str| UtcMillis::parse(text).unwrap();
        let november = Period::parse("2026-11").unwrap();
        assert!(!november.holds(at("2026-10-31T14:59:59.999Z")) && november.holds(at("2026-10-31T15:00:00.000Z")));
        assert!(november.holds(at("2026-11-30T14:59:59.999Z")) && !november.holds(at("2026-11-30T15:00:00.000Z")));
        let year = Period::parse("2026-04..2027-03").unwrap();
        assert!(year.holds(at("2027-01-01T00:00:00.000Z")) && !year.holds(at("2027-03-31T15:00:00.000Z")));
        assert_eq!(
            (year.in_japanese().as_str(), year.to_string().as_str()),
            ("2026年4月から2027年3月まで", "2026-04..2027-03")
        );
        assert_eq!(moment(at("2026-12-31T15:05:34.123Z")), "2027-01-01 00:05:34");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "2026-11-01", "2026-11..", "2026-11..2026-10", "x-11"]
        {
            assert_eq!(Period::parse(text), Err(PeriodError), "{text}");
        }
    }
}
