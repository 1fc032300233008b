//! Derived facts: what code may compute so that a true sentence has something to rest on.
//! Each names the facts that it was computed from. No dose is computed.

mod days;
mod series;

use std::collections::{BTreeMap, BTreeSet};

use super::held_back::HeldBack;
use super::medication::{Category, MedicationDetail};
use super::scope::Scope;
use super::{Detail, Fact, Kind, Source};
use crate::calendar::Day;

pub(crate) fn facts(all: &mut [Fact], scope: &Scope, held: &HeldBack) -> Vec<Fact> {
    let mut out = Vec::new();
    out.extend(days::age(all));
    out.extend(days::length_of_stay(all));
    out.extend(days_given(all));
    out.extend(days::after_operation(all, scope));
    out.extend(series::facts(all));
    out.extend(super::changes::facts(all, held));
    out.extend(super::pending::followed_up(all));
    out.extend(days::of_illness(all));
    for (i, fact) in out.iter_mut().enumerate() {
        fact.id = format!("D{:02}", i + 1);
    }
    out
}

pub(super) fn derived(name: &str, text: String, from: &[&Fact]) -> Fact {
    let from = from.iter().map(|f| f.id.clone()).collect();
    Fact::new(Kind::Derived, None, name, vec![text], Source::Derived { from })
}

pub(super) fn medication(f: &Fact) -> Option<&MedicationDetail> {
    match &f.detail {
        Detail::Medication(m) => Some(m),
        _ => None,
    }
}

/// Days of a drug in hospital: the days on which it was given, where that was recorded; else the periods of the
/// orders. A day counts once, gaps do not count, and a period that its own text contradicts is not used.
fn days_given(all: &[Fact]) -> Vec<Fact> {
    let mut given: BTreeMap<&str, Vec<(time::Date, &Fact)>> = BTreeMap::new();
    let mut ordered: BTreeMap<&str, Spans> = BTreeMap::new();
    for fact in all {
        let Some(m) = medication(fact).filter(|m| m.state.is_empty()) else { continue };
        let (start, end) = (m.start.and_then(Day::date), m.end.and_then(Day::date));
        match (m.category, start, end) {
            (Category::Administered, Some(on), None) => given.entry(&m.ingredient).or_default().push((on, fact)),
            (Category::Administered, Some(on), Some(end)) if on == end => {
                given.entry(&m.ingredient).or_default().push((on, fact));
            }
            (Category::Inpatient | Category::Administered, Some(start), Some(end)) if m.disagreement.is_empty() => {
                let spans = ordered.entry(&m.ingredient).or_default();
                spans.0.push((start, end));
                spans.1.push(fact);
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    for (ingredient, doses) in &given {
        let days: BTreeSet<time::Date> = doses.iter().map(|(on, _)| *on).collect();
        // A list of every dose is no evidence that anybody reads.
        if doses.len() <= 14 {
            let from: Vec<&Fact> = doses.iter().map(|(_, f)| *f).collect();
            out.push(days_of(from[0], i64::try_from(days.len()).unwrap_or(i64::MAX), &from, "実施記録のある日の数"));
            ordered.remove(ingredient);
        }
    }
    let told = ordered.into_values().filter(|(spans, _)| spans.len() <= 3 && spans.iter().all(|(s, e)| s <= e));
    out.extend(told.map(|(mut spans, facts)| {
        spans.sort();
        let (mut days, mut until) = (0, None);
        for (start, end) in spans {
            let from = until.map_or(start, |u: time::Date| start.max(u.next_day().unwrap_or(u)));
            days += ((end - from).whole_days() + 1).max(0);
            until = Some(until.map_or(end, |u| u.max(end)));
        }
        days_of(facts[0], days, &facts, "処方の使用期間の日数、両端の日を含む")
    }));
    out
}

type Spans<'f> = (Vec<(time::Date, time::Date)>, Vec<&'f Fact>);

fn days_of(drug: &Fact, days: i64, from: &[&Fact], formula: &'static str) -> Fact {
    derived(&drug.name, format!("{}の投与日数 {days}日", drug.name), from).with(Detail::Formula(formula))
}

/// The number that a value begins with.
pub fn leading_number(value: &str) -> Option<f64> {
    let digits: String = value.chars().take_while(|c| c.is_ascii_digit() || *c == '.' || *c == '-').collect();
    digits.parse().ok()
}
