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
use crate::text::AnyOf;

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
    // A drug to take home goes on, and one of each week is not given daily: their days would be misread.
    let mut goes_on = BTreeSet::new();
    for m in all.iter().filter_map(medication).filter(|m| m.category == Category::Discharge || is_weekly(m)) {
        goes_on.insert(m.ingredient.as_str());
    }
    let mut given: BTreeMap<&str, Vec<(time::Date, &Fact)>> = BTreeMap::new();
    let mut ordered: BTreeMap<&str, Spans> = BTreeMap::new();
    for fact in all {
        let counted = |m: &&MedicationDetail| m.state.is_empty() && !goes_on.contains(m.ingredient.as_str());
        let Some(m) = medication(fact).filter(counted) else { continue };
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

/// Of several strengths no one product was given for all the days; their common name was.
fn days_of(drug: &Fact, days: i64, from: &[&Fact], formula: &'static str) -> Fact {
    let one = from.iter().all(|f| f.name == drug.name);
    let generic = medication(drug).map(|m| m.generic.as_str()).filter(|g| !g.is_empty());
    let name = generic.filter(|_| !one).unwrap_or(&drug.name);
    derived(name, format!("{name}の投与日数 {days}日"), from).with(Detail::Formula(formula))
}

fn is_weekly(m: &MedicationDetail) -> bool {
    static WEEKLY: AnyOf = AnyOf::new(&[&["週1回", "週2回", "週3回", "週に", "隔週", "毎週"]]);
    WEEKLY.is_in_folded(&m.dosage)
}

/// The number that a value begins with.
pub fn leading_number(value: &str) -> Option<f64> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(value.len());
    value[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::facts::testing::{build, drug, stay};
    use crate::facts::{Fact, Kind};
    use serde_json::{Value, json};

    fn order(category: &str, name: &str, text: &str, days: [&str; 2]) -> Value {
        let mut order = drug(category, name, text);
        order["id"] = json!(format!("{name}-{}", days[0]));
        order["dosageInstruction"][0]["extension"] = json!([{
            "url": "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationDosage_PeriodOfUse",
            "valuePeriod": { "start": days[0], "end": days[1] } }]);
        order
    }

    fn days(resources: &[Value]) -> Vec<String> {
        let facts = build(&[&[stay()], resources].concat());
        facts.of(Kind::Derived).map(Fact::text).filter(|t| t.contains("投与日数")).collect()
    }

    #[test]
    fn a_drug_that_goes_on_or_is_given_weekly_has_no_days() {
        let antibiotic = order("IHP", "ユナシン－Ｓ静注用３ｇ", "1回3g 1日2回", ["2026-07-06", "2026-07-13"]);
        assert_eq!(days(&[antibiotic]), ["ユナシン－Ｓ静注用３ｇの投与日数 8日"]);
        let stay_dose = order("IHP", "タケキャブ錠２０ｍｇ", "1日1回 1回1錠", ["2026-07-06", "2026-07-13"]);
        let take_home = drug("DCG", "タケキャブ錠２０ｍｇ", "1日1回 1回1錠 14日分");
        assert!(days(&[stay_dose, take_home]).is_empty());
        let weekly =
            order("IHP", "トルリシティ皮下注０．７５ｍｇアテオス", "週1回 0.75mg", ["2026-07-06", "2026-07-13"]);
        assert!(days(&[weekly]).is_empty());
    }

    #[test]
    fn days_of_two_strengths_are_told_of_neither_product() {
        let low = order("IHP", "プレドニゾロン錠１ｍｇ", "1日1回 1回3錠", ["2026-07-06", "2026-07-08"]);
        let high = order("IHP", "プレドニゾロン錠５ｍｇ", "1日1回 1回2錠", ["2026-07-09", "2026-07-10"]);
        assert_eq!(days(&[low, high]), ["プレドニゾロンの投与日数 5日"]);
    }
}
