//! Results in the record's own unit: on admission, worst, last, critical, pending.

use std::collections::BTreeMap;

use super::{Context, Line};
use crate::calendar::Day;
use crate::facts::{Detail, Fact, Kind};

fn value(f: &Fact) -> String {
    let mut rest = f.fields.get(1..).unwrap_or_default().iter();
    let first = rest.next().cloned().unwrap_or_default();
    let others = super::without_stops(&rest.collect::<Vec<_>>());
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

/// First, last, what lies furthest outside the two, and what is critical or pending.
fn told<'f>(facts: &[&'f Fact]) -> Vec<&'f Fact> {
    let last = facts.len() - 1;
    let number = |f: &Fact| match &f.detail {
        Detail::Result(r) if !r.pending => crate::facts::leading_number(&r.value),
        _ => None,
    };
    let by = |a: &&Fact, b: &&Fact| number(a).unwrap_or_default().total_cmp(&number(b).unwrap_or_default());
    let numeric = || facts.iter().copied().filter(|f| number(f).is_some());
    let (highest, lowest) = (numeric().max_by(by), numeric().min_by(by));
    let edges = [number(facts[0]), number(facts[last])];
    let beyond = |f: &Fact| {
        let Some(v) = number(f) else { return false };
        edges.iter().flatten().all(|e| v > *e) && highest.is_some_and(|h| number(h) == Some(v))
            || edges.iter().flatten().all(|e| v < *e) && lowest.is_some_and(|l| number(l) == Some(v))
    };
    let notable = |f: &Fact| matches!(&f.detail, Detail::Result(r) if r.critical || r.pending) || beyond(f);
    facts.iter().enumerate().filter(|(i, f)| *i == 0 || *i == last || notable(f)).map(|(_, f)| *f).collect()
}

/// One line a test: on admission, worst, last. Pending ones say so.
pub(super) fn results(c: &Context) -> Vec<Line> {
    let mut by_name: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in c.facts.of(Kind::Result) {
        if !matches!(&fact.detail, Detail::Result(r) if r.vital) {
            by_name.entry(&fact.name).or_default().push(fact);
        }
    }
    let mut lines = Vec::new();
    for (name, facts) in by_name {
        let told = told(&facts);
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
