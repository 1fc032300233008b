//! Which facts the model is offered: at most 120, the ones held by `must_mention` first.

use std::collections::{HashMap, HashSet};

use super::medication::Category;
use super::results::ResultDetail;
use super::{Detail, Fact, Kind, OFFERED_AT_MOST, Tally};
use crate::template::Template;

pub(crate) fn offer(facts: &mut [Fact], template: &Template, tally: &mut Tally) {
    let mut ranked: Vec<(u8, usize)> = Vec::new();
    let mut seen_results: HashSet<&str> = HashSet::new();
    let last = last_of_each(facts);
    // Whether a fact is material hangs on its kind and title, of which there are few.
    let mut material: HashMap<(&str, &str), bool> = HashMap::new();
    for (i, fact) in facts.iter().enumerate() {
        if matches!(fact.kind, Kind::Patient | Kind::Letterhead) {
            continue;
        }
        let title = crate::drafting::title(fact);
        let suits = || template.model_sections().any(|s| crate::drafting::suits(&s.material, fact));
        let material = *material.entry((fact.word(), title)).or_insert_with(suits);
        let first = seen_results.insert(&fact.name);
        ranked.push((rank(fact, template, material, first || last.contains(&i)), i));
    }
    ranked.sort_unstable();
    tally.count("over-120-facts", ranked.len().saturating_sub(OFFERED_AT_MOST));
    for (_, i) in ranked.into_iter().take(OFFERED_AT_MOST) {
        facts[i].offered = true;
    }
}

/// Position of the last result of each name.
fn last_of_each(facts: &[Fact]) -> HashSet<usize> {
    let mut last = HashMap::new();
    for (i, fact) in facts.iter().enumerate().filter(|(_, f)| f.kind == Kind::Result) {
        last.insert(fact.name.as_str(), i);
    }
    last.into_values().collect()
}

/// Lower is offered earlier: what must be mentioned, what is material of a section, then the context that
/// code renders anyway.
fn rank(fact: &Fact, template: &Template, material: bool, first_or_last: bool) -> u8 {
    if crate::grounding::concerns_any(&template.must_mention, fact) {
        return 0;
    }
    match (&fact.kind, &fact.detail) {
        (Kind::Statement | Kind::Encounter, _) => 0,
        (Kind::Note, Detail::Note { title, .. }) if material => note(title),
        (Kind::Note, _) => {
            if fact.is_earlier() {
                6
            } else {
                5
            }
        }
        (Kind::Report | Kind::Procedure | Kind::Exam, _) | (Kind::Derived, Detail::Change(_)) => 2,
        (Kind::Derived, _) if fact.name == "病日" => 4,
        (Kind::Derived, _) => {
            if fact.name.is_empty() || first_or_last && fact.fields[0].contains("日数") {
                2
            } else {
                3
            }
        }
        (Kind::Condition, Detail::Condition(c)) => {
            if c.claim {
                6
            } else {
                2
            }
        }
        (Kind::Medication, Detail::Medication(m)) => match m.category {
            Category::Discharge | Category::Brought | Category::Stated => 3,
            _ => 4,
        },
        (Kind::Result, Detail::Result(ResultDetail { critical: true, .. })) => 1,
        (Kind::Result, Detail::Result(r)) if r.abnormal && first_or_last => 4,
        (Kind::Result, _) => {
            if first_or_last {
                5
            } else {
                6
            }
        }
        _ if material => 2,
        _ => 4,
    }
}

fn note(title: &str) -> u8 {
    const FIRST: &[&str] = &["主訴", "理由", "現病歴", "紹介", "退院", "指示", "手術", "経過記録", "Reason", "reason"];
    if FIRST.iter().any(|w| title.contains(w)) { 1 } else { 2 }
}
