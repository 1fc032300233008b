//! Admission, discharge, sender and addressee.

use super::{Context, Line};
use crate::calendar::Day;
use crate::document::Empty;
use crate::facts::{Detail, Fact, Kind, Stay};

fn stay<'c>(c: &'c Context) -> Option<(&'c Fact, &'c Stay)> {
    c.facts.list.iter().find_map(|f| match &f.detail {
        Detail::Stay(s) => Some((f, s)),
        _ => None,
    })
}

fn day(day: Option<Day>) -> String {
    day.map(Day::japanese).unwrap_or_default()
}

/// Lines of label and value; a value that the record lacks gives no line.
fn labelled(fact: &Fact, pairs: &[(&str, &str)]) -> Vec<Line> {
    pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| Line::fact(format!("{label}：{value}"), &[fact]))
        .collect()
}

pub(super) fn admission(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else {
        return vec![Line::missing("【記載なし：要確認】対象の入院・受診が記録から特定できない。", Empty::ToConfirm)];
    };
    let when = if s.inpatient { "入院日" } else { "受診日" };
    let mut lines = labelled(
        fact,
        &[
            (when, &day(s.start)),
            ("診療科", &s.department),
            ("病棟", &s.ward),
            ("主治医", &s.attending),
            ("入院経路", &s.admit_source),
        ],
    );
    for f in c.facts.of(Kind::Derived).filter(|f| f.name == "年齢") {
        lines.push(Line::fact(f.fields.join(" ").replacen(' ', "：", 1), &[f]));
    }
    lines
}

pub(super) fn discharge(c: &Context) -> Vec<Line> {
    let Some((fact, s)) = stay(c) else {
        return vec![Line::empty(Empty::ToConfirm)];
    };
    let ending = if s.died {
        "死亡退院日"
    } else if s.inpatient {
        "退院日"
    } else {
        "受診終了日"
    };
    let mut lines = labelled(fact, &[(ending, &day(s.end))]);
    for f in c.facts.of(Kind::Derived).filter(|f| f.name == "在院日数") {
        lines.push(Line::fact(f.fields.join(" ").replacen(' ', "：", 1), &[f]));
    }
    for f in c.facts.of(Kind::Encounter).filter(|f| f.name == "死亡日時") {
        lines.push(Line::fact(f.fields.join(" ").replacen(' ', "：", 1), &[f]));
    }
    lines.extend(labelled(fact, &[("転帰", &s.disposition), ("退院先", &s.destination)]));
    if lines.is_empty() {
        lines.push(Line::missing("【記載なし：要確認】退院日の記録がない。", Empty::ToConfirm));
    }
    lines
}

pub(super) fn sender(c: &Context) -> Vec<Line> {
    letterhead(c, "sender")
}

pub(super) fn addressee(c: &Context) -> Vec<Line> {
    letterhead(c, "addressee")
}

fn letterhead(c: &Context, name: &str) -> Vec<Line> {
    let facts = c.facts.of(Kind::Letterhead).filter(|f| f.name == name);
    let lines: Vec<Line> = facts.map(|f| Line::fact(f.fields.join(" "), &[f])).collect();
    if lines.is_empty() { vec![Line::empty(Empty::ToConfirm)] } else { lines }
}
