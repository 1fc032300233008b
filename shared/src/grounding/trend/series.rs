//! Series of values among the cited facts: results of one name, a derived 「推移」, 「12.4→1.2」 in a note.

use crate::calendar::Day;
use crate::facts::{Detail, Fact, Kind, leading_number};
use crate::grounding::clauses;
use crate::text::nfkc;

/// Values of one test in order of time.
#[derive(Debug)]
pub struct Series {
    pub name: String,
    pub values: Vec<f64>,
    dates: Vec<Option<Day>>,
    pub abnormal_at_last: bool,
}

pub enum Move {
    /// Only one value is cited.
    Single,
    /// Pairs of values that a clause may speak of.
    Of(Vec<(f64, f64)>),
}

impl Series {
    /// From the first to the last value; each step too where the clause speaks of a peak, or of a value or a
    /// day between them.
    pub fn moves(&self, text: &str, clause: &str) -> Move {
        let (Some(first), Some(last)) = (self.values.first(), self.values.last()) else { return Move::Single };
        if self.values.len() < 2 {
            return Move::Single;
        }
        const PEAK: &[&str] = &[
            "一時", "最大", "最高", "ピーク", "一過性", "その後", "最低", "頂値", "いったん", "一旦", "再び", "再度",
            "漸",
        ];
        let inner = &self.values[1..self.values.len() - 1];
        let names_value = inner.iter().any(|v| holds_number(clause, *v));
        let inner_days = &self.dates[1..self.values.len() - 1];
        let names_day = inner_days.iter().flatten().any(|d| match (d.month, d.day) {
            (Some(m), Some(d)) => clause.contains(&format!("{m}月{d}日")) || clause.contains(&format!("{m}/{d}")),
            _ => false,
        });
        // 「8.12まで上昇したが、0.34まで低下した」: the last value alone is told against the one before it.
        let names_last = holds_number(clause, *last) && !holds_number(clause, *first);
        let mut moves = vec![(*first, *last)];
        // 「9.4まで低下し、10.6に回復した」: from the value between them that was told before.
        let earlier = text.split(clause).next().unwrap_or_default();
        let told = self.values[..self.values.len() - 1].iter().rposition(|v| holds_number(earlier, *v));
        if let Some(at) = told.filter(|at| *at > 0 && !names_value && !holds_number(clause, *first)) {
            return Move::Of(vec![(self.values[at], *last)]);
        }
        if names_last || names_value || names_day || PEAK.iter().any(|p| clause.contains(p)) {
            moves = self.values.windows(2).map(|w| (w[0], w[1])).collect();
            moves.push((*first, *last));
        }
        Move::Of(moves)
    }
}

fn holds_number(clause: &str, value: f64) -> bool {
    let numbers = clause.split(|c: char| !c.is_ascii_digit() && c != '.');
    numbers.filter_map(|n| n.parse::<f64>().ok()).any(|n| (n - value).abs() < 1e-9)
}

pub fn of(cited: &[&Fact]) -> Vec<Series> {
    let mut out: Vec<Series> = Vec::new();
    let mut results: Vec<&&Fact> =
        cited.iter().filter(|f| matches!(f.kind, Kind::Result | Kind::Survey | Kind::Exam)).collect();
    results.sort_by_key(|f| f.date);
    for fact in results {
        let Some(value) = fact.fields.get(1).and_then(|v| leading_number(&nfkc(v).replace(',', ""))) else { continue };
        let abnormal = matches!(&fact.detail, Detail::Result(r) if r.abnormal);
        let name = nfkc(&fact.name);
        match out.iter_mut().find(|s| s.name == name) {
            Some(series) => {
                series.values.push(value);
                series.dates.push(fact.date);
                series.abnormal_at_last = abnormal;
            }
            None => out.push(Series { name, values: vec![value], dates: vec![fact.date], abnormal_at_last: abnormal }),
        }
    }
    for fact in cited.iter().filter(|f| !matches!(f.kind, Kind::Result | Kind::Medication)) {
        out.extend(arrows(&clauses::body(fact)));
    }
    out
}

/// `CRPの推移 12.4（7月1日）→15.1（7月3日）→1.2（7月9日）`, `初回 12.4 → 最悪 15.1 → 最終 1.2`, `CRP 12→1.2`.
fn arrows(body: &str) -> Vec<Series> {
    let mut out = Vec::new();
    let body = in_one_clause(body);
    for clause in body.split(['。', '、', ';', ',']).filter(|c| c.contains('→')) {
        let parts: Vec<&str> = clause.split('→').collect();
        let mut values = Vec::new();
        let mut dates = Vec::new();
        let mut name = "";
        for (i, part) in parts.iter().enumerate() {
            let Some((before, value)) = number(part, i > 0) else { break };
            if i == 0 {
                name = before;
            }
            values.push(value);
            dates.push(day(part));
        }
        let name =
            name.trim().trim_end_matches("初回").trim().trim_end_matches("入院時").trim().trim_end_matches("の推移");
        let name = name.rsplit([' ', ':', 'は']).find(|w| !w.is_empty()).unwrap_or_default();
        if values.len() >= 2 && name.chars().count() >= 1 {
            out.push(Series { name: name.to_owned(), values, dates, abnormal_at_last: false });
        }
    }
    out
}

/// A series without what stands in brackets behind its name (血液、空腹時), and no comma inside the other brackets.
fn in_one_clause(body: &str) -> String {
    let named = body.split_once("の推移").map(|(head, values)| {
        let name = head.split(['(', '（']).next().unwrap_or(head);
        format!("{name}の推移{values}")
    });
    let mut depth = 0usize;
    let bracketed = |c: char| {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            '、' | ',' if depth > 0 => return ' ',
            _ => {}
        }
        c
    };
    named.unwrap_or_else(|| body.to_owned()).chars().map(bracketed).collect()
}

/// The value of a part: before an arrow the last number outside brackets, behind it the first.
fn number(part: &str, first: bool) -> Option<(&str, f64)> {
    let outside = part.find(['(', '（']).map_or(part, |at| &part[..at]);
    let bytes = outside.as_bytes();
    let mut spans = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_digit() {
            let start = at;
            while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.' || bytes[at] == b',') {
                at += 1;
            }
            spans.push((start, at));
        } else {
            at += 1;
        }
    }
    let (start, end) = if first { spans.first() } else { spans.last() }.copied()?;
    let value = outside[start..end].trim_end_matches(['.', ',']).replace(',', "").parse().ok()?;
    Some((&outside[..start], value))
}

/// `（7月3日）`
fn day(part: &str) -> Option<Day> {
    let inside = part.split(['(', '（']).nth(1)?;
    let (month, rest) = inside.split_once('月')?;
    let day = rest.split('日').next()?;
    Some(Day { year: 0, month: Some(month.trim().parse().ok()?), day: Some(day.trim().parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::arrows;

    #[test]
    fn arrows_are_series() {
        for text in [
            "CRPの推移 12.4(7月1日)→15.1(7月3日)→1.2(7月9日)",
            "CRP(血液、空腹時)の推移 12.4(7月1日)→最高15.1(7月3日、随時)→1.2(7月9日)",
            "CRP 初回 12.4 → 最悪 15.1 → 最終 1.2 mg/dL",
            "採血ではCRP 12.4→15.1→1.2",
        ] {
            let series = &arrows(text)[0];
            assert_eq!(
                (series.name.as_str(), series.values.as_slice()),
                ("CRP", [12.4, 15.1, 1.2].as_slice()),
                "{text}"
            );
        }
    }
}
