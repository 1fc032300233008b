//! Check 5: every number with its unit, every date and every word with digits stands in a cited fact.
//! Compared after NFKC, with Kanji numerals before counters, eras, thousands separators and spellings of units.

pub(super) mod dates;
mod units;

use regex_lite::Regex;
use std::sync::OnceLock;

use super::{Claim, Context, Verdict};
use crate::facts::{Fact, Kind};
use crate::text::nfkc;
use dates::Mentioned;

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let said = Figures::read(&without_placeholders(&claim.text));
    let known: Vec<(Figures, Option<i32>)> =
        claim.evidence.iter().zip(&claim.cited).map(|(text, fact)| (Figures::read(text), year(fact))).collect();
    for date in &said.dates {
        let holds =
            known.iter().any(|(k, year)| k.dates.iter().any(|d| date.is_within(d, *year)) || k.holds_fraction(date));
        if !holds {
            return Verdict::Drop("date-not-in-evidence");
        }
    }
    if !said.dates.is_empty() && claim.cited.iter().any(|f| day_of_note_for_its_own(&said, f)) {
        return Verdict::Drop("date-not-in-evidence");
    }
    for number in &said.numbers {
        if !known.iter().any(|(k, _)| k.holds(number, said.says_one_day())) {
            return Verdict::Drop("number-not-in-evidence");
        }
    }
    for word in &said.words {
        if !known.iter().any(|(k, _)| k.holds_word(word)) {
            return Verdict::Drop("code-not-in-evidence");
        }
    }
    Verdict::Keep
}

/// A note that tells a day of its own (「3月10日に終了」) told with the day on which it was written, and not with its own.
/// 本日 and 昨日 speak of the day of writing.
fn day_of_note_for_its_own(said: &Figures, fact: &Fact) -> bool {
    let Some(written) = fact.date.filter(|_| fact.kind == Kind::Note) else { return false };
    let words = nfkc(&fact.fields.get(1..).unwrap_or_default().join(" "));
    if ["本日", "今日", "昨日", "昨夜", "今朝", "明日", "前日", "翌日", "同日"].iter().any(|w| words.contains(w))
    {
        return false;
    }
    let own = Figures::read(&words).dates;
    let as_written = Figures::read(&written.iso()).dates;
    let year = Some(written.year);
    let within = |d: &Mentioned, days: &[Mentioned]| days.iter().any(|o| d.is_within(o, year));
    !own.is_empty()
        && said.dates.iter().any(|d| within(d, &as_written) && !within(d, &own))
        && !said.dates.iter().any(|d| within(d, &own))
}

fn year(fact: &Fact) -> Option<i32> {
    fact.date.map(|d| d.year)
}

fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '⟦' => inside = true,
            '⟧' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

#[derive(Clone, Debug, PartialEq)]
struct Number {
    value: f64,
    unit: Option<&'static str>,
}

impl Number {
    /// 12万/µL and 12.0 ×10^4/µL are 120000/µL.
    fn in_full(&self) -> Self {
        match self.unit {
            Some("10^4/uL") => Self { value: self.value * 1e4, unit: Some("/uL") },
            Some("10^3/uL") => Self { value: self.value * 1e3, unit: Some("/uL") },
            _ => self.clone(),
        }
    }
}

/// All figures of a text.
#[derive(Debug, Default)]
struct Figures {
    dates: Vec<Mentioned>,
    numbers: Vec<Number>,
    /// Words with digits as a whole: HbA1c, CA19-9, L4/5.
    words: Vec<String>,
    /// 「40mg/日」, 「1日量」: what is of one day says so without the figure.
    per_day: bool,
}

fn pattern(cell: &'static OnceLock<Regex>, source: &str) -> &'static Regex {
    cell.get_or_init(|| Regex::new(source).expect("a valid pattern"))
}

/// Bytes of the number that a text begins with: 12,345.6 is one, and so are 1 and 2 of 1,2.
fn length_of_number(text: &[u8]) -> usize {
    let digits = |at: usize| text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if end <= 3 {
        while let [b',', a, b, c, ..] = &text[end..]
            && [a, b, c].iter().all(|d| d.is_ascii_digit())
        {
            end += 4;
        }
    }
    if text.get(end) == Some(&b'.') {
        let decimals = digits(end + 1);
        end += if decimals > 0 { 1 + decimals } else { 0 };
    }
    end
}

impl Figures {
    /// `text` is NFKC.
    fn read(text: &str) -> Self {
        static WORD: OnceLock<Regex> = OnceLock::new();
        static PROBLEM: OnceLock<Regex> = OnceLock::new();
        let text = units::halves(&units::kanji_numerals(text));
        let text = if text.contains('#') {
            pattern(&PROBLEM, r"#\s?\d+(-\d+)?").replace_all(&text, " ").into_owned()
        } else {
            text
        };
        let (dates, rest) = dates::take(&text);
        let per_day = ["/日", "/day", "日量", "毎日"].iter().any(|w| rest.contains(w));
        let mut figures = Self { dates, per_day, ..Self::default() };
        // A letter and then digits is one word; what follows a digit is its unit.
        let words = pattern(&WORD, r"[A-Za-z]+[0-9][A-Za-z0-9]*(?:[-/][A-Za-z0-9]+)*(?:\.[0-9]+)?");
        let mut plain = String::with_capacity(rest.len());
        let mut copied = 0;
        let mut neighbours = rest.as_bytes().windows(2);
        let coded = neighbours.any(|w| w[0].is_ascii_alphabetic() && w[1].is_ascii_digit());
        for m in words.find_iter(if coded { rest.as_str() } else { "" }) {
            let digit_before =
                rest[..m.start()].chars().next_back().is_some_and(|c| c.is_ascii_digit() || c == '.' || c == '/');
            if digit_before {
                continue;
            }
            figures.words.push(m.as_str().to_lowercase());
            plain.push_str(&rest[copied..m.start()]);
            plain.push(' ');
            copied = m.end();
        }
        plain.push_str(&rest[copied..]);
        let mut behind = plain.as_str();
        while let Some(start) = behind.find(|c: char| c.is_ascii_digit()) {
            let (written, rest) = behind[start..].split_at(length_of_number(&behind.as_bytes()[start..]));
            behind = rest;
            if let Ok(value) = written.replace(',', "").parse::<f64>() {
                let unit = units::after(rest);
                let thousands = rest.strip_prefix('万').filter(|_| unit.is_none());
                figures.numbers.push(match thousands {
                    Some(rest) => Number { value: value * 1e4, unit: units::after(rest) },
                    None => Number { value, unit },
                });
            }
        }
        figures
    }

    /// `one_day`: the sentence says 1日, so that 1日40mg may be told of 40mg/日.
    fn holds(&self, wanted: &Number, one_day: bool) -> bool {
        let same = |value: f64| (value - wanted.value).abs() < 1e-9;
        let full = wanted.in_full();
        // 8日間 is told by 8日 and the other way round; a day of the month is told by 日 alone.
        let days = |unit: Option<&str>| matches!(unit, Some("日" | "日間"));
        let fits = |n: &Number| {
            let of_a_day = || one_day && n.unit == Some("mg/日") && wanted.unit == Some("mg");
            let same_unit =
                wanted.unit.is_none() || n.unit == wanted.unit || (days(n.unit) && days(wanted.unit)) || of_a_day();
            let in_full = n.in_full();
            (same(n.value) && same_unit)
                || ((in_full.value - full.value).abs() < 1e-6 && full.unit.is_some() && in_full.unit == full.unit)
        };
        // A name with its value in one word, as notes write it: K3.3. The digits of SpO2 are no value.
        let in_word = |w: &String| w.contains('.') && trailing_number(w).is_some_and(same);
        (self.per_day && wanted.unit == Some("日") && same(1.0))
            || self.numbers.iter().any(fits)
            || self.words.iter().any(in_word)
            // 「9日」 after 「7月3日から」 names a day.
            || (wanted.unit == Some("日") && self.dates.iter().any(|d| d.day.is_some_and(|day| same(f64::from(day)))))
    }

    fn says_one_day(&self) -> bool {
        self.numbers.iter().any(|n| n.unit == Some("日") && (n.value - 1.0).abs() < 1e-9)
    }

    /// `7/5` may be a date or a fraction: as a fraction both numbers stand side by side.
    fn holds_fraction(&self, date: &Mentioned) -> bool {
        date.slash
            && match (date.month, date.day) {
                (Some(m), Some(d)) => {
                    self.numbers.windows(2).any(|w| w[0].value == f64::from(m) && w[1].value == f64::from(d))
                }
                _ => false,
            }
    }

    /// The word itself, or its number where the word is a name with a value (K3.3).
    fn holds_word(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
            || trailing_number(word)
                .is_some_and(|value| word.contains('.') && self.numbers.iter().any(|n| (n.value - value).abs() < 1e-9))
    }
}

fn trailing_number(word: &str) -> Option<f64> {
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Figures;
    use crate::text::nfkc;

    fn supported(sentence: &str, evidence: &str) -> bool {
        let (s, k) = (Figures::read(&nfkc(sentence)), Figures::read(&nfkc(evidence)));
        s.dates.iter().all(|d| k.dates.iter().any(|e| d.is_within(e, Some(2026))) || k.holds_fraction(d))
            && s.numbers.iter().all(|n| k.holds(n, s.says_one_day()))
            && s.words.iter().all(|w| k.holds_word(w))
    }

    #[test]
    fn separators_belong_to_a_number_only_in_their_places() {
        for (text, length) in [
            ("12,345.6mg", 8),
            ("1,2", 1),
            ("1234,567", 4),
            ("1,2345", 5),
            ("1,234,567", 9),
            ("3.", 1),
            ("3.5.6", 3),
            ("007", 3),
            ("120,000/", 7),
        ] {
            assert_eq!(super::length_of_number(text.as_bytes()), length, "{text}");
        }
    }

    #[test]
    fn rewordings_pass() {
        for (sentence, evidence) in [
            ("7月5日のカリウムは3.5 mEq/Lであった。", "2026-07-05 カリウム 3.5 mEq/L 血清"),
            ("令和8年7月5日に入院した。", "2026-07-05 入院"),
            ("抗菌薬は8日間投与した。", "抗菌薬投与日数 8日"),
            ("三日間の点滴を行った。", "点滴を３日間施行"),
            ("血小板は120,000/µLであった。", "血小板 120000 /μL"),
            ("HbA1cは7.2%であった。", "2026-07-01 HbA1c 7.2%"),
            ("血圧は120/76 mmHgであった。", "収縮期血圧 120 mmHg、拡張期血圧 76 mmHg"),
            ("1回2錠を1日3回", "１回２錠 １日３回 毎食後"),
            ("7月3日から13日まで入院した。", "2026-07-03から2026-07-13 入院"),
            ("腫瘍マーカーCA19-9は正常。", "CA19-9 12 U/mL"),
            ("血小板は12万/μLであった。", "血小板 120000 /µL"),
            ("血小板は12.0万/μLであった。", "血小板 12.0 ×10^4/µL"),
            ("1回1/2錠", "1回半錠"),
            ("1日40mgから開始", "40mg/日で開始"),
            ("半錠", "１回0.5錠"),
            ("3～4日の経過", "3〜4日で軽快"),
            ("術後三日目", "術後3日目"),
            ("体温38.2度", "体温 38.2 度"),
        ] {
            assert!(supported(sentence, evidence), "{sentence} | {evidence}");
        }
    }

    #[test]
    fn altered_figures_fail() {
        for (sentence, evidence) in [
            ("7月5日のカリウムは3.6 mEq/Lであった。", "2026-07-05 カリウム 3.5 mEq/L 血清"),
            ("7月6日のカリウムは3.5 mEq/Lであった。", "2026-07-05 カリウム 3.5 mEq/L 血清"),
            ("カリウムは3.5 mg/dLであった。", "2026-07-05 カリウム 3.5 mEq/L 血清"),
            ("2025年7月5日に入院した。", "2026-07-05 入院"),
            ("CA125は正常。", "CA19-9 12 U/mL"),
            ("四日間の点滴を行った。", "点滴を３日間施行"),
            ("アムロジピン5mgを投与した。", "アムロジピン錠2.5mg 1回1錠"),
            ("抗菌薬を5日間投与した。", "2026-07-05 抗菌薬開始"),
            ("酸素2 L/分で投与した。", "2026-07-05 SpO2 98%"),
            ("CRPは125 U/mLであった。", "CA125 35 U/mL"),
            ("SpO2は96‰であった。", "SpO2 96 %"),
            ("体温は38.6°Fであった。", "体温 38.6 ℃"),
            ("白血球は6200/mLであった。", "白血球 6200 /µL"),
            ("血圧は120 cmHgであった。", "血圧 120 mmHg"),
            ("脈拍は80/時であった。", "脈拍 80 /分"),
            ("血小板は13万/µLであった。", "血小板 120000 /µL"),
            ("1回半錠", "1回1錠"),
            ("2日40mgを投与", "40mg/日で開始"),
        ] {
            assert!(!supported(sentence, evidence), "{sentence} | {evidence}");
        }
    }
}
