//! Diagnoses. 疑い and claim diagnoses (レセプト病名) are candidates to choose from, never a list to print.

use super::{Context, Line};
use crate::document::Empty;
use crate::facts::{ConditionDetail, Detail, Fact, Kind};

fn conditions<'c>(c: &'c Context) -> impl Iterator<Item = (&'c Fact, &'c ConditionDetail)> {
    c.facts.of(Kind::Condition).filter_map(|f| match &f.detail {
        Detail::Condition(d) => Some((f, d)),
        _ => None,
    })
}

fn line(fact: &Fact, label: &str) -> Line {
    Line::fact(format!("{label}{}{}", fact.name, onset(fact)), &[fact])
}

fn onset(fact: &Fact) -> String {
    fact.date.map(|day| format!("（{}）", day.japanese())).unwrap_or_default()
}

/// Those that the encounter names as admission diagnosis or chief complaint; 疑い may stand, as such.
pub(super) fn admission(c: &Context) -> Vec<Line> {
    let lines: Vec<Line> = conditions(c)
        .filter(|(_, d)| d.admission && !d.claim)
        .map(|(f, d)| {
            let suspicion = if d.suspected && !f.name.contains('疑') { "の疑い" } else { "" };
            let mut l = line(f, "");
            l.text.push_str(suspicion);
            l
        })
        .collect();
    or_to_confirm(lines, "【記載なし：要確認】入院時診断の登録がない。")
}

/// Confirmed diagnoses of the stay, the main one first.
pub(super) fn discharge(c: &Context) -> Vec<Line> {
    let mut sure: Vec<_> = conditions(c).filter(|(_, d)| d.chosen || (!d.suspected && !d.claim && !d.past)).collect();
    sure.sort_by_key(|(_, d)| !d.main);
    let main_known = sure.iter().any(|(_, d)| d.main);
    let lines = sure
        .into_iter()
        .map(|(f, d)| match (main_known, d.main) {
            (true, true) => line(f, "主病名："),
            (true, false) => line(f, "併存・続発症："),
            (false, _) => line(f, ""),
        })
        .collect();
    or_to_confirm(lines, "【記載なし：要確認】確定した診断の登録がない。")
}

/// For letters: what is active now; 疑い is said as such.
pub(super) fn current(c: &Context) -> Vec<Line> {
    let mut all: Vec<_> = conditions(c).filter(|(_, d)| d.chosen || (!d.claim && !d.past)).collect();
    all.sort_by_key(|(_, d)| (!d.main, d.suspected));
    let lines = all
        .into_iter()
        .map(|(f, d)| {
            let mut l = line(f, "");
            if d.suspected && !f.name.contains('疑') {
                l.text.push_str("の疑い");
            }
            l
        })
        .collect();
    or_to_confirm(lines, "【記載なし：要確認】傷病名の登録がない。")
}

/// For the patient: names alone.
pub(super) fn names(c: &Context) -> Vec<Line> {
    let mut lines = current(c);
    for line in &mut lines {
        let fact = line.evidence.first().and_then(|id| c.facts.get(id));
        line.text = line.text.replacen(&fact.map(onset).unwrap_or_default(), "", 1);
    }
    lines
}

/// The same, with the chief complaint as the notes have it.
pub(super) fn with_complaint(c: &Context) -> Vec<Line> {
    let mut lines = current(c);
    let complaint = |f: &&Fact| matches!(&f.detail, Detail::Note { title, .. } if title.contains("主訴"));
    // 「傷病名・主訴」 itself is a title of JP-CLINS, whose text is a list of diagnoses.
    let plain = |f: &&Fact| f.fields.first().is_some_and(|t| !t.contains("傷病名"));
    for f in c.facts.of(Kind::Note).filter(complaint).filter(plain) {
        let text = super::line(f).text;
        let label = if text.starts_with("主訴") { "" } else { "主訴：" };
        lines.push(Line::fact(format!("{label}{text}"), &[f]));
    }
    lines
}

/// For a reply: what is sure and what is suspected stand apart.
pub(super) fn with_certainty(c: &Context) -> Vec<Line> {
    let mut all: Vec<_> = conditions(c).filter(|(_, d)| d.chosen || (!d.claim && !d.past)).collect();
    all.sort_by_key(|(_, d)| (d.suspected, !d.main, !d.admission));
    let lines = all
        .into_iter()
        .map(|(f, d)| {
            let mut l = line(f, if d.suspected { "疑い：" } else { "確定：" });
            if d.suspected {
                l.text = l.text.replacen("の疑い（", "（", 1);
            }
            l
        })
        .collect();
    or_to_confirm(lines, "【記載なし：要確認】傷病名の登録がない。")
}

/// What was before: past and chronic conditions, and what the notes titled 既往歴 say, word for word.
pub(super) fn past(c: &Context) -> Vec<Line> {
    let start = c.facts.stay.as_ref().and_then(|s| s.start);
    let before = |f: &Fact| match (f.date, start) {
        (Some(onset), Some(start)) => onset < start && (onset.year, onset.month) != (start.year, start.month),
        _ => false,
    };
    let mut lines: Vec<Line> = conditions(c)
        .filter(|(f, d)| !d.suspected && !d.claim && !d.admission && (d.past || before(f)))
        .map(|(f, _)| {
            let mut l = line(f, "");
            let rest: Vec<&str> = f.fields.iter().skip(1).map(String::as_str).filter(|t| *t != "既往").collect();
            if !rest.is_empty() {
                l.text.push_str(&format!("：{}", super::words::without_stops(&rest).join("、")));
            }
            l
        })
        .collect();
    let noted =
        c.facts.of(Kind::Note).filter(|f| matches!(&f.detail, Detail::Note { title, .. } if title.contains("既往")));
    lines.extend(noted.map(super::line));
    lines
}

fn or_to_confirm(lines: Vec<Line>, text: &str) -> Vec<Line> {
    if lines.is_empty() { vec![Line::missing(text, Empty::ToConfirm)] } else { lines }
}
