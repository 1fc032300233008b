//! Dates as Japanese notes write them, taken out of a text so that their digits count once.

use std::sync::OnceLock;

use regex_lite::{Captures, Regex};

use crate::calendar::era_year;

/// A date of any precision that a text mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mentioned {
    pub year: Option<i32>,
    pub month: Option<u8>,
    pub day: Option<u8>,
    /// Written `7/5`, which may be a fraction.
    pub slash: bool,
}

impl Mentioned {
    /// Whether another date says at least as much. A year that the other leaves open is the fact's own.
    pub fn is_within(&self, known: &Self, fact_year: Option<i32>) -> bool {
        let known_year = known.year.or(fact_year);
        self.year.is_none_or(|y| known_year == Some(y))
            && self.month.is_none_or(|m| known.month == Some(m))
            && self.day.is_none_or(|d| known.day == Some(d))
    }
}

type Reader = fn(&Captures) -> Option<Mentioned>;
/// Whether a text holds what every match of a pattern holds: far cheaper to ask than the pattern.
type Holds = fn(&str) -> bool;

fn a_year(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|b| {
        digits = if b.is_ascii_digit() { digits + 1 } else { 0 };
        digits == 4
    })
}

fn number<T: std::str::FromStr>(c: &Captures, at: usize) -> Option<T> {
    c.get(at).and_then(|m| m.as_str().parse().ok())
}

fn western(c: &Captures) -> Option<Mentioned> {
    plausible(Mentioned { year: number(c, 1), month: number(c, 2), day: number(c, 3), slash: false })
}

fn era(c: &Captures) -> Option<Mentioned> {
    let year = match c.get(2)?.as_str() {
        "元" => 1,
        n => n.parse().ok()?,
    };
    let year = era_year(c.get(1)?.as_str(), year)?;
    plausible(Mentioned { year: Some(year), month: number(c, 3), day: number(c, 4), slash: false })
}

fn month_day(c: &Captures) -> Option<Mentioned> {
    plausible(Mentioned { year: None, month: number(c, 1), day: number(c, 2), slash: false })
}

fn slash(c: &Captures) -> Option<Mentioned> {
    plausible(Mentioned { year: None, month: number(c, 1), day: number(c, 2), slash: true })
}

fn plausible(m: Mentioned) -> Option<Mentioned> {
    let month = m.month.is_none_or(|v| (1..=12).contains(&v));
    let day = m.day.is_none_or(|v| (1..=31).contains(&v));
    let year = m.year.is_none_or(|v| (1860..=2200).contains(&v));
    (month && day && year).then_some(m)
}

fn patterns() -> &'static [(Holds, Regex, Reader)] {
    static PATTERNS: OnceLock<Vec<(Holds, Regex, Reader)>> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let sources: [(Holds, &str, Reader); 6] = [
            (a_year, r"(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})日?", western),
            (
                |t| t.contains('年'),
                r"(明治|大正|昭和|平成|令和)\s?(元|\d{1,2})年\s?(?:(\d{1,2})月\s?(?:(\d{1,2})日)?)?",
                era,
            ),
            (|t| t.contains('年') && a_year(t), r"(\d{4})年\s?(?:(\d{1,2})月)?()", western),
            (|t| t.contains('-') && a_year(t), r"(\d{4})-(\d{2})()", western),
            (|t| t.contains('月'), r"(\d{1,2})月\s?(?:(\d{1,2})日)?", month_day),
            (|t| t.contains('/'), r"\b(\d{1,2})/(\d{1,2})\b", slash),
        ];
        sources.into_iter().map(|(holds, s, read)| (holds, Regex::new(s).expect("a valid pattern"), read)).collect()
    })
}

/// The dates of a text, and the text without them.
pub fn take(text: &str) -> (Vec<Mentioned>, String) {
    let mut dates = Vec::new();
    let mut rest = text.to_owned();
    for (holds, pattern, read) in patterns() {
        if !holds(&rest) {
            continue;
        }
        rest = pattern
            .replace_all(&rest, |c: &Captures| {
                let whole = c.get(0).map_or("", |m| m.as_str());
                let start = c.get(0).map_or(0, |m| m.start());
                // 「120/76」 inside a longer number, 「3.7/5」: no date.
                let glued = rest[..start].ends_with(|p: char| p.is_ascii_digit() || p == '.' || p == '/');
                match read(c).filter(|_| !glued) {
                    Some(date) => {
                        dates.push(date);
                        " ".to_owned()
                    }
                    None => whole.to_owned(),
                }
            })
            .into_owned();
    }
    (dates, rest)
}
