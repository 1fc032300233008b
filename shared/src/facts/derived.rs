//! Derived facts: what code may compute so that a true sentence has something to rest on.
//! Each names the facts that it was computed from. No dose is computed.

use std::collections::BTreeMap;

use super::medication::{Category, MedicationDetail};
use super::results::ResultDetail;
use super::scope::Scope;
use super::{Detail, Fact, Kind, Source};
use crate::calendar::{Day, age_on};

pub(crate) fn facts(all: &[Fact], scope: &Scope) -> Vec<Fact> {
    let mut out = Vec::new();
    out.extend(age(all));
    out.extend(length_of_stay(all));
    out.extend(days_given(all));
    out.extend(days_after_operation(all, scope));
    out.extend(series(all));
    out.extend(super::changes::facts(all));
    for (i, fact) in out.iter_mut().enumerate() {
        fact.id = format!("D{:02}", i + 1);
    }
    out
}

pub(super) fn derived(name: &str, text: String, from: &[&Fact]) -> Fact {
    let from = from.iter().map(|f| f.id.clone()).collect();
    Fact::new(Kind::Derived, None, name, vec![text], Source::Derived { from })
}

fn stay(all: &[Fact]) -> Option<(&Fact, time::Date, Option<time::Date>, bool)> {
    all.iter().find_map(|f| match &f.detail {
        Detail::Stay(s) => Some((f, s.start?.date()?, s.end.and_then(Day::date), s.inpatient)),
        _ => None,
    })
}

fn age(all: &[Fact]) -> Option<Fact> {
    let patient = all.iter().find(|f| f.kind == Kind::Patient)?;
    let birth = patient.fields.first()?.strip_prefix("生年月日 ").and_then(Day::parse)?.date()?;
    let (encounter, start, _, inpatient) = stay(all)?;
    let age = age_on(birth, start);
    if !(0..=130).contains(&age) {
        return None;
    }
    let sex = patient.fields.get(1).map_or("", String::as_str);
    let when = if inpatient { "入院時年齢" } else { "受診時年齢" };
    let unit = if age == 0 { format!("{}か月", (start - birth).whole_days() / 30) } else { format!("{age}歳") };
    Some(derived("年齢", format!("{when} {unit}{}", if sex == "不明" { "" } else { sex }), &[patient, encounter]))
}

/// Both the day of admission and the day of discharge count (診療報酬の在院日数 convention).
fn length_of_stay(all: &[Fact]) -> Option<Fact> {
    let (encounter, start, end, inpatient) = stay(all)?;
    let days = (end? - start).whole_days() + 1;
    (inpatient && days > 0).then(|| derived("在院日数", format!("在院日数 {days}日"), &[encounter]))
}

pub(super) fn medication(f: &Fact) -> Option<&MedicationDetail> {
    match &f.detail {
        Detail::Medication(m) => Some(m),
        _ => None,
    }
}

/// Days of a drug in hospital, from the periods of use; a day counts once, gaps do not count.
fn days_given(all: &[Fact]) -> Vec<Fact> {
    type Spans<'f> = (Vec<(time::Date, time::Date)>, Vec<&'f Fact>);
    let mut by_drug: BTreeMap<&str, Spans> = BTreeMap::new();
    for fact in all {
        let Some(m) = medication(fact).filter(|m| m.category == Category::Inpatient) else { continue };
        let (Some(start), Some(end)) = (m.start.and_then(Day::date), m.end.and_then(Day::date)) else { continue };
        let spans = by_drug.entry(&m.ingredient).or_default();
        spans.0.push((start, end));
        spans.1.push(fact);
    }
    let told = by_drug.into_values().filter(|(spans, _)| spans.len() <= 3 && spans.iter().all(|(s, e)| s <= e));
    told.map(|(mut spans, facts)| {
        spans.sort();
        let (mut days, mut until) = (0, None);
        for (start, end) in spans {
            let from = until.map_or(start, |u: time::Date| start.max(u.next_day().unwrap_or(u)));
            days += ((end - from).whole_days() + 1).max(0);
            until = Some(until.map_or(end, |u| u.max(end)));
        }
        let name = &facts[0].name;
        derived(name, format!("{name}の投与日数 {days}日"), &facts)
    })
    .collect()
}

fn days_after_operation(all: &[Fact], scope: &Scope) -> Vec<Fact> {
    let Some(end) = scope.stay.as_ref().and_then(|s| s.end).and_then(Day::date) else { return Vec::new() };
    let operation = |f: &&Fact| {
        f.kind == Kind::Procedure && (f.name.ends_with('術') || f.name.contains("切除") || f.name.contains("置換"))
    };
    all.iter()
        .filter(operation)
        .filter_map(|f| {
            let days = (end - f.date?.date()?).whole_days();
            let encounter = all.iter().find(|f| f.kind == Kind::Encounter)?;
            (days > 0).then(|| derived(&f.name, format!("退院時の術後日数（{}） {days}日", f.name), &[f, encounter]))
        })
        .collect()
}

/// First, worst or best, and last of a series; and the difference of weights.
fn series(all: &[Fact]) -> Vec<Fact> {
    let mut by_name: BTreeMap<&str, Vec<(&Fact, &ResultDetail)>> = BTreeMap::new();
    for fact in all.iter().filter(|f| f.kind == Kind::Result) {
        if let Detail::Result(r) = &fact.detail
            && !r.pending
            && leading_number(&r.value).is_some()
        {
            by_name.entry(&fact.name).or_default().push((fact, r));
        }
    }
    let mut out = Vec::new();
    for (name, values) in by_name {
        let same_unit = values.iter().all(|(_, r)| r.unit == values[0].1.unit);
        if values.len() < 2 || !same_unit || values.first().map(|v| v.0.date) == values.last().map(|v| v.0.date) {
            continue;
        }
        let (first, last) = (values[0], values[values.len() - 1]);
        let extreme = values[1..values.len() - 1].iter().max_by(|a, b| {
            let far = |v: &ResultDetail| {
                let x = leading_number(&v.value).unwrap_or_default();
                let (f, l) = (
                    leading_number(&first.1.value).unwrap_or_default(),
                    leading_number(&last.1.value).unwrap_or_default(),
                );
                (x - f).abs().min((x - l).abs())
            };
            far(a.1).total_cmp(&far(b.1))
        });
        let mut shown = vec![first];
        shown.extend(extreme.copied().filter(|e| outside(e.1, first.1, last.1)));
        shown.push(last);
        let day = |f: &Fact| {
            f.date.map_or(String::new(), |d| match (d.month, d.day) {
                (Some(m), Some(d)) => format!("{m}月{d}日"),
                _ => d.japanese(),
            })
        };
        let path: Vec<String> = shown.iter().map(|(f, r)| format!("{}（{}）", r.value, day(f))).collect();
        let from: Vec<&Fact> = shown.iter().map(|(f, _)| *f).collect();
        out.push(derived(name, format!("{name}の推移 {}", path.join("→")), &from));
        if name.contains("体重") {
            out.extend(difference(name, first, last));
        }
    }
    out
}

fn outside(x: &ResultDetail, a: &ResultDetail, b: &ResultDetail) -> bool {
    let (x, a, b) = (leading_number(&x.value), leading_number(&a.value), leading_number(&b.value));
    match (x, a, b) {
        (Some(x), Some(a), Some(b)) => x > a.max(b) || x < a.min(b),
        _ => false,
    }
}

/// Decimal digits kept: 62.4 and 58.9 differ by 3.5, not by 3.4999.
fn difference(name: &str, first: (&Fact, &ResultDetail), last: (&Fact, &ResultDetail)) -> Option<Fact> {
    let tenths = |r: &ResultDetail| leading_number(&r.value).map(|v| (v * 10.0).round() as i64);
    let change = tenths(last.1)? - tenths(first.1)?;
    let (word, size) = if change < 0 { ("減少", -change) } else { ("増加", change) };
    let text = format!("{name}の変化 {}.{}{}{word}", size / 10, size % 10, first.1.unit);
    (change != 0).then(|| derived(name, text, &[first.0, last.0]))
}

/// The number that a value begins with.
pub fn leading_number(value: &str) -> Option<f64> {
    let digits: String = value.chars().take_while(|c| c.is_ascii_digit() || *c == '.' || *c == '-').collect();
    digits.parse().ok()
}
