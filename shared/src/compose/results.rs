//! Results in the record's own unit: on admission, worst, last, critical, pending.

use std::collections::BTreeMap;

use super::{Context, Line};
use crate::calendar::Day;
use crate::facts::{Detail, Fact, Kind};

fn value(f: &Fact) -> String {
    let mut rest = f.fields.get(1..).unwrap_or_default().iter();
    let first = rest.next().cloned().unwrap_or_default();
    let others: Vec<&str> = rest.map(String::as_str).collect();
    let day = f.date.map(short).unwrap_or_default();
    match (day.is_empty(), others.is_empty()) {
        (true, true) => first,
        (false, true) => format!("{first}（{day}）"),
        (true, false) => format!("{first}（{}）", others.join("、")),
        (false, false) => format!("{first}（{day}、{}）", others.join("、")),
    }
}

fn short(day: Day) -> String {
    match (day.month, day.day) {
        (Some(m), Some(d)) => format!("{m}月{d}日"),
        _ => day.japanese(),
    }
}

/// One line a test: first, abnormal ones between, last. Pending ones say so.
pub(super) fn results(c: &Context) -> Vec<Line> {
    let mut by_name: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in c.facts.of(Kind::Result) {
        if !matches!(&fact.detail, Detail::Result(r) if r.vital) {
            by_name.entry(&fact.name).or_default().push(fact);
        }
    }
    let mut lines = Vec::new();
    for (name, facts) in by_name {
        let last = facts.len() - 1;
        let told: Vec<&Fact> = facts
            .iter()
            .enumerate()
            .filter(|(i, f)| *i == 0 || *i == last || matches!(&f.detail, Detail::Result(r) if r.critical || r.pending))
            .map(|(_, f)| *f)
            .collect();
        let path: Vec<String> = told.iter().map(|f| value(f)).collect();
        lines.push(Line::fact(format!("{name}：{}", path.join(" → ")), &told));
    }
    for fact in c.facts.of(Kind::Report).filter(|f| matches!(&f.detail, Detail::Result(r) if r.pending)) {
        lines.push(super::line(fact));
    }
    lines
}

/// The last of each vital sign.
pub(super) fn vital_signs(c: &Context) -> Vec<Line> {
    let mut last: BTreeMap<&str, &Fact> = BTreeMap::new();
    for fact in c.facts.of(Kind::Result) {
        if matches!(&fact.detail, Detail::Result(r) if r.vital) {
            last.insert(&fact.name, fact);
        }
    }
    last.into_iter().map(|(name, f)| Line::fact(format!("{name}：{}", value(f)), &[f])).collect()
}
